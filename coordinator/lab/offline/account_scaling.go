package offline

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas"

	"autospotting/pkg/beanstalk"
)

// scaling is an account's Auto Scaling.
type scaling struct{ *account }

func (s scaling) DescribeAutoScalingGroups(context.Context, *autoscaling.DescribeAutoScalingGroupsInput, ...func(*autoscaling.Options)) (*autoscaling.DescribeAutoScalingGroupsOutput, error) {
	return &autoscaling.DescribeAutoScalingGroupsOutput{AutoScalingGroups: []astypes.AutoScalingGroup{s.group.AutoScalingGroup}}, nil
}

// DescribeAutoScalingInstances finds the groups of instances in the groups' own descriptions, and in what a file has of instances besides.
func (s scaling) DescribeAutoScalingInstances(_ context.Context, in *autoscaling.DescribeAutoScalingInstancesInput, _ ...func(*autoscaling.Options)) (*autoscaling.DescribeAutoScalingInstancesOutput, error) {
	out := &autoscaling.DescribeAutoScalingInstancesOutput{}
	for _, id := range in.InstanceIds {
		if n, is := s.made.memberOf[id]; is {
			g := s.groups[n]
			m := g.Instances[slices.IndexFunc(g.Instances, func(m astypes.Instance) bool { return aws.ToString(m.InstanceId) == id })]
			out.AutoScalingInstances = append(out.AutoScalingInstances, astypes.AutoScalingInstanceDetails{InstanceId: aws.String(id), AutoScalingGroupName: g.AutoScalingGroupName,
				LifecycleState: aws.String(string(m.LifecycleState)), HealthStatus: m.HealthStatus, ProtectedFromScaleIn: m.ProtectedFromScaleIn})
			continue
		}
		for _, m := range s.members {
			if aws.ToString(m.InstanceId) == id {
				out.AutoScalingInstances = append(out.AutoScalingInstances, m)
			}
		}
	}
	return out, nil
}

func (s scaling) DescribeLifecycleHooks(_ context.Context, in *autoscaling.DescribeLifecycleHooksInput, _ ...func(*autoscaling.Options)) (*autoscaling.DescribeLifecycleHooksOutput, error) {
	if !s.made.hooksOf[*in.AutoScalingGroupName] {
		s.none("lifecycle hooks")
	}
	out := &autoscaling.DescribeLifecycleHooksOutput{}
	for _, h := range s.hooks {
		if aws.ToString(h.AutoScalingGroupName) == *in.AutoScalingGroupName {
			out.LifecycleHooks = append(out.LifecycleHooks, h)
		}
	}
	return out, nil
}

// DescribeInstanceRefreshes gives them newest first, as many as are asked for.
func (s scaling) DescribeInstanceRefreshes(_ context.Context, in *autoscaling.DescribeInstanceRefreshesInput, _ ...func(*autoscaling.Options)) (*autoscaling.DescribeInstanceRefreshesOutput, error) {
	if !s.made.refreshed[*in.AutoScalingGroupName] {
		s.none("instance refreshes")
	}
	var list []astypes.InstanceRefresh
	for _, r := range s.refreshes {
		if aws.ToString(r.AutoScalingGroupName) == *in.AutoScalingGroupName {
			list = append(list, r)
		}
	}
	slices.SortStableFunc(list, func(x, y astypes.InstanceRefresh) int {
		return aws.ToTime(y.StartTime).Compare(aws.ToTime(x.StartTime))
	})
	return &autoscaling.DescribeInstanceRefreshesOutput{InstanceRefreshes: list[:min(len(list), int(cmp.Or(aws.ToInt32(in.MaxRecords), 50)))]}, nil
}

func (s scaling) DescribeScalingActivities(_ context.Context, in *autoscaling.DescribeScalingActivitiesInput, _ ...func(*autoscaling.Options)) (*autoscaling.DescribeScalingActivitiesOutput, error) {
	if !s.told[keyActivities] {
		s.none("scaling activities")
	}
	out := &autoscaling.DescribeScalingActivitiesOutput{}
	for _, one := range s.activities {
		if aws.ToString(one.AutoScalingGroupName) == *in.AutoScalingGroupName {
			out.Activities = append(out.Activities, one)
		}
	}
	slices.SortStableFunc(out.Activities, func(x, y astypes.Activity) int { return aws.ToTime(y.StartTime).Compare(aws.ToTime(x.StartTime)) })
	return out, nil
}

func (s scaling) DescribeLaunchConfigurations(_ context.Context, in *autoscaling.DescribeLaunchConfigurationsInput, _ ...func(*autoscaling.Options)) (*autoscaling.DescribeLaunchConfigurationsOutput, error) {
	name := in.LaunchConfigurationNames[0]
	at := slices.IndexFunc(s.configurations, func(c astypes.LaunchConfiguration) bool { return aws.ToString(c.LaunchConfigurationName) == name })
	if at >= 0 {
		return &autoscaling.DescribeLaunchConfigurationsOutput{LaunchConfigurations: s.configurations[at : at+1]}, nil
	}
	return &autoscaling.DescribeLaunchConfigurationsOutput{LaunchConfigurations: []astypes.LaunchConfiguration{s.configurationLike(name)}}, nil
}

// quotas is an account's Service Quotas.
type quotas struct{ *account }

// ListServiceQuotas gives those of the group's region: their ARNs say which.
func (q quotas) ListServiceQuotas(context.Context, *servicequotas.ListServiceQuotasInput, ...func(*servicequotas.Options)) (*servicequotas.ListServiceQuotasOutput, error) {
	if !q.told[keyQuotas] {
		q.none("vCPU quotas")
	}
	out := &servicequotas.ListServiceQuotasOutput{}
	for _, one := range q.dump.quotas {
		if part := strings.Split(aws.ToString(one.QuotaArn), ":"); len(part) < 4 || part[3] == q.region() {
			out.Quotas = append(out.Quotas, one)
		}
	}
	return out, nil
}

// rules is an account's EventBridge. It is asked only where a launching hook would else only wait.
type rules struct{ *account }

func (r rules) ListRules(context.Context, *eventbridge.ListRulesInput, ...func(*eventbridge.Options)) (*eventbridge.ListRulesOutput, error) {
	if !r.told[keyRules] {
		r.none("EventBridge rules that hear of launching hooks")
	}
	out := &eventbridge.ListRulesOutput{}
	for _, one := range r.dump.rules {
		if bus := aws.ToString(one.EventBusName); bus == "" || bus == "default" {
			out.Rules = append(out.Rules, one)
		}
	}
	return out, nil
}

// ListTargetsByRule is not asked: what prints targets does not print their rule, and the topic is not known.
func (rules) ListTargetsByRule(context.Context, *eventbridge.ListTargetsByRuleInput, ...func(*eventbridge.Options)) (*eventbridge.ListTargetsByRuleOutput, error) {
	return nil, errFiles
}

// stacks is an account's CloudFormation.
type stacks struct{ *account }

func (s stacks) DescribeStacks(_ context.Context, in *cloudformation.DescribeStacksInput, _ ...func(*cloudformation.Options)) (*cloudformation.DescribeStacksOutput, error) {
	out := &cloudformation.DescribeStacksOutput{}
	for _, one := range s.dump.stacks {
		if aws.ToString(one.StackId) == *in.StackName || aws.ToString(one.StackName) == *in.StackName {
			out.Stacks = append(out.Stacks, one)
		}
	}
	if len(out.Stacks) == 0 {
		s.none("CloudFormation stacks that change")
	}
	return out, nil
}

// environments is an account's Elastic Beanstalk.
type environments struct{ *account }

// DescribeEnvironments takes an environment that no file tells of for one that is Ready, of web servers.
func (e environments) DescribeEnvironments(_ context.Context, in *beanstalk.DescribeEnvironmentsInput) (*beanstalk.DescribeEnvironmentsOutput, error) {
	out := &beanstalk.DescribeEnvironmentsOutput{}
	for _, one := range e.dump.environments {
		if slices.Contains(in.EnvironmentIds, one.EnvironmentId) || slices.Contains(in.EnvironmentNames, one.EnvironmentName) {
			out.Environments = append(out.Environments, one)
		}
	}
	if len(out.Environments) == 0 {
		e.none("an Elastic Beanstalk environment that changes, or is of workers")
		one := beanstalk.EnvironmentDescription{Status: "Ready"}
		for _, one.EnvironmentId = range in.EnvironmentIds {
			out.Environments = append(out.Environments, one)
		}
		for _, one.EnvironmentName = range in.EnvironmentNames {
			out.Environments = append(out.Environments, one)
		}
	}
	return out, nil
}
