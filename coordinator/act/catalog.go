package act

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/market"
)

// How long what changes slowly is kept: spot prices glide, types and offerings change by the month.
const (
	pricesFor = 5 * time.Minute
	typesFor  = 6 * time.Hour
)

type templateVersion struct{ id, version string }

// cache holds what one process may remember between messages. All of it can be read again.
type cache struct {
	templates table[templateVersion]
	rehearsed table[rehearsal]
	images    table[market.Need]
	subnets   table[map[string]string]
	protected table[protection]

	mu       sync.Mutex
	types    map[string]market.Type
	offered  map[market.Pool]bool
	typesAt  time.Time
	spot     map[market.Pool]float64
	spotAt   time.Time
	snapshot market.Catalog
	zones    string
}

type table[V any] struct{ m sync.Map }

func (t *table[V]) get(k string) (v V, ok bool) {
	x, ok := t.m.Load(k)
	if ok {
		v = x.(V)
	}
	return v, ok
}

func (t *table[V]) clear() { t.m.Clear() }

func (t *table[V]) put(k string, v V) { t.m.Store(k, v) }

func decideZones(g decide.Group) []string { return slices.Sorted(maps.Keys(g.Subnets)) }

// catalog reads types, offerings and spot prices live; on-demand prices are the built-in snapshot's.
func (a *Actor) catalog(ctx context.Context, zones []string) (market.Catalog, error) {
	c := &a.cache
	c.mu.Lock()
	defer c.mu.Unlock()
	now := a.Now()
	key := fmt.Sprint(zones)
	if c.zones != key { // groups of one region nearly always share their zones
		c.zones, c.typesAt, c.spotAt = key, time.Time{}, time.Time{}
		snap, err := market.FromSnapshot(a.Region, zones)
		if err != nil {
			return market.Catalog{}, err
		}
		c.snapshot = snap
	}
	if now.Sub(c.typesAt) > typesFor {
		if err := a.readTypes(ctx, zones); err != nil {
			return market.Catalog{}, err
		}
		c.typesAt = now
	}
	if now.Sub(c.spotAt) > pricesFor {
		spot, err := a.readSpot(ctx, zones)
		if err != nil {
			return market.Catalog{}, err
		}
		c.spot, c.spotAt = spot, now
	}
	return market.Catalog{
		Types: c.types, Offered: c.offered, SpotUSD: c.spot, OnDemandUSD: c.snapshot.OnDemandUSD,
		Source: "types and spot prices live, on-demand prices " + c.snapshot.Source, AsOf: c.spotAt,
	}, nil
}

func (a *Actor) readTypes(ctx context.Context, zones []string) error {
	list := map[string]market.Type{}
	pages := ec2.NewDescribeInstanceTypesPaginator(a.EC2, &ec2.DescribeInstanceTypesInput{MaxResults: aws.Int32(100)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("describe instance types: %w", err)
		}
		for _, t := range page.InstanceTypes {
			list[string(t.InstanceType)] = toType(t)
		}
	}
	offered := map[market.Pool]bool{}
	offers := ec2.NewDescribeInstanceTypeOfferingsPaginator(a.EC2, &ec2.DescribeInstanceTypeOfferingsInput{
		LocationType: ec2types.LocationTypeAvailabilityZone,
		Filters:      []ec2types.Filter{{Name: aws.String("location"), Values: zones}}, MaxResults: aws.Int32(1000)})
	for offers.HasMorePages() {
		page, err := offers.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("describe instance type offerings: %w", err)
		}
		for _, o := range page.InstanceTypeOfferings {
			offered[market.Pool{Type: string(o.InstanceType), Zone: aws.ToString(o.Location)}] = true
		}
	}
	a.cache.types, a.cache.offered = list, offered
	return nil
}

// readSpot asks for the price of this moment: with equal start and end the service returns the last change before.
func (a *Actor) readSpot(ctx context.Context, zones []string) (map[market.Pool]float64, error) {
	now := a.Now()
	spot := map[market.Pool]float64{}
	newest := map[market.Pool]time.Time{}
	pages := ec2.NewDescribeSpotPriceHistoryPaginator(a.EC2, &ec2.DescribeSpotPriceHistoryInput{
		StartTime: &now, EndTime: &now, ProductDescriptions: []string{"Linux/UNIX"},
		Filters: []ec2types.Filter{{Name: aws.String("availability-zone"), Values: zones}}, MaxResults: aws.Int32(1000)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("read spot prices: %w", err)
		}
		for _, p := range page.SpotPriceHistory {
			pool := market.Pool{Type: string(p.InstanceType), Zone: aws.ToString(p.AvailabilityZone)}
			price, err := strconv.ParseFloat(aws.ToString(p.SpotPrice), 64)
			if at := aws.ToTime(p.Timestamp); err == nil && !at.Before(newest[pool]) {
				spot[pool], newest[pool] = price, at
			}
		}
	}
	return spot, nil
}

func toType(t ec2types.InstanceTypeInfo) market.Type {
	out := market.Type{
		Name: string(t.InstanceType), Burstable: aws.ToBool(t.BurstablePerformanceSupported),
		BareMetal: aws.ToBool(t.BareMetal), CurrentGeneration: aws.ToBool(t.CurrentGeneration),
		NVMe: t.Hypervisor == ec2types.InstanceTypeHypervisorNitro || aws.ToBool(t.BareMetal),
		Spot: slices.Contains(t.SupportedUsageClasses, ec2types.UsageClassTypeSpot),
	}
	for _, v := range t.SupportedVirtualizationTypes {
		out.Virtualization = append(out.Virtualization, string(v))
	}
	for _, b := range t.SupportedBootModes {
		out.BootModes = append(out.BootModes, string(b))
	}
	if t.VCpuInfo != nil {
		out.VCPU = int(aws.ToInt32(t.VCpuInfo.DefaultVCpus))
	}
	if t.MemoryInfo != nil {
		out.MemoryMiB = int(aws.ToInt64(t.MemoryInfo.SizeInMiB))
	}
	if t.ProcessorInfo != nil {
		for _, arch := range t.ProcessorInfo.SupportedArchitectures {
			out.Arch = append(out.Arch, string(arch))
		}
	}
	toDevices(t, &out)
	return out
}

func toDevices(t ec2types.InstanceTypeInfo, out *market.Type) {
	if t.GpuInfo != nil {
		for _, g := range t.GpuInfo.Gpus {
			out.GPUs += int(aws.ToInt32(g.Count))
			out.GPUModel = aws.ToString(g.Name)
		}
	}
	if t.InferenceAcceleratorInfo != nil {
		for _, x := range t.InferenceAcceleratorInfo.Accelerators {
			out.Accelerators += int(aws.ToInt32(x.Count))
			out.AcceleratorModel = aws.ToString(x.Name)
		}
	}
	if t.FpgaInfo != nil {
		for _, x := range t.FpgaInfo.Fpgas {
			out.Accelerators += int(aws.ToInt32(x.Count))
			out.AcceleratorModel = aws.ToString(x.Name)
		}
	}
	if s := t.InstanceStorageInfo; s != nil {
		out.StorageGB = int(aws.ToInt64(s.TotalSizeInGB))
		for _, d := range s.Disks {
			out.StorageDisks += int(aws.ToInt32(d.Count))
			out.StorageKind = string(d.Type)
		}
		if s.NvmeSupport == ec2types.EphemeralNvmeSupportRequired {
			out.StorageKind = "nvme"
		}
	}
	if e := t.EbsInfo; e != nil {
		out.EBSOptimized = e.EbsOptimizedSupport != ec2types.EbsOptimizedSupportUnsupported
		if e.EbsOptimizedInfo != nil {
			out.EBSBaselineMbps = int(aws.ToInt32(e.EbsOptimizedInfo.BaselineBandwidthInMbps))
		}
	}
	if n := t.NetworkInfo; n != nil {
		out.ENA = string(n.EnaSupport)
		out.NetworkInterfaces = int(aws.ToInt32(n.MaximumNetworkInterfaces))
	}
}

// subnets maps each of the group's zones to the first of its subnets there: a fleet cannot span two of one zone. A group that
// names none (EC2-Classic is gone) has no zones.
func (a *Actor) subnets(ctx context.Context, g types.AutoScalingGroup) (map[string]string, error) {
	ids := splitIDs(aws.ToString(g.VPCZoneIdentifier))
	if len(ids) == 0 {
		return nil, nil
	}
	key := fmt.Sprint(ids)
	if byZone, ok := a.cache.subnets.get(key); ok {
		return byZone, nil
	}
	out, err := a.EC2.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{SubnetIds: ids})
	if err != nil {
		return nil, fmt.Errorf("describe the subnets of group %q: %w", aws.ToString(g.AutoScalingGroupName), err)
	}
	byZone := map[string]string{}
	for _, s := range out.Subnets {
		zone, id := aws.ToString(s.AvailabilityZone), aws.ToString(s.SubnetId)
		if have, ok := byZone[zone]; !ok || id < have {
			byZone[zone] = id
		}
	}
	a.cache.subnets.put(key, byZone)
	return byZone, nil
}
