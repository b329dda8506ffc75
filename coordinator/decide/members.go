package decide

import (
	"cmp"
	"slices"
	"time"

	"autospotting/coordinator/decide/view"
	"autospotting/coordinator/ledger"
)

// victims are the on-demand members that may be retired, oldest first.
func (r *run) victims() []Instance {
	var out []Instance
	for _, id := range r.v.IDs() {
		if i := r.v.Get(id); r.eligible(i) && !r.spokenFor(id) && !r.b.Replacing(id) {
			out = append(out, i)
		}
	}
	byAge(out)
	return out
}

// eligible tells whether a member may be retired for a swap: never one that its owner protects, nor one that is
// not in service.
func (r *run) eligible(i Instance) bool {
	return r.v.Standing(i.ID) == view.Serving && !i.Spot && !i.Protected && !i.Undeletable && !i.Unchecked && !r.doomed(i.ID) && !r.passedOver(i.ID) && !r.mute(i)
}

// spokenFor tells whether a debt or a launch already stands for the instance.
func (r *run) spokenFor(id string) bool {
	return r.b.Retiring(id) || slices.ContainsFunc(r.rec.Intents, func(it ledger.Intent) bool { return it.Victim == id && it.Abandoned == "" })
}

// newcomer is the newest on-demand member in the zone, or in any zone if there is none, that no debt has yet. One that came since a time goes
// before those that were there.
func (r *run) newcomer(zone string, since time.Time) (Instance, bool) {
	all := r.victims()
	slices.Reverse(all)
	old := func(i Instance) bool { return i.Launched.Before(since) }
	if came := slices.DeleteFunc(slices.Clone(all), old); len(came) > 0 {
		all = came
	}
	for _, i := range all {
		if i.Zone == zone {
			return i, true
		}
	}
	if len(all) > 0 {
		return all[0], true
	}
	return Instance{}, false
}

// returnable are the spot members of ours that may be brought back to on-demand, oldest first.
func (r *run) returnable() []Instance {
	var out []Instance
	for _, id := range r.v.IDs() {
		i := r.v.Get(id)
		if i.Ours && i.Spot && r.v.Standing(id) == view.Serving && !r.guarded(i) && !r.doomed(id) && !r.passedOver(id) && !r.spokenFor(id) && !r.b.Replacing(id) {
			out = append(out, i)
		}
	}
	byAge(out)
	return out
}

// guarded tells whether its owner protects the instance from scale-in; our own protection does not count.
func (r *run) guarded(i Instance) bool {
	_, ours := r.rec.Shielded[i.ID]
	return i.Protected && !ours
}

// holdsOurs tells whether spot of ours is in the group, whatever its state.
func (r *run) holdsOurs() bool {
	return slices.ContainsFunc(r.v.Live(), func(i Instance) bool { return i.Ours && i.Spot })
}

// capacity counts the members in service that AWS is not taking, without the one named, and without those that a retirement of ours which was
// not answered may have taken already.
func (r *run) capacity(without string) int { return r.headcount().without(without) }

// headcount is who is in service, as capacity counts them.
type headcount map[string]bool

func (h headcount) without(id string) int {
	if h[id] {
		return len(h) - 1
	}
	return len(h)
}

func (r *run) headcount() headcount {
	h := make(headcount, len(r.v.IDs()))
	for _, id := range r.v.IDs() {
		if i := r.v.Get(id); r.v.Standing(id) == view.Serving && r.up(i) && !r.doomed(id) {
			h[id] = true
		}
	}
	for d := range r.b.All() {
		if r.v.Unanswered(d) {
			delete(h, d.Victim)
		}
	}
	return h
}

// onDemandNow counts the on-demand members there are now.
func (r *run) onDemandNow() int {
	n := 0
	for _, i := range r.v.Live() {
		if !i.Spot {
			n++
		}
	}
	return n
}

func byAge(list []Instance) {
	slices.SortStableFunc(list, func(a, b Instance) int {
		return cmp.Or(a.Launched.Compare(b.Launched), cmp.Compare(a.ID, b.ID))
	})
}
