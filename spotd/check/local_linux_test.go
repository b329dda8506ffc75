package check

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"autospotting/spotd/config"
	"autospotting/spotd/daemon"
	"autospotting/spotd/proc"
)

// closedDir has a program in it, and is root's alone.
func closedDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := errors.Join(os.WriteFile(filepath.Join(dir, "10-drain"), []byte("#!/bin/sh\n"), 0o700), os.Chmod(dir, 0o700)); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestCheckTellsOfHandlersThatTheAccountCannotSee(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("SKIPPED: only root has such directories")
	}
	closed := closedDir(t)
	if programs, err := proc.Programs(closed); err != nil || len(programs) != 1 {
		t.Fatalf("root sees %q, %v", programs, err)
	}
	k := checker{Daemon: daemon.Daemon{Config: config.Config{Handlers: closed, RootHandlers: closedDir(t)}}}
	k.handlers(t.Context())
	if len(k.found) != 2 || k.found[0].OK || k.found[0].Remedy != "chmod go+rx "+closed || !k.found[1].OK || !strings.Contains(k.found[1].Text, "its unit runs") {
		t.Errorf("%+v", k.found)
	}
}
