package durable

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func TestADirectoryIsSyncedAndAMissingOneIsAnError(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := SyncDir(dir); err != nil {
		t.Error(err)
	}
	if err := SyncDir(filepath.Join(dir, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

// The proc file system cannot sync.
func TestAFileSystemThatCannotSyncIsNoError(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/proc/self"); err != nil {
		t.Skip("SKIPPED: no proc file system")
	}
	if err := SyncDir("/proc/self"); err != nil {
		t.Error(err)
	}
}
