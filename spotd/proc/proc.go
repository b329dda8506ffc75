// Package proc runs other people's programs so that they end in time: each is a
// process group of its own, asked to stop and then killed, and its output comes
// out line by line.
package proc

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"time"
)

// Program is one program to run.
type Program struct {
	Path string
	Args []string // without the name
	// Env is added to the environment of this process.
	Env []string
	// Output gets each line of the standard output and error; nil drops them.
	Output func(line string)
	// Patience is the time between the polite and the hard end, and how long
	// output is waited for that a left-over child holds open.
	Patience time.Duration
}

// ErrKilled marks a program that did not end in time.
var ErrKilled = errors.New("out of time, stopped")

// Run waits for the program. When ctx ends, its process group gets SIGTERM
// and, Patience later, SIGKILL. An exit status other than zero is an
// *exec.ExitError; being too late is ErrKilled.
func Run(ctx context.Context, p Program) error {
	cmd := exec.CommandContext(ctx, p.Path, p.Args...)
	cmd.Env = append(os.Environ(), p.Env...)
	out := &lines{to: p.Output}
	cmd.Stdout, cmd.Stderr = out, out
	cmd.WaitDelay = p.Patience
	group(cmd)
	err := cmd.Run()
	out.flush()
	switch {
	case ctx.Err() != nil && cmd.Process != nil && err != nil:
		killGroup(cmd)
		return ErrKilled
	case errors.Is(err, exec.ErrWaitDelay): // it ended well and left a child behind, which may go on
		return nil
	}
	return err
}
