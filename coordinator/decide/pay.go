package decide

import (
	"fmt"
	"slices"

	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/decide/view"
)

// pay (R13) retires one victim whose replacement serves. One a plan: the next is decided on a fresh read.
func (r *run) pay() {
	debts := r.b.Debts()
	if i := slices.IndexFunc(debts, func(d books.Debt) bool { return d.Phase == books.Undoing }); i >= 0 {
		r.undo(debts[i])
		return
	}
	if r.v.Old() || r.planned(AttachSome) > 0 {
		r.poll()
		return
	}
	for _, d := range debts {
		if !d.Owed() || !r.v.Stays(d.Victim) {
			continue
		}
		if r.v.Unanswered(d) {
			r.say(d.Victim, "its retirement was asked for and not answered: looking again")
			continue
		}
		v := r.v.Get(d.Victim)
		if ok, why := r.mayRetire(v, d); !ok {
			r.say(v.ID, "%s", why)
			continue
		}
		r.on(d, books.PaymentSent)
		r.act(Action{Kind: Retire, Instance: v.ID, Decrement: true, Why: r.whyRetire(v, d)})
		return
	}
}

// undo takes a replacement whose attach is given up out of the group, if it is in. Asked twice it might lower desired twice, so what was
// not answered is waited for.
func (r *run) undo(d books.Debt) {
	s := d.Replacement.Instance
	if r.v.Get(s).Leaving() || !r.v.Shown(d.Asked) {
		r.poll()
		return
	}
	r.on(d, books.UndoSent)
	r.act(Action{Kind: Retire, Instance: s, Decrement: true, Why: attachGivenUp + "; out of the group first, if it is in"})
}

// mayRetire holds the first promise: never below capacity by our own hand.
func (r *run) mayRetire(v Instance, d books.Debt) (bool, string) {
	desired := r.w.Group.Desired
	if due := r.b.Due(); desired != due {
		return false, fmt.Sprintf("not retired: desired is %d where %d was due", desired, due)
	}
	if r.v.Numbers() == view.Unknown {
		return false, "not retired yet: the activities could not be read, which tell whether desired was named since"
	}
	if r.b.Doubted() {
		return false, fmt.Sprintf("not retired yet: desired was read as another than %d a moment ago, and why is not known", desired)
	}
	if v.Resting() {
		return false, "not retired: it is in Standby, where its owner put it"
	}
	if v.Unchecked && r.w.missing(ReadProtection) {
		return false, "not retired yet: it cannot be read whether it is protected from termination"
	}
	if left := r.onDemandWithout(v.ID); !v.Spot && d.ForSpot() && left < r.keep() {
		return false, fmt.Sprintf("not retired yet: it would leave %d on-demand, the owner keeps %d, and what was launched for that is still to come", left, r.keep())
	}
	if n, doomed := r.notice(v.ID); doomed {
		due := r.release(n)
		if !r.now().Before(due) && r.v.Get(d.Replacement.Instance).Member {
			return true, ""
		}
		if r.now().Before(due) {
			r.lookAt(due)
		}
	}
	if r.w.missing(ReadBalancers) {
		return false, "not retired yet: target health cannot be read, which tells who serves without it"
	}
	if have := r.capacity(v.ID); have < desired-1 {
		return false, fmt.Sprintf("not retired yet: %d in service without it, %d needed", have, desired-1)
	}
	return true, ""
}

func (r *run) whyRetire(v Instance, d books.Debt) string {
	s := r.v.Get(d.Replacement.Instance)
	switch {
	case d.Kind == books.OverMax:
		return "desired is above the owner's MaxSize and no debt is open: one instance fewer"
	case d.Kind == books.Reversal:
		return "what it was to replace still serves, and stays"
	case !s.Serving():
		return fmt.Sprintf("desired is one more than wanted since %s was attached, which the group has replaced", d.Replacement.Instance)
	}
	return fmt.Sprintf("%s (%s) is in service in its place", s.ID, d.Replacement.Type)
}
