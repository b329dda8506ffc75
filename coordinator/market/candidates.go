package market

import (
	"cmp"
	"fmt"
	"slices"
)

// Candidate is a pool worth asking for, with what it costs now and the most
// that may be paid (CreateFleet's MaxPrice), both USD per hour.
type Candidate struct {
	Pool
	SpotUSD float64
	MaxUSD  float64
	// Crowding is how full the pool and its type are already, 0 for fresh;
	// the order is by it first. A caller that hands only some candidates to
	// CreateFleet cuts from the end.
	Crowding Crowding

	onDemand         float64
	inPool, inType   int
	poolCap, typeCap int
}

// Candidates returns the pools of one zone that may take the place of
// n.Victim, the most diverse first, then the cheapest, then by name. h counts what
// the group holds per pool, avoid the pools left out for now, size the
// group's desired capacity. The same input gives the same answer.
//
// A pool that has its share of the group (see share) comes back only when
// nothing else is left, and Why says so. The error is a *NoCandidate when
// rules left nothing, else that of Need.Validate.
func Candidates(c Catalog, n Need, zone string, h Holding, avoid Shunned, size int) ([]Candidate, error) {
	f, err := NewFit(c, n)
	if err != nil {
		return nil, err
	}
	return f.Candidates(zone, h, avoid, size)
}

// Fit is a need and the types that fit it, for who asks about several zones or instances: most of the work is the same.
type Fit struct {
	// Names are the compatible types, in order.
	Names []string
	// Refusals says why the others are not, and what was assumed.
	Refusals Refusals

	catalog Catalog
	need    Need
	limits  limits
	zones   map[string][]offer // what was asked already; not for use by several goroutines
}

// NewFit finds the compatible types. The error is that of Need.Validate.
func NewFit(c Catalog, n Need) (Fit, error) {
	if err := n.Validate(c); err != nil {
		return Fit{}, err
	}
	f := Fit{catalog: c, need: n, limits: limitsOf(c, n), zones: map[string][]offer{}}
	f.Names, f.Refusals = Compatible(c, n)
	return f, nil
}

// Candidates is the function of the same name for this need.
func (f Fit) Candidates(zone string, h Holding, avoid Shunned, size int) ([]Candidate, error) {
	s := shareOf(f.need, zone, h, size)
	offers := f.offers(zone)
	found := make([]Candidate, 0, len(offers))
	for _, o := range offers {
		if !avoid.Has(o.pool) {
			found = append(found, s.candidate(o.pool, o.usd, f.limits))
		}
	}
	if len(found) == 0 {
		return nil, f.none(zone, avoid)
	}
	return order(found), nil
}

// offer is a pool that may be used unless it is to be avoided.
type offer struct {
	pool Pool
	usd  float64
}

// offers lists them for a zone, once.
func (f Fit) offers(zone string) []offer {
	list, known := f.zones[zone]
	if known {
		return list
	}
	for _, name := range f.Names {
		p := Pool{name, zone}
		if price, rule := f.limits.judge(f.catalog, p, nil); rule == "" {
			list = append(list, offer{p, price})
		}
	}
	f.zones[zone] = list
	return list
}

// none tells which rules left nothing in the zone.
func (f Fit) none(zone string, avoid Shunned) error {
	all := f.Refusals.clone()
	for _, name := range f.Names {
		if _, rule := f.limits.judge(f.catalog, Pool{name, zone}, avoid); rule != "" {
			all.add(rule)
		}
	}
	return &NoCandidate{Victim: f.need.Victim, Zone: zone, Compatible: len(f.Names), Refusals: all, limits: f.limits}
}

// limits are the price bounds of a need, USD per hour.
type limits struct {
	onDemand float64 // of the original; 0 unknown
	below    float64 // spot must be under this
	max      float64 // and not over this, which is also the bid
	margin   float64
}

func limitsOf(c Catalog, n Need) limits {
	od := c.OnDemandUSD[n.Victim]
	l := limits{onDemand: od, margin: n.margin(), max: n.MaxPriceUSD}
	l.below = od * (1 - l.margin)
	if l.max == 0 {
		l.max = od
	}
	return l
}

// judge applies the rules of a zone and returns the pool's price or the rule
// that refuses it.
func (l limits) judge(c Catalog, p Pool, avoid Shunned) (float64, Rule) {
	if !c.Offered[p] {
		return 0, RuleOffered
	}
	if l.onDemand <= 0 {
		return 0, RuleOnDemandUnknown
	}
	price := c.SpotUSD[p] // 0 where it is unknown
	switch {
	case price <= 0:
		return 0, RulePriceUnknown
	case price >= l.below:
		return 0, RulePrice
	case price > l.max:
		return 0, RuleMaxPrice
	case avoid.Has(p):
		return 0, RuleAvoided
	}
	return price, ""
}

// order sorts by crowding, price and name, and keeps the pools over their
// share only when there is nothing else.
func order(found []Candidate) []Candidate {
	slices.SortFunc(found, func(a, b Candidate) int {
		return cmp.Or(a.Crowding.compare(b.Crowding), cmp.Compare(a.SpotUSD, b.SpotUSD), ComparePools(a.Pool, b.Pool))
	})
	best := found[0].Crowding.Over
	end := slices.IndexFunc(found, func(c Candidate) bool { return c.Crowding.Over != best })
	if end < 0 {
		return found
	}
	return found[:end:end]
}

// NoCandidate is the error of a zone where the rules left nothing.
type NoCandidate struct {
	Victim, Zone string
	Compatible   int // types that fit, before the zone's rules
	Refusals     Refusals
	limits       limits
}

// Rule is the one that emptied the list: the last, in the order of the rules,
// that refused anything; lifting it would have left a candidate or bared the
// next.
func (e *NoCandidate) Rule() Rule {
	for _, rule := range slices.Backward(zoneRules) {
		if e.Refusals.ByRule[rule] > 0 {
			return rule
		}
	}
	for _, r := range slices.Backward(rules) {
		if e.Refusals.ByRule[r.rule] > 0 {
			return r.rule
		}
	}
	return RuleSpot // an empty catalog sells nothing
}

var zoneRules = []Rule{RuleOffered, RuleOnDemandUnknown, RulePriceUnknown, RulePrice, RuleMaxPrice, RuleAvoided}

// Error names the original, the zone, the rule that emptied the list, all
// counts and what to do about it.
func (e *NoCandidate) Error() string {
	rule := e.Rule()
	return fmt.Sprintf("no spot pool for %s in %s: %s (%d types compatible; refused: %s); %s",
		e.Victim, e.Zone, rule, e.Compatible, e.Refusals, e.remedy(rule))
}

func (e *NoCandidate) remedy(rule Rule) string {
	switch rule {
	case RulePrice:
		return fmt.Sprintf("needs a price below %.4f USD/h, on-demand %.4f less %.0f %%", e.limits.below, e.limits.onDemand, 100*e.limits.margin)
	case RuleMaxPrice:
		return fmt.Sprintf("the maximum price is %.4f USD/h: raise it", e.limits.max)
	case RuleAvoided:
		return "wait until the hold-off is over, or allow more types"
	case RulePriceUnknown, RuleOnDemandUnknown:
		return "refresh the catalog"
	case RuleDenied:
		return "widen the allow list or shorten the deny list"
	case RuleBurstable:
		return "allow burstable types if the work is light"
	case RuleNVMe, RuleENA:
		return "use an image with ENA and NVMe drivers"
	}
	return "allow more types, or use an original of a more common kind"
}
