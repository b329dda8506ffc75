package plan

import (
	"cmp"
	"maps"
	"slices"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/market"
)

// hoursPerMonth is what AWS's own calculators count.
const hoursPerMonth = 730

// market lists the compatible pools and adds up what replacing would save.
func (g *Group) market(w decide.World) {
	fits := map[string]market.Fit{}
	for _, i := range w.Instances {
		if _, known := fits[i.Type]; known || !i.Member || i.Spot {
			continue
		}
		f, err := market.NewFit(w.Catalog, decide.Need(w, i.Type))
		if err != nil {
			g.Why = append(g.Why, i.ID+" "+err.Error())
			continue
		}
		fits[i.Type] = f
		for _, a := range f.Refusals.Assumptions {
			g.Why = append(g.Why, "assumed: "+a)
		}
	}
	for _, typ := range slices.Sorted(maps.Keys(fits)) {
		g.pools(w, typ, fits[typ])
	}
	g.savings(w, fits)
}

func (g *Group) pools(w decide.World, typ string, f market.Fit) {
	onDemand := w.Catalog.OnDemandUSD[typ]
	for _, zone := range slices.Sorted(maps.Keys(w.Group.Subnets)) {
		list, err := f.Candidates(zone, nil, nil, w.Group.Desired)
		if err != nil {
			g.Why = append(g.Why, err.Error())
			continue
		}
		for _, c := range list {
			g.Pools = append(g.Pools, Pool{Type: c.Type, Zone: c.Zone, For: typ, SpotUSDHour: rounded(c.SpotUSD), OnDemandUSDHour: rounded(onDemand), Saving: rounded(1 - c.SpotUSD/onDemand)})
		}
	}
}

// savings replaces, in thought, every on-demand member that may be, oldest first, each by the best pool that is left for it.
func (g *Group) savings(w decide.World, fits map[string]market.Fit) {
	held, onDemand := market.Holding{}, []decide.Instance{}
	for _, i := range w.Instances {
		switch {
		case i.Spot && i.Live() && !i.Leaving():
			held[market.Pool{Type: i.Type, Zone: i.Zone}]++
		case i.Member && i.Live() && !i.Leaving():
			onDemand = append(onDemand, i)
		}
	}
	keep := decide.Keep(w, w.Group.Desired)
	slices.SortStableFunc(onDemand, func(a, b decide.Instance) int {
		return cmp.Or(a.Launched.Compare(b.Launched), cmp.Compare(a.ID, b.ID))
	})
	total := 0.0
	for left := len(onDemand) - keep; left > 0 && len(onDemand) > 0; onDemand = onDemand[1:] {
		i := onDemand[0]
		f, ok := fits[i.Type]
		if !ok || i.Protected || i.Undeletable || !i.Serving() {
			continue
		}
		list, err := f.Candidates(i.Zone, held, nil, w.Group.Desired)
		if err != nil {
			continue
		}
		best := list[0]
		held[best.Pool]++
		total += w.Catalog.OnDemandUSD[i.Type] - best.SpotUSD
		left--
	}
	g.SavingsUSDMonth = cents(total * hoursPerMonth)
}
