package decide

import (
	"cmp"
	"maps"
	"path"
	"slices"

	"autospotting/coordinator/ledger"
	"autospotting/coordinator/market"
	"autospotting/coordinator/settings"
)

// spotOverrides lists the pools to offer for a replacement of v in the zones, best first.
func (r *run) spotOverrides(v Instance, zones []string) []ledger.Override {
	fit, err := r.fit(r.ownersType(v))
	if err != nil {
		r.wait(v.ID, "no spot: %v", err)
		return nil
	}
	var out []ledger.Override
	for _, z := range zones {
		candidates, err := fit.Candidates(z, r.holding(), r.avoided(true), r.w.Group.Desired)
		if err != nil {
			r.wait(v.ID, "no spot in %s: %v", z, err)
			continue
		}
		for _, c := range candidates {
			out = append(out, r.offer(c.Pool, c.MaxUSD))
		}
	}
	if len(out) > maxOverrides {
		out = out[:maxOverrides]
	}
	return out
}

// onDemandOverrides lists what may be bought on-demand in the zones, in their order, for an instance of that type: the same
// type first, whatever the owner's lists say of spot, then the cheapest compatible ones. Who said no lately comes in only where nobody else is left.
func (r *run) onDemandOverrides(typ string, zones []string) []ledger.Override {
	fit, err := r.fit(typ)
	if err != nil {
		r.wait("", "nothing on-demand: %v", err)
		return nil
	}
	price := r.w.Catalog.OnDemandUSD
	names := slices.DeleteFunc(slices.Clone(fit.Names), func(n string) bool { return n == typ || price[n] <= 0 })
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(price[a], price[b]) })
	if _, arch := usesOf(r.w, typ); arch == "" || r.w.Template.Need.Arch == "" || arch == r.w.Template.Need.Arch {
		names = append([]string{typ}, names...) // else what is launched by now cannot boot on it
	}
	avoided := r.avoided(false)
	if out := r.onDemandOf(typ, names, zones, avoided); len(out) > 0 {
		return out
	}
	return r.onDemandOf(typ, names, zones, nil)
}

// dear is how many times the original's price makes a type too dear to be come to after others said no: the first few are asked at any price.
const dear = 2

func (r *run) onDemandOf(typ string, names, zones []string, avoided market.Shunned) (out []ledger.Override) {
	price, looked := r.w.Catalog.OnDemandUSD, 0
	for _, name := range names {
		quota, known := r.w.Catalog.OnDemandVCPU[market.ClassOf(name)]
		if known && name != typ && r.w.Catalog.Types[name].VCPU > quota { // members run on their own type, so that a quota below it is out of date
			continue
		}
		for _, z := range zones {
			p := market.Pool{Type: name, Zone: z}
			if !r.w.Catalog.Offered[p] || r.w.Group.Subnets[z] == "" {
				continue
			}
			looked++
			tooDear := looked > maxOverrides && price[name] > dear*price[typ]
			if len(out) < maxOverrides && !avoided.Has(p) && !tooDear {
				out = append(out, r.offer(p, 0))
			}
		}
	}
	return out
}

// offer is a pool as a launch asks for it, at most at that price if there is one: burstable types take what they alone take.
func (r *run) offer(p market.Pool, most float64) ledger.Override {
	o := ledger.Override{Type: p.Type, Zone: p.Zone, Subnet: r.w.Group.Subnets[p.Zone], MaxUSD: most}
	if r.w.Catalog.Types[p.Type].Burstable {
		o.Version = r.w.Template.Burstable
	}
	return o
}

// fit finds, once for each type, what may stand in for an instance of it.
func (r *run) fit(typ string) (market.Fit, error) {
	if f, ok := r.fits[typ]; ok {
		return f, nil
	}
	f, err := market.NewFit(r.w.Catalog, Need(r.w, typ))
	if err == nil {
		r.fits[typ] = f
	}
	return f, err
}

// Need is what a replacement of an instance of that type must be able to do in the world w.
func Need(w World, typ string) market.Need {
	n := w.Template.Need
	n.Victim, n.Zones, n.Margin = typ, slices.Sorted(maps.Keys(w.Group.Subnets)), w.Settings.Margin
	if n.Margin == 0 {
		n.Margin = market.NoMargin
	}
	// NVMe disks never show in block device mappings, so that only the type can tell.
	n.UsesInstanceStore = n.UsesInstanceStore || w.Catalog.Types[typ].StorageKind == "nvme"
	n.Deny, n.AllowBurstable = w.Settings.Deny, w.Settings.AllowBurstable
	n.CurrentOnly = w.Settings.CurrentOnly
	uses, arch := usesOf(w, typ)
	uses = atMost(uses, n.Asks, w.Catalog.Types[typ])
	n.MemberArch = arch
	n.Asks = n.Asks.And(market.Asks{NetworkInterfaces: uses.Interfaces, IPv4PerInterface: uses.IPv4, IPv6PerInterface: uses.IPv6, IPv6: uses.IPv6 > 0, Volumes: uses.Volumes, Nitro: uses.Prefixes})
	for _, a := range w.Settings.Allow {
		if a == settings.Current {
			a = typ
		}
		n.Allow = append(n.Allow, a)
	}
	if len(w.Group.Types) > 0 {
		n.Allow, n.AllowBurstable = listed(w.Group.Types, n.Allow), true // whom the owner lists he wants
	}
	return n
}

// listed are the types of the owner's policy that the tags allow. Where none is left, none may be launched: an empty list would allow all.
func listed(types, allowed []string) (list []string) {
	for _, name := range types {
		if len(allowed) == 0 || slices.ContainsFunc(allowed, func(pattern string) bool { ok, _ := path.Match(pattern, name); return ok }) {
			list = append(list, name)
		}
	}
	if len(list) == 0 {
		return []string{"none-of-the-policy"}
	}
	return list
}

// atMost is no more than one instance of the type can use beside what the template asks, where that is known: what several members use together, or
// those of a larger type, can be more, and would shut out the type on which they run.
func atMost(u ledger.Uses, asked market.Asks, t market.Type) ledger.Uses {
	for _, n := range []struct {
		uses *int
		most int
	}{{&u.Interfaces, t.NetworkInterfaces}, {&u.IPv4, t.IPv4PerInterface}, {&u.IPv6, t.IPv6PerInterface}} {
		if n.most > 0 {
			*n.uses = min(*n.uses, n.most)
		}
	}
	if t.IPv4PerInterface > 0 && !t.IPv6 {
		u.IPv6 = 0
	}
	u.Prefixes = u.Prefixes && t.NVMe
	volumes := market.VolumesOf(t)
	if t.EBSShared {
		u.Interfaces = min(u.Interfaces, max(volumes-max(asked.Volumes, 1)+1, 1))
		volumes -= max(u.Interfaces, asked.NetworkInterfaces, 1) - 1
	}
	u.Volumes = min(u.Volumes, volumes)
	return u
}

// usesOf is what the owner's members use of their types, those that are there and, of the same template, those that were; and of what
// architecture those of the one type are.
func usesOf(w World, typ string) (uses ledger.Uses, arch string) {
	if w.Record.Uses.Of == w.Template.Hash {
		uses = w.Record.Uses
	}
	for _, i := range w.Instances {
		if !i.Member || i.Ours || !i.Live() {
			continue
		}
		uses = uses.And(i.Uses)
		if i.Type == typ && arch == "" {
			arch = i.Arch
		}
	}
	return uses, arch
}

// uses writes down what the owner's members use, since those that take their places have to do without their example. Where nothing is known of
// the template, nothing is changed.
func (r *run) uses() {
	if r.w.Template.Hash == "" {
		return
	}
	uses, _ := usesOf(r.w, "")
	if uses.Of = ""; uses != (ledger.Uses{}) {
		uses.Of = r.w.Template.Hash
	}
	r.rec.Uses = uses
}

// holding counts the spot instances of each pool, those that are launched and not described yet included. It is counted once a plan, since a
// storm asks for it at every notice; what the plan itself launches is added by launch.
func (r *run) holding() market.Holding {
	if r.held != nil {
		return r.held
	}
	h := market.Holding{}
	for _, id := range r.v.IDs() {
		if i := r.v.Get(id); i.Spot && i.Live() && !i.Leaving() && !r.doomed(id) {
			h[market.Pool{Type: i.Type, Zone: i.Zone}]++
		}
	}
	for _, it := range r.rec.Intents {
		if _, seen := r.v.Instance(it.Instance); it.Instance != "" && !seen && it.Launch.Spot {
			h[market.Pool{Type: it.Type, Zone: it.Zone}]++
		}
	}
	r.held = h
	return h
}
