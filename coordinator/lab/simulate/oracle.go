package simulate

import (
	"math"
	"slices"
	"time"
)

// oracle is the bound: it knows every price and outage to come, moves in time, and keeps to the same rules as the coordinator:
// compatible types, zones balanced, at most half of a zone's instances in one pool, and both bill while one boots.
//
// In a zone that wants w instances the cheapest way under the cap is two tiers, ⌈w/2⌉ and the rest, each of them in one pool
// at any time; each tier's course through the pools is found by dynamic programming over every moment at which a price or a level
// changes. The share of a type over all zones is left out, which can only make the bound higher.
type oracle struct {
	cost  float64
	moves int
	lives []life
}

// life is some instances' stay in one pool, or on demand where that is nil.
type life struct {
	pool     *pool
	zone     string
	n        int
	from, to time.Duration
}

// askOracle plans for a group of the given size.
func askOracle(w *world, boot time.Duration, size int) oracle {
	var o oracle
	for z, zone := range w.zones {
		wanted := share(size, len(w.zones), z)
		tiers := []int{(wanted + 1) / 2, wanted / 2}
		var taken []int // by the first tier, per interval
		grid := w.grid(zone)
		for _, n := range tiers {
			if n == 0 {
				continue
			}
			path := w.course(zone, grid, boot, taken)
			o.add(w, zone, grid, path, n, boot)
			taken = path
		}
	}
	return o
}

// share is how many of size fall to the z-th of so many zones, balanced.
func share(size, zones, z int) int {
	n := size / zones
	if z < size%zones {
		n++
	}
	return n
}

// grid lists the moments at which anything changes in the zone, and the end.
func (w *world) grid(zone string) []time.Duration {
	times := []time.Duration{0, w.span}
	for _, p := range w.byZone[zone] {
		for _, at := range p.at {
			if at < w.span {
				times = append(times, at)
			}
		}
		for _, c := range p.changes {
			times = append(times, c.at)
		}
	}
	slices.Sort(times)
	return slices.Compact(times)
}

// course is the cheapest way through the zone's pools for one instance: per interval the index of its pool in byZone, or
// their number for on-demand. Moving costs the newcomer's price for a boot; pools taken by the other tier are closed.
func (w *world) course(zone string, grid []time.Duration, boot time.Duration, taken []int) []int {
	pools := w.byZone[zone]
	n := len(pools) + 1
	best := make([]float64, n)
	from := make([][]int32, len(grid)-1)
	levels := make([]int, len(pools)) // cursors
	for t := range from {
		from[t] = make([]int32, n)
		cheapest := int32(0)
		if t > 0 {
			for s := range best {
				if best[s] < best[cheapest] {
					cheapest = int32(s)
				}
			}
		}
		floor := best[cheapest]
		next := make([]float64, n)
		for s := range n {
			hold, enter := w.prices(pools, levels, s, grid[t], grid[t+1], boot)
			if taken != nil && s < len(pools) && taken[t] == s {
				hold = math.Inf(1)
			}
			from[t][s] = int32(s)
			cost := best[s]
			if t > 0 && floor+enter < cost {
				cost, from[t][s] = floor+enter, cheapest
			}
			next[s] = cost + hold
		}
		best = next
	}
	end := 0
	for s := range best {
		if best[s] < best[end] {
			end = s
		}
	}
	path := make([]int, len(from))
	for t := len(from) - 1; t >= 0; t-- {
		path[t] = end
		end = int(from[t][end])
	}
	return path
}

// prices gives what an instance pays in a pool from a to b, and what moving into it at a costs. A pool that is not whole
// is closed.
func (w *world) prices(pools []*pool, cursor []int, s int, a, b, boot time.Duration) (hold, enter float64) {
	if s == len(pools) {
		return w.od * (b - a).Hours(), w.od * min(boot, a).Hours()
	}
	p := pools[s]
	for cursor[s] < len(p.changes) && p.changes[cursor[s]].at <= a {
		cursor[s]++
	}
	level := p.start
	if cursor[s] > 0 {
		level = p.changes[cursor[s]-1].after
	}
	if level < 1 {
		return math.Inf(1), 0
	}
	return p.cost(a, b), p.cost(max(0, a-boot), a)
}

// add makes lives of a course.
func (o *oracle) add(w *world, zone string, grid []time.Duration, path []int, n int, boot time.Duration) {
	pools := w.byZone[zone]
	for t := 0; t < len(path); {
		end := t
		for end < len(path) && path[end] == path[t] {
			end++
		}
		l := life{zone: zone, n: n, from: grid[t], to: grid[end]}
		if t > 0 {
			l.from = max(0, grid[t]-boot)
			o.moves += n
		}
		rate := w.od * (l.to - l.from).Hours()
		if path[t] < len(pools) {
			l.pool = pools[path[t]]
			rate = l.pool.cost(l.from, l.to)
		}
		o.cost += rate * float64(n)
		o.lives = append(o.lives, l)
		t = end
	}
}

// bestPools is what the cheapest pool of each zone alone would have cost, at every moment, with nothing in the way.
func bestPools(w *world, size int) float64 {
	sum := 0.0
	for z, zone := range w.zones {
		grid := w.grid(zone)
		for t := 0; t+1 < len(grid); t++ {
			cheapest := w.od
			for _, p := range w.byZone[zone] {
				if usd := p.usdAt(grid[t]); usd > 0 && usd < cheapest {
					cheapest = usd
				}
			}
			sum += cheapest * (grid[t+1] - grid[t]).Hours() * float64(share(size, len(w.zones), z))
		}
	}
	return sum
}
