package decide

import (
	"maps"
	"strings"
	"testing"
	"time"
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
	{"launching lifecycle hooks of which a rule may hear", func(w *World) {
		w.Group.LaunchHooks, w.Group.HookListener = []string{"bootstrap"}, "EventBridge's rule setup may hear of bootstrap"
	}, "allows it. EventBridge's rule setup may hear"},
	{"CodeDeploy, even where its hook would only wait", func(w *World) {
		w.Group.IdleHooks = []string{"CodeDeploy-managed-automatic-launch-lifecycle-hook-x"}
	}, "CodeDeploy"},
	{"CodeDeploy, even where hooks are skipped", func(w *World) {
		w.Settings.SkipHooks = true
		w.Group.LaunchHooks = []string{"CodeDeploy-managed-automatic-launch-lifecycle-hook-x"}
	}, "CodeDeploy"},
	{"MaxSize one", func(w *World) {
		w.one()
		w.Template.NeedsUnread = "include https://example.com/boot.sh, line 1"
	}, "MaxSize is 1"},
	{"suspended Launch", func(w *World) { w.Group.Suspended = []string{"Launch"} }, "process Launch"},
	{"suspended Terminate", func(w *World) { w.Group.Suspended = []string{"Terminate"} }, "process Terminate"},
	{"suspended AddToLoadBalancer", func(w *World) {
		w.Group.Suspended, w.Group.LoadBalanced = []string{"AddToLoadBalancer"}, true
	}, "process AddToLoadBalancer"},
	{"suspended HealthCheck", func(w *World) { w.Group.Suspended = []string{"HealthCheck"} }, "process HealthCheck"},
	{"suspended ReplaceUnhealthy", func(w *World) { w.Group.Suspended = []string{"ReplaceUnhealthy"} }, "process ReplaceUnhealthy"},
	{"no subnets", func(w *World) { w.Group.NoSubnets = "the zone a has no default subnet" }, "no default subnet"},
	{"an instance refresh", func(w *World) { w.Group.Refreshing = true }, "instance refresh"},
	{"an Elastic Beanstalk environment that is changing", func(w *World) { w.Group.Environment = Environment{ID: "e-abc", Status: "Updating"} }, "changing (Updating)"},
	{"one in which an operation is under way", func(w *World) { w.Group.Environment = Environment{ID: "e-abc", Status: "Ready", Busy: true} }, "an operation is in progress"},
	{"one of which is not known whether it changes", func(w *World) { w.Group.Environment = Environment{ID: "e-abc", Unread: "throttled"} }, "is not known: throttled"},
	{"one of one instance", func(w *World) { w.Group.Environment = Environment{ID: "e-abc", Status: "Ready", Single: true} }, "of one instance"},
	{"the group of an update of one", func(w *World) {
		w.Group.Environment = Environment{ID: "e-abc", Temporary: "made for the time of an update"}
	}, "for the time of an update"},
	{"a stack that is changing", func(w *World) { w.Group.StackStatus = "UPDATE_IN_PROGRESS" }, "CloudFormation stack is changing"},
}

// one makes the group one of a single instance.
func (w *World) one() {
	w.Instances = w.Instances[:1]
	w.Group.Min, w.Group.Max, w.Group.Desired = 1, 1, 1
	w.Group.Subnets = map[string]string{"a": "subnet-a"}
}

// A reason that comes as a text of the observer has its step from there too.
func TestEveryRefusalNamesAStep(t *testing.T) {
	t.Parallel()
	none := map[string]bool{"a group being deleted": true, "what a field of its description forbids": true, "an image that is gone": true}
	for _, c := range refused {
		w := web()
		c.world(&w)
		if step := Step(w); (step == "") != none[c.name] {
			t.Errorf("%s: the step is %q", c.name, step)
		}
	}
	for _, owner := range []string{"EKS", "AWS Batch", "an ECS capacity provider", "EMR", "GameLift"} {
		w := web()
		w.Group.OtherOwner = owner
		if Step(w) == "" {
			t.Errorf("%s: how it buys spot itself is not said", owner)
		}
	}
	for _, e := range []Environment{{ID: "e-abc", Name: "shop", Single: true}, {Name: "shop", Single: true}} {
		w := web()
		w.Group.Environment = e
		named := map[bool]string{true: "--environment-id e-abc ", false: "--environment-name shop "}[e.ID != ""]
		if step := Step(w); !strings.Contains(step, named) || !strings.Contains(step, "OptionName=EnvironmentType,Value=LoadBalanced") {
			t.Errorf("of an environment of one instance: %q", step)
		}
	}
	w := web()
	w.Group.Unservable, w.Group.UnservableStep = "reserved", "name no reservation"
	if Step(w) != "name no reservation" {
		t.Errorf("of the description: %q", Step(w))
	}
	w = web()
	w.Template.Unreadable, w.Template.Step = "it asks for spot", "tag the twin"
	if Step(w) != "tag the twin" {
		t.Errorf("of the template: %q", Step(w))
	}
	w.Group.WarmPool = true
	if Step(w) == "tag the twin" {
		t.Error("the step is not that of the reason that is given")
	}
	if Step(web()) != "" {
		t.Errorf("a group that is served has the step %q", Step(web()))
	}
}

func TestAReasonQuotesTheTagThatOverridesIt(t *testing.T) {
	t.Parallel()
	for tag, change := range map[string]func(*World){
		"autospotting:skip-launch-hooks=true":  func(w *World) { w.Group.LaunchHooks = []string{"warm"} },
		"autospotting:allow-max-size-one=true": func(w *World) { w.one(); w.Template.NeedsUnread = "include x" },
		"autospotting:accept=quorum":           func(w *World) { w.Template.Needs = []UserNeed{{Need: "quorum"}} },
		"autospotting:accept=worker": func(w *World) {
			w.one()
			w.Group.DrainHooks, w.Template.Needs = []string{"drain"}, []UserNeed{{Need: "worker"}}
		},
	} {
		w := web()
		change(&w)
		if why := Refusal(w); !strings.Contains(why, tag) {
			t.Errorf("%q does not say %s", why, tag)
		}
	}
}

// A boot that completes the launching hook, and the hook itself, are one matter to the owner: one tag answers for both.
func TestWhoSkipsLaunchHooksHasAnsweredForABootThatCompletesThem(t *testing.T) {
	t.Parallel()
	w := web()
	w.Group.LaunchHooks, w.Template.Needs = []string{"booted"}, []UserNeed{{Need: "launch-hook", Where: "line 7"}}
	if Refusal(w) == "" || !strings.Contains(Step(w), "skip-launch-hooks=true") {
		t.Errorf("without a word of the owner: %q, step %q", Refusal(w), Step(w))
	}
	if w.Settings.SkipHooks = true; Refusal(w) != "" {
		t.Errorf("refused though they are whole without it: %s", Refusal(w))
	}
}

// In a group of one, two run for minutes. Whether they may is told by what the instances do.
func TestAGroupOfOneIsServedWhereTwoMayRun(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(*World)
		served bool
	}{
		{"nothing speaks against it", func(*World) {}, true},
		{"its user data could not be read whole", func(w *World) { w.Template.NeedsUnread = "include x" }, false},
		{"and it is behind a load balancer", func(w *World) { w.Template.NeedsUnread, w.Group.LoadBalanced = "include x", true }, true},
		{"and its owner allows it", func(w *World) { w.Template.NeedsUnread, w.Settings.AllowMaxOne = "include x", true }, true},
		{"its template could not be read", func(w *World) {
			w.Template, w.Missing = Template{}, []Missing{{What: ReadTemplate, Class: Launch, Why: "throttled"}}
		}, false},
		{"its template was not asked for yet", func(w *World) { w.Template = Template{} }, true},
		{"only another read failed", func(w *World) {
			w.Template, w.Missing = Template{}, []Missing{{What: "spot prices", Class: Launch, Why: "throttled"}}
		}, true},
		{"a copy of its template stands in", func(w *World) {
			w.Missing = []Missing{{What: ReadTemplate, Class: Launch, Why: "throttled", CopyOf: noon}}
		}, true},
		{"a worker whose work is drained", func(w *World) {
			w.Template.Needs, w.Group.DrainHooks = []UserNeed{{Need: "worker"}}, []string{"drain"}
		}, false},
		{"behind a load balancer", func(w *World) {
			w.Template.Needs, w.Group.DrainHooks, w.Group.LoadBalanced = []UserNeed{{Need: "worker"}}, []string{"drain"}, true
		}, true},
		{"something runs by the clock", func(w *World) { w.Template.Clocked = "line 7" }, false},
		{"and its owner lets it run twice", func(w *World) { w.Template.Clocked, w.Settings.AllowMaxOne = "line 7", true }, true},
		{"and it is behind a load balancer, where several may run", func(w *World) { w.Template.Clocked, w.Group.LoadBalanced = "line 7", true }, true},
		{"its owner accepts it", func(w *World) {
			w.Template.Needs, w.Settings.Accept = []UserNeed{{Need: "runner"}}, []string{"runner"}
		}, true},
		{"it takes an address, also behind a load balancer", func(w *World) {
			w.Template.Needs, w.Group.LoadBalanced = []UserNeed{{Need: "address"}}, true
		}, false},
		{"a node of a cluster that drains", func(w *World) {
			w.Template.Needs, w.Group.DrainHooks = []UserNeed{{Need: "kubernetes"}}, []string{"drain"}
		}, true},
	} {
		w := web()
		w.one()
		c.change(&w)
		if why := Refusal(w); (why == "") != c.served {
			t.Errorf("%s: %q", c.name, why)
		}
	}
	for _, need := range alone {
		w := web()
		w.one()
		w.Template.Needs, w.Group.DrainHooks = []UserNeed{{Need: need}}, []string{"drain"}
		if rung, why := rungOf(w); rung != Release || !strings.Contains(why, "autospotting:accept="+need) {
			t.Errorf("%s: rung %d, %q", need, rung, why)
		}
		w.Settings.Accept = []string{need}
		if why := Refusal(w); why != "" {
			t.Errorf("%s, accepted: %q", need, why)
		}
	}
}

func TestThePlanOfAGroupOfOneSaysThatMaxSizeIsRaised(t *testing.T) {
	t.Parallel()
	const says = "MaxSize is raised to 2 for minutes at each replacement"
	w := web()
	w.one()
	if all := strings.Join(lines(Decide(w)), "\n"); !strings.Contains(all, says) {
		t.Errorf("%s", all)
	}
	w = web()
	if all := strings.Join(lines(Decide(w)), "\n"); strings.Contains(all, says) {
		t.Errorf("with room: %s", all)
	}
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
			w.one()
			w.Settings.AllowMaxOne, w.Template.NeedsUnread = true, "include x"
		},
		"a process without work": func(w *World) { w.Group.Suspended, w.Group.LoadBalanced = []string{"AddToLoadBalancer"}, false },
		"hooks that only wait":   func(w *World) { w.Group.IdleHooks, w.Group.HookWait = []string{"warm"}, time.Minute },
		"hooks":                  func(w *World) { w.Group.LaunchHooks, w.Settings.SkipHooks = []string{"bootstrap"}, true },
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
		if got := LaunchedBy(maps.Keys(c.tags)); got != c.want {
			t.Errorf("%v: %q, want %q", c.tags, got, c.want)
		}
	}
	w := web()
	w.at("i-odb").LaunchedBy, w.at("i-odb").State = "AutoSpotting", "terminated"
	if why := Refusal(w); why != "" {
		t.Errorf("for one that has ended: %s", why)
	}
}
