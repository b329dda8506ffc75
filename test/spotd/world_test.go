package spotd

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"autospotting/pkg/message"
)

const (
	instance = "i-0123456789abcdef0"
	topicARN = "arn:aws:sns:eu-west-1:123456789012:reports"
	// patience ends a test that waits for something that does not come.
	patience = 30 * time.Second
)

// metadata is an instance metadata service, IMDSv2 only, that counts.
type metadata struct {
	*httptest.Server
	launched    time.Time
	mu          sync.Mutex
	notice      string
	down        bool
	requests    int
	connections int
}

func newMetadata(t testing.TB) *metadata {
	m := &metadata{launched: time.Now().Add(-time.Hour)}
	m.Server = httptest.NewUnstartedServer(m)
	m.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			m.set(func() { m.connections++ })
		}
	}
	m.Start()
	t.Cleanup(m.Close)
	return m
}

func (m *metadata) set(change func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	change()
}

// interrupt gives the notice.
func (m *metadata) interrupt() {
	when := time.Now().Add(2 * time.Minute).UTC().Format(time.RFC3339)
	m.set(func() { m.notice = fmt.Sprintf(`{"action":"terminate","time":%q}`, when) })
}

func (m *metadata) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.requests++
	switch path := r.URL.Path; {
	case m.down:
		w.WriteHeader(http.StatusServiceUnavailable)
	case r.Method == http.MethodPut && path == "/latest/api/token":
		w.Header().Set("X-Aws-Ec2-Metadata-Token-Ttl-Seconds", "21600")
		fmt.Fprint(w, "token")
	case r.Header.Get("X-Aws-Ec2-Metadata-Token") != "token":
		w.WriteHeader(http.StatusUnauthorized)
	case path == "/latest/dynamic/instance-identity/document":
		fmt.Fprintf(w, `{"accountId":"123456789012","region":"eu-west-1","availabilityZone":"eu-west-1a","instanceId":%q,"instanceType":"m5.large","pendingTime":%q}`,
			instance, m.launched.UTC().Format(time.RFC3339))
	case path == "/latest/dynamic/instance-identity/rsa2048":
		fmt.Fprint(w, "MIIsigned")
	case path == "/latest/meta-data/spot/instance-action" && m.notice != "":
		fmt.Fprint(w, m.notice)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

// topic is SNS.
type topic struct {
	*httptest.Server
	reports chan message.Report
	bad     chan string
	refuse  atomic.Bool
}

func newTopic(t testing.TB) *topic {
	s := &topic{reports: make(chan message.Report, 100), bad: make(chan string, 100)}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *topic) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.refuse.Load() {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	report, err := message.Decode([]byte(r.FormValue("Message")))
	if err != nil {
		s.bad <- err.Error()
	} else {
		s.reports <- report
	}
	fmt.Fprint(w, `<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>m-1</MessageId></PublishResult><ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata></PublishResponse>`)
}

// hear waits for the next report.
func (s *topic) hear(t testing.TB) message.Report {
	t.Helper()
	select {
	case r := <-s.reports:
		return r
	case why := <-s.bad:
		t.Fatalf("not a report: %s", why)
	case <-time.After(patience):
		t.Fatal("nothing more arrived")
	}
	return message.Report{}
}

// hearKind waits for a report of a kind and passes over the others.
func (s *topic) hearKind(t testing.TB, kind message.Kind) message.Report {
	t.Helper()
	for {
		if r := s.hear(t); r.Kind == kind {
			return r
		}
	}
}

// build compiles a main package the way it is shipped.
func build(t testing.TB, pkg string) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), filepath.Base(pkg))
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w -X main.version=v0.0.1-test", "-o", out, pkg)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build %s: %v\n%s", pkg, err, text)
	}
	return out
}

// process is a program that runs until the test ends.
type process struct {
	*exec.Cmd
	log string // its output's file
}

func start(t testing.TB, env []string, path string, args ...string) process {
	t.Helper()
	p := process{exec.Command(path, args...), filepath.Join(t.TempDir(), "log")}
	log, err := os.Create(p.log)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	p.Env, p.Stdout, p.Stderr = append(os.Environ(), env...), log, log
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.stop)
	return p
}

func (p process) stop() {
	if p.ProcessState == nil {
		_ = p.Process.Signal(syscall.SIGTERM)
		_ = p.Wait()
	}
}

// run starts spotd against the two services.
func run(t testing.TB, spotd, metadata, sns string, flags ...string) process {
	t.Helper()
	return start(t, []string{
		"AWS_EC2_METADATA_SERVICE_ENDPOINT=" + metadata, "AWS_ENDPOINT_URL_SNS=" + sns,
		"AWS_ACCESS_KEY_ID=AK", "AWS_SECRET_ACCESS_KEY=secret",
	}, spotd, append([]string{
		"run", "--topic", topicARN, "--group", "web", "--state-dir", t.TempDir(), "--handlers", t.TempDir(), "--root-handlers", t.TempDir(),
	}, flags...)...)
}
