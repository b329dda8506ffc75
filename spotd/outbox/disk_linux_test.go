package outbox

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"autospotting/pkg/message"
)

// disk mounts a small one; only root can.
func disk(t *testing.T, options string) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, options); err != nil {
		t.Skipf("mount: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, 0) })
	return dir
}

func TestAFullOrReadOnlyDiskStopsNoDeliveryAndLeavesNothingHalf(t *testing.T) {
	for name, spoil := range map[string]func(string) error{
		"full": func(dir string) error {
			err := os.WriteFile(filepath.Join(dir, "ballast"), make([]byte, 1<<20), 0o600)
			if err != nil {
				return nil // that is what full means
			}
			return os.ErrInvalid
		},
		"read-only": func(dir string) error { return syscall.Mount("", dir, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, "") },
	} {
		t.Run(name, func(t *testing.T) {
			state := disk(t, "size=64k")
			var log bytes.Buffer
			p := &topic{}
			o := Open(Dir(state, instance, time.Unix(1000, 0)), p, zerolog.New(zerolog.SyncWriter(&log)), nil)
			if err := spoil(state); err != nil {
				t.Fatal(err)
			}
			o.Put("hello", report(message.Hello, time.Time{}))
			o.Put("terminating-terminate", report(message.Terminating, time.Now().Add(2*time.Minute)))
			o.Mark("departed")
			o.Close(10 * time.Second)
			got := p.kinds()
			slices.Sort(got)
			if !slices.Equal(got, []string{"hello", "terminating"}) || strings.Count(log.String(), "state not on disk") != 1 {
				t.Errorf("delivered %q\n%s", got, &log)
			}
			if half, _ := filepath.Glob(filepath.Join(state, "*", "*"+halfSuffix)); len(half) > 0 {
				t.Errorf("left %q", half)
			}
		})
	}
}

func TestAMarkAndAReportAreRememberedForTheLife(t *testing.T) {
	dir := lifeDir(t)
	o := Open(dir, &topic{}, zerolog.Nop(), nil)
	r := report(message.Started, time.Time{})
	o.Put("started", r)
	o.Mark("departed")
	o.Close(10 * time.Second)
	again := Open(dir, &topic{}, zerolog.Nop(), nil)
	defer again.Close(0)
	if got, ok := again.Report("started"); !ok || got != r {
		t.Errorf("%+v, %v", got, ok)
	}
	if _, ok := again.Report("departed"); ok || !slices.Equal(again.Said(), []string{"departed", "started"}) {
		t.Errorf("said %q", again.Said())
	}
}

// A pipe that nobody reads lets the writer hang in the kernel, as a disk does.
func TestAWriteThatHangsInTheKernelKeepsNoNoticeBack(t *testing.T) {
	dir := lifeDir(t)
	published := make(chan message.Kind, 1)
	p := &topic{answer: func(_ context.Context, _ int, r message.Report) error { published <- r.Kind; return nil }}
	o := Open(dir, p, zerolog.Nop(), nil)
	pipe := filepath.Join(dir, "terminating-terminate"+halfSuffix)
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	o.Put("terminating-terminate", report(message.Terminating, time.Now().Add(2*time.Minute)))
	select {
	case kind := <-published:
		if kind != message.Terminating {
			t.Errorf("published %s", kind)
		}
	case <-time.After(10 * time.Second):
		t.Error("kept back")
	}
	reader, err := os.OpenFile(pipe, os.O_RDONLY, 0) // lets it go
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	o.Close(10 * time.Second)
}
