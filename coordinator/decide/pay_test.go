package decide

import (
	"slices"
	"testing"
	"time"

	"autospotting/coordinator/decide/books"
)

// Who serves and who is on-demand is counted once for all victims of a plan, and held against each of them as if without it alone.
func TestWhatIsCountedOnceAPlanIsHeldAgainstEachVictimByItself(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		change  func(*World)
		retired string // empty where nobody is
	}{
		{"both replacements serve: the first", func(*World) {}, "i-oda"},
		{"one replacement boots: who is replaced by the other", func(w *World) { w.at("i-s1").Launched = noon.Add(-time.Second) }, "i-odb"},
		{"both boot: nobody", func(w *World) {
			w.at("i-s1").Launched, w.at("i-s2").Launched = noon.Add(-time.Second), noon.Add(-time.Second)
		}, ""},
		{"the first is in Standby: the second", func(w *World) {
			w.at("i-oda").Lifecycle, w.at("i-oda").Protected = "Standby", false
		}, "i-odb"},
		{"one boots, and the first serves no more itself: it is no capacity that would be missed", func(w *World) {
			w.at("i-oda").Healthy = false
			w.at("i-s1").Launched = noon.Add(-time.Second)
		}, "i-oda"},
		{"the owner keeps one of three: the first", func(w *World) { w.Settings.KeepOnDemand.Count = 1 }, "i-oda"},
		{"the owner keeps two, and the first has stopped: it is none of them", func(w *World) {
			w.Settings.KeepOnDemand.Count = 2
			w.at("i-oda").State = "stopped"
		}, "i-oda"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := web()
			w.add(attached("i-s1", "a"), attached("i-s2", "b"))
			w.Group.Desired, w.Group.Max = 5, 8
			w.owes("i-s1", "i-oda", "a", books.Attached, 5*time.Minute)
			w.owes("i-s2", "i-odb", "b", books.Attached, 5*time.Minute)
			c.change(&w)
			p := Decide(w)
			got := ""
			if i := slices.IndexFunc(p.Actions, func(a Action) bool { return a.Kind == Retire }); i >= 0 {
				got = p.Actions[i].Instance
			}
			if got != c.retired {
				t.Errorf("retired %q, want %q:\n%s", got, c.retired, render(p))
			}
		})
	}
}
