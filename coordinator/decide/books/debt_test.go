package books

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// What is due follows desired: it rises by one when an attach took effect and falls by one for a payment. A debt that is given up leaves its one to
// the owner, and one that was never attached never counted.
func TestWhatIsDueFollowsDesired(t *testing.T) {
	t.Parallel()
	for _, p := range phases {
		for _, e := range events {
			b := opened(p)
			before, owed := b.Due(), b.Owed()
			d, changed := b.On("i-s", e, noon.Add(time.Second))
			to, known := Next(p, e)
			if changed != known || d.Phase != to {
				t.Errorf("%s in %s: %s (%t), the table says %s (%t)", e, p, d.Phase, changed, to, known)
			}
			want := before
			switch {
			case owed == 0 && to == Attached:
				want++
			case owed == 1 && (to == Paid || to == Undone || to == Dropped):
				want--
			}
			if b.Due() != want {
				t.Errorf("%s in %s: due %d, want %d", e, p, b.Due(), want)
			}
			if b.Any() == to.Closed() {
				t.Errorf("%s in %s: open %t", e, p, b.Any())
			}
		}
	}
}

func TestTheTableOfTransitionsIsWhole(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, tr := range Transitions {
		key := fmt.Sprint(tr.From, "/", tr.Event)
		if seen[key] || !slices.Contains(phases, tr.From) || !slices.Contains(events, tr.Event) {
			t.Errorf("%s stands twice, or in a phase or with an event that there is not", key)
		}
		seen[key] = true
	}
	for _, p := range phases {
		if p.Closed() {
			t.Errorf("%s is closed", p)
		}
		ways := 0
		for _, tr := range Transitions {
			if tr.From == p && tr.To != p {
				ways++
			}
		}
		if ways == 0 {
			t.Errorf("nothing leads out of %s", p)
		}
	}
	for _, p := range []Phase{Paid, Undone, Void, Dropped} {
		if !p.Closed() {
			t.Errorf("%s is open", p)
		}
	}
	if _, ok := Next(Paid, PaymentSent); ok {
		t.Error("a closed debt goes on")
	}
}

func TestTheTimesOfADebt(t *testing.T) {
	t.Parallel()
	later, again := noon.Add(time.Second), noon.Add(2*time.Second)
	get := func(b Books) Debt { d, _ := b.Debt("i-s"); return d }
	b := opened(Attaching)
	if d := get(b); !d.At.Equal(noon) || !d.Since.Equal(noon) || !d.Sent.IsZero() || d.Why != "swap" || d.Kind != Exchange {
		t.Errorf("opened: %+v", d)
	}
	b.On("i-s", AttachSent, later)
	b.On("i-s", AttachSent, again)
	if d := get(b); !d.Since.Equal(again) || !d.Sent.Equal(later) {
		t.Errorf("sent twice: since %s, first %s", d.Since, d.Sent)
	}
	b.On("i-s", AttachNotMade, again)
	if d := get(b); !d.Sent.IsZero() || !d.Since.Equal(again) {
		t.Errorf("not made: %+v", d)
	}
	b.On("i-s", AttachUnclear, again.Add(time.Hour))
	if d := get(b); !d.Alone || !d.Since.Equal(again) {
		t.Errorf("unclear: %+v", d)
	}
	b = opened(Attached)
	b.On("i-s", PaymentSent, later)
	if d := get(b); !d.Since.Equal(later) {
		t.Errorf("paying since %s", d.Since)
	}
	b.On("i-s", PaymentNotMade, again)
	if d := get(b); !d.Since.Equal(again) || d.Phase != Attached {
		t.Errorf("payment not made: %+v", d)
	}
	b.Retarget("i-s", "i-other")
	if d := get(b); !d.Since.Equal(again) {
		t.Errorf("another victim moves the time to %s", d.Since)
	}
	b = opened(Undoing)
	b.On("i-s", UndoSent, later)
	if d := get(b); !d.Asked.Equal(later) || !d.Since.Equal(noon) {
		t.Errorf("undo asked: %+v", d)
	}
	b.On("i-s", UndoNotMade, again)
	if d := get(b); !d.Asked.IsZero() || !d.Since.Equal(noon) {
		t.Errorf("undo not made: %+v", d)
	}
}

func TestTheKindOfADebtFollowsItsVictim(t *testing.T) {
	t.Parallel()
	b := opened(Paying)
	b.Miss("i-s", noon)
	for _, c := range []struct {
		victim string
		kind   Kind
	}{{"", Waiting}, {"i-s", Reversal}, {"i-x", Exchange}} {
		b.Retarget("i-s", c.victim)
		d, _ := b.Debt("i-s")
		if d.Kind != c.kind || d.Victim != c.victim || d.Phase != Attached || !d.Missed.IsZero() || !d.ForSpot() {
			t.Errorf("victim %q: %+v", c.victim, d)
		}
	}
	b.OpenOverMax("i-many", 6, "too many", noon)
	d, ok := b.Debt("over-max i-many")
	if !ok || d.Kind != OverMax || !d.Owed() || d.Why != "too many" || !d.At.Equal(noon) || !d.Since.Equal(noon) || !d.ForSpot() || b.Due() != 6 || b.Base() != 4 {
		t.Errorf("over MaxSize: %+v, base %d", d, b.Base())
	}
	b.Retarget("over-max i-many", "i-else")
	if d, ok := b.Debt("over-max i-else"); !ok || d.Kind != OverMax {
		t.Errorf("over MaxSize, another victim: %+v %t", d, ok)
	}
	onDemand := spot("i-on")
	onDemand.Spot = false
	b.Open(onDemand, "", 6, noon)
	if d, _ := b.Debt("i-on"); d.ForSpot() || d.Kind != Waiting {
		t.Errorf("a return: %+v", d)
	}
	b.Retarget("i-on", "i-x")
	if d, _ := b.Debt("i-on"); d.Victim != "" {
		t.Error("what is not attached yet was given another victim")
	}
	b.Retarget("i-nobody", "i-x")
}

func TestTheVictimIsMissedSinceTheFirstTime(t *testing.T) {
	t.Parallel()
	b := opened(Attached)
	if at := b.Miss("i-s", noon); !at.Equal(noon) {
		t.Errorf("missed since %s", at)
	}
	if at := b.Miss("i-s", noon.Add(time.Minute)); !at.Equal(noon) {
		t.Errorf("missed again since %s", at)
	}
	b.Found("i-s")
	b.Found("i-nobody")
	if at := b.Miss("i-s", noon.Add(time.Hour)); !at.Equal(noon.Add(time.Hour)) {
		t.Errorf("missed anew since %s", at)
	}
	if at := b.Miss("i-nobody", noon); !at.Equal(noon) {
		t.Errorf("nobody is missed since %s", at)
	}
}
