package command

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"
	"time"

	"autospotting/coordinator/lab/bench"
	"autospotting/pkg/cli"
)

// Bench measures the coordinator on the simulated cloud.
func Bench() cli.Command {
	return cli.Command{Name: "bench", Help: "measure on the simulated cloud how much the coordinator asks of AWS, and how soon it answers", Subs: []cli.Command{benchStorm()}}
}

func benchStorm() cli.Command {
	var s bench.Storm
	var format string
	return cli.Command{Name: "storm", Help: "many notices at once, in an account whose request tokens run out", Flags: func(fs *flag.FlagSet) error {
		fs.IntVar(&s.Notices, "notices", 500, "how many spot instances get their notice")
		fs.IntVar(&s.Groups, "groups", 50, "in how many groups")
		fs.DurationVar(&s.Latency, "latency", 100*time.Millisecond, "what a call takes; a fleet takes three times as long")
		fs.BoolVar(&s.ResourceBucket, "resource-bucket", false, "fleets take a token of RunInstances' resource bucket for each instance")
		fs.DurationVar(&s.Over, "over", 3*time.Minute, "from the first group's notices to the last one's")
		fs.IntVar(&s.Size, "size", 0, "members of each group; three times its notices if 0")
		fs.Int64Var(&s.Seed, "seed", 1, "decides boot times and prices")
		fs.StringVar(&format, "format", "text", "text or json")
		fs.StringVar(&format, "o", "text", "the same")
		return nil
	}, Run: func(_ context.Context, _ []string, st cli.Streams) error {
		if err := cli.Format(format); err != nil {
			return err
		}
		r, err := s.Run()
		if err != nil {
			return fmt.Errorf("%w: bench storm: %w", cli.ErrUsage, err)
		}
		if format == "json" {
			return json.NewEncoder(st.Out).Encode(r)
		}
		return stormTable(st.Out, r)
	}}
}

func stormTable(out io.Writer, r bench.Result) error {
	seconds := func(s *float64) string {
		if s == nil {
			return "never"
		}
		return fmt.Sprintf("%.1f s", *s)
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "notices\t%d in %d groups\n", r.Notices, r.Groups)
	fmt.Fprintf(w, "answered in 120 s\t%.1f %%, of %.1f %% that the tokens allow\n", 100*r.Answered, 100*r.Bound)
	fmt.Fprintf(w, "notice to request\t%s for half of them, %s for 99 in 100\n", seconds(r.P50), seconds(r.P99))
	fmt.Fprintf(w, "calls for a notice\t%.1f of EC2, Auto Scaling and Elastic Load Balancing\n", r.PerNotice)
	for _, call := range slices.Sorted(maps.Keys(r.Calls)) {
		fmt.Fprintf(w, "  %s\t%d\n", call, r.Calls[call])
	}
	fmt.Fprintf(w, "not back on spot\t%d groups after an hour\n", r.Open)
	fmt.Fprintf(w, "promises broken\t%d\n", r.Violations)
	for _, v := range r.Violated {
		fmt.Fprintf(w, "  %s\n", v)
	}
	for _, a := range r.Assumed {
		fmt.Fprintf(w, "assumed\t%s\n", a)
	}
	return w.Flush()
}
