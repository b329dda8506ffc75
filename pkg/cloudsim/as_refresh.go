package cloudsim

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// SetRefresh says that the owner's newest instance refresh of the group has this status; the replacing itself is not simulated.
func (c *Cloud) SetRefresh(group string, status astypes.InstanceRefreshStatus) error {
	return c.as("owner", func() error {
		g, err := c.mustGroup(&group)
		if err == nil {
			g.refresh = status
			c.emit(Event{Kind: GroupAltered, Group: g.name, Text: "instance refresh " + string(status)})
		}
		return err
	})
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
