package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"

	"autospotting/spotd/fakes"
)

// killer lets the n-th request, counted over both services, kill the daemon
// before it is answered.
type killer struct {
	mu       sync.Mutex
	at, seen int
	signal   os.Signal
	victim   *exec.Cmd
}

func (k *killer) before(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body) // whole, so that the service acts on what the daemon never hears of
		if err != nil || r.ContentLength >= 0 && int64(len(body)) != r.ContentLength {
			return // cut off by an earlier kill: no service acts on half a request
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		k.mu.Lock()
		k.seen++
		if k.seen == k.at {
			_ = k.victim.Process.Signal(k.signal)
		}
		k.mu.Unlock()
		h.ServeHTTP(w, r)
	})
}

// crash runs a daemon that is killed at the n-th request, then others until all
// has arrived; it reports whether the first lived long enough to be killed.
func crash(t *testing.T, n int, signal os.Signal) (killed bool) {
	imds, topic := fakes.NewMetadata(time.Now().Add(-time.Hour)), &fakes.Sink{}
	imds.Interrupt(time.Now().Add(2 * time.Minute))
	k := &killer{at: n, signal: signal}
	imdsServer, topicServer := httptest.NewServer(k.before(imds)), httptest.NewServer(k.before(topic))
	defer imdsServer.Close()
	defer topicServer.Close()
	state, handlers := t.TempDir(), t.TempDir()
	var log bytes.Buffer
	run := func() *exec.Cmd {
		spotd := exec.Command(binary, "run", "--topic", fakes.Topic, "--group", "web", "--poll=50ms", "--state-dir", state, "--handlers", handlers, "--root-handlers", handlers)
		spotd.Stderr = &log
		spotd.Env = []string{
			"AWS_EC2_METADATA_SERVICE_ENDPOINT=" + imdsServer.URL, "AWS_ENDPOINT_URL=" + topicServer.URL, "AWS_ACCESS_KEY_ID=AK", "AWS_SECRET_ACCESS_KEY=secret", "SPOTD_PREFIX=" + t.TempDir(),
		}
		k.mu.Lock()
		defer k.mu.Unlock()
		k.victim = spotd
		if err := spotd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = spotd.Process.Kill() }) // also where the test fails half-way
		return spotd
	}
	first := run()
	if arrived(t, topic, 2, func() bool { k.mu.Lock(); defer k.mu.Unlock(); return k.seen >= n }) {
		_ = first.Process.Kill()
	}
	_ = first.Wait()
	k.mu.Lock()
	killed = k.seen >= n
	k.mu.Unlock()
	second := run()
	arrived(t, topic, 2, func() bool { return false })
	_ = second.Process.Kill()
	_ = second.Wait()
	sameIDs(t, n, topic, &log)
	return killed
}

// arrived waits until so many kinds have arrived, or until stop says so; it
// reports the former.
func arrived(t *testing.T, s *fakes.Sink, kinds int, stop func() bool) bool {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		seen := map[string]bool{}
		for _, kind := range s.Kinds(t) {
			seen[kind] = true
		}
		if len(seen) >= kinds {
			return true
		}
		if stop() {
			return false
		}
		if time.Now().After(deadline) {
			t.Fatalf("only %v arrived", seen)
		}
	}
}

// sameIDs wants what was said twice to be recognisable as the same.
func sameIDs(t *testing.T, n int, s *fakes.Sink, log fmt.Stringer) {
	t.Helper()
	ids := map[string]string{}
	for _, r := range s.Got {
		kind := string(r.Kind)
		if id := ids[kind]; id != "" && id != r.ID {
			t.Errorf("killed at request %d: %s has two identities\n%s", n, kind, log)
		}
		ids[kind] = r.ID
	}
	if ids["hello"] == "" || ids["terminating"] == "" {
		t.Errorf("killed at request %d: arrived %v\n%s", n, ids, log)
	}
}

func TestEndedAtAnyRequestItLosesNothing(t *testing.T) {
	for name, signal := range map[string]os.Signal{"kill -9": syscall.SIGKILL, "SIGTERM": syscall.SIGTERM} {
		t.Run(name, func(t *testing.T) {
			n := 1
			for ; n < 100 && crash(t, n, signal); n++ {
			}
			if n < 8 || n == 100 {
				t.Errorf("%d requests until all had arrived", n)
			}
		})
	}
}
