package act

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	ebtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/ledger"
)

// look observes the group web and fails the test where that is impossible.
func look(t *testing.T, c *cloud, rec ledger.Record, heard ...decide.Hint) decide.World {
	t.Helper()
	w, err := c.actor().Observe(t.Context(), "web", rec, heard)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// twice looks a second time, when what seldom changes is remembered.
func twice(t *testing.T, a *Actor, heard ...decide.Hint) decide.World {
	t.Helper()
	var w decide.World
	for range 2 {
		var err error
		if w, err = a.Observe(t.Context(), "web", ledger.Record{}, heard); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

// unsigned is a notice that nobody vouches for.
func unsigned(id string) decide.Hint {
	return decide.Hint{Kind: decide.HeardTerminating, Instance: id, Source: decide.FromSpotd}
}

// one is the observed instance of that id; the zero value where none is.
func one(w decide.World, id string) decide.Instance {
	for _, i := range w.Instances {
		if i.ID == id {
			return i
		}
	}
	return decide.Instance{}
}

// owing is a record with a debt that was opened at that time, paid by retiring the victim.
func owing(victim string, at time.Time) ledger.Record {
	return ledger.Record{Group: "web", Books: books.Edited(func(s *books.Stored) {
		s.Pairs = append(s.Pairs, books.StoredDebt{Intent: books.StoredLaunch{Instance: "i-9"}, Victim: victim, Phase: books.Attached, At: at})
	})}
}

// proving is a record with a replacement whose debt was paid two hours before noon.
func proving(id string) ledger.Record {
	return ledger.Record{Group: "web", Proving: map[string]time.Time{id: noon.Add(-2 * time.Hour)}}
}

var errLost = errors.New("connection reset by peer")

// A read that is not answered ends the look where it identifies the group; any other is named. What is not known must never look like what is not there.
func TestAReadThatIsNotAnsweredIsNeverTakenForAnEmptyAnswer(t *testing.T) {
	t.Parallel()
	filtered := func(name string) func(any) bool {
		return func(in any) bool { return *in.(*ec2.DescribeInstancesInput).Filters[0].Name == name }
	}
	template := func(ours bool) func(any) bool {
		return func(in any) bool { return (in.(*ec2.DescribeLaunchTemplateVersionsInput).Versions == nil) == ours }
	}
	for _, c := range []struct {
		name, call string
		of         func(in any) bool // which of the calls; all if nil
		says       string
		what       string // what is missing then; empty where the look ends
	}{
		{"the group", "autoscaling.DescribeAutoScalingGroups", nil, `describe group "web"`, ""},
		{"instances of ours", "ec2.DescribeInstances", filtered("tag:" + decide.TagGroup), "describe instances by tag:autospotting-group", ""},
		{"members", "ec2.DescribeInstances", filtered("instance-id"), "describe instances by instance-id", ""},
		{"in which group ours are", "autoscaling.DescribeAutoScalingInstances", nil, "find the groups of 1 instances", "the groups of instances outside"},
		{"status checks", "ec2.DescribeInstanceStatus", nil, "read the status checks of 1 instances", "status checks"},
		{"spot requests", "ec2.DescribeSpotInstanceRequests", nil, "read which spot requests say that AWS takes their instance", "spot requests"},
		{"target health", "elasticloadbalancingv2.DescribeTargetHealth", nil, "read the health in target group " + targetGroup, "target health"},
		{"a classic load balancer", "elasticloadbalancing.DescribeInstanceHealth", nil, `read the health in load balancer "old"`, "target health"},
		{"the placement group", "ec2.DescribePlacementGroups", nil, `describe the placement group "apart" of group "web"`, "the placement group"},
		{"subnets", "ec2.DescribeSubnets", nil, `describe the subnets of group "web"`, "subnets"},
		{"lifecycle hooks", "autoscaling.DescribeLifecycleHooks", nil, `describe the lifecycle hooks of group "web"`, "lifecycle hooks"},
		{"who hears of hooks", "eventbridge.ListRules", nil, "list the rules of EventBridge", "EventBridge's rules"},
		{"whom a rule tells", "eventbridge.ListTargetsByRule", nil, `list the targets of EventBridge's rule "setup"`, "EventBridge's rules"},
		{"instance refreshes", "autoscaling.DescribeInstanceRefreshes", nil, `describe the instance refreshes of group "web"`, "instance refreshes"},
		{"the stack", "cloudformation.DescribeStacks", nil, `describe the CloudFormation stack of group "web"`, "the CloudFormation stack"},
		{"termination protection", "ec2.DescribeInstanceAttribute", nil, "read the termination protection of i-1", "termination protection"},
		{"the owner's template", "ec2.DescribeLaunchTemplateVersions", template(false), `read the launch template of group "web"`, "the launch template"},
		{"our template", "ec2.DescribeLaunchTemplateVersions", template(true), "read our launch template autospotting-web-", "the launch template"},
		{"the image", "ec2.DescribeImages", nil, "describe image ami-1", "the launch template"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for status, failure := range map[string]error{"no answer": errLost, "a 503 that no list of ours has": answered(503, "SomethingNew")} {
				acc := web()
				acc.hooks, acc.rules = []astypes.LifecycleHook{waiting("warm")}, []ebtypes.Rule{{Name: aws.String("setup"), EventPattern: aws.String(`{"source": ["aws.autoscaling"]}`)}}
				acc.targetsOf = map[string][]string{"setup": {ourTopic}}
				acc.fails = func(call string, in any) error {
					if call == c.call && (c.of == nil || c.of(in)) {
						return failure
					}
					return nil
				}
				w, err := acc.actor().Observe(t.Context(), "web", ledger.Record{}, nil)
				if c.what == "" && (!errors.Is(err, failure) || !strings.Contains(err.Error(), c.says)) {
					t.Errorf("%s: %v; want it to say %q", status, err, c.says)
				}
				if c.what != "" && (err != nil || len(w.Missing) != 1 || w.Missing[0].What != c.what || !strings.Contains(w.Missing[0].Why, c.says) || !strings.Contains(w.Missing[0].Why, failure.Error())) {
					t.Errorf("%s: %v, %+v; want %s missing, and why: %q", status, err, w.Missing, c.what, c.says)
				}
			}
		})
	}
}

// Three reads a look can do without. It is told that they failed.
func TestAReadThatADecisionCanDoWithoutIsSaidToBeMissing(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		call string
		read func(decide.World) string
		says string
	}{
		{"ec2.DescribeInstanceTypes", func(w decide.World) string { return w.Unpriced }, "describe instance types: " + errLost.Error()},
		{"ec2.DescribeInstanceTypeOfferings", func(w decide.World) string { return w.Unpriced }, "describe instance type offerings: " + errLost.Error()},
		{"ec2.DescribeSpotPriceHistory", func(w decide.World) string { return w.Unpriced }, "read spot prices: " + errLost.Error()},
		{"autoscaling.DescribeScalingActivities", func(w decide.World) string {
			if w.Unread && w.Activities == nil {
				return "unread"
			}
			return ""
		}, "unread"},
	} {
		acc := web()
		if got := c.read(look(t, acc, ledger.Record{})); got != "" {
			t.Errorf("%s answers, and is said to be missing: %q", c.call, got)
		}
		acc.failing(c.call, errLost)
		if got := c.read(look(t, acc, ledger.Record{})); got != c.says {
			t.Errorf("%s: said to be missing: %q, want %q", c.call, got, c.says)
		}
	}
}

func TestTheWorldIsWhatTheAnswersSay(t *testing.T) {
	t.Parallel()
	w := look(t, web(), ledger.Record{Group: "web"})
	var ids []string
	for _, i := range w.Instances {
		ids = append(ids, i.ID)
	}
	for _, c := range []struct {
		name      string
		got, want any
	}{
		{"the instances, in order", ids, []string{"i-1", "i-2", "i-9"}},
		{"a member", one(w, "i-1"), decide.Instance{ID: "i-1", Type: "m5.large", Zone: "us-east-1a", State: "running", Launched: noon.Add(-24 * time.Hour),
			Member: true, Listed: true, Lifecycle: "InService", Healthy: true, Balancer: "healthy", Product: "Linux/UNIX"}},
		{"what we launched", one(w, "i-9"), decide.Instance{ID: "i-9", Type: "m5.large", Zone: "us-east-1a", State: "running", Launched: noon.Add(-24 * time.Hour),
			Spot: true, Ours: true, Template: "lt-ours", TemplateVersion: "7", Nonce: "n-i-9", StatusOK: true, Product: "Linux/UNIX"}},
		{"subnets by zone", w.Group.Subnets, map[string]string{"us-east-1a": "subnet-a", "us-east-1b": "subnet-b"}},
		{"the placement strategy", w.Group.PlacementStrategy, "spread"},
		{"the stack's status", w.Group.StackStatus, "UPDATE_COMPLETE"},
		{"nothing against a template whose group is placed apart", w.Template.Unreadable, ""},
		{"what the template names", w.Template.Type, "m5.large"},
		{"the zones that a type is offered in", len(w.Catalog.Offered), 2},
		{"the market's time", w.Catalog.AsOf, noon},
		{"the activities of a group that is short", len(w.Activities), 2},
		{"the time of the look", w.Now, noon},
		{"that more than a glance was needed", w.Glance, false},
		{"the record", w.Record.Group, "web"},
	} {
		if !reflect.DeepEqual(c.got, c.want) {
			t.Errorf("%s: %+v, want %+v", c.name, c.got, c.want)
		}
	}
}

func TestAGroupThatIsNotThereIsFoundMissingAndHasNothingElseRead(t *testing.T) {
	t.Parallel()
	acc := web()
	acc.groups, acc.instances = nil, nil
	look(t, acc, proving("i-7"))
	w := look(t, acc, owing("i-1", noon))
	if w.Group.Found || w.Group.Name != "web" || w.Settings.Grace != acc.actor().Defaults.Grace || !w.Glance || acc.calls("autoscaling.DescribeScalingActivities") != 0 {
		t.Errorf("%+v; %d looks at activities", w.Group, acc.calls("autoscaling.DescribeScalingActivities"))
	}
}

// A group with nothing to do costs a glance: neither template nor market is read.
func TestAGroupAtRestIsGlancedAt(t *testing.T) {
	t.Parallel()
	acc := web()
	acc.group().DesiredCapacity = aws.Int32(2)
	acc.group().Tags = append(acc.group().Tags, astypes.TagDescription{Key: aws.String("autospotting:keep-on-demand"), Value: aws.String("2")})
	acc.now = noon.Add(30 * time.Minute)
	w := look(t, acc, ledger.Record{})
	if !w.Glance || acc.calls("ec2.DescribeSubnets")+acc.calls("ec2.DescribeLaunchTemplateVersions")+acc.calls("autoscaling.DescribeScalingActivities") != 0 {
		t.Errorf("glance: %v; asked for %d subnets, %d templates, %d activities", w.Glance, acc.calls("ec2.DescribeSubnets"), acc.calls("ec2.DescribeLaunchTemplateVersions"), acc.calls("autoscaling.DescribeScalingActivities"))
	}
}

// What is refused already needs no template and no prices.
func TestARefusedGroupHasNoTemplateRead(t *testing.T) {
	t.Parallel()
	acc := web()
	acc.group().CapacityRebalance = aws.Bool(true)
	if w := look(t, acc, ledger.Record{}); w.Template.Hash != "" || acc.calls("ec2.DescribeLaunchTemplateVersions")+acc.calls("ec2.DescribeInstanceTypes") != 0 {
		t.Errorf("read %+v", w.Template)
	}
}

func TestActivitiesAreReadWhileADebtIsOpenOrTheGroupIsShort(t *testing.T) {
	t.Parallel()
	full := func(c *cloud) { c.group().DesiredCapacity = aws.Int32(2) }
	for _, c := range []struct {
		name   string
		change func(*cloud)
		rec    ledger.Record
		back   time.Duration // how far before noon an activity is still told; 0 where none is read
	}{
		{"short of a member", func(*cloud) {}, ledger.Record{}, 30 * time.Minute},
		{"full", full, ledger.Record{}, 0},
		{"full, with an open debt", full, owing("i-1", noon.Add(-time.Hour)), 90 * time.Minute},
		{"short, with an older debt", func(*cloud) {}, owing("i-1", noon.Add(-time.Hour)), 90 * time.Minute},
		{"full, and a replacement that has yet to prove itself is gone", full, proving("i-7"), 2 * time.Hour},
		{"full, and it is there", full, proving("i-1"), 0},
		{"a member that ends is none", func(c *cloud) {
			full(c)
			c.instances[0].State.Name = types.InstanceStateNameShuttingDown
		}, ledger.Record{}, 30 * time.Minute},
		{"a member that is let go is none", func(c *cloud) {
			full(c)
			c.group().Instances[0].LifecycleState = astypes.LifecycleStateTerminating
		}, ledger.Record{}, 30 * time.Minute},
		{"what is outside the group fills no place", func(c *cloud) { c.instances = append(c.instances, oursSpot("i-8", "us-east-1a")) }, ledger.Record{}, 30 * time.Minute},
		{"short, but not ours to serve", func(c *cloud) { c.group().Tags = nil }, ledger.Record{}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			acc := web()
			c.change(acc)
			acc.activities = nil
			for _, back := range []time.Duration{c.back - time.Second, c.back, c.back + time.Second} {
				acc.activities = append(acc.activities, astypes.Activity{StartTime: aws.Time(noon.Add(-back))})
			}
			want := 2
			if c.back == 0 {
				want = 0
			}
			if w := look(t, acc, c.rec); len(w.Activities) != want || (acc.calls("autoscaling.DescribeScalingActivities") > 0) != (want > 0) {
				t.Errorf("%d activities, want %d; %d reads", len(w.Activities), want, acc.calls("autoscaling.DescribeScalingActivities"))
			}
		})
	}
}

// What goes on beyond the last page that is read may be what matters: nothing is known then.
func TestActivitiesAreReadBackToTheOldestDebtOrNotAtAll(t *testing.T) {
	t.Parallel()
	acc := web()
	rec := owing("i-1", noon.Add(-2*time.Hour))
	rec.Books.Edit(func(s *books.Stored) {
		s.Pairs = append(s.Pairs, books.StoredDebt{Intent: books.StoredLaunch{Instance: "i-8"}, Victim: "i-2", Phase: books.Attached, At: noon})
	})
	acc.activities = nil
	for _, ago := range []time.Duration{0, 140, 150, 151} {
		acc.activities = append(acc.activities, astypes.Activity{StartTime: aws.Time(noon.Add(-ago * time.Minute))})
	}
	if w := look(t, acc, rec); len(w.Activities) != 3 {
		t.Errorf("%d activities, want the three since half an hour before the oldest debt", len(w.Activities))
	}
	acc.activities = make([]astypes.Activity, activityPages) // one that has no time is no reason to stop
	if w := look(t, acc, rec); len(w.Activities) != activityPages || w.Unread {
		t.Errorf("%d activities, want all pages of one", len(w.Activities))
	}
	acc.activities = make([]astypes.Activity, activityPages+1)
	if w := look(t, acc, rec); len(w.Activities) != 0 || !w.Unread {
		t.Errorf("%d activities, unread %t: want none known", len(w.Activities), w.Unread)
	}
}
