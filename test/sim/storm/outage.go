package storm

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"autospotting/coordinator/act"
	"autospotting/coordinator/decide"
	"autospotting/coordinator/lab/invariant"
	"autospotting/pkg/cloudsim"
)

// Outage is one API that answers nobody for a while.
type Outage struct {
	API       string
	At, For   time.Duration // since the beginning
	Throttled bool
}

func (o Outage) String() string {
	return fmt.Sprintf("%s is out from +%s for %s, throttled: %t", o.API, o.At.Round(time.Second), o.For.Round(time.Second), o.Throttled)
}

// needed are the APIs without which no launch can be asked for: what is heard waits for their return.
var needed = []string{"DynamoDB.GetItem", "DynamoDB.PutItem", "EC2.CreateFleet"}

// others are the APIs that the coordinator calls beside its reads and those, and that no launch has to wait for.
var others = []string{"DynamoDB.BatchGetItem", "DynamoDB.BatchWriteItem", "DynamoDB.DeleteItem", "DynamoDB.Scan", "SQS.SendMessage", "EC2.CreateLaunchTemplate", "EC2.CreateLaunchTemplateVersion", "EC2.TerminateInstances",
	"Auto Scaling.AttachInstances", "Auto Scaling.TerminateInstanceInAutoScalingGroup", "Auto Scaling.UpdateAutoScalingGroup", "Auto Scaling.SetInstanceProtection",
	"Auto Scaling.CreateOrUpdateTags"}

// absent are the reads that nobody makes in the simulated cloud, which has no launch configurations, placement groups, stacks or classic load balancers, and no ECS cluster or
// Elastic Beanstalk environment outside of the scenarios that are about them.
var absent = []string{"Auto Scaling.DescribeLaunchConfigurations", "EC2.DescribeVolumes", "EC2.DescribePlacementGroups", "Pricing.GetProducts",
	"CloudFormation.DescribeStacks", environmentAPI, "ECS.ListContainerInstances", "ECS.DescribeContainerInstances", "Elastic Load Balancing.DescribeInstanceHealth"}

// Outages are the APIs that may be out, in order.
func Outages() []string {
	out := slices.Concat(needed, others)
	for _, r := range act.Reads {
		if !slices.Contains(absent, r.API) {
			out = append(out, r.API)
		}
	}
	slices.Sort(out)
	return out
}

// oneAPIDown draws a group on spot or on its way there, one API that is out for ten minutes to an hour, and notices meanwhile, the last of them just
// before its return. Now and then every sandbox is new, so that what one remembers is gone, or the owner keeps another number on-demand.
func oneAPIDown(rng *rand.Rand) Script {
	all := Outages()
	return down(rng, all[rng.IntN(len(all))], []time.Duration{10 * time.Minute, 20 * time.Minute, time.Hour}[rng.IntN(3)])
}

// Down is a script of the scenario one-api-down in which that API is out for so long.
func Down(api string, long time.Duration, seed int64) Script {
	s := down(rand.New(rand.NewPCG(uint64(seed), 7)), api, long)
	s.Scenario, s.Seed = "one-api-down", seed
	return s
}

func down(rng *rand.Rand, api string, long time.Duration) Script {
	o := Outage{API: api, At: 5*time.Minute + time.Duration(rng.IntN(35*60))*time.Second, For: long, Throttled: rng.IntN(3) == 0}
	s := Script{Groups: []cloudsim.GroupSpec{randomGroup(rng, "web")}, Readings: randomReadings(rng), For: o.At + o.For + 10*time.Minute, Outage: &o}
	if strings.HasPrefix(o.API, "VPC Lattice.") {
		s.Groups[0].TargetGroups = []string{"arn:aws:vpc-lattice:us-east-1:123456789012:targetgroup/tg-0123456789abcdef0"}
	}
	if strings.HasPrefix(o.API, "Elastic Load Balancing v2.") && len(s.Groups[0].TargetGroups) == 0 {
		s.Groups[0].TargetGroups = []string{"arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/web/1"}
	}
	if strings.HasPrefix(o.API, "EventBridge.") { // which is asked where a launching hook may only wait
		s.Groups[0].Hooks = []cloudsim.Hook{{Name: "warm", Transition: cloudsim.HookLaunching, Heartbeat: 30 * time.Second, Result: "CONTINUE"}}
	}
	end := o.At + o.For
	add := func(at time.Duration, kind string) {
		s.Deeds = append(s.Deeds, Deed{At: at, Kind: kind, Dice: rng.Uint64()})
	}
	for at := o.At + time.Duration(rng.IntN(60))*time.Second; at < end; at += time.Minute + time.Duration(rng.IntN(300))*time.Second {
		add(at, "notice")
		if rng.IntN(3) == 0 {
			add(at-time.Second, "cold")
		}
		if rng.IntN(4) == 0 { // so that there is something gradual to be done
			add(at+time.Minute, "keep")
		}
	}
	add(end-time.Duration(1+rng.IntN(60))*time.Second, "notice")
	if rng.IntN(4) == 0 { // the owner writes a tag that nobody can read, for a while: the group is refused, and notices are answered all the same
		add(o.At+time.Duration(rng.IntN(int(o.For))), "typo")
		add(end+2*time.Minute, "mended")
	}
	slices.SortStableFunc(s.Deeds, func(a, b Deed) int { return cmp.Compare(a.At, b.At) })
	return s
}

// out begins the script's outage, and tells the checkers what may be expected meanwhile.
func (p *player) out(o *Outage) {
	if o == nil {
		return
	}
	from := p.Cloud.Now().Add(o.At)
	until := from.Add(o.For)
	p.Cloud.Out(cloudsim.Outage{API: o.API, From: from, Until: until, Throttled: o.Throttled})
	class := decide.Class("")
	if i := slices.IndexFunc(act.Reads, func(r act.Read) bool { return r.API == o.API }); i >= 0 {
		class = act.Reads[i].Class
	}
	for _, c := range p.Checks {
		c.Out(invariant.Outage{API: o.API, From: from, Until: until, Holds: class == decide.Identity || slices.Contains(needed, o.API),
			Gradual: class == decide.Prudence || class == decide.Launch, Retires: o.API == "Elastic Load Balancing v2.DescribeTargetHealth" || o.API == "VPC Lattice.ListTargets"})
	}
}
