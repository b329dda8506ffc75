package spotd

import (
	"crypto/ed25519"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"autospotting/pkg/channel"
	"autospotting/pkg/message"
)

// releases is a channel whose version can be changed.
type releases struct {
	*httptest.Server
	mu    sync.Mutex
	files map[string][]byte
}

func newReleases(t *testing.T) *releases {
	r := &releases{files: map[string][]byte{}}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		r.mu.Lock()
		defer r.mu.Unlock()
		body, ok := r.files[q.URL.Path]
		if !ok {
			w.WriteHeader(http.StatusNotFound)
		}
		_, _ = w.Write(body)
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *releases) publish(t *testing.T, version string, serial int64, program []byte) {
	t.Helper()
	name := "spotd/" + version + "/spotd-linux-amd64"
	manifest, err := channel.Seal(channel.Manifest{Schema: channel.Schema, Channel: "stable", Version: version, Serial: serial, Created: time.Now(), Expires: time.Now().Add(time.Hour),
		Artifacts: []channel.Artifact{{Name: name, Kind: channel.Spotd, OS: "linux", Arch: "amd64", Size: int64(len(program)), SHA256: sum(program)}}}, signer)
	if err != nil {
		t.Fatal(err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.files["/channel/stable.json"], r.files["/"+name] = manifest, program
}

func TestUpdatesUnderSystemd(t *testing.T) {
	l, r := newLifetime(t), newReleases(t)
	m := l.machine
	next, err := os.ReadFile(filepath.Join(os.Getenv("SPOTD_PACKAGES"), "v0.0.2-test", "spotd-linux-amd64"))
	if err != nil {
		t.Fatal(err)
	}
	m.do("install", "-m", "755", "/packages/v0.0.1-test/spotd-linux-amd64", "/usr/local/bin/spotd")
	m.write("/etc/spotd.conf", fmt.Sprintf("topic = %s\ngroup = web\ngrace = 24h\nupdate-channel = %s/channel/stable.json\nupdate-keys = %s\nupdate-patience = 30s\n",
		topicARN, r.URL, channel.FormatKey(signer.Public().(ed25519.PublicKey))), "0644")
	m.do("spotd", "install", "--config", "/etc/spotd.conf")
	m.do("spotd", "start")
	l.sns.hearKind(t, message.Hello)
	t.Run("the timer waits", func(t *testing.T) {
		if out := l.on(t).do("systemctl", "list-timers", "--all", "--no-legend", "spotd-update.timer"); !strings.Contains(out, "spotd-update.service") {
			t.Errorf("timers: %q", out)
		}
	})
	t.Run("updated, killed in the middle, and ended by the path unit", func(t *testing.T) {
		r.publish(t, "v0.0.2-test", 2, next)
		l.isUpdatedThoughKilled(t)
	})
	t.Run("one that does not start is put back", func(t *testing.T) {
		r.publish(t, "v0.0.3-test", 3, compiled(t, "./broken", "main.silent="))
		l.isPutBack(t)
	})
	t.Run("one that cannot be ended is not tried for ever", l.givesUp)
	t.Run("a package's program is left to the package manager", func(t *testing.T) {
		m := l.on(t)
		m.do("dpkg", "-i", "/packages/v0.0.1-test/spotd-amd64.deb")
		if out := m.do("/usr/bin/spotd", "update", "--config", "/etc/spotd.conf"); !strings.Contains(out, "left to dpkg") {
			t.Errorf("it says %q", out)
		}
		m.do("dpkg", "--purge", "spotd")
	})
	t.Run("leaves without a trace", func(t *testing.T) {
		m := l.on(t)
		m.do("/usr/local/bin/spotd", "uninstall")
		m.do("rm", "-f", "/usr/local/bin/spotd", "/etc/spotd.conf", "/etc/default/spotd")
		sameFiles(t, "after uninstall", m.files(), l.before)
	})
}

// version is that of the process that runs.
func (l *lifetime) version(m machine) string {
	out, _ := m.try("/proc/"+m.pid()+"/exe", "version")
	return out
}

func (l *lifetime) isUpdatedThoughKilled(t *testing.T) {
	m := l.on(t)
	l.imds.set(func() { l.imds.down = true }) // so that the new program has to be waited for
	m.do("systemctl", "start", "--no-block", "spotd-update.service")
	m.until("the new program in its place", func() bool { return l.version(m) == "v0.0.2-test" })
	m.do("systemctl", "kill", "-s", "KILL", "spotd-update.service")
	m.until("the path unit's run", func() bool {
		out, _ := m.try("systemctl", "show", "-P", "ActiveState", "spotd-update.service")
		return out == "activating"
	})
	l.imds.set(func() { l.imds.down = false })
	l.sns.hearKind(t, message.Hello) // each version says its own
	m.until("the end of the update", func() bool {
		_, err := m.try("test", "-e", "/var/lib/spotd-update/pending")
		return err != nil
	})
	if got := l.version(m); got != "v0.0.2-test" {
		t.Errorf("version %q runs", got)
	}
	out, err := m.try("systemctl", "start", "spotd-update.service")
	if journal := m.journal(); err != nil || !strings.Contains(journal, "nothing to do") {
		t.Errorf("%v %s\n%s", err, out, journal)
	}
}

// givesUp is about a file that is damaged: no run can end it.
func (l *lifetime) givesUp(t *testing.T) {
	m := l.on(t)
	show := func(unit, property string) string {
		out, _ := m.try("systemctl", "show", "-P", property, unit)
		return out
	}
	m.write("/var/lib/spotd-update/pending", "{", "0600")
	m.until("the end of the path unit", func() bool { return show("spotd-update.path", "ActiveState") == "failed" })
	if timer, daemon := show("spotd-update.timer", "ActiveState"), show("spotd.service", "ActiveState"); timer != "active" || daemon != "active" {
		t.Errorf("the timer is %s, the daemon %s\n%s", timer, daemon, m.journal())
	}
	m.do("rm", "/var/lib/spotd-update/pending")
	m.do("systemctl", "reset-failed", "spotd-update.service", "spotd-update.path")
	m.do("systemctl", "start", "spotd-update.path")
}

func (l *lifetime) isPutBack(t *testing.T) {
	m := l.on(t)
	m.write("/etc/default/spotd", m.do("cat", "/etc/default/spotd")+"\nSPOTD_UPDATE_PATIENCE=3s\n", "0644")
	if out, err := m.try("systemctl", "start", "spotd-update.service"); err == nil {
		t.Errorf("a program that does not start is taken: %s", out)
	}
	m.until("the previous program", func() bool { return l.version(m) == "v0.0.2-test" })
	if journal := m.journal(); !strings.Contains(journal, "was put back") {
		t.Error(journal)
	}
	_, _ = m.try("systemctl", "start", "spotd-update.service")
	if journal := m.journal(); !strings.Contains(journal, "was put back here") {
		t.Errorf("it is tried again: %s", journal)
	}
}
