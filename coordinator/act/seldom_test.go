package act

import (
	"errors"
	"reflect"
	"slices"
	"testing"

	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/ledger"
)

// seldomRead are the calls by which is read what seldom changes.
var seldomRead = []string{"autoscaling.DescribeLifecycleHooks", "autoscaling.DescribeInstanceRefreshes", "cloudformation.DescribeStacks", "ec2.DescribeLaunchTemplateVersions",
	"ec2.DescribePlacementGroups", "eventbridge.ListRules"}

func TestWhatSeldomChangesIsReadOnceAMinute(t *testing.T) {
	t.Parallel()
	acc := web()
	acc.hooks = []astypes.LifecycleHook{waiting("warm")}
	a := acc.actor()
	looks := func(minutes bool) (w decide.World, again []string) {
		t.Helper()
		if minutes {
			acc.now = acc.now.Add(seldomFor)
		}
		acc.asked = nil
		w, err := a.Observe(t.Context(), "web", ledger.Record{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, call := range seldomRead {
			n := acc.calls(call)
			if call == "ec2.DescribeLaunchTemplateVersions" { // ours, which is not made yet, is looked for each time
				n = len(slices.DeleteFunc(inputs[ec2.DescribeLaunchTemplateVersionsInput](acc), func(in *ec2.DescribeLaunchTemplateVersionsInput) bool { return in.Versions == nil }))
			}
			if n > 0 {
				again = append(again, call)
			}
		}
		return w, again
	}
	first, again := looks(false)
	if !slices.Equal(again, seldomRead) || len(first.Cached) > 0 {
		t.Errorf("at first %v is read, and %v is old", again, first.Cached)
	}
	second, again := looks(false)
	if want := []string{"EventBridge's rules", "instance refreshes", "lifecycle hooks", "spot requests", "the CloudFormation stack", "the groups of instances outside", "the launch template", "the placement group"}; len(again) > 0 || !slices.Equal(second.Cached, want) {
		t.Errorf("then %v is read, and %v is old", again, second.Cached)
	}
	if second.Template.Hash != first.Template.Hash || !slices.Equal(second.Group.IdleHooks, first.Group.IdleHooks) || second.Group.StackStatus != first.Group.StackStatus || second.Group.PlacementStrategy != first.Group.PlacementStrategy {
		t.Errorf("remembered is\n%+v\n%+v\nread was\n%+v\n%+v", second.Group, second.Template, first.Group, first.Template)
	}
	if third, again := looks(true); len(again) != len(seldomRead)-1 || slices.Contains(third.Cached, "lifecycle hooks") {
		t.Errorf("after a minute %v is read, and %v is old", again, third.Cached)
	}
	a.Refresh("web")
	if fresh, again := looks(false); !slices.Equal(again, seldomRead) || len(fresh.Cached) > 0 {
		t.Errorf("when it is to be read anew %v is read, and %v is old", again, fresh.Cached)
	}
}

// What is remembered belongs to what it was read of: another template is another matter, and an error is nothing to remember.
func TestOnlyWhatWasAskedForAndAnsweredIsRemembered(t *testing.T) {
	t.Parallel()
	acc := web()
	a := acc.actor()
	if _, err := a.Observe(t.Context(), "web", ledger.Record{}, nil); err != nil {
		t.Fatal(err)
	}
	acc.group().LaunchTemplate.Version = new(string)
	*acc.group().LaunchTemplate.Version = "7"
	acc.asked = nil
	if _, err := a.Observe(t.Context(), "web", ledger.Record{}, nil); err != nil || !slices.ContainsFunc(inputs[ec2.DescribeLaunchTemplateVersionsInput](acc), func(in *ec2.DescribeLaunchTemplateVersionsInput) bool {
		return slices.Equal(in.Versions, []string{"7"})
	}) {
		t.Errorf("the new version is not read: %v", err)
	}
	m := a.memoryOf("web")
	failed := errors.New("failed")
	for range 2 {
		if _, err := recall(m, "CloudFormation.DescribeStacks", "s", func() (string, error) { return "", failed }); !errors.Is(err, failed) {
			t.Errorf("an error is remembered as an answer: %v", err)
		}
	}
	if _, err := recall(nil, "CloudFormation.DescribeStacks", "s", func() (string, error) { return "", failed }); !errors.Is(err, failed) {
		t.Error(err)
	}
}

// What somebody waits for is attached without a fresh look: then the template, which says whether it is still what its owner wants, is no older than that.
func TestTheTemplateIsReadAnewWhereAnUrgentReplacementRuns(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		intent ledger.Intent
		anew   bool
	}{
		"for a notice":  {ledger.Intent{Purpose: ledger.Replace, Instance: "i-901"}, true},
		"for a deficit": {ledger.Intent{Purpose: ledger.Fill, Instance: "i-901"}, true},
		"gradual":       {ledger.Intent{Purpose: ledger.Swap, Instance: "i-901"}, false},
		"given up":      {ledger.Intent{Purpose: ledger.Replace, Instance: "i-901", Abandoned: "not ready in time"}, false},
		"of another":    {ledger.Intent{Purpose: ledger.Replace, Instance: "i-902"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			acc := web()
			acc.instances = append(acc.instances, oursSpot("i-901", "us-east-1a"))
			a := acc.actor()
			rec := ledger.Record{Intents: []ledger.Intent{c.intent}}
			look := func() decide.World {
				w, err := a.Observe(t.Context(), "web", rec, nil)
				if err != nil {
					t.Fatal(err)
				}
				return w
			}
			look()
			if w := look(); slices.Contains(w.Cached, decide.ReadTemplate) == c.anew || !slices.Contains(w.Cached, "lifecycle hooks") {
				t.Errorf("old is %v", w.Cached)
			}
		})
	}
}

// The reads of one look are made at once, and the world is the same whichever is answered first.
func TestTheReadsOfALookAreMadeSideBySide(t *testing.T) {
	t.Parallel()
	alone := look(t, web(), ledger.Record{})
	most := 0
	for _, backwards := range []bool{false, true} {
		acc := web()
		acc.hooks = nil
		a := acc.actor()
		a.Side = func(fns ...func()) {
			if most = max(most, len(fns)); backwards {
				slices.Reverse(fns)
			}
			for _, fn := range fns {
				fn()
			}
		}
		w, err := a.Observe(t.Context(), "web", ledger.Record{}, nil)
		if err != nil || !reflect.DeepEqual(w.Group, alone.Group) || !reflect.DeepEqual(w.Instances, alone.Instances) || !reflect.DeepEqual(w.Missing, alone.Missing) {
			t.Errorf("backwards %t: %v\n%+v\n%+v", backwards, err, w, alone)
		}
	}
	if most < 8 {
		t.Errorf("at most %d at once", most)
	}
}
