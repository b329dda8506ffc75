package act

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"autospotting/coordinator/market"
)

// treatment is what becomes of a template's field on the types that are offered in the owner's place.
type treatment string

const (
	// bound: a type that cannot do it is not offered.
	bound treatment = "bound"
	// varied: the types that take it get it, the others do without.
	varied treatment = "varied"
	// dropped: not asked for, which the plan says.
	dropped treatment = "dropped"
	// copied: as it is, on every type.
	copied treatment = "copied"
	// refused: a group that asks for it is not served.
	refused treatment = "refused"
)

// data is what a launch template says.
type data = types.RequestLaunchTemplateData

// field is a row of the table: one field of the SDK's template type, by its path.
type field struct {
	name string
	is   treatment
	why  string
	// asks, of a bound one, says what is asked of a type; several fields may be one matter.
	asks func(*data) market.Asks
	// drop, of a dropped one, takes it out and tells whether it was there.
	drop func(*data) bool
	// refuse, of a refused one, tells why the group cannot be served; empty where the value is harmless.
	refuse func(d *data, placementGroup string) string
}

// Adapt takes out of a template's data what no replacement is launched with, and names it; or it tells why the group cannot be served. The group's
// own placement group is no reason.
func Adapt(d *types.RequestLaunchTemplateData, placementGroup string) (left []string, refused string) {
	if refused = unservable(d, placementGroup); refused != "" {
		return nil, refused
	}
	return dropFrom(d), ""
}

// For is the data as it is launched on a type: what burstable types alone take, others do without (InstanceCreditSpecification.NotSupported).
func For(d *types.RequestLaunchTemplateData, burstable bool) *types.RequestLaunchTemplateData {
	if burstable || d.CreditSpecification == nil {
		return d
	}
	plain := *d
	plain.CreditSpecification = nil
	return &plain
}

// asksOf is what a template asks of a type.
func asksOf(d *data) market.Asks {
	var all market.Asks
	for _, f := range fields {
		if f.asks != nil {
			all = all.And(f.asks(d))
		}
	}
	return all
}

// dropFrom takes out what none of ours is launched with, and names it.
func dropFrom(d *data) (names []string) {
	for _, f := range fields {
		if f.drop != nil && f.drop(d) {
			names = append(names, f.name+" ("+f.why+")")
		}
	}
	return names
}

// unservable tells why what a template asks for cannot be had as spot of another type, empty if it can. The group's own placement group is no
// reason: decide judges it by its strategy.
func unservable(d *data, placementGroup string) string {
	for _, f := range fields {
		if f.refuse == nil {
			continue
		}
		if why := f.refuse(d, placementGroup); why != "" {
			return why
		}
	}
	return ""
}

// stepFor is what the owner of such a template can do about it.
func stepFor(d *data, placementGroup string) string {
	for _, f := range fields {
		if f.refuse != nil && f.refuse(d, placementGroup) != "" {
			return steps[f.name[:strings.IndexByte(f.name+".", '.')]]
		}
	}
	return ""
}

// steps are what the owner can do about a field that refuses, by the first part of its path.
var steps = map[string]string{
	"BlockDeviceMappings":              "map no volume to a second EBS card",
	"CapacityReservationSpecification": "let the template name no capacity reservation",
	"ElasticGpuSpecifications":         "use a type with a GPU of its own",
	"ElasticInferenceAccelerators":     "use a type with an accelerator of its own",
	"InstanceMarketOptions":            "tag the group's on-demand twin, whose template asks for no spot; or use a mixed instances policy for both",
	"InstanceRequirements":             "name an instance type in the template; or use a mixed instances policy, which chooses by attributes and buys spot itself",
	"NetworkInterfaces":                "let EC2 choose interfaces and addresses, and put a load balancer before the group",
	"Operator":                         "use the spot settings of the service that manages the template",
	"Placement":                        "launch with default tenancy, on no dedicated host, and into no placement group but the Auto Scaling group's own",
	"SecondaryInterfaces":              "let the template attach no interface of a secondary network",
}
