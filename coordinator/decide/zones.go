package decide

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"autospotting/coordinator/decide/books"
)

// unevenFor is how long a group that is out of balance is given to balance itself before we help it, or do at least what
// makes nothing worse.
const unevenFor = 15 * time.Minute

// choice is a victim, the zone of its replacement, and by how much the zones differ with one more there, and then with the victim gone.
type choice struct {
	victim        Instance
	zone          string
	during, after int
}

// even tells whether no zone ever differs from another by more than one: otherwise AZ rebalancing would launch on-demand and kill one of
// ours.
func (c choice) even() bool { return c.during <= 1 && c.after <= 1 }

// choose picks the oldest victim, and the zone of its replacement, such that the zones stay even, or else as even as can be. The
// victim's own zone is preferred; another serves where its own cannot (a group of one instance over two zones, say). What is under way
// counts as done.
func (r *run) choose(victims []Instance) (best choice) {
	counts := r.countsLater()
	at := func(v Instance, zone string) choice {
		during, after := spreads(counts, zone, v.Zone)
		return choice{v, zone, during, after}
	}
	for _, v := range victims {
		if c := at(v, v.Zone); c.even() {
			return c
		}
	}
	for _, v := range victims {
		for _, z := range r.zones() {
			c := at(v, z)
			if c.even() {
				return c
			}
			if best.zone == "" || cmp.Or(cmp.Compare(c.after, best.after), cmp.Compare(c.during, best.during)) < 0 {
				best = c
			}
		}
	}
	return best
}

// allows tells whether a choice may be made: it leaves the zones even, or makes nothing worse in a group that is out of balance for so
// long that it will not balance itself.
func (r *run) allows(c choice) bool {
	now := spread(r.countsLater())
	patient := r.rec.Uneven.IsZero() || r.since(r.rec.Uneven) < unevenFor
	return c.zone != "" && (c.even() || !patient && c.after <= now && c.during <= now)
}

// balanced is what is chosen, where it is allowed, and keeps since when the zones are out of balance.
func (r *run) balanced(victims []Instance) (Instance, string, bool) {
	c := r.choose(victims)
	switch even := c.zone != "" && c.even(); {
	case even || spread(r.countsLater()) <= 1:
		r.rec.Uneven = time.Time{}
	case r.rec.Uneven.IsZero():
		r.rec.Uneven = r.now()
	}
	if !r.allows(c) {
		r.wait("", "not now: the zones are out of balance, and a swap would wake their rebalancing")
		return Instance{}, "", false
	}
	if !c.even() {
		r.say(c.victim.ID, "the zones are out of balance since %s, and the group leaves them so: swapped into %s, which makes it no worse", r.rec.Uneven.UTC().Format(time.TimeOnly), c.zone)
	}
	return c.victim, c.zone, true
}

// countsLater counts the members of every zone once everything under way is done. A replacement that waits for its turn is not: two of them, each for
// the other's zone, would make one another seem to fit for ever.
func (r *run) countsLater() map[string]int {
	counts := r.zoneCounts()
	for _, it := range r.rec.Intents {
		if v, ok := r.v.Instance(it.Victim); ok && it.Abandoned == "" && it.Ready.IsZero() {
			counts[it.Zone]++
			if v.Present() {
				counts[v.Zone]--
			}
		}
	}
	for _, d := range r.b.Debts() {
		if v := r.v.Get(d.Victim); v.Present() {
			counts[v.Zone]--
		}
		if d.Phase == books.Attaching {
			counts[d.Replacement.Zone]++
		}
	}
	return counts
}

// zoneCounts counts the live members of every zone of the group.
func (r *run) zoneCounts() map[string]int {
	counts := map[string]int{}
	for _, z := range r.zones() {
		counts[z] = 0
	}
	for _, i := range r.v.Live() {
		counts[i.Zone]++
	}
	return counts
}

// spreads is by how much the zones differ with one more in to, and then with one less in from.
func spreads(counts map[string]int, to, from string) (during, after int) {
	counts[to]++
	during = spread(counts)
	counts[from]--
	after = spread(counts)
	counts[from]++
	counts[to]--
	return during, after
}

func spread(counts map[string]int) int {
	if len(counts) == 0 {
		return 0
	}
	all := slices.Collect(maps.Values(counts))
	return slices.Max(all) - slices.Min(all)
}

func (r *run) zones() []string { return slices.Sorted(maps.Keys(r.w.Group.Subnets)) }

// emptiest is the zone with the fewest members.
func (r *run) emptiest() string {
	counts := r.zoneCounts()
	zones := r.zones()
	if len(zones) == 0 {
		return ""
	}
	return slices.MinFunc(zones, func(a, b string) int { return cmp.Or(cmp.Compare(counts[a], counts[b]), cmp.Compare(a, b)) })
}

// fullest is the first of the members in whose zone there are most.
func (r *run) fullest(among []Instance) (Instance, bool) {
	if len(among) == 0 {
		return Instance{}, false
	}
	counts := r.zoneCounts()
	return slices.MaxFunc(among, func(a, b Instance) int { return cmp.Compare(counts[a.Zone], counts[b.Zone]) }), true
}

// zonesFrom lists the group's zones, that one first.
func (r *run) zonesFrom(first string) []string {
	return append([]string{first}, slices.DeleteFunc(r.zones(), func(z string) bool { return z == first })...)
}
