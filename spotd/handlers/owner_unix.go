//go:build !windows

package handlers

import (
	"fmt"
	"os"
	"syscall"
)

// OnlyRoot tells whether a directory is one that none but root may look into.
func OnlyRoot(dir string) bool {
	info, err := os.Stat(dir)
	if err != nil {
		return false
	}
	s, ok := info.Sys().(*syscall.Stat_t)
	return ok && s.Uid == 0 && s.Gid == 0 && info.IsDir() && info.Mode().Perm()&0o005 != 0o005
}

// others tells whether a file may be changed by others than root and the current user.
func others(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	s, ok := info.Sys().(*syscall.Stat_t)
	if info.Mode().Perm()&0o022 != 0 || !ok || s.Uid != 0 && int(s.Uid) != os.Getuid() {
		return fmt.Errorf("%s may be changed by others: chown root and chmod go-w it", path)
	}
	return nil
}
