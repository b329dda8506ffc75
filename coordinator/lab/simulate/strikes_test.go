package simulate

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"autospotting/coordinator/lab/dataset"
	"autospotting/coordinator/market"
)

func TestTheWorldIsWhatItsFilesSay(t *testing.T) {
	t.Parallel()
	cfg := small(t, 20, 5, 11)
	w := newWorld(cfg.Data, cfg.Groups[0], cfg.Period, 3)
	falls := 0
	for _, p := range w.pools {
		level := p.start
		for i, c := range p.changes {
			if c.before != level || c.after == c.before || c.n != i || c.at < 0 || c.at >= w.span || c.after < 0 || c.after > 1 {
				t.Fatalf("%s: change %d is %+v at level %v", p, i, c, level)
			}
			if c.after < c.before {
				falls++
			}
			level = c.after
		}
		sum := 0.0
		for at := time.Duration(0); at < w.span; at += time.Minute {
			sum += p.usdAt(at) / 60
			if usd := p.usdAt(at); (usd == 0 || usd >= min(p.od, w.od)) && p.levelOf(at) > 0 {
				t.Fatalf("%s: sold at %v where the price is %v", p, at, usd)
			}
			at += 199 * time.Minute
			sum += p.cost(at-199*time.Minute, at)
		}
		if got := p.cost(0, w.span); math.Abs(sum-got) > 0.01*got+1e-9 {
			t.Fatalf("%s: costs %v over the period, %v added up", p, got, sum)
		}
	}
	if falls == 0 || !slices.IsSortedFunc(w.changes, func(a, b change) int { return int(a.at - b.at) }) {
		t.Errorf("%d falls, out of order or none", falls)
	}
}

func TestStrikesComeAsOftenAsTheAdvisorSays(t *testing.T) {
	t.Parallel()
	cfg := small(t, 20, 5, 1)
	traces := []dataset.Trace{{Name: "short", Span: 10 * time.Hour, Steps: []dataset.Step{{At: 0, Level: 1}, {At: 5 * time.Hour, Level: 0}, {At: 5*time.Hour + time.Minute, Level: 1}}}}
	period := Period{From: start, To: start.Add(10 * month), Seed: 5}
	for _, b := range []dataset.Bucket{{From: 0, To: 0.05}, {From: 0.16, To: 0.22}, {From: 0.22, To: 1}} {
		n := 0
		const pools = 100
		for i := range pools {
			for _, c := range drawOutages(traces, market.Pool{Type: "m5.large", Zone: fmt.Sprint(i)}, b, period, 1).clusters {
				n += one(c.from >= 0)
			}
		}
		want := -math.Log(1-b.Middle()) * strikesPerShare * 10 * pools
		if got := float64(n); got < 0.9*want || got > 1.1*want {
			t.Errorf("middle %v: %v strikes, want about %.0f", b.Middle(), got, want)
		}
	}
	if o := drawOutages(traces, market.Pool{}, dataset.Bucket{}, cfg.Period, 1); len(o.steps) != 0 {
		t.Error("what is never interrupted was")
	}
}

func TestAStrikePlaysItsTraceFromTheNextFallUntilItIsQuiet(t *testing.T) {
	t.Parallel()
	h := time.Hour
	tr := dataset.Trace{Span: 24 * h, Steps: []dataset.Step{{At: 0, Level: 1}, {At: 2 * h, Level: 0}, {At: 3 * h, Level: 1}, {At: 4 * h, Level: 0.5}, {At: 5 * h, Level: 1}, {At: 20 * h, Level: 0}, {At: 21 * h, Level: 1}}}
	var o outages
	length, end := o.strike(tr, h, 100*h)
	want := []dataset.Step{{At: 100 * h, Level: 0}, {At: 101 * h, Level: 1}, {At: 102 * h, Level: 0.5}, {At: 103 * h, Level: 1}}
	if !slices.Equal(o.steps, want) || length != 3*h || end != 5*h {
		t.Errorf("%v for %v to %v: want %v", o.steps, length, end, want)
	}
	o = outages{}
	if length, _ := o.strike(tr, 6*h, 0); length != h || o.steps[0].Level != 0 {
		t.Errorf("from 6h on the fall at 20h is next: %v, %v", o.steps, length)
	}
}
