package decide

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/ledger"
)

// scaleOutQuiet is how long after the group launched an instance nothing gradual is begun: a scale-out is under way.
const scaleOutQuiet = 2 * time.Minute

// mayBegin tells whether something gradual may be begun, in either direction. It says why not once.
func (r *run) mayBegin() bool {
	if r.begins == nil {
		may := r.nothingInTheWay()
		r.begins = &may
	}
	return *r.begins
}

func (r *run) nothingInTheWay() bool {
	switch {
	case r.w.hold:
	case !r.w.Group.Found:
		r.say("", "there is no such group (any more): nothing is begun")
	case !r.w.Group.Enabled && !r.holdsOurs():
		r.say("", "not enabled: %s, so nothing is begun", cmp.Or(r.w.Group.NearMiss, "the group does not carry the tag"))
	case r.refusal != "":
		r.wait("", "refused: %s", r.refusal)
	case r.w.blind() != "":
		r.wait("", "not now: %s", r.w.blind()) // who observes comes back for it
	case r.urgent() || r.underWay() >= r.together() || r.b.Lease().Open() || r.v.Old():
		if len(r.plan.Why)+len(r.plan.Actions) == 0 {
			r.say("", "nothing new is begun before what is under way is done")
		}
		r.awaits("", "what is under way is to be done before anything new is begun")
	case r.now().Before(r.rec.PausedUntil):
		r.wait("", "paused until %s after %d failures: %s", r.rec.PausedUntil.UTC().Format(time.TimeOnly), r.rec.Failures, r.rec.Cause)
		r.lookAt(r.rec.PausedUntil)
	case r.spent() != "":
		r.wait("", "not now: %s", r.spent()) // a tick sees when it is over
	case len(r.v.Live()) < r.size() || r.capacity("") < r.size():
		r.wait("", "not now: %d of %d in service", r.capacity(""), r.w.Group.Desired)
		r.rest()
	case r.unpriced(), r.noRoom(ledger.Swap):
	case r.unroomy() != "":
		r.wait("", "not now: %s", r.unroomy()) // a tick sees when they are gone
	case r.scalingOut():
		r.wait("", "not now: the group launched an instance less than %s ago", scaleOutQuiet)
		r.rest()
	default:
		return true
	}
	return false
}

// unroomy tells that one more could not be attached for want of room in MaxSize that is not borrowed (makeRoom): it would be launched, wait, and be
// ended again. Empty where there is room, or can be.
func (r *run) unroomy() string { return r.noRoomFor(len(r.rec.Intents) + r.toAttach() + 1) }

// noRoomFor tells that so many could not be attached without borrowing for members that are on their way out, or in Standby; empty if they could.
func (r *run) noRoomFor(more int) string {
	need := max(r.w.Group.Desired, r.b.Due()) + more
	if members := r.memberSoon(); need > r.w.Group.Max && members > need {
		return fmt.Sprintf(roomFor, members, r.v.Listed())
	}
	return ""
}

// budget is how many replacements an hour may fail after they were in service, or be moved again: beyond it something is wrong that swaps do not
// mend (docs/protocol.md, Loops).
func (r *run) budget() int { return max(r.atOnce(), r.size()/10) }

// spent tells that so many replacements failed after they were in service, or may still, that no swap is begun; empty where it is not so. Once one
// failed, those that have not lasted yet count too: else the whole group would be swapped in the time in which the first of them falls ill.
func (r *run) spent() string {
	failed, open := len(r.rec.Sick), 0
	if r.rec.Ailing > 0 || failed > 0 {
		open = len(r.rec.Proving) + r.toSpotUnderWay()
	}
	if failed+open < r.budget() {
		return ""
	}
	return fmt.Sprintf("%d replacements failed within the hour after they were in service, and %d have yet to last %s, of %d that may: swaps wait", failed, open, lastingSwap, r.budget())
}

// urgent tells whether AWS takes an instance, or the group cannot be filled: then nothing gradual is begun.
func (r *run) urgent() bool {
	return len(r.rec.Notices) > 0 ||
		slices.ContainsFunc(r.rec.Intents, func(it ledger.Intent) bool { return !it.Purpose.Gradual() }) ||
		slices.ContainsFunc(r.b.Debts(), func(d books.Debt) bool { return d.Phase == books.Undoing || !d.Replacement.Purpose.Gradual() })
}

// toSpotUnderWay counts the replacements by spot that are not attached yet: they have to last as well.
func (r *run) toSpotUnderWay() int {
	n := 0
	for _, it := range r.rec.Intents {
		if it.Launch.Spot && it.Abandoned == "" {
			n++
		}
	}
	for _, d := range r.b.Debts() {
		if d.Phase == books.Attaching && d.Replacement.Spot {
			n++
		}
	}
	return n
}

// toAttach counts the debts whose replacement is not attached yet.
func (r *run) toAttach() int {
	n := 0
	for d := range r.b.All() {
		if d.Phase == books.Attaching {
			n++
		}
	}
	return n
}

func (r *run) underWay() int { return len(r.rec.Intents) + len(r.b.Debts()) }

func (r *run) atOnce() int { return max(1, r.w.Settings.AtOnce.Down(r.size())) }

// together is how many gradual replacements may be under way. One whose boot waits for membership is alone: nothing may make it wait for its turn. One
// whose victim is drained by the ECS API or by spotd is alone too, since victims are drained one at a time; and so is one that gets work while it boots, which a
// hook would not drain from it while it waits.
func (r *run) together() int {
	if r.bootsAsMember() || awaitsWork(r.w) || r.worksEarly() {
		return 1
	}
	return r.atOnce()
}

func (r *run) scalingOut() bool {
	return slices.ContainsFunc(r.v.Live(), func(i Instance) bool { return !i.Ours && r.since(i.Launched) < scaleOutQuiet })
}

// andAnother comes back for the next at once: it is chosen when it is known where this one landed.
func (r *run) andAnother(more int) {
	if more > 1 && r.underWay() > 0 && r.underWay() < r.together() {
		r.lookAt(r.now().Add(time.Second))
	}
}
