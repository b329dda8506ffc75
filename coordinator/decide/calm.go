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
	if !w.Group.Found || !w.Group.Enabled || rec.Open() || len(w.Heard) > 0 || passing(rec) || !rec.Short.IsZero() || slices.ContainsFunc(w.Instances, noticed) {
		return false
	}
	r := newRun(w)
	return r.onDemandLater() == r.keep() && len(r.v.Live()) == w.Group.Desired && r.v.Pending() == 0
}

// passing tells whether the record holds something that goes by itself in a while, and that a look takes out.
func passing(rec ledger.Record) bool {
	return len(rec.Proving)+len(rec.Retired)+len(rec.Said)+len(rec.Unconfirmed)+len(rec.Sick)+len(rec.Moved) > 0
}

// calm keeps in the record how the group is while nothing is to be done for it.
func (r *run) calm() {
	print := r.w.Group.Print
	if print == "" || len(r.w.Missing)+len(r.plan.Actions) > 0 || !r.plan.Look.IsZero() || r.rec.Open() || !Calm(r.w) {
		r.rec.Calm = ledger.Calm{}
		return
	}
	if c := (ledger.Calm{Print: print, Since: r.rec.Calm.Since, Ours: r.holdsOurs()}); r.rec.Calm.Print == print {
		r.rec.Calm = c
		return
	}
	r.rec.Calm = ledger.Calm{Print: print, Since: r.now(), Ours: r.holdsOurs()}
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
