package simulate

import (
	_ "embed" // the page
	"fmt"
	"html/template"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
)

//go:embed report.html
var page string

// Report writes the result as one page that needs nothing else: pictures as SVG, light and dark, for a phone as well.
func (r *Result) Report(w io.Writer) error {
	t, err := template.New("report").Funcs(template.FuncMap{
		"day": func(t time.Time) string { return t.UTC().Format("2 Jan 2006 15:04") }, "join": strings.Join,
		"percent":  func(x float64) string { return strings.TrimSuffix(fmt.Sprintf("%.5f", 100*x), "000") },
		"whole":    func(x float64) string { return grouped(int64(x + 0.5)) },
		"count":    func(n int) string { return grouped(int64(n)) },
		"sum":      func(m map[string]int) int { return sumOf(m) },
		"calls":    callList,
		"class":    func(name string) string { return "s-" + name },
		"capacity": r.capacityChart, "cost": r.costChart, "rate": r.rateChart, "mix": r.mixChart, "legend": r.mixLegend, "what": func(name string) string { return explained[name] },
	}).Parse(page)
	if err != nil {
		return err
	}
	return t.Execute(w, r)
}

// explained says in a line what a strategy does.
var explained = map[string]string{
	OnDemand:        "nothing is spot",
	Native:          "mixed instances policy, price-capacity-optimized, replaced after death",
	NativeRebalance: "the same with capacity rebalancing on",
	LowestPrice:     "mixed instances policy, the two cheapest pools",
	Predecessor:     "one swap every 30 minutes, replaced after death",
	Coordinator:     "this product's own code, with its defaults",
	Oracle:          "knows the future, under the coordinator's rules: the bound",
}

func sumOf(m map[string]int) int {
	n := 0
	for _, v := range m {
		n += v
	}
	return n
}

func callList(m map[string]int) string {
	names := slices.SortedFunc(maps.Keys(m), func(a, b string) int {
		if m[a] != m[b] {
			return m[b] - m[a]
		}
		return strings.Compare(a, b)
	})
	var parts []string
	for _, n := range names {
		parts = append(parts, n+" "+grouped(int64(m[n])))
	}
	return strings.Join(parts, ", ")
}

// grouped writes thousands apart.
func grouped(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "\u202f" + s[i:]
	}
	return s
}
