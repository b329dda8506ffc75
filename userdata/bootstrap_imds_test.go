package userdata

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
)

var roleKeys = aws.Credentials{AccessKeyID: "ASIAEXAMPLE", SecretAccessKey: "secret/with+signs", SessionToken: "a/very+long=token"}

// private is a release in a bucket that only roleKeys may read.
func private(t *testing.T) (s Settings, url string) {
	t.Helper()
	sum := sha256.Sum256([]byte(fakeSpotd))
	url, _ = bucket(t, roleKeys, "us-east-1", fakeSpotd, false)
	s = sample()
	s.ReleaseURL, s.SHA256["amd64"] = "s3://release.bucket/spotd/v1", hex.EncodeToString(sum[:])
	return s, url
}

// elsewhere makes Python's connections to one host lead to another, and notes all of them.
func elsewhere(t *testing.T, h host, from, to string) (record string) {
	t.Helper()
	u, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	record = filepath.Join(h.root, "connections")
	h.write(t, "python/sitecustomize.py", fmt.Sprintf(`import socket
real = socket.create_connection
def create_connection(address, *a, **k):
    open(%q, "a").write(address[0] + "\n")
    return real((%q, %s) if address[0] == %q else address, *a, **k)
socket.create_connection = create_connection
`, record, u.Hostname(), u.Port(), from))
	return record
}

func TestTheModeVariableChoosesTheMetadatasAddress(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, env, file, want string }{
		{"IPv6 in the environment", "IPv6", "", "fd00:ec2::254"},
		{"in any case", "ipv6", "", "fd00:ec2::254"},
		{"IPv6 in an administrator's file", "", "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE=\"IPv6\"\n", "fd00:ec2::254"},
		{"IPv4", "IPv4", "", "169.254.169.254"},
		{"as it comes", "", "", "169.254.169.254"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, s3 := private(t)
			h := newHost(t, "SPOTD_FOREGROUND=1", "SPOTD_S3="+s3, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE="+c.env)
			h.write(t, "etc/environment", c.file)
			record := elsewhere(t, h, c.want, metadata(t, roleKeys))
			h.env = append(h.env, "PYTHONPATH="+filepath.Join(h.root, "python"))
			if out, err := h.command(t, []string{"/bin/sh"}, s).CombinedOutput(); err != nil || len(out) > 0 {
				t.Fatalf("%v, %s", err, out)
			}
			if h.said(t, h.record) == "" || !strings.Contains(h.said(t, record), c.want+"\n"+c.want+"\n") {
				t.Errorf("connected to %q; log:\n%s", h.said(t, record), h.said(t, h.log))
			}
			handed := h.said(t, h.root+"/etc/default/spotd")
			if ipv6 := c.want == "fd00:ec2::254"; strings.Contains(strings.ToLower(handed), "endpoint_mode='ipv6'") != ipv6 {
				t.Errorf("the service's environment is %q", handed)
			}
		})
	}
}

// A stranger in the metadata's place, or in the bucket's, sends the bootstrap elsewhere.
func TestNeitherTokenNorKeysFollowARedirect(t *testing.T) {
	t.Parallel()
	var abroad list
	thief := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		abroad.add(fmt.Sprint(r.Method, r.URL, r.Header))
		_, _ = w.Write([]byte("web-role"))
	}))
	t.Cleanup(thief.Close)
	redirects := func(at string, good string) string {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.Contains(r.URL.Path, at) && (r.Header.Get("Authorization") != "" || good != "") {
				http.Redirect(w, r, thief.URL+"/stolen", http.StatusFound)
				return
			}
			if good == "" {
				w.WriteHeader(http.StatusForbidden)
				return
			}
			_, _ = w.Write([]byte(good))
		}))
		t.Cleanup(server.Close)
		return server.URL
	}
	for _, c := range []struct{ name, imds, s3 string }{
		{"the token's answer", redirects("api/token", "token"), ""},
		{"the role's", redirects("security-credentials", "token"), ""},
		{"the bucket's, to whoever has signed", metadata(t, roleKeys), redirects("release.bucket", "")},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, s3 := private(t)
			if c.s3 != "" {
				s3 = c.s3
			}
			h := newHost(t, "SPOTD_FOREGROUND=1", "SPOTD_TRIES=1", "SPOTD_S3="+s3, "AWS_EC2_METADATA_SERVICE_ENDPOINT="+c.imds)
			if out, err := h.command(t, []string{"/bin/sh"}, s).CombinedOutput(); err != nil || len(out) > 0 {
				t.Fatalf("%v, %s", err, out)
			}
			if got := abroad.all(); len(got) > 0 || h.said(t, h.record) != "" {
				t.Errorf("went elsewhere: %q", got)
			}
			if log := h.said(t, h.log); !strings.Contains(log, "302") {
				t.Errorf("the log does not say why:\n%s", log)
			}
		})
	}
}
