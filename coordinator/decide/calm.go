package decide

import (
	"slices"
	"time"

	"autospotting/coordinator/ledger"
)

// CalmAfter is how long a group has been calm before ticks pass it over. Until then it is looked at as before: what was launched last and never answered
// would show by now.
const CalmAfter = 12 * time.Minute

// Calm tells from the group's description, its members and the record that nothing is to be done for it, but for prices.
func Calm(w World) bool {
	rec := w.Record
	if !w.Group.Found || !w.Group.Enabled || rec.Open() || len(w.Heard) > 0 || len(rec.Retired) > 0 || !rec.Short.IsZero() || slices.ContainsFunc(w.Instances, noticed) {
		return false
	}
	r := newRun(w)
	return r.onDemandLater() == r.keep() && len(r.v.Live()) == w.Group.Desired && r.v.Pending() == 0
}

// passing is when something of the record is over, by time alone; zero where nothing is.
func passing(rec ledger.Record) (until time.Time) {
	over := func(at time.Time, after time.Duration) {
		if end := at.Add(after); until.IsZero() || end.Before(until) {
			until = end
		}
	}
	for _, at := range rec.Proving {
		over(at, lastingSwap)
	}
	for _, said := range rec.Said {
		over(said.Last(), keepSaid)
	}
	for _, at := range slices.Concat(rec.Unconfirmed, rec.Sick, rec.Moved) {
		over(at, time.Hour)
	}
	return until
}

// calm keeps in the record how the group is while nothing is to be done for it.
func (r *run) calm() {
	print := r.w.Group.Print
	if print == "" || len(r.w.Missing)+len(r.plan.Actions) > 0 || !r.plan.Look.IsZero() || r.rec.Open() || !Calm(r.w) {
		r.rec.Calm = ledger.Calm{}
		return
	}
	since := r.now()
	if r.rec.Calm.Print == print {
		since = r.rec.Calm.Since
	}
	r.rec.Calm = ledger.Calm{Print: print, Since: since, Until: passing(r.rec), Ours: r.holdsOurs()}
}

// PricesDue tells whether it is time to see what spot costs elsewhere: in five minutes of every hour, other ones for every group, so that a group with
// nothing to do reads the market once an hour.
func PricesDue(group string, now time.Time) bool {
	return (now.Minute()-ofGroup(group, 60)+60)%60 < 5
}

// LookDue tells whether it is time to look at a group whatever is known of it, once a day.
func LookDue(group string, now time.Time) bool {
	return PricesDue(group, now) && now.Hour() == ofGroup(group, 24)
}

// ofGroup is a number below n that is the group's own.
func ofGroup(group string, n int) int {
	own := 0
	for _, c := range group {
		own = (own*31 + int(c)) % n
	}
	return own
}
