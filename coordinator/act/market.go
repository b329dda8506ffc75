package act

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/market"
	"autospotting/pkg/snapshot"
)

// How long what changes slowly is kept: spot prices glide, types and offerings change by the month. They are read again well before their copy is
// too old to serve where that fails.
const (
	pricesFor = 5 * time.Minute
	typesFor  = 3 * time.Hour
)

// linux is the product of instances that name no platform.
const linux = "Linux/UNIX"

// cache holds what one process may remember between messages. All of it can be read again.
type cache struct {
	templates table[templateVersion]
	named     table[namedTemplate]
	rehearsed table[rehearsal]
	images    table[types.Image]
	readers   table[string] // by image, as reader says: its expressions take long
	needs     table[market.Need]
	userNeeds table[userNeeds]
	aboard    table[crewed] // by group
	subnets   table[zoneSubnets]
	protected table[protection]
	copies    table[keptCopy]
	sketches  table[decide.Sketch] // by group
	scarce    table[time.Time]     // under no key: when a launch was last refused for want of request tokens
	rules     table[listeners]
	slow      table[slowly]    // by target group
	seldom    table[*seldom]   // by group
	loose     table[[]string]  // by group: what carried our tag then and was no member
	tagged    table[time.Time] // by group: when what carries our tag was looked for last

	accountMu sync.Mutex
	account   knownAccount

	mu       sync.Mutex // of the market: one reads, the others wait for what it read
	goods    map[string]goods
	spot     map[string]spotPrices
	onDemand map[string]onDemandPrice
}

type templateVersion struct{ id, version string }

// goods are the types, and where they are offered.
type goods struct {
	types   map[string]market.Type
	offered map[market.Pool]bool
	at      time.Time
}

type spotPrices struct {
	usd map[market.Pool]float64
	at  time.Time
}

type table[V any] struct{ m sync.Map }

func (t *table[V]) get(k string) (v V, ok bool) {
	x, ok := t.m.Load(k)
	if ok {
		v = x.(V)
	}
	return v, ok
}

func (t *table[V]) clear() { t.m.Clear() }

func (t *table[V]) drop(k string) { t.m.Delete(k) }

func (t *table[V]) put(k string, v V) { t.m.Store(k, v) }

// young tells whether what was read at that time is still to be believed. What was never read has no time, and is not.
func (a *Actor) young(at time.Time, believed time.Duration) bool { return a.Now().Sub(at) < believed }

func decideZones(g decide.Group) []string { return slices.Sorted(maps.Keys(g.Subnets)) }

// catalog reads what is sold in the zones, and the prices for the product that the group's instances run. What cannot be read is as it was last
// read; where that is too long ago, nothing can be launched, but debts are paid and MaxSize is given back.
func (a *Actor) catalog(ctx context.Context, w *decide.World, last func() Copy) {
	zones, product := decideZones(w.Group), productOf(w.Instances)
	a.cache.mu.Lock()
	defer a.cache.mu.Unlock()
	var g goods // a dozen pages
	var spot spotPrices
	goodsErr := bounded(ctx, 2*a.Patience, func(ctx context.Context) (err error) { g, err = a.goods(ctx, zones); return err })
	spotErr := a.within(ctx, func(ctx context.Context) (err error) { spot, err = a.spotPrices(ctx, zones, product); return err })
	var kept Copy
	if goodsErr != nil && !a.young(g.at, copyFor) {
		kept = last()
		g = goods{kept.Catalog.Types, kept.Catalog.Offered, kept.Priced}
	}
	if spotErr != nil && !a.young(spot.at, copyFor) {
		kept = last()
		spot = spotPrices{kept.Catalog.SpotUSD, kept.Priced}
	}
	for _, r := range []struct {
		api string
		err error
		at  time.Time
	}{{"EC2.DescribeInstanceTypes", goodsErr, g.at}, {"EC2.DescribeSpotPriceHistory", spotErr, spot.at}} {
		switch {
		case r.err == nil:
		case a.young(r.at, copyFor):
			replaced(w, r.api, r.err, r.at)
		default:
			missed(w, r.api, r.err)
			w.Unpriced = r.err.Error()
		}
	}
	if w.Unpriced != "" {
		return
	}
	w.Catalog = market.Catalog{Types: g.types, Offered: g.offered, SpotUSD: spot.usd, AsOf: spot.at, Source: "types and spot prices of " + product + " live"}
	a.priceOnDemand(ctx, &w.Catalog, product, *w)
	for name, usd := range kept.Catalog.OnDemandUSD {
		if w.Catalog.OnDemandUSD[name] <= 0 {
			w.Catalog.OnDemandUSD[name] = usd
		}
	}
}

// goods are the types; with an error those that were read before, if any.
func (a *Actor) goods(ctx context.Context, zones []string) (goods, error) {
	key := fmt.Sprint(zones)
	old := a.cache.goods[key]
	if a.young(old.at, typesFor) {
		return old, nil
	}
	g, err := a.readTypes(ctx, zones)
	if err != nil {
		return old, err
	}
	keep(&a.cache.goods, key, g)
	return g, nil
}

// spotPrices are those of this moment; with an error those that were read before, if any.
func (a *Actor) spotPrices(ctx context.Context, zones []string, product string) (spotPrices, error) {
	key := fmt.Sprint(zones, product)
	old := a.cache.spot[key]
	if a.young(old.at, pricesFor) {
		return old, nil
	}
	usd, err := a.readSpot(ctx, zones, product)
	if err != nil {
		return old, err
	}
	s := spotPrices{usd, a.Now()}
	keep(&a.cache.spot, key, s)
	return s, nil
}

func keep[V any](m *map[string]V, key string, v V) {
	if *m == nil {
		*m = map[string]V{}
	}
	(*m)[key] = v
}

// productOf is the product by which the group's instances are priced: that of its oldest on-demand member, else of any.
func productOf(list []decide.Instance) string {
	var oldest decide.Instance
	for _, i := range list {
		older := oldest.ID == "" || oldest.Spot && !i.Spot || oldest.Spot == i.Spot && i.Launched.Before(oldest.Launched)
		if i.Member && i.Product != "" && older {
			oldest = i
		}
	}
	if oldest.Product == "" {
		return linux
	}
	return oldest.Product
}

// priceOnDemand fills in the built-in prices, which know Linux only, and over them what the Pricing API says of the types that the
// group runs: theirs are the prices that a swap is measured by. The built-in ones are copied only where one of these is another.
func (a *Actor) priceOnDemand(ctx context.Context, c *market.Catalog, product string, w decide.World) {
	c.OnDemandUSD = map[string]float64{}
	shared := product == linux
	if shared {
		c.OnDemandUSD = a.builtIn()
	}
	var unread []string
	for _, name := range typesOf(w) {
		usd, err := a.onDemandUSD(ctx, product, name)
		switch {
		case err == nil && c.OnDemandUSD[name] == usd: // above 0, so that it is there
		case err == nil:
			if shared {
				c.OnDemandUSD, shared = maps.Clone(c.OnDemandUSD), false
			}
			c.OnDemandUSD[name] = usd
		case c.OnDemandUSD[name] > 0:
			unread = append(unread, name)
		}
	}
	if len(unread) > 0 {
		c.Source += ", on-demand prices of " + snapshot.Date + " built in"
		c.Assumptions = append(c.Assumptions, fmt.Sprintf("the on-demand price of %s is the built-in one of %s, since the Pricing API did not tell it", strings.Join(unread, ", "), snapshot.Date))
	}
}

// builtIn are the snapshot's on-demand prices of the Actor's region, of which there are many: they are read once, and only read.
func (a *Actor) builtIn() map[string]float64 {
	if usd, ok := builtIn.get(a.Region); ok {
		return usd
	}
	usd := map[string]float64{}
	for _, p := range snapshot.Prices(a.Region) {
		usd[p.Type] = p.OnDemandUSD
	}
	builtIn.put(a.Region, usd)
	return usd
}

// builtIn is by region. What is built in is the same for every Actor of a process.
var builtIn table[map[string]float64]

// typesOf lists the types that a swap in the group would be measured by, in order.
func typesOf(w decide.World) []string {
	names := map[string]bool{}
	if w.Template.Type != "" {
		names[w.Template.Type] = true
	}
	for _, i := range w.Instances {
		if i.Member && !i.Spot {
			names[i.Type] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}
