package act

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/settings"
)

// described is a group as read, with what only this package needs of it.
type described struct {
	world    decide.Group
	settings settings.Settings
	raw      types.AutoScalingGroup
	source   *types.LaunchTemplateSpecification
	// configuration is the name of the launch configuration of a group that has one instead of a template.
	configuration string
	// memory is what seldom changes of it, as it was read lately; nil has it read.
	memory *memory
}

func (a *Actor) group(ctx context.Context, name string) (described, error) {
	out, err := a.AutoScaling.DescribeAutoScalingGroups(ctx, &autoscaling.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: []string{name}})
	if err != nil {
		return described{}, fmt.Errorf("describe group %q: %w", name, err)
	}
	if len(out.AutoScalingGroups) == 0 {
		return described{world: decide.Group{Name: name}, settings: a.Defaults}, nil
	}
	g := out.AutoScalingGroups[0]
	d := described{raw: g, source: source(g), configuration: aws.ToString(g.LaunchConfigurationName)}
	d.world, d.settings = ToGroup(g, a.Scope, a.Defaults)
	return d, nil
}

// ToGroup reads a group's description: what it is, whether its owner opted in, and the settings of its tags. A tag that cannot
// be read leaves the defaults, and says so in BadTag. Subnets are not part of the description and stay empty.
func ToGroup(g types.AutoScalingGroup, scope settings.Scope, defaults settings.Settings) (decide.Group, settings.Settings) {
	out := decide.Group{
		Name: aws.ToString(g.AutoScalingGroupName), Found: true, Deleting: aws.ToString(g.Status) != "",
		Min: int(aws.ToInt32(g.MinSize)), Max: int(aws.ToInt32(g.MaxSize)), Desired: int(aws.ToInt32(g.DesiredCapacity)),
		NewProtected: aws.ToBool(g.NewInstancesProtectedFromScaleIn),
		HasTemplate:  source(g) != nil || aws.ToString(g.LaunchConfigurationName) != "", MixedInstances: buysSpot(g),
		Policy: g.MixedInstancesPolicy != nil, Types: listedTypes(g), OnDemandBase: int(aws.ToInt32(distribution(g).OnDemandBaseCapacity)),
		CapacityRebalance: aws.ToBool(g.CapacityRebalance), WarmPool: g.WarmPoolConfiguration != nil,
		Weighted:       weighted(g),
		PlacementGroup: aws.ToString(g.PlacementGroup), Grace: time.Duration(aws.ToInt32(g.HealthCheckGracePeriod)) * time.Second, LoadBalanced: len(g.TargetGroupARNs)+len(g.LoadBalancerNames)+len(g.TrafficSources) > 0,
		Tags: map[string]string{},
	}
	out.Unservable, out.UnservableStep = unservableGroup(g)
	for _, p := range g.SuspendedProcesses {
		out.Suspended = append(out.Suspended, aws.ToString(p.ProcessName))
	}
	slices.Sort(out.Suspended)
	all := map[string]string{}
	for _, t := range g.Tags {
		key, value := aws.ToString(t.Key), aws.ToString(t.Value)
		all[key] = value
		if owner := ownerByTag(key); owner != "" {
			out.OtherOwner = owner
		}
		if aws.ToBool(t.PropagateAtLaunch) && !strings.HasPrefix(key, "aws:") {
			out.Tags[key] = value
		}
	}
	out.Enabled, out.StatusTag, out.NearMiss = scope.Enabled(all), all[settings.StatusTag], scope.NearMiss(all)
	out.Stack = all["aws:cloudformation:stack-id"]
	out.Environment = environmentOf(all, out.Name)
	s, err := settings.FromTags(defaults, all)
	if err != nil {
		out.BadTag = err.Error()
	}
	return out, s
}

// weighted tells whether the group's sizes count something else than instances.
func weighted(g types.AutoScalingGroup) bool {
	if unit := aws.ToString(g.DesiredCapacityType); unit != "" && unit != "units" {
		return true
	}
	weighs := func(w *string) bool { return aws.ToString(w) != "" && aws.ToString(w) != "1" }
	return slices.ContainsFunc(g.Instances, func(i types.Instance) bool { return weighs(i.WeightedCapacity) }) ||
		slices.ContainsFunc(overrides(g), func(o types.LaunchTemplateOverrides) bool { return weighs(o.WeightedCapacity) })
}

// ownerByTag knows the tags by which other services mark the groups that they manage.
func ownerByTag(key string) string {
	switch {
	case key == "eks:nodegroup-name", key == "eks:cluster-name":
		return "EKS"
	case key == "AWSBatchServiceTag":
		return "AWS Batch"
	case key == "AmazonECSManaged":
		return "an ECS capacity provider"
	case strings.HasPrefix(key, "aws:elasticmapreduce:"):
		return "EMR"
	case strings.HasPrefix(key, "gamelift:"), strings.HasPrefix(key, "aws:gamelift:"):
		return "GameLift"
	}
	return ""
}
