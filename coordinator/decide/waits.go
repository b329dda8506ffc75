package decide

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"autospotting/coordinator/decide/view"
	"autospotting/coordinator/ledger"
)

// tellAfter is how long something is waited for before the group's owner is told.
const tellAfter = 15 * time.Minute

// wait says what is waited for. What is said first is what the owner is told where it lasts.
func (r *run) wait(instance, format string, args ...any) {
	r.say(instance, format, args...)
	r.awaits(instance, format, args...)
}

// awaits is wait of what is as it should be, and so not said at every look.
func (r *run) awaits(instance, format string, args ...any) {
	if r.waitsFor == "" {
		r.waitsFor = strings.TrimSpace(instance + " " + fmt.Sprintf(format, args...))
	}
}

// waiting keeps in the record what is waited for and since when nothing else was done, and gives what the owner is told of it.
func (r *run) waitsLong() string {
	w := &r.rec.Status.Waiting
	switch {
	case r.waitsFor == "" || r.moves():
		*w = ledger.Waiting{}
	case w.Since.IsZero():
		*w = ledger.Waiting{For: r.waitsFor, Since: r.now()}
	default:
		w.For = r.waitsFor
	}
	if w.For != "" && w.For != w.Told && r.since(w.Since) >= tellAfter && (w.Told == "" || r.since(w.ToldAt) >= tellAfter) {
		w.Told, w.ToldAt = w.For, r.now()
	}
	return w.Told
}

// moves tells whether the plan takes a swap, or what is owed, a step further.
func (r *run) moves() bool {
	return slices.ContainsFunc(r.plan.Actions, func(a Action) bool {
		switch a.Kind {
		case LaunchOne, AttachSome, Retire, RaiseMax, RestoreMax, SetDesired, Terminate:
			return true
		}
		return false
	})
}

// heldBack tells of these members how many may not be retired, and why, naming one of each kind.
func (r *run) heldBack(members []Instance) string {
	count, first := map[string]int{}, map[string]string{}
	var order []string
	for _, i := range members {
		why := r.whyHeld(i)
		if why == "" {
			continue
		}
		if count[why]++; count[why] == 1 {
			order, first[why] = append(order, why), i.ID
		}
	}
	slices.Sort(order)
	var out []string
	for _, why := range order {
		one := first[why]
		if n := count[why] - 1; n > 0 {
			one = fmt.Sprintf("%s and %d more", one, n)
		}
		out = append(out, one+" "+why)
	}
	return strings.Join(out, ", ")
}

// whyHeld is why a member may not be retired now; empty if it may.
func (r *run) whyHeld(i Instance) string {
	switch {
	case r.guarded(i):
		return "protected from scale-in"
	case i.Undeletable && !i.Spot:
		return "protected from termination"
	case r.doomed(i.ID):
		return "taken by AWS"
	case r.passedOver(i.ID):
		return "passed over, since its work did not end"
	case r.unasked(i):
		return "cannot be drained, since no spotd with a drain handler has been heard on it"
	case r.spokenFor(i.ID) || r.b.Replacing(i.ID):
		return "in a swap already"
	case r.v.Standing(i.ID) != view.Serving:
		return "not in service"
	case i.Unchecked && !i.Spot:
		return "not asked yet whether it is protected"
	}
	return ""
}

// live lists the members of ours on spot, or those on-demand.
func (r *run) live(spot bool) []Instance {
	return slices.DeleteFunc(slices.Clone(r.v.Live()), func(i Instance) bool { return i.Spot != spot || spot && !i.Ours })
}
