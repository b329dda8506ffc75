package act

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// unservable tells why what a template asks for cannot be had as spot of another type, empty if it can. The group's own placement group
// is no reason: decide judges it by its strategy.
func unservable(d *types.RequestLaunchTemplateData, placementGroup string) string {
	if p := d.Placement; p != nil {
		switch {
		case p.Tenancy == types.TenancyDedicated || p.Tenancy == types.TenancyHost:
			return fmt.Sprintf("the template asks for %s tenancy, and so would a replacement have to", p.Tenancy)
		case aws.ToString(p.GroupName) != "" && *p.GroupName != placementGroup || aws.ToString(p.GroupId) != "":
			return fmt.Sprintf("the template puts instances into the placement group %s%s, which may not hold other instance types", aws.ToString(p.GroupName), aws.ToString(p.GroupId))
		}
	}
	if c := d.CapacityReservationSpecification; c != nil && (c.CapacityReservationTarget != nil || c.CapacityReservationPreference == types.CapacityReservationPreferenceCapacityReservationsOnly) {
		return "the template launches into a capacity reservation, which is paid for whether it is used or not"
	}
	return ""
}
