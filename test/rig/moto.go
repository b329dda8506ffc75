// Package rig is what the suites that run against the emulator share: moto's server, processes that die with the tests, a small
// release to be installed, and a list of all that an account holds.
package rig

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
)

// Moto is a running emulator.
type Moto struct {
	URL string
	cmd *exec.Cmd
}

var python = filepath.Join("..", "..", ".cache", "venv", "bin", "python")

// ErrMissing says that the emulator is not installed.
var ErrMissing = errors.New("the emulator is not installed: run make emulator, which needs Python 3")

// Installed tells whether the emulator can be started, from the directory of a suite.
func Installed() error {
	if _, err := os.Stat(filepath.Join(filepath.Dir(python), "moto_server")); err != nil {
		return ErrMissing
	}
	return nil
}

var listening = regexp.MustCompile(`Running on (http://127\.0\.0\.1:[0-9]+)`)

// StartMoto starts the server on a free loopback port, which it names itself. It dies with this process.
func StartMoto(env ...string) (*Moto, error) {
	// Not bin/moto_server: its first line names the interpreter by a path that a moved checkout does not have.
	cmd := exec.Command(python, filepath.Join("..", "rig", "emulator.py"))
	cmd.Env = append(append(os.Environ(), "PYTHONUNBUFFERED=1", "NO_COLOR=1", "PYTHONDONTWRITEBYTECODE=1"), env...)
	out, err := cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := Start(cmd); err != nil {
		return nil, fmt.Errorf("start the emulator: %w", err)
	}
	m := &Moto{cmd: cmd}
	lines, said := bufio.NewScanner(out), ""
	for lines.Scan() {
		said += lines.Text() + "\n"
		if found := listening.FindStringSubmatch(lines.Text()); found != nil {
			m.URL = found[1]
			go func() { _, _ = io.Copy(io.Discard, out) }()
			return m, nil
		}
	}
	m.Stop()
	return nil, fmt.Errorf("the emulator ended before it listened:\n%s", said)
}

// Stop ends the server.
func (m *Moto) Stop() {
	_ = m.cmd.Process.Kill()
	_ = m.cmd.Wait()
}
