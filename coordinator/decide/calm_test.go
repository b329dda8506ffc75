package decide

import (
	"testing"
	"time"

	"autospotting/coordinator/ledger"
)

// calmly is a world in which nothing is to be done: all on spot of ours for long.
func calmly() World {
	w := web()
	w.Glance = true
	w.Group.Print = "as it is"
	w.Record.Revision = 3
	w.Record.Status = ledger.Status{Code: "managed", Tagged: "managed"}
	for n := range w.Instances {
		i := &w.Instances[n]
		i.Spot, i.Ours, i.Nonce, i.Launched = true, true, "n-"+i.ID, noon.Add(-5*time.Hour)
	}
	return w
}

// What a tick passes over is kept: how the group is described while nothing is left to do for it, and since when.
func TestAGroupIsCalmWhileNothingIsToBeDone(t *testing.T) {
	t.Parallel()
	first := Decide(calmly())
	want := ledger.Calm{Print: "as it is", Since: noon, Ours: true}
	if first.Record.Calm != want || !first.Changed {
		t.Fatalf("%+v, want %+v", first.Record.Calm, want)
	}
	w := calmly()
	w.Record, w.Now = first.Record, noon.Add(time.Hour)
	if p := Decide(w); p.Record.Calm != want || p.Changed {
		t.Errorf("an hour later %+v, changed %t", p.Record.Calm, p.Changed)
	}
	w.Group.Print = "otherwise"
	if p := Decide(w); p.Record.Calm.Print != "otherwise" || !p.Record.Calm.Since.Equal(w.Now) {
		t.Errorf("described otherwise %+v", p.Record.Calm)
	}
}

// What the record holds for a while only says when a look is to take it out.
func TestWhatIsOverByItselfIsLookedAtThen(t *testing.T) {
	t.Parallel()
	ago := noon.Add(-10 * time.Minute)
	for name, c := range map[string]struct {
		change func(*ledger.Record)
		until  time.Time
	}{
		"one that has to last": {func(r *ledger.Record) { r.Proving = map[string]time.Time{"i-oda": ago} }, ago.Add(lastingSwap)},
		"words": {func(r *ledger.Record) {
			r.Said = map[string]ledger.Said{"i-oda": {Hello: ago.Add(-time.Minute), Ready: ago}}
		}, ago.Add(keepSaid)},
		"a failure":         {func(r *ledger.Record) { r.Sick = []time.Time{ago} }, ago.Add(time.Hour)},
		"a move":            {func(r *ledger.Record) { r.Moved = []time.Time{ago, noon} }, ago.Add(time.Hour)},
		"a believed notice": {func(r *ledger.Record) { r.Unconfirmed = []time.Time{ago} }, ago.Add(time.Hour)},
	} {
		w := calmly()
		c.change(&w.Record)
		p := Decide(w)
		if p.Record.Calm.Print == "" || !p.Record.Calm.Until.Equal(c.until) {
			t.Errorf("%s: %+v, want until %s", name, p.Record.Calm, c.until)
		}
		w.Record, w.Now = p.Record, noon.Add(3*time.Hour)
		w.Record.Proving = nil
		if p = Decide(w); !p.Record.Calm.Until.IsZero() {
			t.Errorf("%s: still until %s", name, p.Record.Calm.Until)
		}
	}
}

func TestAGroupIsNotCalmWhileAnythingMayBeToDo(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*World){
		"not described":           func(w *World) { w.Group.Print = "" },
		"not enabled":             func(w *World) { w.Group.Enabled = false },
		"gone":                    func(w *World) { w.Group.Found = false },
		"on-demand too many":      func(w *World) { w.Instances[0].Spot = false },
		"one missing":             func(w *World) { w.Group.Desired++ },
		"one too many":            func(w *World) { w.Group.Desired-- },
		"one that does not serve": func(w *World) { w.Instances[0].Healthy = false },
		"a notice": func(w *World) {
			w.Record.Notices = map[string]ledger.Notice{"i-oda": {At: noon, Deadline: noon.Add(time.Minute)}}
		},
		"a launch":           func(w *World) { w.intends(ledger.Swap, "i-s1", "i-oda", "a", time.Minute) },
		"an orphan":          func(w *World) { w.add(ours("i-s1", "a")) },
		"one lately retired": func(w *World) { w.Record.Retired = map[string]time.Time{"i-odz": noon} },
		"something heard":    func(w *World) { w.Heard = []Hint{{Kind: HeardChange, Instance: "i-oda"}} },
		"something unread":   func(w *World) { w.Missing = []Missing{{What: "target health", Class: Prudence, Why: "no"}} },
		"a spot request":     func(w *World) { w.Instances[0].SpotStatus = "marked-for-termination" },
	} {
		w := calmly()
		w.Record.Calm = ledger.Calm{Print: "as it is", Since: noon.Add(-time.Hour), Ours: true}
		change(&w)
		if p := Decide(w); p.Record.Calm.Print != "" {
			t.Errorf("%s: calm", name)
		}
	}
}

// Every group has its five minutes of each hour, and one of these in a day.
func TestEveryGroupHasItsMinutes(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"web", "a", "group-0007", ""} {
		prices, looks := 0, 0
		for n := range 24 * 60 {
			at := noon.Add(time.Duration(n) * time.Minute)
			if PricesDue(name, at) {
				prices++
			}
			if LookDue(name, at) {
				looks++
			}
		}
		if prices != 24*5 || looks != 5 {
			t.Errorf("%q: %d minutes for prices, %d for a look", name, prices, looks)
		}
	}
}
