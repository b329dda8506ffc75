package census

import (
	"runtime"
	"slices"
	"testing"
	"time"

	"autospotting/test/census/app"
	"autospotting/test/sim/storm"
)

// plain is a group of three that needs that, with user data that says so.
func plain(need app.Need) Setup {
	r := Row{Source: "plain/" + string(need), Class: "production-like", Workload: "web/app", Launch: "template", Min: "1", Max: "6", Desired: "3", Health: "EC2", UserData: "shell", CFN: "no", Profile: true,
		LaunchHook: need == app.LaunchHook}
	switch need {
	case app.Stack:
		r.CFN = "init+signal"
	case app.Alone:
		r.Max, r.Desired, r.MaxSizeOne = "1", "1", true
	}
	s := Of(r, Reading{})
	if need != app.Capacity {
		s.App.Needs = []app.Need{need}
	}
	s.UserData = s.write(s.App.Needs, wording{})
	return s
}

// A harness that sees no harm is worth nothing: a coordinator that is made to accept everything does harm of every kind, and the same groups come to
// none where it may refuse them.
func TestEveryKindOfHarmIsSeen(t *testing.T) {
	t.Parallel()
	for _, need := range app.Needs() {
		t.Run(string(need), func(t *testing.T) {
			t.Parallel()
			s := plain(need)
			blind, err := Play(s, Options{Seed: 1, AcceptAll: true, For: short})
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Contains(Kinds(blind.Harms), string(need)) {
				t.Errorf("a coordinator that accepts all is seen to do %q, status %s: %s", Kinds(blind.Harms), blind.Status, blind.Reason)
			}
			as, err := Play(s, Options{Seed: 1, For: short})
			if err != nil {
				t.Fatal(err)
			}
			if len(as.Harms) > 0 {
				t.Errorf("as it is: %s", list(as))
			}
		})
	}
	t.Run("update", func(t *testing.T) {
		t.Parallel()
		blind, err := storm.FindMutant("deploy-unheeded")
		if err != nil {
			t.Fatal(err)
		}
		s := Of(Row{Source: "plain/beanstalk", Class: "production-like", Workload: "Beanstalk", Launch: "template", Min: "1", Max: "6", Desired: "3", LoadBalanced: true, Health: "ELB", Owner: "Beanstalk"}, Reading{})
		seen := false
		for seed := int64(1); seed <= 6 && !seen; seed++ { // an update has to fall into a swap
			wrong, err := Play(s, Options{Seed: seed, Mistake: blind})
			if err != nil {
				t.Fatal(err)
			}
			seen = seen || slices.Contains(Kinds(wrong.Harms), string(app.Update))
			got, err := Play(s, Options{Seed: seed})
			if err != nil {
				t.Fatal(err)
			}
			if got.Status != Served || len(got.Harms) > 0 {
				t.Errorf("seed %d: %s (%s), %v", seed, got.Status, got.Reason, got.Harms)
			}
		}
		if !seen {
			t.Error("a coordinator that does not ask what the environment is doing is seen to do no harm")
		}
	})
	t.Run("capacity", func(t *testing.T) {
		t.Parallel()
		hasty, err := storm.FindMutant("retire-before-attach")
		if err != nil {
			t.Fatal(err)
		}
		for m, want := range map[*storm.Mutant]bool{hasty: true, nil: false} {
			got, err := Play(plain(app.Capacity), Options{Seed: 1, Mistake: m, For: short})
			if err != nil {
				t.Fatal(err)
			}
			if harm := slices.Contains(Kinds(got.Harms), string(app.Capacity)); harm != want || !want && got.Status != Served {
				t.Errorf("mistake %t: %s, %v", want, got.Status, got.Harms)
			}
		}
	})
}

// The sample itself is rich enough: played by a coordinator that accepts everything, harm of every kind is seen in it.
func TestWhoAcceptsEverythingDoesEveryHarmInTheSample(t *testing.T) {
	t.Parallel()
	results, err := PlayAll(sample(t), Reading{}, Options{Seed: 1, AcceptAll: true, For: 80 * time.Minute}, runtime.GOMAXPROCS(0))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for _, r := range results {
		for _, kind := range Kinds(r.As.Harms) {
			seen[kind]++
		}
	}
	for _, need := range app.Needs() {
		if seen[string(need)] == 0 {
			t.Errorf("no harm of the kind %s is seen: %v", need, seen)
		}
	}
}
