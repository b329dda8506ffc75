package decide

import (
	"strings"
	"testing"
	"time"

	"autospotting/coordinator/decide/books"
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

func TestWhatAnUndoWaitsFor(t *testing.T) {
	t.Parallel()
	r, d := pairOf(true, func(w *World) {
		w.keep(func(k *books.Stored) { k.Pairs[0].Phase, k.Desired0 = books.Undoing, 3 })
		w.at("i-s").Lifecycle = "Terminating:Wait"
	})
	d, _ = r.b.Debt(d.Name())
	if r.undo(d); !strings.Contains(r.waitsFor, "on its way out") || r.plan.Look.IsZero() {
		t.Errorf("waits for %q", r.waitsFor)
	}
}
