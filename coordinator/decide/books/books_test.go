package books

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)

func spot(id string) Replacement {
	return Replacement{Instance: id, Type: "m5a.large", Zone: "a", Nonce: "n-" + id, SourceHash: "h1", Spot: true, Purpose: Swap, Victim: "i-od", At: noon.Add(-time.Minute)}
}

// opened is books with a debt for i-s in that phase, on a group that wants three.
func opened(phase Phase) Books {
	var b Books
	b.Open(spot("i-s"), "i-od", 3, noon)
	path := map[Phase][]Event{Attached: {AttachSent, AttachAnswered}, Paying: {AttachSent, AttachAnswered, PaymentSent}, Undoing: {AttachSent, AttachRefused}}
	for _, e := range path[phase] {
		if _, ok := b.On("i-s", e, noon); !ok {
			panic(e)
		}
	}
	return b
}

var (
	phases = []Phase{Attaching, Attached, Paying, Undoing}
	events = []Event{AttachSent, AttachAnswered, AttachNotMade, AttachUnclear, AttachRefused, SeenAttached, AttachTimedOut, NotServed, DiedBefore, AttachFailed,
		PaymentSent, PaymentDone, PaymentNotMade, AtMinimum, SeenPaid, TakenBack, Retargeted, GivenUp, UndoSent, UndoDone, UndoNotMade, NoMember, ""}
)

func TestABaseIsTakenFromTheFirstDebtAlone(t *testing.T) {
	t.Parallel()
	b := opened(Attached)
	b.Read(9, false, noon)
	b.Open(spot("i-2"), "i-od2", 9, noon)
	if b.Base() != 3 || b.Due() != 4 || !b.Doubted() {
		t.Errorf("base %d, due %d, doubted %t", b.Base(), b.Due(), b.Doubted())
	}
	b = Edited(func(k *Stored) { k.Desired0, k.Doubt = 7, StoredDoubt{More: 1, Since: noon} })
	b.Open(spot("i-1"), "i-od", 3, noon)
	if b.Base() != 3 || b.Doubted() {
		t.Errorf("base %d, doubted %t", b.Base(), b.Doubted())
	}
}

func TestWhoIsReplacedAndWhoIsRetired(t *testing.T) {
	t.Parallel()
	b := opened(Attaching)
	if !b.Replacing("i-s") || b.Replacing("i-od") || b.Replacing("") || !b.Retiring("i-od") || b.Retiring("i-s") || b.Retiring("") {
		t.Error("i-s replaces i-od, and nobody else anybody")
	}
	b.OpenOverMax("i-many", 5, "", noon)
	b.Open(spot("i-wait"), "", 5, noon)
	if b.Replacing("") || b.Retiring("") {
		t.Error("a debt without a replacement, or without a victim, is about nobody")
	}
	if d, ok := b.Debt("i-nobody"); ok || d.Name() != "" {
		t.Error("a debt is found that there is not")
	}
	for p, gradual := range map[Purpose]bool{Swap: true, Return: true, Replace: false, Fill: false} {
		if p.Gradual() != gradual {
			t.Errorf("%s is gradual: %t", p, !gradual)
		}
	}
	for _, p := range phases {
		b := opened(p)
		if got, want := b.Attaching(), p == Attaching || p == Undoing; got != want {
			t.Errorf("%s: attaching %t", p, got)
		}
		if got, want := b.MaybeAttached(), p == Undoing; got != want {
			t.Errorf("%s: maybe attached %t", p, got)
		}
		if got, want := b.Owed(), map[Phase]int{Attached: 1, Paying: 1}[p]; got != want {
			t.Errorf("%s: owed %d", p, got)
		}
	}
	b.On("i-s", AttachSent, noon)
	if !b.MaybeAttached() {
		t.Error("an attach that was sent may have worked")
	}
	if _, ok := b.On("i-nobody", AttachSent, noon); ok {
		t.Error("a debt that there is not was changed")
	}
}

// three debts: two owed, one of them sent later, and one that is still being attached.
func three() Books {
	b := opened(Attached)
	for _, id := range []string{"i-2", "i-3"} {
		b.Open(spot(id), "i-od"+id, 4, noon)
	}
	b.On("i-2", AttachSent, noon.Add(time.Minute))
	b.On("i-2", AttachAnswered, noon.Add(time.Minute))
	return b
}

func names(list []Debt) string {
	var out []string
	for _, d := range list {
		out = append(out, d.Name())
	}
	return fmt.Sprint(out)
}

func TestWhatIsVoidStaysInDesired(t *testing.T) {
	t.Parallel()
	b := three()
	void := b.Void(func(d Debt) bool { return !d.Sent.After(noon) })
	if names(void) != "[i-s]" || names(b.Debts()) != "[i-2 i-3]" || b.Due() != 5 || b.Base() != 4 {
		t.Errorf("void %s, open %s, due %d, base %d", names(void), names(b.Debts()), b.Due(), b.Base())
	}
	b = three()
	b.Read(9, false, noon)
	if void := b.Void(func(Debt) bool { return true }); names(void) != "[i-s i-2]" || names(b.Debts()) != "[i-3]" || b.Due() != 5 || !b.Doubted() {
		t.Errorf("void %s, open %s, due %d", names(void), names(b.Debts()), b.Due())
	}
	b.On("i-3", DiedBefore, noon)
	if b.Doubted() {
		t.Error("a doubt outlives the last debt")
	}
	b.Rebase(8)
	if b.Base() != 8 {
		t.Errorf("base %d", b.Base())
	}
}

func TestAMinimumVoidsTheYoungestDebts(t *testing.T) {
	t.Parallel()
	for least, want := range map[int]string{0: "[]", 3: "[]", 4: "[i-2]", 5: "[i-2 i-s]", 99: "[i-2 i-s]"} {
		b := three()
		if void := b.Raise(least); names(void) != want || b.Due() != 5 || len(b.Debts()) != 3-len(void) {
			t.Errorf("minimum %d: void %s, want %s; due %d", least, names(void), want, b.Due())
		}
	}
}

func TestDesiredSetBackPaysWhatIsOwed(t *testing.T) {
	t.Parallel()
	b := three()
	b.SetBack()
	if names(b.Debts()) != "[i-3]" || b.Due() != 3 {
		t.Errorf("open %s, due %d", names(b.Debts()), b.Due())
	}
}

func TestDebtsAndClonesShareNothing(t *testing.T) {
	t.Parallel()
	b := three()
	b.Borrow(3, 5, noon)
	c := b.Clone()
	c.Debts()[0].Victim = "i-changed"
	c.Lease().Tried[0] = 77
	b.Lease().Tried[0] = 78
	c.Retarget("i-s", "i-x")
	c.On("i-2", SeenPaid, noon)
	c.Borrow(3, 6, noon)
	d, _ := b.Debt("i-s")
	if d.Victim != "i-od" || len(b.Debts()) != 3 || b.Lease().Leased != 5 || b.Lease().Tried[0] != 5 {
		t.Errorf("%+v %s %+v", d, names(b.Debts()), b.Lease())
	}
}

// TestWhateverBefallsTheBooksTheyAddUp lets events at random befall a few debts, and keeps desired apart, as AWS does.
func TestWhateverBefallsTheBooksTheyAddUp(t *testing.T) {
	t.Parallel()
	for seed := range uint64(2000) {
		rng := rand.New(rand.NewPCG(seed, 1))
		var b Books
		desired, now := 5, noon
		for n := range 60 {
			now = now.Add(time.Duration(rng.IntN(40)) * time.Second)
			if rng.IntN(6) == 0 {
				b.Open(spot(fmt.Sprintf("i-%d", n)), fmt.Sprintf("i-od%d", n), desired, now)
			}
			for _, d := range b.Debts() {
				e := events[rng.IntN(len(events))]
				to, ok := Next(d.Phase, e)
				if d.Phase == Undoing && to == Undone {
					continue // whether it was in, and so whether desired falls, only AWS knows
				}
				if !d.Owed() && to == Attached {
					desired++
				}
				if ok && (to == Paid || to == Dropped && d.Owed()) {
					desired--
				}
				b.On(d.Name(), e, now)
			}
			if b.Any() && b.Due() != desired {
				t.Fatalf("seed %d: due %d, desired %d after %d steps", seed, b.Due(), desired, n)
			}
		}
	}
}

func TestWhoReplacesAReplacementStandsForItsVictim(t *testing.T) {
	t.Parallel()
	attach := func(b *Books, id, victim string, p Purpose, after time.Duration) {
		r := spot(id)
		r.Purpose = p
		b.Open(r, victim, 3, noon.Add(after))
		b.On(id, AttachSent, noon.Add(after))
		b.On(id, AttachAnswered, noon.Add(after))
	}
	for _, c := range []struct {
		name string
		then func(*Books)
		want string
	}{
		{"its payment is answered", func(b *Books) { b.On("i-2", PaymentDone, noon) }, "i-2 for i-od attached swap since 5m0s, due 4"},
		{"its payment is seen", func(b *Books) { b.On("i-2", SeenPaid, noon) }, "i-2 for i-od attached swap since 5m0s, due 4"},
		{"it left, and desired was lowered with it", func(b *Books) {
			b.On("i-2", PaymentNotMade, noon)
			b.On("i-2", TakenBack, noon)
		}, "i-s for i-od attached swap since 0s, due 4"},
		{"its payment is not made", func(b *Books) { b.On("i-2", PaymentNotMade, noon) }, "i-s for i-od attached swap since 0s, due 5"},
		{"its debt is given up", func(b *Books) { b.On("i-2", GivenUp, noon) }, "i-s for i-od attached swap since 0s, due 5"},
		{"the first is paid already", func(b *Books) { b.On("i-s", PaymentDone, noon); b.On("i-2", PaymentDone, noon) }, "none, due 3"},
		{"the first payment was not made since", func(b *Books) {
			b.On("i-s", PaymentSent, noon.Add(6*time.Minute))
			b.On("i-s", PaymentNotMade, noon.Add(7*time.Minute))
			b.On("i-2", PaymentDone, noon)
		}, "i-2 for i-od attached swap since 7m0s, due 4"},
		{"the first payment is under way since before", func(b *Books) { b.On("i-s", PaymentSent, noon.Add(4*time.Minute)); b.On("i-2", PaymentDone, noon) }, "i-2 for i-od paying swap since 4m0s, due 4"},
		{"the first attach is to be undone", func(b *Books) {
			b.Edit(func(k *Stored) { k.Pairs[0].Phase = Undoing })
			b.On("i-2", PaymentDone, noon)
		}, "i-s for i-od undoing swap since 0s, due 3"},
		{"it is retired since desired is above MaxSize", func(b *Books) {
			b.On("i-2", GivenUp, noon)
			b.OpenOverMax("i-s", 5, "", noon)
			b.On("over-max i-s", PaymentSent, noon)
			b.On("over-max i-s", PaymentDone, noon)
		}, "i-s for i-od attached swap since 0s, due 4"},
		{"the first payment is under way", func(b *Books) { b.On("i-s", PaymentSent, noon.Add(6*time.Minute)); b.On("i-2", PaymentDone, noon) }, "i-2 for i-od paying swap since 6m0s, due 4"},
	} {
		var b Books
		attach(&b, "i-s", "i-od", Swap, 0)
		if c.name == "the first is paid already" {
			b.On("i-s", PaymentSent, noon)
		}
		attach(&b, "i-2", "i-s", Replace, 5*time.Minute)
		b.On("i-2", PaymentSent, noon.Add(6*time.Minute))
		c.then(&b)
		got := "none"
		if d := b.Debts(); len(d) > 0 {
			got = fmt.Sprintf("%s for %s %s %s since %s", d[0].Replacement.Instance, d[0].Victim, d[0].Phase, d[0].Replacement.Purpose, d[0].Since.Sub(noon))
		}
		if got += fmt.Sprintf(", due %d", b.Due()); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestARefusedAttachWasNotMadeIfItWasSentOnce(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		sent []time.Duration
		want time.Time
	}{
		{"once", []time.Duration{0}, time.Time{}},
		{"twice", []time.Duration{0, time.Second}, noon},
	} {
		b := opened(Attaching)
		for _, after := range c.sent {
			b.On("i-s", AttachSent, noon.Add(after))
		}
		d, _ := b.On("i-s", AttachRefused, noon.Add(time.Minute))
		if d.Phase != Undoing || !d.Sent.Equal(c.want) || !d.Since.Equal(noon.Add(time.Minute)) {
			t.Errorf("%s: %+v", c.name, d)
		}
	}
}
