package decide

import "autospotting/coordinator/ledger"

// leaseCovers tells whether MaxSize is known to be raised far enough though the read does not show it yet.
func (r *run) leaseCovers(need int) bool {
	l := r.rec.Lease
	return l != nil && l.Raised && l.Leased >= need && r.since(l.At) < staleFor
}

// raise borrows room in MaxSize; the owner's value is written first.
func (r *run) raise(need int) {
	l := r.rec.Lease
	if l == nil {
		l = &ledger.Lease{Owner: r.w.Group.Max}
	}
	if l.Owner == r.w.Group.Desired {
		r.say("", "MaxSize %d is fully used: raised to %d until the swap is done", l.Owner, need)
	}
	r.rec.Lease = &ledger.Lease{Owner: l.Owner, Leased: need, At: r.now()}
	r.act(Action{Kind: RaiseMax, Max: need, Why: "no room to attach before retiring"})
}

// returnLease gives MaxSize back as soon as desired fits again. It is never written blindly: lowering MaxSize below
// desired makes AWS lower desired and choose a victim by itself (UpdateAutoScalingGroup).
func (r *run) returnLease() {
	l := r.rec.Lease
	if l == nil {
		return
	}
	g := r.w.Group
	if !g.Found {
		r.rec.Lease = nil
		return
	}
	r.poll()
	if r.attaching() || r.stale() {
		return
	}
	young := r.since(l.At) < staleFor
	switch {
	case g.Max != l.Leased && g.Max != l.Owner:
		r.say("", "MaxSize is %d, neither the owner's %d nor our %d: it was changed since, so it is the owner's now", g.Max, l.Owner, l.Leased)
		r.rec.Lease = nil
	case g.Max == l.Owner && l.Leased != l.Owner && young:
		// Either not raised yet, given back already, or a read older than our write.
	case g.Max == l.Owner:
		r.rec.Lease = nil
	case g.Desired <= l.Owner:
		r.rec.Lease.At = r.now()
		r.act(Action{Kind: RestoreMax, Max: l.Owner, Why: "desired fits the owner's MaxSize again"})
	case len(r.rec.Pairs) == 0:
		r.surplus()
	}
}

// surplus retires one on-demand instance of our choice where a policy took the room that we had borrowed;
// restoring MaxSize instead would let AWS choose.
func (r *run) surplus() {
	v, ok := r.newcomer("")
	if !ok {
		r.say("", "desired is above the owner's MaxSize and no on-demand instance may be retired: waiting")
		return
	}
	r.rec.Desired0 = r.w.Group.Desired - 1
	r.rec.Pairs = append(r.rec.Pairs, ledger.Pair{
		Victim: v.ID, Phase: ledger.Attached, Seen: true, At: r.now(), Since: r.now(),
		Why: "desired is above the owner's MaxSize",
	})
	r.lookAt(r.now())
}

func (r *run) attaching() bool {
	for _, p := range r.rec.Pairs {
		if p.Phase == ledger.Attaching || p.Phase == ledger.Undoing {
			return true
		}
	}
	return false
}
