package dataset

import (
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"autospotting/coordinator/market"
	"autospotting/pkg/snapshot"
)

// The built-in market: the snapshot's prices, made to glide as real ones do.
const (
	sampleDays  = 30
	priceEvery  = 8 * time.Hour
	largestStep = 0.07 // the largest single step of the real histories is 1.07×
	stepSigma   = 0.01
	pullBack    = 0.02 // towards the snapshot's price, per step
)

// samplePrices makes a month of prices around the snapshot's. They are the same at every run: the seed of a simulation
// draws outages, not prices.
func (d *Data) samplePrices() {
	end := snapshot.AsOf
	start := end.Add(-sampleDays * 24 * time.Hour)
	zones := d.sampleZones()
	for _, p := range snapshot.Prices(d.Region) {
		rng := seeded("prices", d.Region, p.Type)
		which := rng.Perm(len(zones)) // the snapshot does not say which zone has which price
		for i, usd := range p.PerZoneSorted {
			if usd > 0 && i < len(zones) {
				d.Prices[market.Pool{Type: p.Type, Zone: zones[which[i]]}] = glide(rng, usd, start, end)
			}
		}
	}
	d.from("spot prices", "", "built-in snapshot of "+snapshot.Date+", made to glide at random")
	d.assume("the built-in market is made up but for its level: which zone has which of the snapshot's prices, and how they move in %d days (steps of about %.0f %%), is drawn at random", sampleDays, 100*stepSigma)
}

func (d *Data) sampleZones() []string {
	n := 0
	for _, p := range snapshot.Prices(d.Region) {
		n = max(n, len(p.PerZoneSorted))
	}
	var zones []string
	for i := range min(n, 26) {
		zones = append(zones, d.Region+string(rune('a'+i)))
	}
	return zones
}

func glide(rng *rand.Rand, usd float64, from, to time.Time) Series {
	var s Series
	x := 0.0 // the logarithm of the price over the snapshot's
	for at := from; at.Before(to); at = at.Add(priceEvery/2 + rand64(rng, priceEvery)) {
		s = append(s, Point{At: at.Truncate(time.Second), USD: math.Round(usd*math.Exp(x)*1e4) / 1e4})
		x += min(max(rng.NormFloat64()*stepSigma-x*pullBack, -largestStep), largestStep)
	}
	return s
}

func rand64(rng *rand.Rand, d time.Duration) time.Duration {
	return time.Duration(rng.Int64N(int64(d)))
}

// sampleTraces makes traces of the shape that measured ones have: most of the time up, and outages that are long and come
// in clusters. The same at every run.
func sampleTraces() []Trace {
	const tick = 5 * time.Minute
	var all []Trace
	for n := range 8 {
		rng := seeded("outages", string(rune('0'+n)), "")
		t := Trace{Name: "synthetic-" + string(rune('1'+n)), Span: 30 * 24 * time.Hour}
		for at := time.Duration(0); at < t.Span; {
			t.add(at, 1)
			at += stay(rng, 12*time.Hour, 1.2, tick)
			for range 1 + rng.IntN(5) { // a cluster: out, up for a while, out again
				if at >= t.Span {
					break
				}
				level := 0.0
				if n%4 == 3 { // some pools shrink by a part
					level = float64(rng.IntN(4)) / 4
				}
				t.add(at, level)
				at += stay(rng, time.Hour, 1.1, tick)
				t.add(at, 1)
				at += stay(rng, 20*time.Minute, 0.8, tick)
			}
		}
		t.Steps = slices.DeleteFunc(t.Steps, func(s Step) bool { return s.At >= t.Span })
		all = append(all, t)
	}
	return all
}

// stay draws a duration around a median, long-tailed.
func stay(rng *rand.Rand, median time.Duration, sigma float64, tick time.Duration) time.Duration {
	d := time.Duration(float64(median) * math.Exp(rng.NormFloat64()*sigma))
	return max(d.Truncate(tick), tick)
}

func seeded(words ...string) *rand.Rand {
	h := fnv.New64a()
	for _, w := range words {
		h.Write([]byte(w + "\x00"))
	}
	return rand.New(rand.NewPCG(h.Sum64(), 0x5eed))
}
