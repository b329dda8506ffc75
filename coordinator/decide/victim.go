package decide

import (
	"cmp"
	"slices"
	"time"

	"autospotting/coordinator/ledger"
)

// settleVictim looks after the victim of an unpaid pair; it returns false where the pair is closed.
func (r *run) settleVictim(p ledger.Pair) (ledger.Pair, bool) {
	s, seen := r.byID[p.Intent.Instance]
	v, there := r.byID[p.Victim]
	unsent := p.Phase == ledger.Attached || r.since(p.Since) >= staleFor // a call that worked would show by then
	if unsent && seen && s.Member && !s.Leaving() && r.doomed(s.ID) && p.Victim != s.ID && !r.hasPair(s.ID) && !r.retired(s.ID) && there && !r.doomed(v.ID) && v.Serving() {
		r.say(s.ID, "AWS takes the replacement, and %s still serves: the replacement itself is retired", v.ID)
		p.Victim, p.Phase = s.ID, ledger.Attached
		return p, true
	}
	if there && v.Member && !v.Leaving() {
		p.Missed = time.Time{}
		if instead := r.breaksFloor(p, v); instead != "" {
			r.say(v.ID, "the owner keeps it on-demand since: %s is retired in its stead", instead)
			p.Victim, p.Phase = instead, ledger.Attached
			return p, true
		}
		if unsent && !r.doomed(v.ID) && (v.Protected || v.Undeletable) && v.ID != s.ID {
			r.say(v.ID, "is protected since: another victim is chosen")
			return r.nextVictim(p), true
		}
		return p, true
	}
	if p.Victim == "" {
		return r.nextVictim(p), true
	}
	return r.missedVictim(p)
}

// hasPair tells whether a pair retires the instance already.
func (r *run) hasPair(victim string) bool {
	return slices.ContainsFunc(r.rec.Pairs, func(p ledger.Pair) bool { return p.Victim == victim })
}

// missedVictim reads from the activities how a victim left while its pair was unpaid.
func (r *run) missedVictim(p ledger.Pair) (ledger.Pair, bool) {
	if p.Missed.IsZero() {
		p.Missed = r.now()
	}
	switch {
	case r.w.Unread:
		r.say(p.Victim, "left the group; the activities could not be read: looking again")
		return p, true
	case r.activity(p.Victim, p, UserShrink):
		r.say(p.Victim, "retired: the debt for %s is paid", p.Intent.Instance)
		proves(&r.rec, p, r.now())
		settles(&r.rec, p.Victim, r.now()) // this read shows it, the next may be older
		return p, false
	case r.activityFrom(p.At.Add(-staleFor), p.Victim, Unhealthy), r.activityFrom(p.At.Add(-staleFor), p.Victim, UserReplace),
		r.tookAnyway(p):
		gone := p.Victim
		p.Phase = ledger.Attached
		p = r.nextVictim(p)
		r.say(gone, "was replaced by the group: the victim is %s now", cmp.Or(p.Victim, "whoever comes"))
		return p, true
	case r.since(p.Missed) < staleFor:
		return p, true
	}
	r.void(p, "%s left and no activity says why", p.Victim)
	r.unexplained = !r.rec.Doubt.Since.IsZero() // desired is another too: then no debt is sure
	return p, false
}

// tookAnyway tells whether the group took the victim for a reason of its own while desired is still what our debts
// explain: then our +1 is still in it.
func (r *run) tookAnyway(p ledger.Pair) bool {
	took := r.activityFrom(p.At.Add(-staleFor), p.Victim, GroupTook) || r.activityFrom(p.At.Add(-staleFor), p.Victim, Resize)
	return took && r.rec.Doubt.Since.IsZero() && r.w.Group.Desired == r.rec.Desired0+r.rec.Owed()
}

// breaksFloor names the spot instance of ours that pays the debt where its on-demand victim would leave fewer on-demand than the owner
// wants by now: the replacement, or where that is gone another; none if the floor holds.
func (r *run) breaksFloor(p ledger.Pair, v Instance) string {
	unanswered := p.Phase == ledger.Paying && r.since(p.Since) >= staleFor // and not done, since the victim is still there
	if p.Phase != ledger.Attached && !unanswered || v.Spot || r.doomed(v.ID) || !v.Serving() || r.onDemandLater() >= r.keep() {
		return ""
	}
	s := r.byID[p.Intent.Instance]
	if s.Spot && s.Ours && s.Member && !s.Leaving() && !r.hasPair(s.ID) && !r.retired(s.ID) {
		return s.ID
	}
	if gone := p.Intent.Launch.Spot && (!s.Member || s.Leaving()); gone {
		return r.spotInstead(p, "")
	}
	return ""
}

// nextVictim chooses the newest on-demand member of the zone, or for a return the oldest spot of ours; none yet leaves it open.
// One that the owner keeps is not taken: what is still to come is waited for, and then a spot instance of ours goes, the replacement first.
func (r *run) nextVictim(p ledger.Pair) ledger.Pair {
	p.Victim, p.Missed = "", time.Time{}
	if back := r.returnable(); p.Intent.Purpose == ledger.Return && len(back) > 0 {
		p.Victim = back[0].ID
		return p
	}
	coming := r.pendingMembers() > 0 || len(r.liveMembers()) < r.w.Group.Desired
	v, ok := r.newcomer(p.Intent.Zone)
	switch spare := r.onDemandLater() > r.keep(); {
	case ok && spare:
		p.Victim = v.ID
	case coming:
	default:
		p.Victim = r.spotInstead(p, v.ID)
	}
	return p
}

// spotInstead is the spot instance of ours that pays a debt where the owner keeps all that is on-demand: the replacement itself, or
// the oldest other; the fallback where there is none.
func (r *run) spotInstead(p ledger.Pair, fallback string) string {
	s := r.byID[p.Intent.Instance]
	if s.Spot && s.Ours && s.Member && s.Serving() && !r.hasPair(s.ID) && !r.retired(s.ID) {
		return s.ID
	}
	if others := r.returnable(); len(others) > 0 {
		return others[0].ID
	}
	if slices.ContainsFunc(r.live, func(i Instance) bool {
		return i.Ours && i.Spot && i.Serving() && !r.doomed(i.ID) && r.isReplacement(i.ID) && !r.hasPair(i.ID)
	}) {
		return "" // one that may be taken as soon as its own debt is paid
	}
	return fallback
}
