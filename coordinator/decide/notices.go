package decide

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/decide/view"
	"autospotting/coordinator/ledger"
	"autospotting/coordinator/market"
)

// The launches tried for one notice: spot in the same zone, spot in any zone, then on-demand.
const (
	triesSameZone = 1
	triesSpot     = 2
	triesAll      = 4
)

// answerNotices (R9) launches a replacement for every instance that AWS takes, and hands it to the group's own replacement when
// its time is nearly up and ours is not attached. It is never taken out earlier: that would open now the hole
// that otherwise opens at the deadline.
func (r *run) answerNotices() {
	if !r.may(Release) {
		return
	}
	r.replaceTogether(slices.Sorted(maps.Keys(r.rec.Notices)))
	for _, id := range slices.Sorted(maps.Keys(r.rec.Notices)) {
		x := r.v.Get(id)
		if !r.v.Stays(id) || r.v.Retired(id) || !x.Live() {
			continue
		}
		n := r.rec.Notices[id]
		if due := r.release(n); r.now().Before(due) {
			r.lookAt(due)
		}
		if r.may(Answer) && !r.spokenFor(id) {
			r.replace(x, n)
		}
		r.releaseInTime(x)
	}
}

// replaceTogether launches for those of some doomed instances for whom nothing was tried yet: several of a zone in as few requests as leave the group
// diverse, since request tokens are few when AWS takes many.
func (r *run) replaceTogether(ids []string) {
	if !r.may(Answer) || !r.w.Group.Enabled || r.w.Template.Version == "" {
		return
	}
	type kind struct{ zone, typ string }
	several := map[kind][]Instance{}
	for _, id := range ids {
		n, x := r.rec.Notices[id], r.v.Get(id)
		if n.Tries == 0 && n.Released.IsZero() && r.v.Stays(id) && !r.v.Retired(id) && x.Live() && !r.spokenFor(id) && !r.tooOld(x) {
			k := kind{x.Zone, r.ownersType(x)}
			several[k] = append(several[k], x)
		}
	}
	for _, k := range slices.SortedFunc(maps.Keys(several), func(a, b kind) int { return cmp.Or(cmp.Compare(a.zone, b.zone), cmp.Compare(a.typ, b.typ)) }) {
		if len(several[k]) < 2 || r.unprovable() || r.unpriced() || r.untemplated() {
			continue // one by one
		}
		r.fleets(several[k], k.zone, k.typ)
	}
}

// fleets asks for replacements of doomed instances of one type in one zone, as many at once as the pools have room for.
func (r *run) fleets(doomed []Instance, zone, typ string) {
	fit, err := r.fit(typ)
	if err != nil {
		return // said where it is asked for one
	}
	candidates, err := fit.Candidates(zone, r.holding(), r.avoided(true), r.w.Group.Desired)
	if err != nil {
		return
	}
	fleets, _ := market.Fleets(candidates, len(doomed))
	if r.scarce() {
		fleets = []market.Together{{Pools: candidates, Size: len(doomed)}}
	}
	for _, f := range fleets {
		f.Size = min(f.Size, mostTogether) // the next plan goes on
		var overrides []ledger.Override
		for _, c := range f.Pools[:min(len(f.Pools), maxOverrides)] {
			overrides = append(overrides, r.offer(c.Pool, c.MaxUSD))
		}
		r.launchTogether(doomed[:f.Size], zone, overrides, fmt.Sprintf("AWS takes %s and %d more in %s", doomed[0].ID, f.Size-1, zone))
		doomed = doomed[f.Size:]
	}
}

// scarceFor is how long tokens are taken to be short after AWS refused a launch for want of them.
const scarceFor = time.Minute

// scarce tells whether so few requests go through that whom AWS takes is replaced by one of them, wherever there is capacity, rather than by several that
// keep the group diverse.
func (r *run) scarce() bool {
	last := r.rec.Scarce
	if r.w.Scarce.After(last) {
		last = r.w.Scarce
	}
	return !last.IsZero() && r.since(last) < scarceFor
}

func (r *run) replace(x Instance, n ledger.Notice) {
	if !n.Released.IsZero() {
		return
	}
	if r.unprovable() {
		r.wait(x.ID, "nothing is launched for it: on the way back no spotd would tell whether a boot that needs membership went well, and no such boot is known to have: the group starts its own")
		return
	}
	if r.unpriced() || r.untemplated() || r.tooOld(x) || r.noRoom(ledger.Replace) {
		return
	}
	for ; n.Tries < triesAll; n.Tries++ {
		overrides := r.emergencyOverrides(x, n.Tries)
		if len(overrides) == 0 {
			continue
		}
		r.launch(ledger.Replace, x, x.Zone, n.Tries < triesSpot, overrides, "AWS takes "+x.ID)
		break
	}
	r.rec.Notices[x.ID] = n
}

// unpriced tells whether what a launch needs could not be read, the market for example, so that nothing can be launched yet: looked at again soon.
func (r *run) unpriced() bool {
	what, why := r.w.unlaunchable()
	if why == "" {
		return false
	}
	r.wait("", "nothing is launched before %s is read: %s", what, why)
	r.lookAt(r.now().Add(marketAgain))
	return true
}

// untemplated tells whether there is nothing to launch a replacement from: then the group's own is waited for.
func (r *run) untemplated() bool { return r.w.Template.Unreadable != "" }

func (r *run) emergencyOverrides(x Instance, tries int) []ledger.Override {
	switch {
	case tries < triesSpot && !r.w.Group.Enabled: // it is on its way back to on-demand
		return nil
	case tries < triesSameZone:
		return r.spotOverrides(x, []string{x.Zone})
	case tries < triesSpot:
		return r.spotOverrides(x, r.zones())
	}
	return r.onDemandOverrides(r.ownersType(x), r.zonesFrom(x.Zone))
}

// releaseInTime lets the group replace and drain a doomed instance itself when our replacement is not attached.
func (r *run) releaseInTime(x Instance) {
	n := r.rec.Notices[x.ID]
	if r.now().Before(r.release(n)) || !r.v.Mostly(n.Released) { // later it is still there: the call was never made
		return
	}
	why := "no replacement is attached"
	for _, d := range r.b.Debts() {
		switch {
		case d.Victim != x.ID || !d.Owed() || !r.standsIn(d):
		case r.unexplained():
			why = fmt.Sprintf("desired is %d where %d was due, so that it cannot be lowered for it yet", r.w.Group.Desired, r.b.Due())
		case r.undoStuck():
			why = "another attach is being undone, of which is not known whether it lowered desired"
		case r.v.Numbers() != view.Unknown:
			return // pay retires it, with decrement
		}
	}
	n.Released = r.now()
	r.rec.Notices[x.ID] = n
	r.act(Action{Kind: Retire, Instance: x.ID, Decrement: false, Why: "its end is near and " + why + ": the group starts its own and drains it"})
}

// unexplained tells whether desired is another than the one due on a read that shows all that we did: a payment would wait until it is known why.
func (r *run) unexplained() bool {
	return r.v.Numbers() == view.Known && r.w.Group.Desired != r.b.Due() && !r.v.MaybeBefore()
}

// undoStuck tells whether an attach is being undone of which only later reads tell what it did to desired: nothing is paid before (pay).
func (r *run) undoStuck() bool {
	for d := range r.b.All() {
		inDoubt := !d.Sent.IsZero() && !r.v.Shown(d.Since) && !r.v.Get(d.Replacement.Instance).Listed
		if d.Phase == books.Undoing && (!r.v.Shown(d.Asked) || inDoubt) {
			return true
		}
	}
	return false
}

// standsIn tells whether the debt's replacement is a member, as far as is known: a read lists it, or may be older than its attach.
func (r *run) standsIn(d books.Debt) bool {
	s := d.Replacement.Instance
	return !r.v.Ended(s) && (r.v.Stays(s) || !r.v.Shown(d.Since))
}
