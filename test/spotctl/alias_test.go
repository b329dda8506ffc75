package spotctl_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const sum = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

var inject = []string{"--topic", "arn:aws:sns:us-east-1:123456789012:reports", "--group", "web", "--release-url", "https://example.com/r", "--sha256", "amd64=" + sum + ",arm64=" + sum}

func TestAnOldNameDoesWhatItDidAndSaysTheNewOne(t *testing.T) {
	t.Parallel()
	none := file(t, "none.json", `{"AutoScalingGroups":[]}`)
	instances := file(t, "instances.json", `{"Reservations":[]}`)
	for _, c := range []struct {
		name, old, stdin string
		args             []string
		code             int
		out              string // a part of standard output
	}{
		{"a plan from files", "coordinator", "", []string{"plan", "--groups", none, "--instances", instances, "--format", "json"}, 0, `"groups": []`},
		{"a plan of a group that is not there", "coordinator", "", []string{"plan", "--groups", none, "--instances", instances, "--group", "web"}, 1, ""},
		{"a plan with one dash", "coordinator", "", []string{"plan", "-groups", none, "-instances", instances, "-format=json"}, 0, `"groups": []`},
		{"a plan that lacks a file", "coordinator", "", []string{"plan", "--groups", none}, 2, ""},
		{"a plan without credentials", "coordinator", "", []string{"plan", "--region", "us-east-1", "--group", "web"}, 1, ""},
		{"a simulation", "coordinator", "", []string{"simulate", "--size", "2", "--zones", "1", "--from", "2025-03-20", "--to", "2025-03-21", "--format", "json"}, 0, `"strategies"`},
		{"the demo", "coordinator", "", []string{"demo", "--virtual", "--seed", "7", "--format", "json"}, 0, `"orphans":0`},
		{"the demo without spotd", "coordinator", "", []string{"demo"}, 1, ""},
		{"user data in", "coordinator", "#!/bin/sh\n", append([]string{"userdata", "inject"}, inject...), 0, "spotd"},
		{"user data out", "coordinator", "#!/bin/sh\n", []string{"userdata", "remove"}, 0, "#!/bin/sh\n"},
		{"user data shown", "coordinator", "#!/bin/sh\n", []string{"userdata", "show"}, 0, `"would_inject": true`},
		{"user data with a flag that is none", "coordinator", "", []string{"userdata", "inject", "--grup", "web"}, 2, ""},
		{"a tick on the simulated cloud", "coordinator", `{"id":"t1","detail-type":"Scheduled Event","source":"aws.events","detail":{}}`, []string{"once", "--sim", "--format", "json"}, 0, "launch spot"},
		{"an event that cannot be read", "coordinator", "nonsense", []string{"once", "-sim"}, 1, ""},
		{"help of what moved", "coordinator", "", []string{"userdata", "--help"}, 0, "inject"},
		{"a template", "deploy", "", []string{"template", "autospotting"}, 0, "AWSTemplateFormatVersion"},
		{"a template with one dash", "deploy", "", []string{"template", "-format", "json", "artifacts"}, 0, "AWSTemplateFormatVersion"},
		{"a template that is none", "deploy", "", []string{"template", "lambda"}, 2, ""},
		{"status without a region", "deploy", "", []string{"status"}, 2, ""},
		{"status without credentials", "deploy", "", []string{"status", "--region", "us-east-1"}, 1, ""},
		{"a command that is none", "deploy", "", []string{"instal"}, 2, ""},
		{"help", "deploy", "", []string{"--help"}, 0, "doctor"},
		{"nothing", "deploy", "", nil, 2, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			was := toItsEnd(t, program(t, bin, c.old, c.args...), c.stdin)
			is := toItsEnd(t, program(t, bin, "spotctl", c.args...), c.stdin)
			told, rest, _ := strings.Cut(was.said, "\n")
			if was.code != c.code || !strings.Contains(was.out, c.out) || c.out == "" && was.out != "" {
				t.Errorf("exit %d, %q, %q: want %d and %q", was.code, was.out, was.said, c.code, c.out)
			}
			if was.code != is.code || was.out != is.out || rest != is.said {
				t.Errorf("by the old name: exit %d, %q, %q\nby the new: exit %d, %q, %q", was.code, was.out, rest, is.code, is.out, is.said)
			}
			if verb := strings.Join(c.args[:min(1, len(c.args))], ""); told != strings.TrimSpace(c.old+" "+verb)+" is "+strings.TrimSpace("spotctl "+verb)+" now: the old name goes with the next release" {
				t.Errorf("it says %q", told)
			}
		})
	}
}

func TestEachProgramSaysItsOwnVersion(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"coordinator", "spotctl", "deploy"} {
		for _, arg := range []string{"version", "--version", "-version"} {
			if a := toItsEnd(t, program(t, bin, name, arg), ""); a != (answer{0, name + " v0.0.1-test\n", ""}) {
				t.Errorf("%s %s: %+v", name, arg, a)
			}
		}
	}
}

func TestAnOldNameAloneSaysWhereSpotctlIsHad(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"coordinator", "deploy"} {
		if err := os.Link(filepath.Join(bin, name), filepath.Join(dir, name)); err != nil {
			t.Skipf("no second name for a program here: %v", err)
		}
	}
	for _, line := range []string{"coordinator plan", "coordinator simulate --seed 1", "coordinator demo", "coordinator once --sim", "coordinator userdata show", "deploy up --region us-east-1", "deploy"} {
		words := strings.Fields(line)
		a := toItsEnd(t, program(t, dir, words[0], words[1:]...), "")
		if a.code != 1 || a.out != "" || strings.Count(a.said, "\n") != 1 || !strings.Contains(a.said, filepath.Join(dir, "spotctl")) || !strings.Contains(a.said, "make build") {
			t.Errorf("%s: %+v", line, a)
		}
	}
}

func file(t *testing.T, name, content string) string {
	t.Helper()
	f := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(f, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return f
}
