// Package act observes a group and applies what was decided for it: thin shells around the narrow part of EC2 and
// Auto Scaling that the coordinator calls. Nothing is decided here, and nothing waits: what needs time is looked at again
// by a later message.
package act

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancing"
	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/vpclattice"

	"autospotting/coordinator/market"
	"autospotting/coordinator/settings"
	"autospotting/userdata"
)

// EC2 is what the coordinator calls of EC2.
type EC2 interface {
	DescribeInstances(context.Context, *ec2.DescribeInstancesInput, ...func(*ec2.Options)) (*ec2.DescribeInstancesOutput, error)
	DescribeInstanceStatus(context.Context, *ec2.DescribeInstanceStatusInput, ...func(*ec2.Options)) (*ec2.DescribeInstanceStatusOutput, error)
	DescribeSpotInstanceRequests(context.Context, *ec2.DescribeSpotInstanceRequestsInput, ...func(*ec2.Options)) (*ec2.DescribeSpotInstanceRequestsOutput, error)
	DescribeSubnets(context.Context, *ec2.DescribeSubnetsInput, ...func(*ec2.Options)) (*ec2.DescribeSubnetsOutput, error)
	DescribeImages(context.Context, *ec2.DescribeImagesInput, ...func(*ec2.Options)) (*ec2.DescribeImagesOutput, error)
	DescribeLaunchTemplateVersions(context.Context, *ec2.DescribeLaunchTemplateVersionsInput, ...func(*ec2.Options)) (*ec2.DescribeLaunchTemplateVersionsOutput, error)
	DescribeInstanceTypes(context.Context, *ec2.DescribeInstanceTypesInput, ...func(*ec2.Options)) (*ec2.DescribeInstanceTypesOutput, error)
	DescribeInstanceTypeOfferings(context.Context, *ec2.DescribeInstanceTypeOfferingsInput, ...func(*ec2.Options)) (*ec2.DescribeInstanceTypeOfferingsOutput, error)
	DescribeSpotPriceHistory(context.Context, *ec2.DescribeSpotPriceHistoryInput, ...func(*ec2.Options)) (*ec2.DescribeSpotPriceHistoryOutput, error)
	CreateLaunchTemplate(context.Context, *ec2.CreateLaunchTemplateInput, ...func(*ec2.Options)) (*ec2.CreateLaunchTemplateOutput, error)
	CreateLaunchTemplateVersion(context.Context, *ec2.CreateLaunchTemplateVersionInput, ...func(*ec2.Options)) (*ec2.CreateLaunchTemplateVersionOutput, error)
	CreateFleet(context.Context, *ec2.CreateFleetInput, ...func(*ec2.Options)) (*ec2.CreateFleetOutput, error)
	DescribeInstanceAttribute(context.Context, *ec2.DescribeInstanceAttributeInput, ...func(*ec2.Options)) (*ec2.DescribeInstanceAttributeOutput, error)
	DescribePlacementGroups(context.Context, *ec2.DescribePlacementGroupsInput, ...func(*ec2.Options)) (*ec2.DescribePlacementGroupsOutput, error)
	CreateTags(context.Context, *ec2.CreateTagsInput, ...func(*ec2.Options)) (*ec2.CreateTagsOutput, error)
	DeleteTags(context.Context, *ec2.DeleteTagsInput, ...func(*ec2.Options)) (*ec2.DeleteTagsOutput, error)
	DeleteLaunchTemplateVersions(context.Context, *ec2.DeleteLaunchTemplateVersionsInput, ...func(*ec2.Options)) (*ec2.DeleteLaunchTemplateVersionsOutput, error)
	DeleteLaunchTemplate(context.Context, *ec2.DeleteLaunchTemplateInput, ...func(*ec2.Options)) (*ec2.DeleteLaunchTemplateOutput, error)
	TerminateInstances(context.Context, *ec2.TerminateInstancesInput, ...func(*ec2.Options)) (*ec2.TerminateInstancesOutput, error)
}

// AutoScaling is what the coordinator calls of Auto Scaling.
type AutoScaling interface {
	DescribeAutoScalingGroups(context.Context, *autoscaling.DescribeAutoScalingGroupsInput, ...func(*autoscaling.Options)) (*autoscaling.DescribeAutoScalingGroupsOutput, error)
	DescribeAutoScalingInstances(context.Context, *autoscaling.DescribeAutoScalingInstancesInput, ...func(*autoscaling.Options)) (*autoscaling.DescribeAutoScalingInstancesOutput, error)
	DescribeLifecycleHooks(context.Context, *autoscaling.DescribeLifecycleHooksInput, ...func(*autoscaling.Options)) (*autoscaling.DescribeLifecycleHooksOutput, error)
	DescribeLaunchConfigurations(context.Context, *autoscaling.DescribeLaunchConfigurationsInput, ...func(*autoscaling.Options)) (*autoscaling.DescribeLaunchConfigurationsOutput, error)
	DescribeScalingActivities(context.Context, *autoscaling.DescribeScalingActivitiesInput, ...func(*autoscaling.Options)) (*autoscaling.DescribeScalingActivitiesOutput, error)
	DescribeInstanceRefreshes(context.Context, *autoscaling.DescribeInstanceRefreshesInput, ...func(*autoscaling.Options)) (*autoscaling.DescribeInstanceRefreshesOutput, error)
	SetDesiredCapacity(context.Context, *autoscaling.SetDesiredCapacityInput, ...func(*autoscaling.Options)) (*autoscaling.SetDesiredCapacityOutput, error)
	CreateOrUpdateTags(context.Context, *autoscaling.CreateOrUpdateTagsInput, ...func(*autoscaling.Options)) (*autoscaling.CreateOrUpdateTagsOutput, error)
	DeleteTags(context.Context, *autoscaling.DeleteTagsInput, ...func(*autoscaling.Options)) (*autoscaling.DeleteTagsOutput, error)
	AttachInstances(context.Context, *autoscaling.AttachInstancesInput, ...func(*autoscaling.Options)) (*autoscaling.AttachInstancesOutput, error)
	TerminateInstanceInAutoScalingGroup(context.Context, *autoscaling.TerminateInstanceInAutoScalingGroupInput, ...func(*autoscaling.Options)) (*autoscaling.TerminateInstanceInAutoScalingGroupOutput, error)
	UpdateAutoScalingGroup(context.Context, *autoscaling.UpdateAutoScalingGroupInput, ...func(*autoscaling.Options)) (*autoscaling.UpdateAutoScalingGroupOutput, error)
	SetInstanceProtection(context.Context, *autoscaling.SetInstanceProtectionInput, ...func(*autoscaling.Options)) (*autoscaling.SetInstanceProtectionOutput, error)
}

// TargetGroups is what the coordinator calls of Elastic Load Balancing.
type TargetGroups interface {
	DescribeTargetHealth(context.Context, *elbv2.DescribeTargetHealthInput, ...func(*elbv2.Options)) (*elbv2.DescribeTargetHealthOutput, error)
	DescribeTargetGroupAttributes(context.Context, *elbv2.DescribeTargetGroupAttributesInput, ...func(*elbv2.Options)) (*elbv2.DescribeTargetGroupAttributesOutput, error)
}

// Lattice is what the coordinator calls of VPC Lattice.
type Lattice interface {
	ListTargets(context.Context, *vpclattice.ListTargetsInput, ...func(*vpclattice.Options)) (*vpclattice.ListTargetsOutput, error)
}

// Balancers is what the coordinator calls of the classic load balancers.
type Balancers interface {
	DescribeInstanceHealth(context.Context, *elb.DescribeInstanceHealthInput, ...func(*elb.Options)) (*elb.DescribeInstanceHealthOutput, error)
}

// Stacks is what the coordinator calls of CloudFormation.
type Stacks interface {
	DescribeStacks(context.Context, *cloudformation.DescribeStacksInput, ...func(*cloudformation.Options)) (*cloudformation.DescribeStacksOutput, error)
}

var (
	_ EC2          = (*ec2.Client)(nil)
	_ AutoScaling  = (*autoscaling.Client)(nil)
	_ TargetGroups = (*elbv2.Client)(nil)
	_ Balancers    = (*elb.Client)(nil)
	_ Lattice      = (*vpclattice.Client)(nil)
	_ Stacks       = (*cloudformation.Client)(nil)
)

// Config is what an Actor needs.
type Config struct {
	EC2         EC2
	AutoScaling AutoScaling
	// Inspector, TargetGroups, Balancers, Lattice, Stacks and Containers may be nil where there are none to be asked; Environments where no group is of
	// Elastic Beanstalk.
	Inspector    Inspector
	TargetGroups TargetGroups
	Balancers    Balancers
	Lattice      Lattice
	Stacks       Stacks
	Containers   Containers
	Environments Environments
	// Pricing may be nil: then on-demand prices are the built-in ones.
	Pricing Pricing
	// Quotas may be nil: then it is not known what the account may have.
	Quotas Quotas
	// Rules may be nil: then it is not known who hears of lifecycle hooks. EventsTopic is the ARN of ours, to which our own rules send.
	Rules       Rules
	EventsTopic string
	// Shelf may be nil: then copies do not outlive the process.
	Shelf Shelf
	// Index may be nil: then every notice is answered after a look.
	Index  Index
	Region string
	// Thorough has everything read of a group with nothing to do as well, for who wants to see what it could have.
	Thorough bool
	// Market tells what is sold in the zones and what the product costs there, where that is not to be read of EC2; nil reads it.
	Market func(zones []string, product string) market.Catalog
	// Patience bounds each read without which a notice can be answered: an API that does not answer at all must not use up the time of the
	// others. Zero sets no bound.
	Patience time.Duration
	// Side runs functions side by side and returns when all have, for the reads of one look; one after the other, if nil.
	Side func(...func())
	// Scope says which groups are served; those tagged spot-enabled=true if it is empty.
	Scope settings.Scope
	// Defaults are the installation's; settings.Defaults() unless it says otherwise.
	Defaults settings.Settings
	// Spotd says how the daemon is put on what we launch; no Topic means without it.
	Spotd userdata.Settings
	// Profile is the ARN of the instance profile for groups that have none and whose owners want ours; empty if there is none.
	Profile string
	// Tags are put on the launch templates that we make, as the account's rules may want of everything. Instances and volumes have the
	// owner's tags, and a launch is a frozen request that nothing is added to.
	Tags map[string]string
	Now  func() time.Time
}

// Actor observes and applies. It may be used by several goroutines; what it caches is only what changes slowly.
type Actor struct {
	Config
	cache cache
}

// New returns an Actor with defaults filled in.
func New(c Config) *Actor {
	if c.Scope.Key == "" {
		c.Scope.Key, c.Scope.Value = "spot-enabled", "true"
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Actor{Config: c}
}
