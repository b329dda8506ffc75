package sim_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"autospotting/coordinator/lab/stage"
	"autospotting/pkg/cloudsim"
)

// like is the demo's group with these differences, its own instances up.
func like(t *testing.T, cfg cloudsim.Config, spec cloudsim.GroupSpec) *world {
	t.Helper()
	spec.Name, spec.Tags = group, map[string]string{"spot-enabled": "true"}
	if cfg.Seed == 0 {
		cfg.Seed = 3
	}
	w := newWorld(t, stage.Config{Cloud: cfg, Group: spec})
	if !w.until(10*time.Minute, func() bool { return w.cloud.Ready(group) == spec.Desired }) {
		w.fail("the group's own instances did not come up")
	}
	return w
}

// served waits until so many are on spot, the rest on-demand, and nothing is open, and checks that no promise was broken.
func (w *world) served(spot int) {
	w.t.Helper()
	is := func() bool {
		g, _ := w.cloud.Group(group)
		return !w.record().Open() && len(g.Members) == g.Desired && w.stage.Serving(true) == spot && w.stage.Serving(false) == g.Desired-spot
	}
	if !w.until(3*time.Hour, is) {
		w.fail("not %d on spot, but %d, and %d on-demand", spot, w.stage.Serving(true), w.stage.Serving(false))
	}
	w.cloud.RunUntil(w.cloud.Now().Add(20 * time.Minute))
	if v := w.check.Violations(); !is() || len(v) > 0 {
		w.fail("it did not stay so, or a promise was broken: %v", v)
	}
}

func TestAGroupOfOneIsSwappedAndItsMaxSizeGivenBack(t *testing.T) {
	t.Parallel()
	w := like(t, cloudsim.Config{}, cloudsim.GroupSpec{Min: 1, Max: 1, Desired: 1})
	w.served(1)
	g, _ := w.cloud.Group(group)
	if g.Min != 1 || g.Max != 1 || g.Desired != 1 {
		w.fail("sizes are %d, %d, %d", g.Min, g.Max, g.Desired)
	}
	told := func(says string) bool {
		return slices.ContainsFunc(w.story, func(line string) bool { return strings.Contains(line, says) })
	}
	if !told("MaxSize is raised to 2 for minutes at each replacement") || !told("max 1 to 2") || !told("max 2 to 1") {
		w.fail("MaxSize was not raised, or it was not said")
	}
}

func TestAGroupThatNamesZonesOnlyIsSwappedInTheirDefaultSubnets(t *testing.T) {
	t.Parallel()
	w := like(t, cloudsim.Config{}, cloudsim.GroupSpec{Min: 2, Max: 4, Desired: 3, ZonesOnly: true})
	w.served(3)
}

// A policy of 100 % on-demand that leaves alone what is attached: what it lists is what is launched, and its base stays.
func TestAGroupWithAPolicyIsSwappedByItsTypes(t *testing.T) {
	t.Parallel()
	listed := []string{"m5.large", "m5a.large", "m6i.large", "r5.large"}
	w := like(t, cloudsim.Config{}, cloudsim.GroupSpec{Min: 2, Max: 6, Desired: 6, Mixed: &cloudsim.MixedPolicy{Types: listed, OnDemandBase: 2, OnDemandPercent: 100}})
	w.served(4)
	types := map[string]bool{}
	for _, i := range w.cloud.Instances() {
		if types[i.Type] = true; !slices.Contains(listed, i.Type) {
			w.fail("%s is of type %s, which the policy does not list", i.ID, i.Type)
		}
	}
	if len(types) < 2 {
		w.fail("only %v: the list is not used", slices.Collect(maps.Keys(types)))
	}
}

// The other reading: the group takes spot back as often as it is put in. Nobody is ever missing, the owner is told why, and it is tried ever more seldom.
func TestAPolicyThatTakesSpotBackIsNotFoughtForEver(t *testing.T) {
	t.Parallel()
	w := like(t, cloudsim.Config{Readings: cloudsim.Readings{PolicyCountsAttached: true}},
		cloudsim.GroupSpec{Min: 2, Max: 6, Desired: 6, Mixed: &cloudsim.MixedPolicy{Types: []string{"m5.large", "m5a.large", "m6i.large"}, OnDemandPercent: 100}})
	launches := 0
	w.cloud.OnCall(nil, func(c cloudsim.Call) cloudsim.Verdict {
		if coordinators(c.Session) && c.Op == "CreateFleet" {
			launches++
		}
		return cloudsim.GoOn
	})
	if !w.until(6*time.Hour, func() bool {
		s := w.record().Status
		return s.Code == "paused" && strings.Contains(s.Reason, "mixed instances policy")
	}) {
		w.fail("the owner is not told: %+v", w.record().Status)
	}
	w.cloud.RunUntil(w.cloud.Now().Add(24 * time.Hour))
	before := launches
	w.cloud.RunUntil(w.cloud.Now().Add(24 * time.Hour))
	if again := launches - before; again > 8 {
		w.fail("%d launches in a day, %d before it", again, before)
	}
	g, _ := w.cloud.Group(group)
	if v := w.check.Violations(); len(v) > 0 || g.Desired != 6 || g.Max != 6 || len(w.strays()) > 0 {
		w.fail("desired %d, MaxSize %d, left behind %v, broken: %v", g.Desired, g.Max, w.strays(), v)
	}
}

// A launching hook that goes on by itself, and of which nobody hears, refuses nothing. It only delays what the group launches itself.
func TestAGroupWhoseLaunchingHookOnlyWaitsIsServed(t *testing.T) {
	t.Parallel()
	w := like(t, cloudsim.Config{}, cloudsim.GroupSpec{Min: 2, Max: 6, Desired: 4, Hooks: []cloudsim.Hook{{Name: "warm", Transition: cloudsim.HookLaunching, Heartbeat: time.Minute, Result: "CONTINUE"}}})
	w.cloud.PutRule(cloudsim.BusRule{Name: "of-another-group", Pattern: `{"source": ["aws.autoscaling"], "detail": {"AutoScalingGroupName": ["api"]}}`, Targets: []string{"arn:aws:sqs:us-east-1:123456789012:q"}})
	w.cloud.PutRule(cloudsim.BusRule{Name: "of-another-bus", Bus: "shop", Pattern: `{"source": [{"prefix": ""}]}`, Targets: []string{"arn:aws:sqs:us-east-1:123456789012:q"}})
	w.served(4)
	got := w.notice()
	if got.launched == 0 || got.launched > 10*time.Second {
		w.fail("a notice was answered after %s", got.launched)
	}
	w.served(4)
}

// A rule that hears of the hook is heeded as soon as it is known, and so is that it is gone.
func TestARuleThatHearsOfTheHookRefusesTheGroup(t *testing.T) {
	t.Parallel()
	w := like(t, cloudsim.Config{}, cloudsim.GroupSpec{Min: 2, Max: 6, Desired: 4, Hooks: []cloudsim.Hook{{Name: "warm", Transition: cloudsim.HookLaunching, Heartbeat: time.Minute, Result: "CONTINUE"}}})
	rule := cloudsim.BusRule{Name: "setup", Pattern: `{"source": ["aws.autoscaling"], "detail-type": [{"prefix": "EC2 Instance-launch"}]}`, Targets: []string{"arn:aws:lambda:us-east-1:123456789012:function:setup"}}
	w.cloud.PutRule(rule)
	if !w.until(2*time.Hour, func() bool { return w.record().Status.Code == "refused" }) || !strings.Contains(w.record().Status.Reason, "EventBridge's rule setup may hear of warm") {
		w.fail("the group is %+v", w.record().Status)
	}
	before := w.stage.Serving(true)
	w.cloud.RunUntil(w.cloud.Now().Add(time.Hour))
	if n := w.stage.Serving(true); n != before || n == 4 {
		w.fail("swaps went on: %d on spot, at the refusal %d", n, before)
	}
	rule.Disabled = true
	w.cloud.PutRule(rule)
	w.served(4)
}

// Where nothing else tells when the application is up, the hook does: its owner gives it that time. (Before the hook's wait counted, victims were
// retired for replacements on which the application had not started.)
func TestAHookThatOnlyWaitsTellsHowLongTheApplicationTakes(t *testing.T) {
	t.Parallel()
	spec := cloudsim.GroupSpec{Min: 2, Max: 4, Desired: 2, Hooks: []cloudsim.Hook{{Name: "boot", Transition: cloudsim.HookLaunching, Heartbeat: 15 * time.Minute, Result: "CONTINUE"}}}
	spec.Name, spec.Tags = group, map[string]string{"spot-enabled": "true"}
	w := newWorld(t, stage.Config{Cloud: cloudsim.Config{Seed: 5, Timing: cloudsim.Timing{BootMin: 20 * time.Second, BootMax: 30 * time.Second, AppStart: 12 * time.Minute}}, Group: spec})
	if !w.until(time.Hour, func() bool { return w.cloud.Ready(group) == 2 }) {
		w.fail("the group's own instances did not come up")
	}
	w.served(2)
}
