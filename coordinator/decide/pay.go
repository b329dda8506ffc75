package decide

import (
	"fmt"

	"autospotting/coordinator/ledger"
)

// pay retires one victim whose replacement serves. One a plan: the next is decided on a fresh read.
func (r *run) pay() {
	for i := range r.rec.Pairs {
		if p := &r.rec.Pairs[i]; p.Phase == ledger.Undoing {
			r.undo(p)
			return
		}
	}
	if r.stale() || r.planned(AttachSome) > 0 {
		r.poll()
		return
	}
	for i := range r.rec.Pairs {
		p := &r.rec.Pairs[i]
		v, there := r.byID[p.Victim]
		if !p.Owed() || !there || !v.Member || v.Leaving() {
			continue
		}
		if p.Phase == ledger.Paying && r.since(p.Since) < staleFor {
			r.say(v.ID, "its retirement was asked for and not answered: looking again")
			continue
		}
		if ok, why := r.mayRetire(v, *p); !ok {
			r.say(v.ID, "%s", why)
			continue
		}
		p.Phase, p.Since = ledger.Paying, r.now()
		r.act(Action{Kind: Retire, Instance: v.ID, Decrement: true, Why: r.whyRetire(v, *p)})
		return
	}
}

// undo takes a replacement whose attach is given up out of the group, if it is in. Asked twice it might lower desired twice, so what was
// not answered is waited for.
func (r *run) undo(p *ledger.Pair) {
	if s := r.byID[p.Intent.Instance]; s.Leaving() || r.since(p.Asked) < staleFor {
		r.poll()
		return
	}
	p.Asked = r.now()
	r.act(Action{Kind: Retire, Instance: p.Intent.Instance, Decrement: true, Why: "its attach was given up; out of the group first, if it is in"})
}

// mayRetire holds the first promise: never below capacity by our own hand.
func (r *run) mayRetire(v Instance, p ledger.Pair) (bool, string) {
	desired := r.w.Group.Desired
	if due := r.rec.Desired0 + r.rec.Owed(); desired != due {
		return false, fmt.Sprintf("not retired: desired is %d where %d was due", desired, due)
	}
	if r.w.Unread {
		return false, "not retired yet: the activities could not be read, which tell whether desired was named since"
	}
	if !r.rec.Doubt.Since.IsZero() {
		return false, fmt.Sprintf("not retired yet: desired was read as another than %d a moment ago, and why is not known", desired)
	}
	if left := r.onDemandWithout(v.ID); !v.Spot && p.Intent.Launch.Spot && left < r.keep() {
		return false, fmt.Sprintf("not retired yet: it would leave %d on-demand, the owner keeps %d, and what was launched for that is still to come", left, r.keep())
	}
	n, doomed := r.notice(v.ID)
	s, seen := r.byID[p.Intent.Instance]
	if doomed && !r.now().Before(r.release(n)) && seen && s.Member {
		return true, ""
	}
	if doomed && r.now().Before(r.release(n)) {
		r.lookAt(r.release(n))
	}
	if have := r.capacity(v.ID); have < desired-1 {
		return false, fmt.Sprintf("not retired yet: %d in service without it, %d needed", have, desired-1)
	}
	return true, ""
}

// onDemandWithout counts the on-demand members there are now, without the one named.
func (r *run) onDemandWithout(id string) int {
	n := 0
	for _, i := range r.liveMembers() {
		if !i.Spot && i.ID != id {
			n++
		}
	}
	return n
}

func (r *run) whyRetire(v Instance, p ledger.Pair) string {
	if p.Intent.Instance == "" {
		return "desired is above the owner's MaxSize and no debt is open: one instance fewer"
	}
	if p.Intent.Instance == v.ID {
		return "what it was to replace still serves, and stays"
	}
	if s := r.byID[p.Intent.Instance]; !s.Serving() {
		return fmt.Sprintf("desired is one more than wanted since %s was attached, which the group has replaced", p.Intent.Instance)
	}
	return fmt.Sprintf("%s (%s) is in service in its place", p.Intent.Instance, p.Intent.Type)
}
