package simulate

import (
	_ "embed" // the page
	"fmt"
	"html"
	"io"
	"strings"
	"time"
)

//go:embed report.html
var page string

// Report writes the result as one page that needs nothing else: pictures as SVG, light and dark, for a phone as well. Its
// places are filled by hand: a template of the standard library finds methods by name, for which the linker keeps
// every method of the SDK, and the function is three times as large.
func (r *Result) Report(w io.Writer) error {
	_, err := strings.NewReplacer(
		"{{groups}}", joined(r.Groups, ", ", func(g Simulated) string { return fmt.Sprintf("%d × %s", g.Size, safe(g.Type)) }),
		"{{region}}", safe(r.Region), "{{when}}", r.when(),
		"{{colours}}", joined(r.Strategies, "", colours), "{{table}}", joined(r.Strategies, "", tableRow),
		"{{best}}", fmt.Sprintf("%.2f", r.BestPoolPercent),
		"{{capacity}}", joined(r.Strategies, "", r.capacityRow), "{{mix}}", joined(r.Strategies, "", r.mixRow),
		"{{cost}}", r.costChart(), "{{rate}}", r.rateChart(), "{{legend}}", r.mixLegend(),
		"{{strategies}}", joined(r.Strategies, "", func(s Strategy) string { return "<li>" + dotted(s) + "</li>" }),
		"{{assumptions}}", joined(r.Assumptions, "", func(a string) string { return "<li>" + safe(a) + "</li>" }),
		"{{files}}", r.files(),
		"{{sources}}", joined(r.Groups, "", source), "{{calls}}", joined(r.Strategies, "", callsOf),
	).WriteString(w, page)
	return err
}

func joined[T any](list []T, between string, each func(T) string) string {
	var parts []string
	for _, x := range list {
		parts = append(parts, each(x))
	}
	return strings.Join(parts, between)
}

// safe is what comes from outside, as a page may hold it.
func safe(text string) string { return html.EscapeString(text) }

func day(t time.Time) string { return t.UTC().Format("2 Jan 2006 15:04") }

func (r *Result) when() string {
	text := fmt.Sprintf("%s to %s UTC · an instance serves %v s after its launch · seed %d", day(r.From), day(r.To), r.BootSeconds, r.Seed)
	if r.Storm != 1 {
		text += fmt.Sprintf(" · pools struck %v times as often", r.Storm)
	}
	return text
}

func dotted(s Strategy) string {
	return fmt.Sprintf(`<span class="dot s-%[1]s"></span>%[1]s`, safe(s.Name))
}

func colours(s Strategy) string {
	return fmt.Sprintf(".line.s-%[1]s { stroke: var(--%[1]s); } .area.s-%[1]s, .dot.s-%[1]s { fill: var(--%[1]s); background: var(--%[1]s); }\n", s.Name)
}

func tableRow(s Strategy) string {
	class := ""
	if s.Name == Coordinator {
		class = ` class="us"`
	}
	cells := []string{dotted(s), fmt.Sprintf("%.2f", s.CostUSD), fmt.Sprintf("%.2f", s.SavingsPercent), fmt.Sprintf("%.3f", s.Captured),
		strings.TrimSuffix(fmt.Sprintf("%.5f", 100*s.Availability), "000"), grouped(int64(s.DeficitSeconds + 0.5)), grouped(int64(s.DeficitByUsSeconds + 0.5)),
		grouped(int64(s.Interruptions)), grouped(int64(s.Swaps)), grouped(int64(sumOf(s.APICalls)))}
	return "<tr" + class + ">" + joined(cells, "", func(c string) string { return "<td>" + c + "</td>" }) + "</tr>\n"
}

func (r *Result) capacityRow(s Strategy) string {
	return fmt.Sprintf("<div class=\"row\"><div>%s<small>%s</small></div><div>%s</div></div>\n", dotted(s), safe(explained[s.Name]), r.capacityChart(s))
}

func (r *Result) mixRow(s Strategy) string {
	return fmt.Sprintf("<div class=\"row thin\"><div>%s</div><div>%s</div></div>\n", dotted(s), r.mixChart(s))
}

func (r *Result) files() string {
	var b strings.Builder
	for _, f := range r.Files {
		fmt.Fprintf(&b, "<li>%s: %s</li>", safe(f.What), safe(f.From))
	}
	return b.String()
}

func source(g Simulated) string {
	zones := safe(strings.Join(g.Zones, ", "))
	return fmt.Sprintf(`<p class="note">%s: %d × %s at %v USD/h on demand, in %s; %d compatible pools, which lost capacity %s times.</p>`,
		safe(g.Name), g.Size, safe(g.Type), g.OnDemandUSD, zones, g.Pools, grouped(int64(g.Outages)))
}

func callsOf(s Strategy) string {
	if len(s.APICalls) == 0 {
		return ""
	}
	return fmt.Sprintf("<dt>%s</dt><dd>%s</dd>", safe(s.Name), safe(callList(s.APICalls)))
}
