package cloudsim

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// describe is the type as DescribeInstanceTypes answers it.
func (t *TypeSpec) describe() ec2types.InstanceTypeInfo {
	out := ec2types.InstanceTypeInfo{
		InstanceType: ec2types.InstanceType(t.Name), BareMetal: aws.Bool(t.BareMetal), BurstablePerformanceSupported: aws.Bool(t.Burstable),
		CurrentGeneration: aws.Bool(!t.OldGeneration), FreeTierEligible: aws.Bool(false), SupportedInRegion: aws.Bool(true),
		Hypervisor: ec2types.InstanceTypeHypervisor(t.Hypervisor), InstanceStorageSupported: aws.Bool(t.Disks > 0),
		HibernationSupported:         aws.Bool(t.Hibernation),
		NitroEnclavesSupport:         support[ec2types.NitroEnclavesSupport](t.Enclaves),
		NitroTpmSupport:              support[ec2types.NitroTpmSupport](t.TPM),
		MemoryInfo:                   &ec2types.MemoryInfo{SizeInMiB: aws.Int64(int64(t.MemoryMiB))},
		SupportedVirtualizationTypes: names[ec2types.VirtualizationType](t.Virtualization),
		SupportedRootDeviceTypes:     names[ec2types.RootDeviceType](t.RootDevices),
		SupportedBootModes:           names[ec2types.BootModeType](t.BootModes),
		SupportedUsageClasses:        []ec2types.UsageClassType{ec2types.UsageClassTypeOnDemand},
	}
	if len(t.Virtualization) == 0 {
		out.SupportedVirtualizationTypes = []ec2types.VirtualizationType{ec2types.VirtualizationTypeHvm}
	}
	if !t.NoSpot {
		out.SupportedUsageClasses = append(out.SupportedUsageClasses, ec2types.UsageClassTypeSpot)
	}
	t.describeProcessor(&out)
	t.describeDevices(&out)
	out.EbsInfo, out.NetworkInfo = t.describeEBS(), t.describeNetwork()
	return out
}

func (t *TypeSpec) describeProcessor(out *ec2types.InstanceTypeInfo) {
	out.VCpuInfo = &ec2types.VCpuInfo{DefaultVCpus: aws.Int32(int32(t.VCPU)), DefaultCores: positive(t.Cores), DefaultThreadsPerCore: positive(t.ThreadsPerCore)}
	for _, n := range t.ValidCores {
		out.VCpuInfo.ValidCores = append(out.VCpuInfo.ValidCores, int32(n))
	}
	for _, n := range t.ValidThreads {
		out.VCpuInfo.ValidThreadsPerCore = append(out.VCpuInfo.ValidThreadsPerCore, int32(n))
	}
	p := &ec2types.ProcessorInfo{Manufacturer: aws.String(t.Manufacturer)}
	if t.I386 {
		p.SupportedArchitectures = append(p.SupportedArchitectures, ec2types.ArchitectureTypeI386)
	}
	p.SupportedArchitectures = append(p.SupportedArchitectures, ec2types.ArchitectureType(t.Arch))
	for _, f := range []struct {
		has  bool
		name ec2types.SupportedAdditionalProcessorFeature
	}{{t.SEVSNP, "amd-sev-snp"}, {t.NestedVirtualization, "nested-virtualization"}} {
		if f.has {
			p.SupportedFeatures = append(p.SupportedFeatures, f.name)
		}
	}
	out.ProcessorInfo = p
}

func (t *TypeSpec) describeEBS() *ec2types.EbsInfo {
	out := &ec2types.EbsInfo{NvmeSupport: ec2types.EbsNvmeSupport(t.NVMe), EncryptionSupport: support[ec2types.EbsEncryptionSupport](t.EBSEncryption),
		EbsOptimizedSupport: ec2types.EbsOptimizedSupportUnsupported}
	if t.EBSOptimized {
		out.EbsOptimizedSupport = ec2types.EbsOptimizedSupportDefault
	}
	if t.EBSMbps > 0 || t.EBSBaselineIOPS > 0 {
		out.EbsOptimizedInfo = &ec2types.EbsOptimizedInfo{BaselineBandwidthInMbps: positive(t.EBSMbps), MaximumBandwidthInMbps: positive(t.EBSMaxMbps),
			BaselineIops: positive(t.EBSBaselineIOPS)}
	}
	if out.MaximumEbsAttachments = positive(t.EBSAttachments); t.EBSAttachments > 0 {
		out.AttachmentLimitType = ec2types.AttachmentLimitTypeDedicated
		if t.EBSShared {
			out.AttachmentLimitType = ec2types.AttachmentLimitTypeShared
		}
	}
	return out
}

func (t *TypeSpec) describeNetwork() *ec2types.NetworkInfo {
	out := &ec2types.NetworkInfo{EnaSupport: ec2types.EnaSupport(t.ENA), MaximumNetworkInterfaces: positive(t.Interfaces),
		Ipv4AddressesPerInterface: positive(t.IPv4), Ipv6Supported: aws.Bool(t.IPv6), Ipv6AddressesPerInterface: aws.Int32(int32(t.IPv6PerInterface)),
		EnaSrdSupported: aws.Bool(t.ENAExpress), EfaSupported: aws.Bool(t.EFAInterfaces > 0),
		BandwidthWeightings:      names[ec2types.BandwidthWeightingType](t.BandwidthWeightings),
		FlexibleEnaQueuesSupport: support[ec2types.FlexibleEnaQueuesSupport](t.FlexibleENAQueues)}
	if t.Network != "" {
		out.NetworkPerformance = aws.String(t.Network)
	}
	if t.EFAInterfaces > 0 {
		out.EfaInfo = &ec2types.EfaInfo{MaximumEfaInterfaces: aws.Int32(int32(t.EFAInterfaces))}
	}
	cards := t.CardInterfaces
	if len(cards) == 0 { // one, of which this may not be known
		cards = []int{t.Interfaces}
	}
	out.MaximumNetworkCards = aws.Int32(int32(len(cards)))
	for i, n := range cards {
		card := ec2types.NetworkCardInfo{NetworkCardIndex: aws.Int32(int32(i)), MaximumNetworkInterfaces: positive(n)}
		if t.BaselineGbps > 0 {
			card.BaselineBandwidthInGbps = aws.Float64(t.BaselineGbps / float64(len(cards)))
		}
		out.NetworkCards = append(out.NetworkCards, card)
	}
	return out
}

func (t *TypeSpec) describeDevices(out *ec2types.InstanceTypeInfo) {
	if t.Disks > 0 {
		s := &ec2types.InstanceStorageInfo{TotalSizeInGB: aws.Int64(int64(t.Disks * t.DiskGB)), NvmeSupport: ec2types.EphemeralNvmeSupportRequired,
			Disks: []ec2types.DiskInfo{{Count: aws.Int32(int32(t.Disks)), SizeInGB: aws.Int64(int64(t.DiskGB)), Type: ec2types.DiskTypeSsd}}}
		if t.DiskKind == "hdd" || t.DiskKind == "ssd" {
			s.NvmeSupport, s.Disks[0].Type = ec2types.EphemeralNvmeSupportUnsupported, ec2types.DiskType(t.DiskKind)
		}
		out.InstanceStorageInfo = s
	}
	if t.GPUs > 0 {
		gpu := ec2types.GpuDeviceInfo{Count: aws.Int32(int32(t.GPUs)), Name: aws.String(t.GPUModel)}
		if t.GPUMemoryMiB > 0 {
			gpu.MemoryInfo = &ec2types.GpuDeviceMemoryInfo{SizeInMiB: aws.Int32(int32(t.GPUMemoryMiB))}
		}
		out.GpuInfo = &ec2types.GpuInfo{Gpus: []ec2types.GpuDeviceInfo{gpu}}
	}
	if t.Accelerators == 0 {
		return
	}
	count, model := aws.Int32(int32(t.Accelerators)), aws.String(t.AcceleratorModel)
	switch {
	case strings.Contains(t.AcceleratorModel, "FPGA"):
		out.FpgaInfo = &ec2types.FpgaInfo{Fpgas: []ec2types.FpgaDeviceInfo{{Count: count, Name: model}}}
	case strings.Contains(t.AcceleratorModel, "Inferentia"), strings.Contains(t.AcceleratorModel, "Trainium"):
		out.NeuronInfo = &ec2types.NeuronInfo{NeuronDevices: []ec2types.NeuronDeviceInfo{{Count: count, Name: model}}}
	default: // Xilinx U30, and Gaudi, which AWS lists with GPUs
		out.MediaAcceleratorInfo = &ec2types.MediaAcceleratorInfo{Accelerators: []ec2types.MediaDeviceInfo{{Count: count, Name: model}}}
	}
}

// support spells what an instance type has or has not as the API does.
func support[T ~string](has bool) T {
	if has {
		return "supported"
	}
	return "unsupported"
}

// names is a list in the SDK's type; nil of none.
func names[T ~string](list []string) []T {
	var out []T
	for _, s := range list {
		out = append(out, T(s))
	}
	return out
}

// positive is nil for 0: what is not known is left out.
func positive(n int) *int32 {
	if n == 0 {
		return nil
	}
	return aws.Int32(int32(n))
}
