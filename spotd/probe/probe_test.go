//go:build !windows

package probe

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestWhatIsNoProbeIsRefusedWithTheForms(t *testing.T) {
	for _, how := range []string{"", "None", "none:", "http://", "http:/path", "tcp:", "tcp:0", "tcp:65536", "tcp:host", "systemd:fine", "exec:", "exec:relative", "ftp://x"} {
		if _, err := Parse(how); err == nil || !strings.Contains(err.Error(), "want none, http://HOST/PATH") {
			t.Errorf("%q: %v", how, err)
		}
	}
	if ask, err := Parse("none"); ask != nil || err != nil {
		t.Errorf("none: %v", err)
	}
}

// ask parses and asks once.
func ask(t *testing.T, how string) error {
	t.Helper()
	p, err := Parse(how)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	return p(ctx)
}

func TestAnHTTPProbeGoesByTheStatus(t *testing.T) {
	var requests atomic.Int32
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/flaps":
			if requests.Add(1) == 1 {
				w.WriteHeader(http.StatusBadGateway)
			}
		case "/moved":
			http.Redirect(w, r, "/fine", http.StatusFound)
		case "/sick":
			w.WriteHeader(http.StatusServiceUnavailable)
		case "/missing":
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	defer app.Close()
	for path, want := range map[string]string{"/fine": "", "/flaps": "", "/moved": "", "/sick": "503", "/missing": "404"} {
		if err := ask(t, app.URL+path); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestATCPProbeGoesByTheConnection(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	for _, how := range []string{"tcp:" + port, "tcp:127.0.0.1:" + port} {
		if err := ask(t, how); err != nil {
			t.Errorf("%s: %v", how, err)
		}
	}
	l.Close()
	if err := ask(t, "tcp:"+port); err == nil {
		t.Error("nobody listens, and it passes")
	}
}

func script(t *testing.T, path, body string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+body+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestACommandGoesByItsStatusAndSaysWhy(t *testing.T) {
	dir := t.TempDir()
	if err := ask(t, "exec:"+script(t, filepath.Join(dir, "app"), `[ "$1" = up ] || { echo no "$1" yet; exit 1; }`)+" up"); err != nil {
		t.Error(err)
	}
	if err := ask(t, "exec:"+filepath.Join(dir, "app")+" database"); err == nil || !strings.Contains(err.Error(), "no database yet") {
		t.Errorf("got %v", err)
	}
}

func TestADirectoryPassesWhenAllItsProgramsDo(t *testing.T) {
	dir := t.TempDir()
	if err := ask(t, "exec:"+dir); err == nil {
		t.Error("an empty directory passes")
	}
	mark := filepath.Join(t.TempDir(), "mark")
	script(t, filepath.Join(dir, "10-first"), "exit 0")
	script(t, filepath.Join(dir, "20-second"), "[ -e "+mark+" ]")
	if err := ask(t, "exec:"+dir); err == nil || !strings.Contains(err.Error(), "20-second") {
		t.Errorf("got %v", err)
	}
	script(t, mark, "")
	if err := ask(t, "exec:"+dir); err != nil {
		t.Error(err)
	}
}

func TestSystemdIsAskedForItsState(t *testing.T) {
	bin := t.TempDir()
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	for state, want := range map[string][2]bool{"running": {true, true}, "degraded": {false, true}, "starting": {false, false}, "unknown": {false, false}} {
		script(t, filepath.Join(bin, "systemctl"), `[ "$1" = is-system-running ] && echo `+state+`; [ `+state+` = running ]`)
		if err := ask(t, "systemd"); (err == nil) != want[0] {
			t.Errorf("%s: %v", state, err)
		}
		if err := ask(t, "systemd:degraded"); (err == nil) != want[1] {
			t.Errorf("%s, or degraded: %v", state, err)
		}
	}
}

func TestItIsAskedUntilItPasses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began, asked, failures := time.Now(), 0, 0
		p := Probe(func(context.Context) error {
			if asked++; asked < 4 {
				return errors.New("not yet")
			}
			return nil
		})
		if !p.Until(t.Context(), 2*time.Second, func(error) { failures++ }) || failures != 3 || time.Since(began) != 6*time.Second {
			t.Errorf("%d failures in %v", failures, time.Since(began))
		}
	})
}

func TestAnAttemptThatHangsIsEndedAndTheWholeIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began, asked := time.Now(), 0
		p := Probe(func(ctx context.Context) error {
			asked++
			<-ctx.Done()
			return ctx.Err()
		})
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Second)
		defer cancel()
		if p.Until(ctx, 2*time.Second, nil) || asked != 4 || time.Since(began) != 100*time.Second {
			t.Errorf("asked %d times in %v", asked, time.Since(began))
		}
	})
}
