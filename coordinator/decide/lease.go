package decide

import (
	"slices"

	"autospotting/coordinator/ledger"
)

// leaseCovers tells whether MaxSize is known to be raised far enough though the read does not show it yet.
func (r *run) leaseCovers(need int) bool {
	l := r.rec.Lease
	return l != nil && l.Raised && !l.Returned && l.Leased >= need && r.since(l.At) < staleFor
}

// raise borrows room in MaxSize; the owner's value is written first. A value of ours that an old read still shows is
// not taken for the owner's; any other is, however lately we gave one back.
func (r *run) raise(need int) {
	owner, tried, since := r.w.Group.Max, []int(nil), r.now()
	if l := r.rec.Lease; l != nil && (!l.Returned || r.since(l.At) < staleFor) {
		if !l.Returned && !l.Since.IsZero() {
			since = l.Since
		}
		if r.borrowed(l) {
			owner = l.Owner
		}
		if owner == l.Owner { // what was tried against another value of the owner's is nobody's any more
			tried = l.Tried
		}
	}
	if !slices.Contains(tried, need) {
		tried = append(tried, need)
	}
	if owner == r.w.Group.Desired {
		r.say("", "MaxSize %d is fully used: raised to %d until desired fits it again", owner, need)
	}
	r.rec.Lease = &ledger.Lease{Owner: owner, Leased: need, Tried: tried, At: r.now(), Since: since}
	r.act(Action{Kind: RaiseMax, Max: need, Why: "no room to attach before retiring"})
}

// borrowed tells whether MaxSize is what we set it to. A MinSize above the owner's MaxSize proves that the owner has set both since; and
// once what we set must show, an earlier value that we tried is somebody's own.
func (r *run) borrowed(l *ledger.Lease) bool {
	g := r.w.Group
	if l.Raised && !l.Returned && r.since(l.At) >= staleFor {
		return g.Max == l.Leased && g.Min <= l.Owner
	}
	return l.Ours(g.Max) && g.Min <= l.Owner
}

// untold tells whether MaxSize may be read from before our last call: the owner's own for a minute, anything else for less.
func (r *run) untold(l *ledger.Lease) bool {
	age := r.since(l.At)
	return r.w.Group.Min <= l.Owner && (age < lagFor || age < staleFor && r.w.Group.Max == l.Owner)
}

// returnLease gives MaxSize back as soon as desired fits again. It is never written blindly: lowering MaxSize below
// desired makes AWS lower desired and choose a victim by itself (UpdateAutoScalingGroup).
func (r *run) returnLease() {
	l := r.rec.Lease
	if l == nil {
		return
	}
	g, young := r.w.Group, r.since(l.At) < staleFor
	if !g.Found || l.Returned && !young {
		r.rec.Lease = nil
		return
	}
	if l.Returned {
		return
	}
	r.poll()
	retiring := r.planned(Retire) > 0 ||
		slices.ContainsFunc(r.rec.Pairs, func(p ledger.Pair) bool { return p.Phase == ledger.Paying && r.since(p.Since) < staleFor }) // not answered
	if r.attaching() || r.stale() || retiring {
		return
	}
	switch {
	case !r.borrowed(l) && r.untold(l):
		// Not raised yet, or a read older than the call.
	case g.Max == l.Owner:
		r.rec.Lease = nil
	case !r.borrowed(l):
		r.say("", "MaxSize is %d and MinSize %d, where the owner's MaxSize was %d and ours %d: changed since, so it is the owner's now", g.Max, g.Min, l.Owner, l.Leased)
		r.rec.Lease = nil
	case g.Desired < l.Owner && r.listed() > l.Owner:
		// Where "current group size" counts members that are terminating, MaxSize below it would raise desired.
	case g.Desired <= l.Owner && !r.rec.Doubt.Since.IsZero():
		// It was read as another lately. If that is what it is, lowering MaxSize below it would change it, and end the question with a guess.
	case g.Desired <= l.Owner:
		r.act(Action{Kind: RestoreMax, Max: l.Owner, Why: "desired fits the owner's MaxSize again"})
	case len(r.rec.Pairs) == 0:
		r.surplus()
	}
}

// surplus retires one instance of our choice where a policy took the room that we had borrowed; restoring MaxSize instead would let
// AWS choose. It is an on-demand one, or of ours where the owner keeps those that there are.
func (r *run) surplus() {
	v, ok := r.newcomer("")
	if spot := r.returnable(); r.onDemandLater() <= r.keep() && len(spot) > 0 {
		v, ok = spot[0], true
	}
	if !ok {
		r.say("", "desired is above the owner's MaxSize and no on-demand instance may be retired: waiting")
		return
	}
	r.rec.Desired0 = r.w.Group.Desired - 1
	r.rec.Pairs = append(r.rec.Pairs, ledger.Pair{
		Victim: v.ID, Phase: ledger.Attached, At: r.now(), Since: r.now(),
		Why: "desired is above the owner's MaxSize",
	})
	r.lookAt(r.now())
}

// allowed drops a surplus that the owner's MaxSize has room for by now.
func (r *run) allowed() {
	l, g := r.rec.Lease, r.w.Group
	if l != nil && !l.Returned && (r.borrowed(l) || r.untold(l)) {
		return
	}
	r.rec.Pairs = slices.DeleteFunc(r.rec.Pairs, func(p ledger.Pair) bool {
		unsent := p.Phase == ledger.Attached || r.since(p.Since) >= staleFor // a call that worked would show by then
		v, there := r.byID[p.Victim]
		stays := there && v.Member && !v.Leaving()
		if p.Intent.Instance != "" || !unsent || !stays {
			return false
		}
		r.say(p.Victim, "stays: MaxSize is the owner's %d, and desired may be %d", g.Max, g.Desired)
		r.rec.Desired0++
		return true
	})
}

// listed counts the members in any state, those too that we retired just now and that an old read does not show.
func (r *run) listed() int {
	n := 0
	for _, i := range r.byID {
		if i.Listed {
			n++
		}
	}
	for id, at := range r.rec.Settling {
		if r.since(at) < lagFor && !r.byID[id].Listed {
			n++
		}
	}
	return n
}

func (r *run) attaching() bool {
	for _, p := range r.rec.Pairs {
		if p.Phase == ledger.Attaching || p.Phase == ledger.Undoing {
			return true
		}
	}
	return false
}
