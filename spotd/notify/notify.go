// Package notify tells systemd that the service is up and still working: the
// protocol of sd_notify(3), which is one datagram a message. Without
// systemd every call does nothing.
package notify

import (
	"net"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Socket is the way to the service manager. The zero value leads nowhere.
type Socket struct {
	address  *net.UnixAddr
	watchdog time.Duration
	mu       sync.Mutex
	conn     *net.UnixConn
	last     time.Time
	status   string
}

// FromEnv finds the socket and the watchdog's time in the environment. A name
// that begins with @ is in Linux's abstract space.
func FromEnv(getenv func(string) string) *Socket {
	s := &Socket{}
	if name := getenv("NOTIFY_SOCKET"); strings.HasPrefix(name, "/") || strings.HasPrefix(name, "@") {
		s.address = &net.UnixAddr{Name: name, Net: "unixgram"}
	}
	if usec, err := strconv.ParseInt(getenv("WATCHDOG_USEC"), 10, 64); err == nil && usec > 0 && s.address != nil {
		s.watchdog = time.Duration(usec) * time.Microsecond
	}
	return s
}

// Ready tells that the service is up.
func (s *Socket) Ready() { s.tell("READY=1\nSTATUS=" + s.status) }

// Stopping tells that it is about to end.
func (s *Socket) Stopping() { s.tell("STOPPING=1") }

// Status tells people, in systemctl status, what the service is doing. The same
// text is told once.
func (s *Socket) Status(text string) {
	if text = strings.ReplaceAll(text, "\n", " "); text != s.status {
		s.status = text
		s.tell("STATUS=" + text)
	}
}

// Every is how often Alive has to be called, so that two calls may be lost; zero if
// nobody watches.
func (s *Socket) Every() time.Duration { return s.watchdog / 3 }

// Alive tells the watchdog, if it is time to, that the service works.
func (s *Socket) Alive(now time.Time) {
	if s.watchdog > 0 && now.Sub(s.last) >= s.watchdog/4 {
		s.last = now
		s.tell("WATCHDOG=1")
	}
}

// tell sends and forgets: a manager that does not listen is no reason to stop.
func (s *Socket) tell(state string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.address == nil {
		return
	}
	if s.conn == nil {
		conn, err := net.DialUnix("unixgram", nil, s.address)
		if err != nil {
			return
		}
		s.conn = conn
	}
	if _, err := s.conn.Write([]byte(state)); err != nil { // the manager was restarted: connect anew next time
		s.conn.Close()
		s.conn = nil
	}
}
