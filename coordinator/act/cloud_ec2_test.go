package act

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// cloudEC2 is EC2 on a cloud, with its Inspector.
type cloudEC2 struct{ *cloud }

// meantBy tells whether EC2 would find the instance by the filters: in their values * and ? stand for others.
func meantBy(filters []types.Filter, i types.Instance) bool {
	return !slices.ContainsFunc(filters, func(f types.Filter) bool {
		var has []string
		key, byTag := strings.CutPrefix(*f.Name, "tag:")
		for _, t := range i.Tags {
			switch {
			case *f.Name == "tag-key":
				has = append(has, *t.Key)
			case byTag && *t.Key == key:
				has = append(has, *t.Value)
			}
		}
		switch *f.Name {
		case "instance-id":
			has = []string{*i.InstanceId}
		case "instance-state-name":
			has = []string{string(i.State.Name)}
		}
		return !slices.ContainsFunc(f.Values, func(pattern string) bool {
			return slices.ContainsFunc(has, func(value string) bool { ok, _ := path.Match(pattern, value); return ok })
		})
	})
}

func (c cloudEC2) DescribeInstances(ctx context.Context, in *ec2.DescribeInstancesInput, _ ...func(*ec2.Options)) (*ec2.DescribeInstancesOutput, error) {
	return answer(ctx, c.cloud, in, func() *ec2.DescribeInstancesOutput {
		var list []types.Reservation
		for _, i := range c.instances {
			if meantBy(in.Filters, i) {
				list = append(list, types.Reservation{Instances: []types.Instance{i}})
			}
		}
		out := &ec2.DescribeInstancesOutput{}
		out.Reservations, out.NextToken = page(list, in.NextToken)
		return out
	})
}

func (c cloudEC2) DescribeInstanceStatus(ctx context.Context, in *ec2.DescribeInstanceStatusInput, _ ...func(*ec2.Options)) (*ec2.DescribeInstanceStatusOutput, error) {
	return answer(ctx, c.cloud, in, func() *ec2.DescribeInstanceStatusOutput {
		out := &ec2.DescribeInstanceStatusOutput{}
		for _, s := range c.statuses {
			if slices.Contains(in.InstanceIds, *s.InstanceId) {
				out.InstanceStatuses = append(out.InstanceStatuses, s)
			}
		}
		return out
	})
}

func (c cloudEC2) DescribeSpotInstanceRequests(ctx context.Context, in *ec2.DescribeSpotInstanceRequestsInput, _ ...func(*ec2.Options)) (*ec2.DescribeSpotInstanceRequestsOutput, error) {
	return answer(ctx, c.cloud, in, func() *ec2.DescribeSpotInstanceRequestsOutput {
		out := &ec2.DescribeSpotInstanceRequestsOutput{}
		out.SpotInstanceRequests, out.NextToken = page(c.requests, in.NextToken)
		return out
	})
}

func (c cloudEC2) DescribeSubnets(ctx context.Context, in *ec2.DescribeSubnetsInput, _ ...func(*ec2.Options)) (*ec2.DescribeSubnetsOutput, error) {
	return answer(ctx, c.cloud, in, func() *ec2.DescribeSubnetsOutput {
		out := &ec2.DescribeSubnetsOutput{}
		for _, s := range c.subnets {
			has := map[string]string{"subnet-id": *s.SubnetId, "availability-zone": *s.AvailabilityZone, "default-for-az": fmt.Sprint(aws.ToBool(s.DefaultForAz))}
			if !slices.ContainsFunc(in.Filters, func(f types.Filter) bool { return !slices.Contains(f.Values, has[*f.Name]) }) {
				out.Subnets = append(out.Subnets, s)
			}
		}
		return out
	})
}

func (c cloudEC2) DescribeImages(ctx context.Context, in *ec2.DescribeImagesInput, _ ...func(*ec2.Options)) (*ec2.DescribeImagesOutput, error) {
	return answer(ctx, c.cloud, in, func() *ec2.DescribeImagesOutput {
		out := &ec2.DescribeImagesOutput{}
		for _, i := range c.images {
			if slices.Contains(in.ImageIds, *i.ImageId) {
				out.Images = append(out.Images, i)
			}
		}
		return out
	})
}

func (c cloudEC2) DescribeLaunchTemplateVersions(ctx context.Context, in *ec2.DescribeLaunchTemplateVersionsInput, _ ...func(*ec2.Options)) (*ec2.DescribeLaunchTemplateVersionsOutput, error) {
	name := aws.ToString(in.LaunchTemplateName)
	if in.LaunchTemplateId != nil {
		name = strings.TrimPrefix(*in.LaunchTemplateId, "lt-")
	}
	out, err := answer(ctx, c.cloud, in, func() *ec2.DescribeLaunchTemplateVersionsOutput {
		out := &ec2.DescribeLaunchTemplateVersionsOutput{}
		if out.LaunchTemplateVersions, out.NextToken = pageOf(c.perPage, c.versions[name], in.NextToken); len(in.Versions) > 0 {
			out.NextToken = nil // the one that was asked for
		}
		return out
	})
	if _, exists := c.versions[name]; err == nil && !exists {
		return nil, refusedBy("InvalidLaunchTemplateName.NotFoundException", "At least one of the launch templates specified in the request does not exist.")
	}
	return out, err
}

func (c cloudEC2) DescribeInstanceTypes(ctx context.Context, in *ec2.DescribeInstanceTypesInput, _ ...func(*ec2.Options)) (*ec2.DescribeInstanceTypesOutput, error) {
	return answer(ctx, c.cloud, in, func() *ec2.DescribeInstanceTypesOutput {
		out := &ec2.DescribeInstanceTypesOutput{}
		out.InstanceTypes, out.NextToken = page(c.sold, in.NextToken)
		return out
	})
}

func (c cloudEC2) DescribeInstanceTypeOfferings(ctx context.Context, in *ec2.DescribeInstanceTypeOfferingsInput, _ ...func(*ec2.Options)) (*ec2.DescribeInstanceTypeOfferingsOutput, error) {
	return answer(ctx, c.cloud, in, func() *ec2.DescribeInstanceTypeOfferingsOutput {
		out := &ec2.DescribeInstanceTypeOfferingsOutput{}
		out.InstanceTypeOfferings, out.NextToken = page(c.offered, in.NextToken)
		return out
	})
}

func (c cloudEC2) DescribeSpotPriceHistory(ctx context.Context, in *ec2.DescribeSpotPriceHistoryInput, _ ...func(*ec2.Options)) (*ec2.DescribeSpotPriceHistoryOutput, error) {
	return answer(ctx, c.cloud, in, func() *ec2.DescribeSpotPriceHistoryOutput {
		out := &ec2.DescribeSpotPriceHistoryOutput{}
		out.SpotPriceHistory, out.NextToken = page(c.prices, in.NextToken)
		return out
	})
}

func (c cloudEC2) CreateLaunchTemplate(ctx context.Context, in *ec2.CreateLaunchTemplateInput, _ ...func(*ec2.Options)) (*ec2.CreateLaunchTemplateOutput, error) {
	return answer(ctx, c.cloud, in, func() *ec2.CreateLaunchTemplateOutput { return &ec2.CreateLaunchTemplateOutput{} })
}

func (c cloudEC2) CreateLaunchTemplateVersion(ctx context.Context, in *ec2.CreateLaunchTemplateVersionInput, _ ...func(*ec2.Options)) (*ec2.CreateLaunchTemplateVersionOutput, error) {
	return answer(ctx, c.cloud, in, func() *ec2.CreateLaunchTemplateVersionOutput { return &ec2.CreateLaunchTemplateVersionOutput{} })
}

func (c cloudEC2) CreateTags(ctx context.Context, in *ec2.CreateTagsInput, _ ...func(*ec2.Options)) (*ec2.CreateTagsOutput, error) {
	return answer(ctx, c.cloud, in, func() *ec2.CreateTagsOutput { return &ec2.CreateTagsOutput{} })
}

func (c cloudEC2) DeleteTags(ctx context.Context, in *ec2.DeleteTagsInput, _ ...func(*ec2.Options)) (*ec2.DeleteTagsOutput, error) {
	return answer(ctx, c.cloud, in, func() *ec2.DeleteTagsOutput { return &ec2.DeleteTagsOutput{} })
}

func (c cloudEC2) DeleteLaunchTemplateVersions(ctx context.Context, in *ec2.DeleteLaunchTemplateVersionsInput, _ ...func(*ec2.Options)) (*ec2.DeleteLaunchTemplateVersionsOutput, error) {
	return answer(ctx, c.cloud, in, func() *ec2.DeleteLaunchTemplateVersionsOutput { return &ec2.DeleteLaunchTemplateVersionsOutput{} })
}

func (c cloudEC2) DeleteLaunchTemplate(ctx context.Context, in *ec2.DeleteLaunchTemplateInput, _ ...func(*ec2.Options)) (*ec2.DeleteLaunchTemplateOutput, error) {
	return answer(ctx, c.cloud, in, func() *ec2.DeleteLaunchTemplateOutput { return &ec2.DeleteLaunchTemplateOutput{} })
}

func (c cloudEC2) TerminateInstances(ctx context.Context, in *ec2.TerminateInstancesInput, _ ...func(*ec2.Options)) (*ec2.TerminateInstancesOutput, error) {
	return answer(ctx, c.cloud, in, func() *ec2.TerminateInstancesOutput { return &ec2.TerminateInstancesOutput{} })
}

func (c cloudEC2) CreateFleet(ctx context.Context, in *ec2.CreateFleetInput, _ ...func(*ec2.Options)) (*ec2.CreateFleetOutput, error) {
	return answer(ctx, c.cloud, in, func() *ec2.CreateFleetOutput { return c.fleet })
}

func (c cloudEC2) DescribeInstanceAttribute(ctx context.Context, in *ec2.DescribeInstanceAttributeInput, _ ...func(*ec2.Options)) (*ec2.DescribeInstanceAttributeOutput, error) {
	return answer(ctx, c.cloud, in, func() *ec2.DescribeInstanceAttributeOutput {
		if in.Attribute == types.InstanceAttributeNameUserData {
			return &ec2.DescribeInstanceAttributeOutput{UserData: &types.AttributeValue{Value: c.userData}}
		}
		out := &ec2.DescribeInstanceAttributeOutput{}
		if on, ok := c.protected[*in.InstanceId]; ok {
			out.DisableApiTermination = &types.AttributeBooleanValue{Value: &on}
		}
		return out
	})
}

func (c cloudEC2) DescribePlacementGroups(ctx context.Context, in *ec2.DescribePlacementGroupsInput, _ ...func(*ec2.Options)) (*ec2.DescribePlacementGroupsOutput, error) {
	return answer(ctx, c.cloud, in, func() *ec2.DescribePlacementGroupsOutput {
		return &ec2.DescribePlacementGroupsOutput{PlacementGroups: c.placements}
	})
}

func (c cloudEC2) DescribeVolumes(ctx context.Context, in *ec2.DescribeVolumesInput, _ ...func(*ec2.Options)) (*ec2.DescribeVolumesOutput, error) {
	return answer(ctx, c.cloud, in, func() *ec2.DescribeVolumesOutput { return &ec2.DescribeVolumesOutput{Volumes: c.volumes} })
}

func (c cloudEC2) RunInstances(ctx context.Context, in *ec2.RunInstancesInput, _ ...func(*ec2.Options)) (*ec2.RunInstancesOutput, error) {
	if _, err := answer(ctx, c.cloud, in, func() *ec2.RunInstancesOutput { return nil }); err != nil {
		return nil, err
	}
	return nil, c.dryRun
}
