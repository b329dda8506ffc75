package cloudsim

import (
	"fmt"
	"math"
	"sort"
	"strconv"
	"time"
)

type poolKey struct{ typ, zone string }

// pool is one type in one zone: what AWS calls a capacity pool.
type pool struct {
	typ, zone string
	spotUSD   float64
	since     time.Time // of the present price
	previous  float64   // the price before, 0 when it never changed
	depth     int       // how many spot instances the pool can hold
	live      int       // spot instances in it
	noSpot    time.Time // no spot capacity before
	noOD      time.Time // no on-demand capacity before
}

func (c *Cloud) buildCatalog() {
	c.types, c.pools = map[string]*TypeSpec{}, map[poolKey]*pool{}
	for i := range c.cfg.Types {
		t := c.cfg.Types[i]
		c.types[t.Name] = &t
		c.typeNames = append(c.typeNames, t.Name)
	}
	sort.Strings(c.typeNames)
	for _, name := range c.typeNames {
		for _, zone := range c.cfg.Zones {
			c.addPool(c.types[name], zone)
		}
	}
}

// addPool draws the pool's price, 30 to 40 % of on-demand, and its depth.
func (c *Cloud) addPool(t *TypeSpec, zone string) {
	ratio, depth := 0.30+0.10*c.rng.Float64(), 8+c.rng.IntN(40)
	for _, z := range t.MissingInZones {
		if z == zone {
			return
		}
	}
	c.pools[poolKey{t.Name, zone}] = &pool{typ: t.Name, zone: zone, depth: depth,
		spotUSD: math.Round(t.OnDemandUSD*ratio*1e4) / 1e4, since: c.now.Add(-6 * time.Hour)}
}

// poolList is every pool in the order of type and zone.
func (c *Cloud) poolList() []*pool {
	var out []*pool
	for _, name := range c.typeNames {
		for _, zone := range c.cfg.Zones {
			if p := c.pools[poolKey{name, zone}]; p != nil {
				out = append(out, p)
			}
		}
	}
	return out
}

// OnDemandUSD is the on-demand price per hour of a type, 0 when it is unknown.
func (c *Cloud) OnDemandUSD(typ string) float64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.onDemand(typ)
}

func (c *Cloud) onDemand(typ string) float64 {
	if t := c.types[typ]; t != nil {
		return t.OnDemandUSD
	}
	return 0
}

// SpotUSD is the present spot price per hour of a pool, 0 when the pool does not exist.
func (c *Cloud) SpotUSD(typ, zone string) float64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	if p := c.pools[poolKey{typ, zone}]; p != nil {
		return p.spotUSD
	}
	return 0
}

// SetSpotPrice moves a pool's price; running instances pay it from now on.
func (c *Cloud) SetSpotPrice(typ, zone string, usd float64) error {
	c.mu.Lock()
	defer c.unlock()
	p := c.pools[poolKey{typ, zone}]
	if p == nil {
		return fmt.Errorf("cloudsim: no pool %s in %s: see Config.Types and Zones", typ, zone)
	}
	for _, i := range c.instances {
		if i.spot && i.typ == typ && i.zone == zone {
			c.accrue(i)
		}
	}
	c.emit(Event{Kind: PriceMoved, Actor: "aws", Text: fmt.Sprintf("%s in %s from %g to %g", typ, zone, p.spotUSD, usd)})
	p.previous, p.spotUSD, p.since = p.spotUSD, usd, c.clock()
	return nil
}

// SetDepths changes how many spot instances every pool can hold.
func (c *Cloud) SetDepths(depth int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, p := range c.pools {
		p.depth = depth
	}
}

// SetDepth says how many spot instances a pool can hold.
func (c *Cloud) SetDepth(typ, zone string, depth int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if p := c.pools[poolKey{typ, zone}]; p != nil {
		p.depth = depth
	}
}

// NoCapacity closes a pool for spot or on-demand launches until a time; one that has passed opens it again. An empty
// type or zone means every one.
func (c *Cloud) NoCapacity(typ, zone string, spot bool, until time.Time) {
	c.mu.Lock()
	defer c.unlock()
	for _, p := range c.poolList() {
		if (typ != "" && typ != p.typ) || (zone != "" && zone != p.zone) {
			continue
		}
		if spot {
			p.noSpot = until
		} else {
			p.noOD = until
		}
	}
	c.emit(Event{Kind: CapacityMoved, Actor: "aws", Text: fmt.Sprintf("none for %q in %q, spot %t, until %s", typ, zone, spot, stamp(until))})
}

func price(usd float64) string { return strconv.FormatFloat(usd, 'f', 6, 64) }

// stamp is a time as AWS writes it.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }
