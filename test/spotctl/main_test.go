// Package spotctl_test runs the programs as they are shipped, beside each other: what an operator types by an old name does what it
// did.
package spotctl_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// bin is the directory of the built programs.
var bin string

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	var err error
	if bin, err = os.MkdirTemp("", "spotctl-test-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(bin)
	for name, pkg := range map[string]string{"coordinator": "coordinator", "spotctl": "deploy", "deploy": "deploy/alias"} {
		args := []string{"build", "-trimpath", "-tags=lambda.norpc", "-ldflags=-s -w -X main.version=v0.0.1-test", "-o", filepath.Join(bin, name), "autospotting/" + pkg}
		if out, err := exec.Command("go", args...).CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "build %s: %v\n%s", name, err, out)
			return 1
		}
	}
	return m.Run()
}

// program is a command that can reach no AWS.
func program(t *testing.T, dir, name string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), filepath.Join(dir, name), args...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "AWS_EC2_METADATA_DISABLED=true", "AWS_CONFIG_FILE=" + os.DevNull,
		"AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull}
	return cmd
}

// toItsEnd runs it.
func toItsEnd(t *testing.T, cmd *exec.Cmd, stdin string) answer {
	t.Helper()
	var out, said strings.Builder
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &out, &said
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return answer{cmd.ProcessState.ExitCode(), out.String(), said.String()}
}

// answer is all that a program leaves.
type answer struct {
	code      int
	out, said string
}
