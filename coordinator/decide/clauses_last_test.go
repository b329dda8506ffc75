package decide

import (
	"strings"
	"testing"
	"time"

	"autospotting/coordinator/decide/books"
)

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

func TestWhatALoweredDesiredHoldsUp(t *testing.T) {
	t.Parallel()
	w := web()
	w.Group.Desired, w.Group.Max = 4, 3
	w.add(ours("i-s", "a"), ours("i-t", "b"))
	w.owes("i-s", "i-oda", "a", books.Attaching, time.Minute)
	w.owes("i-t", "i-odb", "b", books.Attaching, time.Minute)
	w.keep(func(k *books.Stored) { k.Desired0 = 3 })
	w.Record.Retired = map[string]time.Time{"i-gone": noon.Add(-time.Second)}
	r := newRun(w)
	if n := r.toAttach(); n != 2 {
		t.Errorf("%d to attach", n)
	}
	if r.makeRoom("i-s", 5); len(r.plan.Actions) > 0 || !strings.Contains(r.waitsFor, "was lowered a moment ago") {
		t.Errorf("%v, waits for %q", r.plan.Actions, r.waitsFor)
	}
}

func TestWhoIsLeftBehindKeepsTheRecord(t *testing.T) {
	t.Parallel()
	for want, change := range map[bool]func(*World){
		true:  func(w *World) { w.add(ours("i-s", "a")) },
		false: func(w *World) { w.add(attached("i-s", "a")) },
	} {
		w := web()
		w.Group.Enabled = false
		change(&w)
		if got := newRun(w).comesBack(); got != want {
			t.Errorf("%t, want %t", got, want)
		}
	}
}

func TestNothingOfOursIsToComeBack(t *testing.T) {
	t.Parallel()
	w := web()
	w.tagged(map[string]string{"autospotting:keep-on-demand": "5"})
	w.Group.Desired = 5
	w.add(member("i-odd", "a"), attached("i-x", "b"))
	w.at("i-x").Ours = false
	r := newRun(w)
	if r.toOnDemand(); strings.Contains(r.waitsFor, "to be on-demand") {
		t.Errorf("waits for %q", r.waitsFor)
	}
	w.at("i-x").Ours, w.at("i-x").Protected = true, true
	r = newRun(w)
	if r.toOnDemand(); !strings.Contains(r.waitsFor, "1 more are to be on-demand") {
		t.Errorf("waits for %q", r.waitsFor)
	}
}

func TestWhichTemplateIsNewer(t *testing.T) {
	t.Parallel()
	copied := Template{ID: "lt-1", Version: "3", CopyOf: noon.Add(-time.Hour)}
	for _, c := range []struct {
		name string
		x    Instance
		of   Template
		want bool
	}{
		{"the same", Instance{Template: "lt-1", TemplateVersion: "3"}, copied, false},
		{"a later version", Instance{Template: "lt-1", TemplateVersion: "4"}, copied, true},
		{"a version that is no number", Instance{Template: "lt-1", TemplateVersion: "x"}, copied, false},
		{"against a version that is no number", Instance{Template: "lt-1", TemplateVersion: "4"}, Template{ID: "lt-1", Version: "$Latest"}, false},
		{"both are no numbers", Instance{Template: "lt-1", TemplateVersion: "x"}, Template{ID: "lt-1", Version: ""}, false},
		{"another template, launched since", Instance{Template: "lt-2", Launched: noon}, copied, true},
		{"another template, launched before", Instance{Template: "lt-2", TemplateVersion: "9", Launched: noon.Add(-2 * time.Hour)}, copied, false},
		{"no template is told, launched since", Instance{TemplateVersion: "1", Launched: noon}, copied, false},
	} {
		if got := newer(c.x, c.of); got != c.want {
			t.Errorf("%s: %t", c.name, got)
		}
	}
}
