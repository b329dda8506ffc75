package act

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/market"
)

// Shelf keeps one copy a group where it outlives the process. Load gives nil where there is none.
type Shelf interface {
	Load(ctx context.Context, group string) ([]byte, error)
	Save(ctx context.Context, group string, body []byte) error
}

// Copy is what was last read of what a launch for a group needs, so that a notice is answered while one of those reads fails.
type Copy struct {
	At    time.Time         `json:"at"`    // when the template was read
	Zones map[string]string `json:"zones"` // by subnet: the subnets themselves are in the group's description
	// Defaults says that they are the default subnets of the zones, which no description names.
	Defaults bool     `json:"defaults,omitempty"`
	Hooks    []string `json:"hooks,omitempty"`
	// IdleHooks are those launching ones that only wait, UnheardHooks those that somebody on the instance completes; HookWait is how long they wait at most.
	IdleHooks    []string      `json:"idle_hooks,omitempty"`
	HookWait     time.Duration `json:"hook_wait,omitempty"`
	UnheardHooks []string      `json:"unheard_hooks,omitempty"`
	// DrainHooks are those that run before an instance ends.
	DrainHooks []string        `json:"drain_hooks,omitempty"`
	Template   decide.Template `json:"template"`
	// Placement is the strategy of the placement group of that name.
	Placement struct{ Group, Strategy string } `json:"placement,omitzero"`
	// Product is by which spot is priced.
	Product string `json:"product,omitempty"`
	// Priced is when the catalog was read, which holds the few types only that may stand in for the group's own.
	Priced  time.Time      `json:"priced"`
	Catalog market.Catalog `json:"catalog"`
}

// keptCopy is a copy in this process; saved is when it was put on the shelf, and mark what of it makes it another.
type keptCopy struct {
	Copy
	saved time.Time
	mark  [sha256.Size]byte
}

const (
	// copyFor is how long a copy serves notices and deficits.
	copyFor = 6 * time.Hour
	// saveEvery is how often a copy in which only prices changed is put on the shelf.
	saveEvery = 30 * time.Minute
	// copiedTypes bounds the types of a copy, beside those that the group runs: a launch offers 20 pools.
	copiedTypes = 12
)

// lastCopy gives the last good copy of a group, looked for once, and only where it is asked for: the younger of what this process knows and what
// is on the shelf. The zero Copy is none.
func (a *Actor) lastCopy(ctx context.Context, group string) func() Copy {
	var found atomic.Pointer[Copy] // two that ask at once look both: nobody waits here for another's call
	return func() Copy {
		if c := found.Load(); c != nil {
			return *c
		}
		kept, _ := a.cache.copies.get(group)
		best := kept.Copy
		if a.Shelf != nil {
			var body []byte
			err := a.within(ctx, func(ctx context.Context) (err error) { body, err = a.Shelf.Load(ctx, group); return err })
			var c Copy
			if err == nil && json.Unmarshal(body, &c) == nil && c.At.After(best.At) { // an unreadable one is as good as none
				best = c
			}
		}
		found.Store(&best)
		return best
	}
}

// keepCopy keeps what was read, if all of it was. That it could not be put on the shelf harms nobody now: the next look tries again.
func (a *Actor) keepCopy(ctx context.Context, w decide.World, g described) {
	if w.Template.Version == "" || w.Template.Unreadable != "" || w.Unpriced != "" ||
		slices.ContainsFunc(w.Missing, func(m decide.Missing) bool { return m.Class == decide.Launch }) {
		return
	}
	last, _ := a.cache.subnets.get(subnetsKey(g.raw))
	c := Copy{At: a.Now(), Zones: last.zones, Defaults: namesNoSubnets(g.raw), Hooks: w.Group.LaunchHooks, IdleHooks: w.Group.IdleHooks, UnheardHooks: w.Group.UnheardHooks, HookWait: w.Group.HookWait, DrainHooks: w.Group.DrainHooks, Template: w.Template, Product: productOf(w.Instances)}
	c.Placement.Group, c.Placement.Strategy = w.Group.PlacementGroup, w.Group.PlacementStrategy
	before, _ := a.cache.copies.get(w.Group.Name)
	kept := keptCopy{Copy: c, saved: before.saved, mark: markOf(c)}
	if kept.Priced, kept.Catalog = before.Priced, before.Catalog; before.mark != kept.mark || !w.Catalog.AsOf.Equal(before.Priced) {
		kept.Priced, kept.Catalog = w.Catalog.AsOf, few(w)
	}
	if a.Shelf != nil && (before.mark != kept.mark || !a.young(before.saved, saveEvery)) {
		body, err := json.Marshal(kept.Copy)
		if err == nil {
			err = a.within(ctx, func(ctx context.Context) error { return a.Shelf.Save(ctx, w.Group.Name, body) })
		}
		if err == nil {
			kept.saved = a.Now()
		}
	}
	a.cache.copies.put(w.Group.Name, kept)
}

// markOf tells copies apart that must not stand in for one another: all but the times and prices.
func markOf(c Copy) [sha256.Size]byte {
	c.At, c.Priced, c.Catalog = time.Time{}, time.Time{}, market.Catalog{}
	b, _ := json.Marshal(c) // texts, numbers and booleans: it cannot fail
	return sha256.Sum256(b)
}

// few cuts the catalog down to what may stand in for the group's own types: of those that fit the ones whose spot is cheapest.
func few(w decide.World) market.Catalog {
	names, price := map[string]bool{}, cheapest(w.Catalog)
	for _, own := range typesOf(w) {
		names[own] = true
		fit, err := market.NewFit(w.Catalog, decide.Need(w, own))
		if err != nil {
			continue // it says so when something is to be launched
		}
		cheap := slices.Clone(fit.Names)
		slices.SortStableFunc(cheap, func(a, b string) int { return cmp.Compare(price[a], price[b]) })
		for _, n := range cheap[:min(len(cheap), copiedTypes)] {
			names[n] = true
		}
	}
	c := w.Catalog
	c.Types, c.Offered, c.SpotUSD, c.OnDemandUSD = map[string]market.Type{}, map[market.Pool]bool{}, map[market.Pool]float64{}, map[string]float64{}
	zones := decideZones(w.Group)
	for name := range names {
		if t, ok := w.Catalog.Types[name]; ok {
			c.Types[name] = t
		}
		if usd, ok := w.Catalog.OnDemandUSD[name]; ok {
			c.OnDemandUSD[name] = usd
		}
		for _, z := range zones {
			p := market.Pool{Type: name, Zone: z}
			if w.Catalog.Offered[p] {
				c.Offered[p] = true
			}
			if usd, ok := w.Catalog.SpotUSD[p]; ok {
				c.SpotUSD[p] = usd
			}
		}
	}
	return c
}

// cheapest is the lowest spot price of each type, the on-demand price where none is known.
func cheapest(c market.Catalog) map[string]float64 {
	out := maps.Clone(c.OnDemandUSD)
	for p, usd := range c.SpotUSD {
		if known, ok := out[p.Type]; !ok || usd < known {
			out[p.Type] = usd
		}
	}
	return out
}

// locating finds the group's subnets, by zone. Their zones do not change, so a copy of those is good however old.
func (a *Actor) locating(w decide.World, g types.AutoScalingGroup, last func() Copy) reading {
	return func(ctx context.Context) func(*decide.World) {
		var read zoneSubnets
		err := a.within(ctx, func(ctx context.Context) (err error) { read, err = a.subnets(ctx, g); return err })
		if err == nil {
			return func(w *decide.World) { w.Group.Subnets, w.Group.NoSubnets = read.byZone, nowhere(g, read.byZone) }
		}
		before, at := a.subnetsBefore(g, last)
		return func(w *decide.World) {
			if w.Group.Subnets = before; len(before) == 0 {
				missed(w, "EC2.DescribeSubnets", err)
				return
			}
			replaced(w, "EC2.DescribeSubnets", err, at)
		}
	}
}

// subnetsBefore are those that were last read, and when; none where none were.
func (a *Actor) subnetsBefore(g types.AutoScalingGroup, last func() Copy) (byZone map[string]string, at time.Time) {
	if before, ok := a.cache.subnets.get(subnetsKey(g)); ok {
		return before.byZone, before.at
	}
	kept := last()
	ids := splitIDs(aws.ToString(g.VPCZoneIdentifier))
	if len(ids) == 0 && kept.Defaults {
		ids = slices.Sorted(maps.Keys(kept.Zones))
	}
	for _, id := range ids {
		if zone := kept.Zones[id]; zone != "" && byZone[zone] == "" {
			keep(&byZone, zone, id)
		}
	}
	return byZone, kept.At
}

func subnetsKey(g types.AutoScalingGroup) string {
	if namesNoSubnets(g) {
		return "of " + strings.Join(g.AvailabilityZones, ",")
	}
	return strings.Join(splitIDs(aws.ToString(g.VPCZoneIdentifier)), ",")
}

// launchFrom reads what the group launches from; where that fails, the template of ours that was last read stands in for it.
func (a *Actor) launchFrom(ctx context.Context, w *decide.World, g described, last func() Copy) {
	err := a.within(ctx, func(ctx context.Context) (err error) { w.Template, err = a.template(ctx, g); return err })
	if err == nil {
		return
	}
	kept := last()
	if !a.young(kept.At, copyFor) {
		w.Template = decide.Template{}
		missed(w, "EC2.DescribeLaunchTemplateVersions", err)
		return
	}
	w.Template = kept.Template
	w.Template.CopyOf = kept.At
	replaced(w, "EC2.DescribeLaunchTemplateVersions", err, kept.At)
}
