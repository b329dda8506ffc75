package emulator

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"autospotting/pkg/message"

	"autospotting/test/rig"
)

// metadataMock is AWS's own stand-in for the metadata service. It is installed by version, beside the module, so that none of
// its dependencies becomes ours.
const metadataMock = "github.com/aws/amazon-ec2-metadata-mock/cmd/ec2-metadata-mock@v1.13.0"

var installMock = sync.OnceValues(func() (string, error) {
	dir := filepath.Join(lab.dir, "metadata-mock")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	cmd := exec.Command("go", "install", "-trimpath", metadataMock)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOBIN="+dir, "GOFLAGS=-mod=mod", "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("install %s: %v\n%s", metadataMock, err, out)
	}
	return filepath.Join(dir, "ec2-metadata-mock"), nil
})

// startMock starts the mock and returns the URL of a proxy in front of it, which counts the looks at each path.
func startMock(t *testing.T, args ...string) (string, *looks) {
	t.Helper()
	binary, err := installMock()
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close() // the mock takes no listener, and names no port of its own
	log := &tail{}
	cmd := exec.Command(binary, append(args, "-n", "127.0.0.1", "-p", fmt.Sprint(port))...)
	cmd.Env = []string{"HOME=" + t.TempDir()}
	cmd.Stdout, cmd.Stderr = log, log
	if err := rig.Start(cmd); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	showOnFailure(t, "the metadata mock", log)
	target := &url.URL{Scheme: "http", Host: fmt.Sprintf("127.0.0.1:%d", port)}
	seen := &looks{found: map[string]int{}}
	// Rewrite adds no X-Forwarded-For, with which the service refuses to open a session.
	proxy := &httputil.ReverseProxy{
		Rewrite:        func(r *httputil.ProxyRequest) { r.SetURL(target) },
		ModifyResponse: func(r *http.Response) error { seen.note(r); return nil },
		ErrorHandler:   func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusServiceUnavailable) }, // not up yet
	}
	front := httptest.NewServer(proxy)
	t.Cleanup(front.Close)
	return front.URL, seen
}

// looks counts, by path, the answers that had a body to give.
type looks struct {
	mu    sync.Mutex
	found map[string]int
}

func (l *looks) note(r *http.Response) {
	if r.StatusCode != http.StatusOK {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.found[strings.TrimPrefix(r.Request.URL.Path, "/latest/")]++
}

func (l *looks) count(path string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.found[path]
}

// stubTopic acknowledges every Publish, which SNS does too.
type stubTopic struct {
	mu      sync.Mutex
	reports []message.Report
	bad     []string
}

func (s *stubTopic) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	report, err := message.Decode([]byte(r.FormValue("Message")))
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil || r.FormValue("Action") != "Publish" {
		s.bad = append(s.bad, fmt.Sprintf("%v: %v", r.Form, err))
	}
	s.reports = append(s.reports, report)
	w.Header().Set("Content-Type", "text/xml")
	fmt.Fprintf(w, `<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>%d</MessageId></PublishResult>`+
		`<ResponseMetadata><RequestId>stub</RequestId></ResponseMetadata></PublishResponse>`, len(s.reports))
}

func (s *stubTopic) of(kind message.Kind) (out []message.Report) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.reports {
		if r.Kind == kind {
			out = append(out, r)
		}
	}
	return out
}

// The mock sets its own document and a signature that no certificate of ours verifies: who is believed is tested elsewhere.
func TestSpotdAgainstTheMetadataMock(t *testing.T) {
	needEmulator(t)
	t.Parallel()
	for _, one := range []struct {
		name string
		args []string
		path string
		kind message.Kind
	}{
		{"interruption with a time that is new at every look, sessions required", []string{"spot", "--action", "terminate", "-I"}, "meta-data/spot/instance-action", message.Terminating},
		{"interruption with a time that is new at every look, sessions optional", []string{"spot", "--action", "terminate"}, "meta-data/spot/instance-action", message.Terminating},
		{"interruption with one time", []string{"spot", "--action", "terminate", "-I", "--time", time.Now().Add(2 * time.Minute).UTC().Format(time.RFC3339)}, "meta-data/spot/instance-action", message.Terminating},
		{"stop", []string{"spot", "--action", "stop", "-I"}, "meta-data/spot/instance-action", message.Terminating},
		{"rebalance recommendation, sessions required", []string{"spot", "-I"}, "meta-data/events/recommendations/rebalance", message.Rebalance},
		{"rebalance recommendation, sessions optional", []string{"spot"}, "meta-data/events/recommendations/rebalance", message.Rebalance},
	} {
		t.Run(one.name, func(t *testing.T) {
			t.Parallel()
			imds, seen := startMock(t, one.args...)
			topic := &stubTopic{}
			sns := httptest.NewServer(topic)
			t.Cleanup(sns.Close)
			log, err := startSpotd(t, imds, sns.URL, "arn:aws:sns:us-east-1:123456789012:reports", "web")
			if err != nil {
				t.Fatal(err)
			}
			showOnFailure(t, "spotd", log)
			more := 3 // looks after which a second message would have been sent
			if one.kind == message.Rebalance {
				more = 1 // it is looked at every ten seconds only
			}
			waitFor(t, func() string {
				heard, looked := len(topic.of(one.kind)), seen.count(one.path)
				if heard < 1 || looked < 1+more {
					return fmt.Sprintf("%d messages of kind %s, %d looks at %s", heard, one.kind, looked, one.path)
				}
				return ""
			})
			if got := topic.of(one.kind); len(got) != 1 {
				t.Errorf("%d messages, one was due: %+v", len(got), got)
			}
			if len(topic.bad) > 0 {
				t.Errorf("no reports: %q", topic.bad)
			}
		})
	}
}

// waitFor looks until nothing is missing.
func waitFor(t *testing.T, missing func() string) {
	t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	every := time.NewTicker(200 * time.Millisecond)
	defer every.Stop()
	for {
		what := missing()
		if what == "" {
			return
		}
		select {
		case <-deadline.C:
			t.Fatal(what)
		case <-every.C:
		}
	}
}
