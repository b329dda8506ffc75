package act

import (
	"reflect"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"autospotting/coordinator/market"
)

func TestEachFactOfATypeIsReadFromItsField(t *testing.T) {
	t.Parallel()
	vcpu := func(v types.VCpuInfo) types.InstanceTypeInfo { return types.InstanceTypeInfo{VCpuInfo: &v} }
	processor := func(p types.ProcessorInfo) types.InstanceTypeInfo { return types.InstanceTypeInfo{ProcessorInfo: &p} }
	ebs := func(e types.EbsInfo) types.InstanceTypeInfo {
		e.EbsOptimizedSupport = types.EbsOptimizedSupportUnsupported
		return types.InstanceTypeInfo{EbsInfo: &e}
	}
	network := func(n types.NetworkInfo) types.InstanceTypeInfo { return types.InstanceTypeInfo{NetworkInfo: &n} }
	feature := func(f ...types.SupportedAdditionalProcessorFeature) types.InstanceTypeInfo {
		return processor(types.ProcessorInfo{SupportedFeatures: f})
	}
	card := func(index, interfaces int32, gbps float64) types.NetworkCardInfo {
		return types.NetworkCardInfo{NetworkCardIndex: &index, MaximumNetworkInterfaces: &interfaces, BaselineBandwidthInGbps: &gbps}
	}
	n := aws.Int32
	for _, c := range []struct {
		name string
		info types.InstanceTypeInfo
		want market.Type
	}{
		{"nothing is said", types.InstanceTypeInfo{}, market.Type{}},
		{"every part is there and empty", types.InstanceTypeInfo{VCpuInfo: &types.VCpuInfo{}, ProcessorInfo: &types.ProcessorInfo{}, MemoryInfo: &types.MemoryInfo{},
			EbsInfo: &types.EbsInfo{EbsOptimizedSupport: types.EbsOptimizedSupportUnsupported, EbsOptimizedInfo: &types.EbsOptimizedInfo{}}, NetworkInfo: &types.NetworkInfo{},
			GpuInfo: &types.GpuInfo{}, InstanceStorageInfo: &types.InstanceStorageInfo{}}, market.Type{}},
		{"Nitro", types.InstanceTypeInfo{Hypervisor: types.InstanceTypeHypervisorNitro}, market.Type{NVMe: true}},
		{"bare metal has no hypervisor and is Nitro", types.InstanceTypeInfo{BareMetal: aws.Bool(true)}, market.Type{NVMe: true, BareMetal: true}},
		{"vCPUs, cores and threads", vcpu(types.VCpuInfo{DefaultVCpus: n(4), DefaultCores: n(2), DefaultThreadsPerCore: n(2)}), market.Type{VCPU: 4, Cores: 2, ThreadsPerCore: 2}},
		{"CPU options", vcpu(types.VCpuInfo{ValidCores: []int32{2, 4}, ValidThreadsPerCore: []int32{1, 2}}), market.Type{ValidCores: []int{2, 4}, ValidThreads: []int{1, 2}}},
		{"architectures", processor(types.ProcessorInfo{SupportedArchitectures: []types.ArchitectureType{"i386", "x86_64"}}), market.Type{Arch: []string{"i386", "x86_64"}}},
		{"AMD SEV-SNP", feature("amd-sev-snp"), market.Type{SEVSNP: true}},
		{"nested virtualization", feature("metal-compatibility", "nested-virtualization"), market.Type{NestedVirtualization: true}},
		{"a feature that nothing here asks for", feature("metal-compatibility"), market.Type{}},
		{"Nitro Enclaves", types.InstanceTypeInfo{NitroEnclavesSupport: types.NitroEnclavesSupportSupported}, market.Type{Enclaves: true}},
		{"no Nitro Enclaves", types.InstanceTypeInfo{NitroEnclavesSupport: types.NitroEnclavesSupportUnsupported}, market.Type{}},
		{"hibernation", types.InstanceTypeInfo{HibernationSupported: aws.Bool(true)}, market.Type{Hibernation: true}},
		{"no hibernation", types.InstanceTypeInfo{HibernationSupported: aws.Bool(false)}, market.Type{}},
		{"NitroTPM", types.InstanceTypeInfo{NitroTpmSupport: types.NitroTpmSupportSupported}, market.Type{TPM: true}},
		{"no NitroTPM", types.InstanceTypeInfo{NitroTpmSupport: types.NitroTpmSupportUnsupported}, market.Type{}},
		{"root devices", types.InstanceTypeInfo{SupportedRootDeviceTypes: []types.RootDeviceType{"ebs", "instance-store"}}, market.Type{RootDevices: []string{"ebs", "instance-store"}}},

		{"attachments of their own", ebs(types.EbsInfo{MaximumEbsAttachments: n(32), AttachmentLimitType: types.AttachmentLimitTypeDedicated}), market.Type{EBSAttachments: 32}},
		{"attachments that are shared", ebs(types.EbsInfo{MaximumEbsAttachments: n(27), AttachmentLimitType: types.AttachmentLimitTypeShared}), market.Type{EBSAttachments: 27, EBSShared: true}},
		{"attachments of a kind that is not said are shared", ebs(types.EbsInfo{MaximumEbsAttachments: n(27)}), market.Type{EBSAttachments: 27, EBSShared: true}},
		{"the kind without the number says nothing", ebs(types.EbsInfo{AttachmentLimitType: types.AttachmentLimitTypeShared}), market.Type{}},
		{"encryption", ebs(types.EbsInfo{EncryptionSupport: types.EbsEncryptionSupportSupported}), market.Type{EBSEncryption: true}},
		{"no encryption", ebs(types.EbsInfo{EncryptionSupport: types.EbsEncryptionSupportUnsupported}), market.Type{}},
		{"EBS operations and bandwidth", ebs(types.EbsInfo{EbsOptimizedInfo: &types.EbsOptimizedInfo{BaselineBandwidthInMbps: n(650), BaselineIops: n(3600), MaximumIops: n(18750)}}),
			market.Type{EBSBaselineMbps: 650, EBSBaselineIOPS: 3600}},
		{"EBS-optimized", types.InstanceTypeInfo{EbsInfo: &types.EbsInfo{EbsOptimizedSupport: types.EbsOptimizedSupportDefault}}, market.Type{EBSOptimized: true}},

		{"interfaces and addresses", network(types.NetworkInfo{MaximumNetworkInterfaces: n(3), Ipv4AddressesPerInterface: n(10), Ipv6AddressesPerInterface: n(8), Ipv6Supported: aws.Bool(true)}),
			market.Type{NetworkInterfaces: 3, IPv4PerInterface: 10, IPv6PerInterface: 8, IPv6: true}},
		{"no IPv6, whatever number is said", network(types.NetworkInfo{Ipv6AddressesPerInterface: n(8), Ipv6Supported: aws.Bool(false)}), market.Type{}},
		{"EFA", network(types.NetworkInfo{EfaSupported: aws.Bool(true), EfaInfo: &types.EfaInfo{MaximumEfaInterfaces: n(4)}}), market.Type{EFAInterfaces: 4}},
		{"EFA without a number is one", network(types.NetworkInfo{EfaSupported: aws.Bool(true)}), market.Type{EFAInterfaces: 1}},
		{"no EFA, whatever number is said", network(types.NetworkInfo{EfaSupported: aws.Bool(false), EfaInfo: &types.EfaInfo{MaximumEfaInterfaces: n(4)}}), market.Type{}},
		{"ENA and ENA Express", network(types.NetworkInfo{EnaSupport: types.EnaSupportRequired, EnaSrdSupported: aws.Bool(true)}), market.Type{ENA: "required", ENAExpress: true}},
		{"bandwidth weightings", network(types.NetworkInfo{BandwidthWeightings: []types.BandwidthWeightingType{"default", "ebs-1", "vpc-1"}}),
			market.Type{BandwidthWeightings: []string{"default", "ebs-1", "vpc-1"}}},
		{"flexible ENA queues", network(types.NetworkInfo{FlexibleEnaQueuesSupport: types.FlexibleEnaQueuesSupportSupported}), market.Type{FlexibleENAQueues: true}},
		{"no flexible ENA queues", network(types.NetworkInfo{FlexibleEnaQueuesSupport: types.FlexibleEnaQueuesSupportUnsupported}), market.Type{}},

		{"one card", network(types.NetworkInfo{NetworkPerformance: aws.String("Up to 10 Gigabit"), NetworkCards: []types.NetworkCardInfo{card(0, 3, 0.75)}}),
			market.Type{CardInterfaces: []int{3}, BaselineGbps: 0.75}},
		{"two cards, told out of order", network(types.NetworkInfo{NetworkPerformance: aws.String("200 Gigabit"), NetworkCards: []types.NetworkCardInfo{card(1, 7, 100), card(0, 8, 100)}}),
			market.Type{CardInterfaces: []int{8, 7}, BaselineGbps: 200}},
		{"two cards that each claim all", network(types.NetworkInfo{NetworkPerformance: aws.String("200 Gigabit"), NetworkCards: []types.NetworkCardInfo{card(0, 8, 200), card(1, 8, 200)}}),
			market.Type{CardInterfaces: []int{8, 8}, BaselineGbps: 200}},
		{"cards that have less than the name", network(types.NetworkInfo{NetworkPerformance: aws.String("10 Gigabit"), NetworkCards: []types.NetworkCardInfo{card(0, 8, 5)}}),
			market.Type{CardInterfaces: []int{8}, BaselineGbps: 5}},
		{"a card that does not say its interfaces", network(types.NetworkInfo{NetworkCards: []types.NetworkCardInfo{card(0, 8, 5), {NetworkCardIndex: n(1), BaselineBandwidthInGbps: aws.Float64(5)}}}),
			market.Type{BaselineGbps: 10}},
		{"a card that does not say its bandwidth", network(types.NetworkInfo{NetworkCards: []types.NetworkCardInfo{card(0, 8, 5), {NetworkCardIndex: n(1), MaximumNetworkInterfaces: n(8)}}}),
			market.Type{CardInterfaces: []int{8, 8}}},
		{"a plain figure without cards", network(types.NetworkInfo{NetworkPerformance: aws.String("4x 100 Gigabit")}), market.Type{BaselineGbps: 400}},
		{"words without cards", network(types.NetworkInfo{NetworkPerformance: aws.String("Up to 10 Gigabit")}), market.Type{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := ToType(c.info); !reflect.DeepEqual(got, c.want) {
				t.Errorf("\n got %+v\nwant %+v", got, c.want)
			}
		})
	}
}
