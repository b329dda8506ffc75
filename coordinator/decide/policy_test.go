package decide

import (
	"slices"
	"strings"
	"testing"
	"time"

	"autospotting/coordinator/settings"
)

// listing is the group with a mixed instances policy of 100 % on-demand that lists these types.
func listing(types ...string) World {
	w := web()
	w.Group.Policy, w.Group.Types = true, types
	if len(types) > 0 {
		w.Template.Type = types[0]
	}
	return w
}

func TestOnlyWhatThePolicyListsIsLaunched(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		types []string
		allow []string
		want  string
	}{
		{"the list", []string{"m5.large", "m6a.large"}, nil, "m5.large m6a.large"},
		{"no list", nil, nil, "m5.large m5a.large m6i.large m6a.large r5.large"},
		{"of the list what the tag allows", []string{"m5.large", "m6a.large"}, []string{"m6*"}, "m6a.large"},
		{"the victim's own, where it is listed", []string{"m5.large", "m6a.large"}, []string{settings.Current}, "m5.large"},
		{"nothing, where the tag allows none of them", []string{"m5.large"}, []string{"r5.large"}, ""},
	} {
		w := listing(c.types...)
		w.Settings.Allow = c.allow
		if got := strings.Join(offered(Decide(w)), " "); got != c.want {
			t.Errorf("%s: offered are %q, want %q", c.name, got, c.want)
		}
	}
}

func TestABurstableTypeThatThePolicyListsIsWanted(t *testing.T) {
	t.Parallel()
	w := listing("m5.large", "m5a.large")
	x := w.Catalog.Types["m5a.large"]
	x.Burstable = true
	w.Catalog.Types["m5a.large"] = x
	if got := offered(Decide(w)); !slices.Contains(got, "m5a.large") {
		t.Errorf("offered are %v", got)
	}
	w.Group.Types = nil
	if got := offered(Decide(w)); slices.Contains(got, "m5a.large") {
		t.Errorf("without a list offered are %v", got)
	}
}

// Of several types on a list each member stands for its own: else a small one would be replaced at the price of the first.
func TestAMemberIsReplacedByWhatItIsItself(t *testing.T) {
	t.Parallel()
	w := listing("r5.large", "m5.large")
	r := newRun(w)
	if got := r.ownersType(Instance{Type: "m5.large"}); got != "m5.large" {
		t.Errorf("an on-demand member stands for %s", got)
	}
	if got := r.ownersType(Instance{Type: "m6a.large", Spot: true}); got != "r5.large" {
		t.Errorf("a spot member stands for %s", got)
	}
	r = newRun(listing("r5.large"))
	if got := r.ownersType(Instance{Type: "m5.large"}); got != "r5.large" {
		t.Errorf("where the list has one type it is %s", got)
	}
}

func TestThePolicysBaseStaysOnDemand(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ base, keep, size, want int }{{0, 1, 3, 1}, {2, 1, 3, 2}, {1, 2, 3, 2}, {9, 0, 3, 3}} {
		w := listing()
		w.Group.OnDemandBase, w.Settings.KeepOnDemand.Count = c.base, c.keep
		if got := Keep(w, c.size); got != c.want {
			t.Errorf("%+v: %d", c, got)
		}
	}
	w := listing()
	w.Group.OnDemandBase = 3
	if got := offered(Decide(w)); len(got) > 0 {
		t.Errorf("all are the base, and offered are %v", got)
	}
}

// Whether a policy counts spot that was attached is not documented. One that does undoes every swap.
func TestAPolicyThatTakesSpotBackIsAFailure(t *testing.T) {
	t.Parallel()
	taken := Activity{Kind: GroupTook, Instance: "i-s1", At: noon.Add(-time.Minute)}
	for _, c := range []struct {
		name   string
		change func(*World)
		counts int
	}{
		{"the group took it", func(*World) {}, 1},
		{"somebody lowered desired", func(w *World) { w.Activities[0].Desired = 2 }, 0},
		{"the activity failed", func(w *World) { w.Activities[0].Failed = true }, 0},
		{"it was another instance", func(w *World) { w.Activities[0].Instance = "i-s2" }, 0},
		{"a request of its owner's", func(w *World) { w.Activities[0].Kind = UserShrink }, 0},
		{"a group without a policy", func(w *World) { w.Group.Policy = false }, 0},
	} {
		w := listing("m5.large")
		w.Record.Proving = map[string]time.Time{"i-s1": noon.Add(-10 * time.Minute)}
		w.Activities = []Activity{taken}
		c.change(&w)
		p := Decide(w)
		if p.Record.Failures != c.counts || strings.Contains(p.Record.Cause, "mixed instances policy") != (c.counts > 0) {
			t.Errorf("%s: %d failures, cause %q", c.name, p.Record.Failures, p.Record.Cause)
		}
	}
	w := listing("m5.large")
	w.Record.Failures = pauseAfter - 1
	w.Record.Proving = map[string]time.Time{"i-s1": noon.Add(-10 * time.Minute)}
	w.Activities = []Activity{taken}
	if p := Decide(w); p.Record.Status.Code != "paused" || !strings.Contains(p.Record.Status.Reason, "OnDemandPercentageAboveBaseCapacity") || len(p.Record.Pools) > 0 {
		t.Errorf("%+v, pools %v", p.Record.Status, p.Record.Pools)
	}
}
