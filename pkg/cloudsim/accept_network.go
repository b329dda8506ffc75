package cloudsim

import (
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

type nic = ec2types.LaunchTemplateInstanceNetworkInterfaceSpecificationRequest

// What is asked of the network interfaces as such.
var interfaceRows = []rule{
	{Reason{"interfaces", "AttachmentLimitExceeded", "chef/knife-ec2#375 (words); EC2 user guide, IP addresses per network interface per instance type"}, func(a *ask) string {
		most := a.network().MaximumNetworkInterfaces
		return when(most != nil && len(a.interfaces) > int(*most), fmt.Sprintf("Interface count %d exceeds the limit for %s", len(a.interfaces), a.typ))
	}},
	{Reason{"network-card", "AttachmentLimitExceeded", "EC2 user guide, Network cards: multiple ones on some types alone (code by analogy, words: ours)"}, func(a *ask) string {
		most := a.network().MaximumNetworkCards
		return each(a, func(n nic) string {
			return when(most != nil && aws.ToInt32(n.NetworkCardIndex) >= *most, fmt.Sprintf("Network card index %d exceeds the limit for %s", aws.ToInt32(n.NetworkCardIndex), a.typ))
		})
	}},
	{Reason{"card-interfaces", "AttachmentLimitExceeded", "a public deployment's note: AttachmentLimitExceeded on a network card; EC2 API, NetworkCardInfo.MaximumNetworkInterfaces (words: ours)"}, func(a *ask) string {
		on := map[int32]int32{}
		return each(a, func(n nic) string {
			index := aws.ToInt32(n.NetworkCardIndex)
			on[index]++
			card := a.card(index)
			return when(card != nil && card.MaximumNetworkInterfaces != nil && on[index] > *card.MaximumNetworkInterfaces,
				fmt.Sprintf("Interface count %d exceeds the limit for Network Card %d of %s", on[index], index, a.typ))
		})
	}},
	{Reason{"efa", "UnsupportedOperation", "openshift/enhancements on EFA (words); EC2 user guide, Elastic Fabric Adapter, Supported instance types"}, func(a *ask) string {
		return each(a, func(n nic) string {
			return when(efa(n) && !cardTakes(a, n), fmt.Sprintf("EFA interfaces are not supported on %s", a.typ))
		})
	}},
	{Reason{"efa-count", "AttachmentLimitExceeded", "EC2 API, EfaInfo.MaximumEfaInterfaces (code by analogy, words: ours)"}, func(a *ask) string {
		count, info := int32(0), a.network().EfaInfo
		for _, n := range a.interfaces {
			if efa(n) {
				count++
			}
		}
		return when(info != nil && info.MaximumEfaInterfaces != nil && count > *info.MaximumEfaInterfaces,
			fmt.Sprintf("EFA interface count %d exceeds the limit for %s", count, a.typ))
	}},
	{Reason{"public-address", "InvalidParameterCombination", "EC2 API, AssociatePublicIpAddress: one interface alone; aws-efa-nccl-baseami-pipeline#1"}, func(a *ask) string {
		return each(a, func(n nic) string {
			return when(len(a.interfaces) > 1 && aws.ToBool(n.AssociatePublicIpAddress), "The associatePublicIPAddress parameter cannot be specified when launching with multiple network interfaces.")
		})
	}},
	{Reason{"groups-twice", "InvalidParameterCombination", "aws-facts 2.6 (words)"}, func(a *ask) string {
		return when(len(a.Data.NetworkInterfaces) > 0 && len(a.Data.SecurityGroupIds)+len(a.Data.SecurityGroups) > 0,
			"Network interfaces and an instance-level security groups may not be specified on the same request")
	}},
	{Reason{"ena-express", "UnsupportedOperation", "† EC2 user guide, Supported instance types for ENA Express; EC2 API, EnaSrdSupported (code and words: ours)"}, func(a *ask) string {
		return each(a, func(n nic) string {
			return when(n.EnaSrdSpecification != nil && aws.ToBool(n.EnaSrdSpecification.EnaSrdEnabled) && denied(a.network().EnaSrdSupported),
				fmt.Sprintf("ENA Express is not supported on %s", a.typ))
		})
	}},
	{Reason{"ena-express-udp", "InvalidParameterCombination", "EC2 API, EnaSrdUdpSpecification: ENA Express must be on as well (code and words: ours)"}, func(a *ask) string {
		return each(a, func(n nic) string {
			s := n.EnaSrdSpecification
			return when(s != nil && s.EnaSrdUdpSpecification != nil && aws.ToBool(s.EnaSrdUdpSpecification.EnaSrdUdpEnabled) && !aws.ToBool(s.EnaSrdEnabled),
				"EnaSrdUdpEnabled requires EnaSrdEnabled.")
		})
	}},
	{Reason{"ena-queues", "UnsupportedOperation", "† EC2 user guide, ENA queues; EC2 API, FlexibleEnaQueuesSupport (code and words: ours)"}, func(a *ask) string {
		return each(a, func(n nic) string {
			return when(n.EnaQueueCount != nil && a.network().FlexibleEnaQueuesSupport == ec2types.FlexibleEnaQueuesSupportUnsupported,
				fmt.Sprintf("Specifying the number of ENA queues is not supported on %s", a.typ))
		})
	}},
	{Reason{"ena-queue-count", "InvalidParameterValue", "† EC2 user guide, ENA queues: a power of two within the card's limits; cilium#48246 (code and words: ours)"}, func(a *ask) string {
		return each(a, func(n nic) string {
			count := aws.ToInt32(n.EnaQueueCount)
			card := a.card(aws.ToInt32(n.NetworkCardIndex))
			over := card != nil && card.MaximumEnaQueueCountPerInterface != nil && count > *card.MaximumEnaQueueCountPerInterface
			return when(n.EnaQueueCount != nil && (count <= 0 || count&(count-1) != 0 || over), fmt.Sprintf("Value (%d) for parameter EnaQueueCount is invalid for %s", count, a.typ))
		})
	}},
	{Reason{"secondary-network", "UnsupportedOperation", "EC2 API, SecondaryNetworkSupported and MaximumSecondaryNetworkInterfaces (code and words: ours)"}, func(a *ask) string {
		n, count := a.network(), len(a.Data.SecondaryInterfaces)
		return when(count > 0 && (denied(n.SecondaryNetworkSupported) || (n.MaximumSecondaryNetworkInterfaces != nil && count > int(*n.MaximumSecondaryNetworkInterfaces))),
			fmt.Sprintf("%d secondary interfaces are not supported on %s", count, a.typ))
	}},
	{Reason{"bandwidth-weighting", "UnsupportedOperation", "EC2 user guide, Configurable bandwidth weighting: the families; EC2 API, BandwidthWeightings (code and words: ours)"}, func(a *ask) string {
		o := a.Data.NetworkPerformanceOptions
		return when(o != nil && o.BandwidthWeighting != "" && o.BandwidthWeighting != ec2types.InstanceBandwidthWeightingDefault && !weighs(a, string(o.BandwidthWeighting)),
			fmt.Sprintf("The bandwidth weighting is not supported on %s", a.typ))
	}},
}

// What is asked of addresses.
var addressRows = []rule{
	{Reason{"ipv4-addresses", "PrivateIpAddressLimitExceeded", "† EC2 API, Error codes; EC2 user guide, IP addresses per network interface per instance type"}, func(a *ask) string {
		return each(a, func(n nic) string {
			most := a.network().Ipv4AddressesPerInterface
			return when(most != nil && ipv4(n) > int(*most), "Number of private addresses will exceed limit.")
		})
	}},
	{Reason{"ipv6", "UnsupportedOperation", "poseidon/typhoon#356 (words)"}, func(a *ask) string {
		asked := a.IPv6Only
		for _, n := range a.interfaces {
			asked = asked || ipv6(n) > 0 || aws.ToBool(n.PrimaryIpv6)
		}
		return when(asked && denied(a.network().Ipv6Supported), fmt.Sprintf("IPv6 addresses are not supported on %s", a.typ))
	}},
	{Reason{"ipv6-only-subnet", "UnsupportedOperation", "† VPC user guide, IPv6-only subnets take Nitro instances alone; public reports of t2.micro (words)"}, func(a *ask) string {
		return when(a.IPv6Only && a.xen(), fmt.Sprintf("IPv6 addresses are not supported on %s", a.typ))
	}},
	{Reason{"ipv6-addresses", "PrivateIpAddressLimitExceeded", "EC2 API, Ipv6AddressesPerInterface (code by analogy, words: ours)"}, func(a *ask) string {
		return each(a, func(n nic) string {
			most := a.network().Ipv6AddressesPerInterface
			return when(most != nil && !denied(a.network().Ipv6Supported) && ipv6(n) > int(*most), "Number of IPv6 addresses will exceed limit.")
		})
	}},
	{Reason{"prefixes", "UnsupportedOperation", "† EC2 user guide, Prefix delegation: on Nitro instances alone (code and words: ours)"}, func(a *ask) string {
		return each(a, func(n nic) string {
			p4, p6 := prefixes(n)
			return when(p4+p6 > 0 && a.xen(), fmt.Sprintf("Prefix delegation is not supported on %s", a.typ))
		})
	}},
	{Reason{"metadata-ipv6", "UnsupportedOperation", "aws/aws-ec2-imdsv2-get#6 (words)"}, func(a *ask) string {
		o := a.Data.MetadataOptions
		return when(o != nil && o.HttpProtocolIpv6 == ec2types.LaunchTemplateInstanceMetadataProtocolIpv6Enabled && a.xen(),
			"The HttpProtocolIpv6 metadata option cannot be enabled for Xen-backed instance types.")
	}},
}

// each asks of every interface; the first words count.
func each(a *ask, ask func(nic) string) string {
	for _, n := range a.interfaces {
		if text := ask(n); text != "" {
			return text
		}
	}
	return ""
}

func efa(n nic) bool {
	kind := aws.ToString(n.InterfaceType)
	return kind == "efa" || kind == "efa-only"
}

// cardTakes tells whether the card of an EFA has that kind of interface; where the cards don't say, the type does.
func cardTakes(a *ask, n nic) bool {
	if denied(a.network().EfaSupported) {
		return false
	}
	card := a.card(aws.ToInt32(n.NetworkCardIndex))
	return card == nil || len(card.InterfaceTypes) == 0 || slices.Contains(card.InterfaceTypes, ec2types.NetworkCardInterfaceType(aws.ToString(n.InterfaceType)))
}

// prefixes counts the delegated ones. Each takes the place of one address (EC2 user guide, Prefix delegation).
func prefixes(n nic) (v4, v6 int) {
	return max(int(aws.ToInt32(n.Ipv4PrefixCount)), len(n.Ipv4Prefixes)), max(int(aws.ToInt32(n.Ipv6PrefixCount)), len(n.Ipv6Prefixes))
}

// ipv4 counts the places for addresses that an interface takes: the primary one, the secondary ones and the prefixes.
func ipv4(n nic) int {
	if aws.ToString(n.InterfaceType) == "efa-only" {
		return 0
	}
	v4, _ := prefixes(n)
	listed := len(n.PrivateIpAddresses)
	if listed == 0 {
		listed = 1
	}
	return max(listed, 1+int(aws.ToInt32(n.SecondaryPrivateIpAddressCount))) + v4
}

func ipv6(n nic) int {
	_, v6 := prefixes(n)
	return max(int(aws.ToInt32(n.Ipv6AddressCount)), len(n.Ipv6Addresses)) + v6
}

// weighs tells whether a type has a bandwidth weighting. Where DescribeInstanceTypes names none, the list of the user guide decides.
func weighs(a *ask, weighting string) bool {
	if have := a.network().BandwidthWeightings; len(have) > 0 {
		return slices.Contains(have, ec2types.BandwidthWeightingType(weighting))
	}
	return a.is("m8a", "m8g", "m8gd", "m8i", "m8id", "m8i-flex", "c8a", "c8g", "c8gd", "c8i", "c8id", "c8i-flex",
		"r8a", "r8g", "r8gd", "r8i", "r8id", "r8i-flex", "x8g", "x8aedz", "x8i")
}
