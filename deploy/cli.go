package main

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
	"strings"
	"syscall"
)

// version is stamped by the Makefile.
var version = ""

// The exit codes.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

var errUsage = errors.New("bad usage")

// streams are what a command reads and writes: its one document or its text on out, everything else on err.
type streams struct {
	in       *bufio.Reader // one for all questions: what it has read ahead is the next answer
	out, err io.Writer
}

type command struct {
	name, args, help string
	run              func(context.Context, *options, streams) error
}

func commands() []command {
	return []command{
		{"package", "[function|spotd]", "build the function and spotd into --dist, the same bytes each time", runPackage},
		{"upload", "", "put what is packaged into the artefact bucket, which is made if there is none", runUpload},
		{"release", "", "put what is packaged into a bucket, and let a channel point to it, signed with $SIGNING_KEY", runRelease},
		{"up", "", "install, or bring what is installed to this version and these settings", runUp},
		{"status", "", "what is installed and how it is", runStatus},
		{"outputs", "", "names and addresses of what is installed", runOutputs},
		{"logs", "", "what the function wrote (--since, --follow)", runLogs},
		{"down", "", "remove everything, and say before what that is", runDown},
		{"doctor", "", "whether this account and region are ready, and which groups would be served", runDoctor},
		{"validate", "", "let CloudFormation read the templates", runValidate},
		{"list", "", "our stacks in the regions", runList},
		{"template", "NAME", "print a template: autospotting or artifacts", runTemplate},
		{"version", "", "print the version", runVersion},
	}
}

func execute(args []string, in io.Reader, out, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := dispatch(ctx, args, streams{bufio.NewReader(in), out, stderr})
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return exitDone
	case errors.Is(err, errUsage):
		fmt.Fprintf(stderr, "deploy: %v\nTry deploy --help.\n", err)
		return exitUsage
	}
	fmt.Fprintln(stderr, "deploy:", explain(err))
	return exitFailed
}

func dispatch(ctx context.Context, args []string, st streams) error {
	if len(args) == 0 {
		return fmt.Errorf("%w: no command", errUsage)
	}
	switch args[0] {
	case "--help", "-help", "-h", "help":
		return printHelp(st.out)
	case "--version", "-version":
		return runVersion(ctx, nil, st)
	}
	for _, c := range commands() {
		if c.name != args[0] {
			continue
		}
		o, err := readOptions(c, args[1:], st)
		if err != nil {
			return err
		}
		if err := c.run(ctx, o, st); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		return nil
	}
	return fmt.Errorf("%w: no command %q", errUsage, args[0])
}

func printHelp(w io.Writer) error {
	fmt.Fprint(w, "deploy installs autospotting into an AWS account and takes it out again.\n\nusage: deploy COMMAND [flags]\n\ncommands:\n")
	for _, c := range commands() {
		fmt.Fprintf(w, "  %-28s %s\n", strings.TrimSpace(c.name+" "+c.args), c.help)
	}
	_, err := fmt.Fprint(w, "\nCOMMAND --help shows the flags.\n")
	return err
}

func runVersion(_ context.Context, _ *options, st streams) error {
	v := version
	if b, ok := debug.ReadBuildInfo(); v == "" && ok {
		v = b.Main.Version
	}
	_, err := fmt.Fprintln(st.out, "deploy", v)
	return err
}

// document writes the one document of a command.
func document(out io.Writer, doc any) error {
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(doc)
}
