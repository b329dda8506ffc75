package offline

import (
	"slices"
	"strings"
	"sync"
	"time"

	"autospotting/coordinator/market"
	"autospotting/pkg/snapshot"
)

// catalogs makes the market of each region, product and set of zones once.
type catalogs struct {
	shelf shelf
	now   time.Time
	mu    sync.Mutex
	made  map[string]market.Catalog
}

func (c *catalogs) of(region, product string, zones []string) market.Catalog {
	c.mu.Lock()
	defer c.mu.Unlock()
	key := region + "|" + product + "|" + strings.Join(zones, ",")
	if have, ok := c.made[key]; ok {
		return have
	}
	made := c.make(region, product, zones)
	c.made[key] = made
	return made
}

func (c *catalogs) make(region, product string, zones []string) market.Catalog {
	prices, told := snapshot.Prices(region), false
	if mine, ok := c.shelf.regions[region]; ok {
		prices, told = mine, true
	}
	out := market.FromPrices(prices, zones)
	var assumed []string
	if !told && len(prices) > 0 {
		assumed = append(assumed, "on-demand prices are the built-in ones of "+snapshot.Date)
	}
	spot, known := c.shelf.spot[product]
	switch {
	case known:
		out.SpotUSD = within(spot, zones)
		if c.shelf.types == nil {
			assumed = append(assumed, "what instance types can do is built in, of AWS's tables of 2026")
		}
		if c.shelf.offered == nil {
			for p := range out.SpotUSD {
				out.Offered[p] = true
			}
			assumed = append(assumed, "a type is offered where it has a price")
		}
	case len(prices) > 0 && product == linux:
		assumed = append(assumed, out.Assumptions...)
		if told { // the file's own date is not known
			assumed = slices.DeleteFunc(assumed, func(a string) bool { return strings.HasPrefix(a, "spot prices are of") })
			assumed = append(assumed, "spot prices come sorted and without zone names: the cheapest is taken for the first zone")
		}
	}
	if product != linux { // the snapshot knows Linux only
		out.OnDemandUSD = map[string]float64{}
		if !known {
			out.SpotUSD = map[market.Pool]float64{}
		}
		assumed = append(assumed, "on-demand prices of "+product+" are not known, and a price that is not known is not guessed")
	}
	if c.shelf.offered != nil {
		out.Offered = c.shelf.offered
	}
	c.types(&out)
	out.Source, out.AsOf, out.Assumptions = strings.Join(append(c.shelf.from, "snapshot "+snapshot.Date), ", "), c.now, assumed
	return out
}

// types puts the file's types in the place of the snapshot's, or adds those that have a price and are not sold in the region by
// the snapshot.
func (c *catalogs) types(out *market.Catalog) {
	if c.shelf.types != nil {
		out.Types = c.shelf.types
		return
	}
	for p := range out.SpotUSD {
		t, known := out.Types[p.Type]
		if !known {
			s, ok := snapshot.Lookup(p.Type)
			if !ok {
				continue
			}
			t = market.Type(s)
		}
		t.Spot = true // what has a price is sold
		out.Types[p.Type] = t
	}
}

func within(spot map[market.Pool]float64, zones []string) map[market.Pool]float64 {
	out := map[market.Pool]float64{}
	for p, usd := range spot {
		if slices.Contains(zones, p.Zone) {
			out[p] = usd
		}
	}
	return out
}
