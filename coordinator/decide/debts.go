package decide

import (
	"fmt"
	"slices"

	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/decide/view"
	"autospotting/coordinator/ledger"
)

// seeAttached (R3) finds out which attaches took effect.
func (r *run) seeAttached() {
	for _, d := range r.b.Debts() {
		s, seen := r.v.Instance(d.Replacement.Instance)
		switch {
		case s.Foreign && (d.Phase == books.Attaching || d.Phase == books.Undoing): // our calls name no group: they would change that one
			r.say(s.ID, anotherGroups)
			r.on(d, books.DiedBefore)
			r.on(d, books.NoMember)
		case d.Phase == books.Attaching && (seen && s.Listed || r.toldOfAttach(d)): // and somebody may have taken it out since
			r.seen(d)
		case d.Phase == books.Undoing && s.Listed && r.v.Shown(d.Asked) && (s.Leaving() || r.needed(d)):
			r.say(s.ID, "its attach is given up, and took effect: it is owed for")
			r.seen(d)
		case d.Owed() && d.Kind != books.OverMax && !r.v.Stays(s.ID) && r.v.FellThrough(d):
			r.fellThrough(d)
		case d.Phase == books.Attaching && (!seen || !s.Live()):
			r.diedAttaching(d)
		case d.Phase == books.Attaching && r.since(d.At) > attachFor:
			r.on(d, books.AttachTimedOut)
			failed(&r.rec, r.now(), fmt.Sprintf("a replacement could not be attached for %s", attachFor))
		case d.Phase == books.Attaching && !r.may(wanted(d.Replacement.Purpose)):
			r.on(d, books.NotServed)
		case d.Phase == books.Undoing && !s.Listed && r.v.Overdue(d.Since): // whatever the call that would say so answers
			neverMember(&r.rec, d, r.now())
		}
	}
}

// needed tells whether the replacement of an attach that is given up is capacity that the group would lack without it, or stands in for one that AWS
// takes.
func (r *run) needed(d books.Debt) bool {
	s := d.Replacement.Instance
	lacks := r.v.Standing(s) == view.Serving && r.up(r.v.Get(s)) && r.capacity(s) < r.size()-r.undoing()
	return !r.doomed(s) && (lacks || r.doomed(d.Victim))
}

// fellThrough closes the debt of an attach that was answered and failed minutes later: desired was set back with it.
func (r *run) fellThrough(d books.Debt) {
	const why = "its attach failed after it was answered"
	r.say(d.Replacement.Instance, why)
	r.on(d, books.AttachFailed)
	delete(r.rec.Proving, d.Replacement.Instance)
	failed(&r.rec, r.now(), "an attach failed after it was answered")
	r.rec.Intents = append(r.rec.Intents, ledger.Abandoned(d.Replacement, why))
	if r.w.Group.Desired == r.b.Due() {
		r.b.Trust()
	}
}

// on tells the books what befell a debt.
func (r *run) on(d books.Debt, e books.Event) { r.b.On(d.Name(), e, r.now()) }

// seen takes note of an attach that took effect.
func (r *run) seen(d books.Debt) {
	proves(&r.rec, d, r.now())
	r.on(d, books.SeenAttached)
}

// toldOfAttach tells whether the activities tell of the debt's attach.
func (r *run) toldOfAttach(d books.Debt) bool {
	return !d.Sent.IsZero() && r.v.Happened(Attach, d.Replacement.Instance, d)
}

// diedAttaching closes the debt of a replacement that died before it is known whether its attach raised desired: the activities tell, unless
// they may not tell yet.
func (r *run) diedAttaching(d books.Debt) {
	switch {
	case r.w.Unread:
	case !d.Sent.IsZero() && !r.v.Mostly(d.Since):
		r.poll()
	case r.v.Happened(Attach, d.Replacement.Instance, d):
		r.seen(d)
	default:
		r.say(d.Replacement.Instance, "died before it was attached")
		r.on(d, books.DiedBefore)
		failed(&r.rec, r.now(), "a replacement died before it was attached")
	}
}

// anotherGroups is said of a replacement that somebody put into another group: it is that one's now.
const anotherGroups = "is a member of another group: left as it is"

const attachGivenUp = "its attach was given up"

// allowed (R4) drops what is over MaxSize that the owner's MaxSize has room for by now.
func (r *run) allowed() {
	g := r.w.Group
	if r.b.Lease().Open() && (r.v.MaxSize() == view.Lent || r.v.MaxSize() == view.Untold) {
		return
	}
	for _, d := range r.b.Debts() {
		if d.Kind == books.OverMax && r.v.Unpaid(d) && r.v.Stays(d.Victim) {
			r.say(d.Victim, "stays: MaxSize is the owner's %d, and desired may be %d", g.Max, g.Desired)
			r.on(d, books.GivenUp)
		}
	}
}

// overruled (R5) voids the debts that were open when an owner or a schedule named desired: the number that they named is
// what they want, whatever of it was ours.
func (r *run) overruled() {
	if !r.b.Any() {
		return
	}
	r.rest()
	over := r.b.Void(r.v.Named)
	for _, d := range over {
		r.say(d.Replacement.Instance, debtVoid+"desired was named since") // so it is as wanted
	}
	if (len(over) > 0 || r.b.Owed() == 0) && r.b.Any() && !r.v.Old() {
		r.b.Rebase(r.w.Group.Desired) // what was attached after it is ours still
		if len(over) > 0 {
			r.b.Trust()
		}
	}
}

// readDesired (R6) compares desired with what it should be, once it is read so for long enough. More is the owner's or a
// policy's wish and becomes the new base; less cannot be told from "our +1 was set back", so those debts are void:
// nothing is lowered for them.
func (r *run) readDesired() {
	if !r.b.Any() || r.v.Old() {
		return
	}
	r.takenBack()
	desired, due := r.w.Group.Desired, r.b.Due()
	verdict := r.b.Read(desired, r.v.MaybeBefore(), r.now())
	switch doubt := r.b.Doubt(); {
	case verdict == books.Explained:
		r.raisedMinimum()
	case verdict == books.Wait:
		r.lookAt(doubt.Believed())
	case r.w.Unread || desired < due && r.victimLeft(): // by our own call, it may be, whose answer was lost: the activities tell
		r.poll()
	case verdict == books.Returned:
		r.voidAll(doubt, "desired was changed and is %d again: whose number that is cannot be told", desired)
	default:
		r.departed(doubt, desired, due)
	}
}

// takenBack closes what is owed for a replacement that left together with our one, since scale-in took it, or its owner: nothing is over then.
// One that we retired ourselves, for another debt, paid that one.
func (r *run) takenBack() {
	if slices.ContainsFunc(r.b.Debts(), func(d books.Debt) bool { return d.Phase == books.Paying }) {
		return // it may be that payment by which desired is lower
	}
	for _, d := range r.b.Debts() {
		s := d.Replacement.Instance
		if r.w.Group.Desired >= r.b.Due() || r.v.Numbers() != view.Known {
			return
		}
		if d.Phase == books.Attached && d.Kind != books.OverMax && !r.b.Retiring(s) && r.left(d) && (r.v.Happened(UserShrink, s, d) || r.v.Happened(GroupTook, s, d)) {
			r.say(s, "left the group, and desired was lowered with it: nothing is owed for it")
			r.on(d, books.TakenBack)
		}
	}
}

// departed answers a desired capacity that is another than the one due for good.
func (r *run) departed(doubt books.Doubt, desired, due int) {
	r.b.Trust()
	owed := r.b.Owed()
	switch {
	case r.v.NamedBefore(desired - owed):
		r.b.Rebase(desired)
	case desired < due && owed > 0:
		r.voidAll(doubt, "desired is %d where %d was due: somebody set it", desired, due)
	case desired < due, !r.b.MaybeAttached():
		r.b.Rebase(desired)
	}
}

// raisedMinimum voids what the owner's MinSize forbids to pay: it says that what we added is wanted by now.
func (r *run) raisedMinimum() {
	for _, d := range r.b.Raise(r.w.Group.Min) {
		r.say(d.Replacement.Instance, debtVoid+"MinSize is %d by now", r.w.Group.Min)
	}
}

// victimLeft tells whether the victim of an unpaid debt is gone or going, and nobody has said yet why.
func (r *run) victimLeft() bool {
	for _, d := range r.b.Debts() {
		if d.Owed() && d.Kind != books.Waiting && !r.v.Stays(d.Victim) {
			return true
		}
	}
	return false
}

// voidAll gives up what is owed, but for what was attached since the doubt began: that came on top of whatever it is about.
func (r *run) voidAll(doubt books.Doubt, format string, args ...any) {
	for _, d := range r.b.Void(func(d books.Debt) bool { return doubt.State == books.NoDoubt || d.Sent.Before(doubt.Since) }) {
		r.void(d, format, args...)
	}
	r.b.Trust()
	r.b.Rebase(r.w.Group.Desired)
}

const debtVoid = "debt void, nothing is lowered for it: "

// void says that a debt is given up, to who reads the log and to the owner: what we added to desired may stay in it.
func (r *run) void(d books.Debt, format string, args ...any) {
	s := d.Replacement.Instance
	r.say(s, debtVoid+format, args...)
	r.voided, r.rec.Excess = true, ledger.Excess{Why: "desired may be more than wanted, since for " + s + " nothing was lowered: " + fmt.Sprintf(format, args...)}
}
