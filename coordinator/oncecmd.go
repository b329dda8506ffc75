package main

import (
	"context"
	"flag"

	"github.com/rs/zerolog"

	"autospotting/coordinator/config"
	"autospotting/coordinator/handle"
	"autospotting/coordinator/once"
	"autospotting/pkg/cli"
)

// onceCommand handles one event for real. On the simulated cloud spotctl does, which takes the same line.
func onceCommand(line []string) cli.Command {
	c := once.Command(cli.Version(version), silentHandler)
	var sim bool
	flags, run := c.Flags, c.Run
	c.Flags = func(fs *flag.FlagSet) error {
		fs.BoolVar(&sim, "sim", false, "now spotctl once --sim: on a small simulated cloud instead of AWS")
		return flags(fs)
	}
	c.Run = func(ctx context.Context, args []string, st cli.Streams) error {
		if sim {
			return cli.Moved(program, line, st)
		}
		return run(ctx, args, st)
	}
	return c
}

// silentHandler is the coordinator on AWS without its log: what was done is printed, and said once.
func silentHandler(ctx context.Context, o *config.Options) (*handle.Handler, error) {
	h, _, err := realHandler(ctx, o)
	if err == nil {
		h.Log = zerolog.Nop()
	}
	return h, err
}
