//go:build !windows

package handlers

import (
	"io/fs"
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

// ownedByUs tells what belongs to root or to the current user.
func ownedByUs(info fs.FileInfo) bool {
	s, ok := info.Sys().(*syscall.Stat_t)
	return ok && (s.Uid == 0 || int(s.Uid) == os.Getuid())
}
