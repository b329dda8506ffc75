package act

import (
	"context"
	"slices"
	"time"

	"autospotting/coordinator/decide"
)

// Read is one API by which the coordinator learns something of a group or of the market.
type Read struct {
	API   string // service and operation, as the SDK names them
	Class decide.Class
	What  string // what it tells, as people read it: "target health"
	// Without says what is not done while it fails.
	Without string
}

// Reads are all of them (docs/protocol.md, What one failing read stops). Where one API tells several things, its class is that of what a decision
// about a group with a notice needs most.
var Reads = []Read{
	{"Auto Scaling.DescribeAutoScalingGroups", decide.Identity, "the group", "Nothing is done. It is tried again after 5 seconds while a notice waits."},
	{"EC2.DescribeInstances", decide.Identity, "the instances", "Nothing is done. It is tried again after 5 seconds while a notice waits."},

	{"EC2.DescribeLaunchTemplateVersions", decide.Launch, decide.ReadTemplate, "Its last copy serves notices and deficits for 6 hours, where it is not older than the doomed instance's own."},
	{"Auto Scaling.DescribeLaunchConfigurations", decide.Launch, decide.ReadTemplate, "As for a launch template."},
	{"EC2.DescribeImages", decide.Launch, decide.ReadTemplate, "As for a launch template."},
	{"EC2.DescribeVolumes", decide.Launch, decide.ReadTemplate, "As for a launch template."},
	{"EC2.DescribeSubnets", decide.Launch, "subnets", "The group's description names them; their zones are known from the last copy."},
	{"EC2.DescribePlacementGroups", decide.Launch, "the placement group", "Its strategy is the one last read."},
	{"EC2.DescribeInstanceTypes", decide.Launch, "instance types", "The last copy serves notices and deficits for 6 hours."},
	{"EC2.DescribeInstanceTypeOfferings", decide.Launch, "instance types", "The last copy serves notices and deficits for 6 hours."},
	{"EC2.DescribeSpotPriceHistory", decide.Launch, "spot prices", "The last copy serves notices and deficits for 6 hours."},
	{"Pricing.GetProducts", decide.Launch, "on-demand prices", "The built-in prices serve, and the plan says so."},

	{"Auto Scaling.DescribeAutoScalingInstances", decide.Prudence, decide.ReadMembership, "No instance outside the group is ended. A notice finds its group by the instance's tags."},
	{"Auto Scaling.DescribeLifecycleHooks", decide.Prudence, "lifecycle hooks", "The hooks last read count."},
	{"EventBridge.ListRules", decide.Prudence, "EventBridge's rules", "Who hears of launching hooks is as last read, for 6 hours. Then somebody hears of each."},
	{"EventBridge.ListTargetsByRule", decide.Prudence, "EventBridge's rules", "Who hears of launching hooks is as last read, for 6 hours. Then somebody hears of each."},
	{"Auto Scaling.DescribeInstanceRefreshes", decide.Prudence, "instance refreshes", "Nothing gradual is begun."},
	{"Auto Scaling.DescribeScalingActivities", decide.Prudence, decide.ReadActivities, "Nobody is retired with decrement, and no question about desired is closed."},
	{"CloudFormation.DescribeStacks", decide.Prudence, "the CloudFormation stack", "Nothing gradual is begun."},
	{"Elastic Beanstalk.DescribeEnvironments", decide.Prudence, decide.ReadEnvironment, "Nothing is launched or attached, for a notice either. Who has one is left to the group."},
	{"Elastic Load Balancing v2.DescribeTargetHealth", decide.Prudence, decide.ReadBalancers, "No member behind the load balancer counts as capacity."},
	{"Elastic Load Balancing.DescribeInstanceHealth", decide.Prudence, decide.ReadBalancers, "No member behind the load balancer counts as capacity."},
	{"VPC Lattice.ListTargets", decide.Prudence, decide.ReadBalancers, "No member behind it counts as capacity."},
	{"Elastic Load Balancing v2.DescribeTargetGroupAttributes", decide.Prudence, "the target group's slow start", "The one last read counts; before the first, the longest that may be set."},
	{"EC2.DescribeInstanceStatus", decide.Prudence, decide.ReadStatus, "A replacement on which spotd is mute is not ready, and not given up."},
	{"EC2.DescribeSpotInstanceRequests", decide.Prudence, "spot requests", "A notice is heard from EventBridge and from spotd only."},
	{"EC2.DescribeInstanceAttribute", decide.Prudence, decide.ReadProtection, "No on-demand member is retired."},
	{"ECS.ListContainerInstances", decide.Prudence, decide.ReadContainers, "No host that has to be drained is retired."},
	{"ECS.DescribeContainerInstances", decide.Prudence, decide.ReadContainers, "No host that has to be drained is retired."},
}

// read finds the row of an API.
func read(api string) Read {
	return Reads[slices.IndexFunc(Reads, func(r Read) bool { return r.API == api })]
}

// within makes a read that is given up when it takes too long.
func (a *Actor) within(ctx context.Context, read func(context.Context) error) error {
	return bounded(ctx, a.Patience, read)
}

func bounded(ctx context.Context, most time.Duration, read func(context.Context) error) error {
	if most <= 0 {
		return read(ctx)
	}
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	return read(ctx)
}

// missed notes in the world that a read failed, and nothing stands in for it.
func missed(w *decide.World, api string, err error) { replaced(w, api, err, time.Time{}) }

// replaced notes in the world that a read failed, and from when the copy is that stands in for it.
func replaced(w *decide.World, api string, err error, copyOf time.Time) {
	r := read(api)
	lacks(w, decide.Missing{What: r.What, Class: r.Class, Why: err.Error(), CopyOf: copyOf})
}

func lacks(w *decide.World, m decide.Missing) {
	if !slices.ContainsFunc(w.Missing, func(x decide.Missing) bool { return x.What == m.What }) { // one reason will do
		w.Missing = append(w.Missing, m)
	}
}
