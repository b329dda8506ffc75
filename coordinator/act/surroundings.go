package act

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/smithy-go"

	"autospotting/coordinator/decide"
)

// surroundings reads what is not in the group's description and yet decides whether it can be served: lifecycle hooks, an
// instance refresh, the CloudFormation stack, and the Elastic Beanstalk environment.
func (a *Actor) surroundings(w decide.World, d described, last func() Copy) []reading {
	return []reading{
		speaking("Auto Scaling.DescribeLifecycleHooks", func(ctx context.Context) (func(*decide.World), error) { return a.lifecycleHooks(ctx, w, d, last) }),
		speaking("Auto Scaling.DescribeInstanceRefreshes", func(ctx context.Context) (func(*decide.World), error) {
			refreshing, err := remembered(ctx, a, d, "Auto Scaling.DescribeInstanceRefreshes", "", a.refreshes)
			return func(w *decide.World) { w.Group.Refreshing = refreshing }, err
		}),
		speaking("CloudFormation.DescribeStacks", func(ctx context.Context) (func(*decide.World), error) {
			status, err := remembered(ctx, a, d, "CloudFormation.DescribeStacks", d.world.Stack, a.stack)
			return func(w *decide.World) { w.Group.StackStatus = status }, err
		}),
		a.environment(w),
	}
}

// speaking is a reading of what may speak against serving a group: where we may not ask, it is not served.
func speaking(api string, read func(context.Context) (func(*decide.World), error)) reading {
	return func(ctx context.Context) func(*decide.World) {
		put, err := read(ctx)
		return func(w *decide.World) {
			put(w)
			switch {
			case denied(err):
				w.Group.Unseen = "not all could be seen that must be known to serve it: " + err.Error()
			case err != nil:
				missed(w, api, err)
			}
		}
	}
}

// remembered is a read of a group's surroundings that is given up when it takes too long, of what seldom changes.
func remembered[V any](ctx context.Context, a *Actor, d described, api, key string, read func(context.Context, decide.Group) (V, error)) (V, error) {
	return recall(d.memory, api, key, func() (v V, err error) {
		err = a.within(ctx, func(ctx context.Context) error { v, err = read(ctx, d.world); return err })
		return v, err
	})
}

// denied tells whether the call is not allowed to us, so that trying again helps nobody.
func denied(err error) bool {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return false
	}
	return slices.Contains([]string{"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"}, api.ErrorCode())
}

// hooks reads the group's lifecycle hooks.
func (a *Actor) hooks(ctx context.Context, g decide.Group) ([]types.LifecycleHook, error) {
	out, err := a.AutoScaling.DescribeLifecycleHooks(ctx, &autoscaling.DescribeLifecycleHooksInput{AutoScalingGroupName: &g.Name})
	if err != nil {
		return nil, fmt.Errorf("describe the lifecycle hooks of group %q: %w", g.Name, err)
	}
	return out.LifecycleHooks, nil
}

// lifecycleHooks reads the hooks, and who hears of them. Hooks that do not show count as they were when they were last read: for one that puts a
// replacement in service half-made it matters also when a notice is answered.
func (a *Actor) lifecycleHooks(ctx context.Context, w decide.World, d described, last func() Copy) (func(*decide.World), error) {
	list, err := remembered(ctx, a, d, "Auto Scaling.DescribeLifecycleHooks", "", a.hooks)
	if err != nil {
		kept := last()
		return func(w *decide.World) {
			g := &w.Group
			g.LaunchHooks, g.IdleHooks, g.UnheardHooks, g.HookWait, g.DrainHooks, g.HooksUnread = kept.Hooks, kept.IdleHooks, kept.UnheardHooks, kept.HookWait, kept.DrainHooks, kept.At.IsZero()
		}, err
	}
	var launching []types.LifecycleHook
	var draining []string
	for _, h := range list {
		switch aws.ToString(h.LifecycleTransition) {
		case "autoscaling:EC2_INSTANCE_LAUNCHING":
			launching = append(launching, h)
		case "autoscaling:EC2_INSTANCE_TERMINATING":
			draining = append(draining, aws.ToString(h.LifecycleHookName))
		}
	}
	slices.Sort(draining)
	found := decide.World{Settings: w.Settings}
	a.idle(ctx, &found, d, launching, last)
	return func(w *decide.World) {
		g := &w.Group
		g.LaunchHooks, g.IdleHooks, g.UnheardHooks, g.HookWait, g.HookListener, g.DrainHooks = found.Group.LaunchHooks, found.Group.IdleHooks, found.Group.UnheardHooks, found.Group.HookWait, found.Group.HookListener, draining
		for _, m := range found.Missing {
			lacks(w, m)
		}
	}, nil
}

// refreshes tells whether an instance refresh is under way, by the newest of them; the service lists them newest first.
func (a *Actor) refreshes(ctx context.Context, g decide.Group) (bool, error) {
	out, err := a.AutoScaling.DescribeInstanceRefreshes(ctx, &autoscaling.DescribeInstanceRefreshesInput{
		AutoScalingGroupName: &g.Name, MaxRecords: aws.Int32(1)})
	if err != nil {
		return false, fmt.Errorf("describe the instance refreshes of group %q: %w", g.Name, err)
	}
	for _, r := range out.InstanceRefreshes {
		switch r.Status {
		case types.InstanceRefreshStatusPending, types.InstanceRefreshStatusInProgress, types.InstanceRefreshStatusCancelling,
			types.InstanceRefreshStatusRollbackInProgress, types.InstanceRefreshStatusBaking:
			return true, nil
		}
	}
	return false, nil
}

// placing reads the strategy of the group's placement group, which cannot be changed: the one last read is as good.
func (a *Actor) placing(d described, last func() Copy) reading {
	return func(ctx context.Context) func(*decide.World) {
		name := d.world.PlacementGroup
		strategy, err := remembered(ctx, a, d, "EC2.DescribePlacementGroups", name, a.strategy)
		var kept Copy
		if err != nil && !denied(err) {
			kept = last()
		}
		return func(w *decide.World) {
			w.Group.PlacementStrategy = strategy
			switch {
			case err == nil || denied(err):
			case kept.Placement.Group != name || kept.Placement.Strategy == "":
				missed(w, "EC2.DescribePlacementGroups", err)
			default:
				w.Group.PlacementStrategy = kept.Placement.Strategy
				replaced(w, "EC2.DescribePlacementGroups", err, kept.At)
			}
		}
	}
}

// strategy reads that of the group's placement group; empty where it has none, or it is gone: then the refusal says that it is not known.
func (a *Actor) strategy(ctx context.Context, g decide.Group) (strategy string, err error) {
	if g.PlacementGroup == "" {
		return "", nil
	}
	out, err := a.EC2.DescribePlacementGroups(ctx, &ec2.DescribePlacementGroupsInput{GroupNames: []string{g.PlacementGroup}})
	if f, _ := classify(err); f == decide.Gone {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("describe the placement group %q of group %q: %w", g.PlacementGroup, g.Name, err)
	}
	for _, p := range out.PlacementGroups {
		strategy = string(p.Strategy)
	}
	return strategy, nil
}

// stack gives the status of the group's CloudFormation stack; empty where it has none.
func (a *Actor) stack(ctx context.Context, g decide.Group) (status string, err error) {
	if g.Stack == "" || a.Stacks == nil {
		return "", nil
	}
	out, err := a.Stacks.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: &g.Stack})
	if err != nil && strings.Contains(err.Error(), "does not exist") {
		return "", nil // the tag outlived the stack
	}
	if err != nil {
		return "", fmt.Errorf("describe the CloudFormation stack of group %q: %w", g.Name, err)
	}
	for _, s := range out.Stacks {
		status = string(s.StackStatus)
	}
	return status, nil
}
