package decide

import (
	"slices"

	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/decide/view"
)

// attach (R11) sends one call for all debts that wait for it, after raising MaxSize where they would not fit.
func (r *run) attach() {
	ids := r.waiting()
	if len(ids) == 0 {
		return
	}
	g := r.w.Group
	r.poll()
	if !r.explained(ids) {
		return
	}
	// Desired as the calls sent before may already have made it is what must fit.
	need := max(g.Desired, r.b.Due()) + len(ids)
	if r.b.MaybeAttached() && r.undoing() == 0 && g.Desired == r.b.Due()+len(ids) {
		need = g.Desired
	}
	if need > g.Max && !r.v.Room(need) {
		r.makeRoom(ids[0], need)
		return
	}
	for _, id := range ids {
		r.b.On(id, books.AttachSent, r.now())
	}
	why := "ready to serve"
	if slices.ContainsFunc(ids, func(id string) bool { return r.rec.Watched[id].Early }) {
		why = "they run, and are watched until they are up"
	}
	r.act(Action{Kind: AttachSome, Instances: ids, Why: why})
}

// explained tells whether desired is still what it was when the debts were opened, before the first attach of any of them is sent.
// An old read says nothing. With nothing owed, what it is now is the base; else somebody's change cannot be told from it yet, and only what is urgent goes on.
func (r *run) explained(ids []string) bool {
	if r.v.Old() || r.b.MaybeAttached() || r.w.Group.Desired == r.b.Due() {
		return true
	}
	if r.b.Owed() == 0 {
		r.b.Rebase(r.w.Group.Desired)
		return true
	}
	if r.urgent() {
		return true
	}
	r.wait(ids[0], "not attached yet: desired is %d where %d was due", r.w.Group.Desired, r.b.Due())
	return false
}

// waiting lists whom the next attach is for: one by itself where a call for several was refused.
func (r *run) waiting() []string {
	var ids []string
	for _, d := range r.b.Debts() {
		switch {
		case d.Phase != books.Attaching, r.w.hold && d.Replacement.Purpose.Gradual() && !r.doomed(d.Victim), !r.v.Get(d.Replacement.Instance).Live():
		case d.Alone:
			return []string{d.Replacement.Instance}
		case len(ids) < attachBatch:
			ids = append(ids, d.Replacement.Instance)
		}
	}
	return ids
}

// makeRoom borrows no more of MaxSize than the attach needs. Where "current group size" counts members that are terminating, a MaxSize below their
// number would change desired, and where it does not, a policy could use what is borrowed for them. What is not urgent waits for them to be gone.
func (r *run) makeRoom(first string, need int) {
	members := r.memberSoon()
	if r.v.NotYet(r.b.Due()) && !r.urgent() {
		r.wait(first, "not attached yet: looking again at what desired is, which was lowered a moment ago")
		return
	}
	if members > need && !r.urgent() {
		r.wait(first, "not attached yet: "+roomFor, members, r.v.Listed())
		return
	}
	r.raise(max(need, members))
}

// roomFor says why MaxSize is not raised for what can wait.
const roomFor = "MaxSize would have to be %d for a while, since of %d members some are still on their way out, or in Standby"

// memberSoon counts the members in any state, and those that the group may have launched since the read: what it lacks, and one for each that AWS takes.
func (r *run) memberSoon() int {
	n := r.v.Listed() + max(0, r.w.Group.Desired-len(r.v.Live())-r.v.Undescribed())
	for id := range r.rec.Notices {
		if r.v.Get(id).Present() { // one in Standby holds no place that another could take
			n++
		}
	}
	return n
}

// raise borrows room in MaxSize; the owner's value is written first. A value of ours that an old read still shows is
// not taken for the owner's; any other is, however lately we gave one back.
func (r *run) raise(need int) {
	l, owner := r.b.Lease(), r.w.Group.Max
	if l.State == books.Restored && r.v.Shown(l.At) {
		r.b.EndLease()
	} else if l.State != books.NoLease && r.v.MaxSize() == view.Lent {
		owner = l.Owner
	}
	if owner == r.w.Group.Desired {
		r.say("", "MaxSize %d is fully used: raised to %d until desired fits it again", owner, need)
	}
	r.b.Borrow(owner, need, r.now())
	r.act(Action{Kind: RaiseMax, Max: need, Why: "no room to attach before retiring"})
}
