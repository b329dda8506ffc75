package cloudsim

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// tokenResult is what a client token has led to: the same request gets the same answer again.
type tokenResult struct {
	request string
	out     *ec2.CreateFleetOutput
}

// CreateFleet simulates Type instant only: one synchronous attempt that answers without an error even when nothing
// was launched (aws-facts 2.1). Any other type is refused, since a maintain fleet, the default, is never wanted here.
func (e *EC2) CreateFleet(ctx context.Context, in *ec2.CreateFleetInput, _ ...func(*ec2.Options)) (*ec2.CreateFleetOutput, error) {
	return call(ctx, e.s, request{svcEC2, "CreateFleet", true}, in, e.s.cloud.createFleet)
}

func (c *Cloud) createFleet(in *ec2.CreateFleetInput) (*ec2.CreateFleetOutput, error) {
	raw, err := json.Marshal(in)
	if err != nil {
		return nil, apiError("InvalidParameterValue", "unreadable request: %v", err)
	}
	token := aws.ToString(in.ClientToken)
	if len(token) > 64 {
		return nil, apiError("InvalidParameterValue", "Client token is longer than 64 characters")
	}
	if old := c.tokens[token]; old != nil && token != "" {
		if old.request != string(raw) {
			return nil, apiError("IdempotentParameterMismatch", "Arguments on this idempotent request are inconsistent with arguments used in previous request(s).")
		}
		return old.out, nil
	}
	if err := c.checkFleet(in); err != nil {
		return nil, err
	}
	if aws.ToBool(in.DryRun) {
		return nil, apiError("DryRunOperation", "Request would have succeeded, but DryRun flag is set.")
	}
	f, err := c.newFleet(in)
	if err != nil {
		return nil, err
	}
	if !c.takeInstances(int(aws.ToInt32(in.TargetCapacitySpecification.TotalTargetCapacity))) {
		return nil, throttled(svcEC2)
	}
	out, err := c.poisonedFleet(f)
	switch {
	case err != nil:
		return nil, err
	case out == nil:
		out = f.run()
	}
	if token != "" {
		c.tokens[token] = &tokenResult{string(raw), out}
	}
	return out, nil
}

func (c *Cloud) checkFleet(in *ec2.CreateFleetInput) error {
	switch {
	case in.Type != ec2types.FleetTypeInstant:
		return apiError("InvalidParameterValue", "cloudsim simulates fleets of type instant only, not %q: AWS's default is a standing fleet that keeps relaunching", in.Type)
	case len(in.LaunchTemplateConfigs) == 0:
		return apiError("MissingParameter", "The request must contain the parameter LaunchTemplateConfigs")
	case in.TargetCapacitySpecification == nil || aws.ToInt32(in.TargetCapacitySpecification.TotalTargetCapacity) <= 0:
		return apiError("InvalidParameterValue", "TotalTargetCapacity must be greater than 0")
	}
	for _, s := range in.TagSpecifications {
		switch s.ResourceType {
		case ec2types.ResourceTypeFleet, ec2types.ResourceTypeInstance, ec2types.ResourceTypeVolume, ec2types.ResourceTypeNetworkInterface:
		default:
			return apiError("InvalidParameterValue", "'%s' is not a valid taggable resource type for this operation.", s.ResourceType)
		}
		if err := checkTagKeys(s.Tags); err != nil {
			return err
		}
	}
	return nil
}

func checkTagKeys(tags []ec2types.Tag) error {
	for _, t := range tags {
		if strings.HasPrefix(strings.ToLower(aws.ToString(t.Key)), "aws:") {
			return apiError("InvalidParameterValue", "Tag keys starting with 'aws:' are reserved for internal use")
		}
	}
	return nil
}

// fleet is one request on its way.
type fleet struct {
	c       *Cloud
	id      string
	in      *ec2.CreateFleetInput
	spot    bool
	options []fleetOption
}

// fleetOption is one override with what it means.
type fleetOption struct {
	template *template
	version  *templateVersion
	data     *ec2types.RequestLaunchTemplateData // the version's, with what the override puts in its place
	override ec2types.FleetLaunchTemplateOverridesRequest
	typ      string
	zone     string
	subnet   string
	image    string
	maxPrice float64
	pool     *pool
}

func (c *Cloud) newFleet(in *ec2.CreateFleetInput) (*fleet, error) {
	f := &fleet{c: c, in: in, spot: in.TargetCapacitySpecification.DefaultTargetCapacityType == ec2types.DefaultTargetCapacityTypeSpot}
	subnets := map[string]string{}
	for _, cfg := range in.LaunchTemplateConfigs {
		spec := cfg.LaunchTemplateSpecification
		if spec == nil || aws.ToString(spec.Version) == "" {
			return nil, apiError("MissingParameter", "The launch template specification must contain a version")
		}
		t, err := c.template(spec.LaunchTemplateId, spec.LaunchTemplateName)
		if err != nil {
			return nil, err
		}
		v, err := t.version(*spec.Version)
		if err != nil {
			return nil, err
		}
		if v.data.InstanceMarketOptions != nil {
			return nil, apiError("InvalidLaunchTemplate", "The launch template must not specify InstanceMarketOptions for a fleet")
		}
		overrides := cfg.Overrides
		if len(overrides) == 0 {
			overrides = []ec2types.FleetLaunchTemplateOverridesRequest{{}}
		}
		for _, o := range overrides {
			opt, err := c.option(t, v, o)
			if err != nil {
				return nil, err
			}
			if other := subnets[opt.zone]; other != "" && other != opt.subnet {
				return nil, apiError("InvalidFleetConfiguration", "The fleet configuration contains subnets %s and %s in the same Availability Zone", other, opt.subnet)
			}
			subnets[opt.zone] = opt.subnet
			f.options = append(f.options, opt)
		}
	}
	f.id = "fleet-" + c.uuid()
	return f, nil
}

// overridden is a version's data with the fields that a fleet's override replaces beside type, image and place.
func overridden(d *ec2types.RequestLaunchTemplateData, o ec2types.FleetLaunchTemplateOverridesRequest) *ec2types.RequestLaunchTemplateData {
	out := *d
	if len(o.BlockDeviceMappings) > 0 {
		out.BlockDeviceMappings = convert[[]ec2types.LaunchTemplateBlockDeviceMappingRequest](o.BlockDeviceMappings)
	}
	if o.Placement != nil {
		out.Placement = convert[*ec2types.LaunchTemplatePlacementRequest](o.Placement)
	}
	if o.MetadataOptions != nil {
		out.MetadataOptions = convert[*ec2types.LaunchTemplateInstanceMetadataOptionsRequest](o.MetadataOptions)
	}
	return &out
}

func (c *Cloud) option(t *template, v *templateVersion, o ec2types.FleetLaunchTemplateOverridesRequest) (fleetOption, error) {
	opt := fleetOption{template: t, version: v, override: o, data: overridden(v.data, o), typ: string(o.InstanceType), image: aws.ToString(v.data.ImageId)}
	if opt.typ == "" {
		opt.typ = string(v.data.InstanceType)
	}
	if id := aws.ToString(o.ImageId); id != "" {
		opt.image = id
	}
	switch id := aws.ToString(o.SubnetId); {
	case strings.Contains(id, ","):
		return opt, apiError("InvalidParameterValue", "An instant fleet takes exactly one subnet per override, not %q", id)
	case id != "":
		s := c.subnetByID(id)
		if s == nil {
			return opt, apiError("InvalidSubnetID.NotFound", "The subnet ID '%s' does not exist", id)
		}
		opt.subnet, opt.zone = s.id, s.zone
	default:
		opt.zone = aws.ToString(o.AvailabilityZone)
		if opt.zone == "" {
			opt.zone = c.cfg.Zones[0]
		}
		if s := c.subnetIn(opt.zone); s != nil {
			opt.subnet = s.id
		}
	}
	if p := aws.ToString(o.MaxPrice); p != "" {
		usd, err := strconv.ParseFloat(p, 64)
		if err != nil || usd < 0.001 {
			return opt, apiError("InvalidParameterValue", "MaxPrice '%s' is not a price of at least 0.001", p)
		}
		opt.maxPrice = usd
	}
	opt.pool = c.pools[poolKey{opt.typ, opt.zone}]
	return opt, nil
}
