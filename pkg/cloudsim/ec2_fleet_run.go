package cloudsim

import (
	"fmt"
	"sort"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// run launches what it can: options in the order of the allocation strategy, each until its pool refuses.
func (f *fleet) run() *ec2.CreateFleetOutput {
	want := int(*f.in.TargetCapacitySpecification.TotalTargetCapacity)
	out := &ec2.CreateFleetOutput{FleetId: aws.String(f.id)}
	if f.c.chance(f.c.cfg.Faults.Partial) {
		want = f.c.rng.IntN(want)
	}
	for _, opt := range f.unpoisoned(out) {
		if want == 0 {
			break
		}
		if code, text := f.refusal(opt); code != "" {
			f.refuse(out, opt, code, text)
			continue
		}
		var ids []string
		for want > 0 && f.room(opt) && f.c.withinQuota(opt.typ, f.spot) {
			ids = append(ids, f.launch(opt).id)
			want--
		}
		if want > 0 && !f.c.withinQuota(opt.typ, f.spot) {
			code, text := f.c.quotaRefusal(opt.typ, f.spot)
			f.refuse(out, opt, code, text)
		}
		out.Instances = append(out.Instances, ec2types.CreateFleetInstance{InstanceIds: ids, InstanceType: ec2types.InstanceType(opt.typ),
			AvailabilityZone: aws.String(opt.zone), SubnetId: aws.String(opt.subnet), Lifecycle: f.lifecycle(), LaunchTemplateAndOverrides: opt.answer()})
	}
	return out
}

// refuse writes an override's error into the answer.
func (f *fleet) refuse(out *ec2.CreateFleetOutput, opt fleetOption, code, text string) {
	out.Errors = append(out.Errors, ec2types.CreateFleetError{ErrorCode: aws.String(code), ErrorMessage: aws.String(text),
		Lifecycle: f.lifecycle(), LaunchTemplateAndOverrides: opt.answer()})
	f.c.emit(Event{Kind: LaunchFailed, Text: fmt.Sprintf("%s %s in %s: %s", f.lifecycle(), opt.typ, opt.zone, code)})
}

func (f *fleet) lifecycle() ec2types.InstanceLifecycle {
	if f.spot {
		return ec2types.InstanceLifecycleSpot
	}
	return ec2types.InstanceLifecycleOnDemand
}

// ordered sorts by the strategy: price-capacity-optimized takes the deepest pools and the cheapest among them,
// capacity-optimized the deepest, anything else (the default is lowest-price) the cheapest. On-demand is lowest-price
// unless prioritized.
func (f *fleet) ordered() []fleetOption {
	opts := append([]fleetOption(nil), f.options...)
	usd := func(o fleetOption) float64 {
		if o.pool != nil && f.spot {
			return o.pool.spotUSD
		}
		return f.c.onDemand(o.typ)
	}
	tier := func(o fleetOption) int {
		if !f.spot || f.in.SpotOptions == nil || o.pool == nil {
			return 0
		}
		free := o.pool.depth - o.pool.live
		switch f.in.SpotOptions.AllocationStrategy {
		case ec2types.SpotAllocationStrategyPriceCapacityOptimized:
			return min(free/12, 2)
		case ec2types.SpotAllocationStrategyCapacityOptimized, ec2types.SpotAllocationStrategyCapacityOptimizedPrioritized:
			return free
		}
		return 0
	}
	prioritized := !f.spot && f.in.OnDemandOptions != nil && f.in.OnDemandOptions.AllocationStrategy == ec2types.FleetOnDemandAllocationStrategyPrioritized
	sort.SliceStable(opts, func(i, j int) bool {
		a, b := opts[i], opts[j]
		if prioritized {
			return aws.ToFloat64(a.override.Priority) < aws.ToFloat64(b.override.Priority)
		}
		if tier(a) != tier(b) {
			return tier(a) > tier(b)
		}
		return usd(a) < usd(b)
	})
	return opts
}

// refusal is the error code of an option that can't launch at all (aws-facts 2.3).
func (f *fleet) refusal(o fleetOption) (code, text string) {
	c := f.c
	t, im := c.types[o.typ], c.image(o.image)
	switch {
	case t == nil:
		return "InvalidParameterValue", fmt.Sprintf("Invalid value '%s' for InstanceType.", o.typ)
	case im == nil:
		return "InvalidAMIID.NotFound", fmt.Sprintf("The image id '[%s]' does not exist", o.image)
	case o.pool == nil || (f.spot && t.NoSpot):
		return "Unsupported", fmt.Sprintf("Your requested instance type (%s) is not supported in your requested Availability Zone (%s).", o.typ, o.zone)
	}
	if v := c.judge(o.data, im, o.typ, o.subnet, f.spot); v.Refused() {
		return v.Code, v.Text
	}
	switch {
	case f.spot && o.maxPrice > 0 && o.maxPrice < o.pool.spotUSD:
		return "SpotMaxPriceTooLow", fmt.Sprintf("Your Spot request price of %g is lower than the minimum required Spot request fulfillment price of %g.", o.maxPrice, o.pool.spotUSD)
	case !f.spot && len(templateTags(o.version.data, ec2types.ResourceTypeSpotInstancesRequest)) > 0:
		return "InvalidParameterValue", "You cannot specify tags for Spot instances requests if there are no Spot instances requests being created by the request."
	case !c.withinQuota(o.typ, f.spot):
		return c.quotaRefusal(o.typ, f.spot)
	case !f.room(o) || (f.spot && c.chance(c.cfg.Faults.NoCapacity)):
		return "InsufficientInstanceCapacity", noCapacityText(o.typ, o.zone)
	}
	return "", ""
}

func noCapacityText(typ, zone string) string {
	return fmt.Sprintf("We currently do not have sufficient %s capacity in the Availability Zone you requested (%s). Our system will be working on provisioning additional capacity.", typ, zone)
}

func (f *fleet) room(o fleetOption) bool {
	if f.spot {
		return o.pool.live < o.pool.depth && !f.c.clock().Before(o.pool.noSpot)
	}
	return !f.c.clock().Before(o.pool.noOD)
}

func (f *fleet) launch(o fleetOption) *instance {
	tags := templateTags(o.version.data, ec2types.ResourceTypeInstance)
	for k, v := range specTags(f.in.TagSpecifications, ec2types.ResourceTypeInstance) {
		tags[k] = v
	}
	return f.c.launchFrom(o.template, o.version, launchSpec{typ: o.typ, zone: o.zone, subnet: o.subnet, image: o.image,
		data: o.data, spot: f.spot, fleet: f.id, maxPrice: o.maxPrice, tags: tags})
}

// launchFrom launches from a template version, with the reserved tags that say so.
func (c *Cloud) launchFrom(t *template, v *templateVersion, l launchSpec) *instance {
	if l.data == nil {
		l.data = v.data
	}
	if l.fleet != "" {
		l.tags["aws:ec2:fleet-id"] = l.fleet
	}
	l.tags["aws:ec2launchtemplate:id"] = t.id
	l.tags["aws:ec2launchtemplate:version"] = strconv.FormatInt(v.number, 10)
	return c.launch(l)
}

func templateTags(d *ec2types.RequestLaunchTemplateData, kind ec2types.ResourceType) map[string]string {
	m := map[string]string{}
	for _, s := range d.TagSpecifications {
		if s.ResourceType == kind {
			for _, t := range s.Tags {
				m[aws.ToString(t.Key)] = aws.ToString(t.Value)
			}
		}
	}
	return m
}

// answer is the override as it is echoed, with the version resolved as it was asked for.
func (o fleetOption) answer() *ec2types.LaunchTemplateAndOverridesResponse {
	return &ec2types.LaunchTemplateAndOverridesResponse{
		LaunchTemplateSpecification: &ec2types.FleetLaunchTemplateSpecification{LaunchTemplateId: aws.String(o.template.id),
			Version: aws.String(strconv.FormatInt(o.version.number, 10))},
		Overrides: &ec2types.FleetLaunchTemplateOverrides{InstanceType: ec2types.InstanceType(o.typ), SubnetId: o.override.SubnetId,
			AvailabilityZone: aws.String(o.zone), MaxPrice: o.override.MaxPrice, ImageId: o.override.ImageId, Priority: o.override.Priority},
	}
}
