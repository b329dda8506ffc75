package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/kardianos/service"
)

// The exit codes.
const (
	exitDone       = 0
	exitFailed     = 1
	exitUsage      = 2
	exitNotRunning = 3 // of status, as systemctl has it
)

// errUsage marks a command line that was not understood.
var errUsage = errors.New("bad usage")

// command is one verb. The line is read with the standard library: a parser
// that calls methods by name makes the linker keep every method of the SDK
// (2.3 MB of this binary).
type command struct {
	name, help string
	flags      bool // takes the settings
	run        func(config, io.Writer) error
}

// commands in the order of the help.
var commands = []command{
	{"run", "watch this instance and report, until SIGTERM", true, func(c config, _ io.Writer) error { return runService(c) }},
	{"install", "install a service that runs with these flags; harmless to repeat", true, installService},
	{"uninstall", "remove the service", false, control},
	{"start", "start the installed service", false, control},
	{"stop", "stop it", false, control},
	{"restart", "restart it", false, control},
	{"status", "say whether it runs; exits 3 if not", false, printStatus},
	{"version", "print the version", false, printVersion},
}

// execute runs one command line and returns the exit code.
func execute(args []string, stdout, stderr io.Writer) int {
	err := dispatch(args, stdout)
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errNotRunning):
		return exitNotRunning
	case errors.Is(err, errUsage):
		fmt.Fprintf(stderr, "spotd: %v\nTry spotd --help.\n", err)
		return exitUsage
	default:
		fmt.Fprintln(stderr, "spotd:", err)
		return exitFailed
	}
}

func dispatch(args []string, stdout io.Writer) error {
	if len(args) == 0 {
		return fmt.Errorf("%w: no command", errUsage)
	}
	switch args[0] {
	case "--help", "-help", "-h", "help":
		return printHelp(stdout)
	case "--version", "-version":
		return printVersion(config{}, stdout)
	}
	for _, c := range commands {
		if c.name == args[0] {
			return c.dispatch(args[1:], stdout)
		}
	}
	return fmt.Errorf("%w: no command %q", errUsage, args[0])
}

func (c command) dispatch(args []string, stdout io.Writer) error {
	var given config
	var err error
	switch {
	case c.flags:
		given, err = readConfig(args, os.Getenv)
	case len(args) > 0 && strings.TrimLeft(args[0], "-") == "help", len(args) > 0 && args[0] == "-h":
		err = flag.ErrHelp
	case len(args) > 0:
		err = fmt.Errorf("takes no arguments, got %q", args[0])
	}
	if errors.Is(err, flag.ErrHelp) {
		return printHelp(stdout)
	}
	if err != nil {
		return fmt.Errorf("%w: %s: %w", errUsage, c.name, err)
	}
	given.verb = c.name
	return c.run(given, stdout)
}

func printHelp(w io.Writer) error {
	var b strings.Builder
	b.WriteString("spotd tells the coordinator when this instance is ready, and when AWS is about to take it.\n\n" +
		"usage: spotd run --topic ARN --group NAME [flags]\n\ncommands:\n")
	for _, c := range commands {
		fmt.Fprintf(&b, "  %-10s %s\n", c.name, c.help)
	}
	b.WriteString("\nflags of run and install, and their twins in the environment:\n")
	for _, s := range settings {
		fmt.Fprintf(&b, "  --%-16s %-16s %s", s.flag+" "+s.value, s.env, s.help)
		if s.fallback != "" {
			fmt.Fprintf(&b, " (%s)", s.fallback)
		}
		b.WriteString("\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// runService watches until the service manager, or a signal, ends it.
func runService(c config) error {
	p := newProgram(c, newLogger(os.Stderr, c.LogLevel))
	s, err := service.New(p, serviceConfig(c, p.wait))
	if err != nil {
		return err
	}
	return s.Run()
}
