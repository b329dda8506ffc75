package decide

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"autospotting/coordinator/decide/view"
	"autospotting/coordinator/ledger"
	"autospotting/coordinator/market"
)

// moveAfter is how long a spot instance has been there before it may be moved to a cheaper pool.
const moveAfter = time.Hour

// toCheaper (R17) moves the spot instance of ours that costs most above what can be had now, if that is worth a swap: prices move
// for months, and what was bought while the cheap pools were out stays otherwise for good.
func (r *run) toCheaper() {
	if !r.mayBegin() || r.begun || !r.w.Group.Enabled {
		return
	}
	if r.w.Settings.Window.Open(r.now()) && len(r.rec.Sick)+len(r.rec.Moved) < r.budget() && r.move() {
		return
	}
	switch later, keep := r.onDemandLater(), r.keep(); {
	case later <= keep && keep > 0:
		r.say("", "nothing to replace: %d on-demand of %d that the owner keeps", later, keep)
	case len(r.live(false)) == 0:
		r.say("", "nothing to replace: no member is on-demand")
	case len(slices.DeleteFunc(r.victims(), r.unasked)) == 0:
		r.wait("", "no on-demand instance may be replaced now: %s", r.heldBack(r.live(false)))
	}
}

// move begins the move that gains most, false where none is worth it.
func (r *run) move() bool {
	places := map[string]place{} // by the zone of who would leave
	var best Instance
	var most float64
	for _, v := range r.returnable() {
		pays, known := r.w.Catalog.SpotUSD[market.Pool{Type: v.Type, Zone: v.Zone}]
		if !known || r.since(v.Launched) < moveAfter {
			continue
		}
		p, seen := places[v.Zone]
		if !seen {
			p = r.placeFor(v)
			places[v.Zone] = p
		}
		if gain := pays - p.cheapest - p.worth; p.worth > 0 && gain > most {
			best, most = v, gain
		}
	}
	if best.ID == "" {
		return false
	}
	r.rec.Moved = append(r.rec.Moved, r.now())
	p, pays := places[best.Zone], r.w.Catalog.SpotUSD[market.Pool{Type: best.Type, Zone: best.Zone}]
	r.launch(ledger.Swap, best, p.zone, true, r.under(p, pays-p.worth), fmt.Sprintf("%s pays %.4f USD/h: spot has become cheaper in %s", best.ID, pays, p.zone))
	return true
}

// place is where an instance of some zone could move to: the same for all of them.
type place struct {
	zone       string // empty where the balance of the zones does not allow it, or nothing can be had
	candidates []market.Candidate
	cheapest   float64 // USD per hour
	worth      float64 // the least saving that is worth a swap, USD per hour; 0 where there is no such place
}

func (r *run) placeFor(v Instance) place {
	typ := r.ownersType(v)
	c := r.choose([]Instance{v})
	fit, err := r.fit(typ)
	if err != nil || !r.allows(c) {
		return place{}
	}
	list, err := fit.Candidates(c.zone, r.holding(), r.avoided(true), r.w.Group.Desired)
	if err != nil {
		return place{}
	}
	cheapest := slices.MinFunc(list, func(a, b market.Candidate) int { return cmp.Compare(a.SpotUSD, b.SpotUSD) })
	return place{zone: c.zone, candidates: list, cheapest: cheapest.SpotUSD, worth: r.w.Settings.Margin * r.w.Catalog.OnDemandUSD[typ]}
}

// under lists the pools of a place that cost at most so much.
func (r *run) under(p place, most float64) []ledger.Override {
	var out []ledger.Override
	for _, c := range p.candidates {
		if c.SpotUSD <= most && len(out) < maxOverrides {
			out = append(out, r.offer(c.Pool, c.MaxUSD))
		}
	}
	return out
}

// mayMove tells whether a spot instance of ours may still be retired for a cheaper one.
func (r *run) mayMove(i Instance) bool {
	return i.Ours && i.Spot && r.v.Standing(i.ID) == view.Serving && !i.Protected && !r.doomed(i.ID) && !r.passedOver(i.ID)
}
