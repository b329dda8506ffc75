package watch

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// Membership is what became of the boot's wait for membership, see userdata.Settings.Await.
type Membership struct {
	State MembershipState
	// Since is when the wait began, or ended, by the clock of the machine.
	Since time.Time
}

// MembershipState is how the wait stands.
type MembershipState int

// The zero value is NotAwaited.
const (
	NotAwaited MembershipState = iota // the boot does not wait, or nobody knows of it
	Awaiting                          // the owner's part of the boot has not begun
	Member                            // the metadata item was there
	NoMember                          // the boot went on without it
)

// MembershipFile is where the bootstrap says how the wait stands: on Linux where nothing
// outlives the boot, on Windows in the daemon's folder, given here. The prefix is empty but in tests.
func MembershipFile(prefix, folder string) (path string, lasts bool) {
	if runtime.GOOS == "windows" {
		return filepath.Join(folder, "member"), true
	}
	return filepath.Join(prefix, "/var/run/spotd-member"), false
}

// ReadMembership reads that file. One that lasts and is from before the launch came with
// the image, or is of an earlier start of this instance: it says nothing. A launch in the
// future is a wrong clock here, which proves nothing; a zero one asks for no such proof.
func ReadMembership(path string, launched, now time.Time) Membership {
	info, err := os.Stat(path)
	if err != nil {
		return Membership{}
	}
	m := Membership{Since: info.ModTime()}
	if m.Since.Before(launched) && !now.Before(launched) {
		return Membership{}
	}
	text, err := os.ReadFile(path)
	switch word := strings.TrimSpace(string(text)); {
	case err != nil:
		return Membership{}
	case word == "member":
		m.State = Member
	case word == "no-member":
		m.State = NoMember
	default: // waiting, or being written
		m.State = Awaiting
	}
	return m
}
