package decide

import (
	"strings"
	"testing"
	"time"

	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/ledger"
)

func TestAnAttachThatFailedLaterIsNoDebt(t *testing.T) {
	t.Parallel()
	fell := Activity{Kind: Attach, Instance: "i-s", Failed: true, At: noon.Add(-time.Minute)}
	for _, c := range []struct {
		name  string
		world func(*World)
		open  bool
	}{
		{"it is no member", func(w *World) { s := w.at("i-s"); s.Member, s.Listed = false, false }, false},
		{"it is a member all the same", func(*World) {}, true},
		{"it is still to be attached", func(w *World) {
			s := w.at("i-s")
			s.Member, s.Listed = false, false
			w.keep(func(k *books.Stored) { k.Pairs[0].Phase = books.Attaching })
		}, true},
	} {
		r, _ := pairOf(true, func(w *World) { w.Activities = []Activity{fell}; c.world(w) })
		r.seeAttached()
		if got := r.b.Any(); got != c.open {
			t.Errorf("%s: open %t", c.name, got)
		}
	}
	r, _ := pairOf(true, func(w *World) {
		s := w.at("i-s")
		s.Member, s.Listed = false, false
		w.Activities = []Activity{fell}
		w.add(attached("i-t", "b"))
		w.owes("i-t", "i-odb", "b", books.Attached, 2*time.Minute)
		w.Group.Desired = 3
		w.keep(func(k *books.Stored) {
			k.Desired0, k.Doubt = 2, books.StoredDoubt{More: -1, Since: noon.Add(-time.Second)}
		})
	})
	if r.seeAttached(); r.b.Doubted() || len(r.b.Debts()) != 1 {
		t.Error("desired was set back with it, and is in doubt still")
	}
}

func TestWhoIsTakenBackWithOurOne(t *testing.T) {
	t.Parallel()
	took := Activity{Kind: GroupTook, Instance: "i-s", At: noon.Add(-time.Minute)}
	for _, c := range []struct {
		name  string
		world func(*World)
		open  int
	}{
		{"scale-in took both", func(*World) {}, 0},
		{"desired is what is due", func(w *World) { w.Group.Desired = 4 }, 1},
		{"nobody told why it left", func(w *World) { w.Activities = nil }, 1},
		{"it serves", func(w *World) { *w.at("i-s") = attached("i-s", "a") }, 1},
		{"a payment may be why desired is lower", func(w *World) { w.keep(func(k *books.Stored) { k.Pairs[0].Phase = books.Paying }) }, 1},
		{"it was retired for another debt", func(w *World) {
			w.add(attached("i-t", "b"))
			w.owes("i-t", "i-s", "b", books.Attached, time.Minute)
			w.keep(func(k *books.Stored) { k.Desired0 = 3 })
		}, 2},
		{"the activities cannot be read", func(w *World) { w.Unread = true }, 1},
	} {
		r, _ := pairOf(true, func(w *World) {
			w.Group.Desired = 3
			w.at("i-s").Lifecycle = "Terminating"
			w.Activities = []Activity{took}
			c.world(w)
		})
		r.takenBack()
		if got := len(r.b.Debts()); got != c.open {
			t.Errorf("%s: %d open", c.name, got)
		}
	}
}

func TestWhatUndoesAnAttach(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		world func(*World)
		want  string // asked, waits or given up
	}{
		{"it is a member, and desired holds it", func(*World) {}, "asked"},
		{"desired is its base again", func(w *World) { w.Group.Desired = 3 }, "given up"},
		{"desired was named since", func(w *World) { w.Activities = []Activity{{Kind: Resize, At: noon.Add(-time.Minute)}} }, "given up"},
		{"named, and it is no member as far as anybody sees", func(w *World) {
			s := w.at("i-s")
			s.Member, s.Listed = false, false
			w.Activities = []Activity{{Kind: Resize, At: noon.Add(-time.Minute)}}
		}, "asked"},
		{"desired may be what it was before another attach", func(w *World) {
			t := attached("i-t", "b")
			t.Listed, t.Member = false, false
			w.add(t)
			w.owes("i-t", "i-odb", "b", books.Attached, time.Second)
			w.keep(func(k *books.Stored) { k.Desired0 = 3 })
		}, "waits"},
		{"it is on its way out", func(w *World) { w.at("i-s").Lifecycle = "Terminating" }, "waits"},
		{"the activities cannot be read", func(w *World) { w.Unread = true }, "waits"},
		{"what is unread does not matter of one that is no member", func(w *World) { s := w.at("i-s"); s.Member, s.Listed = false, false; w.Unread = true }, "asked"},
		{"it may still show as a member", func(w *World) {
			s := w.at("i-s")
			s.Member, s.Listed = false, false
			w.keep(func(k *books.Stored) { k.Pairs[0].Since = noon.Add(-59 * time.Second) })
		}, "waits"},
		{"it was never sent", func(w *World) {
			s := w.at("i-s")
			s.Member, s.Listed = false, false
			w.keep(func(k *books.Stored) { k.Pairs[0].Since, k.Pairs[0].Sent = noon.Add(-59*time.Second), time.Time{} })
		}, "asked"},
		{"two are undone, and desired holds both", func(w *World) {
			w.add(attached("i-t", "b"))
			w.Group.Desired = 5
			w.owes("i-t", "i-odb", "b", books.Undoing, 2*time.Minute)
			w.keep(func(k *books.Stored) { k.Desired0 = 3 })
		}, "asked"},
		{"two are undone, of which one is no member", func(w *World) {
			w.add(ours("i-t", "b"))
			w.owes("i-t", "i-odb", "b", books.Undoing, 2*time.Minute)
			w.keep(func(k *books.Stored) { k.Desired0 = 3 })
		}, "asked"},
		{"two are undone, of which one is on its way out", func(w *World) {
			x := attached("i-t", "b")
			x.Lifecycle = "Terminating"
			w.add(x)
			w.owes("i-t", "i-odb", "b", books.Undoing, 2*time.Minute)
			w.keep(func(k *books.Stored) { k.Desired0 = 3 })
		}, "asked"},
	} {
		r, d := pairOf(true, func(w *World) {
			w.keep(func(k *books.Stored) { k.Pairs[0].Phase, k.Desired0 = books.Undoing, 3 })
			c.world(w)
		})
		d, _ = r.b.Debt(d.Name())
		r.undo(d)
		got := "waits"
		if _, open := r.b.Debt("i-s"); len(r.plan.Actions) > 0 {
			got = "asked"
		} else if !open {
			got = "given up"
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s (%v)", c.name, got, c.want, r.plan.Why)
		}
	}
}

func TestWhatOfTheBudgetIsOpen(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		world func(*World)
		spent bool
	}{
		{"nothing failed, and many have yet to last", func(w *World) { w.Record.Proving = map[string]time.Time{"i-1": noon, "i-2": noon} }, false},
		{"one failed, and one may", func(w *World) { w.Record.Sick = []time.Time{noon} }, true},
		{"one failed in a row, and none within the hour", func(w *World) { w.Record.Ailing = 1 }, false},
		{"one failed in a row, and one has yet to last", func(w *World) { w.Record.Ailing, w.Record.Proving = 1, map[string]time.Time{"i-1": noon} }, true},
		{"one failed in a row, and a spot instance boots", func(w *World) { w.Record.Ailing = 1; w.intends(ledger.Swap, "i-1", "i-oda", "a", time.Minute) }, true},
		{"on-demand boots", func(w *World) {
			w.Record.Ailing = 1
			w.intends(ledger.Return, "i-1", "i-oda", "a", time.Minute)
			w.Record.Intents[0].Launch.Spot = false
		}, false},
		{"what is given up boots", func(w *World) {
			w.Record.Ailing = 1
			w.intends(ledger.Swap, "i-1", "i-oda", "a", time.Minute)
			w.Record.Intents[0].Abandoned = "why"
		}, false},
		{"spot is about to be attached", func(w *World) { w.Record.Ailing = 1; w.owes("i-1", "i-oda", "a", books.Attaching, time.Minute) }, true},
		{"on-demand is about to be attached", func(w *World) {
			w.Record.Ailing = 1
			w.owes("i-1", "i-oda", "a", books.Attaching, time.Minute)
			w.keep(func(k *books.Stored) { k.Pairs[0].Intent.Launch.Spot = false })
		}, false},
		{"what is attached is counted with those that have yet to last", func(w *World) { w.Record.Ailing = 1; w.owes("i-1", "i-oda", "a", books.Attached, time.Minute) }, false},
	} {
		w := web()
		c.world(&w)
		if got := newRun(w).spent() != ""; got != c.spent {
			t.Errorf("%s: %t", c.name, got)
		}
	}
}

func TestUntilWhenARequestIsSentAgain(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		world func(*World)
		want  time.Duration // after it was decided
	}{
		{"for nobody with a notice", func(*World) {}, resendFor},
		{"as long as the notice lasts", func(w *World) { w.doom("i-oda", 0) }, noticeLead},
		{"a notice that ends sooner is no limit", func(w *World) { w.doom("i-oda", 100*time.Second) }, resendFor},
		{"one that was let go", func(w *World) {
			w.doom("i-oda", 0)
			n := w.Record.Notices["i-oda"]
			n.Released = noon
			w.Record.Notices["i-oda"] = n
		}, resendFor},
		{"one that has left", func(w *World) { w.doom("i-oda", 0); w.at("i-oda").Lifecycle = "Terminating" }, resendFor},
		{"never for longer than the token is surely good for", func(w *World) {
			w.doom("i-oda", 0)
			n := w.Record.Notices["i-oda"]
			n.Deadline = noon.Add(time.Hour)
			w.Record.Notices["i-oda"] = n
		}, resendAtMost},
	} {
		w := web()
		w.intends(ledger.Replace, "", "i-oda", "a", 0)
		c.world(&w)
		r := newRun(w)
		if got := r.resendUntil(&r.rec.Intents[0]).Sub(noon); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

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

func TestSinceWhenActivitiesAreAskedWhyReplacementsLeft(t *testing.T) {
	t.Parallel()
	w := web()
	w.Record.Proving = map[string]time.Time{"i-gone": noon.Add(-time.Minute), "i-lost": noon.Add(-time.Hour), "i-oda": noon.Add(-2 * time.Hour), "i-noticed": noon.Add(-3 * time.Hour)}
	w.doom("i-noticed", time.Minute)
	if since, gone := LastProof(w); !gone || !since.Equal(noon.Add(-time.Hour)) {
		t.Errorf("since %s, %t", since, gone)
	}
	w.Record.Proving = map[string]time.Time{"i-oda": noon, "i-noticed": noon}
	if _, gone := LastProof(w); gone {
		t.Error("who serves, or has a notice, needs no explanation")
	}
}
