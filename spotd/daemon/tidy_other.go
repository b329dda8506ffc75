//go:build !linux

package daemon

// forgetStart has no counterpart here.
func forgetStart() {}
