package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"

	"autospotting/pkg/cli"
)

// version is stamped by the Makefile; without it the module's own build information serves.
var version = ""

const (
	program = "coordinator"
	about   = "coordinator replaces on-demand instances of Auto Scaling groups by compatible, cheaper spot instances."
)

// moved were commands of this program, and are the operator's now. The old names go with the next release.
var moved = []string{"plan", "simulate", "demo", "userdata"}

// commands are those that take a line; what moved takes it to spotctl.
func commands(line []string) []cli.Command {
	return []cli.Command{lambdaCommand(), serveCommand(), updateCommand(), onceCommand(line),
		{Name: "version", Help: "print the version", Run: runVersion}}
}

func execute(args []string, in io.Reader, out, stderr io.Writer) int {
	return cli.Main(program, in, out, stderr, func(ctx context.Context, st cli.Streams) error { return dispatch(ctx, args, st) })
}

func dispatch(ctx context.Context, args []string, st cli.Streams) error {
	if len(args) == 0 && os.Getenv("AWS_LAMBDA_RUNTIME_API") != "" {
		return runLambda(ctx, nil, st)
	}
	if len(args) > 0 {
		switch args[0] {
		case "--help", "-help", "-h", "help":
			return printHelp(st)
		case "--version", "-version":
			return runVersion(ctx, nil, st)
		}
		if slices.Contains(moved, args[0]) {
			return cli.Moved(program, args, st)
		}
	}
	return cli.Dispatch(ctx, program, commands(args), args, st)
}

func printHelp(st cli.Streams) error {
	if err := cli.PrintHelp(st.Out, program, about, commands(nil)); err != nil {
		return err
	}
	_, err := fmt.Fprintln(st.Out, "plan, simulate, demo, userdata and once --sim are commands of spotctl.")
	return err
}

func runVersion(_ context.Context, _ []string, st cli.Streams) error {
	_, err := fmt.Fprintln(st.Out, program, cli.Version(version))
	return err
}
