package simulate

import (
	"fmt"
	"slices"
	"time"
)

// result adds the groups up, strategy by strategy.
func (r *runner) result() *Result {
	out := &Result{
		Region: r.cfg.Data.Region, From: r.cfg.Period.From, To: r.cfg.Period.To, Seed: r.cfg.Period.Seed, BootSeconds: r.cfg.Boot.Seconds(),
		Storm: r.cfg.Storm, Files: r.cfg.Data.Files, Assumptions: append(r.assumptions(), r.cfg.Data.Assumptions...),
	}
	best, wanted := 0.0, 0.0
	for n, w := range r.worlds {
		g := r.cfg.Groups[n]
		falls := 0
		for _, c := range w.changes {
			if c.after < c.before {
				falls++
			}
		}
		out.Groups = append(out.Groups, Simulated{Group: g, Size: g.Desired, OnDemandUSD: w.od, Pools: len(w.pools), Outages: falls})
		best += bestPools(w, g.Desired)
		wanted += w.span.Seconds() * float64(g.Desired)
	}
	for _, name := range Names() {
		if name == Oracle {
			out.Strategies = append(out.Strategies, r.oracleResult())
			continue
		}
		out.Strategies = append(out.Strategies, r.summarize(name, wanted))
	}
	slices.Sort(r.notes) // groups end in any order
	out.Assumptions = append(out.Assumptions, r.notes...)
	r.bound(out)
	onDemand := out.Strategies[0].CostUSD
	for i := range out.Strategies {
		s := &out.Strategies[i]
		s.SavingsPercent = percent(s.CostUSD, onDemand)
	}
	oracle := out.Strategies[len(out.Strategies)-1]
	for i := range out.Strategies {
		s := &out.Strategies[i]
		s.Captured = captured(onDemand-s.CostUSD, onDemand-oracle.CostUSD)
		s.CostUSD, s.SavingsPercent = round(s.CostUSD, 4), round(s.SavingsPercent, 4)
	}
	out.BestPoolPercent = round(percent(best, onDemand), 4)
	return out
}

func percent(cost, onDemand float64) float64 {
	if onDemand <= 0 {
		return 0
	}
	return 100 * (1 - cost/onDemand)
}

// captured is 1 where there was nothing to be saved and nothing was lost.
func captured(saved, could float64) float64 {
	if could <= 0 {
		if saved < 0 {
			return 0
		}
		return 1
	}
	return round(saved/could, 6)
}

func (r *runner) summarize(name string, wanted float64) Strategy {
	s := Strategy{Name: name, APICalls: map[string]int{}}
	for _, c := range r.played[name] {
		s.CostUSD += c.cost()
		s.DeficitSeconds += c.meter.deficit
		s.DeficitByUsSeconds += c.meter.byUs
		s.Interruptions += c.taken
		s.Swaps += c.swaps
		for op, n := range c.calls {
			s.APICalls[op] += n
		}
		s.course.addCloud(c)
	}
	s.Availability = availability(s.DeficitSeconds, wanted)
	s.DeficitSeconds, s.DeficitByUsSeconds = round(s.DeficitSeconds, 3), round(s.DeficitByUsSeconds, 3)
	return s
}

// availability is never rounded up to a whole that it is not.
func availability(deficit, wanted float64) float64 {
	a := round(1-deficit/wanted, 9)
	if deficit > 0 && a >= 1 {
		return 1 - 1e-9
	}
	return a
}

func (r *runner) oracleResult() Strategy {
	s := Strategy{Name: Oracle, Availability: 1, APICalls: map[string]int{}}
	for n, o := range r.oracle {
		s.CostUSD += o.cost
		s.Swaps += o.moves
		s.course.addOracle(r.worlds[n], o, r.cfg.Groups[n].Desired)
	}
	return s
}

// bound lets the oracle do as a strategy did that was cheaper and never short: who knows the future knows also that. It happens where
// one that keeps to no cap put more into the cheapest pool than the oracle may, and was lucky.
func (r *runner) bound(out *Result) {
	oracle := &out.Strategies[len(out.Strategies)-1]
	for _, s := range out.Strategies[:len(out.Strategies)-1] {
		if s.Availability >= oracle.Availability && s.CostUSD < oracle.CostUSD {
			out.Assumptions = append(out.Assumptions, fmt.Sprintf("the oracle did as %s did, which held more in one pool than the diversity cap allows and was never short: %.2f USD, its own plan %.2f USD", s.Name, s.CostUSD, oracle.CostUSD))
			oracle.CostUSD, oracle.course, oracle.Swaps = s.CostUSD, s.course, s.Swaps
		}
	}
}

// assumptions are the rules of every run.
func (r *runner) assumptions() []string {
	return []string{
		fmt.Sprintf("an instance serves %s after its launch; it bills from the launch on, by the second, a minute at least", r.cfg.Boot),
		fmt.Sprintf("a pool is struck %g times as often as it would take to lose in a month the middle of the advisor's range of what runs there (the advisor counts everybody's capacity, of which a part is taken at a time; here a strike takes all that the group has in the pool: the hard case); a strike plays an outage trace from its next fall on until it has been at full capacity for %s", strikesPerShare*r.cfg.Storm, quiet),
		"which trace a pool gets, from which offset, and when it is struck is a hash of (type, zone, seed); pools fail independently",
		"while a pool is below its full level launches into it fail; when it falls, the same share of what runs there is given notice; 120 s later it is gone",
		"a spot price at or above on-demand, the pool's own or the group's type's, is no spot there",
		"on-demand capacity never lacks",
		"native, native-rebalance and lowest-price begin with their spot instances in service; on-demand, predecessor and coordinator begin on demand",
		"native: mixed instances policy, all spot, every compatible type up to twice the cheapest; a dead member is noticed after 30 s",
		fmt.Sprintf("price-capacity-optimized is not published: here, pools in a cluster of outages last, the others by price × (1 + %.1f × monthly interruption); the same for native and coordinator", riskWeight),
		fmt.Sprintf("half of the rebalance recommendations come with the notice, the others up to %s before; as many come for nothing", longestAdvice),
		"predecessor: one instance per run of a 30-minute cron, cheapest compatible type, 5 minutes' grace, dead members replaced by the group on demand",
		"coordinator: the product's own code with its defaults; its applications are probed, so that spotd says ready when they are up; a message takes 2.2 s from the instance to the coordinator",
		"oracle: knows the future; compatible types, balanced zones, at most half of a zone in one pool, and both bill while one boots; the share of a type over all zones is left out",
	}
}

// column turns a column of the report into its times.
func column(span time.Duration, i int) (from, to time.Duration) {
	return span * time.Duration(i) / columnsInReport, span * time.Duration(i+1) / columnsInReport
}

func (c *course) prepare() {
	if c.lowest == nil {
		c.lowest, c.spent, c.mix = make([]float64, columnsInReport), make([]float64, columnsInReport), map[string]float64{}
	}
}

func (c *course) addCloud(cl *cloud) {
	c.prepare()
	for i, n := range cl.meter.lowest {
		c.lowest[i] += float64(max(n, 0))
	}
	for _, i := range cl.all {
		end := cl.w.span
		if !i.live() {
			end = min(i.ended, end)
		}
		c.live(life{from: i.launched, to: end, n: 1}, cl.w.span, mixName(i.typ, i.spot()), func(a, b time.Duration) float64 { return cl.billed(i, a, b) })
	}
}

func (c *course) addOracle(w *world, o oracle, size int) {
	c.prepare()
	for i := range c.lowest {
		c.lowest[i] += float64(size)
	}
	for _, l := range o.lives {
		typ, bill := w.victim, func(a, b time.Duration) float64 { return w.od * (b - a).Hours() }
		if l.pool != nil {
			typ, bill = l.pool.Type, l.pool.cost
		}
		c.live(l, w.span, mixName(typ, l.pool != nil), bill)
	}
}

// live spreads one instance's life over the columns; hours of types are weighted by nothing but time.
func (c *course) live(l life, span time.Duration, name string, bill func(a, b time.Duration) float64) {
	from, to, n := l.from, l.to, l.n
	if to <= from {
		return
	}
	c.mix[name] += (to - from).Hours() * float64(n)
	first := min(int(float64(from)/float64(span)*columnsInReport), columnsInReport-1)
	for i := first; i < columnsInReport; i++ {
		a, b := column(span, i)
		if a >= to {
			break
		}
		a, b = max(a, from), min(b, to)
		if b <= a {
			continue
		}
		c.spent[i] += bill(a, b) * float64(n)
	}
}

// mixName is under what an instance's hours are shown: its type, or on-demand.
func mixName(typ string, spot bool) string {
	if !spot {
		return "on-demand"
	}
	return typ
}
