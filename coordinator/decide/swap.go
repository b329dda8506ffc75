package decide

import (
	"fmt"
	"slices"
	"time"

	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/ledger"
)

// toSpot (R16) begins a replacement by spot where there are more on-demand instances than the owner keeps, or says why it has to wait. One a
// plan: where it landed is known when the next is decided. Where in no zone anything is to be had, nothing is begun.
func (r *run) toSpot() {
	more := r.onDemandLater() - r.keep()
	if !r.mayBegin() || r.begun || more <= 0 || !r.w.Group.Enabled { // a group that left may have more than its size for a while, and gets no spot for it
		return
	}
	if r.w.Group.Max == 1 && r.b.Lease().State == books.NoLease {
		r.say("", "MaxSize is raised to 2 for minutes at each replacement: the instance and its replacement run side by side for as long")
	}
	if again := r.spotAgain(); r.now().Before(again) {
		r.begun = true
		r.wait("", "on on-demand for want of spot: tried again at %s", again.UTC().Format(time.TimeOnly))
		return
	}
	if w := r.w.Settings.Window; !w.Open(r.now()) {
		r.begun = true
		r.wait("", "not now: outside the owner's schedule (%s)", w)
		return
	}
	for victims := slices.DeleteFunc(r.victims(), r.unasked); len(victims) > 0; {
		v, zone, ok := r.balanced(victims)
		if !ok {
			r.begun = true
			return
		}
		if overrides := r.spotOverrides(v, []string{zone}); len(overrides) > 0 {
			r.begun = true
			r.launch(ledger.Swap, v, zone, true, overrides, fmt.Sprintf("%s is on-demand; spot is cheaper in %s", v.ID, zone))
			r.andAnother(more)
			return
		}
		victims = elsewhere(victims, v)
	}
}

// elsewhere leaves out the instances of one's zone: what cannot be had for one there can be had for none.
func elsewhere(list []Instance, one Instance) []Instance {
	return slices.DeleteFunc(slices.Clone(list), func(i Instance) bool { return i.Zone == one.Zone })
}

// spotAgain is when spot is tried again after on-demand was bought for want of it: a dwell that doubles each time in a row.
func (r *run) spotAgain() time.Time {
	f := r.rec.Fallback
	if f.Times == 0 {
		return time.Time{}
	}
	return f.At.Add(doubled(r.w.Settings.Dwell, f.Times-1, max(longestDwell, r.w.Settings.Dwell)))
}
