// Package estate knows what an installation has to do with the owners' groups: the roles that their instances have, before it is
// installed, and the traces that it leaves, when it goes. It is the one package of the command that speaks to EC2.
package estate

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"autospotting/coordinator/settings"
)

// EC2 is what is called of EC2.
type EC2 interface {
	DescribeInstances(context.Context, *ec2.DescribeInstancesInput, ...func(*ec2.Options)) (*ec2.DescribeInstancesOutput, error)
	DescribeLaunchTemplates(context.Context, *ec2.DescribeLaunchTemplatesInput, ...func(*ec2.Options)) (*ec2.DescribeLaunchTemplatesOutput, error)
	DescribeLaunchTemplateVersions(context.Context, *ec2.DescribeLaunchTemplateVersionsInput, ...func(*ec2.Options)) (*ec2.DescribeLaunchTemplateVersionsOutput, error)
	DeleteLaunchTemplate(context.Context, *ec2.DeleteLaunchTemplateInput, ...func(*ec2.Options)) (*ec2.DeleteLaunchTemplateOutput, error)
	DeleteTags(context.Context, *ec2.DeleteTagsInput, ...func(*ec2.Options)) (*ec2.DeleteTagsOutput, error)
}

// AutoScaling is what is called of Auto Scaling.
type AutoScaling interface {
	DescribeAutoScalingGroups(context.Context, *autoscaling.DescribeAutoScalingGroupsInput, ...func(*autoscaling.Options)) (*autoscaling.DescribeAutoScalingGroupsOutput, error)
	DescribeLaunchConfigurations(context.Context, *autoscaling.DescribeLaunchConfigurationsInput, ...func(*autoscaling.Options)) (*autoscaling.DescribeLaunchConfigurationsOutput, error)
	UpdateAutoScalingGroup(context.Context, *autoscaling.UpdateAutoScalingGroupInput, ...func(*autoscaling.Options)) (*autoscaling.UpdateAutoScalingGroupOutput, error)
	DeleteTags(context.Context, *autoscaling.DeleteTagsInput, ...func(*autoscaling.Options)) (*autoscaling.DeleteTagsOutput, error)
}

// IAM is what is called of IAM.
type IAM interface {
	GetInstanceProfile(context.Context, *iam.GetInstanceProfileInput, ...func(*iam.Options)) (*iam.GetInstanceProfileOutput, error)
}

var (
	_ EC2         = (*ec2.Client)(nil)
	_ AutoScaling = (*autoscaling.Client)(nil)
	_ IAM         = (*iam.Client)(nil)
)

// Estate is one region of one account.
type Estate struct {
	EC2         EC2
	AutoScaling AutoScaling
	IAM         IAM
}

// Group is a group as an installer sees it.
type Group struct {
	Name         string
	Max, Desired int
	// Profile is the name or ARN of the instance profile that its instances have; empty if they have none.
	Profile string
	// Role is the ARN of the role in it, Problem why it is not known.
	Role, Problem string
	Status        string   // what the coordinator last wrote there
	StatusTag     string   // what its tag autospotting:status-tag says; empty if it has none
	Members       []string // ids of its instances
	Subnets       []string // none where it names zones only
	// Keys are what its template names for its volumes: ids, ARNs or aliases.
	Keys []string
	// Public is whether its template gives instances a public address; nil leaves it to the subnet.
	Public *bool
}

// Groups lists the groups that the scope takes in, with the roles of their instances.
func (e Estate) Groups(ctx context.Context, scope settings.Scope) (out []Group, err error) {
	raw, err := e.all(ctx)
	if err != nil {
		return nil, err
	}
	for _, g := range raw {
		tags := map[string]string{}
		for _, t := range g.Tags {
			tags[aws.ToString(t.Key)] = aws.ToString(t.Value)
		}
		if !scope.Enabled(tags) {
			continue
		}
		one := Group{Name: aws.ToString(g.AutoScalingGroupName), Max: int(aws.ToInt32(g.MaxSize)), Desired: int(aws.ToInt32(g.DesiredCapacity)), Status: tags[settings.StatusTag], StatusTag: tags[settings.Prefix+"status-tag"]}
		for _, m := range g.Instances {
			one.Members = append(one.Members, aws.ToString(m.InstanceId))
		}
		if subnets := aws.ToString(g.VPCZoneIdentifier); subnets != "" {
			one.Subnets = strings.Split(subnets, ",")
		}
		if err = e.template(ctx, g, &one); err == nil && one.Profile != "" {
			one.Role, err = e.role(ctx, one.Profile)
		}
		if err != nil {
			one.Problem = err.Error()
		}
		out = append(out, one)
	}
	return out, nil
}

func (e Estate) all(ctx context.Context) (out []astypes.AutoScalingGroup, err error) {
	in := &autoscaling.DescribeAutoScalingGroupsInput{MaxRecords: aws.Int32(100)}
	for {
		page, err := e.AutoScaling.DescribeAutoScalingGroups(ctx, in)
		if err != nil {
			return nil, fmt.Errorf("list the Auto Scaling groups: %w", err)
		}
		out = append(out, page.AutoScalingGroups...)
		if in.NextToken = page.NextToken; in.NextToken == nil {
			return out, nil
		}
	}
}

// template reads what the group launches from.
func (e Estate) template(ctx context.Context, g astypes.AutoScalingGroup, into *Group) error {
	spec := g.LaunchTemplate
	if p := g.MixedInstancesPolicy; p != nil && p.LaunchTemplate != nil {
		spec = p.LaunchTemplate.LaunchTemplateSpecification
	}
	if spec == nil {
		return e.configuration(ctx, g, into)
	}
	version := aws.ToString(spec.Version)
	if version == "" {
		version = "$Default"
	}
	in := &ec2.DescribeLaunchTemplateVersionsInput{LaunchTemplateId: spec.LaunchTemplateId, Versions: []string{version}}
	if in.LaunchTemplateId == nil {
		in.LaunchTemplateName = spec.LaunchTemplateName
	}
	out, err := e.EC2.DescribeLaunchTemplateVersions(ctx, in)
	if err != nil || len(out.LaunchTemplateVersions) == 0 {
		return fmt.Errorf("its launch template cannot be read (%v)", err)
	}
	d := out.LaunchTemplateVersions[0].LaunchTemplateData
	if d == nil {
		return nil
	}
	if p := d.IamInstanceProfile; p != nil {
		into.Profile = aws.ToString(p.Arn) + aws.ToString(p.Name)
	}
	for _, m := range d.BlockDeviceMappings {
		if m.Ebs != nil && aws.ToString(m.Ebs.KmsKeyId) != "" {
			into.Keys = append(into.Keys, *m.Ebs.KmsKeyId)
		}
	}
	if len(d.NetworkInterfaces) > 0 {
		into.Public = d.NetworkInterfaces[0].AssociatePublicIpAddress
	}
	return nil
}

// configuration reads the older kind, which names no keys.
func (e Estate) configuration(ctx context.Context, g astypes.AutoScalingGroup, into *Group) error {
	out, err := e.AutoScaling.DescribeLaunchConfigurations(ctx, &autoscaling.DescribeLaunchConfigurationsInput{LaunchConfigurationNames: []string{aws.ToString(g.LaunchConfigurationName)}})
	if err != nil || len(out.LaunchConfigurations) == 0 {
		return fmt.Errorf("its launch configuration cannot be read (%v)", err)
	}
	c := out.LaunchConfigurations[0]
	into.Profile, into.Public = aws.ToString(c.IamInstanceProfile), c.AssociatePublicIpAddress
	return nil
}

// role is the role in an instance profile, which is named or given by its ARN.
func (e Estate) role(ctx context.Context, profile string) (string, error) {
	name := profile[strings.LastIndexByte(profile, '/')+1:]
	out, err := e.IAM.GetInstanceProfile(ctx, &iam.GetInstanceProfileInput{InstanceProfileName: &name})
	if err != nil {
		return "", fmt.Errorf("its instance profile %s cannot be read: %w", name, err)
	}
	if out.InstanceProfile == nil || len(out.InstanceProfile.Roles) == 0 {
		return "", fmt.Errorf("its instance profile %s has no role", name)
	}
	return aws.ToString(out.InstanceProfile.Roles[0].Arn), nil
}

// Roles are the roles of these groups, each once.
func Roles(groups []Group) (out []string) {
	for _, g := range groups {
		if g.Role != "" && !slices.Contains(out, g.Role) {
			out = append(out, g.Role)
		}
	}
	slices.Sort(out)
	return out
}

// filter selects what carries a tag of ours, whatever its value.
func filter(key string) []types.Filter {
	return []types.Filter{{Name: aws.String("tag-key"), Values: []string{key}}}
}
