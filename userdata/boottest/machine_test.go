package boottest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// patience is for a machine of two cores that others use as well.
const patience = 3 * time.Minute

// machine is a booted Debian that shares our network.
type machine struct {
	t       *testing.T
	began   time.Time
	systemd int    // process id, as we see it
	log     string // what the console said
}

func write(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
}

// boot starts the container with user data in cloud-init's seed directory. Its
// network is ours, so cloud-init must not set it up; nspawn takes the capability
// for that away as well.
func boot(t *testing.T, data []byte) machine {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "user-data"), data)
	write(t, filepath.Join(dir, "meta-data"), []byte("instance-id: i-0123456789abcdef0\nlocal-hostname: spot\n"))
	write(t, filepath.Join(dir, "test.cfg"), []byte("network: {config: disabled}\ndatasource_list: [NoCloud, None]\n"))
	console, err := os.Create(filepath.Join(dir, "console"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { console.Close() })
	m := machine{t: t, began: time.Now(), log: console.Name()}
	nspawn := exec.Command("systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--volatile=overlay", "--console=read-only",
		"--bind-ro="+dir+":/var/lib/cloud/seed/nocloud", "--bind-ro="+dir+"/test.cfg:/etc/cloud/cloud.cfg.d/99-test.cfg",
		"-D", os.Getenv("CLOUDINIT_ROOT"), "--boot")
	nspawn.Stdout, nspawn.Stderr = console, console
	if err := nspawn.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = nspawn.Process.Signal(syscall.SIGTERM) // orderly power-off
		_ = nspawn.Wait()
	})
	m.until("systemd up", func() bool {
		out, err := exec.Command("pgrep", "-P", strconv.Itoa(nspawn.Process.Pid), "-x", "systemd").Output()
		if err != nil {
			return false
		}
		m.systemd, err = strconv.Atoi(strings.TrimSpace(string(out)))
		return err == nil && m.out("systemctl", "is-system-running") != ""
	})
	return m
}

// out is what a command in the machine printed, if it did well or not.
func (m machine) out(command ...string) string {
	args := append([]string{"-t", strconv.Itoa(m.systemd), "-m", "-u", "-i", "-p", "--"}, command...)
	out, _ := exec.Command("nsenter", args...).Output()
	return strings.TrimSpace(string(out))
}

func (m machine) console() string {
	b, _ := os.ReadFile(m.log)
	return string(b)
}

// until waits for something to become true.
func (m machine) until(what string, ok func() bool) {
	m.t.Helper()
	for began := time.Now(); !ok(); time.Sleep(100 * time.Millisecond) {
		if time.Since(began) > patience {
			log := m.out("tail", "-n", "80", "/var/log/cloud-init-output.log")
			m.t.Fatalf("waited in vain for: %s\n%s\n%s", what, log, m.out("journalctl", "--no-pager", "-n", "40"))
		}
	}
}

// finished waits until cloud-init has run everything of the owner's; its modules that want a network or a key fail
// here, and its status is an error then long before its end.
func (m machine) finished() {
	m.t.Helper()
	m.until("cloud-init has finished", func() bool { return m.out("cat", "/run/cloud-init/result.json") != "" })
}

// holds compares what the owner's part left in /owner.
func (m machine) holds(files map[string]string) {
	m.t.Helper()
	for name, want := range files {
		if got := m.out("cat", "/owner/"+name); got != want {
			m.t.Errorf("/owner/%s holds %q, want %q\n%s", name, got, want, m.out("tail", "-n", "40", "/var/log/cloud-init-output.log"))
		}
	}
}
