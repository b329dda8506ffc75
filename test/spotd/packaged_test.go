package spotd

import (
	"slices"
	"strings"
	"testing"

	"autospotting/pkg/message"
)

// A package's whole life, with the commands that an administrator types.
func TestThePackagesUnderSystemd(t *testing.T) {
	l := newLifetime(t)
	for _, p := range []struct {
		name, suffix          string
		install, upgrade, end []string
	}{
		{"deb", "deb", []string{"dpkg", "-i"}, []string{"dpkg", "-i"}, []string{"dpkg", "--purge", "spotd"}},
		// Debian's rpm wants to be asked twice, and knows none of what Debian has.
		{"rpm", "rpm", []string{"rpm", "--force-debian", "--nodeps", "-i"}, []string{"rpm", "--force-debian", "--nodeps", "-U"}, []string{"rpm", "--force-debian", "-e", "spotd"}},
	} {
		file := func(version string) string { return "/packages/" + version + "/spotd-amd64." + p.suffix }
		t.Run(p.name+" installs, and starts nothing", func(t *testing.T) { l.isInstalled(t, append(p.install, file("v0.0.1-test"))) })
		t.Run(p.name+" runs by its own unit", l.runsByThePackagesUnit)
		t.Run(p.name+" upgrades what runs and keeps the settings", func(t *testing.T) { l.isUpgraded(t, append(p.upgrade, file("v0.0.2-test"))) })
		t.Run(p.name+" leaves without a trace", func(t *testing.T) { l.isPurged(t, p.end) })
	}
}

func (l *lifetime) isInstalled(t *testing.T, command []string) {
	m := l.on(t)
	m.do(command...)
	if state, _ := m.try("systemctl", "is-active", "spotd"); state != "inactive" {
		t.Errorf("without settings it is %q", state)
	}
	if got := m.do("spotd", "version"); got != "v0.0.1-test" {
		t.Errorf("version %q", got)
	}
}

func (l *lifetime) runsByThePackagesUnit(t *testing.T) {
	m := l.on(t)
	m.write("/etc/spotd/spotd.conf", "topic = "+topicARN+"\ngroup = web\ngrace = 24h\n", "0644")
	m.do("systemctl", "enable", "--now", "spotd")
	l.sns.hearKind(t, message.Hello)
	if got := m.do("spotd", "status"); got != "running" {
		t.Errorf("status %q", got)
	}
	if out := m.do("spotd", "uninstall"); !strings.Contains(out, "the package's") {
		t.Errorf("spotd uninstall says %q", out)
	}
}

func (l *lifetime) isUpgraded(t *testing.T, command []string) {
	m := l.on(t)
	old := m.pid()
	m.do(command...)
	m.until("another process", func() bool { now := m.pid(); return now != old && now != "0" })
	if got := m.do("spotd", "version"); got != "v0.0.2-test" {
		t.Errorf("version %q", got)
	}
	if got := m.do("stat", "-Lc", "%i", "/usr/bin/spotd", "/proc/"+m.pid()+"/exe"); len(slices.Compact(strings.Fields(got))) != 1 {
		t.Errorf("what runs is another file: %s", got)
	}
	if conf := m.do("cat", "/etc/spotd/spotd.conf"); !strings.Contains(conf, "group = web") {
		t.Errorf("settings are lost:\n%s", conf)
	}
	if enabled := m.do("systemctl", "is-enabled", "spotd"); enabled != "enabled" {
		t.Errorf("it is %s", enabled)
	}
}

func (l *lifetime) isPurged(t *testing.T, command []string) {
	m := l.on(t)
	m.do(command...)
	if state, _ := m.try("systemctl", "is-active", "spotd"); state == "active" {
		t.Error("it still runs")
	}
	m.do("rm", "-f", "/etc/spotd/spotd.conf.rpmsave") // as rpm has it with settings that were changed
	_, _ = m.try("rmdir", "/etc/spotd")
	sameFiles(t, "after the end", m.files(), append(slices.Clone(l.before), "/etc/default/spotd"))
}
