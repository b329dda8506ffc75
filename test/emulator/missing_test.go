package emulator

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A suite that was skipped in silence proves nothing: people are told, and CI fails.
func TestWithoutPythonTheSuiteIsSkippedAloudAndFailsInCI(t *testing.T) {
	script, err := filepath.Abs(filepath.Join("..", "emulator-venv"))
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	tools := toolsWithoutPython(t)
	for _, one := range []struct {
		name string
		args []string
		says string
	}{
		{"the environment is made", []string{filepath.Join(tools, "bash"), script, filepath.Join(t.TempDir(), "venv")}, "there is no python3"},
		{"the tests are run", []string{self, "-test.run", "^TestEveryEnabledGroupIsServed$"}, "make emulator"},
	} {
		for _, ci := range []bool{false, true} {
			t.Run(one.name+map[bool]string{false: "", true: " in CI"}[ci], func(t *testing.T) {
				cmd := exec.Command(one.args[0], one.args[1:]...)
				cmd.Dir = t.TempDir() // in which there is no environment either
				cmd.Env = []string{"PATH=" + tools, "HOME=" + cmd.Dir, "TMPDIR=" + cmd.Dir}
				if ci {
					cmd.Env = append(cmd.Env, "CI=true")
				}
				out, err := cmd.CombinedOutput()
				if (err != nil) != ci {
					t.Errorf("with CI=%v: %v", ci, err)
				}
				if !strings.Contains(string(out), one.says) || !ci && !strings.Contains(string(out), "SKIPPED") {
					t.Errorf("it says:\n%s", out)
				}
			})
		}
	}
}

// toolsWithoutPython is a directory for PATH with what the script needs but Python.
func toolsWithoutPython(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, tool := range []string{"bash", "dirname", "cat", "cksum", "rm"} {
		path, err := exec.LookPath(tool)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(path, filepath.Join(dir, tool)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
