// Command deploy is spotctl by the name that it had before. It goes with the next release.
package main

import (
	"context"
	"fmt"
	"os"
	"slices"

	"autospotting/pkg/cli"
)

// version is stamped by the Makefile.
var version = ""

func main() {
	os.Exit(cli.Main("deploy", os.Stdin, os.Stdout, os.Stderr, func(_ context.Context, st cli.Streams) error {
		args := os.Args[1:]
		if len(args) > 0 && slices.Contains([]string{"version", "--version", "-version"}, args[0]) { // its answer names the program
			_, err := fmt.Fprintln(st.Out, "deploy", cli.Version(version))
			return err
		}
		return cli.Moved("deploy", args, st)
	}))
}
