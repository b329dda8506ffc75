//go:build !windows

package notify

import (
	"net"
	"path/filepath"
	"testing"
	"time"
)

// manager is the socket that systemd would listen on.
func manager(t *testing.T) (getenv func(string) string, read func() string) {
	path := filepath.Join(t.TempDir(), "notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	env := map[string]string{"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "20000000"}
	return func(key string) string { return env[key] }, func() string {
		buf := make([]byte, 1024)
		if err := conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
		n, err := conn.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		return string(buf[:n])
	}
}

func TestSystemdHearsEachStateOnce(t *testing.T) {
	getenv, read := manager(t)
	s := FromEnv(getenv)
	now := time.Now()
	s.Status("waiting")
	s.Status("waiting")
	s.Ready()
	s.Alive(now)
	s.Alive(now.Add(time.Second)) // too early to say again
	s.Alive(now.Add(6 * time.Second))
	s.Status("two\nlines")
	s.Stopping()
	for _, want := range []string{"STATUS=waiting", "READY=1\nSTATUS=waiting", "WATCHDOG=1", "WATCHDOG=1", "STATUS=two lines", "STOPPING=1"} {
		if got := read(); got != want {
			t.Errorf("heard %q, want %q", got, want)
		}
	}
	if s.Every() > 20*time.Second/3 {
		t.Errorf("every %v", s.Every())
	}
}

func TestWithoutAManagerNothingHappens(t *testing.T) {
	for _, env := range []map[string]string{{}, {"NOTIFY_SOCKET": "relative"}, {"WATCHDOG_USEC": "20000000"}, {"NOTIFY_SOCKET": "/nowhere", "WATCHDOG_USEC": "x"}} {
		s := FromEnv(func(key string) string { return env[key] })
		s.Ready()
		s.Alive(time.Now())
		s.Stopping()
		if s.Every() != 0 {
			t.Errorf("%v: watched every %v", env, s.Every())
		}
	}
}
