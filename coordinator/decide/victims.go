package decide

import (
	"cmp"
	"slices"

	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/decide/view"
)

// seeVictims (R7) looks after the replacements that are members and not up yet, and after the victims of what is owed: who is gone, and who is retired
// in their stead.
func (r *run) seeVictims() {
	r.watched()
	var unexplained bool
	doubt := r.b.Doubt()
	for _, d := range r.b.Debts() {
		if !d.Owed() {
			continue
		}
		if closed, lost := r.seeVictim(d); closed {
			unexplained = unexplained || lost
			if r.w.Group.Desired == r.b.Due() && !unexplained {
				r.b.Trust() // a payment whose answer was lost explains it
			}
		}
	}
	if unexplained {
		r.voidAll(doubt, "desired is %d, and neither that nor who left is explained", r.w.Group.Desired)
	}
}

// seeVictim looks after one. It tells whether the debt was closed by it, and whether that leaves desired unexplained.
func (r *run) seeVictim(d books.Debt) (closed, unexplained bool) {
	v := r.v.Get(d.Victim)
	unpaid := r.v.Unpaid(d)
	switch {
	case unpaid && r.takenItself(d) && !r.doomed(v.ID) && r.v.Standing(v.ID) == view.Serving:
		r.say(d.Replacement.Instance, "AWS takes the replacement, and %s still serves: the replacement itself is retired", v.ID)
		r.b.Retarget(d.Name(), d.Replacement.Instance)
	case unpaid && r.outdated(d):
		r.say(d.Replacement.Instance, "the owner's template changed since it was launched: it is retired, and %s stays", cmp.Or(v.ID, "whoever comes"))
		r.b.Retarget(d.Name(), d.Replacement.Instance)
	case unpaid && r.replacedByGroup(d):
		next := r.nextVictim(d)
		r.b.Retarget(d.Name(), next)
		r.say(d.Replacement.Instance, "left the group, which replaces it: %s stays, and the victim is %s now", v.ID, cmp.Or(next, "whoever comes"))
	case r.v.Stays(d.Victim):
		r.b.Found(d.Name())
		if instead := r.breaksFloor(d, v); instead != "" {
			r.say(v.ID, "the owner keeps it on-demand since: %s is retired in its stead", instead)
			r.b.Retarget(d.Name(), instead)
		} else if why := r.spared(v); unpaid && why != "" && (d.Kind != books.Reversal || v.Resting()) {
			r.say(v.ID, "%s since: another victim is chosen", why)
			r.b.Retarget(d.Name(), r.evenly(d, v, r.nextVictim(d)))
		} else if other := r.inAFullerZone(d); unpaid && other != "" {
			r.say(v.ID, "its zone has fewer members than another by now: %s is retired in its stead", other)
			r.b.Retarget(d.Name(), other)
		}
	case d.Kind == books.Waiting:
		r.b.Retarget(d.Name(), r.nextVictim(d))
	default:
		return r.missedVictim(d)
	}
	return false, false
}

// evenly is the next victim of a debt; or the replacement itself, where the work on the victim did not end and the next one's zone would have two fewer
// than another: then all is as before.
func (r *run) evenly(d books.Debt, v Instance, next string) string {
	s := r.v.Get(d.Replacement.Instance)
	if next == "" || !r.passedOver(v.ID) || r.v.Standing(s.ID) != view.Serving {
		return next
	}
	after := func(gone Instance) int {
		counts := r.countsLater()
		counts[v.Zone]++ // which counts as gone until now
		counts[gone.Zone]--
		return spread(counts)
	}
	if with := after(r.v.Get(next)); with > 1 && after(s) < with {
		return s.ID
	}
	return next
}

// spared tells why a victim is not to be retired any more; empty where it is. One in Standby is its owner's alone: what it counted for was taken
// off desired already, or replaced.
func (r *run) spared(v Instance) string {
	switch {
	case r.doomed(v.ID):
		return ""
	case v.Protected || v.Undeletable:
		return "is protected"
	case v.Resting():
		return "is in Standby"
	case r.passedOver(v.ID):
		return "its work did not end"
	case r.mute(v):
		return "nobody can be asked to drain it"
	}
	return ""
}

// takenItself tells whether AWS takes the replacement, so that it may as well pay for itself.
func (r *run) takenItself(d books.Debt) bool {
	s := d.Replacement.Instance
	return r.v.Stays(s) && r.doomed(s) && !r.b.Retiring(s) && !r.v.Retired(s)
}

// outdated tells whether the replacement is of a template that its owner has changed since. A victim that AWS takes is replaced all the same.
func (r *run) outdated(d books.Debt) bool {
	s, now := d.Replacement, r.w.Template.Hash
	return d.Kind != books.OverMax && d.Kind != books.Reversal && r.w.Template.CopyOf.IsZero() && now != "" && s.SourceHash != "" && now != s.SourceHash && r.v.Stays(s.Instance) &&
		!r.doomed(d.Victim) && !r.b.Retiring(s.Instance)
}

// replacedByGroup tells whether the replacement has left the group while desired is what is due, so that somebody new comes in its place: that one
// is the victim then, and never who served all along. Where on-demand is wanted again, the newcomer is as good as what left.
func (r *run) replacedByGroup(d books.Debt) bool {
	s, v := d.Replacement, r.v.Get(d.Victim)
	return d.Kind == books.Exchange && s.Purpose != books.Return && r.left(d) && !r.doomed(v.ID) && v.Launched.Before(d.At) &&
		!r.b.Doubted() && r.v.Numbers() == view.Known && r.w.Group.Desired == r.b.Due() && (r.since(d.Since) < fillFor || r.came(d))
}

// came tells whether somebody who may be retired came since the debt was opened. For a while one is waited for; then whoever was there serves as well.
func (r *run) came(d books.Debt) bool {
	n, ok := r.newcomer(d.Replacement.Zone, d.At)
	return ok && !n.Launched.Before(d.At)
}

// left tells whether the debt's replacement was a member and is none any more, or is on its way out.
func (r *run) left(d books.Debt) bool {
	s, seen := r.v.Instance(d.Replacement.Instance)
	return seen && (s.Member && s.Leaving() || !s.Live()) || (!seen || !s.Member) && r.v.Shown(d.Since)
}

// missedVictim reads from the activities how a victim left while its debt was unpaid.
func (r *run) missedVictim(d books.Debt) (closed, unexplained bool) {
	missed := r.b.Miss(d.Name(), r.now())
	switch {
	case r.w.Unread:
		r.wait(d.Victim, "left the group; the activities could not be read: looking again")
	case r.v.Happened(UserShrink, d.Victim, d):
		r.say(d.Victim, "retired: the debt for %s is paid", d.Replacement.Instance)
		retiredNow(&r.rec, d.Victim, r.now()) // this read shows it, the next may be older
		r.on(d, books.SeenPaid)
		return true, false
	case r.v.HappenedBefore(Unhealthy, d.Victim, d), r.v.HappenedBefore(UserReplace, d.Victim, d), r.tookAnyway(d):
		next := r.nextVictim(d)
		r.b.Retarget(d.Name(), next)
		r.say(d.Victim, "was replaced by the group: the victim is %s now", cmp.Or(next, "whoever comes"))
	case r.v.Shown(missed):
		unexplained = r.b.Doubted() // desired is another too: then no debt is sure
		r.void(d, "%s left and no activity says why", d.Victim)
		r.on(d, books.GivenUp)
		return true, unexplained
	}
	return false, false
}

// tookAnyway tells whether the group took the victim for a reason of its own while desired is still what our debts
// explain: then our +1 is still in it.
func (r *run) tookAnyway(d books.Debt) bool {
	took := r.v.HappenedBefore(GroupTook, d.Victim, d) || r.v.HappenedBefore(Resize, d.Victim, d)
	return took && !r.b.Doubted() && r.w.Group.Desired == r.b.Due()
}

// breaksFloor names the spot instance of ours that pays the debt where its on-demand victim would leave fewer on-demand than the owner
// wants by now: the replacement, or where there is none (any more) another; none if the floor holds.
func (r *run) breaksFloor(d books.Debt, v Instance) string {
	// A payment that was sent and would show by now was not done, since the victim is still there.
	if !r.v.Unpaid(d) || v.Spot || r.doomed(v.ID) || !v.Serving() || r.onDemandLater() >= r.keep() {
		return ""
	}
	s := r.v.Get(d.Replacement.Instance)
	if s.Spot && s.Ours && r.v.Stays(s.ID) && !r.b.Retiring(s.ID) && !r.v.Retired(s.ID) {
		return s.ID
	}
	if d.Kind == books.OverMax || d.Replacement.Spot && !r.v.Stays(s.ID) {
		return r.spotInstead(d, "")
	}
	return ""
}

// nextVictim chooses the newest on-demand member, of the zone if it can be, or for a return the oldest spot of ours; none yet leaves it open: the
// group's own late newcomer is waited for. One that the owner keeps is not taken: then a spot instance of ours goes, the replacement first.
func (r *run) nextVictim(d books.Debt) string {
	if back := r.returnable(); d.Replacement.Purpose == books.Return && len(back) > 0 {
		return back[0].ID
	}
	coming := r.v.Pending() > 0 || len(r.v.Live()) < r.w.Group.Desired
	v, ok := r.newcomer(d.Replacement.Zone, d.At)
	late := coming && v.Launched.Before(d.At) && r.since(d.Since) < fillFor
	switch spare := r.onDemandLater() > r.keep(); {
	case ok && spare && !late:
		return v.ID
	case coming:
		return ""
	}
	return r.spotInstead(d, v.ID)
}

// spotInstead is the spot instance of ours that pays a debt where the owner keeps all that is on-demand: the replacement itself, or
// the oldest other; the fallback where there is none.
func (r *run) spotInstead(d books.Debt, fallback string) string {
	s := r.v.Get(d.Replacement.Instance)
	if s.Spot && s.Ours && r.v.Standing(s.ID) == view.Serving && !r.b.Retiring(s.ID) {
		return s.ID
	}
	if others := r.returnable(); len(others) > 0 {
		return others[0].ID
	}
	if slices.ContainsFunc(r.v.Live(), func(i Instance) bool {
		return i.Ours && i.Spot && r.v.Standing(i.ID) == view.Serving && !r.doomed(i.ID) && r.b.Replacing(i.ID) && !r.b.Retiring(i.ID)
	}) {
		return "" // one that may be taken as soon as its own debt is paid
	}
	return fallback
}
