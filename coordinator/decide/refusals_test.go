package decide

import (
	"strings"
	"testing"
)

// refused are the groups that cannot be served safely, and what the owner is told.
var refused = []struct {
	name  string
	world func(*World)
	says  string
}{
	{"a tag that cannot be read", func(w *World) {
		w.Group.BadTag = `tag autospotting:keep-on-demand: "many" is neither a number nor a percentage: write 2 or 25%`
	}, "keep-on-demand"},
	{"a group being deleted", func(w *World) { w.Group.Deleting = true }, "being deleted"},
	{"what a field of its description forbids", func(w *World) { w.Group.Unservable = "the group launches into capacity reservations" }, "capacity reservations"},
	{"another tool's spot instance", func(w *World) { w.at("i-odb").LaunchedBy = "AutoSpotting" }, "AutoSpotting launched i-odb"},
	{"an EKS node group", func(w *World) { w.Group.OtherOwner = "EKS" }, "EKS manages this group"},
	{"a mixed instances policy", func(w *World) { w.Group.MixedInstances = true }, "mixed instances policy"},
	{"weighted capacity", func(w *World) { w.Group.Weighted = true }, "in weights"},
	{"capacity rebalancing", func(w *World) { w.Group.CapacityRebalance = true }, "capacity rebalancing is on"},
	{"a warm pool", func(w *World) { w.Group.WarmPool = true }, "warm pool"},
	{"no template", func(w *World) { w.Group.HasTemplate = false }, "no launch template"},
	{"an image that is gone", func(w *World) { w.Template.Unreadable = "the image ami-1 does not exist any more" }, "ami-1"},
	{"what may not be seen", func(w *World) {
		w.Group.Unseen = "not all could be seen that must be known to serve it: AccessDenied"
	}, "could be seen"},
	{"dedicated tenancy", func(w *World) { w.at("i-odb").Tenancy = "dedicated" }, "dedicated tenancy"},
	{"host tenancy", func(w *World) { w.at("i-odb").Tenancy = "host" }, "host tenancy"},
	{"a capacity reservation", func(w *World) { w.at("i-odb").Reserved = true }, "capacity reservation"},
	{"a cluster placement group", func(w *World) { w.Group.PlacementGroup, w.Group.PlacementStrategy = "close", "cluster" }, "placement group close (cluster)"},
	{"a placement group of unknown strategy", func(w *World) { w.Group.PlacementGroup = "close" }, "its strategy could not be read"},
	{"launching lifecycle hooks", func(w *World) { w.Group.LaunchHooks = []string{"bootstrap"} }, "launching lifecycle hooks (bootstrap)"},
	{"CodeDeploy, even where hooks are skipped", func(w *World) {
		w.Settings.SkipHooks = true
		w.Group.LaunchHooks = []string{"CodeDeploy-managed-automatic-launch-lifecycle-hook-x"}
	}, "CodeDeploy"},
	{"MaxSize one", func(w *World) {
		w.Instances = w.Instances[:1]
		w.Group.Min, w.Group.Max, w.Group.Desired = 1, 1, 1
	}, "MaxSize is 1"},
	{"suspended Launch", func(w *World) { w.Group.Suspended = []string{"Launch"} }, "process Launch"},
	{"suspended Terminate", func(w *World) { w.Group.Suspended = []string{"Terminate"} }, "process Terminate"},
	{"suspended AddToLoadBalancer", func(w *World) { w.Group.Suspended = []string{"AddToLoadBalancer"} }, "process AddToLoadBalancer"},
	{"suspended HealthCheck", func(w *World) { w.Group.Suspended = []string{"HealthCheck"} }, "process HealthCheck"},
	{"suspended ReplaceUnhealthy", func(w *World) { w.Group.Suspended = []string{"ReplaceUnhealthy"} }, "process ReplaceUnhealthy"},
	{"no subnets", func(w *World) { w.Group.NoSubnets = true }, "names no subnets"},
	{"an instance refresh", func(w *World) { w.Group.Refreshing = true }, "instance refresh"},
	{"a stack that is changing", func(w *World) { w.Group.StackStatus = "UPDATE_IN_PROGRESS" }, "CloudFormation stack is changing"},
}

func TestEveryRefusalIsSaidAndDoesNothing(t *testing.T) {
	t.Parallel()
	for _, c := range refused {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := web()
			w.Settings.StatusTag = true
			c.world(&w)
			p := Decide(w)
			if p.Record.Status.Code != "refused" || !strings.Contains(p.Record.Status.Reason, c.says) {
				t.Errorf("status %+v does not say %q", p.Record.Status, c.says)
			}
			if len(p.Actions) != 1 || p.Actions[0].Kind != TagStatus || !strings.HasPrefix(p.Actions[0].Text, "refused: ") {
				t.Errorf("does %+v, not just the status tag", p.Actions)
			}
		})
	}
}

func TestARefusedGroupStillPaysItsDebtsAndGivesMaxSizeBack(t *testing.T) {
	t.Parallel()
	for _, c := range refused {
		w := web()
		w.Group.Max, w.Group.Desired = 5, 4
		w.owes("i-s1", "i-oda", "a", "attached", 0)
		w.add(attached("i-s1", "a"))
		w.says("i-s1", true, true)
		c.world(&w)
		if c.name == "MaxSize one" {
			continue // its group of one has no debt
		}
		if got := render(Decide(w)); !strings.Contains(got, "do       retire i-oda decrement=true") {
			t.Errorf("%s: the debt is left open:\n%s", c.name, got)
		}
	}
}

func TestWhatAnOwnerAllowsIsNotRefused(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*World){
		"MaxSize one": func(w *World) {
			w.Instances = w.Instances[:1]
			w.Group.Min, w.Group.Max, w.Group.Desired, w.Settings.AllowMaxOne = 1, 1, 1, true
		},
		"hooks": func(w *World) { w.Group.LaunchHooks, w.Settings.SkipHooks = []string{"bootstrap"}, true },
		"a spread placement group": func(w *World) {
			w.Group.PlacementGroup, w.Group.PlacementStrategy = "apart", "spread"
		},
		"a stack that is done":  func(w *World) { w.Group.StackStatus = "UPDATE_COMPLETE" },
		"suspended AZRebalance": func(w *World) { w.Group.Suspended = []string{"AZRebalance", "ScheduledActions"} },
	} {
		w := web()
		change(&w)
		if p := Decide(w); p.Record.Status.Code != "managed" {
			t.Errorf("%s: %+v", name, p.Record.Status)
		}
	}
}

func TestWhatAnotherToolLaunchedIsKnownByItsTag(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		tags map[string]string
		want string
	}{
		{nil, ""}, {map[string]string{"launched-by-autospotting": "true", "Name": "web"}, "AutoSpotting"}, {map[string]string{"karpenter.sh/nodepool": "default"}, "Karpenter"},
		{map[string]string{"spot-enabled": "true", "autospotting_min_on_demand_number": "1"}, ""}, // settings of the predecessor, which we read too
	} {
		if got := LaunchedBy(c.tags); got != c.want {
			t.Errorf("%v: %q, want %q", c.tags, got, c.want)
		}
	}
	w := web()
	w.at("i-odb").LaunchedBy, w.at("i-odb").State = "AutoSpotting", "terminated"
	if why := Refusal(w); why != "" {
		t.Errorf("for one that has ended: %s", why)
	}
}
