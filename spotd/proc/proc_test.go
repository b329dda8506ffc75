//go:build !windows

package proc

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// shell runs a script and returns its lines.
func shell(ctx context.Context, script string, args ...string) ([]string, error) {
	var got []string
	err := Run(ctx, Program{
		Path: "/bin/sh", Args: append([]string{"-c", script, "sh"}, args...), Env: []string{"FROM_US=1"}, Patience: 300 * time.Millisecond,
		Output: func(line string) { got = append(got, line) },
	})
	return got, err
}

func TestOutputComesByLines(t *testing.T) {
	got, err := shell(t.Context(), `echo one; echo "two $1 $FROM_US" >&2; echo; printf 'no end'`, "arg")
	if want := []string{"one", "two arg 1", "no end"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestALongLineIsCutAndTheNextIsWhole(t *testing.T) {
	got, err := shell(t.Context(), `head -c 100000 /dev/zero | tr '\0' x; echo; echo next`)
	if err != nil || len(got) != 2 || len(got[0]) != longest || got[1] != "next" {
		t.Errorf("%d lines, %v", len(got), err)
	}
}

func TestAnExitStatusIsAnError(t *testing.T) {
	_, err := shell(t.Context(), `exit 7`)
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 7 {
		t.Errorf("got %v", err)
	}
}

func TestAProgramThatWillNotStopIsKilledWithItsChildren(t *testing.T) {
	pidFile := filepath.Join(t.TempDir(), "pid")
	ctx, cancel := context.WithCancel(t.Context())
	began := time.Now()
	_, err := shellUntil(ctx, cancel, `trap '' TERM; sh -c 'trap "" TERM; echo $$ >'"$1"'; echo up; sleep 60' & wait; sleep 60`, pidFile)
	if !errors.Is(err, ErrKilled) || time.Since(began) > 20*time.Second {
		t.Errorf("%v after %v", err, time.Since(began))
	}
	for deadline := time.Now().Add(10 * time.Second); alive(t, pidFile); {
		if time.Now().After(deadline) {
			t.Fatal("the child lives")
		}
	}
}

// shellUntil ends the context at the first line.
func shellUntil(ctx context.Context, cancel func(), script string, args ...string) ([]string, error) {
	var got []string
	err := Run(ctx, Program{
		Path: "/bin/sh", Args: append([]string{"-c", script, "sh"}, args...), Patience: 300 * time.Millisecond,
		Output: func(line string) { got = append(got, line); cancel() },
	})
	return got, err
}

// alive reports whether the process exists and is no zombie.
func alive(t *testing.T, pidFile string) bool {
	t.Helper()
	pid, err := os.ReadFile(pidFile)
	if err != nil {
		t.Fatal(err)
	}
	stat, err := os.ReadFile("/proc/" + strings.TrimSpace(string(pid)) + "/stat")
	return err == nil && !strings.Contains(string(stat), ") Z ")
}

func TestALeftOverChildDoesNotHoldUsAndLives(t *testing.T) {
	got, err := shell(t.Context(), `sleep 60 & echo $!`)
	if err != nil || len(got) != 1 {
		t.Fatalf("got %q, %v", got, err)
	}
	process := strings.TrimSpace(got[0])
	if _, err := os.Stat("/proc/" + process); err != nil {
		t.Errorf("the child was ended: %v", err)
	}
	if out, err := exec.Command("kill", process).CombinedOutput(); err != nil {
		t.Error(err, string(out))
	}
}

func TestOnlyProgramsAreMeant(t *testing.T) {
	dir := t.TempDir()
	for name, mode := range map[string]os.FileMode{
		"20-b": 0o755, "10-a": 0o755, "30-text": 0o644, ".hidden": 0o755, "10-a~": 0o755, "10-a.dpkg-old": 0o755, "40-c.sh": 0o755,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, mode); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(os.Mkdir(filepath.Join(dir, "50-dir"), 0o755), os.Symlink("/bin/true", filepath.Join(dir, "60-link")), os.Symlink("/nowhere", filepath.Join(dir, "70-broken"))); err != nil {
		t.Fatal(err)
	}
	paths, err := Programs(dir)
	var got []string
	for _, p := range paths {
		got = append(got, filepath.Base(p))
	}
	if want := []string{"10-a", "20-b", "40-c.sh", "60-link"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q, %v", got, err)
	}
	for _, nothing := range []string{t.TempDir(), "/nowhere"} {
		if _, err := Programs(nothing); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: %v", nothing, err)
		}
	}
}
