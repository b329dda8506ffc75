package act

import (
	"cmp"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

func tenancy(d *data, _ string) string {
	if p := d.Placement; p != nil && (p.Tenancy == types.TenancyDedicated || p.Tenancy == types.TenancyHost) {
		return fmt.Sprintf("the template asks for %s tenancy, and so would a replacement have to", p.Tenancy)
	}
	return ""
}

func onHost(d *data, _ string) string {
	if p := d.Placement; p != nil && cmp.Or(aws.ToString(p.HostId), aws.ToString(p.HostResourceGroupArn), aws.ToString(p.Affinity)) != "" && aws.ToString(p.Affinity) != "default" {
		return "the template puts instances on a dedicated host, which spot cannot be on"
	}
	return ""
}

func reservation(d *data, _ string) string {
	if c := d.CapacityReservationSpecification; c != nil && (c.CapacityReservationTarget != nil || c.CapacityReservationPreference == types.CapacityReservationPreferenceCapacityReservationsOnly) {
		return "the template launches into a capacity reservation, which is paid for whether it is used or not"
	}
	return ""
}

// oneInterface tells of what only one instance at a time can have.
func oneInterface(d *data, _ string) string {
	for _, n := range d.NetworkInterfaces {
		fixed := cmp.Or(aws.ToString(n.NetworkInterfaceId), aws.ToString(n.PrivateIpAddress))
		for _, a := range n.PrivateIpAddresses {
			fixed = cmp.Or(fixed, aws.ToString(a.PrivateIpAddress))
		}
		for _, a := range n.Ipv6Addresses {
			fixed = cmp.Or(fixed, aws.ToString(a.Ipv6Address))
		}
		for _, p := range n.Ipv4Prefixes {
			fixed = cmp.Or(fixed, aws.ToString(p.Ipv4Prefix))
		}
		for _, p := range n.Ipv6Prefixes {
			fixed = cmp.Or(fixed, aws.ToString(p.Ipv6Prefix))
		}
		if fixed != "" {
			return fmt.Sprintf("the template names %s, which only one instance at a time can have: a replacement runs beside the one that it replaces", fixed)
		}
	}
	return ""
}

func retired(d *data, _ string) string {
	switch {
	//lint:ignore SA1019 a template may have it still
	case len(d.ElasticGpuSpecifications) > 0:
		return "the template attaches an Elastic GPU, which AWS has ended"
	//lint:ignore SA1019 a template may have it still
	case len(d.ElasticInferenceAccelerators) > 0:
		return "the template attaches an Elastic Inference accelerator, which AWS has ended"
	}
	return ""
}

func otherMarket(d *data, _ string) string {
	if d.InstanceMarketOptions != nil {
		return "the launch template asks for spot itself (instance market options): there is nothing left to replace"
	}
	return ""
}

func byAttributes(d *data, _ string) string {
	if d.InstanceRequirements != nil {
		return "the launch template chooses instance types by attributes, which only a mixed instances policy uses"
	}
	return ""
}

func secondaryNetwork(d *data, _ string) string {
	if len(d.SecondaryInterfaces) > 0 {
		return "the template attaches interfaces of a secondary network, of which it is not known what other types take"
	}
	return ""
}

func ebsCard(d *data, _ string) string {
	for _, m := range d.BlockDeviceMappings {
		if m.Ebs != nil && aws.ToInt32(m.Ebs.EbsCardIndex) > 0 {
			return "the template puts a volume on a second EBS card, of which it is not known what other types take"
		}
	}
	return ""
}

func operated(d *data, _ string) string {
	if d.Operator != nil {
		return "the template belongs to another AWS service (operator " + aws.ToString(d.Operator.Principal) + "), which manages its instances itself"
	}
	return ""
}

// foreignGroup tells of a placement group other than the group's own, which decide judges by its strategy.
func foreignGroup(d *data, own string) string {
	if p := d.Placement; p != nil && (aws.ToString(p.GroupName) != "" && *p.GroupName != own || aws.ToString(p.GroupId) != "") {
		return fmt.Sprintf("the template puts instances into the placement group %s%s, which may not hold other instance types", aws.ToString(p.GroupName), aws.ToString(p.GroupId))
	}
	return ""
}
