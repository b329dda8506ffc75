package command

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"

	"autospotting/coordinator/lab/demo"
	"autospotting/pkg/cli"
)

// Demo plays the product's main job on the simulated cloud.
func Demo() cli.Command {
	var opt demo.Options
	var format string
	return cli.Command{Name: "demo", Help: "show a swap and an interruption on the simulated cloud", Flags: func(fs *flag.FlagSet) error {
		fs.Int64Var(&opt.Seed, "seed", 1, "decides boot times, prices, and who is interrupted")
		fs.BoolVar(&opt.Virtual, "virtual", false, "in virtual time, with a model of spotd: the same seed gives the same transcript")
		fs.BoolVar(&opt.NoProbe, "no-probe", false, "nobody asks the application whether it is up: without a load balancer it counts as up five minutes after its launch")
		fs.BoolVar(&opt.LoadBalancer, "load-balancer", true, "the group is behind a load balancer that checks its members")
		fs.StringVar(&opt.Spotd, "spotd", besideUs("spotd"), "the spotd binary")
		fs.StringVar(&format, "format", "text", "text or json")
		return nil
	}, Run: func(ctx context.Context, _ []string, st cli.Streams) error {
		opt.Timeline = st.Err
		return showDemo(ctx, opt, format, st)
	}}
}

func showDemo(ctx context.Context, opt demo.Options, format string, st cli.Streams) error {
	if err := cli.Format(format); err != nil {
		return err
	}
	result, err := demo.Run(ctx, opt)
	if err != nil {
		return fmt.Errorf("seed %d: %w", opt.Seed, err)
	}
	if format == "json" {
		return json.NewEncoder(st.Out).Encode(result)
	}
	result.Table(st.Out)
	return nil
}

// besideUs finds a binary in the directory of this one.
func besideUs(name string) string {
	self, err := os.Executable()
	if err != nil {
		return name
	}
	return cli.Beside(self, name)
}
