package userdata

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheBootstrapIsCleanShell(t *testing.T) {
	t.Parallel()
	settings := all()
	settings.Group, settings.Probe = "it's", "tcp:80"
	rendered := newHost(t).write(t, "rendered.sh", render(settings))
	waiting := newHost(t).write(t, "waiting.sh", render(awaiting(settings)))
	for _, script := range []string{"bootstrap.sh", rendered, waiting} {
		for _, shell := range shells(t) {
			if out, err := exec.Command(shell[0], append(shell[1:], "-n", script)...).CombinedOutput(); err != nil {
				t.Errorf("%s -n %s: %v, %s", shell, script, err, out)
			}
		}
	}
	shellcheck := venv(t, "shellcheck")
	for _, script := range []string{"bootstrap.sh", rendered, waiting, "boottest/boot.sh"} {
		if out, err := exec.Command(shellcheck, script).CombinedOutput(); err != nil {
			t.Errorf("shellcheck %s: %s", script, out)
		}
	}
}

// TestThePowerShellParses has the grammar of tree-sitter read it; PowerShell
// itself is not to be had here. That the grammar finds mistakes is shown too.
func TestThePowerShellParses(t *testing.T) {
	t.Parallel()
	python := venv(t, "python")
	s := all()
	s.Group, s.Probe, s.Env = `it’s 'a' "group" $(x) `+"`n", "tcp:80", map[string]string{"A": "b"}
	good := renderWindows(s)
	for name, one := range map[string]struct {
		script string
		parses bool
	}{
		"as it is":               {good, true},
		"with the wait":          {renderWindows(awaiting(s)), true},
		"a brace missing":        {strings.Replace(good, "try {", "try ", 1), false},
		"a quote that is let in": {strings.Replace(good, "''a''", "'a''", 1), false},
	} {
		cmd := exec.Command(python, "testdata/powershell.py")
		cmd.Stdin = strings.NewReader(one.script)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v, %s", err, out)
		}
		if parses := len(out) == 0; parses != one.parses {
			t.Errorf("%s: parses: %v\n%s", name, parses, out)
		}
	}
}

// venv is a program of the tests' Python environment, which make emulator makes; without Python there is none.
func venv(t *testing.T, name string) string {
	t.Helper()
	program, err := filepath.Abs(filepath.Join("..", ".cache", "venv", "bin", name))
	if err == nil {
		_, err = os.Stat(program)
	}
	switch {
	case err == nil:
		return program
	case os.Getenv("CI") == "true":
		t.Fatalf("%v: make emulator installs it", err)
	}
	t.Skipf("SKIPPED: %v: make emulator installs it", err)
	return ""
}
