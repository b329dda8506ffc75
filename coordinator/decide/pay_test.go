package decide

import (
	"slices"
	"strings"
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

func TestWhoCannotWaitIsPaidForFirst(t *testing.T) {
	t.Parallel()
	r, _ := pairOf(true, func(w *World) {
		w.Group.Desired = 7
		w.add(attached("i-t", "b"), attached("i-u", "c"), attached("i-v", "c"))
		w.keep(func(k *books.Stored) { k.Pairs[0].Victim = "i-x" })
		w.owes("i-t", "i-oda", "b", books.Attached, time.Minute)
		w.owes("i-u", "i-odb", "c", books.Attached, time.Minute)
		w.owes("i-v", "i-odc", "c", books.Attached, time.Minute)
		w.doom("i-odc", 10*time.Second)
		w.doom("i-odb", 20*time.Second)
		w.at("i-s").Healthy = false
	})
	var got []string
	for _, d := range r.payable(r.b.Debts()) {
		got = append(got, d.Name())
	}
	if s := strings.Join(got, " "); s != "i-u i-v i-t i-s" {
		t.Errorf("%s: first who has a notice, by its end, then who has a replacement that is up", s)
	}
}
