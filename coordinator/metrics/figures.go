package metrics

import (
	"cmp"
	"math"
	"time"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/market"
)

// The figures that tell how the group is now. None is known of a group that could not be read.

func (r *Run) openDebts() (float64, bool) { return float64(len(r.rec.Books.Debts())), r.seen }

func (r *Run) oldestDebt() (float64, bool) {
	oldest := r.world.Now
	for _, d := range r.rec.Books.Debts() {
		if d.At.Before(oldest) {
			oldest = d.At
		}
	}
	return age(oldest, r.world.Now), r.seen
}

func (r *Run) oldestLease() (float64, bool) {
	l := r.rec.Books.Lease()
	if !l.Open() {
		return 0, r.seen
	}
	since := l.Since
	if since.IsZero() { // written before there was such a member
		since = l.At
	}
	return age(since, r.world.Now), r.seen
}

func age(since, now time.Time) float64 { return max(0, now.Sub(since).Seconds()) }

// deficit is how many instances in service the group lacks of what its owner wants, our own +1 left out. It is not known
// of a group that is not served: its sizes may count something else than instances.
func (r *Run) deficit() (float64, bool) {
	g := r.world.Group
	if !r.seen || !g.Found || decide.Refusal(r.world) != "" {
		return 0, false
	}
	serving := 0
	for _, i := range r.world.Instances {
		if i.Serving() {
			serving++
		}
	}
	return float64(max(0, g.Desired-r.rec.Books.Owed()-serving)), true
}

// savings is what our spot instances in service cost less an hour, at the prices of now, than on-demand instances of the
// type that the owner's template names. It is known where the run read the market, and where there are none.
func (r *Run) savings() (float64, bool) {
	usd := 0.0
	for _, i := range r.world.Instances {
		if !i.Ours || !i.Spot || !i.Serving() {
			continue
		}
		spot, known := r.world.Catalog.SpotUSD[market.Pool{Type: i.Type, Zone: i.Zone}]
		onDemand := r.world.Catalog.OnDemandUSD[cmp.Or(r.world.Template.Type, i.Type)]
		if !known || onDemand <= 0 {
			return 0, false
		}
		usd += onDemand - spot
	}
	return math.Round(usd*1e6) / 1e6, r.seen && r.world.Group.Found
}

// ofInterest tells whether the run is worth a line. A group that never opted in is looked at whenever one of its instances
// changes state, and leaves no trace.
func (r *Run) ofInterest() bool {
	return !r.seen || r.world.Group.Enabled || r.world.Record.Revision > 0 || r.rec.Revision > 0
}
