package decide

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/decide/view"
	"autospotting/coordinator/ledger"
	"autospotting/coordinator/settings"
)

func TestAHookThatCannotBeReadMayBeThere(t *testing.T) {
	t.Parallel()
	w := web()
	w.Settings.DrainWith = settings.DrainHook
	if why := undrainable(w); !strings.Contains(why, "no terminating lifecycle hook") || undrainableStep(w) != drainHook {
		t.Errorf("%q, %q", why, undrainableStep(w))
	}
	w.Group.HooksUnread = true
	if why := undrainable(w); why != "" {
		t.Errorf("it cannot be read: %q", why)
	}
	w.Settings.DrainWith = settings.DrainECS
	if step := undrainableStep(w); !strings.Contains(step, "ECS_CLUSTER") {
		t.Errorf("%q", step)
	}
}

func TestOfManyHostsSomeAreAsked(t *testing.T) {
	t.Parallel()
	w := web()
	w.Instances = nil
	for n := range 3 * mostHosts {
		w.Instances = append(w.Instances, Instance{ID: fmt.Sprintf("i-%03d", n), Member: true, State: "running"})
	}
	if got := Hosts(w); len(got) != mostHosts {
		t.Errorf("%d", len(got))
	}
	w.Record.Drains = map[string]ledger.Drain{"i-059": {At: noon}}
	if got := Hosts(w); !slices.Equal(got, []string{"i-059"}) {
		t.Errorf("where one is on its way out: %v", got)
	}
}

func TestWhereTheClusterCannotBeAskedNobodyIsHeldBackByIt(t *testing.T) {
	t.Parallel()
	w := web()
	w.Template.Needs, w.Template.Cluster = []UserNeed{{Need: "ecs"}}, "prod"
	if newRun(w).registered(Instance{ID: "i-s1"}) {
		t.Error("one that the cluster does not know takes tasks")
	}
	w.Missing = []Missing{{What: ReadContainers}}
	if !newRun(w).registered(Instance{ID: "i-s1"}) {
		t.Error("it is not known who is registered")
	}
}

func TestAReplacementWaitsForTasksSoLongAndGoes(t *testing.T) {
	t.Parallel()
	w := web()
	w.Template.Needs, w.Template.Cluster = []UserNeed{{Need: "ecs"}}, "prod"
	w.Settings.DrainWith = settings.DrainECS
	long := w.Settings.Grace + w.Settings.BootLimit + 2*drainFor
	s := Instance{ID: "i-s1", State: "running", Spot: true, Launched: noon.Add(-long)}
	it := ledger.Intent{Purpose: ledger.Swap, Victim: "i-oda", Instance: "i-s1", Zone: "a", At: w.Now.Add(-long), Launch: ledger.Launch{Spot: true, SourceHash: w.Template.Hash}}
	r := newRun(w)
	r.rung = Serve
	if !r.drainsLast(&it) || !strings.Contains(r.unwanted(&it, s), "came to an end") {
		t.Errorf("after %s: %q", long, r.unwanted(&it, s))
	}
	it.At = it.At.Add(time.Second)
	if r.drainsLast(&it) {
		t.Error("a second early")
	}
}

func TestWhoWasPassedOverIsSpared(t *testing.T) {
	t.Parallel()
	w := web()
	w.Record.Drains = map[string]ledger.Drain{"i-oda": {Over: w.Now.Add(-passedFor + time.Second), Times: 1}}
	if why := newRun(w).spared(*w.at("i-oda")); why != "its work did not end" {
		t.Errorf("%q", why)
	}
	w.Record.Drains["i-oda"] = ledger.Drain{Over: w.Now.Add(-passedFor), Times: 1}
	if why := newRun(w).spared(*w.at("i-oda")); why != "" {
		t.Errorf("an hour later: %q", why)
	}
}

func TestWhoGoesWhateverComes(t *testing.T) {
	t.Parallel()
	debt := func(phase books.Phase, victim string) books.Books {
		return books.Edited(func(k *books.Stored) {
			k.Pairs = []books.StoredDebt{{Phase: phase, Victim: victim, Intent: books.StoredLaunch{Instance: "i-s1"}}}
		})
	}
	for name, c := range map[string]struct {
		books books.Books
		goes  bool
	}{"whose attach is undone": {debt(books.Undoing, "i-oda"), true}, "who replaces another": {debt(books.Attached, "i-oda"), false}} {
		w := web()
		w.Record.Books = c.books
		if got := newRun(w).goes("i-s1"); got != c.goes {
			t.Errorf("%s: %t", name, got)
		}
	}
}

func TestOnlyGradualReplacementsWaitForTasksAndGo(t *testing.T) {
	t.Parallel()
	w := web()
	w.Settings.DrainWith = settings.DrainECS
	it := ledger.Intent{Purpose: ledger.Replace, At: w.Now.Add(-24 * time.Hour)}
	if newRun(w).drainsLast(&it) {
		t.Error("one that is awaited goes since others drain")
	}
	it.Purpose = ledger.Swap
	if !newRun(w).drainsLast(&it) {
		t.Error("it waits for ever")
	}
}

func TestAHostIsRegisteredOnceItsAgentSpeaks(t *testing.T) {
	t.Parallel()
	w := web()
	w.Settings.DrainWith = settings.DrainECS
	for _, c := range []struct {
		host view.Container
		want bool
	}{
		{view.Container{ARN: "arn", Connected: true, Status: "ACTIVE"}, true},
		{view.Container{Connected: true, Status: "ACTIVE"}, false},
		{view.Container{ARN: "arn", Status: "ACTIVE"}, false},
		{view.Container{ARN: "arn", Connected: true, Status: draining}, false},
	} {
		if got := newRun(w).registered(Instance{ID: "i-s1", Container: c.host}); got != c.want {
			t.Errorf("%+v: %t", c.host, got)
		}
	}
}

func TestWhoIsPassedOverIsNotDrainedAgainForAnother(t *testing.T) {
	t.Parallel()
	w := web()
	w.Settings.DrainWith = settings.DrainECS
	i := w.at("i-oda")
	i.Container = view.Container{Asked: true, Cluster: "prod", ARN: "arn", Connected: true, Status: "ACTIVE", Tasks: 1}
	w.Record.Drains = map[string]ledger.Drain{"i-oda": {Over: w.Now, Times: 1}}
	r := newRun(w)
	if ok, why := r.emptied("i-oda", "i-s1"); ok || !strings.Contains(why, "passed over") || len(r.plan.Actions) > 0 {
		t.Errorf("%t, %q, %v", ok, why, r.plan.Actions)
	}
}
