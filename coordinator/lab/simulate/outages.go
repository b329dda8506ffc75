package simulate

import (
	"math"
	"time"

	"autospotting/coordinator/lab/dataset"
	"autospotting/coordinator/market"
)

const (
	month = 30 * 24 * time.Hour
	// quiet ends a cluster of outages: what follows a longer time at full capacity is another strike.
	quiet = 2 * time.Hour
	// strikesPerShare is how often a pool is struck for what the advisor counts. It counts everybody's capacity, of which AWS takes a
	// part at a time; a strike here takes all that the group has in the pool. So strikes come ten times as often as its share alone would
	// make them: the hard case, which is what a test wants. --storm 0.1 is the advisor to the letter.
	strikesPerShare = 10
	// before the beginning of a run outages are drawn for as long, so that some are under way when it begins.
	before = 14 * 24 * time.Hour
	// longestCluster bounds one strike: some of the measured pools were hardly ever up.
	longestCluster = month
	// Of AWS's rebalance recommendations, half come with the notice, the others up to so much earlier; and as many come for nothing.
	longestAdvice = 20 * time.Minute
)

// outages are one pool's.
type outages struct {
	steps    []dataset.Step
	clusters []span
	advice   []advice
}

// drawOutages decides when a pool is struck and what by. Which trace, and from where in it, is a hash of type, zone and seed;
// strikes come at random, ten times as often as it takes to lose in a month the middle of the advisor's range; and each strike plays the trace from its next fall on until it has been up for a while.
func drawOutages(traces []dataset.Trace, key market.Pool, b dataset.Bucket, p Period, storm float64) outages {
	var o outages
	n := 0
	random := func(what string) float64 { n++; return draw(p.Seed, n, key.Type, key.Zone, what) }
	t := traces[int(random("trace")*float64(len(traces)))]
	offset := time.Duration(random("offset") * float64(t.Span))
	rate := -math.Log(1-min(b.Middle(), 0.99)) * strikesPerShare * storm // strikes a month
	if rate <= 0 || !falls(t) {
		return o
	}
	mean := time.Duration(float64(month) / rate)
	end := p.To.Sub(p.From)
	for at := -before + exponential(random("strike"), mean); at < end; {
		var length time.Duration
		length, offset = o.strike(t, offset, at)
		o.clusters = append(o.clusters, span{at, at + length + quiet})
		if u := random("advice"); u >= 0.5 {
			o.advice = append(o.advice, advice{at: at - time.Duration((u-0.5)*2*float64(longestAdvice))})
		}
		at += length + exponential(random("strike"), mean)
	}
	for at := exponential(random("false"), mean); at < end; at += exponential(random("false"), mean) {
		o.advice = append(o.advice, advice{at: at})
	}
	return o
}

func falls(t dataset.Trace) bool {
	for i := 1; i < len(t.Steps); i++ {
		if t.Steps[i].Level < t.Steps[i-1].Level {
			return true
		}
	}
	return false
}

// strike plays one cluster at the given time and returns its length and where in the trace it ended.
func (o *outages) strike(t dataset.Trace, offset, at time.Duration) (length, end time.Duration) {
	i := nextFall(t, offset)
	begin := t.Steps[i%len(t.Steps)].At
	round := time.Duration(0) // of the trace, played in a circle, once
	longest := min(longestCluster, t.Span)
	for {
		s := t.Steps[i%len(t.Steps)]
		since := s.At + round - begin
		o.steps = append(o.steps, dataset.Step{At: at + since, Level: s.Level})
		i++
		if i%len(t.Steps) == 0 {
			round += t.Span
		}
		next := t.Steps[i%len(t.Steps)].At + round - begin
		if s.Level >= 1 && next-since > quiet || next > longest {
			if s.Level < 1 { // too long: it ends here
				since = min(next, longest)
				o.steps = append(o.steps, dataset.Step{At: at + since, Level: 1})
			}
			return max(since, time.Second), (begin + since) % t.Span
		}
	}
}

// nextFall is the first step from the offset on that falls from the full level, or at all where there is none.
func nextFall(t dataset.Trace, offset time.Duration) int {
	first := 0
	for first < len(t.Steps) && t.Steps[first].At < offset {
		first++
	}
	partial := -1
	n := len(t.Steps)
	for k := range n {
		i := first + k
		was := t.Steps[(i+n-1)%n].Level
		if is := t.Steps[i%n].Level; is < was {
			if was >= 1 {
				return i % n
			}
			if partial < 0 {
				partial = i % n
			}
		}
	}
	return max(partial, 0)
}
