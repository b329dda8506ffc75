package manager

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"regexp"
	"strconv"
	"strings"

	"autospotting/spotd/config"
)

// The versions of systemd that brought what the units make use of, from its NEWS.
// Amazon Linux 2 and RHEL 7 have 219, Ubuntu 18.04 has 237, RHEL 8 has 239.
const (
	makesState  = 235 // StateDirectory=, and DynamicUser= with it
	knowsFilter = 239 // @system-service in SystemCallFilter=
	tellsState  = 240 // $STATE_DIRECTORY and $RUNTIME_DIRECTORY
)

// systemdVersion is 0 where it is not known, or there is none.
func systemdVersion() int {
	out, err := exec.Command("systemctl", "--version").Output()
	if err != nil {
		return 0
	}
	return parseVersion(string(out))
}

// parseVersion reads the first line, for instance systemd 252 (252.39-1~deb12u1).
func parseVersion(out string) int {
	if found := regexp.MustCompile(`^systemd ([0-9]+)`).FindStringSubmatch(out); found != nil {
		n, _ := strconv.Atoi(found[1]) // 0 is not known
		return n
	}
	return 0
}

// isOlder is false where the version is not known.
func isOlder(systemd, than int) bool { return systemd > 0 && systemd < than }

// asOf is the unit for a systemd of this version. What an older one does not know it
// ignores, which is fine but for these: without the account that it should
// make up nothing starts, and a list of permitted calls without its one entry
// permits none.
func asOf(systemd int, unit string) string {
	var b strings.Builder
	for line := range strings.Lines(unit) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		switch {
		case strings.HasPrefix(name, "SystemCall") && name != "SystemCallArchitectures" && isOlder(systemd, knowsFilter):
		case name == "DynamicUser" && isOlder(systemd, makesState):
		case name == "StateDirectoryMode" && isOlder(systemd, makesState):
		case name == "StateDirectory" && isOlder(systemd, makesState):
			b.WriteString("ReadWritePaths=-/var/lib/" + value + " -" + daemonRun + "\n")
		default:
			b.WriteString(line)
		}
		if name == "RuntimeDirectory" && isOlder(systemd, tellsState) {
			b.WriteString("Environment=STATE_DIRECTORY=/var/lib/" + value + " RUNTIME_DIRECTORY=/run/" + value + "\n")
		}
	}
	return b.String()
}

// ensureUser makes the account spotd where systemd cannot make one up, and where the
// probe asks systemd: dbus-daemon does not look up accounts that are made up at
// start (it runs with SYSTEMD_NSS_DYNAMIC_BYPASS), and drops them. DynamicUser
// takes an account of its name that exists already (systemd.exec(5)).
func ensureUser(c config.Config, systemd int) error {
	old := isOlder(systemd, makesState)
	if !old && !strings.HasPrefix(c.Probe, "systemd") {
		return nil
	}
	account, err := user.Lookup(Name)
	if err != nil {
		out, err := exec.Command("useradd", "--system", "--no-create-home", "--home-dir", "/", "--shell", "/usr/sbin/nologin", Name).CombinedOutput()
		if err != nil {
			return fmt.Errorf("install: the service needs the account %s (probe %s, systemd %d): useradd: %w: %s", Name, c.Probe, systemd, err, out)
		}
		if account, err = user.Lookup(Name); err != nil {
			return fmt.Errorf("install: %w", err)
		}
	}
	if !old {
		return nil
	}
	return ownDir("/var/lib/spotd", account)
}

// ownDir makes a directory that is the account's alone.
func ownDir(dir string, account *user.User) error {
	uid, err := strconv.Atoi(account.Uid)
	if err != nil {
		return fmt.Errorf("install: account %s: %w", account.Username, err)
	}
	gid, err := strconv.Atoi(account.Gid)
	if err != nil {
		return fmt.Errorf("install: account %s: %w", account.Username, err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("install: %w; run it as root", err)
	}
	if err := os.Chown(dir, uid, gid); err != nil {
		return fmt.Errorf("install: %w; run it as root", err)
	}
	return nil
}
