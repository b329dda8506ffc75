// Package cli is what the command lines of the programs have in common: a command with its flags, what it reads and
// writes, the exit codes, and how a line that is not understood is answered. It needs the standard library only: the
// function is built from it, and a parser that calls methods by name makes the linker keep every method of the SDK.
package cli

import (
	"bufio"
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

// The exit codes.
const (
	Done   = 0
	Failed = 1 // the command was understood, and could not be done
	Bad    = 2 // the command line was not understood
)

// ErrUsage marks a command line that was not understood.
var ErrUsage = errors.New("bad usage")

// Streams are what a command reads and writes: its one document or its text on Out, everything else on Err.
type Streams struct {
	In       *bufio.Reader // one for all questions: what it has read ahead is the next answer
	Out, Err io.Writer
}

// Command is one verb of a program.
type Command struct {
	Name string
	Args string // the arguments beside the flags, as help shows them; one that is empty takes none
	Help string // one line
	More string // what else help says; may be empty
	// Flags defines the flags; nil is none.
	Flags func(*flag.FlagSet) error
	// Spread rewrites the line before its flags are read; nil leaves it.
	Spread func([]string) []string
	Run    func(ctx context.Context, args []string, st Streams) error
	// Subs are verbs below this one, which then has no flags and no Run.
	Subs []Command
}

// Names lists the commands' names.
func Names(commands []Command) []string {
	var names []string
	for _, c := range commands {
		names = append(names, c.Name)
	}
	return names
}

// Main runs a program until it is done, or until SIGINT or SIGTERM ends its context, and returns the exit code. An error
// is told in one line; where the line was not understood, another says where help is.
func Main(program string, in io.Reader, out, stderr io.Writer, do func(context.Context, Streams) error) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := do(ctx, Streams{bufio.NewReader(in), out, stderr})
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return Done
	case errors.Is(err, ErrUsage):
		fmt.Fprintf(stderr, "%s: %v\nTry %s --help.\n", program, err, program)
		return Bad
	}
	fmt.Fprintf(stderr, "%s: %v\n", program, err)
	return Failed
}

// Format refuses what is neither text nor json.
func Format(format string) error {
	if format != "text" && format != "json" {
		return fmt.Errorf("%w: --format %q: write text or json", ErrUsage, format)
	}
	return nil
}

// Document writes the one JSON document of a command, for people to read as well.
func Document(out io.Writer, doc any) error {
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(doc)
}

// Version is the one that the Makefile stamped; without it the module's own build information serves.
func Version(stamped string) string {
	if stamped != "" {
		return stamped
	}
	if b, ok := debug.ReadBuildInfo(); ok {
		return b.Main.Version
	}
	return "unknown"
}
