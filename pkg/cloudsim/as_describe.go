package cloudsim

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
)

// AutoScaling is a session's Auto Scaling client.
type AutoScaling struct{ s *Session }

func (g *group) arn(c *Cloud) string {
	return c.arn("autoscaling", "autoScalingGroup:00000000-0000-4000-8000-000000000000:autoScalingGroupName/"+g.name)
}

// describeGroup renders a group.
func (c *Cloud) describeGroup(g *group) astypes.AutoScalingGroup {
	out := astypes.AutoScalingGroup{
		AutoScalingGroupName: aws.String(g.name), AutoScalingGroupARN: aws.String(g.arn(c)), CreatedTime: aws.Time(g.created),
		MinSize: aws.Int32(int32(g.min)), MaxSize: aws.Int32(int32(g.max)), DesiredCapacity: aws.Int32(int32(g.desired)),
		AvailabilityZones: slices.Clone(g.zones), VPCZoneIdentifier: aws.String(strings.Join(g.subnets, ",")),
		HealthCheckType: aws.String(g.healthType), HealthCheckGracePeriod: aws.Int32(int32(g.grace.Seconds())),
		DefaultCooldown: aws.Int32(300), NewInstancesProtectedFromScaleIn: aws.Bool(g.newProtected), CapacityRebalance: aws.Bool(g.capacityRebalance),
		LaunchTemplate:      &astypes.LaunchTemplateSpecification{LaunchTemplateId: aws.String(g.template.id), LaunchTemplateName: aws.String(g.template.name), Version: aws.String(g.version)},
		TerminationPolicies: []string{"Default"}, TargetGroupARNs: g.loadBalanced(),
		Tags: g.describeTags(),
	}
	for _, arn := range g.targetGroups {
		if isLattice(arn) {
			out.TrafficSources = append(out.TrafficSources, astypes.TrafficSourceIdentifier{Identifier: aws.String(arn), Type: aws.String("vpc-lattice")})
		}
	}
	if g.mixed != nil {
		out.MixedInstancesPolicy, out.LaunchTemplate = g.mixed.describe(out.LaunchTemplate), nil
	}
	if g.warmPool {
		out.WarmPoolConfiguration = &astypes.WarmPoolConfiguration{MinSize: aws.Int32(0), PoolState: astypes.WarmPoolStateStopped}
		out.WarmPoolSize = aws.Int32(0)
	}
	if g.zonesOnly {
		out.VPCZoneIdentifier = aws.String("")
	}
	for _, p := range g.suspended {
		out.SuspendedProcesses = append(out.SuspendedProcesses, astypes.SuspendedProcess{ProcessName: aws.String(p), SuspensionReason: aws.String("User suspended")})
	}
	for _, m := range g.members {
		out.Instances = append(out.Instances, m.describe(g))
	}
	return out
}

func (g *group) describeTags() []astypes.TagDescription {
	var out []astypes.TagDescription
	for _, t := range g.tags {
		out = append(out, astypes.TagDescription{Key: aws.String(t.key), Value: aws.String(t.value), PropagateAtLaunch: aws.Bool(t.propagate),
			ResourceId: aws.String(g.name), ResourceType: aws.String("auto-scaling-group")})
	}
	return out
}

// describe renders a member; an attached one shows the group's template too (aws-facts 1.1 #13).
func (m *member) describe(g *group) astypes.Instance {
	return astypes.Instance{InstanceId: aws.String(m.i.id), InstanceType: aws.String(m.i.typ), AvailabilityZone: aws.String(m.i.zone),
		LifecycleState: m.state, HealthStatus: aws.String(m.health()), ProtectedFromScaleIn: aws.Bool(m.protected),
		LaunchTemplate: &astypes.LaunchTemplateSpecification{LaunchTemplateId: aws.String(g.template.id), LaunchTemplateName: aws.String(g.template.name), Version: aws.String(m.version)}}
}

func (m *member) health() string {
	if m.unhealthy {
		return "Unhealthy"
	}
	return "Healthy"
}

// DescribeAutoScalingGroups takes names (unknown ones are left out, as AWS does) and the filters tag:K, tag-key and
// tag-value, in pages of at most 100, 50 by default. It is cached: stale by up to Faults.ReadLag.
func (a *AutoScaling) DescribeAutoScalingGroups(ctx context.Context, in *autoscaling.DescribeAutoScalingGroupsInput, _ ...func(*autoscaling.Options)) (*autoscaling.DescribeAutoScalingGroupsOutput, error) {
	return call(ctx, a.s, request{svcAutoScaling, "DescribeAutoScalingGroups", false}, in, func(in *autoscaling.DescribeAutoScalingGroupsInput) (*autoscaling.DescribeAutoScalingGroupsOutput, error) {
		c := a.s.cloud
		now := c.readTime()
		if n := aws.ToInt32(in.MaxRecords); n > 100 {
			return nil, validation("1 validation error detected: Value '%d' at 'maxRecords' failed to satisfy constraint: Member must have value less than or equal to 100", n)
		}
		var hits []astypes.AutoScalingGroup
		for _, g := range c.groups {
			if g.deleted || (len(in.AutoScalingGroupNames) > 0 && !slices.Contains(in.AutoScalingGroupNames, g.name)) {
				continue
			}
			v, ok := c.seenGroup(g, now)
			if ok && matchGroup(v, in.Filters) {
				hits = append(hits, v)
			}
		}
		page, next, err := paginate(hits, in.MaxRecords, 50, in.NextToken)
		return &autoscaling.DescribeAutoScalingGroupsOutput{AutoScalingGroups: page, NextToken: next}, err
	})
}

func matchGroup(g astypes.AutoScalingGroup, filters []astypes.Filter) bool {
	for _, f := range filters {
		name, hit := aws.ToString(f.Name), false
		for _, t := range g.Tags {
			switch {
			case name == "tag-key":
				hit = hit || slices.Contains(f.Values, *t.Key)
			case name == "tag-value":
				hit = hit || slices.Contains(f.Values, *t.Value)
			case name == "tag:"+*t.Key:
				hit = hit || slices.Contains(f.Values, *t.Value)
			}
		}
		if !hit {
			return false
		}
	}
	return true
}

// DescribeAutoScalingInstances shows members of any group, by id (at most 50) or all; others are left out.
func (a *AutoScaling) DescribeAutoScalingInstances(ctx context.Context, in *autoscaling.DescribeAutoScalingInstancesInput, _ ...func(*autoscaling.Options)) (*autoscaling.DescribeAutoScalingInstancesOutput, error) {
	return call(ctx, a.s, request{svcAutoScaling, "DescribeAutoScalingInstances", false}, in, func(in *autoscaling.DescribeAutoScalingInstancesInput) (*autoscaling.DescribeAutoScalingInstancesOutput, error) {
		c := a.s.cloud
		if len(in.InstanceIds) > 50 {
			return nil, validation("The number of instance ids that may be passed in is limited to 50")
		}
		now := c.readTime()
		var hits []astypes.AutoScalingInstanceDetails
		for _, g := range c.groups {
			v, ok := c.seenGroup(g, now)
			if !ok || g.deleted {
				continue
			}
			for _, m := range v.Instances {
				if len(in.InstanceIds) > 0 && !slices.Contains(in.InstanceIds, *m.InstanceId) {
					continue
				}
				hits = append(hits, astypes.AutoScalingInstanceDetails{AutoScalingGroupName: v.AutoScalingGroupName, AvailabilityZone: m.AvailabilityZone,
					HealthStatus: aws.String(strings.ToUpper(*m.HealthStatus)), InstanceId: m.InstanceId, InstanceType: m.InstanceType,
					LifecycleState: aws.String(string(m.LifecycleState)), ProtectedFromScaleIn: m.ProtectedFromScaleIn, LaunchTemplate: m.LaunchTemplate})
			}
		}
		page, next, err := paginate(hits, in.MaxRecords, 50, in.NextToken)
		return &autoscaling.DescribeAutoScalingInstancesOutput{AutoScalingInstances: page, NextToken: next}, err
	})
}

// DescribeScalingActivities answers newest first.
func (a *AutoScaling) DescribeScalingActivities(ctx context.Context, in *autoscaling.DescribeScalingActivitiesInput, _ ...func(*autoscaling.Options)) (*autoscaling.DescribeScalingActivitiesOutput, error) {
	return call(ctx, a.s, request{svcAutoScaling, "DescribeScalingActivities", false}, in, func(in *autoscaling.DescribeScalingActivitiesInput) (*autoscaling.DescribeScalingActivitiesOutput, error) {
		c := a.s.cloud
		var hits []astypes.Activity
		for _, g := range c.groups {
			if name := aws.ToString(in.AutoScalingGroupName); g.deleted || (name != "" && name != g.name) {
				continue
			}
			for n := len(g.activities) - 1; n >= 0; n-- {
				if x := g.activities[n]; len(in.ActivityIds) == 0 || slices.Contains(in.ActivityIds, x.id) {
					hits = append(hits, x.describe(g))
				}
			}
		}
		page, next, err := paginate(hits, in.MaxRecords, 100, in.NextToken)
		return &autoscaling.DescribeScalingActivitiesOutput{Activities: page, NextToken: next}, err
	})
}

func (x *activity) describe(g *group) astypes.Activity {
	details, _ := json.Marshal(map[string]string{"Availability Zone": x.zone, "Subnet ID": x.subnet})
	out := astypes.Activity{ActivityId: aws.String(x.id), AutoScalingGroupName: aws.String(g.name), Cause: aws.String(x.cause),
		Description: aws.String(x.description), StatusCode: x.status, StartTime: aws.Time(x.start), Progress: aws.Int32(50), Details: aws.String(string(details))}
	if x.message != "" {
		out.StatusMessage = aws.String(x.message)
	}
	if !x.end.IsZero() {
		out.EndTime, out.Progress = aws.Time(x.end), aws.Int32(100)
	}
	return out
}

// DescribeLifecycleHooks lists a group's hooks.
func (a *AutoScaling) DescribeLifecycleHooks(ctx context.Context, in *autoscaling.DescribeLifecycleHooksInput, _ ...func(*autoscaling.Options)) (*autoscaling.DescribeLifecycleHooksOutput, error) {
	return call(ctx, a.s, request{svcAutoScaling, "DescribeLifecycleHooks", false}, in, func(in *autoscaling.DescribeLifecycleHooksInput) (*autoscaling.DescribeLifecycleHooksOutput, error) {
		g, err := a.s.cloud.mustGroup(in.AutoScalingGroupName)
		if err != nil {
			return nil, err
		}
		out := &autoscaling.DescribeLifecycleHooksOutput{}
		for _, h := range g.hooks {
			if len(in.LifecycleHookNames) > 0 && !slices.Contains(in.LifecycleHookNames, h.Name) {
				continue
			}
			hook := astypes.LifecycleHook{AutoScalingGroupName: aws.String(g.name), LifecycleHookName: aws.String(h.Name),
				LifecycleTransition: aws.String(h.Transition), HeartbeatTimeout: aws.Int32(int32(h.Heartbeat.Seconds())), DefaultResult: aws.String(h.Result)}
			if h.Target != "" {
				hook.NotificationTargetARN = aws.String(h.Target)
			}
			out.LifecycleHooks = append(out.LifecycleHooks, hook)
		}
		return out, nil
	})
}

func (c *Cloud) mustGroup(name *string) (*group, error) {
	if g := c.group(aws.ToString(name)); g != nil {
		return g, nil
	}
	return nil, validation("AutoScalingGroup name not found - no such group: %s", aws.ToString(name))
}
