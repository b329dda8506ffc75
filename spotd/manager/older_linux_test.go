package manager

import (
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"autospotting/spotd/config"
)

func TestTheUnitsForAnOlderSystemdAreAsReviewed(t *testing.T) {
	service := unit("/usr/local/bin/spotd", []string{"run"})
	updates := updateService("/usr/local/bin/spotd", []string{"update"}, time.Hour)
	files := map[string]string{}
	for _, systemd := range []int{219, 237, 239} {
		files[fmt.Sprintf("spotd.service-%d", systemd)] = asOf(systemd, service)
	}
	files["spotd-update.service-219"] = asOf(219, updates)
	areAsReviewed(t, "testdata", files)
	for _, systemd := range []int{0, 240, 252} { // 0 is not known
		if asOf(systemd, service) != service || asOf(systemd, updates) != updates {
			t.Errorf("systemd %d has another unit", systemd)
		}
	}
}

func TestTheVersionOfSystemdIsReadFromItsFirstLine(t *testing.T) {
	for out, want := range map[string]int{
		"systemd 219\n+PAM +AUDIT\n": 219, "systemd 252 (252.39-1~deb12u1)\n+PAM": 252, "systemd 249.11\n": 249, "": 0, "sh: systemctl: not found": 0,
	} {
		if got := parseVersion(out); got != want {
			t.Errorf("%q is %d, want %d", out, got, want)
		}
	}
}

func TestTheAccountIsMadeWhereSystemdCannot(t *testing.T) {
	if _, err := user.Lookup(Name); err == nil {
		t.Skip("SKIPPED: this machine has the account")
	}
	tools := t.TempDir()
	made := filepath.Join(tools, "made")
	t.Setenv("PATH", tools)
	if err := os.WriteFile(filepath.Join(tools, "useradd"), []byte("#!/bin/sh\necho \"$@\" >"+made+"\nexit 9\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		probe   string
		systemd int
		want    bool
	}{
		{"none", 219, true}, {"none", 234, true}, {"none", 235, false}, {"none", 252, false}, {"none", 0, false},
		{"systemd", 252, true}, {"systemd:degraded", 219, true}, {"tcp:80", 252, false},
	} {
		err := ensureUser(config.Config{Probe: c.probe}, c.systemd)
		_, absent := os.Stat(made)
		if asked := absent == nil; asked != c.want || (err != nil) != c.want || err != nil && !strings.Contains(err.Error(), "useradd") {
			t.Errorf("%s, systemd %d: useradd called %v, %v", c.probe, c.systemd, asked, err)
		}
		_ = os.Remove(made)
	}
}

func TestTheStateIsTheAccountsAlone(t *testing.T) {
	own, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() == 0 {
		own = &user.User{Uid: "65534", Gid: "65533", Username: "another"}
	}
	dir := filepath.Join(t.TempDir(), "state")
	for range 2 {
		if err := ownDir(dir, own); err != nil {
			t.Fatal(err)
		}
	}
	info, err := os.Stat(dir)
	if err != nil {
		t.Fatal(err)
	}
	owner := info.Sys().(*syscall.Stat_t)
	if fmt.Sprint(owner.Uid) != own.Uid || fmt.Sprint(owner.Gid) != own.Gid || info.Mode().Perm() != 0o700 {
		t.Errorf("%d:%d, %v", owner.Uid, owner.Gid, info.Mode())
	}
}
