package decide

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"autospotting/coordinator/ledger"
	"autospotting/coordinator/settings"
)

// hostsOf makes the instances of a world hosts of the cluster prod, on each of which so many tasks run.
func hostsOf(w *World, tasks int) {
	w.Template.Needs, w.Template.Cluster = []UserNeed{{Need: ecs, Where: "line 2"}}, "prod"
	for n := range w.Instances {
		i := &w.Instances[n]
		i.Container = Container{Asked: true, Cluster: "prod", ARN: "arn:" + i.ID, Status: "ACTIVE", Connected: true, Tasks: tasks}
	}
}

func TestTheWayToDrainIsTheOneThatFitsTheGroup(t *testing.T) {
	t.Parallel()
	need := func(names ...string) func(*World) {
		return func(w *World) {
			for _, name := range names {
				w.Template.Needs = append(w.Template.Needs, UserNeed{Need: name, Where: "line 3"})
			}
		}
	}
	host := func(w *World) { hostsOf(w, 1) }
	with := func(d settings.DrainWith) func(*World) { return func(w *World) { w.Settings.DrainWith = d } }
	hook := func(w *World) { w.Group.DrainHooks = []string{"drain"} }
	for _, c := range []struct {
		name    string
		world   []func(*World)
		want    DrainMode
		refused string
	}{
		{"nothing runs that must be waited for", nil, DrainNone, ""},
		{"a terminating hook", []func(*World){hook}, DrainHook, ""},
		{"a terminating hook of a node", []func(*World){need("kubernetes"), hook}, DrainHook, ""},
		{"hosts of a cluster", []func(*World){host}, DrainECS, ""},
		{"hosts of a cluster with a hook, as of a capacity provider", []func(*World){host, hook}, DrainHook, ""},
		{"hosts of which it is not known whether they have a hook", []func(*World){host, func(w *World) { w.Group.HooksUnread = true }}, DrainHook, ""},
		{"hosts whose tasks their owner has answered for", []func(*World){host, func(w *World) { w.Settings.Accept = []string{ecs} }}, DrainNone, ""},
		{"hosts of a cluster that cannot be told", []func(*World){need(ecs)}, DrainNone, "which cluster"},
		{"a worker", []func(*World){need("worker")}, DrainNone, "middle of a job"},
		{"a host that is a worker too", []func(*World){host, need("worker")}, DrainECS, "middle of a job"},
		{"none, by its owner's word", []func(*World){with(settings.DrainNone), host, need("worker", "runner", "kubernetes")}, DrainNone, ""},
		{"none, and it takes an address", []func(*World){with(settings.DrainNone), need("address")}, DrainNone, "address"},
		{"by a hook that there is", []func(*World){with(settings.DrainHook), host, hook}, DrainHook, ""},
		{"by a hook that there is not", []func(*World){with(settings.DrainHook)}, DrainHook, "no terminating lifecycle hook"},
		{"by ECS", []func(*World){with(settings.DrainECS), host, hook}, DrainECS, ""},
		{"by ECS, in a cluster that cannot be told", []func(*World){with(settings.DrainECS)}, DrainECS, "does not tell which ECS cluster"},
		{"by ECS, in a cluster that is not there", []func(*World){host, func(w *World) { w.Group.NoCluster = "the cluster does not exist" }}, DrainECS, "does not exist"},
		{"by a hook, in a cluster that is not there", []func(*World){host, hook, func(w *World) { w.Group.NoCluster = "the cluster does not exist" }}, DrainHook, ""},
		{"the template was not read, and the record knows the cluster", []func(*World){func(w *World) {
			w.Template, w.Record.Clusters = Template{}, []string{"old", "prod"}
		}}, DrainECS, ""},
		{"the template was not read, and nobody knows a cluster", []func(*World){with(settings.DrainECS), func(w *World) { w.Template = Template{} }}, DrainECS, ""},
	} {
		w := web()
		for _, change := range c.world {
			change(&w)
		}
		if got := Drain(w); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
		why := Refusal(w)
		if (why == "") != (c.refused == "") || !strings.Contains(why, c.refused) {
			t.Errorf("%s: refused since %q, want %q", c.name, why, c.refused)
		}
		if why != "" && Step(w) == "" {
			t.Errorf("%s: no step", c.name)
		}
	}
}

func TestTheClustersOfBeforeAreKnown(t *testing.T) {
	t.Parallel()
	w := web()
	hostsOf(&w, 1)
	for _, name := range []string{"a", "b", "a", "c", "d"} {
		w.Template.Cluster = name
		w.Record = Decide(w).Record
	}
	if got := fmt.Sprint(w.Record.Clusters, Clusters(w)); got != "[a c d] [d c a]" {
		t.Errorf("%s", got)
	}
	w.Template.CopyOf, w.Template.Cluster = noon, "e" // a copy judges nobody
	if got := Decide(w).Record.Clusters; !slices.Equal(got, w.Record.Clusters) {
		t.Errorf("%s by a copy", got)
	}
	w.Template.CopyOf, w.Group.DrainHooks = time.Time{}, []string{"drain"}
	if got := Decide(w).Record.Clusters; got != nil || Clusters(w) != nil {
		t.Errorf("%s where a hook drains, and %s are asked", got, Clusters(w))
	}
	w.Record.Drains = map[string]ledger.Drain{"i-oda": {At: noon}}
	if got := Clusters(w); !slices.Equal(got, []string{"d", "c", "a"}) {
		t.Errorf("%s are asked for who is to be ACTIVE again", got)
	}
}

func TestHostsAreThoseOfWhomSomethingIsDecided(t *testing.T) {
	t.Parallel()
	w := web()
	if got := Hosts(w); !slices.Equal(got, []string{"i-oda", "i-odb", "i-odc"}) {
		t.Errorf("before anything is begun: %s", got)
	}
	s := ours("i-s1", "a")
	w.add(s, ours("i-s2", "b"), attached("i-s3", "c"))
	w.intends(ledger.Swap, "", "i-oda", "a", time.Minute)
	w.Record.Intents[0].Launch.Nonce = s.Nonce
	w.Record.Orphans = map[string]time.Time{"i-s2": noon}
	w.Record.Watched = map[string]ledger.Watch{"i-s3": {}}
	w.Record.Drains = map[string]ledger.Drain{"i-odb": {At: noon}, "i-gone": {At: noon}}
	if got := Hosts(w); !slices.Equal(got, []string{"i-oda", "i-odb", "i-s1", "i-s2", "i-s3"}) {
		t.Errorf("%s", got)
	}
}

func TestAVictimIsPassedOverForLongerEachTime(t *testing.T) {
	t.Parallel()
	for times, want := range map[int]time.Duration{1: time.Hour, 2: 2 * time.Hour, 5: 16 * time.Hour, 9: 24 * time.Hour} {
		w := web()
		w.Record.Drains = map[string]ledger.Drain{"i-oda": {Over: noon, Times: times}}
		for after, passed := range map[time.Duration]bool{want - time.Second: true, want: false} {
			w.Now = noon.Add(after)
			if r := newRun(w); r.passedOver("i-oda") != passed || r.eligible(*w.at("i-oda")) == passed {
				t.Errorf("%d times, %s later: passed over %t", times, after, !passed)
			}
		}
	}
}

func TestWhoWasPassedOverIsForgottenInTheEnd(t *testing.T) {
	t.Parallel()
	w := web()
	hostsOf(&w, 1)
	w.Record.Drains = map[string]ledger.Drain{"i-oda": {Over: noon.Add(-48 * time.Hour), Times: 3}, "i-odb": {Over: noon.Add(-47 * time.Hour), Times: 3}}
	if got := Decide(w).Record.Drains; len(got) != 1 || got["i-odb"].Times != 3 {
		t.Errorf("%+v", got)
	}
	if w.Record.Open() {
		t.Error("what is only remembered keeps the record open")
	}
}

// TestNoHostIsEndedWithTasksOnIt draws worlds, and hosts in whatever state, and holds every end against the tasks.
func TestNoHostIsEndedWithTasksOnIt(t *testing.T) {
	t.Parallel()
	ends, drained := 0, 0
	for seed := range uint64(8_000) {
		rng := rand.New(rand.NewPCG(seed, 20))
		w := drawn(rng)
		hostsOf(&w, 0)
		w.Record.Drains = map[string]ledger.Drain{}
		for n := range w.Instances {
			i := &w.Instances[n]
			i.Container.Tasks, i.Container.Status = rng.IntN(3), []string{"ACTIVE", draining}[rng.IntN(2)]
			switch rng.IntN(8) {
			case 0:
				i.Container = Container{Asked: true}
			case 1:
				i.Container = Container{}
			}
			if rng.IntN(6) == 0 {
				w.Record.Drains[i.ID] = ledger.Drain{At: noon.Add(-time.Duration(rng.IntN(1000)) * time.Second), Set: true, Owners: rng.IntN(5) == 0}
			}
		}
		p := Decide(w)
		awake := map[string]bool{}
		for _, a := range p.Actions {
			switch i := w.at(orFirst(w, a.Instance)); a.Kind {
			case Retire, Terminate:
				ends++
				if fault := cutsTasks(w, p, *i); fault != "" {
					t.Fatalf("seed %d: %s of %s: %s\n%s", seed, a.Kind, i.ID, fault, render(p))
				}
			case SetDraining:
				drained++
				if i.Container.ARN != a.Container || !p.Record.Drains[i.ID].Open() {
					t.Fatalf("seed %d: %s is set DRAINING, and the record does not say so\n%s", seed, i.ID, render(p))
				}
			case SetActive:
				awake[i.ID] = true
				if p.Record.Drains[i.ID].At.IsZero() || p.Record.Drains[i.ID].Owners {
					t.Fatalf("seed %d: %s is set ACTIVE, which was not set DRAINING by us\n%s", seed, i.ID, render(p))
				}
			}
		}
		for _, a := range p.Actions {
			if (a.Kind == Retire || a.Kind == Terminate) && awake[a.Instance] {
				t.Fatalf("seed %d: %s is to be ACTIVE, and %s\n%s", seed, a.Instance, a.Kind, render(p))
			}
		}
	}
	if ends < 400 || drained < 150 {
		t.Errorf("only %d ends and %d drains were drawn", ends, drained)
	}
}

func orFirst(w World, id string) string {
	if slices.ContainsFunc(w.Instances, func(i Instance) bool { return i.ID == id }) {
		return id
	}
	return w.Instances[0].ID
}

// cutsTasks says why an instance may not be ended for the tasks on it; empty where it may.
func cutsTasks(w World, p Plan, i Instance) string {
	d, c := w.Record.Drains[i.ID], i.Container
	_, doomed := p.Record.Notices[i.ID]
	unknown := c.Asked && !c.Known() && w.Now.Sub(i.Launched) >= registersFor
	waited := i.Ours && d.Open() && w.Now.Sub(d.At) >= drainUnwanted
	if Drain(w) != DrainECS || doomed || unknown || waited || !i.Live() || c.Known() && c.Status == draining && c.Tasks == 0 {
		return ""
	}
	return fmt.Sprintf("%+v, %+v", c, d)
}
