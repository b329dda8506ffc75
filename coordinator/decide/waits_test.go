package decide

import (
	"strings"
	"testing"
	"time"

	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/ledger"
)

func TestWhatHoldsAMemberBack(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*World){
		"":                                      func(*World) {},
		"protected from scale-in":               func(w *World) { w.at("i-oda").Protected = true },
		"protected from termination":            func(w *World) { w.at("i-oda").Undeletable = true },
		"taken by AWS":                          func(w *World) { w.doom("i-oda", time.Second) },
		"in a swap already":                     func(w *World) { w.intends(ledger.Swap, "i-s", "i-oda", "a", time.Minute) },
		"not in service":                        func(w *World) { w.at("i-oda").Healthy = false },
		"not asked yet whether it is protected": func(w *World) { w.at("i-oda").Unchecked = true },
	} {
		w := web()
		change(&w)
		r := newRun(w)
		if got := r.whyHeld(r.v.Get("i-oda")); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	w := web()
	w.allSpot()
	w.at("i-oda").Undeletable, w.at("i-oda").Unchecked = true, true
	w.owes("i-odb", "i-x", "b", books.Attached, time.Minute)
	r := newRun(w)
	if a, b := r.whyHeld(r.v.Get("i-oda")), r.whyHeld(r.v.Get("i-odb")); a != "" || b != "in a swap already" {
		t.Errorf("spot: %q, %q", a, b)
	}
}

func TestWhenTheOwnerIsToldWhatIsWaitedFor(t *testing.T) {
	t.Parallel()
	ago := func(d time.Duration) time.Time { return noon.Add(-d) }
	for _, c := range []struct {
		name string
		was  ledger.Waiting
		what string
		told string
	}{
		{"nothing", ledger.Waiting{}, "", ""},
		{"what begins now", ledger.Waiting{}, "a", ""},
		{"nearly long enough", ledger.Waiting{For: "a", Since: ago(tellAfter - time.Second)}, "a", ""},
		{"long enough", ledger.Waiting{For: "a", Since: ago(tellAfter)}, "a", "a"},
		{"another since: what lasts is told", ledger.Waiting{For: "a", Since: ago(tellAfter)}, "b", "b"},
		{"another than was told a while ago", ledger.Waiting{For: "a", Since: ago(time.Hour), Told: "a", ToldAt: ago(tellAfter - time.Second)}, "b", "a"},
		{"another than was told long ago", ledger.Waiting{For: "a", Since: ago(time.Hour), Told: "a", ToldAt: ago(tellAfter)}, "b", "b"},
		{"the same as was told long ago", ledger.Waiting{For: "a", Since: ago(time.Hour), Told: "a", ToldAt: ago(time.Hour)}, "a", "a"},
		{"nothing any more", ledger.Waiting{For: "a", Since: ago(time.Hour), Told: "a", ToldAt: ago(time.Hour)}, "", ""},
	} {
		w := web()
		w.Record.Status.Waiting = c.was
		r := newRun(w)
		r.waitsFor = c.what
		if got := r.waitsLong(); got != c.told || r.rec.Status.Waiting.For != c.what {
			t.Errorf("%s: told %q of %q", c.name, got, r.rec.Status.Waiting.For)
		}
		if c.name == "the same as was told long ago" && !r.rec.Status.Waiting.ToldAt.Equal(c.was.ToldAt) {
			t.Errorf("%s: told again", c.name)
		}
	}
}

func TestWhoIsNotPaidForSaysWhatItWaitsFor(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		world func(*World)
		want  string
	}{
		{"an old read", func(w *World) { w.Record.Retired = map[string]time.Time{"i-oda": noon.Add(-time.Second)} }, "is paid for once a read shows"},
		{"nobody to go yet", func(w *World) { w.keep(func(k *books.Stored) { k.Pairs[0].Victim = "" }) }, "whoever is to go for it is still to come"},
		{"too few in service", func(w *World) {
			w.keep(func(k *books.Stored) { k.Pairs[0].Victim = "i-oda" })
			w.at("i-odb").Healthy = false
		}, "not retired yet"},
	} {
		r, _ := pairOf(true, c.world)
		r.pay()
		if len(r.plan.Actions) > 0 || !strings.Contains(r.waitsFor, c.want) {
			t.Errorf("%s: %q, %v", c.name, r.waitsFor, r.plan.Actions)
		}
	}
}

func TestWhatALoweredDesiredHoldsUp(t *testing.T) {
	t.Parallel()
	w := web()
	w.Group.Desired, w.Group.Max = 4, 3
	w.add(ours("i-s", "a"), ours("i-t", "b"))
	w.owes("i-s", "i-oda", "a", books.Attaching, time.Minute)
	w.owes("i-t", "i-odb", "b", books.Attaching, time.Minute)
	w.keep(func(k *books.Stored) { k.Desired0 = 3 })
	w.Record.Retired = map[string]time.Time{"i-gone": noon.Add(-time.Second)}
	r := newRun(w)
	if n := r.toAttach(); n != 2 {
		t.Errorf("%d to attach", n)
	}
	if r.makeRoom("i-s", 5); len(r.plan.Actions) > 0 || !strings.Contains(r.waitsFor, "was lowered a moment ago") {
		t.Errorf("%v, waits for %q", r.plan.Actions, r.waitsFor)
	}
}

func TestNothingOfOursIsToComeBack(t *testing.T) {
	t.Parallel()
	w := web()
	w.tagged(map[string]string{"autospotting:keep-on-demand": "5"})
	w.Group.Desired = 5
	w.add(member("i-odd", "a"), attached("i-x", "b"))
	w.at("i-x").Ours = false
	r := newRun(w)
	if r.toOnDemand(); strings.Contains(r.waitsFor, "to be on-demand") {
		t.Errorf("waits for %q", r.waitsFor)
	}
	w.at("i-x").Ours, w.at("i-x").Protected = true, true
	r = newRun(w)
	if r.toOnDemand(); !strings.Contains(r.waitsFor, "1 more are to be on-demand") {
		t.Errorf("waits for %q", r.waitsFor)
	}
}

func TestAStrangersSpotIsNeitherOursNorOnDemand(t *testing.T) {
	t.Parallel()
	w := web()
	w.add(attached("i-s", "a"), attached("i-x", "b"))
	w.at("i-x").Ours = false
	if r := newRun(w); len(r.live(true)) != 1 || len(r.live(false)) != 3 {
		t.Errorf("spot of ours %v, on-demand %v", r.live(true), r.live(false))
	}
}

func TestWhatWasLaunchedIsWaitedFor(t *testing.T) {
	t.Parallel()
	w := web()
	w.intends(ledger.Swap, "i-late", "i-oda", "a", time.Second)
	r := newRun(w)
	if r.follow(); !strings.Contains(r.waitsFor, "was launched, and is to be described") {
		t.Errorf("waits for %q", r.waitsFor)
	}
}
