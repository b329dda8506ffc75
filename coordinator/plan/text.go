package plan

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// shownPools is how many pools of a group are printed for people; the JSON document has them all.
const shownPools = 10

// Text prints the plans for people.
func Text(out io.Writer, groups []Group) error {
	var b strings.Builder
	total := 0.0
	for _, g := range groups {
		g.text(&b)
		total += g.SavingsUSDMonth
	}
	fmt.Fprintf(&b, "%d groups, %.2f USD a month to be saved\n", len(groups), total)
	_, err := io.WriteString(out, b.String())
	return err
}

func (g Group) text(b *strings.Builder) {
	fmt.Fprintf(b, "%s: %s", g.Name, g.Status)
	if g.Reason != "" {
		fmt.Fprintf(b, ": %s", g.Reason)
	}
	b.WriteString("\n")
	if g.Step != "" {
		fmt.Fprintf(b, "  step  %s\n", g.Step)
	}
	for _, n := range g.Needs {
		fmt.Fprintf(b, "  needs %s (%s)\n", n.Need, n.Place())
	}
	if g.Status != Managed {
		b.WriteString("\n")
		return
	}
	fmt.Fprintf(b, "  saves %.2f USD a month once all that may be replaced is\n", g.SavingsUSDMonth)
	for _, a := range g.Actions {
		b.WriteString("  would " + a.text() + "\n")
	}
	for _, w := range g.Why {
		b.WriteString("  why   " + w + "\n")
	}
	g.table(b)
	b.WriteString("\n")
}

func (a Action) text() string {
	what := a.Kind
	switch {
	case a.Kind == "launch" && a.Spot:
		what = fmt.Sprintf("launch spot for %s in %s, at most %.4f USD/h, of %s", a.Instance, a.Zone, a.MaxPrice, strings.Join(a.Types, " "))
	case a.Kind == "launch":
		what = fmt.Sprintf("launch on-demand for %s in %s, of %s", a.Instance, a.Zone, strings.Join(a.Types, " "))
	case a.Max > 0:
		what = fmt.Sprintf("%s to %d", a.Kind, a.Max)
	case a.Instance != "":
		what += " " + a.Instance
	}
	why, _, _ := strings.Cut(a.Why, "; assumed:") // said once for the group
	return what + ": " + why
}

func (g Group) table(b *strings.Builder) {
	if len(g.Pools) == 0 {
		return
	}
	w := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "  pool\tfor\tspot USD/h\ton-demand USD/h\tsaving")
	for _, p := range g.Pools[:min(len(g.Pools), shownPools)] {
		fmt.Fprintf(w, "  %s/%s\t%s\t%.4f\t%.4f\t%.0f %%\n", p.Type, p.Zone, p.For, p.SpotUSDHour, p.OnDemandUSDHour, 100*p.Saving)
	}
	w.Flush()
	if more := len(g.Pools) - shownPools; more > 0 {
		fmt.Fprintf(b, "  and %d pools more\n", more)
	}
}
