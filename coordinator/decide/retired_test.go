package decide

import (
	"slices"
	"testing"
	"time"

	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/ledger"
)

// Squall seed 5100386: a read that is older than a payment showed its victim in service. It was taken for another debt's next victim, and the one
// payment counted for both.
func TestWhoWasRetiredLatelyIsNobodysVictimAndNoCapacity(t *testing.T) {
	t.Parallel()
	w := web()
	w.allSpot()
	w.Group.Enabled, w.Group.Desired = false, 4
	w.Record.Retired = map[string]time.Time{"i-oda": noon.Add(-time.Second)}
	w.owes("i-on", "i-gone", "a", books.Attached, 20*time.Second)
	w.keep(func(k *books.Stored) { k.Pairs[0].Intent.Purpose, k.Pairs[0].Intent.Launch.Spot = ledger.Return, false })
	on := attached("i-on", "a")
	on.Spot = false
	w.add(on)
	w.Activities = []Activity{{Kind: Unhealthy, Instance: "i-gone", At: noon.Add(-time.Second)}, {Kind: UserShrink, Instance: "i-oda", At: noon.Add(-time.Second)}}
	p := Decide(w)
	if d, open := p.Record.Books.Debt("i-on"); !open || d.Victim != "i-odb" {
		t.Errorf("the debt's victim is %+v, open %t:\n%s", d, open, render(p))
	}
	r := newRun(w)
	if r.capacity("") != 3 || r.mayMove(r.v.Get("i-oda")) || !r.mayMove(r.v.Get("i-odb")) || slices.ContainsFunc(r.returnable(), func(i Instance) bool { return i.ID == "i-oda" }) {
		t.Errorf("capacity %d, and i-oda may be moved or brought back", r.capacity(""))
	}
}
