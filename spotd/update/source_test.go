package update

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/credentials"
)

func TestAnAddressNamesAChannelsManifest(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Address{
		"https://d111.cloudfront.net/channel/stable.json":      {"https://d111.cloudfront.net", "stable"},
		"https://releases.example.com/a/b/channel/v1-rc.json":  {"https://releases.example.com/a/b", "v1-rc"},
		"s3://bucket/channel/stable.json":                      {"s3://bucket", "stable"},
		"s3://bucket/prefix/channel/stable.json":               {"s3://bucket/prefix", "stable"},
		"http://127.0.0.1:8080/releases/channel/stable.json":   {"http://127.0.0.1:8080/releases", "stable"},
		"http://releases.example.com/channel/stable.json":      {}, // readable on its way, for no reason
		"http://127.0.0.1.example.com/channel/stable.json":     {},
		"https://releases.example.com/stable.json":             {},
		"https://releases.example.com/channel/../x.json":       {},
		"https://releases.example.com/channel/stable.json?a=b": {},
		"": {},
	} {
		got, err := ParseAddress(text)
		if got != want || (err == nil) != (want != Address{}) {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
}

func TestS3IsKnownByItsName(t *testing.T) {
	t.Parallel()
	for base, want := range map[string][2]string{
		"s3://bucket/p": {"https://s3.eu-west-1.amazonaws.com/bucket/p", "eu-west-1"},
		"https://bucket.s3.us-east-2.amazonaws.com/p":  {"https://bucket.s3.us-east-2.amazonaws.com/p", "us-east-2"},
		"https://s3.us-east-2.amazonaws.com/bucket":    {"https://s3.us-east-2.amazonaws.com/bucket", "us-east-2"},
		"https://b.s3.cn-north-1.amazonaws.com.cn":     {"https://b.s3.cn-north-1.amazonaws.com.cn", "cn-north-1"},
		"https://d111.cloudfront.net":                  {"https://d111.cloudfront.net", ""},
		"https://s3.us-east-2.amazonaws.com.evil.com/": {"https://s3.us-east-2.amazonaws.com.evil.com/", ""},
	} {
		at, region := HTTP{Address: Address{Base: base}, Region: "eu-west-1"}.resolve()
		if at != want[0] || region != want[1] {
			t.Errorf("%s: %s in %q", base, at, region)
		}
	}
}

// private is S3 with a bucket that only the signed may read.
func private(w http.ResponseWriter, r *http.Request) {
	signed := strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 Credential=AK/") &&
		strings.Contains(r.Header.Get("Authorization"), "/eu-west-1/s3/aws4_request") && r.Header.Get("X-Amz-Security-Token") == "token"
	switch {
	case !signed:
		w.WriteHeader(http.StatusForbidden)
	case r.URL.Path == "/bucket/channel/stable.json":
		_, _ = io.WriteString(w, "it")
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func TestWhatS3KeepsFromTheUnsignedIsAskedForInTheRolesName(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(private))
	defer s.Close()
	h := HTTP{Address: Address{Base: "s3://bucket"}, Region: "eu-west-1", S3: s.URL, Client: s.Client(), Keys: credentials.NewStaticCredentialsProvider("AK", "secret", "token")}
	body, err := h.Get(t.Context(), "channel/stable.json")
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	if text, _ := io.ReadAll(body); string(text) != "it" {
		t.Errorf("got %q", text)
	}
	if _, err := h.Get(t.Context(), "other"); err == nil || !strings.Contains(err.Error(), "404 Not Found") {
		t.Errorf("got %v", err)
	}
	h.Address.Base = s.URL + "/bucket" // not S3: no signature goes there
	if _, err := h.Get(t.Context(), "channel/stable.json"); err == nil || !strings.Contains(err.Error(), "403 Forbidden") {
		t.Errorf("got %v", err)
	}
}
