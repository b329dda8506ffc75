package decide

import (
	"testing"
	"time"

	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/ledger"
)

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

func TestWhoIsOnItsWayOutHasLeft(t *testing.T) {
	t.Parallel()
	w := web()
	w.Record.Proving = map[string]time.Time{"i-oda": noon}
	w.at("i-oda").Lifecycle = "Terminating"
	if !Vanished(w) {
		t.Error("it has not")
	}
}
