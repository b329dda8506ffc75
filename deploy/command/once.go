package command

import (
	"context"
	"flag"
	"fmt"
	"time"

	"autospotting/coordinator/config"
	"autospotting/coordinator/handle"
	"autospotting/coordinator/lab/stage"
	"autospotting/coordinator/once"
	"autospotting/pkg/cli"
	"autospotting/pkg/cloudsim"
)

// Once handles one event on a simulated cloud. For real the coordinator does: nobody should launch and retire instances for want of
// a flag.
func Once(version string) cli.Command {
	c := once.Command(version, simHandler)
	c.Help = "with --sim: handle one event from a file (- is stdin) on a small simulated cloud, and print what was done"
	var sim bool
	flags, run := c.Flags, c.Run
	c.Flags = func(fs *flag.FlagSet) error {
		fs.BoolVar(&sim, "sim", false, "on a small simulated cloud, whatever the other flags say of AWS")
		return flags(fs)
	}
	c.Run = func(ctx context.Context, args []string, st cli.Streams) error {
		if !sim {
			return fmt.Errorf("%w: --sim is needed: coordinator once handles an event for real", cli.ErrUsage)
		}
		return run(ctx, args, st)
	}
	return c
}

// simHandler is the coordinator on a small simulated cloud: the demo's group, all on demand and in service.
func simHandler(context.Context, *config.Options) (*handle.Handler, error) {
	st, err := stage.New(stage.Config{Cloud: cloudsim.Config{Seed: 1}, Asleep: true})
	if err != nil {
		return nil, err
	}
	st.Cloud.RunUntil(st.Cloud.Now().Add(10 * time.Minute)) // long enough for every boot and grace
	return st.Handler(st.Cloud.NewSession("once")), nil
}
