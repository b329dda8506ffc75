// Package spotd holds the tests of the daemon as a process: against the metadata
// mock that AWS publishes, under a real systemd, and beside the least that could
// do its work.
package spotd
