package spotctl_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

// Whoever sends a signal to the process that it started must reach the one that works.
func TestTheOldNameIsTheSameProcess(t *testing.T) {
	t.Parallel()
	cmd := program(t, bin, "coordinator", "userdata", "remove")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	want, err := filepath.EvalSymlinks(filepath.Join(bin, "spotctl"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	for is := ""; is != want; runtime.Gosched() {
		if ctx.Err() != nil {
			t.Fatalf("the process is still %s", is)
		}
		if is, err = os.Readlink(fmt.Sprintf("/proc/%d/exe", cmd.Process.Pid)); err != nil {
			t.Fatal(err)
		}
	}
	if err := in.Close(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}
