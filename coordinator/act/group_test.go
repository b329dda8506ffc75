package act

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	cfntypes "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/ledger"
	"autospotting/coordinator/settings"
)

func groupTag(key, value string, propagated bool) astypes.TagDescription {
	return astypes.TagDescription{Key: &key, Value: &value, PropagateAtLaunch: &propagated}
}

func TestAGroupsDescriptionIsRead(t *testing.T) {
	t.Parallel()
	got, s := ToGroup(astypes.AutoScalingGroup{
		AutoScalingGroupName: aws.String("web"), MinSize: aws.Int32(1), MaxSize: aws.Int32(7), DesiredCapacity: aws.Int32(4), Status: aws.String("Delete in progress"),
		NewInstancesProtectedFromScaleIn: aws.Bool(true), HealthCheckGracePeriod: aws.Int32(300), LaunchTemplate: &astypes.LaunchTemplateSpecification{}, MixedInstancesPolicy: &astypes.MixedInstancesPolicy{},
		CapacityRebalance: aws.Bool(true), WarmPoolConfiguration: &astypes.WarmPoolConfiguration{}, VPCZoneIdentifier: aws.String("subnet-a"), PlacementGroup: aws.String("apart"),
		SuspendedProcesses: []astypes.SuspendedProcess{{ProcessName: aws.String("Terminate")}, {ProcessName: aws.String("Launch")}},
		Tags: []astypes.TagDescription{groupTag("spot-enabled", "true", false), groupTag("team", "shop", true), groupTag("aws:x", "y", true), groupTag("cost", "1", false),
			groupTag(settings.StatusTag, "served", false), groupTag("aws:cloudformation:stack-id", stackID, false), groupTag("autospotting:keep-on-demand", "2", false)},
	}, settings.Scope{Key: "spot-enabled", Value: "true"}, settings.Defaults())
	want := decide.Group{Name: "web", Found: true, Min: 1, Max: 7, Desired: 4, Deleting: true, NewProtected: true, HasTemplate: true, MixedInstances: true, Policy: true, CapacityRebalance: true, WarmPool: true,
		PlacementGroup: "apart", Grace: 5 * time.Minute, Suspended: []string{"Launch", "Terminate"}, Tags: map[string]string{"team": "shop"}, Enabled: true, StatusTag: "served", Stack: stackID}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v\nwant %+v", got, want)
	}
	if s.KeepOnDemand.Count != 2 {
		t.Errorf("settings %+v", s)
	}
}

func TestWhatAGroupIs(t *testing.T) {
	t.Parallel()
	weights := func(of ...string) []astypes.Instance {
		var list []astypes.Instance
		for _, w := range of {
			list = append(list, astypes.Instance{WeightedCapacity: &w})
		}
		return list
	}
	tagged := func(key string) astypes.AutoScalingGroup {
		return astypes.AutoScalingGroup{Tags: []astypes.TagDescription{groupTag("Name", "x", false), groupTag(key, "x", false), groupTag("zone", "x", false)}}
	}
	owner := func(g decide.Group) any { return g.OtherOwner }
	weighted := func(g decide.Group) any { return g.Weighted }
	balanced := func(g decide.Group) any { return g.LoadBalanced }
	template := func(g decide.Group) any { return g.HasTemplate }
	for _, c := range []struct {
		name string
		from astypes.AutoScalingGroup
		read func(decide.Group) any
		want any
	}{
		{"behind a target group", astypes.AutoScalingGroup{TargetGroupARNs: []string{"a"}}, balanced, true},
		{"behind a classic load balancer", astypes.AutoScalingGroup{LoadBalancerNames: []string{"a"}}, balanced, true},
		{"behind none", astypes.AutoScalingGroup{}, balanced, false},
		{"launched from a template", astypes.AutoScalingGroup{LaunchTemplate: &astypes.LaunchTemplateSpecification{}}, template, true},
		{"launched from a configuration", astypes.AutoScalingGroup{LaunchConfigurationName: aws.String("lc")}, template, true},
		{"launched from nothing", astypes.AutoScalingGroup{LaunchConfigurationName: aws.String("")}, template, false},
		{"not being deleted", astypes.AutoScalingGroup{Status: aws.String("")}, func(g decide.Group) any { return g.Deleting }, false},
		{"sized in instances", astypes.AutoScalingGroup{DesiredCapacityType: aws.String("units"), Instances: weights("1", "")}, weighted, false},
		{"sized in processors", astypes.AutoScalingGroup{DesiredCapacityType: aws.String("vcpu")}, weighted, true},
		{"with members that weigh", astypes.AutoScalingGroup{Instances: weights("1", "4")}, weighted, true},
		{"of nothing that weighs", astypes.AutoScalingGroup{DesiredCapacityType: aws.String("")}, weighted, false},
		{"of an EKS node group", tagged("eks:nodegroup-name"), owner, "EKS"},
		{"of an EKS cluster", tagged("eks:cluster-name"), owner, "EKS"},
		{"of Elastic Beanstalk", tagged("elasticbeanstalk:environment-id"), owner, ""},
		{"of AWS Batch", tagged("AWSBatchServiceTag"), owner, "AWS Batch"},
		{"of an ECS capacity provider", tagged("AmazonECSManaged"), owner, "an ECS capacity provider"},
		{"of EMR", tagged("aws:elasticmapreduce:job-flow-id"), owner, "EMR"},
		{"of GameLift", tagged("gamelift:x"), owner, "GameLift"},
		{"of GameLift, by a tag of AWS's", tagged("aws:gamelift:x"), owner, "GameLift"},
		{"of nobody else", tagged("kubernetes.io/cluster/x"), owner, ""},
		{"with a tag that cannot be read", tagged("autospotting:keep-on-demand"), func(g decide.Group) any { return strings.Contains(g.BadTag, "keep-on-demand") }, true},
		{"with tags that can be", tagged("x"), func(g decide.Group) any { return g.BadTag }, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, _ := ToGroup(c.from, settings.Scope{Key: "spot-enabled", Value: "true"}, settings.Defaults())
			if is := c.read(got); is != c.want {
				t.Errorf("%v, want %v", is, c.want)
			}
		})
	}
}

func TestWhatSurroundsAGroup(t *testing.T) {
	t.Parallel()
	hook := func(name, transition string) astypes.LifecycleHook {
		return astypes.LifecycleHook{LifecycleHookName: &name, LifecycleTransition: &transition}
	}
	unseen := func(g decide.Group) any { return g.Unseen }
	failing := func(call, code, text string) func(*cloud) {
		return func(c *cloud) { c.failing(call, refusedBy(code, text)) }
	}
	type row struct {
		name   string
		change func(*cloud)
		read   func(decide.Group) any
		want   any
	}
	list := []row{
		{"hooks at launch, in order", func(c *cloud) {
			c.hooks = []astypes.LifecycleHook{hook("warm", "autoscaling:EC2_INSTANCE_LAUNCHING"), hook("drain", "autoscaling:EC2_INSTANCE_TERMINATING"), hook("join", "autoscaling:EC2_INSTANCE_LAUNCHING")}
		}, func(g decide.Group) any { return strings.Join(g.UnheardHooks, " ") }, "join warm"},
		{"hooks that may not be seen", failing("autoscaling.DescribeLifecycleHooks", "AccessDenied", "no"), unseen,
			`not all could be seen that must be known to serve it: describe the lifecycle hooks of group "web": api error AccessDenied: no`},
		{"and all the same what comes after them", failing("autoscaling.DescribeLifecycleHooks", "AccessDenied", "no"), func(g decide.Group) any { return g.StackStatus }, "UPDATE_COMPLETE"},
		{"a refresh that may not be seen", failing("autoscaling.DescribeInstanceRefreshes", "AccessDeniedException", "no"), unseen,
			`not all could be seen that must be known to serve it: describe the instance refreshes of group "web": api error AccessDeniedException: no`},
		{"all of it seen", func(*cloud) {}, unseen, ""},
		{"a placement group that may not be seen has no strategy", failing("ec2.DescribePlacementGroups", "UnauthorizedOperation", "no"), func(g decide.Group) any { return g.PlacementStrategy }, ""},
		{"nor has one that is gone", failing("ec2.DescribePlacementGroups", "InvalidPlacementGroup.Unknown", "no"), func(g decide.Group) any { return g.PlacementStrategy }, ""},
		{"a stack that is gone has no status", failing("cloudformation.DescribeStacks", "ValidationError", "Stack with id web does not exist"), func(g decide.Group) any { return g.StackStatus + g.Unseen }, ""},
		{"a stack at work", func(c *cloud) { c.stacks[0].StackStatus = cfntypes.StackStatusUpdateInProgress }, func(g decide.Group) any { return g.StackStatus }, "UPDATE_IN_PROGRESS"},
	}
	for status, under := range map[astypes.InstanceRefreshStatus]bool{"Pending": true, "InProgress": true, "Cancelling": true, "RollbackInProgress": true, "Baking": true,
		"Successful": false, "Failed": false, "Cancelled": false, "RollbackSuccessful": false} {
		list = append(list, row{"a refresh that is " + string(status), func(c *cloud) { c.refreshes = []astypes.InstanceRefresh{{Status: status}} }, func(g decide.Group) any { return g.Refreshing }, under})
	}
	for _, c := range list {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			acc := web()
			c.change(acc)
			if got := c.read(look(t, acc, ledger.Record{}).Group); got != c.want {
				t.Errorf("%v, want %v", got, c.want)
			}
		})
	}
}

func TestAGroupThatIsPlacedApartIsServed(t *testing.T) {
	t.Parallel()
	for strategy, served := range map[types.PlacementStrategy]bool{"spread": true, "partition": true, "cluster": false} {
		acc := web()
		acc.placements[0].Strategy = strategy
		if why := decide.Refusal(look(t, acc, ledger.Record{})); (why == "") != served {
			t.Errorf("%s: %q", strategy, why)
		}
	}
}

func TestOfWhatAGroupHasNotNothingIsAsked(t *testing.T) {
	t.Parallel()
	acc := web()
	g := acc.group()
	g.PlacementGroup, g.Tags, g.VPCZoneIdentifier = nil, g.Tags[:2], nil
	w := look(t, acc, ledger.Record{})
	for _, call := range []string{"ec2.DescribePlacementGroups", "cloudformation.DescribeStacks", "ec2.DescribeSubnets"} {
		if n := acc.calls(call); n != 0 {
			t.Errorf("%s was asked %d times", call, n)
		}
	}
	if w.Group.Subnets != nil || w.Group.NoSubnets != "the group names neither subnets nor zones: a replacement could not be placed" {
		t.Errorf("subnets %v, %q", w.Group.Subnets, w.Group.NoSubnets)
	}
}

// inDefaults is the account with a group that names zones only.
func inDefaults() *cloud {
	acc := web()
	acc.group().VPCZoneIdentifier, acc.group().AvailabilityZones = nil, []string{"us-east-1a", "us-east-1b"}
	standard := func(id, zone string) types.Subnet {
		return types.Subnet{SubnetId: &id, AvailabilityZone: &zone, DefaultForAz: aws.Bool(true), AvailableIpAddressCount: aws.Int32(9)}
	}
	acc.subnets = append(acc.subnets, standard("subnet-da", "us-east-1a"), standard("subnet-db", "us-east-1b"), standard("subnet-dc", "us-east-1c"))
	return acc
}

func TestAGroupThatNamesZonesOnlyIsPlacedInTheirDefaultSubnets(t *testing.T) {
	t.Parallel()
	acc := inDefaults()
	w := look(t, acc, ledger.Record{})
	if want := map[string]string{"us-east-1a": "subnet-da", "us-east-1b": "subnet-db"}; !reflect.DeepEqual(w.Group.Subnets, want) || decide.Refusal(w) != "" {
		t.Errorf("subnets %v, %q", w.Group.Subnets, decide.Refusal(w))
	}
	acc.subnets = acc.subnets[:len(acc.subnets)-2]
	w = look(t, acc, ledger.Record{})
	if why := decide.Refusal(w); !strings.Contains(why, "the zone us-east-1b has no default subnet") {
		t.Errorf("without one in a zone: %q", why)
	}
}

func TestDefaultSubnetsAreCopiedForNotices(t *testing.T) {
	t.Parallel()
	acc, shelf := made(t)
	defaults := inDefaults()
	acc.subnets, acc.groups[0].VPCZoneIdentifier, acc.groups[0].AvailabilityZones = defaults.subnets, nil, []string{"us-east-1a", "us-east-1b"}
	if _, err := cold(acc, shelf).Observe(t.Context(), "web", ledger.Record{}, nil); err != nil {
		t.Fatal(err)
	}
	acc.failing("ec2.DescribeSubnets", errLost)
	w, err := cold(acc, shelf).Observe(t.Context(), "web", ledger.Record{}, nil)
	if want := map[string]string{"us-east-1a": "subnet-da", "us-east-1b": "subnet-db"}; err != nil || !reflect.DeepEqual(w.Group.Subnets, want) || w.Missing[0].CopyOf.IsZero() {
		t.Errorf("%v, subnets %v, missing %+v", err, w.Group.Subnets, w.Missing)
	}
	acc.groups[0].VPCZoneIdentifier = aws.String("subnet-z") // named since: the default ones are none of the group's
	if w, err = cold(acc, shelf).Observe(t.Context(), "web", ledger.Record{}, nil); err != nil || len(w.Group.Subnets) > 0 {
		t.Errorf("%v, subnets %v", err, w.Group.Subnets)
	}
}

func TestSecurityGroupsByNameGoIntoNoSubnet(t *testing.T) {
	t.Parallel()
	acc := inDefaults()
	acc.template().SecurityGroups = []string{"web"}
	w := look(t, acc, ledger.Record{})
	if why := decide.Refusal(w); !strings.Contains(why, "security groups by name") || !strings.Contains(decide.Step(w), "SecurityGroupIds") {
		t.Errorf("%q, step %q", why, decide.Step(w))
	}
}

func TestTheServedGroupsAreListed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		scope  settings.Scope
		want   []string
		filter string
	}{
		{"by the tag", settings.Scope{}, []string{"api", "web"}, "tag:spot-enabled=true"},
		{"by another", settings.Scope{Key: "cheap", Value: "yes"}, []string{"jobs"}, "tag:cheap=yes"},
		{"all but those with it, which no filter can ask for", settings.Scope{Key: "spot-enabled", Value: "true", OptOut: true}, []string{"jobs"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			acc := web()
			for name, tag := range map[string]string{"api": "spot-enabled=true", "jobs": "cheap=yes"} {
				key, value, _ := strings.Cut(tag, "=")
				acc.groups = append(acc.groups, astypes.AutoScalingGroup{AutoScalingGroupName: &name, Tags: []astypes.TagDescription{groupTag(key, value, false)}})
			}
			actor := acc.actor()
			actor = New(Config{AutoScaling: actor.AutoScaling, Scope: c.scope})
			got, err := actor.Enabled(t.Context())
			if err != nil || !reflect.DeepEqual(got, c.want) {
				t.Errorf("%v, %v", got, err)
			}
			filter := ""
			for _, f := range inputs[autoscaling.DescribeAutoScalingGroupsInput](acc)[0].Filters {
				filter += *f.Name + "=" + strings.Join(f.Values, ",")
			}
			if filter != c.filter {
				t.Errorf("asked for %q, want %q", filter, c.filter)
			}
			acc.failing("autoscaling.DescribeAutoScalingGroups", errLost)
			if got, err := actor.Enabled(t.Context()); err == nil || got != nil || !strings.Contains(err.Error(), "list the groups "+actor.Scope.String()) {
				t.Errorf("unanswered: %v, %v", got, err)
			}
		})
	}
}

func TestTheGroupsOfInstancesAreFound(t *testing.T) {
	t.Parallel()
	acc := web()
	acc.members = []astypes.AutoScalingInstanceDetails{{InstanceId: aws.String("i-1"), AutoScalingGroupName: aws.String("web")}}
	moved := oursSpot("i-8", "us-east-1a")
	moved.Tags[0].Value = aws.String("api")
	acc.instances = append(acc.instances, moved)
	actor := acc.actor()
	got, err := actor.GroupsOf(t.Context(), []string{"i-1", "i-8", "i-9", "i-unknown"})
	if want := map[string]string{"i-1": "web", "i-8": "api", "i-9": "web"}; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v, %v, want %v", got, err, want)
	}
	if asked := inputs[ec2.DescribeInstancesInput](acc)[0].Filters; *asked[0].Name != "instance-id" || strings.Join(asked[0].Values, " ") != "i-8 i-9 i-unknown" {
		t.Errorf("asked for %v, want those that are in no group", asked[0].Values)
	}
	before := acc.calls("ec2.DescribeInstances")
	if got, err := actor.GroupsOf(t.Context(), []string{"i-1"}); err != nil || got["i-1"] != "web" || acc.calls("ec2.DescribeInstances") != before {
		t.Errorf("%v, %v; of a member no tag is needed", got, err)
	}
	if got, err := actor.GroupsOf(t.Context(), []string{"i-9"}); err != nil || got["i-9"] != "web" {
		t.Errorf("a single one by its tag: %v, %v", got, err)
	}
	for _, c := range []struct {
		call string
		err  error
		says string
	}{
		{"autoscaling.DescribeAutoScalingInstances", refusedBy("ValidationError", "one id is at fault"), "find the groups of 1 instances"},
		{"ec2.DescribeInstances", errLost, "find instances by our tag autospotting-group"},
	} {
		acc.failing(c.call, c.err)
		if got, err := actor.GroupsOf(t.Context(), []string{"i-9"}); err == nil || got != nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s is not answered: %v, %v", c.call, got, err)
		}
	}
}

// Where Auto Scaling does not say who is a member, its reserved tag does, before ours.
func TestTheGroupsOfInstancesAreFoundByTagsWhereAutoScalingDoesNotAnswer(t *testing.T) {
	t.Parallel()
	acc := web()
	moved := oursSpot("i-8", "us-east-1a")
	moved.Tags = append(moved.Tags, types.Tag{Key: aws.String("aws:autoscaling:groupName"), Value: aws.String("api")})
	acc.instances = append(acc.instances, moved)
	for name, err := range map[string]error{"no answer": errLost, "throttled": refusedBy("Throttling", "Rate exceeded"), "a 503": answered(503, "ServiceUnavailable")} {
		acc.failing("autoscaling.DescribeAutoScalingInstances", err)
		got, err := acc.actor().GroupsOf(t.Context(), []string{"i-1", "i-8", "i-9", "i-unknown"})
		if want := map[string]string{"i-1": "web", "i-8": "api", "i-9": "web"}; err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, %v, want %v", name, got, err, want)
		}
	}
	acc.fails = func(call string, _ any) error { return errLost }
	if got, err := acc.actor().GroupsOf(t.Context(), []string{"i-1"}); err == nil || got != nil || !strings.Contains(err.Error(), "find the groups of 1 instances by their tags") {
		t.Errorf("neither answers: %v, %v", got, err)
	}
}

func TestOneCallTellsWhatAWSTakesInTheWholeAccount(t *testing.T) {
	t.Parallel()
	acc := web()
	request := func(id, code string, ago time.Duration) types.SpotInstanceRequest {
		return types.SpotInstanceRequest{InstanceId: &id, Status: &types.SpotInstanceStatus{Code: &code, UpdateTime: aws.Time(noon.Add(-ago))}}
	}
	acc.requests = []types.SpotInstanceRequest{request("i-7", "instance-terminated-no-capacity", time.Minute), request("i-8", "marked-for-stop", time.Hour),
		request("i-9", "fulfilled", 0), request("", "marked-for-termination", 0), {InstanceId: aws.String("i-6")}}
	got, err := acc.actor().TakenSince(t.Context(), noon.Add(-5*time.Minute))
	if err != nil || len(got) != 1 || got[0].Instance != "i-7" || got[0].Kind != decide.HeardTerminating || !got[0].At.Equal(noon.Add(-time.Minute)) || !got[0].Trusted || got[0].Source == decide.FromSpotd {
		t.Errorf("%+v, %v", got, err)
	}
	if in := inputs[ec2.DescribeSpotInstanceRequestsInput](acc)[0]; len(in.Filters) != 1 || *in.Filters[0].Name != "status-code" || !slices.Equal(in.Filters[0].Values, decide.NoticeStatuses) {
		t.Errorf("asked for %+v", in)
	}
	acc.failing("ec2.DescribeSpotInstanceRequests", errLost)
	if _, err := acc.actor().TakenSince(t.Context(), noon); err == nil {
		t.Error("an error was taken for nothing")
	}
}

func TestWhatAWSTakesIsToldByItsSpotRequest(t *testing.T) {
	t.Parallel()
	acc := web()
	acc.requests = append(acc.requests, types.SpotInstanceRequest{InstanceId: aws.String("i-8"), Status: &types.SpotInstanceStatus{Code: aws.String("marked-for-termination")}})
	got, err := acc.actor().Taken(t.Context(), []string{"i-7", "i-8", "i-9"})
	if want := map[string]bool{"i-7": false, "i-8": true, "i-9": false}; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v, %v, want %v", got, err, want)
	}
	acc.failing("ec2.DescribeSpotInstanceRequests", errLost)
	if got, err := acc.actor().Taken(t.Context(), []string{"i-8"}); err == nil || got != nil {
		t.Errorf("unanswered: %v, %v", got, err)
	}
}
