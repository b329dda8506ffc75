//go:build !windows

package handlers

import (
	"io/fs"
	"os"
	"syscall"
)

// ownedByUs tells what belongs to root or to the current user.
func ownedByUs(info fs.FileInfo) bool {
	s, ok := info.Sys().(*syscall.Stat_t)
	return ok && (s.Uid == 0 || int(s.Uid) == os.Getuid())
}
