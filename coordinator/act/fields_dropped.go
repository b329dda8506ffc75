package act

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

func dropTermination(d *data) bool { return cleared(&d.DisableApiTermination) }
func dropStop(d *data) bool        { return cleared(&d.DisableApiStop) }

// cleared takes out a flag, and tells whether it was up.
func cleared(flag **bool) bool {
	up := aws.ToBool(*flag)
	*flag = nil
	return up
}

func dropHibernation(d *data) bool {
	up := d.HibernationOptions != nil && aws.ToBool(d.HibernationOptions.Configured)
	d.HibernationOptions = nil
	return up
}

func dropShutdown(d *data) bool {
	if d.InstanceInitiatedShutdownBehavior != types.ShutdownBehaviorStop {
		return false
	}
	d.InstanceInitiatedShutdownBehavior = ""
	return true
}

// forOverrides takes out what would contradict the zone and subnet of a fleet's override.
func forOverrides(d *data) {
	dropZone(d)
	dropSubnet(d)
	dropRequestTags(d)
}

func dropZone(d *data) bool {
	if d.Placement != nil {
		d.Placement.AvailabilityZone, d.Placement.AvailabilityZoneId = nil, nil
	}
	return false // the group's zones are what counts: nothing is lost
}

func dropSubnet(d *data) bool {
	for i := range d.NetworkInterfaces {
		d.NetworkInterfaces[i].SubnetId = nil
	}
	return false
}

// dropRequestTags: tags for spot requests in a template fail every on-demand launch from it (aws-facts 2.1).
func dropRequestTags(d *data) bool {
	d.TagSpecifications = slices.DeleteFunc(d.TagSpecifications, func(t types.LaunchTemplateTagSpecificationRequest) bool {
		return t.ResourceType == types.ResourceTypeSpotInstancesRequest
	})
	return false
}
