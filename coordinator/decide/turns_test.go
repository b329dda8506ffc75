package decide

import (
	"testing"
	"time"

	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/ledger"
)

// booted is web with a ready replacement i-s in that zone, for that victim.
func booted(zone, victim string, world func(*World)) (*run, *ledger.Intent, Instance) {
	w := web()
	w.add(ours("i-s", zone))
	w.intends(ledger.Swap, "i-s", victim, zone, 10*time.Minute)
	w.says("i-s", true, true)
	world(&w)
	r := newRun(w)
	return r, &r.rec.Intents[0], r.v.Get("i-s")
}

func TestWhoseTurnItIsToBeAttached(t *testing.T) {
	t.Parallel()
	uneven := func(w *World) { w.at("i-odb").Zone = "a" } // two in a, none in b
	for _, c := range []struct {
		name         string
		zone, victim string
		world        func(*World)
		want         bool
	}{
		{"in its victim's zone", "a", "i-oda", func(*World) {}, true},
		{"in another, where its victim leaves a hole", "a", "i-odb", func(*World) {}, false},
		{"where the zones are even afterwards", "b", "i-oda", uneven, true},
		{"where they were apart, and are no further apart", "c", "i-odc", uneven, true},
		{"where they are further apart for a while", "a", "i-oda", uneven, false},
		{"launched for a notice a while ago", "a", "i-oda", func(w *World) {
			uneven(w)
			w.Record.Intents[0].Urgent, w.Record.Intents[0].At = true, noon.Add(-4*time.Minute)
		}, true},
		{"launched for a notice long ago", "a", "i-oda", func(w *World) { uneven(w); w.Record.Intents[0].Urgent = true }, false},
		{"launched a while ago for no notice", "a", "i-oda", func(w *World) { uneven(w); w.Record.Intents[0].At = noon.Add(-4 * time.Minute) }, false},
		{"for a notice", "a", "i-oda", func(w *World) { uneven(w); w.Record.Intents[0].Purpose = ledger.Replace }, true},
		{"beside one that is attached there", "a", "i-oda", func(w *World) {
			w.add(attached("i-t", "a"))
			w.Group.Desired = 4
			w.owes("i-t", "i-odb", "a", books.Attached, time.Minute)
		}, false},
		{"beside one that is attached elsewhere", "a", "i-oda", func(w *World) {
			w.add(attached("i-t", "b"))
			w.Group.Desired = 4
			w.owes("i-t", "i-odb", "b", books.Attached, time.Minute)
		}, true},
		{"beside one that is about to be attached there", "a", "i-oda", func(w *World) { w.add(ours("i-t", "a")); w.owes("i-t", "i-odb", "a", books.Attaching, time.Minute) }, false},
		{"where it is even only until another is paid", "a", "i-oda", func(w *World) { // a 2, b 2, c 2 with i-t, which c loses nobody for
			w.add(member("i-odd", "a"), member("i-ode", "b"), attached("i-t", "c"))
			w.Group.Desired = 6
			w.owes("i-t", "i-odc", "c", books.Attached, time.Minute)
		}, false},
		{"where the zones are apart, beside another", "c", "i-odc", func(w *World) {
			uneven(w)
			w.add(attached("i-t", "b"))
			w.Group.Desired = 4
			w.owes("i-t", "i-oda", "b", books.Attached, time.Minute)
		}, true},
	} {
		r, it, s := booted(c.zone, c.victim, c.world)
		if got := r.hasTurn(it, s); got != c.want {
			t.Errorf("%s: %t", c.name, got)
		}
	}
}

func TestWhoHasNoTurnForLongGoes(t *testing.T) {
	t.Parallel()
	apart := func(w *World) { // three in a
		w.at("i-odb").Zone, w.at("i-odc").Zone = "a", "a"
	}
	for _, c := range []struct {
		name  string
		world func(*World)
		since time.Duration // how long it has waited by now
		goes  bool
		waits time.Duration // what is kept of it
	}{
		{"for the first time", apart, 0, false, 0},
		{"nearly long enough", apart, unevenFor - time.Second, false, unevenFor - time.Second},
		{"long enough", apart, unevenFor, true, unevenFor},
		{"it gets work while it boots", func(w *World) { apart(w); drainedByHook(w) }, idleFor, true, idleFor},
		{"and has only begun to wait", func(w *World) { apart(w); drainedByHook(w) }, idleFor - time.Second, false, idleFor - time.Second},
		{"it is not ready", func(w *World) { apart(w); w.says("i-s", true, false) }, unevenFor, false, unevenFor},
		{"the read is old", func(w *World) { apart(w); w.Record.Retired = map[string]time.Time{"i-oda": noon.Add(-time.Second)} }, unevenFor, false, unevenFor},
		{"another's debt is open", func(w *World) { apart(w); w.owes("i-t", "i-odb", "b", books.Attaching, time.Minute) }, unevenFor, false, unevenFor},
		{"it has its turn", func(*World) {}, unevenFor, false, -1},
	} {
		r, it, s := booted("a", "i-oda", c.world)
		if c.since > 0 {
			it.Ready = noon.Add(-c.since)
		}
		if got := r.turnless(it, s); (got != "") != c.goes {
			t.Errorf("%s: %q", c.name, got)
		}
		switch {
		case c.waits < 0 && !it.Ready.IsZero():
			t.Errorf("%s: waits since %s", c.name, it.Ready)
		case c.waits >= 0 && !it.Ready.Equal(noon.Add(-c.waits)):
			t.Errorf("%s: waits since %s, want %s", c.name, it.Ready, noon.Add(-c.waits))
		}
	}
}

func TestAnotherVictimIsFoundWithWhomItFits(t *testing.T) {
	t.Parallel()
	other := func(w *World) { // one that stands for who is in its zone
		w.add(ours("i-t", "b"))
		w.intends(ledger.Swap, "i-t", "i-oda", "b", time.Minute)
	}
	for _, c := range []struct {
		name          string
		world         func(*World)
		found         bool
		victim, other string
	}{
		{"one that nobody stands for", func(*World) {}, true, "i-oda", ""},
		{"one that is protected", func(w *World) { w.at("i-oda").Protected = true }, false, "i-odb", ""},
		{"that of another launch, which gets its own", other, true, "i-oda", "i-odb"},
		{"that of a launch for something else", func(w *World) { other(w); w.Record.Intents[1].Purpose = ledger.Replace }, false, "i-odb", "i-oda"},
		{"that of a launch that is given up", func(w *World) { other(w); w.Record.Intents[1].Abandoned = "why"; w.at("i-oda").Protected = true }, false, "i-odb", "i-oda"},
		{"it was cheaper in the place of spot", func(w *World) { w.at("i-odb").Spot, w.at("i-odb").Ours = true, true }, false, "i-odb", ""},
	} {
		r, it, s := booted("a", "i-odb", c.world)
		if got := r.refitted(it, s); got != c.found || it.Victim != c.victim {
			t.Errorf("%s: %t, %s", c.name, got, it.Victim)
		}
		if c.other != "" && r.rec.Intents[1].Victim != c.other {
			t.Errorf("%s: the other stands for %s", c.name, r.rec.Intents[1].Victim)
		}
	}
}

func TestWhoHasLeft(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		world func(*World)
		want  bool
	}{
		{"it serves", func(*World) {}, false},
		{"it is on its way out", func(w *World) { w.at("i-s").Lifecycle = "Terminating" }, true},
		{"it has ended", func(w *World) { w.at("i-s").State = "terminated" }, true},
		{"it is no member any more", func(w *World) { s := w.at("i-s"); s.Member, s.Listed, s.Lifecycle = false, false, "" }, true},
		{"no read shows it", func(w *World) { w.at("i-s").ID = "i-other" }, true},
		{"no read shows it yet", func(w *World) {
			w.at("i-s").ID = "i-other"
			w.keep(func(k *books.Stored) { k.Pairs[0].Since = noon.Add(-59 * time.Second) })
		}, false},
		{"it is listed nowhere yet", func(w *World) {
			s := w.at("i-s")
			s.Member, s.Listed, s.Lifecycle = false, false, ""
			w.keep(func(k *books.Stored) { k.Pairs[0].Since = noon.Add(-59 * time.Second) })
		}, false},
		{"one that is no member detaches from another", func(w *World) {
			s := w.at("i-s")
			s.Member, s.Listed, s.Lifecycle = false, false, "Terminating"
			w.keep(func(k *books.Stored) { k.Pairs[0].Since = noon.Add(-59 * time.Second) })
		}, false},
	} {
		r, d := pairOf(true, c.world)
		if got := r.left(d); got != c.want {
			t.Errorf("%s: %t", c.name, got)
		}
	}
}

func TestWhatOfAMaxSizeIsGivenBack(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		world func(*World)
		to    int // 0 is nothing
	}{
		{"what no member and no debt needs", func(*World) {}, 5},
		{"what a member on its way out needs stays", func(w *World) { x := member("i-x", "a"); x.Lifecycle = "Terminating"; w.add(x) }, 6},
		{"what whoever has a notice may need stays", func(w *World) { w.doom("i-odb", time.Second) }, 6},
		{"what the group lacks, and may launch at any moment, stays", func(w *World) { w.at("i-d").State = "terminated" }, 6},
		{"nothing where all is needed", func(w *World) {
			w.keep(func(k *books.Stored) { k.Lease.Leased, k.Lease.Tried = 5, []int{5} })
			w.Group.Max = 5
		}, 0},
		{"nothing so soon after the last", func(w *World) { w.keep(func(k *books.Stored) { k.Lease.At = noon.Add(-59 * time.Second) }) }, 0},
		{"nothing before the last is answered", func(w *World) { w.keep(func(k *books.Stored) { k.Lease.Raised = false }) }, 0},
		{"nothing while desired is in doubt", func(w *World) {
			w.keep(func(k *books.Stored) { k.Doubt = books.StoredDoubt{More: 1, Since: noon.Add(-time.Second)} })
		}, 0},
		{"nothing of what is the owner's", func(w *World) { w.keep(func(k *books.Stored) { k.Lease.Owner = 5 }) }, 0},
	} {
		r, _ := pairOf(true, func(w *World) {
			w.Group.Desired, w.Group.Max = 5, 9
			w.add(member("i-d", "b"))
			w.keep(func(k *books.Stored) {
				k.Desired0 = 4
				k.Pairs[0].Victim = "i-oda"
				k.Lease = &books.StoredLease{Owner: 4, Leased: 9, Tried: []int{9}, Raised: true, At: noon.Add(-time.Minute), Since: noon.Add(-time.Minute)}
			})
			c.world(w)
		})
		r.returnSome()
		got := 0
		for _, a := range r.plan.Actions {
			got = a.Max
		}
		if got != c.to || c.to > 0 && r.b.Lease().Leased != c.to {
			t.Errorf("%s: to %d, want %d", c.name, got, c.to)
		}
	}
}

func TestWhoIsOverMaxSizeIsOfTheZoneThatHasMost(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		world func(*World)
		want  string
	}{
		{"its zone has as many as any", func(*World) {}, "i-odb"},
		{"another has more by now", func(w *World) { w.add(member("i-odd", "c")) }, "i-odd"},
		{"but they are protected", func(w *World) {
			w.add(member("i-odd", "c"))
			w.at("i-odd").Protected, w.at("i-odc").Protected = true, true
		}, "i-odb"},
		{"its payment may have been made", func(w *World) {
			w.add(member("i-odd", "c"))
			w.keep(func(k *books.Stored) { k.Pairs[0].Phase, k.Pairs[0].Since = books.Paying, noon.Add(-time.Second) })
		}, "i-odb"},
	} {
		w := web()
		w.keep(func(k *books.Stored) {
			k.Desired0, k.Pairs = 2, []books.StoredDebt{{Victim: "i-odb", Phase: books.Attached, At: noon.Add(-5 * time.Minute), Since: noon.Add(-5 * time.Minute)}}
		})
		c.world(&w)
		r := newRun(w)
		r.seeVictims()
		if got := r.b.Debts()[0].Victim; got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
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

// Two replacements, each for a member of the other's zone, made one another seem to fit: begun anew every quarter of an hour, for ever.
func TestWhatWaitsForItsTurnIsNoReasonForAnother(t *testing.T) {
	t.Parallel()
	w := web()
	w.Group.Desired, w.Group.Max, w.Settings.AtOnce.Count = 5, 8, 3
	w.add(member("i-odd", "a"), member("i-ode", "b"), ours("i-s", "b")) // a 2, b 2, c 1
	w.intends(ledger.Swap, "i-s", "i-oda", "b", 10*time.Minute)
	w.says("i-s", true, true)
	w.Record.Intents[0].Ready, w.Record.Uneven = noon.Add(-time.Minute), noon.Add(-time.Hour)
	zones := map[string]bool{}
	for _, a := range Decide(w).Actions {
		if a.Kind == LaunchOne {
			for _, o := range a.Launch.Overrides {
				zones[o.Zone] = true
			}
		}
	}
	if !zones["c"] || zones["a"] || zones["b"] {
		t.Errorf("beside one that waits for its turn the next is launched in %v, want c, where it fits", zones)
	}
}
