package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"autospotting/spotd/build"
	"autospotting/spotd/check"
	"autospotting/spotd/config"
	"autospotting/spotd/manager"
	"autospotting/spotd/root"
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
	run        func(config.Config, io.Writer) error
}

// commands in the order of the help.
var commands = []command{
	{"run", "watch this instance and report, until SIGTERM", true, func(c config.Config, _ io.Writer) error { return manager.Run(c) }},
	{"install", "install a service that runs with these flags; harmless to repeat", true, manager.Install},
	{"uninstall", "stop and remove the service and what it left; settings and handlers stay", false, manager.Uninstall},
	{"start", "start the installed service", false, manager.Control},
	{"stop", "stop it", false, manager.Control},
	{"restart", "restart it", false, manager.Control},
	{"status", "say whether it runs; exits 3 if not", false, manager.Status},
	{"check", "tell whether metadata, role, topic, clock, probe and handlers are fine; --format json for programs", true, check.Print},
	{"handle", "run the root handlers; for the unit spotd-handlers.service", true, root.Handle},
	{"handle-drain", "run the root drain handlers; for the unit spotd-drain.service", true, root.HandleDrain},
	{"update", "bring the channel's version, if update-channel is set; for the unit spotd-update.service", true, manager.Update},
	{"version", "print the version", false, printVersion},
}

// execute runs one command line and returns the exit code.
func execute(args []string, stdout, stderr io.Writer) int {
	err := dispatch(args, stdout)
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, manager.ErrNotRunning):
		return exitNotRunning
	case errors.Is(err, errUsage):
		fmt.Fprintf(stderr, "spotd: %v\nTry spotd --help.\n", err)
		hold(args)
		return exitUsage
	default:
		fmt.Fprintln(stderr, "spotd:", err)
		return exitFailed
	}
}

// heldFor is long enough to cost nothing, and short enough for an owner who has just
// put the file right.
const heldFor = 10 * time.Second

// hold slows the service manager down, which starts the daemon anew twice a second. It
// does not tell it to give up (RestartPreventExitStatus=): the file with the
// settings may come later in the boot, and a panic of Go's exits with 2 as well.
func hold(args []string) {
	if len(args) > 0 && args[0] == "run" && os.Getenv("NOTIFY_SOCKET") != "" {
		time.Sleep(heldFor)
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
		return printVersion(config.Config{}, stdout)
	}
	for _, c := range commands {
		if c.name == args[0] {
			return c.dispatch(args[1:], stdout)
		}
	}
	return fmt.Errorf("%w: no command %q", errUsage, args[0])
}

func (c command) dispatch(args []string, stdout io.Writer) error {
	var given config.Config
	var err error
	switch {
	case c.flags:
		var format string
		if args, format, err = cutFormat(c.name, args); err == nil {
			given, err = config.Read(manager.AsInstalled(c.name, args), os.Getenv)
		}
		given.Format = format
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
	given.Verb = c.name
	return c.run(given, stdout)
}

// cutFormat takes --format out of the arguments of check.
func cutFormat(verb string, args []string) (rest []string, format string, err error) {
	if verb != "check" {
		return args, "", nil
	}
	format = "text"
	for i := 0; i < len(args); i++ {
		name, value, joined := strings.Cut(args[i], "=")
		if strings.TrimLeft(name, "-") != "format" || !strings.HasPrefix(name, "-") {
			rest = append(rest, args[i])
			continue
		}
		if !joined && i+1 < len(args) {
			i++
			value = args[i]
		}
		format = value
	}
	if format != "text" && format != "json" {
		return nil, "", fmt.Errorf("--format: %q: want text or json", format)
	}
	return rest, format, nil
}

func printHelp(w io.Writer) error {
	var b strings.Builder
	b.WriteString("spotd tells the coordinator when this instance is ready, and when AWS is about to take it.\n\n" +
		"usage: spotd run --topic ARN --group NAME [flags]\n\ncommands:\n")
	for _, c := range commands {
		fmt.Fprintf(&b, "  %-12s %s\n", c.name, c.help)
	}
	fmt.Fprintf(&b, "\nflags of run, install and check; their twins in the environment; by the flag's name also in %s (--config FILE):\n", config.DefaultFile())
	for _, s := range config.Settings {
		fmt.Fprintf(&b, "  --%-16s %-16s %s", s.Flag+" "+s.Value, s.Env, s.Help)
		if s.Fallback != "" {
			fmt.Fprintf(&b, " (%s)", s.Fallback)
		}
		b.WriteString("\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func printVersion(_ config.Config, w io.Writer) error {
	_, err := fmt.Fprintln(w, build.Version())
	return err
}
