package cloudsim

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// DescribeInstanceTypes answers the explicit types (at most 100) or all of them, in pages of 5 to 100; filters are
// not simulated.
func (e *EC2) DescribeInstanceTypes(ctx context.Context, in *ec2.DescribeInstanceTypesInput, _ ...func(*ec2.Options)) (*ec2.DescribeInstanceTypesOutput, error) {
	return call(ctx, e.s, request{svcEC2, "DescribeInstanceTypes", false}, in, func(in *ec2.DescribeInstanceTypesInput) (*ec2.DescribeInstanceTypesOutput, error) {
		c := e.s.cloud
		if len(in.InstanceTypes) > 100 {
			return nil, apiError("InvalidParameterValue", "The request may name at most 100 instance types, not %d", len(in.InstanceTypes))
		}
		var hits []ec2types.InstanceTypeInfo
		for _, t := range in.InstanceTypes {
			if c.types[string(t)] == nil {
				return nil, apiError("InvalidInstanceType", "The following supplied instance types do not exist: [%s]", t)
			}
		}
		for _, name := range c.typeNames {
			if len(in.InstanceTypes) == 0 || slices.Contains(in.InstanceTypes, ec2types.InstanceType(name)) {
				hits = append(hits, c.types[name].describe())
			}
		}
		page, next, err := paginate(hits, in.MaxResults, 100, in.NextToken)
		return &ec2.DescribeInstanceTypesOutput{InstanceTypes: page, NextToken: next}, err
	})
}

// DescribeInstanceTypeOfferings serves the location types region and availability-zone, with the filters location and
// instance-type.
func (e *EC2) DescribeInstanceTypeOfferings(ctx context.Context, in *ec2.DescribeInstanceTypeOfferingsInput, _ ...func(*ec2.Options)) (*ec2.DescribeInstanceTypeOfferingsOutput, error) {
	return call(ctx, e.s, request{svcEC2, "DescribeInstanceTypeOfferings", false}, in, func(in *ec2.DescribeInstanceTypeOfferingsInput) (*ec2.DescribeInstanceTypeOfferingsOutput, error) {
		c := e.s.cloud
		var hits []ec2types.InstanceTypeOffering
		add := func(typ, place string) {
			for _, f := range in.Filters {
				have := map[string]string{"location": place, "instance-type": typ}[aws.ToString(f.Name)]
				if !matchAny(f.Values, have) {
					return
				}
			}
			hits = append(hits, ec2types.InstanceTypeOffering{InstanceType: ec2types.InstanceType(typ), Location: aws.String(place), LocationType: in.LocationType})
		}
		switch in.LocationType {
		case ec2types.LocationTypeAvailabilityZone:
			for _, p := range c.poolList() {
				add(p.typ, p.zone)
			}
		case "", ec2types.LocationTypeRegion:
			for _, name := range c.typeNames {
				add(name, c.cfg.Region)
			}
		default:
			return nil, apiError("InvalidParameterValue", "cloudsim knows the location types region and availability-zone, not %q", in.LocationType)
		}
		page, next, err := paginate(hits, in.MaxResults, 1000, in.NextToken)
		return &ec2.DescribeInstanceTypeOfferingsOutput{InstanceTypeOfferings: page, NextToken: next}, err
	})
}

// DescribeSpotPriceHistory answers the present price of each pool and, when StartTime reaches back beyond its last
// change, the one before; product Linux/UNIX (with and without " (Amazon VPC)") only (aws-facts 2.5).
func (e *EC2) DescribeSpotPriceHistory(ctx context.Context, in *ec2.DescribeSpotPriceHistoryInput, _ ...func(*ec2.Options)) (*ec2.DescribeSpotPriceHistoryOutput, error) {
	return call(ctx, e.s, request{svcEC2, "DescribeSpotPriceHistory", false}, in, func(in *ec2.DescribeSpotPriceHistoryInput) (*ec2.DescribeSpotPriceHistoryOutput, error) {
		c := e.s.cloud
		var hits []ec2types.SpotPrice
		for _, p := range c.poolList() {
			if c.types[p.typ].NoSpot || !wantsPrice(in, p) {
				continue
			}
			hits = append(hits, p.price(p.spotUSD, p.since))
			if p.previous > 0 && in.StartTime != nil && in.StartTime.Before(p.since) {
				hits = append(hits, p.price(p.previous, p.since.Add(-6*time.Hour)))
			}
		}
		page, next, err := paginate(hits, in.MaxResults, 1000, in.NextToken)
		return &ec2.DescribeSpotPriceHistoryOutput{SpotPriceHistory: page, NextToken: next}, err
	})
}

func (p *pool) price(usd float64, at time.Time) ec2types.SpotPrice {
	return ec2types.SpotPrice{InstanceType: ec2types.InstanceType(p.typ), AvailabilityZone: aws.String(p.zone),
		ProductDescription: ec2types.RIProductDescriptionLinuxUnix, SpotPrice: aws.String(price(usd)), Timestamp: aws.Time(at)}
}

func wantsPrice(in *ec2.DescribeSpotPriceHistoryInput, p *pool) bool {
	if len(in.InstanceTypes) > 0 && !slices.Contains(in.InstanceTypes, ec2types.InstanceType(p.typ)) {
		return false
	}
	if z := aws.ToString(in.AvailabilityZone); z != "" && z != p.zone {
		return false
	}
	linux := func(s string) bool { return s == "Linux/UNIX" || s == "Linux/UNIX (Amazon VPC)" }
	if len(in.ProductDescriptions) > 0 && !slices.ContainsFunc(in.ProductDescriptions, linux) {
		return false
	}
	have := map[string]string{"availability-zone": p.zone, "instance-type": p.typ, "product-description": "Linux/UNIX"}
	for _, f := range in.Filters {
		if !matchAny(f.Values, have[aws.ToString(f.Name)]) {
			return false
		}
	}
	return true
}

// DescribeImages serves ids; an unknown one is InvalidAMIID.NotFound.
func (e *EC2) DescribeImages(ctx context.Context, in *ec2.DescribeImagesInput, _ ...func(*ec2.Options)) (*ec2.DescribeImagesOutput, error) {
	return call(ctx, e.s, request{svcEC2, "DescribeImages", false}, in, func(in *ec2.DescribeImagesInput) (*ec2.DescribeImagesOutput, error) {
		c := e.s.cloud
		out := &ec2.DescribeImagesOutput{}
		for _, id := range in.ImageIds {
			if c.image(id) == nil {
				return nil, apiError("InvalidAMIID.NotFound", "The image id '[%s]' does not exist", id)
			}
		}
		for _, im := range c.images {
			if !im.gone && (len(in.ImageIds) == 0 || slices.Contains(in.ImageIds, im.id)) {
				out.Images = append(out.Images, im.describe(c.cfg.Account))
			}
		}
		return out, nil
	})
}

// DescribeSubnets serves ids and the filters subnet-id, availability-zone, default-for-az and vpc-id.
func (e *EC2) DescribeSubnets(ctx context.Context, in *ec2.DescribeSubnetsInput, _ ...func(*ec2.Options)) (*ec2.DescribeSubnetsOutput, error) {
	return call(ctx, e.s, request{svcEC2, "DescribeSubnets", false}, in, func(in *ec2.DescribeSubnetsInput) (*ec2.DescribeSubnetsOutput, error) {
		c := e.s.cloud
		out := &ec2.DescribeSubnetsOutput{}
		for _, id := range in.SubnetIds {
			if c.subnetByID(id) == nil {
				return nil, apiError("InvalidSubnetID.NotFound", "The subnet ID '%s' does not exist", id)
			}
		}
		for _, s := range c.subnets {
			keep := len(in.SubnetIds) == 0 || slices.Contains(in.SubnetIds, s.id)
			for _, f := range in.Filters {
				have := map[string]string{"subnet-id": s.id, "availability-zone": s.zone, "vpc-id": vpcID, "default-for-az": fmt.Sprint(s.standard)}[aws.ToString(f.Name)]
				keep = keep && matchAny(f.Values, have)
			}
			if keep {
				out.Subnets = append(out.Subnets, ec2types.Subnet{SubnetId: aws.String(s.id), AvailabilityZone: aws.String(s.zone),
					VpcId: aws.String(vpcID), DefaultForAz: aws.Bool(s.standard), State: ec2types.SubnetStateAvailable, AvailableIpAddressCount: aws.Int32(250)})
			}
		}
		return out, nil
	})
}
