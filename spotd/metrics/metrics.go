// Package metrics counts what spotd does, and serves it on a loopback address.
package metrics

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"autospotting/pkg/message"
	"autospotting/spotd/build"
)

// Stats is what /metrics and /healthz tell. Durations are seconds, as Prometheus
// has it. The zero value is ready.
type Stats struct {
	mu        sync.Mutex
	looks     int
	failed    int
	gaps      int
	gapTime   time.Duration
	lastLook  time.Time      // that was answered
	delivered map[string]int // by kind
	errors    map[string]int
}

// Look counts a look at the metadata, and whether it was answered.
func (s *Stats) Look(now time.Time, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.looks++
	if err != nil {
		s.failed++
		return
	}
	s.lastLook = now
}

// Gap counts a time without metadata that is over.
func (s *Stats) Gap(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gaps++
	s.gapTime += d
}

// Attempt counts an attempt to deliver a report.
func (s *Stats) Attempt(r message.Report, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.delivered == nil {
		s.delivered, s.errors = map[string]int{}, map[string]int{}
	}
	if err != nil {
		s.errors[string(r.Kind)]++
		return
	}
	s.delivered[string(r.Kind)]++
}

// Text is the exposition format of Prometheus, version 0.0.4.
func (s *Stats) Text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var b strings.Builder
	metric := func(name, kind, help string, value any) {
		fmt.Fprintf(&b, "# HELP spotd_%s %s\n# TYPE spotd_%s %s\nspotd_%s %v\n", name, help, name, kind, name, value)
	}
	metric("looks_total", "counter", "Looks at the instance metadata.", s.looks)
	metric("look_failures_total", "counter", "Looks that were not answered: not the same as no notice.", s.failed)
	metric("metadata_gaps_total", "counter", "Times without metadata that are over.", s.gaps)
	metric("metadata_gap_seconds_total", "counter", "How long they were together.", s.gapTime.Seconds())
	if !s.lastLook.IsZero() {
		metric("last_look_timestamp_seconds", "gauge", "When the metadata last answered.", s.lastLook.Unix())
	}
	for _, c := range []struct {
		name, help string
		by         map[string]int
	}{
		{"reports_delivered_total", "Reports that the topic acknowledged.", s.delivered},
		{"report_failures_total", "Attempts to deliver that failed.", s.errors},
	} {
		fmt.Fprintf(&b, "# HELP spotd_%s %s\n# TYPE spotd_%s counter\n", c.name, c.help, c.name)
		for _, kind := range message.Kinds() {
			fmt.Fprintf(&b, "spotd_%s{kind=%q} %d\n", c.name, kind, c.by[string(kind)])
		}
	}
	fmt.Fprintf(&b, "# HELP spotd_build_info Always 1.\n# TYPE spotd_build_info gauge\nspotd_build_info{version=%q} 1\n", build.Version())
	return b.String()
}

// healthy tells whether the metadata answered lately.
func (s *Stats) healthy(now time.Time, poll time.Duration) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return now.Sub(s.lastLook) <= max(5*poll, 15*time.Second)
}

// serve answers on a listener until that is closed. It is a page of HTTP/1.0 by
// hand: the library's server adds 0.36 MB to the binary. A connection that cannot be
// taken, for want of descriptors for instance, is no end.
func (s *Stats) serve(l net.Listener, poll time.Duration, log zerolog.Logger) {
	slots := make(chan struct{}, 4) // whoever opens more has to wait
	why := ""
	for {
		conn, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			if err.Error() != why { // once for each reason
				why = err.Error()
				log.Error().Err(err).Msg("no /metrics and /healthz for the moment, trying again")
			}
			time.Sleep(time.Second)
			continue
		}
		slots <- struct{}{}
		go func() {
			defer func() { conn.Close(); <-slots }()
			_ = conn.SetDeadline(time.Now().Add(2 * time.Second))
			request, err := readRequest(conn)
			if err != nil {
				return
			}
			status, body := s.answer(request, poll)
			fmt.Fprintf(conn, "HTTP/1.0 %s\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s", status, len(body), body)
		}()
	}
}

// readRequest returns the words of the request line. The headers are read too:
// closing a connection with unread data in it would take the answer back.
func readRequest(conn io.Reader) ([]string, error) {
	r := bufio.NewReaderSize(io.LimitReader(conn, 16*1024), 512)
	first, err := r.ReadString('\n')
	for line := first; err == nil && strings.TrimSpace(line) != ""; {
		line, err = r.ReadString('\n')
	}
	return strings.Fields(first), err
}

func (s *Stats) answer(request []string, poll time.Duration) (status, body string) {
	if len(request) < 2 || request[0] != "GET" {
		return "405 Method Not Allowed", "want GET\n"
	}
	path, _, _ := strings.Cut(request[1], "?")
	switch {
	case path == "/metrics":
		return "200 OK", s.Text()
	case path == "/healthz" && s.healthy(time.Now(), poll):
		return "200 OK", "ok\n"
	case path == "/healthz":
		return "503 Service Unavailable", "the metadata does not answer\n"
	}
	return "404 Not Found", "want /metrics or /healthz\n"
}

// Listen begins to serve, if it is asked for; the returned function ends it. An
// address in use is told and is no reason to stop.
func Listen(address string, s *Stats, poll time.Duration, log zerolog.Logger) func() {
	if address == "" {
		return func() {}
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		log.Error().Err(err).Msg("no /metrics and /healthz")
		return func() {}
	}
	go s.serve(l, poll, log)
	return func() { l.Close() }
}
