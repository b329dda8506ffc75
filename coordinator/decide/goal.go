package decide

import (
	"cmp"
	"slices"

	"autospotting/coordinator/ledger"
)

// keep is how many members the owner wants on-demand: all of them where the group is not served any more. What we raised
// desired by is not part of the group that the owner speaks of.
func (r *run) keep() int {
	size := r.w.Group.Desired - r.rec.Owed()
	if !r.w.Group.Enabled {
		return size
	}
	return min(r.w.Settings.KeepOnDemand.Up(size), size)
}

// onDemandLater counts the on-demand members there will be once everything under way is done.
func (r *run) onDemandLater() int {
	n := 0
	for _, i := range r.liveMembers() {
		if !i.Spot {
			n++
		}
	}
	for _, it := range r.rec.Intents {
		if it.Abandoned == "" {
			n += r.shift(it, it.Victim)
		}
	}
	for _, p := range r.rec.Pairs {
		if p.Phase != ledger.Undoing {
			n += r.shift(p.Intent, p.Victim)
		}
	}
	return n
}

// shift is what a replacement and its victim will change of the count of on-demand members.
func (r *run) shift(it ledger.Intent, victim string) int {
	n := 0
	if s := r.byID[it.Instance]; it.Launch.Nonce != "" && !it.Launch.Spot && !s.Member {
		n++
	}
	if v, seen := r.byID[victim]; seen && v.Member && !v.Leaving() && !v.Spot {
		n--
	}
	return n
}

// returnable are the spot members of ours that may be brought back to on-demand, oldest first.
func (r *run) returnable() []Instance {
	var out []Instance
	for _, id := range r.ids {
		i := r.byID[id]
		_, shielded := r.rec.Shielded[id]
		if i.Ours && i.Spot && i.Serving() && (!i.Protected || shielded) && !r.doomed(id) && !r.isVictim(id) && !r.isReplacement(id) {
			out = append(out, i)
		}
	}
	byAge(out)
	return out
}

// holdsOurs tells whether spot of ours is in the group, whatever its state.
func (r *run) holdsOurs() bool {
	return slices.ContainsFunc(r.liveMembers(), func(i Instance) bool { return i.Ours && i.Spot })
}

// isReplacement tells whether the instance was attached for a debt that is still open.
func (r *run) isReplacement(id string) bool {
	return slices.ContainsFunc(r.rec.Pairs, func(p ledger.Pair) bool { return p.Intent.Instance == id })
}

func byAge(list []Instance) {
	slices.SortStableFunc(list, func(a, b Instance) int {
		return cmp.Or(a.Launched.Compare(b.Launched), cmp.Compare(a.ID, b.ID))
	})
}
