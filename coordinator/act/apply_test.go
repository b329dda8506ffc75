package act

import (
	"context"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/ledger"
)

// spot is a launch that asks two pools.
var spot = ledger.Launch{Nonce: "n-1", Template: "lt-1", TemplateVersion: "3", Spot: true, Tags: map[string]string{decide.TagGroup: "web", "team": "shop"},
	Overrides: []ledger.Override{{Type: "m5.large", Zone: "us-east-1a", Subnet: "subnet-a", MaxUSD: 0.096}, {Type: "m5a.large", Zone: "us-east-1b", Subnet: "subnet-b", MaxUSD: 0.086}}}

func TestEveryActionIsOneCall(t *testing.T) {
	t.Parallel()
	web1, name := aws.String("web"), aws.String(decide.TemplateName("web"))
	status := astypes.Tag{ResourceId: web1, ResourceType: aws.String("auto-scaling-group"), Key: aws.String("autospotting:status")}
	said := status
	said.Value, said.PropagateAtLaunch = aws.String("served"), aws.Bool(false)
	for _, c := range []struct {
		act  decide.Action
		call string
		in   any
	}{
		{decide.Action{Kind: decide.RaiseMax, Max: 6}, "autoscaling.UpdateAutoScalingGroup", &autoscaling.UpdateAutoScalingGroupInput{AutoScalingGroupName: web1, MaxSize: aws.Int32(6)}},
		{decide.Action{Kind: decide.RestoreMax, Max: 5}, "autoscaling.UpdateAutoScalingGroup", &autoscaling.UpdateAutoScalingGroupInput{AutoScalingGroupName: web1, MaxSize: aws.Int32(5)}},
		{decide.Action{Kind: decide.AttachSome, Instances: []string{"i-8", "i-9"}}, "autoscaling.AttachInstances",
			&autoscaling.AttachInstancesInput{AutoScalingGroupName: web1, InstanceIds: []string{"i-8", "i-9"}}},
		{decide.Action{Kind: decide.Retire, Instance: "i-1", Decrement: true}, "autoscaling.TerminateInstanceInAutoScalingGroup",
			&autoscaling.TerminateInstanceInAutoScalingGroupInput{InstanceId: aws.String("i-1"), ShouldDecrementDesiredCapacity: aws.Bool(true)}},
		{decide.Action{Kind: decide.Retire, Instance: "i-1"}, "autoscaling.TerminateInstanceInAutoScalingGroup",
			&autoscaling.TerminateInstanceInAutoScalingGroupInput{InstanceId: aws.String("i-1"), ShouldDecrementDesiredCapacity: aws.Bool(false)}},
		{decide.Action{Kind: decide.Protect, Instance: "i-1"}, "autoscaling.SetInstanceProtection",
			&autoscaling.SetInstanceProtectionInput{AutoScalingGroupName: web1, InstanceIds: []string{"i-1"}, ProtectedFromScaleIn: aws.Bool(true)}},
		{decide.Action{Kind: decide.Unprotect, Instance: "i-1"}, "autoscaling.SetInstanceProtection",
			&autoscaling.SetInstanceProtectionInput{AutoScalingGroupName: web1, InstanceIds: []string{"i-1"}, ProtectedFromScaleIn: aws.Bool(false)}},
		{decide.Action{Kind: decide.SetDesired, Desired: 4}, "autoscaling.SetDesiredCapacity", &autoscaling.SetDesiredCapacityInput{AutoScalingGroupName: web1, DesiredCapacity: aws.Int32(4)}},
		{decide.Action{Kind: decide.TagStatus, Text: "served"}, "autoscaling.CreateOrUpdateTags", &autoscaling.CreateOrUpdateTagsInput{Tags: []astypes.Tag{said}}},
		{decide.Action{Kind: decide.UntagStatus}, "autoscaling.DeleteTags", &autoscaling.DeleteTagsInput{Tags: []astypes.Tag{status}}},
		{decide.Action{Kind: decide.Untag, Instances: []string{"i-9"}}, "ec2.DeleteTags", &ec2.DeleteTagsInput{Resources: []string{"i-9"},
			Tags: []types.Tag{{Key: aws.String("autospotting-group")}, {Key: aws.String("autospotting-launch")}}}},
		{decide.Action{Kind: decide.AskDrain, Instance: "i-1", Text: "2026-11-02T09:15:00Z"}, "ec2.CreateTags", &ec2.CreateTagsInput{Resources: []string{"i-1"},
			Tags: []types.Tag{{Key: aws.String("autospotting-drain"), Value: aws.String("2026-11-02T09:15:00Z")}}}},
		{decide.Action{Kind: decide.AskNoMore, Instance: "i-1"}, "ec2.DeleteTags", &ec2.DeleteTagsInput{Resources: []string{"i-1"}, Tags: []types.Tag{{Key: aws.String("autospotting-drain")}}}},
		{decide.Action{Kind: decide.DropTemplate}, "ec2.DeleteLaunchTemplate", &ec2.DeleteLaunchTemplateInput{LaunchTemplateName: name}},
		{decide.Action{Kind: decide.Terminate, Instance: "i-9"}, "ec2.TerminateInstances", &ec2.TerminateInstancesInput{InstanceIds: []string{"i-9"}}},
	} {
		t.Run(string(c.act.Kind), func(t *testing.T) {
			t.Parallel()
			acc := web()
			if res := acc.actor().Apply(t.Context(), "web", c.act, noon.Add(time.Minute)); !reflect.DeepEqual(res, decide.Result{}) {
				t.Errorf("answered %+v", res)
			}
			if len(acc.asked) != 1 || acc.asked[0].call != c.call || !reflect.DeepEqual(acc.asked[0].in, c.in) {
				t.Fatalf("called %+v", acc.asked)
			}
			acc.failing(c.call, refusedBy("ScalingActivityInProgress", "later"))
			if res := acc.actor().Apply(t.Context(), "web", c.act, noon.Add(time.Minute)); res.Failure != decide.Throttled || res.Detail != "ScalingActivityInProgress: later" {
				t.Errorf("refused: %+v", res)
			}
		})
	}
}

func TestAnActionThatNoCallIsKnownForSaysSo(t *testing.T) {
	t.Parallel()
	acc := web()
	if res := acc.actor().Apply(t.Context(), "web", decide.Action{Kind: "dance"}, noon.Add(time.Minute)); res.Failure == decide.Done || !strings.Contains(res.Detail, `no call is known for action "dance"`) || len(acc.asked) > 0 {
		t.Errorf("%+v, %d calls", res, len(acc.asked))
	}
}

func TestAPlanThatIsTooOldIsNotCarriedOut(t *testing.T) {
	t.Parallel()
	for _, left := range []time.Duration{0, -time.Second} {
		acc := web()
		res := acc.actor().Apply(t.Context(), "web", decide.Action{Kind: decide.Terminate, Instance: "i-9"}, noon.Add(left))
		if res.Failure != decide.Expired || res.Detail == "" || len(acc.asked) > 0 {
			t.Errorf("%s before the deadline: %+v, %d calls", left, res, len(acc.asked))
		}
	}
}

// A call is given until shortly after the deadline, by the Actor's own clock, and its timer ends with it.
func TestACallMayOutlastItsPlanByFourSecondsAndNoMore(t *testing.T) {
	t.Parallel()
	acc := web()
	acc.now = time.Now()
	acc.actor().Apply(t.Context(), "web", decide.Action{Kind: decide.Terminate, Instance: "i-9"}, acc.now.Add(time.Hour))
	ctx := acc.asked[0].ctx
	if until, ok := ctx.Deadline(); !ok || until.Before(acc.now.Add(time.Hour+answeredFor)) || until.After(acc.now.Add(2*time.Hour)) {
		t.Errorf("may take until %s, from %s", until, acc.now)
	}
	if ctx.Err() != context.Canceled {
		t.Errorf("after the call its timer runs on: %v", ctx.Err())
	}
}

func TestALaunchIsAnsweredByWhatItBroughtAndByThePoolsThatRefused(t *testing.T) {
	t.Parallel()
	of := func(kind types.InstanceType, zone, subnet *string) *types.LaunchTemplateAndOverridesResponse {
		return &types.LaunchTemplateAndOverridesResponse{Overrides: &types.FleetLaunchTemplateOverrides{InstanceType: kind, AvailabilityZone: zone, SubnetId: subnet}}
	}
	fault := func(code string, where *types.LaunchTemplateAndOverridesResponse) types.CreateFleetError {
		return types.CreateFleetError{ErrorCode: &code, ErrorMessage: aws.String("said"), LaunchTemplateAndOverrides: where}
	}
	brought := func(where *types.LaunchTemplateAndOverridesResponse) *ec2.CreateFleetOutput {
		return &ec2.CreateFleetOutput{Instances: []types.CreateFleetInstance{{InstanceIds: []string{"i-9"}, InstanceType: "m5.large", LaunchTemplateAndOverrides: where}}}
	}
	failed := func(list ...types.CreateFleetError) *ec2.CreateFleetOutput {
		return &ec2.CreateFleetOutput{Errors: list}
	}
	zone, subnet, other := aws.String("us-east-1c"), aws.String("subnet-b"), aws.String("subnet-x")
	launched := func(zone string) decide.Result {
		return decide.Result{Launched: []decide.LaunchedOne{{ID: "i-9", Type: "m5.large", Zone: zone}}}
	}
	for _, c := range []struct {
		name string
		out  *ec2.CreateFleetOutput
		want decide.Result
	}{
		{"an instance, its zone as AWS says", brought(of("m5.large", zone, subnet)), launched("us-east-1c")},
		{"its zone by the subnet that was asked for", brought(of("m5.large", nil, subnet)), launched("us-east-1b")},
		{"a subnet that was not asked for tells no zone", brought(of("m5.large", nil, other)), launched("")},
		{"nor does no override", brought(&types.LaunchTemplateAndOverridesResponse{}), launched("")},
		{"nor no template", brought(nil), launched("")},
		{"nothing", &ec2.CreateFleetOutput{}, decide.Result{}},
		{"pools without capacity", failed(fault("InsufficientInstanceCapacity", of("m5.large", nil, subnet)), fault("SpotMaxPriceTooLow", of("m5a.large", zone, nil))),
			decide.Result{Refused: []decide.RefusedPool{{Type: "m5.large", Zone: "us-east-1b", Code: "InsufficientInstanceCapacity", Owner: decide.OfPool}, {Type: "m5a.large", Zone: "us-east-1c", Code: "SpotMaxPriceTooLow", Owner: decide.OfPool}}}},
		{"a pool that is not named", failed(fault("UnfulfillableCapacity", nil), fault("Unsupported", &types.LaunchTemplateAndOverridesResponse{})), decide.Result{Detail: "Unsupported: said"}},
		{"what is the request's fault is no pool's", failed(fault("InvalidSecurityGroupID.NotFound", of("m5.large", zone, nil)), fault("ReservationCapacityExceeded", of("m5.large", zone, nil))),
			decide.Result{Detail: "a security group is gone: name another in the group's template (InvalidSecurityGroupID.NotFound: said)",
				Refused: []decide.RefusedPool{{Type: "m5.large", Zone: "us-east-1c", Code: "ReservationCapacityExceeded", Owner: decide.OfPool}}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			acc := web()
			acc.fleet = c.out
			got := acc.actor().Apply(t.Context(), "web", decide.Action{Kind: decide.LaunchOne, Launch: &spot}, noon.Add(time.Minute))
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("%+v\nwant %+v", got, c.want)
			}
		})
	}
}

func TestALaunchThatIsRefusedIsClassedAndExplained(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		err  error
		want decide.Failure
		says string
	}{
		{"throttled", refusedBy("RequestLimitExceeded", "slower"), decide.Throttled, "RequestLimitExceeded: slower"},
		{"a quota is used up: time alone does not help", refusedBy("MaxSpotInstanceCountExceeded", "no"), decide.Invalid, "raise the vCPU quota of spot requests"},
		{"a quota of on-demand", refusedBy("VcpuLimitExceeded", "no"), decide.Invalid, "raise the vCPU quota of on-demand"},
		{"a quota of instances", refusedBy("InstanceLimitExceeded", "no"), decide.Invalid, "raise the quota"},
		{"a quota of fleets", refusedBy("MaxFleetCountExceeded", "no"), decide.Invalid, "MaxFleetCountExceeded: no"},
		{"no answer", errLost, decide.Lost, errLost.Error()},
		{"another's token", refusedBy("IdempotentParameterMismatch", "no"), decide.Mismatch, "IdempotentParameterMismatch: no"},
		{"a role that may not be passed", refusedBy("UnauthorizedOperation", "iam:PassRole. Encoded authorization failure message: abc"), decide.Invalid, "(UnauthorizedOperation: iam:PassRole.)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			acc := web()
			acc.failing("ec2.CreateFleet", c.err)
			got := acc.actor().Apply(t.Context(), "web", decide.Action{Kind: decide.LaunchOne, Launch: &spot}, noon.Add(time.Minute))
			if got.Failure != c.want || !strings.Contains(got.Detail, c.says) {
				t.Errorf("%+v, want %q and %q", got, c.want, c.says)
			}
		})
	}
}

// What is remembered of our template is forgotten once a launch says that it is not there: somebody deleted it.
func TestOurTemplateIsLookedForAgainOnceALaunchMissesIt(t *testing.T) {
	t.Parallel()
	for code, again := range map[string]bool{"InvalidLaunchTemplateId.NotFound": true, "InsufficientInstanceCapacity": false} {
		acc := web()
		actor := acc.actor()
		acc.made(t, actor)
		seen := func() string {
			w, err := actor.Observe(t.Context(), "web", ledger.Record{}, nil)
			if err != nil {
				t.Fatal(err)
			}
			return w.Template.ID
		}
		if seen() != "lt-ours" {
			t.Fatal("ours is not found")
		}
		delete(acc.versions, decide.TemplateName("web"))
		if seen() != "lt-ours" {
			t.Fatal("ours is not remembered")
		}
		acc.failing("ec2.CreateFleet", refusedBy(code, "gone"))
		actor.Apply(t.Context(), "web", decide.Action{Kind: decide.LaunchOne, Launch: &spot}, noon.Add(time.Minute))
		if id := seen(); (id == "") != again {
			t.Errorf("after %s: %q", code, id)
		}
	}
}

// made makes our template as the actor would, and shows it as version 7.
func (c *cloud) made(t *testing.T, a *Actor) {
	t.Helper()
	if res := a.Apply(t.Context(), "web", decide.Action{Kind: decide.MakeTemplate}, c.now.Add(time.Minute)); res.Failure != decide.Done {
		t.Fatalf("%+v", res)
	}
	list := inputs[ec2.CreateLaunchTemplateInput](c)
	in := list[len(list)-1]
	c.versions[*in.LaunchTemplateName] = []types.LaunchTemplateVersion{{LaunchTemplateId: aws.String("lt-ours"), VersionNumber: aws.Int64(8), VersionDescription: aws.String("another")},
		{LaunchTemplateId: aws.String("lt-ours"), VersionNumber: aws.Int64(7), VersionDescription: in.VersionDescription}}
}

func TestTheWholeFleetRequestIsAsReviewed(t *testing.T) {
	t.Parallel()
	tags := []types.Tag{{Key: aws.String("autospotting-group"), Value: aws.String("web")}, {Key: aws.String("team"), Value: aws.String("shop")}}
	want := func(spot bool) *ec2.CreateFleetInput {
		a := types.FleetLaunchTemplateOverridesRequest{InstanceType: "m5.large", SubnetId: aws.String("subnet-a")}
		b := types.FleetLaunchTemplateOverridesRequest{InstanceType: "m5a.large", SubnetId: aws.String("subnet-b")}
		in := &ec2.CreateFleetInput{Type: "instant", ClientToken: aws.String("n-1"),
			TargetCapacitySpecification: &types.TargetCapacitySpecificationRequest{TotalTargetCapacity: aws.Int32(1), DefaultTargetCapacityType: "on-demand"},
			TagSpecifications:           []types.TagSpecification{{ResourceType: "instance", Tags: tags}, {ResourceType: "fleet", Tags: tags[:1]}}}
		if spot {
			a.MaxPrice, b.MaxPrice = aws.String("0.096"), aws.String("0.086")
			in.TargetCapacitySpecification.DefaultTargetCapacityType = "spot"
			in.SpotOptions = &types.SpotOptionsRequest{AllocationStrategy: "price-capacity-optimized"}
		} else {
			a.Priority, b.Priority = aws.Float64(0), aws.Float64(1)
			in.OnDemandOptions = &types.OnDemandOptionsRequest{AllocationStrategy: "prioritized"}
		}
		in.LaunchTemplateConfigs = []types.FleetLaunchTemplateConfigRequest{{Overrides: []types.FleetLaunchTemplateOverridesRequest{a, b},
			LaunchTemplateSpecification: &types.FleetLaunchTemplateSpecificationRequest{LaunchTemplateId: aws.String("lt-1"), Version: aws.String("3")}}}
		return in
	}
	for _, isSpot := range []bool{true, false} {
		l := spot
		l.Spot = isSpot
		if got := fleetRequest(l); !reflect.DeepEqual(got, want(isSpot)) {
			t.Errorf("spot %v: %+v", isSpot, got)
		}
	}
}
