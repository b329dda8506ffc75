package root

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"autospotting/spotd/config"
	"autospotting/spotd/handlers"
)

// asNobody runs f with the file rights of an account without any. Those are the
// thread's, which ends with its goroutine.
func asNobody(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		_, _, _ = syscall.RawSyscall(syscall.SYS_SETFSUID, 65534, 0, 0)
		f()
	}()
	<-done
}

// closedDir has a program in it and these permissions.
func closedDir(t *testing.T, mode os.FileMode) string {
	t.Helper()
	dir := t.TempDir()
	err := errors.Join(os.Chmod(filepath.Dir(dir), 0o755), os.WriteFile(filepath.Join(dir, "10-drain"), []byte("#!/bin/sh\n"), 0o700), os.Chmod(dir, mode))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(dir, 0o755) })
	return dir
}

func TestRootHandlersThatTheAccountCannotSeeAreAskedFor(t *testing.T) {
	for name, c := range map[string]struct {
		mode  os.FileMode
		asked bool
		log   string
	}{
		"a directory of root's alone":  {0o700, true, "cannot be listed"},
		"one whose files are root's":   {0o744, true, "cannot be listed"},
		"one that everybody may read":  {0o755, true, ""},
		"one that cannot be found":     {0, false, ""},
		"one that everybody may enter": {0o711, true, "cannot be listed"},
	} {
		t.Run(name, func(t *testing.T) {
			run := t.TempDir()
			t.Setenv("RUNTIME_DIRECTORY", run)
			dir := "/nowhere"
			if c.mode != 0 {
				dir = closedDir(t, c.mode)
			}
			if err := os.Chmod(run, 0o777); err != nil {
				t.Fatal(err)
			}
			var log strings.Builder
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			defer cancel()
			var got handlers.Result
			asNobody(func() {
				got = departs.asks(config.Config{HandlerTimeout: time.Minute}, zerolog.New(&log), dir)(ctx, handlers.Event{Kind: "terminating"})
			})
			_, err := os.Stat(filepath.Join(run, eventFile))
			if asked := err == nil; asked != c.asked || (got.Ran == 1) != c.asked || c.log == "" == strings.Contains(log.String(), "listed") || !strings.Contains(log.String(), c.log) {
				t.Errorf("asked %v, %+v, log %s", asked, got, &log)
			}
		})
	}
}

func TestAHandlerThatCannotBeSeenStopsNoOther(t *testing.T) {
	dir := closedDir(t, 0o755)
	if err := errors.Join(os.Chmod(filepath.Join(dir, "10-drain"), 0o755), os.Symlink(filepath.Join(closedDir(t, 0o700), "10-drain"), filepath.Join(dir, "20-link"))); err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	var got handlers.Result
	asNobody(func() {
		got = handlers.Runner{Dir: dir, Timeout: time.Minute, Log: zerolog.New(&log)}.Run(t.Context(), handlers.Event{Kind: "terminating"})
	})
	if want := (handlers.Result{Ran: 1, Failed: 1}); got != want || !strings.Contains(log.String(), "handlers cannot be read") {
		t.Errorf("%+v, log %s", got, &log)
	}
}
