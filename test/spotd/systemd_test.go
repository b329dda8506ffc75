package spotd

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"autospotting/pkg/message"
)

// machine is a booted Debian that shares our network.
type machine struct {
	t       *testing.T
	systemd int // process id, as we see it
}

// boot starts the container; systemd.sh has prepared it.
func boot(t *testing.T, root, packages string) machine {
	console, err := os.Create(filepath.Join(t.TempDir(), "console"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { console.Close() })
	nspawn := exec.Command("systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--volatile=overlay",
		"--bind-ro="+packages+":/packages", "-D", root, "--boot")
	nspawn.Stdout, nspawn.Stderr = console, console
	if err := nspawn.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = nspawn.Process.Signal(syscall.SIGTERM) // orderly power-off
		_ = nspawn.Wait()
	})
	m := machine{t: t}
	m.until("systemd up", func() bool {
		out, err := exec.Command("pgrep", "-P", strconv.Itoa(nspawn.Process.Pid), "-x", "systemd").Output()
		if err != nil {
			return false
		}
		m.systemd, err = strconv.Atoi(strings.TrimSpace(string(out)))
		state, _ := m.try("systemctl", "is-system-running")
		return err == nil && (state == "running" || state == "degraded")
	})
	return m
}

// try runs a command in the machine and returns what it printed.
func (m machine) try(command ...string) (string, error) {
	args := append([]string{"-t", strconv.Itoa(m.systemd), "-m", "-u", "-i", "-p", "--"}, command...)
	out, err := exec.Command("nsenter", args...).CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

func (m machine) do(command ...string) string {
	m.t.Helper()
	out, err := m.try(command...)
	if err != nil {
		m.t.Fatalf("%s: %v\n%s\n%s", strings.Join(command, " "), err, out, m.journal())
	}
	return out
}

func (m machine) journal() string {
	out, _ := m.try("journalctl", "--no-pager", "-n", "60", "-u", "spotd*")
	return out
}

func (m machine) write(path, text, mode string) {
	m.t.Helper()
	cmd := exec.Command("nsenter", "-t", strconv.Itoa(m.systemd), "-m", "--", "sh", "-c", fmt.Sprintf("cat >%[1]s && chmod %[2]s %[1]s", path, mode))
	cmd.Stdin = strings.NewReader(text)
	if out, err := cmd.CombinedOutput(); err != nil {
		m.t.Fatalf("write %s: %v %s", path, err, out)
	}
}

// until waits for something to become true.
func (m machine) until(what string, ok func() bool) time.Duration {
	m.t.Helper()
	began := time.Now()
	for !ok() {
		if time.Since(began) > patience {
			m.t.Fatalf("waited in vain for: %s\n%s", what, m.journal())
		}
		time.Sleep(20 * time.Millisecond)
	}
	return time.Since(began)
}

func (m machine) pid() string {
	out, _ := m.try("systemctl", "show", "-P", "MainPID", "spotd")
	return out
}

// files lists what is there that spotd could have made.
func (m machine) files() []string {
	out, _ := m.try("sh", "-c", "find / -xdev -name '*spotd*' -not -path '/proc/*' -not -path '/sys/*' -not -path '/packages/*'; find /run -name '*spotd*' -not -path '*/propagate/*' -not -path '*/systemd/units/*'; systemctl list-unit-files --no-legend '*spotd*'")
	list := strings.Fields(out)
	slices.Sort(list)
	return slices.Compact(list)
}

// lifetime is what the parts of the test share.
type lifetime struct {
	imds             *metadata
	sns              *topic
	machine          machine
	before, packaged []string // files, before the package and with it alone
}

func TestUnderSystemd(t *testing.T) {
	l := newLifetime(t)
	m := l.machine
	m.do("dpkg", "-i", "/packages/v0.0.1-test/spotd-amd64.deb")
	l.packaged = m.files()
	m.write("/etc/spotd/spotd.conf", "group = web\ngrace = 24h\nprobe = systemd:degraded\nlisten = 127.0.0.1:19100\n", "0644")
	m.write("/etc/spotd/terminating.d/10-mine", "#!/bin/sh\necho mine $1 $2 as $(id -u)\n", "0755")
	m.write("/etc/spotd/terminating.root.d/10-root", "#!/bin/sh\necho root $1 $2 as $(id -u)\ntouch /root/was-here\n", "0755")
	m.do("chmod", "700", "/etc/spotd/terminating.root.d") // the daemon cannot look into it

	t.Run("installs by its own command, twice", l.installs)
	t.Run("keeps its state on disk", l.keepsState)
	t.Run("is exposed little", l.isExposedLittle)
	t.Run("is back within two seconds after kill -9", l.comesBack)
	t.Run("is restarted by the watchdog when it hangs", l.isWatched)
	t.Run("notice, handlers, message", l.handlesNotice)
	t.Run("leaves without a trace", l.leaves)
}

// newLifetime boots a machine without spotd, whose services are ours.
func newLifetime(t *testing.T) lifetime {
	root, packages := os.Getenv("SPOTD_SYSTEMD_ROOT"), os.Getenv("SPOTD_PACKAGES")
	if root == "" || packages == "" {
		t.Skip("opt-in: make test-systemd")
	}
	l := lifetime{newMetadata(t), newTopic(t), boot(t, root, packages), nil, nil}
	l.before = l.machine.files()
	l.machine.write("/etc/default/spotd", fmt.Sprintf("AWS_EC2_METADATA_SERVICE_ENDPOINT=%s\nAWS_ENDPOINT_URL_SNS=%s\nAWS_ACCESS_KEY_ID=a\nAWS_SECRET_ACCESS_KEY=b\n", l.imds.URL, l.sns.URL), "0644")
	return l
}

// on is the machine, whose failures are those of one part.
func (l *lifetime) on(t *testing.T) machine {
	m := l.machine
	m.t = t
	return m
}

func (l *lifetime) installs(t *testing.T) {
	m := l.on(t)
	for range 2 {
		m.do("spotd", "install", "--topic", topicARN)
	}
	m.do("spotd", "start")
	l.sns.hearKind(t, message.Hello)
	l.sns.hearKind(t, message.Started) // systemctl is-system-running, asked from inside the sandbox
	if got := m.do("spotd", "status"); got != "running" {
		t.Errorf("status %q", got)
	}
	out := m.do("sh", "-c", "set -a; . /etc/default/spotd; spotd check")
	t.Logf("check:\n%s", out)
}

func (l *lifetime) keepsState(t *testing.T) {
	m := l.on(t)
	if journal := m.journal(); strings.Contains(journal, "not on disk") {
		t.Error(journal)
	}
}

func (l *lifetime) isExposedLittle(t *testing.T) {
	m := l.on(t)
	out := m.do("systemd-analyze", "security", "--no-pager", "spotd.service")
	score := regexp.MustCompile(`Overall exposure level for spotd.service: ([0-9.]+)`).FindStringSubmatch(out)
	if score == nil {
		t.Fatalf("no score in %s", out)
	}
	t.Logf("systemd-analyze security: %s", score[1])
	if got, err := strconv.ParseFloat(score[1], 64); err != nil || got > 2 {
		t.Errorf("exposure %v, at most 2: %s", got, out)
	}
}

func (l *lifetime) comesBack(t *testing.T) {
	m := l.on(t)
	old := m.pid()
	m.do("systemctl", "kill", "-s", "KILL", "--kill-who=main", "spotd")
	took := m.until("another process", func() bool {
		now := m.pid()
		state, _ := m.try("systemctl", "is-active", "spotd")
		return now != old && now != "0" && state == "active"
	})
	t.Logf("back after %v", took)
	if took > 2*time.Second {
		t.Errorf("took %v", took)
	}
}

func (l *lifetime) isWatched(t *testing.T) {
	m := l.on(t)
	old := m.pid()
	m.do("systemctl", "kill", "-s", "STOP", "--kill-who=main", "spotd")
	m.until("another process", func() bool { now := m.pid(); return now != old && now != "0" })
}

func (l *lifetime) handlesNotice(t *testing.T) {
	m := l.on(t)
	l.imds.interrupt()
	if r := l.sns.hearKind(t, message.Terminating); r.From.Group != "web" {
		t.Errorf("said %+v", r)
	}
	m.until("root handlers", func() bool { _, err := m.try("test", "-e", "/root/was-here"); return err == nil })
	m.until("the end of the handlers", func() bool { return strings.Contains(m.journal(), "handlers done") })
	journal := m.journal()
	for _, want := range []string{`"handler":"10-mine"`, "mine terminating " + instance + " as ", "root terminating " + instance + " as 0", "root handlers cannot be listed"} {
		if !strings.Contains(journal, want) {
			t.Errorf("the journal lacks %q:\n%s", want, journal)
		}
	}
	if strings.Contains(journal, "mine terminating "+instance+" as 0") {
		t.Error("the common handlers run as root")
	}
}

func (l *lifetime) leaves(t *testing.T) {
	m := l.on(t)
	m.do("spotd", "uninstall")
	m.do("spotd", "uninstall") // harmless
	sameFiles(t, "after uninstall", m.files(), l.packaged)
	m.do("rm", "/etc/default/spotd")
	m.do("chmod", "755", "/etc/spotd/terminating.root.d")
	m.do("rm", "-r", "/etc/spotd/terminating.d/10-mine", "/etc/spotd/terminating.root.d/10-root")
	m.do("dpkg", "--purge", "spotd")
	sameFiles(t, "after purge", m.files(), l.before)
}

// sameFiles names what is there and should not be, and the reverse.
func sameFiles(t *testing.T, when string, got, want []string) {
	t.Helper()
	for _, f := range got {
		if !slices.Contains(want, f) {
			t.Errorf("%s there is %s", when, f)
		}
	}
	for _, f := range want {
		if !slices.Contains(got, f) {
			t.Errorf("%s there is no %s", when, f)
		}
	}
}
