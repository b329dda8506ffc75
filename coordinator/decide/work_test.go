package decide

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"autospotting/coordinator/ledger"
	"autospotting/coordinator/settings"
)

// commands makes a world whose instances can be asked to drain.
func commands(w *World, ids ...string) {
	w.Settings.DrainWith = settings.DrainCommand
	w.Template.Needs = []UserNeed{{Need: "kubernetes"}}
	w.Record.CanDrain, w.Record.Drainable = map[string]time.Time{}, true
	for _, id := range ids {
		w.Record.CanDrain[id] = noon
	}
}

func TestHowAGroupWithDrainHandlersIsDrained(t *testing.T) {
	t.Parallel()
	set := func(to settings.DrainWith) func(*World) { return func(w *World) { w.Settings.DrainWith = to } }
	heard := func(w *World) { w.Record.Drainable = true }
	need := func(names ...string) func(*World) {
		return func(w *World) {
			for _, n := range names {
				w.Template.Needs = append(w.Template.Needs, UserNeed{Need: n, Where: "line 1"})
			}
		}
	}
	for _, c := range []struct {
		name   string
		change []func(*World)
		mode   DrainMode
		why    string // piece of the refusal; empty where it is served
		step   string
	}{
		{"a node, and spotd was heard", []func(*World){heard, need("kubernetes")}, DrainCommand, "", ""},
		{"a node, and it was not", []func(*World){need("kubernetes")}, DrainNone, "pods being moved", "drain-with=command"},
		{"a runner, and it was not", []func(*World){need("runner")}, DrainNone, "middle of a job", "drain-with=command"},
		{"a worker, and it was not", []func(*World){need("worker")}, DrainNone, "middle of a job", "terminating lifecycle hook"},
		{"heard, and nothing runs", []func(*World){heard}, DrainNone, "", ""},
		{"heard, and its owner has answered for what runs", []func(*World){heard, need("worker"), func(w *World) { w.Settings.Accept = []string{"worker"} }}, DrainNone, "", ""},
		{"heard, with a hook", []func(*World){heard, need("worker"), func(w *World) { w.Group.DrainHooks = []string{"drain"} }}, DrainHook, "", ""},
		{"heard, and a host of a cluster", []func(*World){heard, func(w *World) { hostsOf(w, 1) }}, DrainECS, "", ""},
		{"heard, and a host of a cluster that cannot be told", []func(*World){heard, need(ecs)}, DrainCommand, "", ""},
		{"heard, and none is wanted", []func(*World){heard, need("worker"), set(settings.DrainNone)}, DrainNone, "", ""},
		{"heard, and the template is not read", []func(*World){heard, func(w *World) { w.Template = Template{} }}, DrainCommand, "", ""},
		{"by its owner's word", []func(*World){heard, set(settings.DrainCommand), need("kubernetes", "runner", "worker", ecs)}, DrainCommand, "", ""},
		{"by its owner's word, and an address", []func(*World){heard, set(settings.DrainCommand), need("address")}, DrainCommand, "address", ""},
		{"by its owner's word, and nobody was heard", []func(*World){set(settings.DrainCommand), need("worker")}, DrainCommand, "no spotd with a drain handler", "tags enabled in their metadata"},
		{"by its owner's word, and nobody is on-demand", []func(*World){set(settings.DrainCommand), need("worker"), func(w *World) {
			for n := range w.Instances {
				w.Instances[n].Spot, w.Instances[n].Ours = true, true
			}
		}}, DrainCommand, "", ""},
	} {
		w := web()
		for _, change := range c.change {
			change(&w)
		}
		if got, why := Drain(w), Refusal(w); got != c.mode || (why == "") != (c.why == "") || !strings.Contains(why, c.why) || !strings.Contains(Step(w), c.step) {
			t.Errorf("%s: %s, refused for %q, step %q", c.name, got, why, Step(w))
		}
	}
}

func TestOnlyWhoCanBeAskedIsAVictim(t *testing.T) {
	t.Parallel()
	w := web()
	commands(&w, "i-odb")
	r := newRun(w)
	if !r.mute(*w.at("i-oda")) || r.mute(*w.at("i-odb")) || r.eligible(*w.at("i-oda")) || !r.eligible(*w.at("i-odb")) {
		t.Error("who cannot be asked is a victim, or who can is none")
	}
	if ok, why := r.emptied("i-oda", "i-s1"); ok || !strings.Contains(why, "no spotd with a drain handler has been heard on it") {
		t.Errorf("%t, %q", ok, why)
	}
	young, spot := *w.at("i-oda"), *w.at("i-oda")
	young.Launched, spot.Spot = noon.Add(-registersFor+time.Second), true
	if r.mute(young) || r.mute(spot) || !r.unasked(young) {
		t.Error("one launched lately may still say so, and spot is not asked")
	}
	w.Record.CanDrain = nil
	if got := fmt.Sprint(Decide(w).Why); !strings.Contains(got, "cannot be drained, since no spotd with a drain handler has been heard on it") {
		t.Errorf("%s", got)
	}
}

func TestWhoCanBeAskedIsKeptAsLongAsHeIsThere(t *testing.T) {
	t.Parallel()
	hear := func(w World, ids ...string) map[string]time.Time {
		for _, id := range ids {
			w.Heard = append(w.Heard, Hint{Kind: HeardCanDrain, Instance: id, Trusted: id != "i-odc"})
		}
		return Decide(w).Record.CanDrain
	}
	w := web()
	w.add(ours("i-s1", "a"))
	if got := hear(w, "i-oda", "i-odc", "i-s1", "i-stranger"); len(got) != 2 || got["i-oda"].IsZero() || got["i-s1"].IsZero() {
		t.Errorf("%v", got)
	}
	w.Record.CanDrain = map[string]time.Time{"i-oda": noon, "i-odb": noon, "i-gone": noon.Add(-time.Hour), "i-late": noon}
	w.at("i-odb").State = "terminated"
	if got := hear(w); len(got) != 2 || got["i-oda"].IsZero() || got["i-late"].IsZero() {
		t.Errorf("%v", got)
	}
	for n := range mostCanDrain {
		w.Record.CanDrain[fmt.Sprint("i-", n)] = noon
	}
	if got := hear(w, "i-odc"); !got["i-odc"].IsZero() {
		t.Errorf("%d are kept", len(got))
	}
}

// TestNobodyIsEndedBeforeHisHandlersAnswer draws worlds, and drains in whatever state, and holds every end against the answers.
func TestNobodyIsEndedBeforeHisHandlersAnswer(t *testing.T) {
	t.Parallel()
	ends, asks, backs := 0, 0, 0
	for seed := range uint64(8_000) {
		rng := rand.New(rand.NewPCG(seed, 21))
		w := drawn(rng)
		commands(&w)
		w.Record.Drains = map[string]ledger.Drain{}
		for n := range w.Instances {
			i := &w.Instances[n]
			if rng.IntN(4) > 0 {
				w.Record.CanDrain[i.ID] = noon
			}
			if rng.IntN(4) > 0 {
				continue
			}
			at := noon.Add(-time.Duration(rng.IntN(1000)) * time.Second)
			d := ledger.Drain{At: at, Set: rng.IntN(2) == 0, Until: at.Add(drainFor), For: []string{"", "i-s1", "i-s2"}[rng.IntN(3)]}
			for _, debt := range w.Record.Books.Debts() {
				if debt.Victim == i.ID {
					d.For = debt.Name()
				}
			}
			if rng.IntN(2) == 0 {
				d.Done, d.Failed = noon, rng.IntN(3) == 0
			}
			w.Record.Drains[i.ID] = d
			if rng.IntN(2) == 0 {
				i.Ask = stamp(d.Until)
			}
		}
		p := Decide(w)
		for _, a := range p.Actions {
			switch i := w.at(orFirst(w, a.Instance)); a.Kind {
			case Retire:
				ends++
				if fault := cutsWork(w, p, *i); fault != "" {
					t.Fatalf("seed %d: retired: %s\n%s", seed, fault, render(p))
				}
			case AskDrain:
				asks++
				if d := p.Record.Drains[i.ID]; !d.Open() || stamp(d.Until) != a.Text {
					t.Fatalf("seed %d: %s is asked until %s, and the record has %+v\n%s", seed, i.ID, a.Text, d, render(p))
				}
			case AskNoMore:
				backs++
				if !p.Record.Drains[i.ID].Draining() {
					t.Fatalf("seed %d: %s is asked no more, and was not\n%s", seed, i.ID, render(p))
				}
			}
		}
	}
	if ends < 400 || asks < 150 || backs < 150 {
		t.Errorf("only %d ends, %d asks and %d taken back were drawn", ends, asks, backs)
	}
}

// cutsWork says why an on-demand instance may not be retired for the work on it; empty where it may.
func cutsWork(w World, p Plan, i Instance) string {
	d := w.Record.Drains[i.ID]
	_, doomed := p.Record.Notices[i.ID]
	goes := i.Ours // one of ours may go whatever comes
	if i.Spot || doomed || goes || !i.Live() || d.Open() && d.Asked() && !d.Done.IsZero() && !d.Failed {
		return ""
	}
	return fmt.Sprintf("%s: %+v", i.ID, d)
}
