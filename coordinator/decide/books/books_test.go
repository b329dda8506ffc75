package books

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
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
	events = []Event{AttachSent, AttachAnswered, AttachNotMade, AttachUnclear, AttachRefused, SeenAttached, AttachTimedOut, NotServed, DiedBefore,
		PaymentSent, PaymentDone, PaymentNotMade, AtMinimum, SeenPaid, Retargeted, GivenUp, UndoSent, UndoDone, UndoNotMade, NoMember, ""}
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
			case p == Attaching && to == Attached:
				want++
			case owed == 1 && (to == Paid || to == Undone):
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

// look is one read of desired.
type look struct {
	after time.Duration
	read  int
	old   bool
	want  Verdict
	state DoubtState
}

func TestDesiredIsBelievedWhenItWasReadForLongEnough(t *testing.T) {
	t.Parallel()
	for name, looks := range map[string][]look{
		"what is due needs no second look": {{0, 4, false, Explained, NoDoubt}, {time.Hour, 4, true, Explained, NoDoubt}},
		"another number is believed after half a minute": {{0, 5, false, Wait, Off}, {29 * time.Second, 5, false, Wait, Off},
			{time.Second, 5, false, Departed, Off}},
		"another number yet begins anew":                    {{0, 5, false, Wait, Off}, {20 * time.Second, 6, false, Wait, Off}, {20 * time.Second, 6, false, Wait, Off}, {10 * time.Second, 6, false, Departed, Off}},
		"due again after it was off":                        {{0, 3, false, Wait, Off}, {40 * time.Second, 4, false, Wait, Back}, {29 * time.Second, 4, false, Wait, Back}, {time.Second, 4, true, Returned, Back}},
		"off again after it was back":                       {{0, 3, false, Wait, Off}, {time.Second, 4, false, Wait, Back}, {40 * time.Second, 3, false, Wait, Off}, {30 * time.Second, 3, false, Departed, Off}},
		"due again after an old read":                       {{0, 3, true, Wait, MaybeOld}, {time.Second, 4, false, Wait, Calm}, {29 * time.Second, 4, false, Wait, Calm}, {time.Second, 4, false, Explained, NoDoubt}},
		"off after an old read":                             {{0, 3, true, Wait, MaybeOld}, {time.Second, 4, false, Wait, Calm}, {time.Minute, 5, false, Wait, Off}},
		"old reads end: it is off, since the first of them": {{0, 3, true, Wait, MaybeOld}, {20 * time.Second, 3, false, Wait, Off}, {10 * time.Second, 3, true, Departed, Off}},
		"old reads without end are believed":                {{0, 3, true, Wait, MaybeOld}, {30 * time.Second, 3, true, Departed, MaybeOld}},
		"off, then an old read of the same":                 {{0, 3, false, Wait, Off}, {time.Second, 3, true, Wait, Off}, {time.Second, 4, false, Wait, Back}},
	} {
		b, now := opened(Attached), noon
		for n, l := range looks {
			now = now.Add(l.after)
			if got := b.Read(l.read, l.old, now); got != l.want || b.Doubt().State != l.state || b.Doubted() != (l.state != NoDoubt) {
				t.Errorf("%s, look %d: %s in %q, want %s in %q", name, n, got, b.Doubt().State, l.want, l.state)
			}
		}
	}
}

func TestADoubtIsAboutADifference(t *testing.T) {
	t.Parallel()
	b := opened(Attached)
	b.Read(6, false, noon)
	if d := b.Doubt(); d.More != 2 || !d.Since.Equal(noon) || !d.Believed().Equal(noon.Add(30*time.Second)) {
		t.Errorf("%+v", d)
	}
	b.Open(spot("i-2"), "i-x", 6, noon)
	b.On("i-2", AttachAnswered, noon) // ours: it changes desired and what is due alike
	if v := b.Read(7, false, noon.Add(30*time.Second)); v != Departed {
		t.Errorf("after our own attach it is %s", v)
	}
	b.Trust()
	if b.Doubted() {
		t.Error("trusted and in doubt")
	}
	b = Books{}
	if v := b.Read(6, false, noon); v != Explained || b.Doubted() {
		t.Errorf("with no debt desired is %s", v)
	}
	b = opened(Attaching)
	if v := b.Read(9, false, noon); v != Wait {
		t.Errorf("while an attach may be under way desired is %s", v)
	}
}

func TestALease(t *testing.T) {
	t.Parallel()
	var b Books
	if b.RaiseAnswered(noon); b.Lease().State != NoLease {
		t.Error("an answer makes a lease")
	}
	if b.RestoreAnswered(noon); b.Lease().State != NoLease || b.Lease().Open() {
		t.Error("an answer makes a lease")
	}
	b.Borrow(3, 4, noon)
	if l := b.Lease(); l.State != Asked || !l.Open() || l.Owner != 3 || l.Leased != 4 || !l.Ours(4) || l.Ours(3) || !l.Since.Equal(noon) || !l.At.Equal(noon) {
		t.Errorf("asked: %+v", l)
	}
	b.RaiseAnswered(noon.Add(time.Second))
	if l := b.Lease(); l.State != Raised || !l.Open() || !l.At.Equal(noon.Add(time.Second)) {
		t.Errorf("raised: %+v", l)
	}
	b.Borrow(3, 6, noon.Add(time.Minute))
	b.Borrow(3, 6, noon.Add(time.Minute))
	if l := b.Lease(); l.State != Asked || fmt.Sprint(l.Tried) != "[4 6]" || !l.Since.Equal(noon) || !l.At.Equal(noon.Add(time.Minute)) {
		t.Errorf("raised further: %+v", l)
	}
	b.RestoreAnswered(noon.Add(2 * time.Minute))
	if l := b.Lease(); l.State != Restored || l.Open() || !l.At.Equal(noon.Add(2*time.Minute)) {
		t.Errorf("returned: %+v", l)
	}
	again := b.Clone()
	again.Borrow(3, 5, noon.Add(time.Hour))
	if l := again.Lease(); fmt.Sprint(l.Tried) != "[4 6 5]" || !l.Since.Equal(noon.Add(time.Hour)) {
		t.Errorf("raised anew: %+v", l)
	}
	b.Borrow(7, 8, noon.Add(time.Hour))
	if l := b.Lease(); fmt.Sprint(l.Tried) != "[8]" || l.Owner != 7 {
		t.Errorf("against another value of the owner's: %+v", l)
	}
	if b.EndLease(); b.Lease().State != NoLease {
		t.Error("ended and open")
	}
}

// TestWhatTheFirstReleaseWroteIsRead holds the form that is kept to what versions before this one wrote and read.
func TestWhatTheFirstReleaseWroteIsRead(t *testing.T) {
	t.Parallel()
	const old = `{"pairs":[
 {"intent":{"purpose":"swap","victim":"i-od","zone":"a","launch":{"nonce":"n-1","template":"lt-1","template_version":"2","spot":true,"overrides":null,"tags":null,"source_hash":"h1"},"at":"2026-11-02T11:50:00Z","instance":"i-s","type":"m5a.large"},
  "victim":"i-od","phase":"attached","at":"2026-11-02T11:58:00Z","since":"2026-11-02T11:58:01Z","why":"swap","sent":"2026-11-02T11:58:00Z"},
 {"intent":{"purpose":"swap","victim":"i-od2","zone":"b","launch":{"nonce":"n-2","spot":true,"source_hash":"h1"},"at":"2026-11-02T11:50:00Z","instance":"i-2","type":"m5a.large"},"victim":"i-2","phase":"paying","at":"2026-11-02T11:58:00Z","since":"2026-11-02T11:58:01Z","alone":true,"asked":"2026-11-02T11:59:00Z","missed":"2026-11-02T11:59:01Z"},
 {"intent":{"purpose":"fill","victim":"","zone":"b","launch":{"nonce":"n-3"},"at":"2026-11-02T11:50:00Z","instance":"i-3"},"victim":"","phase":"attached","at":"2026-11-02T11:58:00Z","since":"2026-11-02T11:58:01Z"},
 {"intent":{"purpose":"","victim":"","zone":"","launch":{"nonce":""},"at":"0001-01-01T00:00:00Z"},"victim":"i-many","phase":"attached","at":"2026-11-02T11:58:00Z","since":"2026-11-02T11:58:01Z","why":"desired is above the owner's MaxSize"}],
 "desired0":3,"doubt":{"more":2,"since":"2026-11-02T11:59:50Z"},
 "lease":{"owner":3,"leased":5,"tried":[4,5],"raised":true,"at":"2026-11-02T11:58:00Z","since":"2026-11-02T11:57:00Z"}}`
	var s Stored
	if err := json.Unmarshal([]byte(old), &s); err != nil {
		t.Fatal(err)
	}
	b, err := Load(s)
	if err != nil {
		t.Fatal(err)
	}
	var kinds []Kind
	for _, d := range b.Debts() {
		kinds = append(kinds, d.Kind)
	}
	if got, want := fmt.Sprint(kinds), fmt.Sprint([]Kind{Exchange, Reversal, Waiting, OverMax}); got != want {
		t.Errorf("kinds %s, want %s", got, want)
	}
	if b.Base() != 3 || b.Owed() != 4 || b.Doubt().State != Off || b.Doubt().More != 2 || b.Lease().State != Raised {
		t.Errorf("base %d, owed %d, doubt %+v, lease %+v", b.Base(), b.Owed(), b.Doubt(), b.Lease())
	}
	first, err := json.Marshal(b.Store())
	if err != nil {
		t.Fatal(err)
	}
	var again Stored
	if err := json.Unmarshal(first, &again); err != nil {
		t.Fatal(err)
	}
	for n := range again.Pairs {
		again.Pairs[n].Kind = "" // what the first release does not know
	}
	was, _ := json.Marshal(s)
	is, _ := json.Marshal(again)
	if string(was) != string(is) {
		t.Errorf("read and written again it differs:\n%s\n%s", was, is)
	}
}

func TestEveryStateIsKept(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]Stored{
		"off":       {Doubt: StoredDoubt{More: -1, Since: noon}},
		"maybe old": {Doubt: StoredDoubt{More: 1, Since: noon, Old: true}},
		"back":      {Doubt: StoredDoubt{Since: noon, Back: true}},
		"calm":      {Doubt: StoredDoubt{Since: noon}},
		"asked":     {Lease: &StoredLease{Owner: 1, Leased: 2, Tried: []int{2}, At: noon}},
		"raised":    {Lease: &StoredLease{Owner: 1, Leased: 2, Tried: []int{2}, At: noon, Raised: true}},
		"returned":  {Lease: &StoredLease{Owner: 1, Leased: 2, Tried: []int{2}, At: noon, Raised: true, Returned: true}},
		"nothing":   {},
	} {
		b, err := Load(s)
		if err != nil {
			t.Fatal(err)
		}
		was, _ := json.Marshal(s)
		is, _ := json.Marshal(b.Store())
		if string(was) != string(is) {
			t.Errorf("%s: %s became %s", name, was, is)
		}
	}
	for _, p := range append(phases, Paid, Undone, "", "sleeping") {
		_, err := Load(Stored{Pairs: []StoredDebt{{Phase: p}}})
		if known := slices.Contains(phases, p); (err == nil) != known {
			t.Errorf("phase %q: %v", p, err)
		}
	}
}

func TestAnEditThatCannotBeLoadedPanics(t *testing.T) {
	t.Parallel()
	if b := Edited(func(k *Stored) { k.Desired0 = 9 }); b.Base() != 9 {
		t.Errorf("the edit left the base at %d", b.Base())
	}
	defer func() {
		if recover() == nil {
			t.Error("an unknown phase was taken")
		}
	}()
	Edited(func(k *Stored) { k.Pairs = []StoredDebt{{Phase: "sleeping"}} })
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
				if d.Phase == Attaching && to == Attached {
					desired++
				}
				if ok && to == Paid {
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
