package decide

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"autospotting/coordinator/ledger"
	"autospotting/coordinator/market"
)

// The tags that an instance of ours carries from birth, set in the launch request itself.
const (
	TagGroup  = "autospotting-group"
	TagLaunch = "autospotting-launch"
)

// swap begins the next gradual replacement, one at a time.
func (r *run) swap() {
	if !r.maySwap() {
		return
	}
	victims := r.victims()
	if len(victims) == 0 {
		r.say("", "no on-demand instance is left that may be replaced")
		return
	}
	v, zone, ok := r.balanced(victims)
	if !ok {
		r.say("", "not now: the zones are out of balance, and a swap would wake their rebalancing")
		return
	}
	overrides := r.spotOverrides(v, []string{zone})
	if len(overrides) == 0 {
		return
	}
	r.launch(ledger.Swap, v, zone, true, overrides, fmt.Sprintf("%s is on-demand; spot is cheaper in %s", v.ID, zone))
}

func (r *run) maySwap() bool {
	switch {
	case !r.w.Group.Found:
		r.say("", "there is no such group (any more): nothing is begun")
	case !r.w.Group.Enabled:
		r.say("", "not enabled: the group does not carry the tag, so nothing is begun")
	case r.refusal != "":
		r.say("", "refused: %s", r.refusal)
	case len(r.rec.Intents) > 0 || len(r.rec.Pairs) > 0 || len(r.rec.Notices) > 0 || r.rec.Lease != nil && !r.rec.Lease.Returned || r.stale():
		if len(r.plan.Why)+len(r.plan.Actions) == 0 {
			r.say("", "nothing new is begun before what is under way is done")
		}
	case r.now().Before(r.rec.PausedUntil):
		r.say("", "paused until %s after %d failures: %s", r.rec.PausedUntil.UTC().Format(time.TimeOnly), r.rec.Failures, r.rec.Status.Reason)
		r.lookAt(r.rec.PausedUntil)
	case len(r.liveMembers()) < r.w.Group.Desired || r.capacity("") < r.w.Group.Desired:
		r.say("", "not now: %d of %d in service", r.capacity(""), r.w.Group.Desired)
		r.poll()
	default:
		return true
	}
	return false
}

// balanced picks the oldest victim, and the zone of its replacement, such that no zone ever differs from another by
// more than one: otherwise AZ rebalancing would launch on-demand and kill one of ours. The victim's own zone is
// preferred; another serves where its own cannot (a group of one instance over two zones, say).
func (r *run) balanced(victims []Instance) (Instance, string, bool) {
	counts := map[string]int{}
	for _, z := range r.zones() {
		counts[z] = 0
	}
	for _, i := range r.liveMembers() {
		counts[i.Zone]++
	}
	for _, v := range victims {
		if fits(counts, v.Zone, v.Zone) {
			return v, v.Zone, true
		}
	}
	for _, v := range victims {
		for _, z := range r.zones() {
			if fits(counts, z, v.Zone) {
				return v, z, true
			}
		}
	}
	return Instance{}, "", false
}

// fits tells whether the zones stay within one of each other with one more in to, and then with one less in from.
func fits(counts map[string]int, to, from string) bool {
	spread := func() int {
		lo, hi := -1, 0
		for _, n := range counts {
			hi = max(hi, n)
			if lo < 0 || n < lo {
				lo = n
			}
		}
		return hi - lo
	}
	counts[to]++
	during := spread()
	counts[from]--
	after := spread()
	counts[from]++
	counts[to]--
	return during <= 1 && after <= 1
}

func (r *run) zones() []string { return slices.Sorted(maps.Keys(r.w.Group.Subnets)) }

// launch writes the intent and asks for the instance, or first for the template that it needs.
func (r *run) launch(purpose ledger.Purpose, v Instance, zone string, spot bool, overrides []ledger.Override, why string) {
	t := r.w.Template
	if t.Version == "" {
		if !slices.ContainsFunc(r.plan.Actions, func(a Action) bool { return a.Kind == MakeTemplate }) {
			r.act(Action{Kind: MakeTemplate, Why: "replacements are launched from a template of our own"})
		}
		return
	}
	it := ledger.Intent{Purpose: purpose, Victim: v.ID, Zone: zone, At: r.now(), Launch: ledger.Launch{
		Nonce: r.nonce(v.ID), Template: t.ID, TemplateVersion: t.Version, Spot: spot,
		Overrides: overrides, SourceHash: t.Hash,
	}}
	it.Launch.Tags = maps.Clone(r.w.Group.Tags)
	if it.Launch.Tags == nil {
		it.Launch.Tags = map[string]string{}
	}
	it.Launch.Tags[TagGroup], it.Launch.Tags[TagLaunch] = r.w.Group.Name, it.Launch.Nonce
	r.rec.Intents = append(r.rec.Intents, it)
	launch := it.Launch
	r.act(Action{Kind: LaunchOne, Instance: v.ID, Launch: &launch, Why: why})
	r.poll()
}

// nonce is new for every launch: it names the victim and the moment, never an attempt number, which a lost
// record would count anew.
func (r *run) nonce(victim string) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{r.w.Group.Name, victim, r.now().UTC().Format(time.RFC3339Nano), fmt.Sprint(r.rec.Revision)}, "\x00")))
	return hex.EncodeToString(sum[:16])
}

// spotOverrides lists the pools to offer for a replacement of v in the zones, best first.
func (r *run) spotOverrides(v Instance, zones []string) []ledger.Override {
	need := r.w.Template.Need
	need.Victim, need.Zones, need.Margin = v.Type, r.zones(), r.w.Settings.Margin
	need.UsesInstanceStore = need.UsesInstanceStore || r.hasNVMeStore(v.Type)
	var out []ledger.Override
	for _, z := range zones {
		candidates, err := market.Candidates(r.w.Catalog, need, z, r.holding(), r.avoided(), r.w.Group.Desired)
		if err != nil {
			r.say(v.ID, "no spot in %s: %v", z, err)
			continue
		}
		for _, c := range candidates {
			out = append(out, ledger.Override{Type: c.Type, Zone: c.Zone, Subnet: r.w.Group.Subnets[c.Zone], MaxUSD: c.MaxUSD})
		}
	}
	if len(out) > maxOverrides {
		out = out[:maxOverrides]
	}
	return out
}

// onDemandOverrides lists what may be bought when no spot is to be had: the same type first.
func (r *run) onDemandOverrides(v Instance) []ledger.Override {
	need := r.w.Template.Need
	need.Victim, need.Zones = v.Type, r.zones()
	need.UsesInstanceStore = need.UsesInstanceStore || r.hasNVMeStore(v.Type)
	names, _ := market.Compatible(r.w.Catalog, need)
	slices.SortStableFunc(names, func(a, b string) int {
		price := func(n string) float64 {
			if n == v.Type {
				return -1
			}
			return r.w.Catalog.OnDemandUSD[n]
		}
		return cmp.Compare(price(a), price(b))
	})
	zones := append([]string{v.Zone}, slices.DeleteFunc(r.zones(), func(z string) bool { return z == v.Zone })...)
	var out []ledger.Override
	for _, name := range names {
		for _, z := range zones {
			if len(out) < maxOverrides && r.w.Catalog.Offered[market.Pool{Type: name, Zone: z}] && r.w.Group.Subnets[z] != "" && r.w.Catalog.OnDemandUSD[name] > 0 {
				out = append(out, ledger.Override{Type: name, Zone: z, Subnet: r.w.Group.Subnets[z]})
			}
		}
	}
	return out
}

// hasNVMeStore tells whether the type has disks that never show in block device mappings, so that only the type can tell.
func (r *run) hasNVMeStore(name string) bool { return r.w.Catalog.Types[name].StorageKind == "nvme" }

func (r *run) holding() market.Holding {
	h := market.Holding{}
	for _, id := range r.ids {
		if i := r.byID[id]; i.Spot && i.Live() && !i.Leaving() && !r.doomed(id) {
			h[market.Pool{Type: i.Type, Zone: i.Zone}]++
		}
	}
	return h
}

func (r *run) avoided() map[market.Pool]bool {
	out := map[market.Pool]bool{}
	for key, mark := range r.rec.Pools {
		var p market.Pool
		if p.UnmarshalText([]byte(key)) == nil && r.now().Before(mark.Until) {
			out[p] = true
		}
	}
	return out
}
