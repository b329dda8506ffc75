package decide

import (
	"autospotting/coordinator/decide/books"
)

// size is the group's size as its owner speaks of it, without what we raised desired by.
func (r *run) size() int { return r.w.Group.Desired - r.b.Owed() }

// keep is how many members the owner wants on-demand: all of them where the group is not served any more.
func (r *run) keep() int {
	if !r.w.Group.Enabled {
		return r.size()
	}
	return Keep(r.w, r.size())
}

// Keep is how many of so many members stay on-demand in a group that is served: as the owner's tag says, or the group's own policy if that is more.
func Keep(w World, size int) int {
	return min(max(w.Settings.KeepOnDemand.Up(size), w.Group.OnDemandBase), size)
}

// onDemandLater counts the on-demand members there will be once everything under way is done.
func (r *run) onDemandLater() int {
	n := r.onDemandNow()
	for _, it := range r.rec.Intents {
		if it.Abandoned == "" {
			n += r.shift(it.Replacement(), it.Victim)
		}
	}
	for d := range r.b.All() {
		if d.Phase != books.Undoing {
			n += r.shift(d.Replacement, d.Victim)
		}
	}
	return n
}

// shift is what a replacement and its victim will change of the count of on-demand members.
func (r *run) shift(s books.Replacement, victim string) int {
	n := 0
	if s.Nonce != "" && !s.Spot && !r.v.Get(s.Instance).Member {
		n++
	}
	if r.v.Stays(victim) && !r.v.Get(victim).Spot {
		n--
	}
	return n
}
