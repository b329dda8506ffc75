package decide

import (
	"cmp"
	"fmt"
	"time"

	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/ledger"
)

// urgentFor is how long what was launched in an emergency need not fit the zones, though it is for somebody else by now.
const urgentFor = 5 * time.Minute

// idleFor is how long a replacement that gets work while it boots may wait for its turn. It goes while it has none: what was attached meanwhile by others
// stays, so that waiting would help little, and no hook drains it before it is a member.
const idleFor = 10 * time.Second

// hasTurn tells whether a replacement that nobody is waiting for can be attached now: beside those that are attached and not paid for yet its zone may
// not have two more than another; and once all of those are paid, before and after it is, the zones must not be further apart than they would be without it, whatever they were when it
// was launched.
func (r *run) hasTurn(it *ledger.Intent, s Instance) bool {
	if !it.Purpose.Gradual() || it.Urgent && r.since(it.At) < urgentFor {
		return true
	}
	most := 1
	counts, later := r.zoneCounts(), map[string]int{}
	if !r.b.Any() {
		most = max(most, spread(counts))
	}
	for _, d := range r.b.Debts() {
		if d.Phase == books.Attaching {
			counts[d.Replacement.Zone]++
		}
	}
	for z, n := range counts {
		later[z] = n
	}
	for _, d := range r.b.Debts() {
		if v := r.v.Get(d.Victim); v.Present() {
			later[v.Zone]--
		}
	}
	during, after := spreads(later, s.Zone, cmp.Or(r.v.Get(it.Victim).Zone, s.Zone)) // they may all be paid before it is attached
	if max(during, after) > max(1, spread(later)) {
		return false
	}
	counts[s.Zone]++
	for _, n := range counts {
		if counts[s.Zone]-n > most {
			return false
		}
	}
	return true
}

// turnless keeps since when a ready replacement waits for its turn, or for room in MaxSize that is not borrowed, and says why it goes where that is
// too long: the swap is begun anew where there is both.
func (r *run) turnless(it *ledger.Intent, s Instance) string {
	if r.v.Old() || !r.attachable(it, s) {
		return "" // nothing can be said now
	}
	why := r.cramped(it)
	switch {
	case why != "":
	case r.b.Any():
		return ""
	case r.hasTurn(it, s) || r.refitted(it, s):
		it.Ready = time.Time{}
		return ""
	default:
		why = "its zone has had more members than another"
	}
	if it.Ready.IsZero() {
		it.Ready = r.now()
	}
	wait := unevenFor
	if r.worksEarly() && !r.awaited(it) {
		wait = idleFor
	}
	if r.since(it.Ready) < wait {
		return ""
	}
	return fmt.Sprintf("%s, for %s: the swap is begun anew where it fits", why, wait)
}

// cramped tells that a replacement that nobody waits for would not find room in MaxSize once its debt is written (makeRoom); empty where it would.
func (r *run) cramped(it *ledger.Intent) string {
	if !it.Purpose.Gradual() || r.urgent() {
		return ""
	}
	return r.noRoomFor(r.toAttach() + 1)
}

// refitted gives a ready replacement that has no turn a victim with which it has one, the oldest there is. It may be that of another launch, which
// gets this one's: each of two may stand in the other's zone.
func (r *run) refitted(it *ledger.Intent, s Instance) bool {
	was := r.v.Get(it.Victim)
	if it.Purpose == ledger.Swap && was.Spot {
		return false // it was cheaper in the place of that one
	}
	among := r.victims()
	if it.Purpose == ledger.Return {
		among = r.returnable()
	}
	for _, o := range r.rec.Intents {
		if v := r.v.Get(o.Victim); o.Purpose == it.Purpose && o.Abandoned == "" && o.Launch.Nonce != it.Launch.Nonce && v.Spot == was.Spot && v.Member {
			among = append(among, v)
		}
	}
	for _, v := range among {
		other := *it
		if other.Victim = v.ID; !r.hasTurn(&other, s) {
			continue
		}
		for n, o := range r.rec.Intents {
			if o.Victim == v.ID && o.Abandoned == "" {
				r.rec.Intents[n].Victim = it.Victim
			}
		}
		r.say(s.ID, "stands for %s now, with which the zones stay as even as they are", v.ID)
		it.Victim = v.ID
		return true
	}
	return false
}
