package printed

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"autospotting/coordinator/act"
	"autospotting/coordinator/decide"
)

// Account prints all that the commands of docs/plan.md print of an account, by a file's name.
func Account(ctx context.Context, compute act.EC2, scaling act.AutoScaling) (map[string][]byte, error) {
	p := printer{ctx: ctx, ec2: compute, scaling: scaling, files: map[string][]byte{}, images: map[string]bool{}, templates: map[string]bool{}}
	for _, part := range []func() error{p.groups, p.instances, p.configurations, p.versions, p.pictures, p.places, p.market, p.ofGroups} {
		if err := part(); err != nil {
			return nil, err
		}
	}
	return p.files, nil
}

type printer struct {
	ctx               context.Context
	ec2               act.EC2
	scaling           act.AutoScaling
	list              []astypes.AutoScalingGroup
	images, templates map[string]bool
	files             map[string][]byte
}

func (p *printer) put(name string, output any, err error) error {
	if err != nil {
		return fmt.Errorf("print %s: %w", name, err)
	}
	p.files[name], err = JSON(output)
	return err
}

func (p *printer) groups() error {
	all := &autoscaling.DescribeAutoScalingGroupsOutput{AutoScalingGroups: []astypes.AutoScalingGroup{}}
	pages := autoscaling.NewDescribeAutoScalingGroupsPaginator(p.scaling, &autoscaling.DescribeAutoScalingGroupsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(p.ctx)
		if err != nil {
			return err
		}
		all.AutoScalingGroups = append(all.AutoScalingGroups, page.AutoScalingGroups...)
	}
	p.list = all.AutoScalingGroups
	return p.put("groups.json", all, nil)
}

func (p *printer) instances() error {
	all := &ec2.DescribeInstancesOutput{Reservations: []types.Reservation{}}
	pages := ec2.NewDescribeInstancesPaginator(p.ec2, &ec2.DescribeInstancesInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(p.ctx)
		if err != nil {
			return err
		}
		all.Reservations = append(all.Reservations, page.Reservations...)
	}
	return p.put("instances.json", all, nil)
}

func (p *printer) configurations() error {
	out, err := p.scaling.DescribeLaunchConfigurations(p.ctx, &autoscaling.DescribeLaunchConfigurationsInput{})
	if err != nil {
		return err
	}
	for _, c := range out.LaunchConfigurations {
		p.images[aws.ToString(c.ImageId)] = true
	}
	return p.put("configurations.json", out, nil)
}

// versions prints those of the groups' templates and of ours: each template has a document of its own, one after the other in one file.
func (p *printer) versions() error {
	var all []byte
	ask := func(in *ec2.DescribeLaunchTemplateVersionsInput) error {
		name := aws.ToString(in.LaunchTemplateId) + aws.ToString(in.LaunchTemplateName)
		if p.templates[name] {
			return nil
		}
		p.templates[name] = true
		out, err := p.ec2.DescribeLaunchTemplateVersions(p.ctx, in)
		if err != nil && strings.Contains(err.Error(), "NotFound") {
			return nil
		}
		if err != nil {
			return err
		}
		for _, v := range out.LaunchTemplateVersions {
			if v.LaunchTemplateData != nil {
				p.images[aws.ToString(v.LaunchTemplateData.ImageId)] = true
			}
		}
		text, err := JSON(out)
		all = append(append(all, text...), '\n')
		return err
	}
	for _, g := range p.list {
		lt := g.LaunchTemplate
		if m := g.MixedInstancesPolicy; m != nil && m.LaunchTemplate != nil {
			lt = m.LaunchTemplate.LaunchTemplateSpecification
		}
		if lt != nil {
			if err := ask(&ec2.DescribeLaunchTemplateVersionsInput{LaunchTemplateId: lt.LaunchTemplateId}); err != nil {
				return err
			}
		}
		if err := ask(&ec2.DescribeLaunchTemplateVersionsInput{LaunchTemplateName: aws.String(decide.TemplateName(*g.AutoScalingGroupName))}); err != nil {
			return err
		}
	}
	if len(all) > 0 {
		p.files["versions.json"] = all
	}
	return nil
}

// pictures are the images, each asked for by itself: one that is gone would fail the others.
func (p *printer) pictures() error {
	all := &ec2.DescribeImagesOutput{Images: []types.Image{}}
	for _, id := range slices.Sorted(maps.Keys(p.images)) {
		out, err := p.ec2.DescribeImages(p.ctx, &ec2.DescribeImagesInput{ImageIds: []string{id}})
		if err == nil {
			all.Images = append(all.Images, out.Images...)
		}
	}
	return p.put("images.json", all, nil)
}

func (p *printer) places() error {
	subnets, err := p.ec2.DescribeSubnets(p.ctx, &ec2.DescribeSubnetsInput{})
	if err = p.put("subnets.json", subnets, err); err != nil {
		return err
	}
	placements, err := p.ec2.DescribePlacementGroups(p.ctx, &ec2.DescribePlacementGroupsInput{})
	if err != nil { // the emulator does not have the operation: then there is no file
		return nil
	}
	return p.put("placements.json", placements, nil)
}

func (p *printer) market() error {
	sold := &ec2.DescribeInstanceTypesOutput{}
	for pages := ec2.NewDescribeInstanceTypesPaginator(p.ec2, &ec2.DescribeInstanceTypesInput{MaxResults: aws.Int32(100)}); pages.HasMorePages(); {
		page, err := pages.NextPage(p.ctx)
		if err != nil {
			return err
		}
		sold.InstanceTypes = append(sold.InstanceTypes, page.InstanceTypes...)
	}
	offers := &ec2.DescribeInstanceTypeOfferingsOutput{}
	for pages := ec2.NewDescribeInstanceTypeOfferingsPaginator(p.ec2, &ec2.DescribeInstanceTypeOfferingsInput{LocationType: types.LocationTypeAvailabilityZone, MaxResults: aws.Int32(1000)}); pages.HasMorePages(); {
		page, err := pages.NextPage(p.ctx)
		if err != nil {
			return err
		}
		offers.InstanceTypeOfferings = append(offers.InstanceTypeOfferings, page.InstanceTypeOfferings...)
	}
	prices := &ec2.DescribeSpotPriceHistoryOutput{}
	for pages := ec2.NewDescribeSpotPriceHistoryPaginator(p.ec2, &ec2.DescribeSpotPriceHistoryInput{MaxResults: aws.Int32(1000)}); pages.HasMorePages(); {
		page, err := pages.NextPage(p.ctx)
		if err != nil {
			return err
		}
		prices.SpotPriceHistory = append(prices.SpotPriceHistory, page.SpotPriceHistory...)
	}
	if err := p.put("types.json", sold, nil); err != nil {
		return err
	}
	if err := p.put("offerings.json", offers, nil); err != nil {
		return err
	}
	return p.put("prices.json", prices, nil)
}

// ofGroups are what has to be asked of each group, and of each instance: one file a kind, of one document each, one after the other.
func (p *printer) ofGroups() error {
	add := func(name string, output any, err error) error {
		if err != nil {
			return fmt.Errorf("print %s: %w", name, err)
		}
		text, err := JSON(output)
		p.files[name] = append(append(p.files[name], text...), '\n')
		return err
	}
	for _, g := range p.list {
		hooks, err := p.scaling.DescribeLifecycleHooks(p.ctx, &autoscaling.DescribeLifecycleHooksInput{AutoScalingGroupName: g.AutoScalingGroupName})
		if err = add("hooks.json", hooks, err); err != nil {
			return err
		}
		refreshes, err := p.scaling.DescribeInstanceRefreshes(p.ctx, &autoscaling.DescribeInstanceRefreshesInput{AutoScalingGroupName: g.AutoScalingGroupName})
		if err = add("refreshes.json", refreshes, err); err != nil {
			return err
		}
		activities, err := p.scaling.DescribeScalingActivities(p.ctx, &autoscaling.DescribeScalingActivitiesInput{AutoScalingGroupName: g.AutoScalingGroupName})
		if err = add("activities.json", activities, err); err != nil {
			return err
		}
		for _, m := range g.Instances {
			protected, err := p.ec2.DescribeInstanceAttribute(p.ctx, &ec2.DescribeInstanceAttributeInput{InstanceId: m.InstanceId, Attribute: types.InstanceAttributeNameDisableApiTermination})
			if err != nil { // ended in between
				continue
			}
			if err = add("protection.json", protected, nil); err != nil {
				return err
			}
		}
	}
	statuses, err := p.ec2.DescribeInstanceStatus(p.ctx, &ec2.DescribeInstanceStatusInput{IncludeAllInstances: aws.Bool(true)})
	if err = p.put("statuses.json", statuses, err); err != nil {
		return err
	}
	requests := &ec2.DescribeSpotInstanceRequestsOutput{}
	for pages := ec2.NewDescribeSpotInstanceRequestsPaginator(p.ec2, &ec2.DescribeSpotInstanceRequestsInput{}); pages.HasMorePages(); {
		page, err := pages.NextPage(p.ctx)
		if err != nil {
			return err
		}
		requests.SpotInstanceRequests = append(requests.SpotInstanceRequests, page.SpotInstanceRequests...)
	}
	return p.put("requests.json", requests, nil)
}
