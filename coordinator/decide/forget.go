package decide

import (
	"maps"
	"slices"
	"time"
)

// forget (R2) drops what is of no more use.
func (r *run) forget() {
	wanted := map[string]bool{}
	for _, it := range r.rec.Intents {
		wanted[it.Instance] = true
	}
	for _, d := range r.b.Debts() {
		wanted[d.Replacement.Instance] = true
	}
	for _, id := range slices.Sorted(maps.Keys(r.rec.Said)) {
		s := r.rec.Said[id]
		last := latest(s.Hello, s.Started, s.Ready)
		if i, seen := r.v.Instance(id); seen && !i.Live() || !wanted[id] && r.since(last) > keepSaid {
			delete(r.rec.Said, id)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(r.rec.Notices)) {
		i, seen := r.v.Instance(id)
		over := r.v.Overdue(r.rec.Notices[id].Deadline)
		if seen && !i.Live() && (!i.Member || i.Leaving()) || !seen && over {
			delete(r.rec.Notices, id)
		}
	}
	r.prove()
	for _, id := range slices.Sorted(maps.Keys(r.rec.Retired)) {
		if r.v.Shown(r.rec.Retired[id]) {
			delete(r.rec.Retired, id)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(r.rec.Pools)) {
		if r.since(r.rec.Pools[key].Until) > keepMark {
			delete(r.rec.Pools, key)
		}
	}
}

// prove ends a row of failures when a replacement has lasted; one that did not proves nothing.
func (r *run) prove() {
	for _, id := range slices.Sorted(maps.Keys(r.rec.Proving)) {
		i, seen := r.v.Instance(id)
		switch paid := r.rec.Proving[id]; {
		case r.doomed(id), seen && (!i.Live() || i.Leaving()), !seen && r.v.Overdue(paid):
			delete(r.rec.Proving, id)
		case r.since(paid) >= lastingSwap && i.Serving():
			delete(r.rec.Proving, id)
			succeeded(&r.rec)
		}
	}
}

func latest(times ...time.Time) time.Time {
	return slices.MaxFunc(times, time.Time.Compare)
}
