package cloudsim

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// refreshPause is how long a refresh waits before it looks again whether it may go on.
const refreshPause = 10 * time.Second

// SetRefresh says that the owner's newest instance refresh of the group has this status. In progress it replaces, one by one and only
// while the group is whole, the members from before it, on demand from the group's template: what was attached too.
func (c *Cloud) SetRefresh(group string, status astypes.InstanceRefreshStatus) error {
	return c.as("owner", func() error {
		g, err := c.mustGroup(&group)
		if err == nil {
			g.refresh = status
			if status == astypes.InstanceRefreshStatusInProgress {
				g.refreshed = c.clock()
			}
			c.react(g)
			c.emit(Event{Kind: GroupAltered, Group: g.name, Text: "instance refresh " + string(status)})
		}
		return err
	})
}

// refreshOne takes the oldest member from before the refresh out, when all others serve. Members protected from scale-in are waited
// for (Auto Scaling user guide, "Instance refresh": the default of ScaleInProtectedInstances is Wait).
func (c *Cloud) refreshOne(g *group) {
	if g.refresh != astypes.InstanceRefreshStatusInProgress || !g.has("InstanceRefresh") {
		return
	}
	var next *member
	old, serving := 0, 0
	for _, m := range g.members {
		switch {
		case m.terminating():
			continue
		case m.state == astypes.LifecycleStateInService && !m.unhealthy && m.i.live():
			serving++
		}
		if !m.i.launched.Before(g.refreshed) {
			continue
		}
		old++
		if !m.protected && m.state == astypes.LifecycleStateInService && (next == nil || m.i.launched.Before(next.i.launched)) {
			next = m
		}
	}
	switch {
	case old == 0:
		g.refresh = astypes.InstanceRefreshStatusSuccessful
		c.emit(Event{Kind: GroupAltered, Group: g.name, Text: "instance refresh " + string(g.refresh)})
		return
	case next != nil && serving >= g.desired && g.live() >= g.desired:
		g.owed = append(g.owed, "an instance refresh")
		c.takeOut(g, next, "At "+stamp(c.clock())+" an instance was taken out of service in response to an instance refresh.")
	}
	c.reactIn(g, refreshPause)
}

// DescribeInstanceRefreshes shows the newest refresh, if there ever was one.
func (a *AutoScaling) DescribeInstanceRefreshes(ctx context.Context, in *autoscaling.DescribeInstanceRefreshesInput, _ ...func(*autoscaling.Options)) (*autoscaling.DescribeInstanceRefreshesOutput, error) {
	return call(ctx, a.s, request{svcAutoScaling, "DescribeInstanceRefreshes", false}, in, func(in *autoscaling.DescribeInstanceRefreshesInput) (*autoscaling.DescribeInstanceRefreshesOutput, error) {
		g, err := a.s.cloud.mustGroup(in.AutoScalingGroupName)
		if err != nil {
			return nil, err
		}
		out := &autoscaling.DescribeInstanceRefreshesOutput{}
		if g.refresh != "" {
			out.InstanceRefreshes = []astypes.InstanceRefresh{{AutoScalingGroupName: aws.String(g.name), InstanceRefreshId: aws.String("refresh"), Status: g.refresh}}
		}
		return out, nil
	})
}

// DescribePlacementGroups knows none: no group of the simulation is in one.
func (e *EC2) DescribePlacementGroups(ctx context.Context, in *ec2.DescribePlacementGroupsInput, _ ...func(*ec2.Options)) (*ec2.DescribePlacementGroupsOutput, error) {
	return call(ctx, e.s, request{svcEC2, "DescribePlacementGroups", false}, in, func(in *ec2.DescribePlacementGroupsInput) (*ec2.DescribePlacementGroupsOutput, error) {
		if len(in.GroupNames) > 0 {
			return nil, apiError("InvalidPlacementGroup.Unknown", "The Placement Group '%s' is unknown.", in.GroupNames[0])
		}
		return &ec2.DescribePlacementGroupsOutput{PlacementGroups: []ec2types.PlacementGroup{}}, nil
	})
}
