package act

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	cfntypes "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancing/types"
	elbv2types "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	ebtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	lattypes "github.com/aws/aws-sdk-go-v2/service/vpclattice/types"
	"github.com/aws/smithy-go"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/settings"
	"autospotting/pkg/beanstalk"
)

// cloud is an account as AWS describes it, for a test to vary. Lists come in pages of one entry, so that who reads only the first page
// sees too little. Every call is noted.
type cloud struct {
	now            time.Time
	groups         []astypes.AutoScalingGroup
	members        []astypes.AutoScalingInstanceDetails // what DescribeAutoScalingInstances tells
	hooks          []astypes.LifecycleHook
	refreshes      []astypes.InstanceRefresh
	activities     []astypes.Activity // newest first
	configurations []astypes.LaunchConfiguration

	instances  []types.Instance
	statuses   []types.InstanceStatus
	requests   []types.SpotInstanceRequest
	protected  map[string]bool // from termination, by instance
	userData   *string
	volumes    []types.Volume
	subnets    []types.Subnet
	placements []types.PlacementGroup
	images     []types.Image
	versions   map[string][]types.LaunchTemplateVersion // by the template's name, newest first
	perPage    int                                      // of those
	sold       []types.InstanceTypeInfo
	offered    []types.InstanceTypeOffering
	prices     []types.SpotPrice
	fleet      *ec2.CreateFleetOutput
	dryRun     error

	targets  map[string][]elbv2types.TargetHealthDescription // by target group
	classic  map[string][]elbtypes.InstanceState             // by load balancer
	stacks   []cfntypes.Stack
	hosts    map[string][]ecstypes.ContainerInstance // by cluster
	unmoved  []ecstypes.Failure                      // of a change of their states
	products []string                                // of the Pricing API
	environs []beanstalk.EnvironmentDescription

	slow      string                   // seconds of every target group's slow start
	lattice   []lattypes.TargetSummary // of every target group of VPC Lattice
	rules     []ebtypes.Rule
	targetsOf map[string][]string // by rule: ARNs

	// fails is the error of a call, by its name, service.Operation, and its input; nil where it succeeds.
	fails func(call string, in any) error

	mu    sync.Mutex
	asked []asked
}

// asked is one call.
type asked struct {
	call string // service.Operation
	in   any
	ctx  context.Context
}

// answer notes a call and gives what was prepared for it.
func answer[In, Out any](ctx context.Context, c *cloud, in *In, out func() *Out) (*Out, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	as := *in // the caller may turn to the next page with the same input
	call := strings.TrimSuffix(strings.TrimPrefix(fmt.Sprintf("%T", as), "*"), "Input")
	c.asked = append(c.asked, asked{call, &as, ctx})
	if c.fails != nil {
		if err := c.fails(call, in); err != nil {
			return nil, err
		}
	}
	return out(), nil
}

// page is one entry, and the token of the next.
func page[T any](all []T, token *string) ([]T, *string) { return pageOf(1, all, token) }

func pageOf[T any](size int, all []T, token *string) ([]T, *string) {
	from, _ := strconv.Atoi(aws.ToString(token))
	to := min(from+size, len(all))
	if to < len(all) {
		return all[from:to], aws.String(strconv.Itoa(to))
	}
	return all[from:to], nil
}

// inputs are those of the calls of a name, in order.
func inputs[In any](c *cloud) (list []*In) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, a := range c.asked {
		if in, ok := a.in.(*In); ok {
			list = append(list, in)
		}
	}
	return list
}

// calls counts the calls of a name.
func (c *cloud) calls(name string) (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, a := range c.asked {
		if a.call == name {
			n++
		}
	}
	return n
}

// failing makes every call of a name fail.
func (c *cloud) failing(name string, err error) {
	c.fails = func(call string, _ any) error {
		if call == name {
			return err
		}
		return nil
	}
}

func (c *cloud) actor() *Actor {
	a := c.stranger()
	for _, g := range c.groups { // as if it had looked lately which template has the name of ours
		a.cache.named.put(decide.TemplateName(aws.ToString(g.AutoScalingGroupName)), namedTemplate{"lt-ours", c.now})
	}
	return a
}

// stranger is an actor that knows nothing yet.
func (c *cloud) stranger() *Actor {
	return New(Config{EC2: cloudEC2{cloud: c}, AutoScaling: cloudScaling{cloud: c}, Inspector: cloudEC2{cloud: c}, TargetGroups: cloudBalancers{c}, Balancers: cloudClassic{c},
		Stacks: cloudStacks{c}, Containers: cloudHosts{c}, Environments: cloudEnvironments{c}, Pricing: cloudPrices{c}, Lattice: cloudLattice{c}, Rules: cloudRules{c}, EventsTopic: ourTopic, Region: "us-east-1", Defaults: settings.Defaults(), Now: func() time.Time { return c.now }})
}

// refused is an error as a service gives it.
func refusedBy(code, text string) error { return &smithy.GenericAPIError{Code: code, Message: text} }

// noon is when most tests happen; no group named web looks at the market for its own sake then.
var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

const (
	targetGroup = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/web/1"
	groupARN    = "arn:aws:autoscaling:us-east-1:123456789012:autoScalingGroup:1:autoScalingGroupName/web"
	ourTopic    = "arn:aws:sns:us-east-1:123456789012:autospotting-events"
	stackID     = "arn:aws:cloudformation:us-east-1:123456789012:stack/web/1"
)

// web is an account with a served group of that name, for which everything there is has to be read: of its three places two are filled,
// by i-1 and i-2, which is not described by tag yet; i-9 is ours, spot, and in no group so far.
func web() *cloud {
	tag := func(key, value string) astypes.TagDescription {
		return astypes.TagDescription{Key: &key, Value: &value, PropagateAtLaunch: aws.Bool(key == "team")}
	}
	in := func(id, zone string) astypes.Instance {
		return astypes.Instance{InstanceId: &id, InstanceType: aws.String("m5.large"), AvailabilityZone: &zone, HealthStatus: aws.String("Healthy"), LifecycleState: astypes.LifecycleStateInService}
	}
	member := onDemand("i-1", "us-east-1a")
	member.Tags = []types.Tag{{Key: aws.String("aws:autoscaling:groupName"), Value: aws.String("web")}}
	return &cloud{
		now: noon,
		groups: []astypes.AutoScalingGroup{{
			AutoScalingGroupName: aws.String("web"), AutoScalingGroupARN: aws.String(groupARN), MinSize: aws.Int32(1), MaxSize: aws.Int32(5), DesiredCapacity: aws.Int32(3),
			VPCZoneIdentifier: aws.String("subnet-a,subnet-b"), PlacementGroup: aws.String("apart"),
			LaunchTemplate:  &astypes.LaunchTemplateSpecification{LaunchTemplateId: aws.String("lt-owner"), Version: aws.String(latestVersion)},
			TargetGroupARNs: []string{targetGroup}, LoadBalancerNames: []string{"old"},
			Tags:      []astypes.TagDescription{tag("spot-enabled", "true"), tag("team", "shop"), tag("aws:cloudformation:stack-id", stackID)},
			Instances: []astypes.Instance{in("i-1", "us-east-1a"), in("i-2", "us-east-1b")},
		}},
		instances: []types.Instance{member, onDemand("i-2", "us-east-1b"), oursSpot("i-9", "us-east-1a")},
		statuses:  []types.InstanceStatus{checked("i-9", "ok", "ok")},
		requests:  []types.SpotInstanceRequest{{InstanceId: aws.String("i-9"), Status: &types.SpotInstanceStatus{Code: aws.String("fulfilled"), UpdateTime: aws.Time(noon)}}},
		subnets: []types.Subnet{{SubnetId: aws.String("subnet-a"), AvailabilityZone: aws.String("us-east-1a"), AvailableIpAddressCount: aws.Int32(9)},
			{SubnetId: aws.String("subnet-b"), AvailabilityZone: aws.String("us-east-1b"), AvailableIpAddressCount: aws.Int32(9)}},
		placements: []types.PlacementGroup{{GroupName: aws.String("apart"), Strategy: types.PlacementStrategySpread}},
		images:     []types.Image{{ImageId: aws.String("ami-1"), Architecture: "x86_64", VirtualizationType: "hvm", BootMode: "uefi", EnaSupport: aws.Bool(true)}},
		versions: map[string][]types.LaunchTemplateVersion{"owner": {{LaunchTemplateId: aws.String("lt-owner"), VersionNumber: aws.Int64(4),
			LaunchTemplateData: &types.ResponseLaunchTemplateData{ImageId: aws.String("ami-1"), InstanceType: "m5.large"}}}},
		perPage: 1,
		sold:    []types.InstanceTypeInfo{{InstanceType: "m5.large"}, {InstanceType: "m5a.large"}},
		offered: []types.InstanceTypeOffering{{InstanceType: "m5.large", Location: aws.String("us-east-1a")}, {InstanceType: "m5a.large", Location: aws.String("us-east-1b")}},
		prices: []types.SpotPrice{{InstanceType: "m5.large", AvailabilityZone: aws.String("us-east-1a"), SpotPrice: aws.String("0.03"), Timestamp: aws.Time(noon)},
			{InstanceType: "m5a.large", AvailabilityZone: aws.String("us-east-1b"), SpotPrice: aws.String("0.02"), Timestamp: aws.Time(noon)}},
		dryRun:  refusedBy("DryRunOperation", "Request would have succeeded, but DryRun flag is set."),
		targets: map[string][]elbv2types.TargetHealthDescription{targetGroup: targets("healthy", "healthy")},
		classic: map[string][]elbtypes.InstanceState{"old": {{InstanceId: aws.String("i-1"), State: aws.String("InService")}, {InstanceId: aws.String("i-2"), State: aws.String("InService")}}},
		stacks:  []cfntypes.Stack{{StackStatus: cfntypes.StackStatusUpdateComplete}},
		activities: []astypes.Activity{{Description: aws.String("Launching a new EC2 instance: i-00000001"), StartTime: aws.Time(noon.Add(-time.Minute))},
			{Description: aws.String("Launching a new EC2 instance: i-00000002"), StartTime: aws.Time(noon.Add(-2 * time.Minute))}},
	}
}

func onDemand(id, zone string) types.Instance {
	return types.Instance{InstanceId: &id, InstanceType: "m5.large", ImageId: aws.String("ami-1"), LaunchTime: aws.Time(noon.Add(-24 * time.Hour)), PlatformDetails: aws.String("Linux/UNIX"),
		Placement: &types.Placement{AvailabilityZone: &zone}, State: &types.InstanceState{Name: types.InstanceStateNameRunning}}
}

func oursSpot(id, zone string) types.Instance {
	i := onDemand(id, zone)
	i.InstanceLifecycle = types.InstanceLifecycleTypeSpot
	i.Tags = []types.Tag{{Key: aws.String("autospotting-group"), Value: aws.String("web")}, {Key: aws.String("autospotting-launch"), Value: aws.String("n-" + id)},
		{Key: aws.String("aws:ec2:fleet-id"), Value: aws.String("fleet-1")},
		{Key: aws.String("aws:ec2launchtemplate:id"), Value: aws.String("lt-ours")}, {Key: aws.String("aws:ec2launchtemplate:version"), Value: aws.String("7")}}
	return i
}

func checked(id string, instance, system types.SummaryStatus) types.InstanceStatus {
	return types.InstanceStatus{InstanceId: &id, InstanceStatus: &types.InstanceStatusSummary{Status: instance}, SystemStatus: &types.InstanceStatusSummary{Status: system}}
}

// group is the first group.
func (c *cloud) group() *astypes.AutoScalingGroup { return &c.groups[0] }

// template is what the owner's template says.
func (c *cloud) template() *types.ResponseLaunchTemplateData {
	return c.versions["owner"][0].LaunchTemplateData
}

// targets are i-1, i-2 … in a target group, in these states; one without a state is not registered.
func targets(states ...string) (list []elbv2types.TargetHealthDescription) {
	for n, state := range states {
		if state != "" {
			state, reason, _ := strings.Cut(state, " ")
			list = append(list, elbv2types.TargetHealthDescription{Target: &elbv2types.TargetDescription{Id: aws.String(fmt.Sprint("i-", n+1))},
				TargetHealth: &elbv2types.TargetHealth{State: elbv2types.TargetHealthStateEnum(state), Reason: elbv2types.TargetHealthReasonEnum(reason)}})
		}
	}
	return list
}
