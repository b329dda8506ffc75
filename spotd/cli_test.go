package main

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"runtime/debug"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"
)

var rewrite = flag.Bool("update", false, "rewrite the golden files")

func TestABadValueIsNamedWithItsRemedy(t *testing.T) {
	good := []string{"--topic", testTopic, "--group", "web"}
	for _, c := range []struct {
		name string
		args []string
		env  map[string]string
		want []string
	}{
		{"no topic", []string{"--group", "web"}, nil, []string{"--topic", "want arn:aws:sns:"}},
		{"a FIFO topic", []string{"--topic", testTopic + ".fifo", "--group", "web"}, nil, []string{"--topic", "standard topic"}},
		{"a queue for a topic", []string{"--topic", "arn:aws:sqs:eu-west-1:123456789012:q", "--group", "web"}, nil, []string{"--topic"}},
		{"no group", []string{"--topic", testTopic}, nil, []string{"--group", "want 1 to 255"}},
		{"a colon in the group", []string{"--topic", testTopic, "--group", "a:b"}, nil, []string{"--group", "without a colon"}},
		{"a grace that is no time", append(good[:4:4], "--grace", "five"), nil, []string{"--grace", `"five"`, "want for instance"}},
		{"a grace without a unit", append(good[:4:4], "--grace", "300"), nil, []string{"--grace", `"300"`}},
		{"a negative grace", append(good[:4:4], "--grace", "-1s"), nil, []string{"--grace", "from 0s"}},
		{"a poll that would miss a notice", append(good[:4:4], "--poll", "5m"), nil, []string{"--poll", "to 1m0s"}},
		{"an empty state directory", append(good[:4:4], "--state-dir", ""), nil, []string{"--state-dir", "want a directory"}},
		{"a level that is none", append(good[:4:4], "--log-level", "loud"), nil, []string{"--log-level", "want debug"}},
		{"a bad value in the environment", good, map[string]string{"SPOTD_GRACE": "five"}, []string{"SPOTD_GRACE", `"five"`}},
		{"an address family that is none", good, map[string]string{"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "IPX"}, []string{"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "want IPv4 or IPv6"}},
		{"a flag that is none", append(good[:4:4], "--colour", "red"), nil, []string{"-colour"}},
		{"a word too many", append(good[:4:4], "now"), nil, []string{`"now"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := readConfig(c.args, func(key string) string { return c.env[key] })
			if err == nil {
				t.Fatal("accepted")
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q does not say %q", err, want)
				}
			}
		})
	}
}

func TestFlagsGoBeforeTheEnvironmentBeforeTheDefaults(t *testing.T) {
	env := map[string]string{"SPOTD_TOPIC": testTopic, "SPOTD_GROUP": "from the environment", "SPOTD_GRACE": "1m"}
	got, err := readConfig([]string{"--grace=90s"}, func(key string) string { return env[key] })
	want := config{
		Topic: testTopic, Group: "from the environment", Grace: 90 * time.Second, Poll: 2 * time.Second,
		Probe: "none", ProbeInterval: 2 * time.Second, ProbeTimeout: 15 * time.Minute, ProbeOverdue: overdueWait,
		Handlers: "/etc/spotd/terminating.d", RootHandlers: "/etc/spotd/terminating.root.d", HandlerTimeout: time.Minute,
		PollTargets: 10 * time.Second, PollEvents: time.Minute, StateDir: "/var/lib/spotd", LogLevel: zerolog.InfoLevel,
		UpdateEvery: 6 * time.Hour, UpdatePatience: 2 * time.Minute,
	}
	got.given = nil
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
	if got.region() != "eu-west-1" {
		t.Errorf("region %q", got.region())
	}
}

func TestTheFirstAssignedStateDirectoryGoesBeforeTheFlag(t *testing.T) {
	t.Setenv("STATE_DIRECTORY", "/var/lib/private/spotd"+string(filepath.ListSeparator)+"/other")
	if got := stateDir("/flag"); got != "/var/lib/private/spotd" {
		t.Error(got)
	}
	t.Setenv("STATE_DIRECTORY", "")
	if got := stateDir("/flag"); got != "/flag" {
		t.Error(got)
	}
}

func TestCommandsThatAreNotUnderstoodExitWithTwo(t *testing.T) {
	for _, args := range [][]string{{}, {"dance"}, {"stop", "now"}, {"run"}, {"install", "--topic", "x"}} {
		var out, complaint bytes.Buffer
		if code := execute(args, &out, &complaint); code != exitUsage || !strings.Contains(complaint.String(), "Try spotd --help.") {
			t.Errorf("%q: %d, %s", args, code, &complaint)
		}
	}
}

func TestBadSettingsDoNotMakeTheServiceManagerSpin(t *testing.T) {
	for _, c := range []struct {
		socket string
		args   []string
		want   time.Duration
	}{
		{"/run/systemd/notify", []string{"run"}, heldFor},
		{"/run/systemd/notify", []string{"install"}, 0},
		{"", []string{"run"}, 0},
	} {
		t.Setenv("NOTIFY_SOCKET", c.socket)
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			if code := execute(c.args, io.Discard, io.Discard); code != exitUsage || time.Since(began) != c.want {
				t.Errorf("%q with %q: exit %d after %v", c.args, c.socket, code, time.Since(began))
			}
		})
	}
}

func TestHelpNamesEveryCommandFlagAndVariable(t *testing.T) {
	for _, args := range [][]string{{"--help"}, {"run", "--help"}, {"stop", "-h"}} {
		var out, complaint bytes.Buffer
		if code := execute(args, &out, &complaint); code != exitDone {
			t.Errorf("%q: exit %d, %s", args, code, &complaint)
		}
		for _, c := range commands {
			if !strings.Contains(out.String(), "\n  "+c.name+" ") {
				t.Errorf("%q does not name %s", args, c.name)
			}
		}
		for _, s := range settings {
			if !strings.Contains(out.String(), "--"+s.flag) || !strings.Contains(out.String(), s.env) {
				t.Errorf("%q does not name %s", args, s.flag)
			}
		}
	}
}

func TestTheUnitsAreAsReviewed(t *testing.T) {
	c := config{given: []string{"--topic", testTopic, "--group", `50% "off" $HOME \o/`, "--grace", "5m0s"}}
	units := extraUnits("/usr/local/bin/spotd", arguments("handle", c))
	units["spotd.service"] = unit("/usr/local/bin/spotd", arguments("run", c))
	for name, text := range updateUnits("/usr/local/bin/spotd", arguments("update", c), 6*time.Hour) {
		units[name] = text
	}
	areAsReviewed(t, "testdata", units)
}

// The units of deb and rpm take all settings from the file.
func TestThePackagesHaveTheSameUnits(t *testing.T) {
	units := extraUnits("/usr/bin/spotd", []string{"handle"})
	units["spotd.service"] = unit("/usr/bin/spotd", []string{"run"})
	areAsReviewed(t, filepath.Join("packaging", "units"), units)
}

func areAsReviewed(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, got := range files {
		golden := filepath.Join(dir, name)
		if *rewrite {
			if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil || got != string(want) {
			t.Errorf("got\n%s\nwant\n%s\n%v", got, want, err)
		}
	}
}

func TestTheSettingsOfAnInstalledServiceAreReadBack(t *testing.T) {
	want := []string{"--topic", testTopic, "--group", `50% "off" $HOME \o/ \n`, "--lifecycle-hook", ""}
	if got := installedArguments(unit("/a b/spotd", append([]string{"run"}, want...))); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	for _, other := range []string{"", "[Service]\nExecStart=/bin/true\n", "\nExecStart=\"/usr/bin/spotd\" \"handle\"\n"} {
		if got := installedArguments(other); got != nil {
			t.Errorf("%q: %q", other, got)
		}
	}
}

func TestTheServiceRunsWithTheFlagsOfInstall(t *testing.T) {
	c, err := readConfig([]string{"--topic", testTopic, "--group", "web", "--grace", "1m30s", "--poll", "1s", "--log-level", "debug"}, os.Getenv)
	if err != nil {
		t.Fatal(err)
	}
	args := arguments("run", c)
	if args[0] != "run" {
		t.Errorf("runs %q", args[0])
	}
	if again, err := readConfig(args[1:], os.Getenv); err != nil || !reflect.DeepEqual(again, c) {
		t.Errorf("%+v became %+v, %v", c, again, err)
	}
}

// units is a service manager that refuses to install over an installed service.
type units struct {
	installed, refuses bool
	installs           int
}

func (u *units) Install() error {
	if u.installed || u.refuses {
		return errors.New("Init already exists")
	}
	u.installed = true
	u.installs++
	return nil
}

func (u *units) Uninstall() error {
	if u.refuses {
		return errors.New("permission denied")
	}
	u.installed = false
	return nil
}

func TestInstallingAgainReplacesTheService(t *testing.T) {
	u := &units{}
	for range 2 {
		if err := install(u); err != nil || !u.installed {
			t.Errorf("installed %v, %v", u.installed, err)
		}
	}
	if u.installs != 2 {
		t.Errorf("installed %d times, want the second to bring its own flags", u.installs)
	}
	if err := install(&units{refuses: true}); err == nil || !strings.Contains(err.Error(), "as root") {
		t.Errorf("got %v", err)
	}
}

func TestTheVersionIsTheStampElseTheModuleElseTheCommit(t *testing.T) {
	commit := []debug.BuildSetting{{Key: "vcs.revision", Value: "0123456789abcdef0123"}, {Key: "vcs.modified", Value: "true"}}
	for _, c := range []struct {
		name, stamp string
		info        *debug.BuildInfo
		want        string
	}{
		{"stamped", "v1.2.3", &debug.BuildInfo{Main: debug.Module{Version: "v9"}}, "v1.2.3"},
		{"installed as a module", "", &debug.BuildInfo{Main: debug.Module{Version: "v9"}}, "v9"},
		{"built in a checkout", "", &debug.BuildInfo{Main: debug.Module{Version: "(devel)"}, Settings: commit}, "0123456789ab+modified"},
		{"built from nothing known", "", &debug.BuildInfo{}, "unknown"},
		{"no build information", "", nil, "unknown"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := resolveVersion(c.stamp, c.info); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
