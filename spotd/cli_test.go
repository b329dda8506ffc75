package main

import (
	"bytes"
	"flag"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"autospotting/spotd/config"
)

var rewrite = flag.Bool("update", false, "rewrite the golden files")

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
		for _, s := range config.Settings {
			if !strings.Contains(out.String(), "--"+s.Flag) || !strings.Contains(out.String(), s.Env) {
				t.Errorf("%q does not name %s", args, s.Flag)
			}
		}
	}
}

// The units of deb and rpm take all settings from the file.
// units is a service manager that refuses to install over an installed service.

func TestTheFormatOfCheckIsItsOwn(t *testing.T) {
	for _, c := range []struct {
		args   []string
		rest   int
		format string
		bad    bool
	}{
		{[]string{"--topic", "x"}, 2, "text", false},
		{[]string{"--format", "json", "--topic", "x"}, 2, "json", false},
		{[]string{"--topic", "x", "-format=json"}, 2, "json", false},
		{[]string{"--format", "yaml"}, 0, "", true},
		{[]string{"--format"}, 0, "", true},
	} {
		rest, format, err := cutFormat("check", c.args)
		if len(rest) != c.rest || format != c.format || (err != nil) != c.bad {
			t.Errorf("%q: %q %q %v", c.args, rest, format, err)
		}
	}
	if rest, _, _ := cutFormat("run", []string{"--format", "json"}); len(rest) != 2 {
		t.Error("run has a format")
	}
}
