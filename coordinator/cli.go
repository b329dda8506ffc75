package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
)

// version is stamped by the Makefile; without it the module's own build information serves.
var version = ""

// The exit codes.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

// errUsage marks a command line that was not understood.
var errUsage = errors.New("bad usage")

// streams are what a command reads and writes: one document on out, everything else on err.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// command is one verb. The line is read with the standard library: a parser that calls methods by name makes the
// linker keep every method of the SDK.
type command struct {
	name, args, help string
	run              func(context.Context, []string, streams) error
}

func commands() []command {
	return []command{
		{"lambda", "", "serve the Lambda runtime (the default where AWS_LAMBDA_RUNTIME_API is set)", runLambda},
		{"serve", "[flags]", "poll the inbox and the work queue, until SIGTERM", runServe},
		{"update", "[flags]", "one step of bringing the function to what a release channel says, as the updater does it every five minutes", runUpdate},
		{"once", "--event FILE [--context FILE] [--sim] [flags]", "handle one event from a file (- is stdin) and print what was done", runOnce},
		{"plan", "[--group NAME…] | --groups FILE --instances FILE [--images FILE] [--types FILE] [--prices FILE…] [--now T] [--format text|json]", "what would be done now and why, with read-only rights, or from files", runPlan},
		{"simulate", "[--prices FILE…] [flags]", "play strategies side by side on a market of real or sampled prices and outages", runSimulate},
		{"demo", "[--seed N] [--virtual] [--format text|json]", "show a swap and an interruption on the simulated cloud", runDemo},
		{"userdata", "inject|remove|show [flags]", "put spotd into user data, take it out, show what is there (stdin to stdout)", runUserdata},
		{"version", "", "print the version", runVersion},
	}
}

func execute(args []string, in io.Reader, out, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := dispatch(ctx, args, streams{in, out, stderr})
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, flag.ErrHelp):
		return exitDone
	case errors.Is(err, errUsage):
		fmt.Fprintf(stderr, "coordinator: %v\nTry coordinator --help.\n", err)
		return exitUsage
	}
	fmt.Fprintln(stderr, "coordinator:", err)
	return exitFailed
}

func dispatch(ctx context.Context, args []string, s streams) error {
	if len(args) == 0 {
		if os.Getenv("AWS_LAMBDA_RUNTIME_API") != "" {
			return runLambda(ctx, nil, s)
		}
		return fmt.Errorf("%w: no command", errUsage)
	}
	switch args[0] {
	case "--help", "-help", "-h", "help":
		return printHelp(s.out)
	case "--version", "-version":
		return runVersion(ctx, nil, s)
	}
	for _, c := range commands() {
		if c.name == args[0] {
			if err := c.run(ctx, args[1:], s); err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			return nil
		}
	}
	return fmt.Errorf("%w: no command %q", errUsage, args[0])
}

func printHelp(w io.Writer) error {
	fmt.Fprint(w, "coordinator replaces on-demand instances of Auto Scaling groups by compatible, cheaper spot instances.\n\nusage: coordinator COMMAND\n\ncommands:\n")
	for _, c := range commands() {
		fmt.Fprintf(w, "  %s %s\n        %s\n", c.name, c.args, c.help)
	}
	_, err := fmt.Fprint(w, "\nCOMMAND --help shows its flags, and their twins in the environment.\n")
	return err
}

// parse reads flags that a command takes; nothing may be left over.
func parse(fs *flag.FlagSet, args []string, s streams) error {
	fs.SetOutput(s.err)
	err := fs.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return err
	case err != nil:
		return fmt.Errorf("%w: %w", errUsage, err)
	case fs.NArg() > 0:
		return fmt.Errorf("%w: unexpected argument %q", errUsage, fs.Arg(0))
	}
	return nil
}

func runVersion(_ context.Context, _ []string, s streams) error {
	_, err := fmt.Fprintln(s.out, "coordinator", versionText())
	return err
}

func versionText() string {
	if version != "" {
		return version
	}
	if b, ok := debug.ReadBuildInfo(); ok {
		return b.Main.Version
	}
	return "unknown"
}

// printJSON writes the one document of a command.
func printJSON(out io.Writer, doc any) error {
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(doc)
}
