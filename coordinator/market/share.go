package market

import (
	"cmp"
	"fmt"
)

// Over says in which way taking one more of a pool would exceed its share.
type Over int

// Less is better: a whole type taken away hurts less often than one pool,
// since pools of one type in different zones fail apart more often than
// together.
const (
	WithinShare   Over = iota
	OverTypeShare      // the type has half of the group over all zones
	OverPoolShare      // the pool has half of what is wanted in the zone
)

// crowdingSteps is into how many steps a share is cut. Within one step price
// decides, so that a group of hundreds uses about ten pools per zone and not
// every dear type there is, while a small one never repeats a pool it need
// not.
const crowdingSteps = 4

// Crowding is how much of the group already sits in a pool and in its type.
type Crowding struct {
	Over Over
	Pool int // steps of the pool's share taken, 0 for a fresh pool
	Type int // the same for the type over all zones
}

func (a Crowding) compare(b Crowding) int {
	return cmp.Or(cmp.Compare(a.Over, b.Over), cmp.Compare(a.Pool, b.Pool), cmp.Compare(a.Type, b.Type))
}

// share knows how many instances a pool and a type may hold.
type share struct {
	zone    string
	held    Holding
	byType  map[string]int
	poolCap int
	typeCap int
}

// shareOf spreads size evenly over the group's zones. In a zone that wants w
// instances a pool may hold max(1, ⌈w/2⌉), so two or more are never all in one
// pool; a type may hold half of the group, rounded up.
func shareOf(n Need, zone string, h Holding, size int) share {
	zones := max(len(n.Zones), 1)
	wanted := (size + zones - 1) / zones
	s := share{zone: zone, held: h, byType: make(map[string]int, len(h)),
		poolCap: max(1, (wanted+1)/2), typeCap: max(1, (size+1)/2)}
	for p, count := range h {
		s.byType[p.Type] += count
	}
	return s
}

func (s share) crowding(p Pool) Crowding {
	inPool, inType := s.held[p], s.byType[p.Type]
	c := Crowding{Pool: inPool * crowdingSteps / s.poolCap, Type: inType * crowdingSteps / s.typeCap}
	switch {
	case inPool >= s.poolCap:
		c.Over = OverPoolShare
	case inType >= s.typeCap:
		c.Over = OverTypeShare
	}
	return c
}

func (s share) candidate(p Pool, price float64, l limits) Candidate {
	return Candidate{Pool: p, SpotUSD: price, MaxUSD: l.max, Crowding: s.crowding(p), onDemand: l.onDemand,
		inPool: s.held[p], inType: s.byType[p.Type], poolCap: s.poolCap, typeCap: s.typeCap}
}

// Why is one clause for people.
func (c Candidate) Why() string {
	why := fmt.Sprintf("%.4f USD/h, %.0f %% below on-demand; holds %d of %d in the zone, its type %d of %d",
		c.SpotUSD, 100*(1-c.SpotUSD/c.onDemand), c.inPool, c.poolCap, c.inType, c.typeCap)
	switch c.Crowding.Over {
	case OverTypeShare:
		why += "; over the type's share, nothing else is left"
	case OverPoolShare:
		why += "; over the pool's share, nothing else is left"
	}
	return why
}
