package userdata

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// list is what a server was asked for.
type list struct {
	mu    sync.Mutex
	items []string
}

func (l *list) add(s string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.items = append(l.items, s)
}

func (l *list) all() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.items)
}

// metadata is an instance's with a role, by IMDSv2 only.
func metadata(t *testing.T, keys aws.Credentials) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := strings.TrimPrefix(r.URL.Path, "/latest/")
		switch {
		case r.Method == http.MethodPut && path == "api/token" && r.Header.Get("X-aws-ec2-metadata-token-ttl-seconds") != "":
			_, _ = w.Write([]byte("secret-token"))
		case r.Header.Get("X-aws-ec2-metadata-token") != "secret-token":
			w.WriteHeader(http.StatusUnauthorized)
		case path == "meta-data/iam/security-credentials/":
			_, _ = w.Write([]byte("web-role"))
		case path == "meta-data/iam/security-credentials/web-role":
			_, _ = w.Write([]byte(`{"Code":"Success","AccessKeyId":"` + keys.AccessKeyID + `","SecretAccessKey":"` + keys.SecretAccessKey + `","Token":"` + keys.SessionToken + `"}`))
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// bucket is S3 that gives to whom it knows: the signature is made again by the
// SDK's own signer.
func bucket(t *testing.T, keys aws.Credentials, region, spotd string, public bool) (url string, asked *list) {
	t.Helper()
	asked = &list{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.add(r.URL.Path)
		again := httptest.NewRequest(r.Method, "http://"+r.Host+r.URL.Path, nil)
		again.Header.Set("X-Amz-Content-Sha256", r.Header.Get("X-Amz-Content-Sha256"))
		at, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
		if err == nil {
			err = v4.NewSigner().SignHTTP(context.Background(), keys, again, r.Header.Get("X-Amz-Content-Sha256"), "s3", region, at,
				func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true })
		}
		if !public && (err != nil || again.Header.Get("Authorization") != r.Header.Get("Authorization")) {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		_, _ = w.Write([]byte(spotd))
	}))
	t.Cleanup(server.Close)
	return server.URL, asked
}

func TestAPrivateBucketIsReadAsTheInstancesRole(t *testing.T) {
	t.Parallel()
	keys := aws.Credentials{AccessKeyID: "ASIAEXAMPLE", SecretAccessKey: "secret/with+signs", SessionToken: "a/very+long=token"}
	sum := sha256.Sum256([]byte(fakeSpotd))
	for name, one := range map[string]struct {
		public bool
		role   aws.Credentials
		reads  bool
	}{
		"a private bucket":         {false, keys, true},
		"a public bucket":          {true, aws.Credentials{}, true},
		"a role that is not known": {false, aws.Credentials{AccessKeyID: "x", SecretAccessKey: "y", SessionToken: "z"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url, asked := bucket(t, keys, "us-east-1", fakeSpotd, one.public)
			s := sample()
			s.ReleaseURL = "s3://release.bucket/spotd/v1"
			s.SHA256["amd64"] = hex.EncodeToString(sum[:])
			h := newHost(t, "SPOTD_FOREGROUND=1", "SPOTD_S3="+url, "AWS_EC2_METADATA_SERVICE_ENDPOINT="+metadata(t, one.role))
			if out, err := h.command(t, []string{"/bin/sh"}, s).CombinedOutput(); err != nil || len(out) > 0 {
				t.Fatalf("%v, %s", err, out)
			}
			if ran := h.said(t, h.record) != ""; ran != one.reads {
				t.Errorf("installed: %v; log:\n%s", ran, h.said(t, h.log))
			}
			for _, p := range asked.all() {
				if p != "/release.bucket/spotd/v1/spotd-linux-amd64" {
					t.Errorf("asked for %s", p)
				}
			}
		})
	}
}

func TestProxiesOfAdministratorsAreUsedAndHandedOn(t *testing.T) {
	t.Parallel()
	var asked list
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.add(r.URL.String())
		_, _ = w.Write([]byte(fakeSpotd))
	}))
	t.Cleanup(proxy.Close)
	sum := sha256.Sum256([]byte(fakeSpotd))
	s, h := sample(), newHost(t, "SPOTD_FOREGROUND=1")
	s.ReleaseURL, s.SHA256["amd64"] = "http://release.invalid/v1", hex.EncodeToString(sum[:])
	h.write(t, "etc/environment", "LANG=C\nhttp_proxy=\""+proxy.URL+"\"\n")
	if out, err := h.command(t, []string{"/bin/sh"}, s).CombinedOutput(); err != nil {
		t.Fatalf("%v, %s", err, out)
	}
	if got := strings.Join(asked.all(), " "); got != "http://release.invalid/v1/spotd-linux-amd64" {
		t.Errorf("the proxy was asked for %q; log:\n%s", got, h.said(t, h.log))
	}
	want := "# by the spotd bootstrap\nHTTP_PROXY='" + proxy.URL + "'\nNO_PROXY='169.254.169.254,fd00:ec2::254,localhost'\n"
	if got := h.said(t, h.root+"/etc/default/spotd"); got != want {
		t.Errorf("the service's environment is %q, want like %q", got, want)
	}
}

func TestTheOwnersEnvironmentOfTheServiceIsLeftAlone(t *testing.T) {
	t.Parallel()
	s, h := release(t, fakeSpotd), newHost(t, "SPOTD_FOREGROUND=1")
	h.write(t, "etc/default/spotd", "MINE=1\n")
	if out, err := h.command(t, []string{"/bin/sh"}, s).CombinedOutput(); err != nil {
		t.Fatalf("%v, %s", err, out)
	}
	if got := h.said(t, h.root+"/etc/default/spotd"); got != "MINE=1\n" {
		t.Errorf("it is %q", got)
	}
}

func TestTheEnvironmentOfTheServiceIsRootsAlone(t *testing.T) {
	t.Parallel()
	for _, shell := range shells(t) {
		s, h := release(t, fakeSpotd), newHost(t, "SPOTD_FOREGROUND=1", "HTTPS_PROXY=http://user:secret@proxy.invalid", "no_proxy=*")
		file := h.write(t, "etc/default/spotd", "# by the spotd bootstrap\nHTTPS_PROXY='earlier'\n") // and for all to read
		if out, err := h.command(t, shell, s).CombinedOutput(); err != nil {
			t.Fatalf("%v, %s", err, out)
		}
		info, err := os.Stat(file)
		if err != nil || info.Mode().Perm() != 0o600 || !strings.Contains(h.said(t, file), "user:secret@") {
			t.Errorf("%v: %v, %v; %s", shell, info.Mode(), err, h.said(t, h.log))
		}
	}
}

func TestAnInterruptedBootstrapIsRunAtTheNextBoot(t *testing.T) {
	t.Parallel()
	s, h := release(t, fakeSpotd), newHost(t, "SPOTD_FOREGROUND=1")
	again := h.write(t, "var/lib/cloud/scripts/per-boot/other", "")
	again = strings.TrimSuffix(again, "other") + "000-spotd"
	broken := s
	broken.ReleaseURL += "missing"
	if out, err := h.command(t, []string{"/bin/sh"}, broken).CombinedOutput(); err != nil {
		t.Fatalf("%v, %s", err, out)
	}
	if got := h.said(t, again); !strings.Contains(got, broken.ReleaseURL) {
		t.Errorf("nothing is left for the next boot: %q", got)
	}
	if out, err := h.command(t, []string{"/bin/sh"}, s).CombinedOutput(); err != nil {
		t.Fatalf("%v, %s", err, out)
	}
	if got := h.said(t, again); got != "" {
		t.Error("it would run again after it was done")
	}
}
