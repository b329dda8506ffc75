package simulate

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// Table writes the result for people.
func (r *Result) Table(w io.Writer) error {
	for _, g := range r.Groups {
		fmt.Fprintf(w, "%s: %d × %s in %s, %s to %s, boot %gs, seed %d; %d pools, %d outages\n", g.Name, g.Size, g.Type, strings.Join(g.Zones, ", "),
			r.From.Format(time.DateTime), r.To.Format(time.DateTime), r.BootSeconds, r.Seed, g.Pools, g.Outages)
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "strategy\tcost $\tsaved %\tcaptured\tavailable %\tmissing s\tby us s\tinterrupted\tswaps\tAPI calls\t")
	for _, s := range r.Strategies {
		calls := 0
		for _, n := range s.APICalls {
			calls += n
		}
		fmt.Fprintf(t, "%s\t%.2f\t%.2f\t%.4f\t%.5f\t%.0f\t%.0f\t%d\t%d\t%d\t\n", s.Name, s.CostUSD, s.SavingsPercent, s.Captured, 100*s.Availability, s.DeficitSeconds, s.DeficitByUsSeconds, s.Interruptions, s.Swaps, calls)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "the cheapest pools alone: %.2f %%\n", r.BestPoolPercent)
	return err
}
