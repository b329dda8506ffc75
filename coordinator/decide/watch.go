package decide

import (
	"maps"
	"slices"
	"time"

	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/decide/view"
	"autospotting/coordinator/ledger"
	"autospotting/coordinator/market"
)

// watch keeps a replacement in the record from now on until its application is up.
func (r *run) watch(it *ledger.Intent, s Instance) {
	if r.rec.Watched == nil {
		r.rec.Watched = map[string]ledger.Watch{}
	}
	w := ledger.Watch{At: r.now(), Early: !r.ready(it, s), Member: r.bootsAsMember()}
	w.Unproven = r.toBeProven() && (r.w.Group.Enabled || r.unprovable())
	r.rec.Watched[s.ID] = w
}

// toBeProven tells whether spotd or a load balancer has to tell that the boot went well.
func (r *run) toBeProven() bool {
	return r.bootsAsMember() && needsHelpers(r.w) || StandsForHook(r.w)
}

// unprovable tells whether nothing speaks for what goes back to on-demand with such a boot: it carries no spotd, and nobody who came to the group by an
// attach is up.
func (r *run) unprovable() bool {
	return r.toBeProven() && !r.w.Group.Enabled && !slices.ContainsFunc(r.v.Live(), r.proven)
}

// proven tells whether the member came to the group by an attach, and is up.
func (r *run) proven(i Instance) bool {
	_, watched := r.rec.Watched[i.ID]
	return i.Ours && !watched && r.v.Stays(i.ID) && r.up(i)
}

// watched looks after the replacements that are members and not up yet, whatever became of their debts. One that is not up in time is a failure: it
// is retired, with decrement while its debt is open, else without, so that the group launches its own.
func (r *run) watched() {
	for _, id := range slices.Sorted(maps.Keys(r.rec.Watched)) {
		w, i := r.rec.Watched[id], r.v.Get(id)
		if i.Balancer == view.BalancerHealthy && w.Healthy.IsZero() {
			w.Healthy = r.now()
			r.rec.Watched[id] = w
		}
		d, open := r.b.Debt(id)
		switch {
		case open && !d.Owed(), !r.v.Stays(id) && !r.v.Ended(id) && !r.v.Shown(w.At):
			continue // its attach is under way, or does not show yet
		case r.v.Stays(id) && i.Live() && !i.Resting() && r.doomed(id):
			continue // it goes anyway, and was never up
		case !r.v.Stays(id), !i.Live(), i.Resting(), !w.Failed && r.v.Standing(id) == view.Serving && r.up(i):
			delete(r.rec.Watched, id)
			continue
		}
		if r.rest(); r.w.Group.LoadBalanced || !r.told(i, r.muteGrace(), w.At) { // no load balancer tells when a member has become healthy
			r.poll()
		}
		if r.w.hold {
			continue
		}
		if open && d.Kind != books.Reversal && r.v.Unpaid(d) && r.stopped(d) {
			r.say(id, "is not up yet, and the group is not served now: it goes, and %s stays", d.Victim)
			r.b.Retarget(d.Name(), id)
			continue
		}
		if why := r.failing(i, w); why != "" {
			r.giveUp(i, w, why)
		}
	}
}

// stopped tells whether a replacement that is a member would not be launched now.
func (r *run) stopped(d books.Debt) bool {
	p := d.Replacement.Purpose
	return r.v.Stays(d.Victim) && !r.doomed(d.Victim) && (!r.may(wanted(p)) || !r.w.Group.Enabled && p == ledger.Swap)
}

// failing says why a member that is watched is given up; empty where it has time.
func (r *run) failing(i Instance, w ledger.Watch) string {
	if w.Failed {
		return "it was not up in time"
	}
	if why := heedless(i, w.Member, w.At); why != "" {
		return why
	}
	limit := w.At.Add(r.patience() + r.w.Group.SlowStart)
	if r.now().Before(limit) || r.w.missing(ReadBalancers) || r.w.missing(ReadStatus) || r.w.Group.HooksUnread {
		r.awaits(i.ID, "is a member, and has until %s to be up", limit.UTC().Format(time.TimeOnly))
		r.lookAfter(limit)
		return ""
	}
	return "it was not up " + r.since(w.At).Round(time.Second).String() + " after its attach"
}

// giveUp takes a replacement out of the group that is not up in time.
func (r *run) giveUp(i Instance, w ledger.Watch, why string) {
	d, owed := r.b.Debt(i.ID)
	switch {
	case r.guarded(i) || i.Undeletable:
		r.wait(i.ID, "%s; its owner protects it, and it stays", why)
		delete(r.rec.Watched, i.ID)
		return
	case owed && r.v.Unanswered(d):
		return // its victim may be gone already
	case !w.Failed:
		w.Failed = true
		delete(r.rec.Proving, i.ID)
		r.notUp(i, why)
	}
	if owed && d.Kind != books.Reversal {
		r.b.Retarget(d.Name(), i.ID)
	}
	if !owed && r.v.Mostly(w.Released) {
		if ok, tasks := r.emptied(i.ID, ""); !ok {
			r.wait(i.ID, "is to go (%s): %s", why, tasks)
			r.rec.Watched[i.ID] = w
			return
		}
		w.Released = r.now()
		r.act(Action{Kind: Retire, Instance: i.ID, Decrement: false, Why: why + ": the group starts its own"})
	}
	r.rec.Watched[i.ID] = w
}

// notUp counts the failure.
func (r *run) notUp(i Instance, why string) {
	r.say(i.ID, "%s: %s in %s is avoided for a while", why, i.Type, i.Zone)
	if i.Spot {
		markPool(&r.rec, r.now(), market.Pool{Type: i.Type, Zone: i.Zone}, "not up in time")
	}
	failed(&r.rec, r.now(), "a replacement was not up in time")
	r.rec.Sick = append(r.rec.Sick, r.now())
	r.rec.Ailing++
}
