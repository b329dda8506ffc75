package decide

import (
	"strings"
	"testing"
	"time"

	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/ledger"
)

// pairOf is a debt of i-s, with the group's members changed.
func pairOf(spot bool, world func(*World)) (*run, books.Debt) {
	w := web()
	s := attached("i-s", "a")
	s.Spot = spot
	w.add(s)
	w.Group.Desired = 4
	w.owes("i-s", "i-gone", "a", books.Attached, 2*time.Minute)
	world(&w)
	r := newRun(w)
	d, _ := r.b.Debt("i-s")
	return r, d
}

func TestWhoPaysWhereTheOwnerKeepsWhatIsOnDemand(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		spot  bool
		world func(*World)
		want  string
	}{
		{"the replacement itself", true, func(*World) {}, "i-s"},
		{"it is on-demand, and there is no spot", false, func(*World) {}, "i-fallback"},
		{"it does not serve", true, func(w *World) { w.at("i-s").Healthy = false }, "i-fallback"},
		{"it is not ours", true, func(w *World) { w.at("i-s").Ours = false }, "i-fallback"},
		{"another debt retires it: the oldest other", true, func(w *World) {
			w.owes("i-t", "i-s", "b", books.Attached, time.Minute)
			w.add(attached("i-t", "b"), attached("i-x", "b"), attached("i-y", "c"))
			w.at("i-y").Launched = noon.Add(-3 * time.Hour)
		}, "i-y"},
		{"the other has a debt of its own: it is waited for", false, func(w *World) {
			w.owes("i-t", "i-oda", "b", books.Attached, time.Minute)
			w.add(attached("i-t", "b"))
		}, ""},
		{"unless it does not serve", false, func(w *World) {
			w.owes("i-t", "i-oda", "b", books.Attached, time.Minute)
			w.add(attached("i-t", "b"))
			w.at("i-t").Healthy = false
		}, "i-fallback"},
		{"or AWS takes it", false, func(w *World) {
			w.owes("i-t", "i-oda", "b", books.Attached, time.Minute)
			w.add(attached("i-t", "b"))
			w.doom("i-t", time.Second)
		}, "i-fallback"},
		{"or is not ours", false, func(w *World) {
			w.owes("i-t", "i-oda", "b", books.Attached, time.Minute)
			w.add(attached("i-t", "b"))
			w.at("i-t").Ours = false
		}, "i-fallback"},
		{"or is on-demand", false, func(w *World) {
			w.owes("i-t", "i-oda", "b", books.Attached, time.Minute)
			w.add(attached("i-t", "b"))
			w.at("i-t").Spot = false
		}, "i-fallback"},
		{"or is retired by another debt already", false, func(w *World) {
			w.owes("i-t", "i-t", "b", books.Attached, time.Minute)
			w.add(attached("i-t", "b"))
		}, "i-fallback"},
		{"no debt stands behind it, and its owner protects it", false, func(w *World) {
			w.add(attached("i-t", "b"))
			w.at("i-t").Protected = true
		}, "i-fallback"},
	} {
		r, d := pairOf(c.spot, c.world)
		if got := r.spotInstead(d, "i-fallback"); got != c.want {
			t.Errorf("%s: %q, not %q", c.name, got, c.want)
		}
	}
}

func TestWhoMayBeRetired(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*World, *Instance){
		"one that AWS takes":               func(w *World, i *Instance) { w.doom(i.ID, time.Second) },
		"one that does not serve":          func(_ *World, i *Instance) { i.Healthy = false },
		"one that is protected":            func(_ *World, i *Instance) { i.Protected = true },
		"one that was retired just now":    func(w *World, i *Instance) { w.Record.Retired = map[string]time.Time{i.ID: noon} },
		"one that another launch is for":   func(w *World, i *Instance) { w.intends(ledger.Swap, "i-n", i.ID, "a", time.Minute) },
		"one that another debt is for":     func(w *World, i *Instance) { w.owes("i-n", i.ID, "a", books.Attached, time.Minute) },
		"one that was attached for a debt": func(w *World, i *Instance) { w.owes(i.ID, "i-v", "a", books.Attached, time.Minute) },
		"one whose EC2 protection is on":   func(_ *World, i *Instance) { i.Undeletable = true },
		"one that was not asked for that":  func(_ *World, i *Instance) { i.Unchecked = true },
	} {
		w := web()
		change(&w, w.at("i-odc"))
		if n, ok := newRun(w).newcomer("c", time.Time{}); !ok || n.ID == "i-odc" {
			t.Errorf("%s is taken for a victim", name)
		}
		if name == "one whose EC2 protection is on" || name == "one that was not asked for that" || name == "one that was retired just now" {
			continue // of spot it is its owner's protection from scale-in that counts; R7 holds the last
		}
		w = web()
		w.allSpot()
		change(&w, w.at("i-odc"))
		if back := newRun(w).returnable(); len(back) != 2 {
			t.Errorf("%s is brought back", name)
		}
	}
	w := web()
	w.intends(ledger.Swap, "i-n", "i-odc", "a", time.Minute)
	w.Record.Intents[0].Abandoned = "why"
	if n, _ := newRun(w).newcomer("c", time.Time{}); n.ID != "i-odc" {
		t.Error("what was given up stands for nobody any more")
	}
	w = web()
	w.allSpot()
	w.at("i-odc").Protected, w.Record.Shielded = true, map[string]time.Time{"i-odc": noon}
	if back := newRun(w).returnable(); len(back) != 3 {
		t.Error("our own protection keeps nobody")
	}
}

func TestWhoIsRetiredInAVictimsStead(t *testing.T) {
	t.Parallel()
	kept := func(w *World) { w.tagged(map[string]string{"autospotting:keep-on-demand": "3"}) }
	for _, c := range []struct {
		name  string
		world func(*World)
		want  string
	}{
		{"the replacement", func(*World) {}, "i-s"},
		{"nobody where the floor holds", func(w *World) { w.add(member("i-more", "b"), member("i-most", "c")) }, ""},
		{"nobody where the victim does not serve", func(w *World) { w.at("i-oda").Healthy = false }, ""},
		{"nobody where AWS takes the victim", func(w *World) { w.doom("i-oda", time.Second) }, ""},
		{"nobody where its payment may be on its way", func(w *World) {
			w.keep(func(k *books.Stored) { k.Pairs[0].Phase, k.Pairs[0].Since = books.Paying, noon })
		}, ""},
		{"nobody, the replacement leaves", func(w *World) { w.at("i-s").Lifecycle = "Terminating" }, ""},
		{"another, the replacement leaves", func(w *World) { w.at("i-s").Lifecycle = "Terminating"; w.add(attached("i-x", "b")) }, "i-x"},
		{"nobody, the replacement was retired just now", func(w *World) { w.Record.Retired = map[string]time.Time{"i-s": noon} }, ""},
		{"nobody, the replacement was retired just now, and there is another", func(w *World) {
			w.Record.Retired = map[string]time.Time{"i-s": noon}
			w.add(attached("i-x", "b"))
		}, ""},
		{"nobody, it is on-demand by now", func(w *World) { w.at("i-s").Spot = false }, ""},
		{"nobody, another debt retires it", func(w *World) { w.owes("i-t", "i-s", "b", books.Attached, time.Minute) }, ""},
		{"nobody, it is not ours", func(w *World) { w.at("i-s").Ours = false }, ""},
		{"what is over MaxSize: the oldest spot instance", func(w *World) {
			w.add(attached("i-x", "b"))
			w.at("i-x").Launched = noon.Add(-2 * time.Hour)
			w.keep(func(k *books.Stored) { k.Pairs[0].Intent = books.StoredLaunch{} })
		}, "i-x"},
	} {
		r, _ := pairOf(true, func(w *World) {
			w.keep(func(k *books.Stored) { k.Pairs[0].Victim = "i-oda" })
			kept(w)
			c.world(w)
		})
		d := r.b.Debts()[0]
		if got := r.breaksFloor(d, r.v.Get("i-oda")); got != c.want {
			t.Errorf("%s: %q, not %q", c.name, got, c.want)
		}
	}
	r, d := pairOf(true, kept)
	if got := r.breaksFloor(d, attached("i-spot", "b")); got != "" {
		t.Errorf("a spot victim breaks no floor: %q", got)
	}
}

func TestTheNextVictimOfADebt(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		world func(*World)
		want  string
	}{
		{"the newest on-demand instance of its zone", func(w *World) { w.at("i-odb").Launched = noon.Add(-3 * time.Minute) }, "i-oda"},
		{"the newest of all where its zone has none", func(w *World) { w.at("i-oda").Zone = "b"; w.at("i-odb").Launched = noon.Add(-3 * time.Minute) }, "i-odb"},
		{"who came since, before those of its zone", func(w *World) { w.at("i-odb").Launched = noon.Add(-time.Second) }, "i-odb"},
		{"who is still to come, before those that were there", func(w *World) { w.Group.Desired = 5 }, ""},
		{"none may go, and nobody is to come: the replacement itself", func(w *World) {
			w.at("i-oda").Protected, w.at("i-odb").Protected, w.at("i-odc").Protected = true, true, true
		}, "i-s"},
		{"none may go, and somebody is to come", func(w *World) {
			w.at("i-oda").Protected, w.at("i-odb").Protected, w.at("i-odc").Protected = true, true, true
			w.Group.Desired = 5
		}, ""},
	} {
		r, d := pairOf(true, c.world)
		if got := r.nextVictim(d); got != c.want {
			t.Errorf("%s: %q, not %q", c.name, got, c.want)
		}
	}
}

func TestWhoMayBeMoved(t *testing.T) {
	t.Parallel()
	w := web()
	w.add(attached("i-x", "a"))
	if r := newRun(w); !r.mayMove(r.v.Get("i-x")) {
		t.Error("spot of ours that serves may be moved")
	}
	for name, change := range map[string]func(*World, *Instance){
		"on-demand":               func(_ *World, i *Instance) { i.Spot = false },
		"not ours":                func(_ *World, i *Instance) { i.Ours = false },
		"one that does not serve": func(_ *World, i *Instance) { i.Healthy = false },
		"one that is protected":   func(_ *World, i *Instance) { i.Protected = true },
		"one that AWS takes":      func(w *World, i *Instance) { w.doom(i.ID, time.Second) },
		"one retired just now":    func(w *World, i *Instance) { w.Record.Retired = map[string]time.Time{i.ID: noon} },
	} {
		w, i := web(), attached("i-x", "a")
		change(&w, &i)
		w.add(i)
		if r := newRun(w); r.mayMove(r.v.Get(i.ID)) {
			t.Errorf("%s may be moved", name)
		}
	}
}

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

func TestWhatIsOverMaxSizeIsNoReplacement(t *testing.T) {
	t.Parallel()
	w := web()
	w.Template.Hash = "h2"
	w.keep(func(k *books.Stored) {
		k.Desired0, k.Pairs = 3, []books.StoredDebt{{Victim: "i-odb", Phase: books.Attached, At: noon.Add(-5 * time.Minute), Since: noon.Add(-5 * time.Minute),
			Intent: books.StoredLaunch{Launch: books.StoredNonce{SourceHash: "h1"}}}}
	})
	w.Activities = []Activity{{Kind: GroupTook, At: noon.Add(-time.Minute)}}
	r := newRun(w)
	if r.outdated(r.b.Debts()[0]) {
		t.Error("it has no template")
	}
	if r.takenBack(); !r.b.Any() {
		t.Error("nobody left with it")
	}
}

func TestWhatIsSaidOfAnotherVictim(t *testing.T) {
	t.Parallel()
	w := web()
	w.add(member("i-odd", "c"))
	w.keep(func(k *books.Stored) {
		k.Desired0, k.Pairs = 2, []books.StoredDebt{{Victim: "i-odb", Phase: books.Attached, At: noon.Add(-5 * time.Minute), Since: noon.Add(-5 * time.Minute)}}
	})
	r := newRun(w)
	if r.seeVictims(); len(r.plan.Why) != 1 || !strings.Contains(r.plan.Why[0].Text, "i-odd is retired in its stead") {
		t.Errorf("%v", r.plan.Why)
	}
}

func TestAnOnDemandReplacementDoesNotPayForItself(t *testing.T) {
	t.Parallel()
	r, d := pairOf(false, func(w *World) { w.tagged(map[string]string{"autospotting:keep-on-demand": "4"}) })
	if got := r.breaksFloor(d, r.v.Get("i-oda")); got != "" {
		t.Errorf("%q goes", got)
	}
}
