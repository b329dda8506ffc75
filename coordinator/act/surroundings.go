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
func (a *Actor) surroundings(ctx context.Context, w *decide.World, raw types.AutoScalingGroup, last func() Copy) {
	g := &w.Group
	within := func(read func(context.Context, *decide.Group) error) func() error {
		return func() error {
			return a.within(ctx, func(ctx context.Context) error { return read(ctx, g) })
		}
	}
	for _, r := range []struct {
		api  string
		read func() error
	}{
		{"Auto Scaling.DescribeLifecycleHooks", func() error { return a.lifecycleHooks(ctx, w, raw, last) }},
		{"Auto Scaling.DescribeInstanceRefreshes", within(a.refreshes)},
		{"CloudFormation.DescribeStacks", within(a.stack)},
	} {
		err := r.read()
		switch {
		case denied(err):
			g.Unseen = "not all could be seen that must be known to serve it: " + err.Error()
		case err != nil:
			missed(w, r.api, err)
		}
	}
	a.environment(ctx, w)
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
func (a *Actor) hooks(ctx context.Context, name string) ([]types.LifecycleHook, error) {
	out, err := a.AutoScaling.DescribeLifecycleHooks(ctx, &autoscaling.DescribeLifecycleHooksInput{AutoScalingGroupName: &name})
	if err != nil {
		return nil, fmt.Errorf("describe the lifecycle hooks of group %q: %w", name, err)
	}
	return out.LifecycleHooks, nil
}

// lifecycleHooks reads the hooks, and who hears of them. Hooks that do not show count as they were when they were last read: for one that puts a
// replacement in service half-made it matters also when a notice is answered.
func (a *Actor) lifecycleHooks(ctx context.Context, w *decide.World, raw types.AutoScalingGroup, last func() Copy) error {
	g := &w.Group
	var list []types.LifecycleHook
	err := a.within(ctx, func(ctx context.Context) (err error) { list, err = a.hooks(ctx, g.Name); return err })
	if err != nil {
		kept := last()
		g.LaunchHooks, g.IdleHooks, g.UnheardHooks, g.HookWait, g.DrainHooks, g.HooksUnread = kept.Hooks, kept.IdleHooks, kept.UnheardHooks, kept.HookWait, kept.DrainHooks, kept.At.IsZero()
		return err
	}
	var launching []types.LifecycleHook
	for _, h := range list {
		switch aws.ToString(h.LifecycleTransition) {
		case "autoscaling:EC2_INSTANCE_LAUNCHING":
			launching = append(launching, h)
		case "autoscaling:EC2_INSTANCE_TERMINATING":
			g.DrainHooks = append(g.DrainHooks, aws.ToString(h.LifecycleHookName))
		}
	}
	slices.Sort(g.DrainHooks)
	a.idle(ctx, w, raw, launching, last)
	return nil
}

// refreshes looks at the newest instance refresh; the service lists them newest first.
func (a *Actor) refreshes(ctx context.Context, g *decide.Group) error {
	out, err := a.AutoScaling.DescribeInstanceRefreshes(ctx, &autoscaling.DescribeInstanceRefreshesInput{
		AutoScalingGroupName: &g.Name, MaxRecords: aws.Int32(1)})
	if err != nil {
		return fmt.Errorf("describe the instance refreshes of group %q: %w", g.Name, err)
	}
	for _, r := range out.InstanceRefreshes {
		switch r.Status {
		case types.InstanceRefreshStatusPending, types.InstanceRefreshStatusInProgress, types.InstanceRefreshStatusCancelling,
			types.InstanceRefreshStatusRollbackInProgress, types.InstanceRefreshStatusBaking:
			g.Refreshing = true
		}
	}
	return nil
}

// placement reads the strategy of the group's placement group, which cannot be changed: the one last read is as good.
func (a *Actor) placement(ctx context.Context, w *decide.World, last func() Copy) {
	err := a.within(ctx, func(ctx context.Context) error { return a.strategy(ctx, &w.Group) })
	if err == nil || denied(err) {
		return
	}
	kept := last()
	if kept.Placement.Group != w.Group.PlacementGroup || kept.Placement.Strategy == "" {
		missed(w, "EC2.DescribePlacementGroups", err)
		return
	}
	w.Group.PlacementStrategy = kept.Placement.Strategy
	replaced(w, "EC2.DescribePlacementGroups", err, kept.At)
}

func (a *Actor) strategy(ctx context.Context, g *decide.Group) error {
	if g.PlacementGroup == "" {
		return nil
	}
	out, err := a.EC2.DescribePlacementGroups(ctx, &ec2.DescribePlacementGroupsInput{GroupNames: []string{g.PlacementGroup}})
	if f, _ := classify(err); f == decide.Gone {
		return nil // the refusal says that its strategy is not known
	}
	if err != nil {
		return fmt.Errorf("describe the placement group %q of group %q: %w", g.PlacementGroup, g.Name, err)
	}
	for _, p := range out.PlacementGroups {
		g.PlacementStrategy = string(p.Strategy)
	}
	return nil
}

func (a *Actor) stack(ctx context.Context, g *decide.Group) error {
	if g.Stack == "" || a.Stacks == nil {
		return nil
	}
	out, err := a.Stacks.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: &g.Stack})
	if err != nil && strings.Contains(err.Error(), "does not exist") {
		return nil // the tag outlived the stack
	}
	if err != nil {
		return fmt.Errorf("describe the CloudFormation stack of group %q: %w", g.Name, err)
	}
	for _, s := range out.Stacks {
		g.StackStatus = string(s.StackStatus)
	}
	return nil
}
