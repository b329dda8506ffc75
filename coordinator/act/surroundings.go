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
// instance refresh, and the CloudFormation stack.
func (a *Actor) surroundings(ctx context.Context, g *decide.Group) error {
	for _, read := range []func(context.Context, *decide.Group) error{a.launchHooks, a.refreshes, a.stack} {
		err := read(ctx, g)
		if denied(err) {
			g.Unseen = "not all could be seen that must be known to serve it: " + err.Error()
			continue
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// denied tells whether the call is not allowed to us, so that trying again helps nobody.
func denied(err error) bool {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return false
	}
	return slices.Contains([]string{"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"}, api.ErrorCode())
}

func (a *Actor) launchHooks(ctx context.Context, g *decide.Group) error {
	out, err := a.AutoScaling.DescribeLifecycleHooks(ctx, &autoscaling.DescribeLifecycleHooksInput{AutoScalingGroupName: &g.Name})
	if err != nil {
		return fmt.Errorf("describe the lifecycle hooks of group %q: %w", g.Name, err)
	}
	for _, h := range out.LifecycleHooks {
		if aws.ToString(h.LifecycleTransition) == "autoscaling:EC2_INSTANCE_LAUNCHING" {
			g.LaunchHooks = append(g.LaunchHooks, aws.ToString(h.LifecycleHookName))
		}
	}
	slices.Sort(g.LaunchHooks)
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

func (a *Actor) placement(ctx context.Context, g *decide.Group) error {
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
