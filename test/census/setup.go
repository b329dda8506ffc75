package census

import (
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"autospotting/pkg/cloudsim"
	"autospotting/pkg/snapshot"
	"autospotting/test/census/app"
)

// Setup is a row made a group of the simulated cloud.
type Setup struct {
	Name     string
	Group    cloudsim.GroupSpec
	Type     string
	App      app.Spec
	UserData []byte
	Profile  bool
	Spot     bool // the template itself asks for spot
	// Beanstalk: it is the group of an Elastic Beanstalk environment, which is updated now and then.
	Beanstalk bool
	Policies  string
	// Tenancy is that of the template.
	Tenancy types.Tenancy
	// write makes the user data anew for other needs.
	write func([]app.Need, wording) []byte
}

// The name of the group, and what the account calls its target group.
const (
	groupName   = "app"
	targetGroup = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/app/0123456789abcdef"
	drainHook   = "drain"
	enabledTag  = "spot-enabled"

	environmentID = "e-census"
)

// Of makes the group of a row.
func Of(r Row, by Reading) Setup {
	lo, hi, desired := r.sizes()
	s := Setup{Name: r.Source, Type: r.instanceType(), Profile: r.Profile, Policies: r.Policies,
		Spot: strings.Contains(r.Reasons, "template asks for spot"), Tenancy: r.tenancy(),
		App: app.Spec{Needs: r.needs(), Boot: 20 * time.Second, Script: r.scriptTime(), Provider: r.Owner == "ECS capacity provider", Patient: r.patient(), Completes: r.completes(), Strict: r.strict(), Last: r.last()},
	}
	s.Group = cloudsim.GroupSpec{Name: groupName, Min: lo, Max: hi, Desired: desired, Tags: map[string]string{}, LocalTags: r.ownerTags(),
		HealthCheckType: r.health(), Grace: r.grace(), ProtectNew: r.Protect, CapacityRebalance: r.Rebalance, WarmPool: r.WarmPool, Suspended: r.suspended()}
	if r.beanstalk() { // its instances always have one (Elastic Beanstalk developer guide, "Elastic Beanstalk instance profile")
		s.Profile, s.Beanstalk = true, true
	}
	if r.LoadBalanced || r.beanstalk() && r.Health == "ELB" { // of a load balancer that the file leaves to Beanstalk
		s.Group.TargetGroups = []string{targetGroup}
	}
	if r.LaunchHook {
		s.Group.Hooks = append(s.Group.Hooks, cloudsim.Hook{Name: "launched", Transition: cloudsim.HookLaunching, Heartbeat: 20 * time.Minute})
	}
	if r.TermHook {
		s.Group.Hooks = append(s.Group.Hooks, cloudsim.Hook{Name: drainHook, Transition: cloudsim.HookTerminating})
	}
	if r.Launch == "mixed" {
		s.Group.Mixed = &cloudsim.MixedPolicy{OnDemandPercent: 100}
		if r.SpotAlready && !by.MixedOnDemand {
			s.Group.Mixed.OnDemandPercent = 0
		}
	}
	s.write = func(needs []app.Need, how wording) []byte { return r.userData(needs, how, by) }
	s.UserData = s.write(s.App.Needs, wording{})
	return s
}

// health is the type of health checks; those that a module leaves to its user are EC2's. Without a load balancer nothing checks.
func (r Row) health() string {
	if r.Health == "ELB" {
		return "ELB"
	}
	return "EC2"
}

// processes are those of a group that can be suspended.
var processes = []string{"Launch", "Terminate", "AddToLoadBalancer", "AlarmNotification", "AZRebalance", "HealthCheck", "InstanceRefresh", "ReplaceUnhealthy", "ScheduledActions"}

// suspended are the processes that the row names. A variable is empty.
func (r Row) suspended() []string {
	return slices.DeleteFunc(slices.Clone(processes), func(p string) bool { return !strings.Contains(r.Suspended, p) })
}

// tenancy is the row's where it names one that is not shared; a variable for it is at its default.
func (r Row) tenancy() types.Tenancy {
	if strings.Contains(r.Tenancy, string(types.TenancyDedicated)) {
		return types.TenancyDedicated
	}
	return types.TenancyDefault
}

// owners are the tags of services that manage groups, by how the census calls them.
var owners = []struct{ name, tag string }{
	{"ECS capacity provider", "AmazonECSManaged"}, {"Beanstalk", "elasticbeanstalk:environment-name"}, {"EKS managed", "eks:nodegroup-name"},
	{"Batch", "AWSBatchServiceTag"}, {"EMR", "aws:elasticmapreduce:job-flow-id"}, {"GameLift", "gamelift:fleet-id"},
}

// ownerTags are those by which other services mark their groups.
func (r Row) ownerTags() map[string]string {
	tags := map[string]string{}
	for _, o := range owners {
		if strings.Contains(r.Owner, o.name) {
			tags[o.tag] = "app"
		}
	}
	if r.beanstalk() {
		tags["elasticbeanstalk:environment-id"], tags["aws:cloudformation:stack-name"] = environmentID, "awseb-"+environmentID+"-stack"
	}
	if r.CFN != "no" && r.CFN != "" || r.beanstalk() {
		tags["aws:cloudformation:stack-id"] = "arn:aws:cloudformation:us-east-1:123456789012:stack/app/00000000-0000-4000-8000-000000000000"
	}
	return tags
}

// instanceType is the row's where it names one.
func (r Row) instanceType() string {
	if _, known := snapshot.Lookup(r.InstanceType); known {
		return r.InstanceType
	}
	return "m5.large"
}

// scriptTime is how long the owner's script takes: one or two minutes, or with a slow boot about ten.
func (r Row) scriptTime() time.Duration {
	if n := time.Duration(len(r.Source) % 10); r.slow() {
		return 8*time.Minute + n*30*time.Second
	} else {
		return 30*time.Second + n*9*time.Second
	}
}

// slow tells whether the boot takes long: appliances and Windows do, data is fetched or indexed first, and one in six of the others installs much.
func (r Row) slow() bool {
	switch r.Workload {
	case "Windows", "network appliance", "data/stateful":
		return true
	}
	return r.pick("slow", "", "", "", "", "") != ""
}

// grace is the group's own. Where load balancers tell, it is longer than the boot, or the group would never have come up; where nobody asks, it is
// what Terraform and the API have by default, whatever the boot takes.
func (r Row) grace() time.Duration {
	switch {
	case r.health() == "ELB" && r.slow():
		return 20 * time.Minute
	case r.Health == "EC2":
		return 5 * time.Minute
	case r.health() == "ELB":
		return 4 * time.Minute
	}
	return 0
}

// onDemand are us-east-1's prices (Linux, 2025) of the types that the census names, and of those that can stand for them.
var onDemand = map[string]float64{
	"t2.nano": 0.0058, "t2.micro": 0.0116, "t2.small": 0.023, "t2.medium": 0.0464, "t2.large": 0.0928,
	"t3.nano": 0.0052, "t3.micro": 0.0104, "t3.small": 0.0208, "t3.medium": 0.0416, "t3.xlarge": 0.1664,
	"t3a.nano": 0.0047, "t3a.micro": 0.0094, "t3a.small": 0.0188, "t3a.medium": 0.0376, "t3a.large": 0.0752, "t3a.xlarge": 0.1504,
	"c5.2xlarge": 0.34, "m5.2xlarge": 0.384, "m5.8xlarge": 1.536, "m5a.8xlarge": 1.376, "m6i.8xlarge": 1.536, "r5.8xlarge": 2.016, "r5a.8xlarge": 1.808,
}

// catalog is the simulated cloud's sample, and these.
func catalog() []cloudsim.TypeSpec {
	out := cloudsim.SampleTypes()
	names := make([]string, 0, len(onDemand))
	for name := range onDemand {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if t, ok := snapshot.Lookup(name); ok {
			spec := cloudsim.FromSnapshot(t, onDemand[name])
			spec.Network, spec.EBSMaxMbps = "Up to 5 Gigabit", max(spec.EBSMbps, 2085)
			out = append(out, spec)
		}
	}
	return out
}

// template is the rest of the owner's template.
func (s Setup) template(d *types.RequestLaunchTemplateData) {
	if !s.Profile {
		d.IamInstanceProfile = nil
	}
	if len(s.UserData) == 0 {
		d.UserData = nil
	}
	if s.Spot {
		d.InstanceMarketOptions = &types.LaunchTemplateInstanceMarketOptionsRequest{MarketType: types.MarketTypeSpot}
	}
	d.Placement = &types.LaunchTemplatePlacementRequest{Tenancy: s.Tenancy}
	d.Monitoring = &types.LaunchTemplatesMonitoringRequest{Enabled: aws.Bool(true)}
}

// without takes needs off the application, as its owner does by a step, with the user data worded so. The launching hook goes with the need for it.
func (s Setup) without(how wording, gone ...app.Need) Setup {
	s.App.Needs = slices.DeleteFunc(slices.Clone(s.App.Needs), func(n app.Need) bool { return slices.Contains(gone, n) })
	if slices.Contains(gone, app.LaunchHook) {
		s.Group.Hooks = slices.DeleteFunc(slices.Clone(s.Group.Hooks), func(h cloudsim.Hook) bool { return h.Transition == cloudsim.HookLaunching })
	}
	s.UserData = s.write(s.App.Needs, how)
	return s
}
