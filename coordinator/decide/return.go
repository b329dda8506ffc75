package decide

import (
	"cmp"
	"fmt"

	"autospotting/coordinator/ledger"
)

// toOnDemand (R15) begins a replacement by on-demand where there are fewer on-demand instances than the owner keeps.
func (r *run) toOnDemand() {
	more := r.keep() - r.onDemandLater()
	if !r.mayBegin() || more <= 0 {
		return
	}
	if len(r.returnable()) == 0 {
		if ours := r.live(true); len(ours) > 0 {
			r.wait("", "%d more are to be on-demand, and no spot instance may be retired now: %s", more, r.heldBack(ours))
		}
		return
	}
	r.begun = true
	var v Instance
	var zone string
	var overrides []ledger.Override
	for back := r.returnable(); len(overrides) == 0; back = elsewhere(back, v) {
		var ok bool
		if len(back) == 0 {
			return
		}
		if v, zone, ok = r.balanced(back); !ok {
			return
		}
		if overrides = r.onDemandOverrides(r.ownersType(v), []string{zone}); len(overrides) == 0 {
			r.wait(v.ID, "is to become on-demand again, and no compatible type with a known price is offered in %s", zone)
		}
	}
	why := fmt.Sprintf("the owner keeps %d on-demand: %s goes back", r.keep(), v.ID)
	if !r.w.Group.Enabled {
		why = fmt.Sprintf("the group is not enabled any more: %s goes back to on-demand", v.ID)
	}
	r.launch(ledger.Return, v, zone, false, overrides, why)
	r.andAnother(more)
}

// ownersType is the instance type that the group itself would launch in the instance's place. Where its policy lists several, what it has launched
// there shows which.
func (r *run) ownersType(v Instance) string {
	if len(r.w.Group.Types) > 1 && v.Type != "" && !v.Spot {
		return v.Type
	}
	return cmp.Or(r.w.Template.Type, v.Type)
}
