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
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	want, err := filepath.EvalSymlinks(filepath.Join(bin, "spotctl"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := program(t, bin, "coordinator", "userdata", "remove")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	over := make(chan error, 1)
	go func() { over <- cmd.Wait() }()
	for is := ""; is != want; runtime.Gosched() {
		select {
		case err := <-over:
			t.Fatalf("it ended as %s: %v", is, err)
		case <-ctx.Done():
			t.Fatalf("the process is still %s", is)
		default:
		}
		is, _ = os.Readlink(fmt.Sprintf("/proc/%d/exe", cmd.Process.Pid)) // nothing while one program takes the other's place
	}
	if err := in.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-over; err != nil {
		t.Error(err)
	}
}
