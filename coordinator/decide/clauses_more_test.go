package decide

import (
	"strings"
	"testing"
	"time"

	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/ledger"
)

func TestWhatIsOfAnOldTemplate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		world func(*World)
		want  bool
	}{
		{"the template is the same", func(w *World) { w.Template.Hash = "h1" }, false},
		{"it changed", func(*World) {}, true},
		{"it was not read", func(w *World) { w.Template.Hash = "" }, false},
		{"it is a copy of an older one", func(w *World) { w.Template.CopyOf = noon.Add(-time.Hour) }, false},
		{"AWS takes the victim", func(w *World) { w.doom("i-oda", time.Second) }, false},
		{"it is no member", func(w *World) { w.at("i-s").Member = false }, false},
		{"it is to go itself", func(w *World) { w.keep(func(k *books.Stored) { k.Pairs[0].Victim = "i-s" }) }, false},
		{"another debt retires it", func(w *World) { w.add(attached("i-t", "b")); w.owes("i-t", "i-s", "b", books.Attached, time.Minute) }, false},
	} {
		r, d := pairOf(true, func(w *World) {
			w.Template.Hash = "h2"
			w.keep(func(k *books.Stored) { k.Pairs[0].Victim = "i-oda" })
			c.world(w)
		})
		if got := r.outdated(d); got != c.want {
			t.Errorf("%s: %t", c.name, got)
		}
	}
	r, _ := pairOf(true, func(w *World) {
		w.Template.Hash = "h2"
		w.keep(func(k *books.Stored) {
			k.Pairs[0].Victim, k.Pairs[0].Phase, k.Pairs[0].Since = "i-oda", books.Paying, noon.Add(-time.Second)
		})
	})
	if r.seeVictims(); r.b.Debts()[0].Victim != "i-oda" {
		t.Error("its payment may have been made, and another is retired for it")
	}
}

func TestWhoseAttachIsNeededAfterAll(t *testing.T) {
	t.Parallel()
	lack := func(w *World) { w.at("i-odb").Healthy = false }
	for _, c := range []struct {
		name  string
		world func(*World)
		want  bool
	}{
		{"the others are enough", func(*World) {}, false},
		{"they are not", lack, true},
		{"they are not, and its application is not up", func(w *World) { lack(w); w.at("i-s").Launched = noon.Add(-time.Second) }, false},
		{"they are not, and it does not serve", func(w *World) { lack(w); w.at("i-s").Healthy = false }, false},
		{"they are not, and AWS takes it", func(w *World) { lack(w); w.doom("i-s", time.Second) }, false},
		{"AWS takes its victim", func(w *World) {
			w.keep(func(k *books.Stored) { k.Pairs[0].Victim = "i-oda" })
			w.doom("i-oda", time.Second)
		}, true},
		{"AWS takes both", func(w *World) {
			w.keep(func(k *books.Stored) { k.Pairs[0].Victim = "i-oda" })
			w.doom("i-oda", time.Second)
			w.doom("i-s", time.Second)
		}, false},
	} {
		r, d := pairOf(true, func(w *World) {
			w.keep(func(k *books.Stored) { k.Pairs[0].Phase, k.Desired0 = books.Undoing, 3 })
			c.world(w)
		})
		d, _ = r.b.Debt(d.Name())
		if got := r.needed(d); got != c.want {
			t.Errorf("%s: %t", c.name, got)
		}
	}
}

func TestWhenAnUndoHoldsUpPayments(t *testing.T) {
	t.Parallel()
	outside := func(w *World) { s := w.at("i-s"); s.Member, s.Listed, s.Lifecycle = false, false, "" }
	for _, c := range []struct {
		name  string
		phase books.Phase
		world func(*World)
		want  bool
	}{
		{"nothing is undone", books.Attached, func(w *World) { w.keep(func(k *books.Stored) { k.Pairs[0].Asked = noon.Add(-time.Second) }) }, false},
		{"it is to be asked for", books.Undoing, func(*World) {}, false},
		{"it was asked for just now", books.Undoing, func(w *World) { w.keep(func(k *books.Stored) { k.Pairs[0].Asked = noon.Add(-59 * time.Second) }) }, true},
		{"it was asked for a minute ago", books.Undoing, func(w *World) { w.keep(func(k *books.Stored) { k.Pairs[0].Asked = noon.Add(-time.Minute) }) }, false},
		{"whether its attach took effect may show yet", books.Undoing, func(w *World) {
			outside(w)
			w.keep(func(k *books.Stored) { k.Pairs[0].Since = noon.Add(-59 * time.Second) })
		}, true},
		{"its attach took effect", books.Undoing, func(w *World) { w.keep(func(k *books.Stored) { k.Pairs[0].Since = noon.Add(-59 * time.Second) }) }, false},
		{"it would show by now", books.Undoing, outside, false},
		{"its attach was never sent", books.Undoing, func(w *World) {
			outside(w)
			w.keep(func(k *books.Stored) { k.Pairs[0].Since, k.Pairs[0].Sent = noon.Add(-59*time.Second), time.Time{} })
		}, false},
	} {
		r, _ := pairOf(true, func(w *World) { w.keep(func(k *books.Stored) { k.Pairs[0].Phase = c.phase }); c.world(w) })
		if got := r.undoStuck(); got != c.want {
			t.Errorf("%s: %t", c.name, got)
		}
	}
}

func TestWhatForbidsToRetire(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		world func(*World)
		want  string
	}{
		{"nothing", func(*World) {}, ""},
		{"Standby", func(w *World) { w.at("i-oda").Lifecycle = "Standby" }, "in Standby"},
		{"what protects it cannot be read", func(w *World) {
			w.at("i-oda").Unchecked = true
			w.Missing = []Missing{{What: ReadProtection, Class: Prudence}}
		}, "protected from termination"},
		{"it was not asked, and could be", func(w *World) { w.at("i-oda").Unchecked = true }, ""},
		{"what protects others cannot be read", func(w *World) { w.Missing = []Missing{{What: ReadProtection, Class: Prudence}} }, ""},
		{"target health cannot be read", func(w *World) { w.Missing = []Missing{{What: ReadBalancers, Class: Prudence}} }, "target health cannot be read"},
		{"too few serve", func(w *World) { w.at("i-odb").Healthy = false }, "2 in service without it, 3 wanted"},
	} {
		r, d := pairOf(true, func(w *World) { w.keep(func(k *books.Stored) { k.Pairs[0].Victim = "i-oda" }); c.world(w) })
		ok, why := r.mayRetire(r.v.Get("i-oda"), d, r.tally())
		if ok != (c.want == "") || !strings.Contains(why, c.want) {
			t.Errorf("%s: %t %q", c.name, ok, why)
		}
	}
}

func TestSmallQuestions(t *testing.T) {
	t.Parallel()
	r, d := pairOf(false, func(w *World) { w.tagged(map[string]string{"autospotting:keep-on-demand": "4"}) })
	if got := r.breaksFloor(d, r.v.Get("i-oda")); got != "" {
		t.Errorf("an on-demand replacement pays for itself: %q", got)
	}
	w := web()
	w.add(attached("i-s", "a"))
	stranger := attached("i-x", "b")
	stranger.Ours = false
	w.add(stranger)
	if r := newRun(w); len(r.live(true)) != 1 || len(r.live(false)) != 3 {
		t.Errorf("spot of ours %v, on-demand %v", r.live(true), r.live(false))
	}
	w = web()
	w.Group.Grace = 2 * time.Minute
	w.add(attached("i-s", "a"))
	w.at("i-s").Launched, w.at("i-oda").Launched = noon.Add(-3*time.Minute), noon.Add(-3*time.Minute)
	if r := newRun(w); !r.up(r.v.Get("i-oda")) || r.up(r.v.Get("i-s")) {
		t.Error("the group's own grace is for what it launched itself")
	}
	w = web()
	w.Record.Proving = map[string]time.Time{"i-oda": noon}
	w.at("i-oda").Lifecycle = "Terminating"
	if !Vanished(w) {
		t.Error("who is on its way out has not left")
	}
	w = web()
	w.intends(ledger.Swap, "i-late", "i-oda", "a", time.Second)
	r = newRun(w)
	if r.follow(); !strings.Contains(r.waitsFor, "was launched, and is to be described") {
		t.Errorf("waits for %q", r.waitsFor)
	}
	w = web()
	gone := ours("i-u", "a")
	gone.Ours, gone.Unproven, gone.State = false, true, "terminated"
	w.add(gone)
	if r := newRun(w); len(r.unproven()) != 0 {
		t.Error("what has ended is unproven")
	}
	w.at("i-u").State, w.at("i-u").Unasked = "running", true
	r = newRun(w)
	if r.proveNone(); len(r.plan.Why) != 1 {
		t.Errorf("said %v", r.plan.Why)
	}
}

func TestABringBackIsRefittedAmongSpot(t *testing.T) {
	t.Parallel()
	w := web()
	w.allSpot()
	s := ours("i-s", "a")
	s.Spot = false
	w.add(s)
	w.intends(ledger.Return, "i-s", "i-odb", "a", 10*time.Minute)
	w.Record.Intents[0].Launch.Spot = false
	w.intends(ledger.Return, "i-t", "i-odc", "c", time.Minute)
	w.says("i-s", true, true)
	r := newRun(w)
	it := &r.rec.Intents[0]
	if !r.refitted(it, r.v.Get("i-s")) || it.Victim != "i-oda" || r.rec.Intents[1].Victim != "i-odc" {
		t.Errorf("stands for %s, the other for %s", it.Victim, r.rec.Intents[1].Victim)
	}
}
