package decide

import (
	"fmt"
	"slices"
	"time"

	"autospotting/coordinator/ledger"
)

// settle brings the open pairs up to what the group shows: which attaches took effect, which victims are gone
// and who stands for them, and which debts cannot be told from the owner's own changes any more.
func (r *run) settle() {
	r.settleAttaching()
	r.allowed()
	if len(r.rec.Pairs) == 0 {
		return
	}
	r.overruled()
	r.rebase()
	// In place, since the choice of a victim depends on the victims that the other pairs have.
	for i := 0; i < len(r.rec.Pairs); i++ {
		p := r.rec.Pairs[i]
		if !p.Owed() {
			continue
		}
		var open bool
		if p, open = r.settleVictim(p); open {
			r.rec.Pairs[i] = p
			continue
		}
		r.rec.Pairs = slices.Delete(r.rec.Pairs, i, i+1)
		i--
		if r.w.Group.Desired == r.rec.Desired0+r.rec.Owed() && !r.unexplained {
			r.rec.Doubt = ledger.Doubt{} // a payment whose answer was lost explains it
		}
	}
	if r.unexplained {
		r.voidAll(r.rec.Doubt, "desired is %d, and neither that nor who left is explained", r.w.Group.Desired)
		r.rec.Doubt = ledger.Doubt{}
	}
	r.poll()
}

// overruled voids the debts that were open when an owner or a schedule named desired: the number that they named is
// what they want, whatever of it was ours.
func (r *run) overruled() {
	before := len(r.rec.Pairs)
	r.rec.Pairs = slices.DeleteFunc(r.rec.Pairs, func(p ledger.Pair) bool {
		// A cause tells whole seconds: what was named in the second of the attach may have been named after it.
		over := p.Owed() && r.activityFrom(r.attachedAt(p).Truncate(time.Second), "", Resize)
		if over {
			r.say(p.Intent.Instance, debtVoid+"desired was named since") // so it is as wanted
		}
		return over
	})
	if fewer := len(r.rec.Pairs) < before; (fewer || r.rec.Owed() == 0) && len(r.rec.Pairs) > 0 && !r.stale() {
		r.rec.Desired0 = r.w.Group.Desired - r.rec.Owed() // what was attached after it is ours still
		if fewer {
			r.rec.Doubt = ledger.Doubt{}
		}
	}
}

// settleAttaching finds out which attaches took effect.
func (r *run) settleAttaching() {
	var keep []ledger.Pair
	for _, p := range r.rec.Pairs {
		s, seen := r.byID[p.Intent.Instance]
		switch {
		case seen && s.Listed && p.Phase == ledger.Attaching:
			p.Phase, p.Since = ledger.Attached, r.now()
		case p.Phase == ledger.Attaching && (!seen || !s.Live()):
			// Whether it died before or after it was attached decides whether desired was raised.
			switch {
			case r.w.Unread:
			case !p.Sent.IsZero() && r.since(p.Since) < lagFor: // the activities may not tell yet
				r.poll()
			case r.activity(p.Intent.Instance, p, Attach):
				p.Phase, p.Since = ledger.Attached, r.now()
			default:
				r.say(p.Intent.Instance, "died before it was attached")
				failed(&r.rec, r.now(), "a replacement died before it was attached")
				continue
			}
		case p.Phase == ledger.Attaching && !p.Sent.IsZero() && r.activity(p.Intent.Instance, p, Attach): // and somebody has taken it out since
			p.Phase, p.Since = ledger.Attached, r.now()
		case p.Phase == ledger.Attaching && r.since(p.At) > attachFor:
			p.Phase, p.Since = ledger.Undoing, r.now()
			failed(&r.rec, r.now(), fmt.Sprintf("a replacement could not be attached for %s", attachFor))
		case p.Phase == ledger.Attaching && !r.managed():
			p.Phase, p.Since = ledger.Undoing, r.now()
		case p.Phase == ledger.Undoing && !s.Listed && r.since(p.Since) > lookFor: // no member, whatever the call that would say so answers
			p.Intent.Abandoned = "its attach was given up"
			r.rec.Intents = append(r.rec.Intents, p.Intent)
			continue
		}
		keep = append(keep, p)
	}
	r.rec.Pairs = keep
}

// rebase compares desired with what it should be, once it is read so for long enough. More is the owner's or a
// policy's wish and becomes the new base; less cannot be told from "our +1 was set back", so those debts are void:
// nothing is lowered for them.
func (r *run) rebase() {
	if r.stale() {
		return
	}
	owed, desired := r.rec.Owed(), r.w.Group.Desired
	should := r.rec.Desired0 + owed
	more := desired - should
	if owed == 0 && !r.attaching() || more == 0 && r.sure() {
		r.rec.Doubt = ledger.Doubt{}
		return
	}
	switch d, old := r.rec.Doubt, r.outran(desired, should); {
	case d.Since.IsZero() || d.More != more:
		r.rec.Doubt = ledger.Doubt{More: more, Since: r.now(), Back: more == 0 && !d.Since.IsZero() && !d.Old, Old: more != 0 && old}
	case !old:
		r.rec.Doubt.Old = false
	}
	if wait := r.rec.Doubt.Since.Add(doubtFor); r.now().Before(wait) {
		r.lookAt(wait)
		return
	}
	if r.w.Unread || desired < should && r.victimLeft() { // by our own call, it may be, whose answer was lost: the activities tell
		r.poll()
		return
	}
	doubt := r.rec.Doubt
	r.rec.Doubt = ledger.Doubt{}
	switch {
	case desired == should && doubt.Back:
		r.voidAll(doubt, "desired was changed and is %d again: whose number that is cannot be told", desired)
	case desired == should:
	case r.misread(desired - owed):
		r.rec.Desired0 = desired - owed
	case desired < should && owed > 0:
		r.voidAll(doubt, "desired is %d where %d was due: somebody set it", desired, should)
	case desired < should, !r.maybeAttached():
		r.rec.Desired0 = desired - owed
	}
}

// victimLeft tells whether the victim of an unpaid pair is gone or going, and nobody has said yet why.
func (r *run) victimLeft() bool {
	return slices.ContainsFunc(r.rec.Pairs, func(p ledger.Pair) bool {
		v, there := r.byID[p.Victim]
		return p.Owed() && p.Victim != "" && !(there && v.Member && !v.Leaving())
	})
}

// sure tells whether a desired capacity that is as it should be never was anything else. Where it was, somebody changed it back, and
// may have named the very number that is due: the group's activities tell that only when it has acted.
func (r *run) sure() bool {
	d := r.rec.Doubt
	return d.Since.IsZero() || d.More == 0 && !d.Back && r.since(d.Since) >= doubtFor
}

// outran tells whether a desired capacity that differs from what is due may have been read before our own last calls took effect. One
// attach it is certain of: a read that lists the instance was made after it.
func (r *run) outran(desired, should int) bool {
	added, taken := 0, 0
	for _, p := range r.rec.Pairs {
		if p.Owed() && r.since(p.Since) < lagFor && !r.byID[p.Intent.Instance].Listed {
			added++
		}
	}
	for _, at := range r.rec.Settling {
		if r.since(at) < lagFor {
			taken++
		}
	}
	return should-added <= desired && desired <= should+taken
}

// voidAll gives up what is owed, but for what was attached since the doubt began: that came on top of whatever it is about.
func (r *run) voidAll(doubt ledger.Doubt, format string, args ...any) {
	r.rec.Pairs = slices.DeleteFunc(r.rec.Pairs, func(p ledger.Pair) bool {
		over := p.Owed() && (doubt.Since.IsZero() || !p.Sent.After(doubt.Since))
		if over {
			r.void(p, format, args...)
		}
		return over
	})
	r.rec.Desired0 = r.w.Group.Desired - r.rec.Owed()
}

// misread tells whether base is what desired had been changed to before the oldest pair was attached, so that the base taken
// when it was opened came too early or from a read that was too old.
func (r *run) misread(base int) bool {
	if len(r.rec.Pairs) == 0 {
		return false
	}
	first := r.rec.Pairs[0]
	return slices.ContainsFunc(r.w.Activities, func(a Activity) bool {
		return a.Desired == base && a.Desired > 0 && a.named().Before(r.attachedAt(first)) && first.At.Sub(a.named()) < staleFor
	})
}

// attachedAt is when the pair's attach took effect: as the activities say, else when it was sent.
func (r *run) attachedAt(p ledger.Pair) time.Time {
	for _, a := range r.w.Activities {
		if a.Kind == Attach && a.Instance == p.Intent.Instance {
			return a.At
		}
	}
	if p.Sent.IsZero() {
		return p.At
	}
	return p.Sent
}

const debtVoid = "debt void, nothing is lowered for it: "

// void says that a debt is given up, to who reads the log and to the owner: what we added to desired may stay in it.
func (r *run) void(p ledger.Pair, format string, args ...any) {
	r.say(p.Intent.Instance, debtVoid+format, args...)
	r.voided, r.rec.Excess = true, ledger.Excess{Why: "desired may be more than wanted, since for " + p.Intent.Instance + " nothing was lowered: " + fmt.Sprintf(format, args...)}
}

// activity tells whether such an activity happened since the pair was opened; an empty id means any instance.
func (r *run) activity(id string, p ledger.Pair, kind ActivityKind) bool {
	return r.activityFrom(p.At.Add(-activitySkew), id, kind)
}

// activityFrom is activity since a time of one's own: what a pair was opened on may have been an old read.
func (r *run) activityFrom(since time.Time, id string, kind ActivityKind) bool {
	return slices.ContainsFunc(r.w.Activities, func(a Activity) bool {
		return a.Kind == kind && !a.Failed && (id == "" || a.Instance == id) && !a.At.Before(since)
	})
}
