package act

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/ledger"
)

// Observe reads all that a decision about the group depends on. What cannot be read is an error, but for what a
// decision can do without, which it is told.
func (a *Actor) Observe(ctx context.Context, group string, rec ledger.Record, heard []decide.Hint) (decide.World, error) {
	w := decide.World{Now: a.Now(), Settings: a.Defaults, Record: rec, Heard: heard}
	g, members, err := a.group(ctx, group)
	if err != nil {
		return w, err
	}
	w.Group = g.world
	if w.Instances, err = a.instances(ctx, group, members, rec); err != nil {
		return w, err
	}
	if w.Group.Found && w.Group.Enabled {
		if err := a.whatToLaunch(ctx, &w, g); err != nil {
			return w, err
		}
	}
	if since, open := oldestPair(rec); open && w.Group.Found {
		w.Activities, err = a.activities(ctx, group, since.Add(-2*time.Minute))
		w.Unread = err != nil
	}
	return w, nil
}

// whatToLaunch reads template and catalog, which only a group with something to launch needs.
func (a *Actor) whatToLaunch(ctx context.Context, w *decide.World, g described) error {
	hooks, err := a.launchHooks(ctx, w.Group.Name)
	if err != nil {
		return err
	}
	w.Group.LaunchHooks = hooks
	if w.Template, err = a.template(ctx, g); err != nil {
		return err
	}
	w.Catalog, err = a.catalog(ctx, decideZones(w.Group))
	return err
}

func oldestPair(rec ledger.Record) (time.Time, bool) {
	var oldest time.Time
	for _, p := range rec.Pairs {
		if oldest.IsZero() || p.At.Before(oldest) {
			oldest = p.At
		}
	}
	return oldest, !oldest.IsZero()
}

// described is a group as read, with what only this package needs of it.
type described struct {
	world  decide.Group
	source *asgtypes.LaunchTemplateSpecification
	// configuration is the name of the launch configuration of a group that has one instead of a template.
	configuration string
}

func (a *Actor) group(ctx context.Context, name string) (described, []asgtypes.Instance, error) {
	out, err := a.AutoScaling.DescribeAutoScalingGroups(ctx, &autoscaling.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: []string{name}})
	if err != nil {
		return described{}, nil, fmt.Errorf("describe group %q: %w", name, err)
	}
	if len(out.AutoScalingGroups) == 0 {
		return described{world: decide.Group{Name: name}}, nil, nil
	}
	g := out.AutoScalingGroups[0]
	d := described{world: a.toGroup(g), source: g.LaunchTemplate, configuration: aws.ToString(g.LaunchConfigurationName)}
	if d.world.Enabled {
		if d.world.Subnets, err = a.subnets(ctx, g); err != nil {
			return described{}, nil, err
		}
	}
	return d, g.Instances, nil
}

func (a *Actor) toGroup(g asgtypes.AutoScalingGroup) decide.Group {
	out := decide.Group{
		Name: aws.ToString(g.AutoScalingGroupName), Found: true,
		Min: int(aws.ToInt32(g.MinSize)), Max: int(aws.ToInt32(g.MaxSize)), Desired: int(aws.ToInt32(g.DesiredCapacity)),
		NewProtected: aws.ToBool(g.NewInstancesProtectedFromScaleIn),
		HasTemplate:  g.LaunchTemplate != nil || aws.ToString(g.LaunchConfigurationName) != "", MixedInstances: g.MixedInstancesPolicy != nil,
		CapacityRebalance: aws.ToBool(g.CapacityRebalance), WarmPool: g.WarmPoolConfiguration != nil,
		Tags: map[string]string{},
	}
	for _, p := range g.SuspendedProcesses {
		out.Suspended = append(out.Suspended, aws.ToString(p.ProcessName))
	}
	slices.Sort(out.Suspended)
	for _, t := range g.Tags {
		key, value := aws.ToString(t.Key), aws.ToString(t.Value)
		if key == a.TagKey && value == a.TagValue {
			out.Enabled = true
		}
		if owner := ownerByTag(key); owner != "" {
			out.OtherOwner = owner
		}
		if aws.ToBool(t.PropagateAtLaunch) && !strings.HasPrefix(key, "aws:") {
			out.Tags[key] = value
		}
	}
	return out
}

// ownerByTag knows the tags by which other services mark the groups that they manage.
func ownerByTag(key string) string {
	switch {
	case key == "eks:nodegroup-name", key == "eks:cluster-name":
		return "EKS"
	case strings.HasPrefix(key, "elasticbeanstalk:"):
		return "Elastic Beanstalk"
	case key == "AWSBatchServiceTag":
		return "AWS Batch"
	case key == "AmazonECSManaged":
		return "an ECS capacity provider"
	}
	return ""
}

func (a *Actor) launchHooks(ctx context.Context, group string) ([]string, error) {
	out, err := a.AutoScaling.DescribeLifecycleHooks(ctx, &autoscaling.DescribeLifecycleHooksInput{AutoScalingGroupName: &group})
	if err != nil {
		return nil, fmt.Errorf("describe the lifecycle hooks of group %q: %w", group, err)
	}
	var names []string
	for _, h := range out.LifecycleHooks {
		if aws.ToString(h.LifecycleTransition) == "autoscaling:EC2_INSTANCE_LAUNCHING" {
			names = append(names, aws.ToString(h.LifecycleHookName))
		}
	}
	slices.Sort(names)
	return names, nil
}
