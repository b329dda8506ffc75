package decide

import (
	"cmp"
	"slices"
	"time"

	"autospotting/coordinator/ledger"
	"autospotting/coordinator/market"
)

// follow (R8) takes every launch one step further: found, ready, paired with its victim; or given up.
func (r *run) follow() {
	// In place, since the choice of a victim depends on the victims that the others have.
	for i := 0; i < len(r.rec.Intents); i++ {
		it := r.rec.Intents[i]
		if r.b.Retiring(it.Victim) {
			it.Victim = "" // a debt retires it: what was launched for it has to find another
			r.rec.Intents[i] = it
		}
		if r.followOne(&it) {
			r.rec.Intents[i] = it
			continue
		}
		r.rec.Intents = slices.Delete(r.rec.Intents, i, i+1)
		i--
	}
	switch n := len(r.rec.Intents); {
	case n > r.booting:
		r.poll()
	case n > 0:
		r.rest()
	}
}

// followOne returns false when the intent is closed: paired, or nothing is left of it.
func (r *run) followOne(it *ledger.Intent) bool {
	if it.Instance == "" && !r.find(it) {
		return r.resend(it)
	}
	s, seen := r.v.Instance(it.Instance)
	switch {
	case !seen && r.v.Awaited(it.At):
		r.awaits(it.Instance, "was launched, and is to be described")
		return true // a new instance may not be described for minutes
	case !seen:
		return r.lost(it, "was never seen")
	case s.Member:
		r.say(s.ID, "is a member of the group though no attach is recorded: left as it is")
		return false
	case s.Foreign:
		r.say(s.ID, anotherGroups)
		return false
	case !s.Live() && it.Abandoned != "":
		return false
	case !s.Live():
		return r.lost(it, "died before it was ready")
	}
	if it.Abandoned == "" {
		it.Abandoned = r.unwanted(it, s)
	}
	if it.Abandoned != "" && r.w.hold {
		return true
	}
	if it.Abandoned != "" && r.w.missing(ReadMembership) {
		r.say(s.ID, "not ended yet: it cannot be read whether it is a member of a group")
		return true
	}
	if it.Abandoned != "" {
		if ok, why := r.emptied(s.ID, ""); !ok {
			r.wait(s.ID, "is to go (%s): %s", it.Abandoned, why)
			return true
		}
		r.act(Action{Kind: Terminate, Instance: s.ID, Why: it.Abandoned})
		return true
	}
	return !r.pair(it, s)
}

// find looks for the launched instance by the nonce it carries.
func (r *run) find(it *ledger.Intent) bool {
	for _, id := range r.v.IDs() {
		if i := r.v.Get(id); i.Ours && i.Nonce == it.Launch.Nonce && !bound(r.rec, id) {
			it.Instance, it.Type, it.Zone = i.ID, i.Type, i.Zone
			it.Launch.Overrides, it.Launch.Tags = nil, nil
			return true
		}
	}
	return false
}

// bound tells whether a launch is known to have brought the instance.
func bound(rec ledger.Record, id string) bool {
	for d := range rec.Books.All() {
		if d.Replacement.Instance == id {
			return true
		}
	}
	return slices.ContainsFunc(rec.Intents, func(it ledger.Intent) bool { return it.Instance == id })
}

// resend sends the frozen request again while the token is young; after that only the tag can tell.
func (r *run) resend(it *ledger.Intent) bool {
	switch {
	case !r.v.Awaited(it.At):
		return r.lost(it, "was never answered")
	case it.Abandoned != "", it.LookOnly, len(it.Launch.Overrides) == 0, !r.now().Before(r.resendUntil(it)), r.refusal != "" && r.rung < wanted(it.Purpose),
		!r.w.Group.Enabled && it.Launch.Spot: // its owner may want no more of it
		r.awaits("", "the launch for %s was not answered: its instance is looked for", it.Victim)
		return true
	case r.w.hold && it.Purpose.Gradual():
		return true
	}
	launch := it.Launch
	r.act(Action{Kind: LaunchOne, Launch: &launch, Again: true, Why: "the launch for " + it.Victim + " was not answered: the same request again"})
	return true
}

// resendUntil is until when the request is sent again: for who has a notice as long as the notice lasts, since the token is good for longer. The
// answer to the last of them still has time to show.
func (r *run) resendUntil(it *ledger.Intent) time.Time {
	until := it.At.Add(resendFor)
	if n, doomed := r.notice(it.Victim); doomed && n.Released.IsZero() && r.v.Stays(it.Victim) && n.Deadline.After(until) {
		until = n.Deadline
	}
	if most := it.At.Add(resendAtMost); until.After(most) {
		until = most
	}
	return until
}

func (r *run) lost(it *ledger.Intent, what string) bool {
	r.say(it.Instance, "the launch for %s %s", it.Victim, what)
	markPool(&r.rec, r.now(), market.Pool{Type: it.Type, Zone: it.Zone}, what)
	failed(&r.rec, r.now(), "a replacement "+what)
	return false
}

// unwanted gives the reason why a replacement that is not attached has to go; it chooses another victim where
// the first is gone.
func (r *run) unwanted(it *ledger.Intent, s Instance) string {
	switch {
	case r.doomed(s.ID):
		return "AWS takes it before it was attached"
	case !r.w.Group.Found:
		return "the group is gone"
	case !r.w.Group.Enabled && it.Purpose == ledger.Swap:
		return "the group is not enabled any more"
	case r.rung < wanted(it.Purpose):
		return "the group cannot be served now: " + r.refusal
	case it.Purpose == ledger.Swap && r.onDemandLater() < r.keep():
		return "the owner keeps more on-demand since it was launched"
	case it.Purpose == ledger.Return && r.onDemandLater() > r.keep():
		return "the owner keeps less on-demand since it was launched"
	case r.w.Template.Hash != "" && r.w.Template.CopyOf.IsZero() && r.w.Template.Hash != it.Launch.SourceHash:
		return "the owner's template changed since it was launched"
	}
	if !r.keepsVictim(it) && r.w.blind() == "" { // who may be retired is not known either
		return "no instance is left that it could replace"
	}
	if why := r.turnless(it, s); why != "" {
		return why
	}
	if r.drainsLast(it) {
		return "the work of none whom it could replace came to an end"
	}
	if why := heedless(s, r.bootsAsMember(), r.now()); why != "" {
		failed(&r.rec, r.now(), "a replacement was not attached in time")
		return why
	}
	limit := it.At.Add(r.patience())
	if !r.attachable(it, s) && !r.now().Before(limit) && !r.w.missing(ReadStatus) && !r.w.Group.HooksUnread {
		markPool(&r.rec, r.now(), market.Pool{Type: s.Type, Zone: s.Zone}, "not ready in time")
		failed(&r.rec, r.now(), "a replacement was not ready in time")
		return "not ready after " + r.since(it.At).Round(time.Second).String()
	}
	return ""
}

// keepsVictim tells whether the replacement still has somebody to replace. A doomed victim that is gone leaves
// its place to the group's own newcomer, which may still be on its way.
func (r *run) keepsVictim(it *ledger.Intent) bool {
	v := r.v.Get(it.Victim)
	if r.v.Stays(v.ID) && (r.doomed(v.ID) || r.eligible(v) || it.Purpose == ledger.Return && v.Spot && v.Ours && !r.guarded(v) && !r.passedOver(v.ID) || it.Purpose == ledger.Swap && it.Launch.Spot && r.mayMove(v)) {
		return true
	}
	if it.Purpose == ledger.Fill {
		return r.stillMissing(it)
	}
	if back := r.returnable(); it.Purpose == ledger.Return {
		if len(back) > 0 {
			it.Victim = back[0].ID
		}
		return len(back) > 0
	}
	if n, ok := r.newcomer(it.Zone, it.At); ok && r.onDemandLater() > r.keep() {
		what := "gone or protected"
		if r.passedOver(it.Victim) {
			what = "passed over"
		}
		r.say(it.Instance, "%s is %s: %s is to be replaced instead", cmp.Or(it.Victim, "what it was launched for"), what, n.ID)
		it.Urgent = it.Urgent || !it.Purpose.Gradual()
		it.Victim, it.Purpose = n.ID, ledger.Swap
		return true
	}
	if it.Purpose == ledger.Replace && len(r.v.Live()) < r.w.Group.Desired {
		return true // the hole is still open, or its filler not yet in service
	}
	return it.Purpose == ledger.Replace && r.v.Pending() > 0
}

// pair opens the debt for a ready replacement. Debts join only while desired is what the open ones explain.
func (r *run) pair(it *ledger.Intent, s Instance) bool {
	if !r.attachable(it, s) {
		limit := it.At.Add(r.patience())
		r.awaits(s.ID, "boots: it has until %s to be ready", limit.UTC().Format(time.TimeOnly))
		if r.told(s, r.muteGrace(), s.Launched) {
			r.booting++
		}
		r.lookAfter(limit)
		return false
	}
	if r.w.hold && !r.awaited(it) {
		return false
	}
	if r.v.Behind() || r.v.Old() && it.Purpose.Gradual() {
		r.awaits(s.ID, "waits to be attached for a read that shows what was done last")
		return false
	}
	if blind := r.w.blind(); blind != "" && it.Purpose.Gradual() {
		r.wait(s.ID, "not attached yet: %s", blind)
		return false
	}
	if r.b.Any() && r.w.Group.Desired != r.b.Due() {
		r.wait(s.ID, "not attached yet: desired is not what the open debts explain")
		return false
	}
	if why := r.cramped(it); why != "" {
		r.wait(s.ID, "not attached yet: %s", why)
		return false
	}
	if !r.hasTurn(it, s) {
		r.wait(s.ID, "waits for its turn: attached now, its zone would have two more than another")
		return false
	}
	victim := it.Victim
	if !r.v.Stays(victim) || r.b.Retiring(victim) {
		victim = ""
	}
	if it.Purpose.Gradual() && !r.awaited(it) && r.mode() != WhenRunning { // the debt is then open for seconds
		if ok, why := r.emptied(victim, s.ID); !ok {
			r.wait(victim, "%s", why)
			return false
		}
	}
	r.b.Open(it.Replacement(), victim, r.w.Group.Desired, r.now())
	r.watch(it, s)
	what := "its application is up"
	if r.rec.Watched[s.ID].Early {
		what = "it runs"
	}
	r.say(s.ID, "%s: to be attached in the place of %s", what, it.Victim)
	return true
}
