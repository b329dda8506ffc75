package rig

import (
	"os/exec"
	"runtime"
	"sync"
)

// Start starts a process that dies with this one, even if this one is killed. On Linux the kernel ties a child to the thread
// that started it, so one thread starts them all and lives as long as the tests do.
func Start(cmd *exec.Cmd) error {
	spawner.Do(func() {
		go func() {
			runtime.LockOSThread()
			for s := range spawn {
				s.done <- s.cmd.Start()
			}
		}()
	})
	dieWithParent(cmd)
	done := make(chan error)
	spawn <- spawning{cmd, done}
	return <-done
}

type spawning struct {
	cmd  *exec.Cmd
	done chan error
}

var (
	spawn   = make(chan spawning)
	spawner sync.Once
)
