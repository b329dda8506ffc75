package act

import (
	"bytes"
	"encoding/base64"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"autospotting/coordinator/market"
	"autospotting/userdata"
)

func cpuOptions(d *data) (a market.Asks) {
	if o := d.CpuOptions; o != nil {
		a.Cores, a.ThreadsPerCore = int(aws.ToInt32(o.CoreCount)), int(aws.ToInt32(o.ThreadsPerCore))
		a.SEVSNP = o.AmdSevSnp == types.AmdSevSnpSpecificationEnabled
		a.NestedVirtualization = o.NestedVirtualization == types.NestedVirtualizationSpecificationEnabled
	}
	return a
}

func enclaves(d *data) market.Asks {
	return market.Asks{Enclaves: d.EnclaveOptions != nil && aws.ToBool(d.EnclaveOptions.Enabled)}
}

func ipv6Metadata(d *data) market.Asks {
	return market.Asks{Nitro: d.MetadataOptions != nil && d.MetadataOptions.HttpProtocolIpv6 == types.LaunchTemplateInstanceMetadataProtocolIpv6Enabled}
}

func licences(d *data) market.Asks { return market.Asks{SameVCPU: len(d.LicenseSpecifications) > 0} }

func weighting(d *data) (a market.Asks) {
	if o := d.NetworkPerformanceOptions; o != nil && o.BandwidthWeighting != types.InstanceBandwidthWeightingDefault {
		a.BandwidthWeighting = string(o.BandwidthWeighting)
	}
	return a
}

func ebsOptimized(d *data) market.Asks { return market.Asks{EBSOptimized: aws.ToBool(d.EbsOptimized)} }

// mostCards is more network cards than any type has. EC2 does not check an index before it launches.
const mostCards = 128

// interfaces counts them by network card, and the addresses of each.
func interfaces(d *data) (a market.Asks) {
	cards := map[int]int{}
	last := 0
	for _, n := range d.NetworkInterfaces {
		card := int(aws.ToInt32(n.NetworkCardIndex))
		if card < 0 || card > mostCards {
			card = mostCards
		}
		cards[card]++
		last = max(last, card)
		a = a.And(interfaceAsks(n))
		if t := aws.ToString(n.InterfaceType); t == "efa" || t == "efa-only" {
			a.EFAInterfaces++
		}
	}
	a.NetworkInterfaces = len(d.NetworkInterfaces)
	if last > 0 || len(d.NetworkInterfaces) > 1 { // a card may take fewer than the type
		a.CardInterfaces = make([]int, last+1)
		for card, n := range cards {
			a.CardInterfaces[card] = n
		}
	}
	return a
}

func interfaceAsks(n types.LaunchTemplateInstanceNetworkInterfaceSpecificationRequest) (a market.Asks) {
	v4 := int(aws.ToInt32(n.SecondaryPrivateIpAddressCount)) + int(aws.ToInt32(n.Ipv4PrefixCount)) + len(n.Ipv4Prefixes)
	a.IPv4PerInterface = 1 + max(v4, len(n.PrivateIpAddresses)-1)
	v6 := int(aws.ToInt32(n.Ipv6AddressCount)) + len(n.Ipv6Addresses) + int(aws.ToInt32(n.Ipv6PrefixCount)) + len(n.Ipv6Prefixes)
	a.IPv6PerInterface, a.IPv6 = v6, v6 > 0 || aws.ToBool(n.PrimaryIpv6)
	prefixes := aws.ToInt32(n.Ipv4PrefixCount) > 0 || len(n.Ipv4Prefixes) > 0 || aws.ToInt32(n.Ipv6PrefixCount) > 0 || len(n.Ipv6Prefixes) > 0
	a.Nitro = prefixes || n.ConnectionTrackingSpecification != nil
	a.ENAExpress = n.EnaSrdSpecification != nil && aws.ToBool(n.EnaSrdSpecification.EnaSrdEnabled)
	a.ENAQueues = n.EnaQueueCount != nil
	return a
}

// volumesAsked counts what the template maps; what the image maps besides, mapped adds.
func volumesAsked(d *data) (a market.Asks) {
	for _, m := range d.BlockDeviceMappings {
		if m.Ebs != nil {
			a.Volumes++
			a.EncryptedVolumes = a.EncryptedVolumes || aws.ToBool(m.Ebs.Encrypted)
		}
	}
	a.DeviceNames = a.Volumes > 1 || namesDevices(d)
	return a
}

// instanceStore tells whether the template maps instance-store disks, which only types without NVMe ones need.
func instanceStore(d *data) bool {
	for _, m := range d.BlockDeviceMappings {
		if m.NoDevice == nil && strings.HasPrefix(aws.ToString(m.VirtualName), "ephemeral") {
			return true
		}
	}
	return false
}

// kernel: only paravirtual images take one of their own (EC2 user guide, "User provided kernels").
func kernel(d *data) market.Asks {
	return market.Asks{Paravirtual: d.KernelId != nil || d.RamDiskId != nil}
}

// nvmeName is how Linux calls an NVMe disk.
var nvmeName = []byte("/dev/nvme")

// namesDevices tells whether the user data knows a disk by a name that only one kind of type gives it.
func namesDevices(d *data) bool {
	raw, err := base64.StdEncoding.DecodeString(aws.ToString(d.UserData))
	return err == nil && slices.ContainsFunc(userdata.Contents(raw), func(text []byte) bool { return bytes.Contains(text, nvmeName) })
}
