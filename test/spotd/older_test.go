package spotd

import (
	"strings"
	"testing"

	"autospotting/pkg/message"
)

// A systemd that says it is older gets the units for one; that of the container runs them.
func TestTheUnitsForAnOlderOneUnderSystemd(t *testing.T) {
	l := newLifetime(t)
	m := l.machine
	m.do("install", "-m", "755", "/packages/v0.0.1-test/spotd-linux-amd64", "/usr/local/bin/spotd")
	m.write("/usr/local/bin/systemctl", "#!/bin/sh\n[ \"$1\" != --version ] || { echo systemd 219; exit; }\nexec /usr/bin/systemctl \"$@\"\n", "0755")
	m.do("mkdir", "-p", "/etc/spotd/terminating.root.d")
	m.write("/etc/spotd/terminating.root.d/10-root", "#!/bin/sh\ntouch /root/was-here\n", "0755")
	install := []string{"env", "PATH=/usr/local/bin:/usr/bin:/usr/sbin", "spotd", "install", "--topic", topicARN, "--group", "web", "--grace", "24h"}
	for range 2 {
		m.do(install...)
	}
	m.do("spotd", "start")
	l.sns.hearKind(t, message.Hello)
	if unit := m.do("cat", "/etc/systemd/system/spotd.service"); strings.Contains(unit, "DynamicUser") || strings.Contains(unit, "SystemCallFilter") {
		t.Errorf("the unit is not for an older one:\n%s", unit)
	}
	if got := m.do("stat", "-c", "%U %a", "/var/lib/spotd", "/proc/"+m.pid()); got != "spotd 700\nspotd 555" {
		t.Errorf("state and process are %q", got)
	}
	if journal := m.journal(); strings.Contains(journal, "not on disk") {
		t.Error(journal)
	}
	l.imds.interrupt()
	l.sns.hearKind(t, message.Terminating)
	m.until("root handlers", func() bool { _, err := m.try("test", "-e", "/root/was-here"); return err == nil })
	m.until("the end of the handlers", func() bool { return strings.Contains(m.journal(), "handlers done") })
	m.do("spotd", "uninstall")
	m.do("rm", "-rf", "/usr/local/bin/spotd", "/etc/default/spotd", "/etc/spotd")
	sameFiles(t, "after uninstall", m.files(), l.before)
	if out, err := m.try("id", "spotd"); err == nil {
		t.Errorf("the account stays: %s", out)
	}
}
