package decide

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/decide/view"
)

// pay (R13) retires victims whose replacements serve, several a plan as far as each leaves enough in service and on-demand beside those before it. Their
// calls change nothing for one another, so that any of them may fail.
func (r *run) pay() {
	debts := r.b.Debts()
	if i := slices.IndexFunc(debts, func(d books.Debt) bool { return d.Phase == books.Undoing }); i >= 0 {
		if !r.w.hold {
			r.undo(debts[i])
		}
		return
	}
	if r.v.Old() || r.planned(AttachSome) > 0 {
		if len(debts) > 0 {
			r.awaits(debts[0].Name(), "is paid for once a read shows what was done last")
		}
		r.poll()
		return
	}
	if len(debts) == 0 {
		return
	}
	now, retired := r.tally(), 0
	if now.hold != "" {
		r.poll()
	}
	for _, d := range r.payable(debts) {
		if !d.Owed() || r.w.hold && !r.doomed(d.Victim) {
			continue
		}
		if retired == retireBatch {
			r.lookAt(r.now()) // the next plan goes on
			return
		}
		if !r.v.Stays(d.Victim) {
			r.awaits(d.Name(), "was attached, and whoever is to go for it is still to come")
			continue
		}
		if r.v.Unanswered(d) {
			r.wait(d.Victim, "its retirement was asked for and not answered: looking again")
			r.poll()
			continue
		}
		v := r.v.Get(d.Victim)
		ok, why := r.mayRetire(v, d, now)
		if ok {
			ok, why = r.emptied(v.ID, stead(d))
		}
		if !ok {
			r.wait(v.ID, "%s", why)
			continue
		}
		r.on(d, books.PaymentSent)
		r.act(Action{Kind: Retire, Instance: v.ID, Decrement: true, Why: r.whyRetire(v, d)})
		retired++
		now = now.less(v)
	}
}

// stead is the name under which the victim of a debt goes, in whose place another may go; empty where the replacement itself does.
func stead(d books.Debt) string {
	if d.Kind == books.Reversal {
		return ""
	}
	return d.Name()
}

// payable puts first what cannot wait: who has a notice, by its end, then who has a replacement that is up. The others keep their order.
func (r *run) payable(debts []books.Debt) []books.Debt {
	end := func(d books.Debt) time.Time {
		if n, doomed := r.notice(d.Victim); doomed {
			return n.Deadline
		}
		return r.now().Add(noticeLead)
	}
	stands := func(d books.Debt) int {
		if s := d.Replacement.Instance; r.v.Standing(s) == view.Serving && r.up(r.v.Get(s)) {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(debts, func(a, b books.Debt) int {
		return cmp.Or(end(a).Compare(end(b)), cmp.Compare(stands(a), stands(b)))
	})
	return debts
}

// undo takes a replacement whose attach is given up out of the group, if it is in. Asked twice it might lower desired twice, so what was
// not answered is waited for. Nothing is lowered where somebody has set desired since: what we added is theirs, and so is the replacement.
func (r *run) undo(d books.Debt) {
	s := r.v.Get(d.Replacement.Instance)
	switch {
	case s.Leaving() || !r.v.Shown(d.Asked):
		r.awaits(s.ID, "its attach is given up, and it is on its way out")
		r.poll()
	case !s.Listed && !d.Sent.IsZero() && !r.v.Shown(d.Since): // it may have taken effect
		r.wait(s.ID, "its attach is given up: looking again whether it took effect")
		r.poll()
	case s.Listed && (r.w.Unread || r.v.NotYet(r.b.Due()+r.undoing())):
		r.wait(s.ID, "its attach is given up: looking again at what desired is")
		r.poll()
	case s.Listed && (r.v.Named(d) || r.w.Group.Desired < r.b.Due()+r.undoing()):
		r.say(s.ID, "its attach is given up, and desired was set since: it stays, and nothing is lowered for it")
		r.on(d, books.GivenUp)
		r.lookAt(r.now())
	default:
		if ok, why := r.emptied(s.ID, ""); !ok {
			r.wait(s.ID, "its attach is given up: %s", why)
			return
		}
		r.on(d, books.UndoSent)
		r.act(Action{Kind: Retire, Instance: d.Replacement.Instance, Decrement: true, Why: attachGivenUp + "; out of the group first, if it is in"})
	}
}

// undoing counts the members whose attach is given up: desired is raised for each of them.
func (r *run) undoing() int {
	n := 0
	for _, d := range r.b.Debts() {
		if s := r.v.Get(d.Replacement.Instance); d.Phase == books.Undoing && s.Listed && !s.Leaving() {
			n++
		}
	}
	return n
}

// tally is what a retirement is held against. It is taken once a plan, since many may be looked at before one is found, and holds until that one
// is written down.
type tally struct {
	hold                 string // why nobody is retired; empty where nothing speaks against all
	serving              headcount
	size, keep, onDemand int
}

// onDemandWithout counts the on-demand members there are now, without this one that is on-demand.
func (t tally) onDemandWithout(v Instance) int {
	if v.Present() {
		return t.onDemand - 1
	}
	return t.onDemand
}

// less is the tally once that one is retired.
func (t tally) less(v Instance) tally {
	t.serving = maps.Clone(t.serving)
	delete(t.serving, v.ID)
	if !v.Spot && v.Present() {
		t.onDemand--
	}
	return t
}

func (r *run) tally() tally {
	return tally{r.hold(), r.headcount(), r.size(), r.keep(), r.onDemandNow()}
}

// hold tells why the group's numbers let nobody be retired.
func (r *run) hold() string {
	desired, due := r.w.Group.Desired, r.b.Due()
	switch {
	case desired != due:
		return fmt.Sprintf("not retired: desired is %d where %d was due", desired, due)
	case r.v.Numbers() == view.Unknown:
		return "not retired yet: the activities could not be read, which tell whether desired was named since"
	case r.b.Doubted():
		return fmt.Sprintf("not retired yet: desired was read as another than %d a moment ago, and why is not known", desired)
	}
	return ""
}

// mayRetire holds the first promise: never below capacity by our own hand.
func (r *run) mayRetire(v Instance, d books.Debt, now tally) (bool, string) {
	if now.hold != "" {
		return false, now.hold
	}
	if v.Resting() {
		return false, "not retired: it is in Standby, where its owner put it"
	}
	if v.Unchecked && r.w.missing(ReadProtection) {
		return false, "not retired yet: it cannot be read whether it is protected from termination"
	}
	if left := now.onDemandWithout(v); !v.Spot && d.ForSpot() && left < now.keep {
		return false, fmt.Sprintf("not retired yet: it would leave %d on-demand, the owner keeps %d, and what was launched for that is still to come", left, now.keep)
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
	if d.Kind == books.Reversal && r.rec.Watched[v.ID].Failed && !now.serving[v.ID] {
		return true, "" // it serves nobody
	}
	if have, wanted := now.serving.without(v.ID), now.size; have < wanted { // several may be attached, of which some still boot
		return false, fmt.Sprintf("not retired yet: %d in service without it, %d wanted", have, wanted)
	}
	return true, ""
}

func (r *run) whyRetire(v Instance, d books.Debt) string {
	s := r.v.Get(d.Replacement.Instance)
	switch {
	case d.Kind == books.OverMax:
		return "desired is above the owner's MaxSize and no debt is open: one instance fewer"
	case d.Kind == books.Reversal && r.rec.Watched[s.ID].Failed:
		return "it was not up in time"
	case d.Kind == books.Reversal:
		return "what it was to replace still serves, and stays"
	case !s.Serving():
		return fmt.Sprintf("desired is one more than wanted since %s was attached, which the group has replaced", d.Replacement.Instance)
	}
	return fmt.Sprintf("%s (%s) is in service in its place", s.ID, d.Replacement.Type)
}
