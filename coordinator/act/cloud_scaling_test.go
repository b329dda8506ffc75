package act

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancing"
	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbv2types "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	ebtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/pricing"
	"github.com/aws/aws-sdk-go-v2/service/vpclattice"
)

// The other services than EC2, on a cloud.
type (
	cloudScaling   struct{ *cloud }
	cloudBalancers struct{ *cloud }
	cloudClassic   struct{ *cloud }
	cloudStacks    struct{ *cloud }
	cloudPrices    struct{ *cloud }
	cloudRules     struct{ *cloud }
)

func (c cloudScaling) DescribeAutoScalingGroups(ctx context.Context, in *autoscaling.DescribeAutoScalingGroupsInput, _ ...func(*autoscaling.Options)) (*autoscaling.DescribeAutoScalingGroupsOutput, error) {
	return answer(ctx, c.cloud, in, func() *autoscaling.DescribeAutoScalingGroupsOutput {
		var list []astypes.AutoScalingGroup
		for _, g := range c.groups {
			if len(in.AutoScalingGroupNames) == 0 || in.AutoScalingGroupNames[0] == *g.AutoScalingGroupName {
				list = append(list, g)
			}
		}
		out := &autoscaling.DescribeAutoScalingGroupsOutput{}
		out.AutoScalingGroups, out.NextToken = page(list, in.NextToken)
		return out
	})
}

func (c cloudScaling) DescribeAutoScalingInstances(ctx context.Context, in *autoscaling.DescribeAutoScalingInstancesInput, _ ...func(*autoscaling.Options)) (*autoscaling.DescribeAutoScalingInstancesOutput, error) {
	return answer(ctx, c.cloud, in, func() *autoscaling.DescribeAutoScalingInstancesOutput {
		out := &autoscaling.DescribeAutoScalingInstancesOutput{}
		for _, m := range c.members {
			if slices.Contains(in.InstanceIds, *m.InstanceId) {
				out.AutoScalingInstances = append(out.AutoScalingInstances, m)
			}
		}
		return out
	})
}

func (c cloudScaling) DescribeLifecycleHooks(ctx context.Context, in *autoscaling.DescribeLifecycleHooksInput, _ ...func(*autoscaling.Options)) (*autoscaling.DescribeLifecycleHooksOutput, error) {
	return answer(ctx, c.cloud, in, func() *autoscaling.DescribeLifecycleHooksOutput {
		return &autoscaling.DescribeLifecycleHooksOutput{LifecycleHooks: c.hooks}
	})
}

func (c cloudScaling) DescribeLaunchConfigurations(ctx context.Context, in *autoscaling.DescribeLaunchConfigurationsInput, _ ...func(*autoscaling.Options)) (*autoscaling.DescribeLaunchConfigurationsOutput, error) {
	return answer(ctx, c.cloud, in, func() *autoscaling.DescribeLaunchConfigurationsOutput {
		out := &autoscaling.DescribeLaunchConfigurationsOutput{}
		for _, one := range c.configurations {
			if slices.Contains(in.LaunchConfigurationNames, aws.ToString(one.LaunchConfigurationName)) {
				out.LaunchConfigurations = append(out.LaunchConfigurations, one)
			}
		}
		return out
	})
}

func (c cloudScaling) DescribeScalingActivities(ctx context.Context, in *autoscaling.DescribeScalingActivitiesInput, _ ...func(*autoscaling.Options)) (*autoscaling.DescribeScalingActivitiesOutput, error) {
	return answer(ctx, c.cloud, in, func() *autoscaling.DescribeScalingActivitiesOutput {
		out := &autoscaling.DescribeScalingActivitiesOutput{}
		out.Activities, out.NextToken = page(c.activities, in.NextToken)
		return out
	})
}

func (c cloudScaling) DescribeInstanceRefreshes(ctx context.Context, in *autoscaling.DescribeInstanceRefreshesInput, _ ...func(*autoscaling.Options)) (*autoscaling.DescribeInstanceRefreshesOutput, error) {
	return answer(ctx, c.cloud, in, func() *autoscaling.DescribeInstanceRefreshesOutput {
		return &autoscaling.DescribeInstanceRefreshesOutput{InstanceRefreshes: c.refreshes}
	})
}

func (c cloudScaling) SetDesiredCapacity(ctx context.Context, in *autoscaling.SetDesiredCapacityInput, _ ...func(*autoscaling.Options)) (*autoscaling.SetDesiredCapacityOutput, error) {
	return answer(ctx, c.cloud, in, func() *autoscaling.SetDesiredCapacityOutput { return &autoscaling.SetDesiredCapacityOutput{} })
}

func (c cloudScaling) CreateOrUpdateTags(ctx context.Context, in *autoscaling.CreateOrUpdateTagsInput, _ ...func(*autoscaling.Options)) (*autoscaling.CreateOrUpdateTagsOutput, error) {
	return answer(ctx, c.cloud, in, func() *autoscaling.CreateOrUpdateTagsOutput { return &autoscaling.CreateOrUpdateTagsOutput{} })
}

func (c cloudScaling) DeleteTags(ctx context.Context, in *autoscaling.DeleteTagsInput, _ ...func(*autoscaling.Options)) (*autoscaling.DeleteTagsOutput, error) {
	return answer(ctx, c.cloud, in, func() *autoscaling.DeleteTagsOutput { return &autoscaling.DeleteTagsOutput{} })
}

func (c cloudScaling) AttachInstances(ctx context.Context, in *autoscaling.AttachInstancesInput, _ ...func(*autoscaling.Options)) (*autoscaling.AttachInstancesOutput, error) {
	return answer(ctx, c.cloud, in, func() *autoscaling.AttachInstancesOutput { return &autoscaling.AttachInstancesOutput{} })
}

func (c cloudScaling) TerminateInstanceInAutoScalingGroup(ctx context.Context, in *autoscaling.TerminateInstanceInAutoScalingGroupInput, _ ...func(*autoscaling.Options)) (*autoscaling.TerminateInstanceInAutoScalingGroupOutput, error) {
	return answer(ctx, c.cloud, in, func() *autoscaling.TerminateInstanceInAutoScalingGroupOutput {
		return &autoscaling.TerminateInstanceInAutoScalingGroupOutput{}
	})
}

func (c cloudScaling) UpdateAutoScalingGroup(ctx context.Context, in *autoscaling.UpdateAutoScalingGroupInput, _ ...func(*autoscaling.Options)) (*autoscaling.UpdateAutoScalingGroupOutput, error) {
	return answer(ctx, c.cloud, in, func() *autoscaling.UpdateAutoScalingGroupOutput { return &autoscaling.UpdateAutoScalingGroupOutput{} })
}

func (c cloudScaling) SetInstanceProtection(ctx context.Context, in *autoscaling.SetInstanceProtectionInput, _ ...func(*autoscaling.Options)) (*autoscaling.SetInstanceProtectionOutput, error) {
	return answer(ctx, c.cloud, in, func() *autoscaling.SetInstanceProtectionOutput { return &autoscaling.SetInstanceProtectionOutput{} })
}

func (c cloudBalancers) DescribeTargetGroupAttributes(ctx context.Context, in *elbv2.DescribeTargetGroupAttributesInput, _ ...func(*elbv2.Options)) (*elbv2.DescribeTargetGroupAttributesOutput, error) {
	return answer(ctx, c.cloud, in, func() *elbv2.DescribeTargetGroupAttributesOutput {
		out := &elbv2.DescribeTargetGroupAttributesOutput{Attributes: []elbv2types.TargetGroupAttribute{{Key: aws.String("stickiness.enabled"), Value: aws.String("false")}}}
		if c.slow != "" {
			out.Attributes = append(out.Attributes, elbv2types.TargetGroupAttribute{Key: aws.String("slow_start.duration_seconds"), Value: aws.String(c.slow)})
		}
		return out
	})
}

type cloudLattice struct{ *cloud }

func (c cloudLattice) ListTargets(ctx context.Context, in *vpclattice.ListTargetsInput, _ ...func(*vpclattice.Options)) (*vpclattice.ListTargetsOutput, error) {
	return answer(ctx, c.cloud, in, func() *vpclattice.ListTargetsOutput {
		page := &vpclattice.ListTargetsOutput{Items: c.lattice}
		if len(c.lattice) > 1 && in.NextToken == nil { // in two pages
			page.Items, page.NextToken = c.lattice[:1], aws.String("more")
		} else if len(c.lattice) > 1 {
			page.Items = c.lattice[1:]
		}
		return page
	})
}

func (c cloudBalancers) DescribeTargetHealth(ctx context.Context, in *elbv2.DescribeTargetHealthInput, _ ...func(*elbv2.Options)) (*elbv2.DescribeTargetHealthOutput, error) {
	return answer(ctx, c.cloud, in, func() *elbv2.DescribeTargetHealthOutput {
		return &elbv2.DescribeTargetHealthOutput{TargetHealthDescriptions: c.targets[*in.TargetGroupArn]}
	})
}

func (c cloudClassic) DescribeInstanceHealth(ctx context.Context, in *elb.DescribeInstanceHealthInput, _ ...func(*elb.Options)) (*elb.DescribeInstanceHealthOutput, error) {
	return answer(ctx, c.cloud, in, func() *elb.DescribeInstanceHealthOutput {
		return &elb.DescribeInstanceHealthOutput{InstanceStates: c.classic[*in.LoadBalancerName]}
	})
}

func (c cloudStacks) DescribeStacks(ctx context.Context, in *cloudformation.DescribeStacksInput, _ ...func(*cloudformation.Options)) (*cloudformation.DescribeStacksOutput, error) {
	return answer(ctx, c.cloud, in, func() *cloudformation.DescribeStacksOutput {
		return &cloudformation.DescribeStacksOutput{Stacks: c.stacks}
	})
}

func (c cloudPrices) GetProducts(ctx context.Context, in *pricing.GetProductsInput, _ ...func(*pricing.Options)) (*pricing.GetProductsOutput, error) {
	return answer(ctx, c.cloud, in, func() *pricing.GetProductsOutput { return &pricing.GetProductsOutput{PriceList: c.products} })
}

func (c cloudRules) ListRules(ctx context.Context, in *eventbridge.ListRulesInput, _ ...func(*eventbridge.Options)) (*eventbridge.ListRulesOutput, error) {
	return answer(ctx, c.cloud, in, func() *eventbridge.ListRulesOutput {
		out := &eventbridge.ListRulesOutput{}
		out.Rules, out.NextToken = page(c.rules, in.NextToken)
		return out
	})
}

func (c cloudRules) ListTargetsByRule(ctx context.Context, in *eventbridge.ListTargetsByRuleInput, _ ...func(*eventbridge.Options)) (*eventbridge.ListTargetsByRuleOutput, error) {
	return answer(ctx, c.cloud, in, func() *eventbridge.ListTargetsByRuleOutput {
		var list []ebtypes.Target
		for _, arn := range c.targetsOf[aws.ToString(in.Rule)] {
			list = append(list, ebtypes.Target{Id: aws.String("1"), Arn: &arn})
		}
		out := &eventbridge.ListTargetsByRuleOutput{}
		out.Targets, out.NextToken = page(list, in.NextToken)
		return out
	})
}
