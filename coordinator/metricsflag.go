package main

import (
	"cmp"
	"flag"
	"fmt"
	"io"
	"os"

	"autospotting/coordinator/metrics"
	"autospotting/pkg/cli"
)

// metricsFlag is the flag of the commands that serve; others print their one document and take no such flag.
type metricsFlag struct{ mode string }

func (m *metricsFlag) flags(fs *flag.FlagSet) {
	fs.StringVar(&m.mode, "metrics", cmp.Or(os.Getenv("AUTOSPOTTING_METRICS"), "none"),
		"none, emf (a line of CloudWatch's embedded metric format on standard output for every reconcile) or emf-groups (the same metrics by group, too) ($AUTOSPOTTING_METRICS)")
}

// writer is nil where no metrics are wanted.
func (m *metricsFlag) writer(out io.Writer) (*metrics.EMF, error) {
	switch m.mode {
	case "none":
		return nil, nil
	case "emf", "emf-groups":
		return metrics.NewEMF(out, m.mode == "emf-groups"), nil
	}
	return nil, fmt.Errorf("%w: --metrics %q: write none, emf or emf-groups", cli.ErrUsage, m.mode)
}
