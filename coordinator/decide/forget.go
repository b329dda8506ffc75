package decide

import (
	"maps"
	"slices"
	"time"

	"autospotting/coordinator/ledger"
	"autospotting/coordinator/market"
)

// forget (R2) drops what is of no more use.
func (r *run) forget() {
	r.prove() // while the notices are there that tell why one left
	r.templates()
	r.clusters()
	r.forgetCanDrain()
	r.uses()
	r.staleSuspicions()
	wanted := map[string]bool{}
	for _, it := range r.rec.Intents {
		wanted[it.Instance] = true
	}
	for _, d := range r.b.Debts() {
		wanted[d.Replacement.Instance] = true
	}
	for id := range r.rec.Watched {
		wanted[id] = true
	}
	maps.DeleteFunc(r.rec.Said, func(id string, said ledger.Said) bool {
		i, seen := r.v.Instance(id)
		return seen && !i.Live() || !wanted[id] && r.since(said.Last()) > keepSaid
	})
	maps.DeleteFunc(r.rec.Notices, func(id string, n ledger.Notice) bool {
		i, seen := r.v.Instance(id)
		return seen && !i.Live() && (!i.Member || i.Leaving()) || !seen && r.v.Overdue(n.Deadline)
	})
	hourAgo := func(at time.Time) bool { return r.since(at) >= time.Hour }
	r.rec.Sick, r.rec.Moved = slices.DeleteFunc(r.rec.Sick, hourAgo), slices.DeleteFunc(r.rec.Moved, hourAgo)
	maps.DeleteFunc(r.rec.Retired, func(_ string, at time.Time) bool { return r.v.Shown(at) })
	maps.DeleteFunc(r.rec.Pools, func(_ string, m ledger.PoolMark) bool { return r.since(m.Until) > keepMark })
}

// prove ends a row of failures when a replacement has lasted. One that a health check replaced, or that died without a notice, before that is
// itself a failure, and its pool is avoided: it may have cost a healthy on-demand instance. Its owner, scale-in and AWS's notices are no failures.
func (r *run) prove() {
	for _, id := range slices.Sorted(maps.Keys(r.rec.Proving)) {
		since := r.rec.Proving[id]
		i := r.v.Get(id)
		switch {
		case r.doomed(id), noticeStatus(i.SpotStatus): // AWS takes it, or took it
			delete(r.rec.Proving, id)
		case r.v.Stays(id) && i.Live():
			if r.since(since) >= lastingSwap && i.Serving() && !r.b.Replacing(id) {
				delete(r.rec.Proving, id)
				succeeded(&r.rec)
			}
		case r.w.Unread && r.since(since) < keepProving:
			r.poll() // why it left is not known yet
		case r.v.FellIll(id, since):
			delete(r.rec.Proving, id)
			r.sick(i, "a replacement was found unhealthy within "+lastingSwap.String())
		case r.takenByPolicy(id, since):
			delete(r.rec.Proving, id)
			failed(&r.rec, r.now(), "the group took a spot replacement out by itself within "+lastingSwap.String()+", as its mixed instances policy asks for on-demand: "+ownPolicy+" to have the group buy spot itself")
			r.say(id, "%s", r.rec.Cause)
		case r.v.Told(id, since), r.since(since) >= keepProving:
			delete(r.rec.Proving, id)
		}
	}
}

// takenByPolicy tells whether a group with a mixed instances policy let the instance go with no change of desired to cause it. Whether a policy at
// 100 % on-demand counts spot that was attached AWS does not document: a group that realigns itself would for ever undo what we do.
func (r *run) takenByPolicy(id string, since time.Time) bool {
	return r.w.Group.Policy && slices.ContainsFunc(r.w.Activities, func(a Activity) bool {
		return a.Kind == GroupTook && a.Instance == id && a.Desired == 0 && !a.Failed && !a.At.Before(since)
	})
}

// keepProving is how long it is asked why a replacement left, whose place may be told of late.
const keepProving = 2 * lastingSwap

// sick counts a replacement that failed after it was in service.
func (r *run) sick(i Instance, why string) {
	r.say(i.ID, "%s: %s in %s is avoided for a while", why, i.Type, i.Zone)
	markPool(&r.rec, r.now(), market.Pool{Type: i.Type, Zone: i.Zone}, "unhealthy")
	failed(&r.rec, r.now(), why)
	r.rec.Sick = append(r.rec.Sick, r.now())
	r.rec.Ailing++
}

// Vanished tells whether a replacement that has yet to prove itself is no member any more: then the activities tell why.
func Vanished(w World) bool {
	_, gone := LastProof(w)
	return gone
}

// LastProof is since when the activities are to be read to know why replacements left that have yet to prove themselves; false where none left.
func LastProof(w World) (since time.Time, gone bool) {
	stays := map[string]bool{}
	for _, i := range w.Instances {
		stays[i.ID] = i.Member && !i.Leaving() && i.Live()
	}
	for id, attached := range w.Record.Proving {
		if _, doomed := w.Record.Notices[id]; !doomed && !stays[id] && (!gone || attached.Before(since)) {
			since, gone = attached, true
		}
	}
	return since, gone
}
