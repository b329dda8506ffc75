package simulate

import (
	"cmp"
	"hash/fnv"
	"math"
	"slices"
	"sort"
	"time"

	"autospotting/coordinator/lab/dataset"
	"autospotting/coordinator/market"
)

// world is the market that all strategies meet: prices and outages of every pool, for one group's type, zones and period.
// It is read only once built. Times are since its beginning.
type world struct {
	from    time.Time
	span    time.Duration
	zones   []string
	victim  string
	od      float64 // the victim type's on-demand price, USD per hour
	pools   []*pool // compatible ones, by type and zone
	byPool  map[market.Pool]*pool
	byZone  map[string][]*pool
	changes []change // of all pools, in order of time
	catalog market.Catalog
	need    market.Need
}

// pool is one type in one zone.
type pool struct {
	market.Pool
	od      float64
	bucket  dataset.Bucket
	index   int
	at      []time.Duration // of the prices
	usd     []float64
	sum     []float64 // USD for one instance from at[0] to at[i]
	changes []change  // of its level
	start   float64   // its level at the beginning
	shallow []span    // from the first outage of a cluster until it has been quiet
	advice  []advice
}

// change is a new level of a pool: the share of its capacity that can be had. Instances are taken in the proportion that
// it falls; launches need all of it.
type change struct {
	at     time.Duration
	pool   *pool
	before float64
	after  float64
	n      int // which of the pool's changes
}

type span struct{ from, to time.Duration }

// advice is a rebalance recommendation to what runs in the pool.
type advice struct {
	at   time.Duration
	pool *pool
}

// newWorld lays the data out for a group.
func newWorld(d *dataset.Data, g dataset.Group, p Period, storm float64) *world {
	w := &world{from: p.From, span: p.To.Sub(p.From), zones: g.Zones, victim: g.Type, od: d.OnDemandUSD[g.Type], byPool: map[market.Pool]*pool{}, byZone: map[string][]*pool{}}
	w.catalog = market.Catalog{Types: d.Types, Offered: map[market.Pool]bool{}, OnDemandUSD: d.OnDemandUSD, Source: "simulation"}
	for pool := range d.Prices {
		if slices.Contains(g.Zones, pool.Zone) {
			w.catalog.Offered[pool] = true
		}
	}
	w.need = needOf(d.Types[g.Type], g.Zones)
	names, _ := market.Compatible(w.catalog, w.need)
	for _, name := range names {
		for _, zone := range g.Zones {
			key := market.Pool{Type: name, Zone: zone}
			if s := d.Prices[key]; len(s) > 0 && d.OnDemandUSD[name] > 0 {
				w.add(d, key, s, p, storm)
			}
		}
	}
	slices.SortStableFunc(w.changes, func(a, b change) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.pool.index, b.pool.index))
	})
	w.trim(d)
	return w
}

// trim leaves to the catalog the types that matter here; what could never be a candidate only costs time.
func (w *world) trim(d *dataset.Data) {
	types := map[string]market.Type{w.victim: d.Types[w.victim]}
	for _, p := range w.pools {
		types[p.Type] = d.Types[p.Type]
	}
	w.catalog.Types = types
}

// needOf is what the simulated image asks for: the original's architecture, and today's drivers.
func needOf(t market.Type, zones []string) market.Need {
	n := market.Need{Victim: t.Name, Zones: zones, Virtualization: market.HVM, ENA: market.SupportYes, UsesInstanceStore: t.StorageKind == "nvme"}
	if len(t.Arch) > 0 {
		n.Arch = t.Arch[0]
		if slices.Contains(t.Arch, "x86_64") {
			n.Arch = "x86_64"
		}
	}
	return n
}

func (w *world) add(d *dataset.Data, key market.Pool, s dataset.Series, p Period, storm float64) {
	one := &pool{Pool: key, od: d.OnDemandUSD[key.Type], index: len(w.pools)}
	one.bucket, _ = d.Advisor.Of(key.Type)
	one.price(s, p)
	o := drawOutages(d.Traces, key, one.bucket, p, storm)
	one.shallow, one.advice = o.clusters, o.advice
	for i := range one.advice {
		one.advice[i].pool = one
	}
	one.level(o.steps, one.dear(w.od), w.span)
	w.pools = append(w.pools, one)
	w.byPool[key] = one
	w.byZone[key.Zone] = append(w.byZone[key.Zone], one)
	w.changes = append(w.changes, one.changes...)
}

// price keeps the part of a history that matters. Before its first price a pool is not sold.
func (p *pool) price(s dataset.Series, period Period) {
	for _, point := range s {
		at := point.At.Sub(period.From)
		if at >= period.To.Sub(period.From) {
			break
		}
		if n := len(p.at); n > 0 && at <= 0 {
			p.at, p.usd = p.at[:n-1], p.usd[:n-1] // only the last one before the beginning holds there
		}
		p.at, p.usd = append(p.at, max(at, 0)), append(p.usd, point.USD)
	}
	p.sum = make([]float64, len(p.at))
	for i := 1; i < len(p.at); i++ {
		p.sum[i] = p.sum[i-1] + p.usd[i-1]*(p.at[i]-p.at[i-1]).Hours()
	}
}

// dear are the times without spot: before the first price, and while the price is at or above on-demand, the pool's own or
// the victim's, which is the most that anybody pays.
func (p *pool) dear(od float64) []dataset.Step {
	steps := []dataset.Step{{At: 0, Level: 0}}
	for i, at := range p.at {
		level := 1.0
		if p.usd[i] >= min(p.od, od) {
			level = 0
		}
		steps = append(steps, dataset.Step{At: at, Level: level})
	}
	return steps
}

// level makes the pool's changes from its outages and its dear times; the lower holds.
func (p *pool) level(outages, dear []dataset.Step, span time.Duration) {
	var times []time.Duration
	for _, s := range slices.Concat(outages, dear) {
		if s.At < span {
			times = append(times, max(s.At, 0))
		}
	}
	slices.Sort(times)
	p.start = 1
	before := -1.0
	for _, at := range slices.Compact(times) {
		after := min(levelAt(outages, at, 1), levelAt(dear, at, 0))
		switch {
		case before < 0:
			p.start = after
		case after != before:
			p.changes = append(p.changes, change{at: at, pool: p, before: before, after: after, n: len(p.changes)})
		}
		before = after
	}
}

func levelAt(steps []dataset.Step, at time.Duration, otherwise float64) float64 {
	i := sort.Search(len(steps), func(i int) bool { return steps[i].At > at })
	if i == 0 {
		return otherwise
	}
	return steps[i-1].Level
}

// usdAt is the price per hour, 0 where there is none yet.
func (p *pool) usdAt(t time.Duration) float64 {
	i := sort.Search(len(p.at), func(i int) bool { return p.at[i] > t })
	if i == 0 {
		return 0
	}
	return p.usd[i-1]
}

// cost is what one instance pays from a to b.
func (p *pool) cost(a, b time.Duration) float64 { return p.paid(b) - p.paid(a) }

func (p *pool) paid(t time.Duration) float64 {
	i := sort.Search(len(p.at), func(i int) bool { return p.at[i] > t })
	if i == 0 {
		return 0
	}
	return p.sum[i-1] + p.usd[i-1]*(t-p.at[i-1]).Hours()
}

// isShallow tells whether a cluster of outages is under way, as AWS would know.
func (p *pool) isShallow(t time.Duration) bool {
	i := sort.Search(len(p.shallow), func(i int) bool { return p.shallow[i].from > t })
	return i > 0 && t < p.shallow[i-1].to
}

// draw is a number in [0, 1) that depends on its words alone.
func draw(seed int64, n int, words ...string) float64 {
	h := fnv.New64a()
	var b [16]byte
	for i := range 8 {
		b[i], b[8+i] = byte(seed>>(8*i)), byte(n>>(8*i))
	}
	h.Write(b[:])
	for _, w := range words {
		h.Write([]byte(w))
		h.Write([]byte{0})
	}
	x := h.Sum64()
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd // FNV's high bits mix poorly; this is MurmurHash3's finalizer
	x ^= x >> 33
	x *= 0xc4ceb9fe1a85ec53
	x ^= x >> 33
	return float64(x>>11) / (1 << 53)
}

// exponential turns a draw into a waiting time of the given mean.
func exponential(u float64, mean time.Duration) time.Duration {
	d := -math.Log(1-u) * float64(mean)
	return time.Duration(min(d, float64(100*365*24*time.Hour)))
}
