package simulate

import (
	"cmp"
	"fmt"
	"html"
	"maps"
	"math"
	"slices"
	"strings"
	"time"
)

// The pictures' coordinates; CSS scales them to the page.
const (
	chartWidth  = 720.0
	chartLeft   = 62.0
	chartRight  = 10.0
	plotWidth   = chartWidth - chartLeft - chartRight
	mixedTypes  = 7 // named in the mix; the rest is "other"
	ticksOfTime = 5
)

func x(i float64) float64 { return chartLeft + plotWidth*i/columnsInReport }

// capacityChart draws the least capacity of every moment for one strategy; all strategies share the scale.
func (r *Result) capacityChart(s Strategy) string {
	const height, top, bottom = 88.0, 12.0, 66.0
	size, low := 0.0, math.Inf(1)
	for _, g := range r.Groups {
		size += float64(g.Size)
	}
	for _, other := range r.Strategies {
		low = min(low, slices.Min(other.course.lowest))
	}
	low = max(0, min(low, size*0.9)-size*0.05)
	y := func(v float64) float64 { return bottom - (bottom-top)*(v-low)/(size-low) }
	var b strings.Builder
	fmt.Fprintf(&b, `<svg viewBox="0 0 %g %g" role="img" aria-label="capacity of %s over time"><title>%s: least capacity ready and in service</title>`, chartWidth, height, s.Name, s.Name)
	fmt.Fprintf(&b, `<line class="grid" x1="%g" x2="%g" y1="%.1f" y2="%.1f"/><text class="tick" x="%g" y="%.1f" text-anchor="end">%g</text>`, chartLeft, chartWidth-chartRight, y(size), y(size), chartLeft-6, y(size)+4, size)
	fmt.Fprintf(&b, `<line class="grid" x1="%g" x2="%g" y1="%.1f" y2="%.1f"/><text class="tick" x="%g" y="%.1f" text-anchor="end">%.0f</text>`, chartLeft, chartWidth-chartRight, bottom, bottom, chartLeft-6, bottom+4, low)
	var path strings.Builder
	fmt.Fprintf(&path, "M%.1f %.1f", chartLeft, bottom)
	for i, v := range s.course.lowest {
		fmt.Fprintf(&path, "V%.1fH%.1f", y(v), x(float64(i+1)))
	}
	fmt.Fprintf(&path, "V%.1fZ", bottom)
	fmt.Fprintf(&b, `<path class="area s-%s" d="%s"/>`, s.Name, path.String())
	r.days(&b, bottom, height-4)
	b.WriteString("</svg>")
	return b.String()
}

// days writes the times under a plot.
func (r *Result) days(b *strings.Builder, bottom, y float64) {
	span := r.To.Sub(r.From)
	layout := "2 Jan"
	if span < 4*24*time.Hour {
		layout = "2 Jan 15:04"
	}
	for i := range ticksOfTime {
		at := float64(columnsInReport) * float64(i) / (ticksOfTime - 1)
		anchor := "middle"
		switch i {
		case 0:
			anchor = "start"
		case ticksOfTime - 1:
			anchor = "end"
		}
		t := r.From.Add(span * time.Duration(i) / (ticksOfTime - 1)).UTC()
		fmt.Fprintf(b, `<line class="grid" x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f"/><text class="tick" x="%.1f" y="%.1f" text-anchor="%s">%s</text>`, x(at), x(at), bottom, bottom+3, x(at), y, anchor, t.Format(layout))
	}
}

// costChart draws what each strategy has spent by every moment.
func (r *Result) costChart() string {
	const height, top, bottom = 300.0, 12.0, 270.0
	most := 0.0
	for _, s := range r.Strategies {
		sum := 0.0
		for _, v := range s.course.spent {
			sum += v
		}
		most = max(most, sum)
	}
	most = max(most, 1e-9)
	y := func(v float64) float64 { return bottom - (bottom-top)*v/most }
	var b strings.Builder
	fmt.Fprintf(&b, `<svg viewBox="0 0 %g %g" role="img" aria-label="cost over time"><title>USD spent since the beginning</title>`, chartWidth, height)
	for i := range 5 {
		v := most * float64(i) / 4
		fmt.Fprintf(&b, `<line class="grid" x1="%g" x2="%g" y1="%.1f" y2="%.1f"/><text class="tick" x="%g" y="%.1f" text-anchor="end">%s</text>`, chartLeft, chartWidth-chartRight, y(v), y(v), chartLeft-6, y(v)+4, dollars(v))
	}
	for _, s := range r.Strategies {
		var path strings.Builder
		fmt.Fprintf(&path, "M%.1f %.1f", chartLeft, bottom)
		sum := 0.0
		for i, v := range s.course.spent {
			sum += v
			fmt.Fprintf(&path, "L%.1f %.1f", x(float64(i+1)), y(sum))
		}
		fmt.Fprintf(&b, `<path class="line s-%s" d="%s"><title>%s: %.2f USD</title></path>`, s.Name, path.String(), s.Name, s.CostUSD)
	}
	r.days(&b, bottom, bottom+18)
	b.WriteString("</svg>")
	return b.String()
}

func dollars(v float64) string {
	if v >= 10_000 {
		return fmt.Sprintf("$%.0fk", v/1000)
	}
	return fmt.Sprintf("$%.0f", v)
}

// rateChart draws what each strategy but on-demand pays at every moment, as a share of on-demand.
func (r *Result) rateChart() string {
	const height, top, bottom = 300.0, 12.0, 270.0
	full := r.of(OnDemand).course.spent
	low, high := math.Inf(1), 0.0
	shares := map[string][]float64{}
	for _, s := range r.Strategies[1:] {
		for i, v := range s.course.spent {
			share := 100 * v / max(full[i], 1e-12)
			shares[s.Name] = append(shares[s.Name], share)
			low, high = min(low, share), max(high, share)
		}
	}
	low, high = 5*math.Floor(low/5), max(5*math.Ceil(high/5), 5*math.Floor(low/5)+5)
	y := func(v float64) float64 { return bottom - (bottom-top)*(v-low)/(high-low) }
	var b strings.Builder
	fmt.Fprintf(&b, `<svg viewBox="0 0 %g %g" role="img" aria-label="cost per hour over time"><title>cost per hour, as a share of on-demand</title>`, chartWidth, height)
	for i := range 5 {
		v := low + (high-low)*float64(i)/4
		fmt.Fprintf(&b, `<line class="grid" x1="%g" x2="%g" y1="%.1f" y2="%.1f"/><text class="tick" x="%g" y="%.1f" text-anchor="end">%.3g%%</text>`, chartLeft, chartWidth-chartRight, y(v), y(v), chartLeft-6, y(v)+4, v)
	}
	for _, s := range r.Strategies[1:] {
		var path strings.Builder
		for i, v := range shares[s.Name] {
			fmt.Fprintf(&path, "%c%.1f %.1f", "ML"[min(i, 1)], x(float64(i)+0.5), y(v))
		}
		fmt.Fprintf(&b, `<path class="line s-%s" d="%s"><title>%s</title></path>`, s.Name, path.String(), s.Name)
	}
	r.days(&b, bottom, bottom+18)
	b.WriteString("</svg>")
	return b.String()
}

func (r *Result) of(name string) Strategy {
	return r.Strategies[slices.IndexFunc(r.Strategies, func(s Strategy) bool { return s.Name == name })]
}

// mixChart draws which types ran under a strategy, as a share of its instance-hours.
func (r *Result) mixChart(s Strategy) string {
	const height = 26.0
	sum, left := 0.0, 0.0
	for _, v := range s.course.mix {
		sum += v
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg viewBox="0 0 %g %g" role="img" aria-label="types used by %s">`, chartWidth, height, s.Name)
	for k, part := range parts(s.course.mix, r.commonTypes()) {
		w := chartWidth * part.hours / max(sum, 1e-9)
		if w < 0.05 {
			continue
		}
		fmt.Fprintf(&b, `<rect class="m-%d" x="%.2f" y="2" width="%.2f" height="22"><title>%s: %.1f %%</title></rect>`, k, left, max(w-0.8, 0.3), html.EscapeString(part.name), 100*part.hours/sum)
		left += w
	}
	b.WriteString("</svg>")
	return b.String()
}

// mixLegend names the colours of mixChart.
func (r *Result) mixLegend() string {
	var b strings.Builder
	for k, part := range parts(nil, r.commonTypes()) {
		fmt.Fprintf(&b, `<li><svg viewBox="0 0 10 10" class="key"><rect class="m-%d" width="10" height="10"/></svg>%s</li>`, k, html.EscapeString(part.name))
	}
	return b.String()
}

type part struct {
	name  string
	hours float64
}

// parts are on-demand, the named types, and the others together, always in this order.
func parts(mix map[string]float64, names []string) []part {
	out := []part{{OnDemand, mix["on-demand"]}}
	rest := -mix["on-demand"]
	for _, v := range slices.Sorted(maps.Values(mix)) {
		rest += v
	}
	for _, n := range names {
		out = append(out, part{n, mix[n]})
		rest -= mix[n]
	}
	return append(out, part{"other types", max(rest, 0)})
}

// commonTypes are the types that ran longest over all strategies.
func (r *Result) commonTypes() []string {
	hours := map[string]float64{}
	for _, s := range r.Strategies {
		for _, name := range slices.Sorted(maps.Keys(s.course.mix)) {
			if name != "on-demand" {
				hours[name] += s.course.mix[name]
			}
		}
	}
	names := slices.SortedFunc(maps.Keys(hours), func(a, b string) int {
		return cmp.Or(cmp.Compare(hours[b], hours[a]), strings.Compare(a, b))
	})
	return names[:min(len(names), mixedTypes)]
}
