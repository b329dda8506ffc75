package decide

import (
	"maps"
	"testing"
	"time"

	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/ledger"
)

func TestTheSpreadOfZonesIsReckonedWithBothSteps(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b, c       int
		to, from      string
		during, after int
	}{
		{1, 1, 1, "a", "a", 1, 0},
		{2, 1, 1, "a", "a", 2, 1},
		{2, 1, 1, "b", "c", 1, 2},
		{2, 1, 1, "b", "a", 1, 1},
		{3, 0, 0, "b", "a", 3, 2},
	} {
		counts := map[string]int{"a": c.a, "b": c.b, "c": c.c}
		if during, after := spreads(counts, c.to, c.from); during != c.during || after != c.after || counts["a"] != c.a || counts["b"] != c.b || counts["c"] != c.c {
			t.Errorf("%+v: %d during, %d after; left %v", c, during, after, counts)
		}
	}
}

func TestAChoiceThatMakesNothingWorseIsAllowedAfterAWhile(t *testing.T) {
	t.Parallel()
	uneven := func(since time.Duration) *run {
		w := web() // 3, 1 and 0: they differ by three
		w.at("i-odc").Zone = "a"
		w.add(member("i-odx", "a"))
		w.Record.Uneven = noon.Add(-since)
		return newRun(w)
	}
	for _, c := range []struct {
		name   string
		choice choice
		since  time.Duration
		want   bool
	}{
		{"even", choice{zone: "a", during: 1, after: 1}, 0, true},
		{"even at last, after a step that is not", choice{zone: "a", during: 2, after: 1}, 0, false},
		{"as uneven as before", choice{zone: "a", during: 3, after: 3}, unevenFor, true},
		{"a second too early", choice{zone: "a", during: 3, after: 3}, unevenFor - time.Second, false},
		{"worse meanwhile", choice{zone: "a", during: 4, after: 3}, unevenFor, false},
		{"worse at last", choice{zone: "a", during: 3, after: 4}, unevenFor, false},
		{"no zone", choice{}, unevenFor, false},
	} {
		if got := uneven(c.since).allows(c.choice); got != c.want {
			t.Errorf("%s: %t", c.name, got)
		}
	}
}

func TestZonesAreCountedAsTheyWillBe(t *testing.T) {
	t.Parallel()
	w := web()
	w.add(attached("i-s1", "a"), ours("i-s2", "b"))
	w.intends(ledger.Fill, "i-f", "", "c", time.Minute)
	w.intends(ledger.Swap, "i-dropped", "i-odc", "b", time.Minute)
	w.Record.Intents[1].Abandoned = "why"
	w.owes("i-s1", "i-oda", "a", books.Attached, time.Minute)
	w.owes("i-s2", "i-odb", "b", books.Attaching, time.Minute)
	w.intends(ledger.Swap, "i-n", "i-odc", "a", time.Minute)
	if got := newRun(w).countsLater(); len(got) != 3 || got["a"] != 2 || got["b"] != 1 || got["c"] != 0 {
		t.Errorf("%v", got)
	}
}

func TestTheOldestWhoseZoneStaysEvenIsChosen(t *testing.T) {
	t.Parallel()
	w := web()
	w.add(member("i-old", "a"))
	w.at("i-old").Launched = noon.Add(-9 * time.Hour)
	r := newRun(w)
	victims := r.victims()
	if c := r.choose(victims); c.victim.ID != "i-odb" || c.zone != "b" {
		t.Errorf("%s into %s, though its own zone has one more than the others", c.victim.ID, c.zone)
	}
	if c := r.choose(victims[:1]); c.victim.ID != "i-old" || c.zone != "b" || !c.even() {
		t.Errorf("%+v: the first other zone that keeps them even is b", c)
	}
	for _, c := range []choice{{during: 2, after: 1}, {during: 1, after: 2}} {
		if c.even() {
			t.Errorf("%+v is called even", c)
		}
	}
}

func TestZonesCountAsUnevenOnlyWhereTheyAre(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		world func(*World)
		kept  bool
	}{
		"they differ by one":                          {func(w *World) { w.add(member("i-x", "a")) }, false},
		"they differ by two, and no swap evens them":  {func(w *World) { w.add(member("i-x", "a"), member("i-y", "a")) }, true},
		"they differ by two, and the oldest evens it": {func(w *World) { w.add(member("i-x", "a")); w.at("i-odc").Zone = "b" }, false},
	} {
		w := web()
		w.Record.Uneven = noon.Add(-5 * time.Minute)
		c.world(&w)
		r := newRun(w)
		victims := []Instance{r.v.Get("i-odb")}
		if name == "they differ by two, and the oldest evens it" {
			victims = []Instance{r.v.Get("i-oda")}
		}
		r.balanced(victims)
		if !r.rec.Uneven.IsZero() != c.kept {
			t.Errorf("%s: uneven since %s", name, r.rec.Uneven)
		}
	}
	w := web()
	w.add(member("i-x", "a"), member("i-y", "a"))
	r := newRun(w)
	if r.balanced([]Instance{r.v.Get("i-odb")}); !r.rec.Uneven.Equal(noon) {
		t.Errorf("uneven since %s", r.rec.Uneven)
	}
}

// A count is below 0 where more are to leave a zone than live there, and a map tells its keys in any order.
func TestHowFarZonesAreApartDoesNotHangOnTheirOrder(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		counts map[string]int
		want   int
	}{
		{"none", nil, 0},
		{"one", map[string]int{"a": 3}, 0},
		{"even", map[string]int{"a": 2, "b": 2, "c": 2}, 0},
		{"an empty one", map[string]int{"a": 2, "b": 0, "c": 1}, 2},
		{"one below 0", map[string]int{"a": 2, "b": -1, "c": 1}, 3},
		{"two below 0", map[string]int{"a": -1, "b": -2, "c": 1}, 3},
		{"all below 0", map[string]int{"a": -1, "b": -3}, 2},
	} {
		for range 50 {
			if got := spread(maps.Clone(c.counts)); got != c.want {
				t.Fatalf("%s: %d apart, want %d", c.name, got, c.want)
			}
		}
	}
}
