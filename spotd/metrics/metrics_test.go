package metrics

import (
	"errors"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"autospotting/pkg/message"
)

// served is a page of a running listener.
func served(t *testing.T, s *Stats, path string) (int, string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go s.serve(l, 2*time.Second, zerolog.Nop())
	answer, err := http.Get("http://" + l.Addr().String() + path)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(body)
}

func TestMetricsCountLooksGapsAndReports(t *testing.T) {
	s := &Stats{}
	for _, err := range []error{nil, errors.New("503"), errors.New("503"), nil} {
		s.Look(time.Now(), err)
	}
	s.Gap(3 * time.Second)
	r := message.Report{Kind: message.Terminating}
	s.Attempt(r, errors.New("throttled"))
	s.Attempt(r, nil)
	status, body := served(t, s, "/metrics?x=1")
	for _, want := range []string{
		"\nspotd_looks_total 4\n", "\nspotd_look_failures_total 2\n", "\nspotd_metadata_gaps_total 1\n", "\nspotd_metadata_gap_seconds_total 3\n",
		"\nspotd_reports_delivered_total{kind=\"terminating\"} 1\n", "\nspotd_report_failures_total{kind=\"terminating\"} 1\n", "spotd_build_info{version=",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("no %q in\n%s", want, body)
		}
	}
	form := regexp.MustCompile(`^(# (HELP|TYPE) spotd_[a-z_]+ .+|spotd_[a-z_]+(\{[a-z]+="[^"]*"\})? [-0-9.e+]+)$`)
	for line := range strings.Lines(body) {
		if !form.MatchString(strings.TrimSuffix(line, "\n")) {
			t.Errorf("not the exposition format: %q", line)
		}
	}
	if status != http.StatusOK {
		t.Errorf("status %d", status)
	}
}

func TestHealthIsMetadataThatAnsweredLately(t *testing.T) {
	s := &Stats{}
	if status, _ := served(t, s, "/healthz"); status != http.StatusServiceUnavailable {
		t.Errorf("before the first look: %d", status)
	}
	s.Look(time.Now(), nil)
	if status, _ := served(t, s, "/healthz"); status != http.StatusOK {
		t.Errorf("after a look: %d", status)
	}
	now := time.Now()
	if s.healthy(now.Add(16*time.Second), 2*time.Second) || !s.healthy(now.Add(16*time.Second), 4*time.Second) {
		t.Error("five polls, at least 15 s, are the bound")
	}
	if status, _ := served(t, s, "/other"); status != http.StatusNotFound {
		t.Errorf("another path: %d", status)
	}
}

func TestWhateverIsSentGetsAnAnswerOrNothing(t *testing.T) {
	s := &Stats{}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go s.serve(l, time.Second, zerolog.Nop())
	for request, want := range map[string]string{
		"POST /metrics HTTP/1.1\r\n\r\n": "HTTP/1.0 405", "\r\n": "HTTP/1.0 405", "GET\r\n\r\n": "HTTP/1.0 405", "GET /healthz HTTP/1.1\r\nA: b\r\n\r\n": "HTTP/1.0 503",
		strings.Repeat("x", 40_000): "",
	} {
		conn, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(conn, request)
		answer, _ := io.ReadAll(conn)
		if !strings.HasPrefix(string(answer), want) || want == "" && len(answer) > 0 {
			t.Errorf("%.20q: %q", request, answer)
		}
		conn.Close()
	}
}

func TestAnAddressInUseIsNoReasonToStop(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	Listen(l.Addr().String(), &Stats{}, time.Second, zerolog.Nop())()
}

// poor is a listener without descriptors for a while.
type poor struct {
	net.Listener
	fails, asked int
}

func (p *poor) Accept() (net.Conn, error) {
	if p.asked++; p.asked <= p.fails {
		return nil, syscall.EMFILE
	}
	return nil, net.ErrClosed
}

func TestAConnectionThatCannotBeTakenIsToldOnceAndIsNoEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
		l := &poor{fails: 10}
		(&Stats{}).serve(l, time.Second, zerolog.New(&log))
		if l.asked != 11 || strings.Count(log.String(), "trying again") != 1 {
			t.Errorf("asked %d times; log %s", l.asked, &log)
		}
	})
}
