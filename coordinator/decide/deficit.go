package decide

import (
	"cmp"
	"slices"
	"time"

	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/ledger"
)

// deficit (R10) fills what the group itself fails to launch, and settles for less where nothing comes: desired goes down to what
// it was before we raised it, which ends nobody as long as no more members than that are there.
func (r *run) deficit() {
	missing := r.w.Group.Desired - len(r.v.Live())
	if !r.may(Serve) || !r.w.Group.Enabled || missing <= 0 || !r.launchFails() || r.v.Old() {
		if missing <= 0 {
			r.rec.Short = time.Time{}
		}
		return
	}
	if r.rec.Short.IsZero() {
		r.rec.Short = r.now()
	}
	if due := r.rec.Short.Add(shortFor); r.now().Before(due) {
		r.lookAt(due)
		return
	}
	if r.giveUpFilling(missing) || r.unpriced() || r.tooOldForAny() {
		return
	}
	for range missing - r.filling() {
		if !r.fill() {
			return
		}
	}
	r.poll()
}

// launchFails tells whether the group fails to launch what it lacks. Where the activities cannot be read, what was known before holds.
func (r *run) launchFails() bool {
	if r.w.Unread {
		return !r.rec.Short.IsZero()
	}
	return r.v.LaunchFails()
}

// filling counts what is already on its way, or attached and owed a newcomer.
func (r *run) filling() int {
	n := 0
	for _, it := range r.rec.Intents {
		if it.Purpose == ledger.Fill || it.Purpose == ledger.Replace {
			n++
		}
	}
	for _, d := range r.b.Debts() {
		if d.Owed() || d.Phase == books.Attaching {
			n++
		}
	}
	return n
}

func (r *run) fill() bool {
	if again := r.fillAgain(); r.now().Before(again) {
		r.wait("", "the group lacks an instance, and %d tries failed: tried again at %s", r.rec.Failures, again.UTC().Format(time.TimeOnly))
		return false
	}
	like := Instance{Type: r.ownersType(r.example()), Zone: cmp.Or(r.emptiest(), r.example().Zone)}
	zones := r.zonesFrom(like.Zone)
	overrides, spot := r.fillFrom(like, zones)
	if like.Type == "" || len(overrides) == 0 {
		r.wait("", "the group lacks an instance and nothing compatible can be had")
		return false
	}
	r.launch(ledger.Fill, like, like.Zone, spot, overrides, "the group lacks an instance that it fails to launch")
	return true
}

// fillAgain is when a place may be filled after failures: the pause holds back no longer than fillPause what the group lacks.
func (r *run) fillAgain() time.Time {
	pause := doubled(firstPause, max(0, r.rec.Failures-pauseAfter), longestPause)
	return r.rec.PausedUntil.Add(min(pause, fillPause) - pause)
}

// fillFrom is what a place is filled from: spot, unless the owner keeps on-demand there. After each failure it is the other's turn, so that
// neither is asked for ever while the other could be had.
func (r *run) fillFrom(like Instance, zones []string) (overrides []ledger.Override, spot bool) {
	kept := r.onDemandLater() < r.keep()
	turn := r.rec.Failures
	if turn > 0 {
		turn += r.fills()
	}
	if !kept && turn%2 == 0 {
		overrides = r.spotOverrides(like, zones)
	}
	if spot = len(overrides) > 0; !spot {
		overrides = r.onDemandOverrides(like.Type, zones)
	}
	if !kept && len(overrides) == 0 {
		overrides = r.spotOverrides(like, zones)
		spot = len(overrides) > 0
	}
	return overrides, spot
}

// fills counts the places that are filled by this plan already: of several, one is the other's turn, since an even number of failures would change none.
func (r *run) fills() int {
	n := 0
	for _, it := range r.rec.Intents {
		if it.Purpose == ledger.Fill && it.At.Equal(r.now()) {
			n++
		}
	}
	return n
}

// example is a member whose like is looked for.
func (r *run) example() Instance {
	all := slices.Clone(r.v.Live())
	if len(all) == 0 {
		return Instance{}
	}
	byAge(all)
	return all[0]
}

// stillMissing tells whether a fill has a place to fill, or somebody late to take its turn from.
func (r *run) stillMissing(it *ledger.Intent) bool {
	if r.w.Group.Desired > len(r.v.Live()) || r.v.Pending() > 0 {
		return true
	}
	n, ok := r.newcomer(it.Zone, it.At)
	if ok && r.onDemandLater() > r.keep() {
		r.say(it.Instance, "the group launched after all: %s is to be replaced", n.ID)
		it.Victim, it.Purpose, it.Urgent = n.ID, ledger.Swap, true
		return true
	}
	return false
}

// giveUpFilling lowers desired by what is owed when for long nothing came that could be retired for it, and closes those
// debts. It is the one place where desired is named: nothing but a number that nobody lives for is given up.
func (r *run) giveUpFilling(missing int) bool {
	owed := r.b.Owed()
	if owed == 0 || missing < owed || r.b.Attaching() || r.v.Pending() > 0 {
		return false
	}
	for _, d := range r.b.Debts() {
		if d.Owed() && (r.since(d.At) < fillFor || d.Phase == books.Paying) {
			return false
		}
	}
	to := r.w.Group.Desired - owed
	if to < r.w.Group.Min || r.b.Base() != to {
		return false
	}
	r.act(Action{Kind: SetDesired, Desired: to, Why: "nothing came for what was attached in its stead: desired is again what it was before"})
	return true
}
