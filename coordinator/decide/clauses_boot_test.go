package decide

import (
	"slices"
	"strings"
	"testing"
	"time"

	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/decide/view"
	"autospotting/coordinator/ledger"
	"autospotting/coordinator/settings"
)

func TestAnAnswerForOneNeedIsNoneForAnother(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		needs []string
		skip  bool
		found string
	}{
		{"helpers with a role of their own need no membership", []string{"cloudformation-helpers"}, false, ""},
		{"skip-launch-hooks answers for a boot that completes one", []string{"launch-hook"}, true, ""},
		{"and for nothing else", []string{"launch-hook", "address"}, true, "address"},
	} {
		w := web()
		w.Settings.Attach, w.Settings.SkipHooks = settings.AttachReady, c.skip
		for _, n := range c.needs {
			w.Template.Needs = append(w.Template.Needs, UserNeed{Need: n, Where: "line 1"})
		}
		if a, _, _ := unmet(w); a.need != c.found {
			t.Errorf("%s: %q", c.name, a.need)
		}
	}
}

func TestHelpersWithARoleOfTheirOwnNeedNoProof(t *testing.T) {
	t.Parallel()
	w := web()
	w.Template.Needs = []UserNeed{{Need: "cloudformation-helpers"}}
	r := newRun(w)
	r.watch(&ledger.Intent{Purpose: ledger.Swap, Instance: "i-s1"}, Instance{ID: "i-s1"})
	if got := r.rec.Watched["i-s1"]; got.Member || got.Unproven {
		t.Errorf("%+v", got)
	}
	w.Template.Needs = append(w.Template.Needs, UserNeed{Need: membership})
	r = newRun(w)
	r.watch(&ledger.Intent{Purpose: ledger.Swap, Instance: "i-s1"}, Instance{ID: "i-s1"})
	if got := r.rec.Watched["i-s1"]; !got.Member || !got.Unproven {
		t.Errorf("with membership: %+v", got)
	}
}

func TestTheWatchCountsFromTheAttachThatWasSent(t *testing.T) {
	t.Parallel()
	rec := ledger.Record{Watched: map[string]ledger.Watch{"i-s1": {At: noon}}}
	d := books.Debt{Replacement: books.Replacement{Instance: "i-s1"}}
	if proves(&rec, d, noon.Add(time.Minute)); !rec.Watched["i-s1"].At.Equal(noon.Add(time.Minute)) {
		t.Errorf("%+v", rec.Watched)
	}
}

func TestAMemberThatCameTooLateForItsBootIsGivenUpAtOnce(t *testing.T) {
	t.Parallel()
	r := newRun(web())
	i := Instance{ID: "i-s1", Launched: noon.Add(-3 * time.Minute)}
	if why := r.failing(i, ledger.Watch{At: i.Launched.Add(heededFor + time.Second), Member: true}); !strings.Contains(why, "too late") {
		t.Errorf("%q", why)
	}
	if why := r.failing(i, ledger.Watch{At: i.Launched.Add(heededFor), Member: true}); why != "" {
		t.Errorf("in time: %q", why)
	}
}

func TestWhoWasHandedToTheGroupIsNotHandedAgain(t *testing.T) {
	t.Parallel()
	for _, released := range []time.Time{{}, noon} {
		w := web()
		w.Now = noon
		r := newRun(w)
		r.rec.Watched = map[string]ledger.Watch{"i-oda": {At: noon.Add(-time.Hour), Failed: true, Released: released}}
		r.giveUp(*w.at("i-oda"), r.rec.Watched["i-oda"], "it was not up in time")
		again := slices.ContainsFunc(r.plan.Actions, func(a Action) bool { return a.Kind == Retire })
		if again != released.IsZero() {
			t.Errorf("released %s: %v", released, r.plan.Actions)
		}
	}
}

// With attach=ready who is awaited becomes a member as soon as its boot is over, whether its cluster knows it or not.
func TestWhoIsAwaitedNeedNotBeWhole(t *testing.T) {
	t.Parallel()
	w := web()
	w.Settings.Attach = settings.AttachReady
	w.Template.Needs, w.Template.Cluster = []UserNeed{{Need: "ecs"}}, "prod"
	s := Instance{ID: "i-s1", State: "running", Spot: true, Launched: w.Now.Add(-time.Minute)}
	for _, c := range []struct {
		name    string
		purpose ledger.Purpose
		said    ledger.Said
		want    bool
	}{
		{"a replacement for who is taken, whose boot is over", ledger.Replace, ledger.Said{Hello: w.Now, Booted: w.Now}, true},
		{"one that only said hello", ledger.Replace, ledger.Said{Hello: w.Now}, false},
		{"one that nobody waits for", ledger.Swap, ledger.Said{Hello: w.Now, Ready: w.Now, Started: w.Now}, false},
	} {
		r := newRun(w)
		r.rec.Said = map[string]ledger.Said{"i-s1": c.said}
		it := ledger.Intent{Purpose: c.purpose, Victim: "i-oda", Instance: "i-s1"}
		if got := r.attachable(&it, s); got != c.want {
			t.Errorf("%s: %t", c.name, got)
		}
	}
}

func TestALaunchForWhoWasTakenIsUrgentWithoutItsNotice(t *testing.T) {
	t.Parallel()
	w := web()
	if newRun(w).urgent() {
		t.Error("nothing is under way")
	}
	w.Record.Intents = []ledger.Intent{{Purpose: ledger.Fill}}
	if !newRun(w).urgent() {
		t.Error("a place is to be filled")
	}
}

// owedFor is books with one debt of that purpose.
func owedFor(purpose books.Purpose) books.Books {
	return books.Edited(func(k *books.Stored) {
		k.Pairs = []books.StoredDebt{{Phase: books.Attached, Victim: "i-oda", Intent: books.StoredLaunch{Purpose: purpose, Instance: "i-s1"}}}
	})
}

func TestADebtForWhoIsTakenIsUrgent(t *testing.T) {
	t.Parallel()
	for purpose, want := range map[books.Purpose]bool{books.Replace: true, books.Swap: false} {
		w := web()
		w.Record.Books = owedFor(purpose)
		if got := newRun(w).urgent(); got != want {
			t.Errorf("%s: %t", purpose, got)
		}
	}
}

func TestAPlaceIsBeingFilledByFillsToo(t *testing.T) {
	t.Parallel()
	w := web()
	w.Record.Intents = []ledger.Intent{{Purpose: ledger.Fill}, {Purpose: ledger.Replace}, {Purpose: ledger.Swap}}
	if got := newRun(w).filling(); got != 2 {
		t.Errorf("%d", got)
	}
}

func TestOnlyWhatRunsIsReady(t *testing.T) {
	t.Parallel()
	w := web()
	s := Instance{ID: "i-s1", State: "pending", StatusOK: true, Launched: w.Now.Add(-time.Hour)}
	it := ledger.Intent{Purpose: ledger.Swap, Victim: "i-oda", Instance: "i-s1"}
	if newRun(w).ready(&it, s) {
		t.Error("it does not run yet")
	}
	s.State = "running"
	if !newRun(w).ready(&it, s) {
		t.Error("its grace is over")
	}
	w.Template.Needs = []UserNeed{{Need: membership}}
	if newRun(w).ready(&it, s) {
		t.Error("its application has not even begun before it is a member")
	}
}

func TestWithAttachReadyTheEndOfTheBootIsNotEnough(t *testing.T) {
	t.Parallel()
	w := web()
	w.Group.LoadBalanced = true
	for n := range w.Instances {
		w.Instances[n].Balancer = view.BalancerHealthy
	}
	if got := Mode(w); got != WhenStarted {
		t.Errorf("auto behind a load balancer: %s", got)
	}
	w.Settings.Attach = settings.AttachReady
	if got := Mode(w); got != WhenReady {
		t.Errorf("ready: %s", got)
	}
}

func TestTheGraceOfWhatWasAttachedEarlyCountsFromThere(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name             string
		launched, attach time.Duration // ago, in graces
		early, up        bool
	}{
		{"from its attach", 3, 1, true, true},
		{"and not a second less", 3, 0, true, false},
		{"from its launch where it was ready by then", 3, 0, false, true},
		{"from its launch where that came later", 0, 3, true, false},
	} {
		w := web()
		grace := w.Settings.Grace
		i := Instance{ID: "i-s1", State: "running", Ours: true, StatusOK: true, Launched: w.Now.Add(-c.launched * grace)}
		r := newRun(w)
		r.rec.Watched = map[string]ledger.Watch{"i-s1": {At: w.Now.Add(-c.attach * grace), Early: c.early}}
		if got := r.up(i); got != c.up {
			t.Errorf("%s: %t", c.name, got)
		}
	}
}

func TestOnlyAHealthyTargetStartsSlowly(t *testing.T) {
	t.Parallel()
	w := web()
	w.Group.SlowStart = time.Minute
	r := newRun(w)
	for _, c := range []struct {
		balancer string
		since    time.Duration
		slow     bool
	}{{view.BalancerHealthy, 0, true}, {view.BalancerHealthy, time.Minute, false}, {"", 0, false}} {
		if got := r.startsSlowly(Instance{Balancer: c.balancer}, ledger.Watch{Healthy: w.Now.Add(-c.since)}); got != c.slow {
			t.Errorf("%q for %s: %t", c.balancer, c.since, got)
		}
	}
	if !r.startsSlowly(Instance{Balancer: view.BalancerHealthy}, ledger.Watch{}) {
		t.Error("it was not seen healthy before")
	}
}

func TestNobodyMustProveWhatNeedsNoHelpers(t *testing.T) {
	t.Parallel()
	w := web()
	w.Template.Mute = true
	w.Template.Needs = []UserNeed{{Need: membership}}
	if unproven(w) {
		t.Error("the Auto Scaling API knows an attached instance at once")
	}
	w.Template.Needs = append(w.Template.Needs, UserNeed{Need: "cloudformation-helpers"})
	if !unproven(w) {
		t.Error("CloudFormation may not")
	}
	w.Group.Enabled = false
	r := newRun(w)
	if !r.unprovable() {
		t.Error("nobody who came by an attach is up")
	}
	w.Template.Needs = nil
	if newRun(w).unprovable() {
		t.Error("there is nothing to prove")
	}
}

func TestWhoIsProtectedFromTerminationIsNotGivenUp(t *testing.T) {
	t.Parallel()
	for _, change := range []func(*Instance){func(i *Instance) { i.Undeletable = true }, func(i *Instance) { i.Protected = true }} {
		w := web()
		r := newRun(w)
		i := *w.at("i-oda")
		change(&i)
		r.rec.Watched = map[string]ledger.Watch{i.ID: {At: noon, Failed: true}}
		if r.giveUp(i, r.rec.Watched[i.ID], "it was not up in time"); len(r.plan.Actions) > 0 || len(r.rec.Watched) > 0 {
			t.Errorf("%v, %v", r.plan.Actions, r.rec.Watched)
		}
	}
}

func TestThatMaxSizeIsRaisedForAGroupOfOneIsSaidBeforeItIs(t *testing.T) {
	t.Parallel()
	for _, lent := range []bool{false, true} {
		w := web()
		w.Group.Min, w.Group.Max, w.Group.Desired = 1, 1, 1
		w.Group.LoadBalanced, w.Settings.AllowMaxOne = true, true
		w.Instances = w.Instances[:1]
		r := newRun(w)
		if lent {
			r.b.Borrow(1, 2, w.Now)
		}
		r.toSpot()
		said := slices.ContainsFunc(r.plan.Why, func(b Line) bool { return strings.Contains(b.Text, "MaxSize is raised to 2") })
		if said == lent {
			t.Errorf("lent %t: %v", lent, r.plan.Why)
		}
	}
}
