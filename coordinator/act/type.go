package act

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"autospotting/coordinator/market"
	"autospotting/pkg/snapshot"
)

// ToType reads what DescribeInstanceTypes says of a type. What it leaves out is unknown, as the fields of market.Type say.
func ToType(t ec2types.InstanceTypeInfo) market.Type {
	out := market.Type{
		Name: string(t.InstanceType), Burstable: aws.ToBool(t.BurstablePerformanceSupported),
		BareMetal: aws.ToBool(t.BareMetal), CurrentGeneration: aws.ToBool(t.CurrentGeneration),
		NVMe:           t.Hypervisor == ec2types.InstanceTypeHypervisorNitro || aws.ToBool(t.BareMetal), // bare metal has no hypervisor
		Spot:           slices.Contains(t.SupportedUsageClasses, ec2types.UsageClassTypeSpot),
		Virtualization: words(t.SupportedVirtualizationTypes), BootModes: words(t.SupportedBootModes), RootDevices: words(t.SupportedRootDeviceTypes),
		Enclaves:    t.NitroEnclavesSupport == ec2types.NitroEnclavesSupportSupported,
		Hibernation: aws.ToBool(t.HibernationSupported),
		TPM:         t.NitroTpmSupport == ec2types.NitroTpmSupportSupported,
	}
	if t.MemoryInfo != nil {
		out.MemoryMiB = int(aws.ToInt64(t.MemoryInfo.SizeInMiB))
	}
	toProcessor(t, &out)
	toDevices(t, &out)
	toEBS(t.EbsInfo, &out)
	toNetwork(t.NetworkInfo, &out)
	return out
}

func toProcessor(t ec2types.InstanceTypeInfo, out *market.Type) {
	if v := t.VCpuInfo; v != nil {
		out.VCPU = int(aws.ToInt32(v.DefaultVCpus))
		out.Cores, out.ThreadsPerCore = int(aws.ToInt32(v.DefaultCores)), int(aws.ToInt32(v.DefaultThreadsPerCore))
		out.ValidCores, out.ValidThreads = integers(v.ValidCores), integers(v.ValidThreadsPerCore)
	}
	if p := t.ProcessorInfo; p != nil {
		out.Arch = words(p.SupportedArchitectures)
		features := words(p.SupportedFeatures)
		out.SEVSNP, out.NestedVirtualization = slices.Contains(features, "amd-sev-snp"), slices.Contains(features, "nested-virtualization")
	}
}

// toEBS takes a limit whose kind is not said for a shared one: so it is for all types but those that EC2 lists as dedicated (Amazon EBS
// user guide, "EBS volume limits"), and the service says the kind of those.
func toEBS(e *ec2types.EbsInfo, out *market.Type) {
	if e == nil {
		return
	}
	out.EBSOptimized = e.EbsOptimizedSupport != ec2types.EbsOptimizedSupportUnsupported
	out.EBSEncryption = e.EncryptionSupport == ec2types.EbsEncryptionSupportSupported
	out.EBSAttachments = int(aws.ToInt32(e.MaximumEbsAttachments))
	out.EBSShared = out.EBSAttachments > 0 && e.AttachmentLimitType != ec2types.AttachmentLimitTypeDedicated
	if i := e.EbsOptimizedInfo; i != nil {
		out.EBSBaselineMbps, out.EBSBaselineIOPS = int(aws.ToInt32(i.BaselineBandwidthInMbps)), int(aws.ToInt32(i.BaselineIops))
	}
}

func toNetwork(n *ec2types.NetworkInfo, out *market.Type) {
	if n == nil {
		return
	}
	out.ENA = string(n.EnaSupport)
	out.NetworkInterfaces, out.IPv4PerInterface = int(aws.ToInt32(n.MaximumNetworkInterfaces)), int(aws.ToInt32(n.Ipv4AddressesPerInterface))
	if out.IPv6 = aws.ToBool(n.Ipv6Supported); out.IPv6 {
		out.IPv6PerInterface = int(aws.ToInt32(n.Ipv6AddressesPerInterface))
	}
	out.ENAExpress, out.BandwidthWeightings = aws.ToBool(n.EnaSrdSupported), words(n.BandwidthWeightings)
	out.FlexibleENAQueues = n.FlexibleEnaQueuesSupport == ec2types.FlexibleEnaQueuesSupportSupported
	if aws.ToBool(n.EfaSupported) {
		out.EFAInterfaces = 1
		if n.EfaInfo != nil {
			out.EFAInterfaces = int(cmp.Or(aws.ToInt32(n.EfaInfo.MaximumEfaInterfaces), 1))
		}
	}
	out.CardInterfaces, out.BaselineGbps = toCards(n.NetworkCards)
	// Of some types with several cards the service says the bandwidth of all of them of each: c6in.32xlarge, two of 200, has 200.
	if plain := snapshot.PlainGbps(aws.ToString(n.NetworkPerformance)); plain > 0 && (out.BaselineGbps == 0 || out.BaselineGbps > plain) {
		out.BaselineGbps = plain
	}
}

// toCards reads how many interfaces each card takes, by index, and the bandwidth of all; nil and 0 where one of them does not say.
func toCards(list []ec2types.NetworkCardInfo) (interfaces []int, gbps float64) {
	list = slices.SortedFunc(slices.Values(list), func(a, b ec2types.NetworkCardInfo) int {
		return cmp.Compare(aws.ToInt32(a.NetworkCardIndex), aws.ToInt32(b.NetworkCardIndex))
	})
	counted, rated := true, true
	for _, c := range list {
		interfaces, gbps = append(interfaces, int(aws.ToInt32(c.MaximumNetworkInterfaces))), gbps+aws.ToFloat64(c.BaselineBandwidthInGbps)
		counted, rated = counted && c.MaximumNetworkInterfaces != nil, rated && c.BaselineBandwidthInGbps != nil
	}
	if !counted {
		interfaces = nil
	}
	if !rated {
		gbps = 0
	}
	return interfaces, gbps
}

func toDevices(t ec2types.InstanceTypeInfo, out *market.Type) {
	if t.GpuInfo != nil {
		for _, g := range t.GpuInfo.Gpus {
			out.GPUs += int(aws.ToInt32(g.Count))
			out.GPUModel = aws.ToString(g.Name)
			if part := aws.ToFloat64(g.GpuPartitionSize); part > 0 && part < 1 { // a part of one is no whole one
				out.GPUModel += fmt.Sprintf(", %.3g of one", part)
			}
			if g.MemoryInfo != nil {
				out.GPUMemoryMiB = int(aws.ToInt32(g.MemoryInfo.SizeInMiB))
			}
		}
	}
	accelerators(t, func(count *int32, model *string) {
		out.Accelerators += int(aws.ToInt32(count))
		out.AcceleratorModel = aws.ToString(model)
	})
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
}

// accelerators names those of every kind. Of Inferentia two fields tell: the older one only where the newer does not.
func accelerators(t ec2types.InstanceTypeInfo, each func(count *int32, model *string)) {
	if t.NeuronInfo != nil {
		for _, x := range t.NeuronInfo.NeuronDevices {
			each(x.Count, x.Name)
		}
	} else if t.InferenceAcceleratorInfo != nil {
		for _, x := range t.InferenceAcceleratorInfo.Accelerators {
			each(x.Count, x.Name)
		}
	}
	if t.MediaAcceleratorInfo != nil {
		for _, x := range t.MediaAcceleratorInfo.Accelerators {
			each(x.Count, x.Name)
		}
	}
	if t.FpgaInfo != nil {
		for _, x := range t.FpgaInfo.Fpgas {
			each(x.Count, x.Name)
		}
	}
}

// words are the SDK's names as plain ones; nil of none.
func words[T ~string](list []T) []string {
	var out []string
	for _, w := range list {
		out = append(out, string(w))
	}
	return out
}

func integers(list []int32) []int {
	var out []int
	for _, n := range list {
		out = append(out, int(n))
	}
	return out
}
