package decide

import (
	"fmt"
	"slices"

	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/decide/view"
)

// returnLease (R14) gives MaxSize back as soon as desired fits again. It is never written blindly: lowering MaxSize below
// desired makes AWS lower desired and choose a victim by itself (UpdateAutoScalingGroup).
func (r *run) returnLease() {
	l, g := r.b.Lease(), r.w.Group
	switch {
	case l.State == books.NoLease:
		return
	case !g.Found || l.State == books.Restored && r.v.Shown(l.At):
		r.b.EndLease()
		return
	case l.State == books.Restored:
		return
	}
	r.poll()
	if members := r.v.Listed(); g.Desired < l.Owner && members > l.Owner {
		r.awaits("", "MaxSize is %d instead of the owner's %d until no more are members: of %d some are on their way out, or in Standby", g.Max, l.Owner, members)
	}
	r.awaits("", "MaxSize is %d instead of the owner's %d until desired fits it", g.Max, l.Owner)
	if r.b.Attaching() || r.v.Old() || r.planned(Retire) > 0 || slices.ContainsFunc(r.b.Debts(), r.v.Unanswered) {
		return
	}
	switch reading := r.v.MaxSize(); {
	case reading == view.Untold:
	case reading == view.Owners:
		r.b.EndLease()
	case reading == view.Changed:
		r.say("", "MaxSize is %d and MinSize %d, where the owner's MaxSize was %d and ours %d: changed since, so it is the owner's now", g.Max, g.Min, l.Owner, l.Leased)
		r.b.EndLease()
	case g.Desired < l.Owner && r.v.Listed() > l.Owner:
		r.returnSome() // where "current group size" counts members that are terminating, MaxSize below it would raise desired
	case g.Desired <= l.Owner && r.b.Doubted():
		// It was read as another lately. If that is what it is, lowering MaxSize below it would change it, and end the question with a guess.
	case g.Desired <= l.Owner:
		r.act(Action{Kind: RestoreMax, Max: l.Owner, Why: "desired fits the owner's MaxSize again"})
	case !r.b.Any():
		r.overMax()
	default:
		r.returnSome()
	}
}

// returnSome gives back what of a raised MaxSize is not needed any more.
func (r *run) returnSome() {
	l := r.b.Lease()
	need := max(r.w.Group.Desired, r.b.Due(), r.memberSoon())
	if l.State != books.Raised || !r.v.Shown(l.At) || need >= l.Leased || need <= l.Owner || r.b.Doubted() {
		return
	}
	r.b.Borrow(l.Owner, need, r.now())
	r.act(Action{Kind: RaiseMax, Max: need, Why: fmt.Sprintf("of the %d borrowed no more is needed", l.Leased)})
}

// overMax retires one instance of our choice where a policy took the room that we had borrowed; restoring MaxSize instead would let
// AWS choose. It is of the zone that has most; there an on-demand one, or of ours where the owner keeps those that there are.
func (r *run) overMax() {
	v, ok := r.surplus()
	if !ok {
		r.wait("", "desired is above the owner's MaxSize, and nobody may be retired for it: %s", r.heldBack(r.v.Live()))
		return
	}
	r.b.OpenOverMax(v.ID, r.w.Group.Desired, "desired is above the owner's MaxSize", r.now())
	r.lookAt(r.now())
}

// surplus is who goes where desired is above the owner's MaxSize.
func (r *run) surplus() (Instance, bool) {
	among, spot := r.victims(), r.returnable()
	slices.Reverse(among)
	if r.onDemandLater() <= r.keep() && len(spot) > 0 {
		among = spot
	}
	v, ok := r.fullest(among)
	// Balance comes before the price: where no on-demand one is in a zone that has most, one of ours there goes.
	if other, more := r.fullest(spot); ok && more && r.zoneCounts()[other.Zone] > r.zoneCounts()[v.Zone] {
		v = other
	}
	return v, ok
}

// inAFullerZone names who goes in the place of one that was chosen when its zone had as many members as any; empty where it is still so.
func (r *run) inAFullerZone(d books.Debt) string {
	if d.Kind != books.OverMax {
		return ""
	}
	counts := r.zoneCounts()
	if v, ok := r.surplus(); ok && counts[v.Zone] > counts[r.v.Get(d.Victim).Zone] {
		return v.ID
	}
	return ""
}
