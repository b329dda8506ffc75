package act

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"autospotting/coordinator/market"
)

// readTypes reads what is sold, and what is offered in the zones.
func (a *Actor) readTypes(ctx context.Context, zones []string) (goods, error) {
	list := map[string]market.Type{}
	pages := ec2.NewDescribeInstanceTypesPaginator(a.EC2, &ec2.DescribeInstanceTypesInput{MaxResults: aws.Int32(100)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return goods{}, fmt.Errorf("describe instance types: %w", err)
		}
		for _, t := range page.InstanceTypes {
			list[string(t.InstanceType)] = ToType(t)
		}
	}
	offered := map[market.Pool]bool{}
	offers := ec2.NewDescribeInstanceTypeOfferingsPaginator(a.EC2, &ec2.DescribeInstanceTypeOfferingsInput{
		LocationType: ec2types.LocationTypeAvailabilityZone,
		Filters:      []ec2types.Filter{{Name: aws.String("location"), Values: zones}}, MaxResults: aws.Int32(1000)})
	for offers.HasMorePages() {
		page, err := offers.NextPage(ctx)
		if err != nil {
			return goods{}, fmt.Errorf("describe instance type offerings: %w", err)
		}
		Offer(page.InstanceTypeOfferings, offered)
	}
	return goods{list, offered, a.Now()}, nil
}

// readSpot asks for the price of this moment: with equal start and end the service returns the last change before.
func (a *Actor) readSpot(ctx context.Context, zones []string, product string) (map[market.Pool]float64, error) {
	now := a.Now()
	spot := map[market.Pool]float64{}
	newest := map[market.Pool]time.Time{}
	pages := ec2.NewDescribeSpotPriceHistoryPaginator(a.EC2, &ec2.DescribeSpotPriceHistoryInput{
		StartTime: &now, EndTime: &now, ProductDescriptions: []string{product},
		Filters: []ec2types.Filter{{Name: aws.String("availability-zone"), Values: zones}}, MaxResults: aws.Int32(1000)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("read spot prices: %w", err)
		}
		Newest(page.SpotPriceHistory, spot, newest)
	}
	return spot, nil
}

// Newest puts the latest price of each pool into spot, and its time into newest. What is no price is passed over.
func Newest(history []ec2types.SpotPrice, spot map[market.Pool]float64, newest map[market.Pool]time.Time) {
	for _, p := range history {
		pool := market.Pool{Type: string(p.InstanceType), Zone: aws.ToString(p.AvailabilityZone)}
		price, err := strconv.ParseFloat(aws.ToString(p.SpotPrice), 64)
		if at := aws.ToTime(p.Timestamp); err == nil && !at.Before(newest[pool]) {
			spot[pool], newest[pool] = price, at
		}
	}
}

// Offer enters where types are offered, by zone.
func Offer(list []ec2types.InstanceTypeOffering, offered map[market.Pool]bool) {
	for _, o := range list {
		offered[market.Pool{Type: string(o.InstanceType), Zone: aws.ToString(o.Location)}] = true
	}
}

// subnetsFor is how long it is believed how many addresses are left where.
const subnetsFor = 5 * time.Minute

type zoneSubnets struct {
	byZone map[string]string
	zones  map[string]string // by subnet
	at     time.Time
}

// subnets maps each of the group's zones to that of its subnets there which has the most addresses left: a fleet cannot span two of
// one zone. A group that names only zones launches into their default subnets, of which a zone has one (Auto Scaling API, CreateAutoScalingGroup,
// AvailabilityZones).
func (a *Actor) subnets(ctx context.Context, g types.AutoScalingGroup) (zoneSubnets, error) {
	in := &ec2.DescribeSubnetsInput{Filters: []ec2types.Filter{{Name: aws.String("subnet-id"), Values: splitIDs(aws.ToString(g.VPCZoneIdentifier))}}} // by a filter: asked for by id, one that is gone would be an error for all
	if namesNoSubnets(g) {
		if len(g.AvailabilityZones) == 0 {
			return zoneSubnets{}, nil
		}
		in.Filters = []ec2types.Filter{{Name: aws.String("default-for-az"), Values: []string{"true"}}, {Name: aws.String("availability-zone"), Values: g.AvailabilityZones}}
	}
	key := subnetsKey(g)
	if last, _ := a.cache.subnets.get(key); a.young(last.at, subnetsFor) {
		return last, nil
	}
	out, err := a.EC2.DescribeSubnets(ctx, in)
	if err != nil {
		return zoneSubnets{}, fmt.Errorf("describe the subnets of group %q: %w", aws.ToString(g.AutoScalingGroupName), err)
	}
	slices.SortFunc(out.Subnets, func(x, y ec2types.Subnet) int {
		return cmp.Or(cmp.Compare(aws.ToInt32(y.AvailableIpAddressCount), aws.ToInt32(x.AvailableIpAddressCount)), cmp.Compare(aws.ToString(x.SubnetId), aws.ToString(y.SubnetId)))
	})
	read := zoneSubnets{map[string]string{}, map[string]string{}, a.Now()}
	for _, s := range out.Subnets {
		id, zone := aws.ToString(s.SubnetId), aws.ToString(s.AvailabilityZone)
		read.zones[id] = zone
		if read.byZone[zone] == "" {
			read.byZone[zone] = id
		}
	}
	a.cache.subnets.put(key, read)
	return read, nil
}

func namesNoSubnets(g types.AutoScalingGroup) bool {
	return len(splitIDs(aws.ToString(g.VPCZoneIdentifier))) == 0
}

// nowhere says why it is not known in which subnets replacements of a group that names none could be; empty where it is. The group itself launches in
// all of its zones, so that one without a default subnet is its owner's mistake.
func nowhere(g types.AutoScalingGroup, byZone map[string]string) string {
	if !namesNoSubnets(g) {
		return ""
	}
	if len(g.AvailabilityZones) == 0 {
		return "the group names neither subnets nor zones: a replacement could not be placed"
	}
	for _, zone := range g.AvailabilityZones {
		if byZone[zone] == "" {
			return fmt.Sprintf("the group names no subnets, and the zone %s has no default subnet: a replacement could not be placed there", zone)
		}
	}
	return ""
}
