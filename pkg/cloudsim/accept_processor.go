package cloudsim

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// What is asked of the processor.
var processorRows = []rule{
	{Reason{"credits", "InstanceCreditSpecification.NotSupported", "terraform-provider-aws#5067 (refused for standard too), terraform-aws-ec2-instance#35 (words)"}, func(a *ask) string {
		return when(a.Data.CreditSpecification != nil && denied(a.Type.BurstablePerformanceSupported),
			fmt.Sprintf("The %s instance type does not support T2 Unlimited.", a.typ))
	}},
	{Reason{"credits-host", "InvalidParameterCombination", "† EC2 user guide, Burstable performance instances: T3 on a Dedicated Host runs in standard mode alone (words: ours)"}, func(a *ask) string {
		c := a.Data.CreditSpecification
		return when(c != nil && aws.ToString(c.CpuCredits) == "unlimited" && tenancy(a) == ec2types.TenancyHost,
			"Unlimited mode is not supported for instances on a Dedicated Host.")
	}},
	{Reason{"cpu-options-pair", "MissingParameter", "terraform-provider-aws#46821 (words); EC2 user guide, CPU options: both must be specified"}, func(a *ask) string {
		o := options(a)
		return when((o.CoreCount == nil) != (o.ThreadsPerCore == nil), "When specifying CpuOptions you must specify both CoreCount and ThreadsPerCore.")
	}},
	{Reason{"cpu-options", "UnsupportedOperation", "aws-parallelcluster's handler of this code and words; aws-parallelcluster#4193: a type that reports no valid values takes none"}, func(a *ask) string {
		v, o := cpus(a), options(a)
		return when((o.CoreCount != nil || o.ThreadsPerCore != nil) && v.DefaultCores != nil && len(v.ValidCores) == 0 && len(v.ValidThreadsPerCore) == 0,
			fmt.Sprintf("The %s instance type does not support specifying CpuOptions.", a.typ))
	}},
	{Reason{"cpu-cores", "InvalidParameterValue", "EC2 user guide, Supported CPU options for instance types (code and words: ours)"}, func(a *ask) string {
		v, o := cpus(a), options(a)
		return when(o.CoreCount != nil && len(v.ValidCores) > 0 && !slices.Contains(v.ValidCores, aws.ToInt32(o.CoreCount)),
			fmt.Sprintf("Value (%d) for parameter CoreCount is invalid. Valid values for the instance type %s are %v.", aws.ToInt32(o.CoreCount), a.typ, v.ValidCores))
	}},
	{Reason{"cpu-threads", "InvalidParameterValue", "EC2 user guide, Supported CPU options for instance types (code and words: ours)"}, func(a *ask) string {
		v, o := cpus(a), options(a)
		return when(o.ThreadsPerCore != nil && len(v.ValidThreadsPerCore) > 0 && !slices.Contains(v.ValidThreadsPerCore, aws.ToInt32(o.ThreadsPerCore)),
			fmt.Sprintf("Value (%d) for parameter ThreadsPerCore is invalid. Valid values for the instance type %s are %v.", aws.ToInt32(o.ThreadsPerCore), a.typ, v.ValidThreadsPerCore))
	}},
	{Reason{"sev-snp", "UnsupportedOperation", "† EC2 user guide, AMD SEV-SNP: the types; a public run's record has the code (words: ours)"}, func(a *ask) string {
		return when(options(a).AmdSevSnp == ec2types.AmdSevSnpSpecificationEnabled && !sevSNP(a),
			fmt.Sprintf("The %s instance type does not support AMD SEV-SNP.", a.typ))
	}},
	{Reason{"sev-snp-boot", "InvalidParameterCombination", "† EC2 user guide, AMD SEV-SNP, Requirements: boot mode uefi or uefi-preferred (code and words: ours)"}, func(a *ask) string {
		return when(options(a).AmdSevSnp == ec2types.AmdSevSnpSpecificationEnabled && a.Image.BootMode != "uefi" && a.Image.BootMode != "uefi-preferred",
			"AMD SEV-SNP requires an AMI with the boot mode uefi or uefi-preferred.")
	}},
	{Reason{"sev-snp-with", "InvalidParameterCombination", "† EC2 user guide, AMD SEV-SNP, Considerations: no hibernation, no Nitro Enclaves, no Dedicated Hosts (code and words: ours)"}, func(a *ask) string {
		return when(options(a).AmdSevSnp == ec2types.AmdSevSnpSpecificationEnabled && (enclave(a) || hibernates(a) || tenancy(a) == ec2types.TenancyHost),
			"AMD SEV-SNP cannot be enabled with hibernation, Nitro Enclaves or a Dedicated Host.")
	}},
	{Reason{"nested-virtualization", "UnsupportedOperation", "EC2 API, LaunchTemplateCpuOptionsRequest: C8i, M8i, R8i and their flex variants (code and words: ours)"}, func(a *ask) string {
		return when(options(a).NestedVirtualization == ec2types.NestedVirtualizationSpecificationEnabled && !nested(a),
			fmt.Sprintf("The %s instance type does not support nested virtualization.", a.typ))
	}},
	{Reason{"enclaves", "UnsupportedOperation", "Nitro Enclaves user guide, Requirements; EC2 API, NitroEnclavesSupport (code and words: ours)"}, func(a *ask) string {
		return when(enclave(a) && a.Type.NitroEnclavesSupport == ec2types.NitroEnclavesSupportUnsupported,
			fmt.Sprintf("Nitro Enclaves are not supported on the instance type %s.", a.typ))
	}},
	{Reason{"enclaves-hibernation", "InvalidParameterCombination", "EC2 API, RequestLaunchTemplateData.EnclaveOptions: not both on one instance (code and words: ours)"}, func(a *ask) string {
		return when(enclave(a) && hibernates(a), "Nitro Enclaves and hibernation cannot be enabled on the same instance.")
	}},
}

// maxHibernated is the memory from which on Linux is not hibernated, in MiB: 150 GiB (EC2 user guide, Hibernation prerequisites); Windows
// stops at 16 GiB.
const maxHibernated, maxHibernatedWindows = 150 << 10, 16 << 10

// Hibernation has prerequisites of the type, the image and the root volume.
var hibernationRows = []rule{
	{Reason{"hibernation", hibernationCode, "EC2 user guide, Hibernation prerequisites: families, no bare metal; EC2 API, HibernationSupported (words: ours)"}, func(a *ask) string {
		return when(hibernates(a) && (denied(a.Type.HibernationSupported) || a.metal()), "The requested instance type does not support hibernation.")
	}},
	{Reason{"hibernation-memory", hibernationCode, "† EC2 user guide, Hibernation prerequisites: less than 150 GiB of memory, on Windows at most 16 GiB (words: ours)"}, func(a *ask) string {
		if !hibernates(a) || a.Type.MemoryInfo == nil {
			return ""
		}
		mem := aws.ToInt64(a.Type.MemoryInfo.SizeInMiB)
		return when(mem >= maxHibernated || (a.Image.Platform == "windows" && mem > maxHibernatedWindows), fmt.Sprintf("The memory of the instance type %s is too large for hibernation.", a.typ))
	}},
	{Reason{"hibernation-image", hibernationCode, "EC2 user guide, Hibernation prerequisites: an HVM image, EBS-backed (words: ours)"}, func(a *ask) string {
		return when(hibernates(a) && (a.Image.rootDevice() != "ebs" || a.Image.virtualization() != "hvm"), "The specified AMI does not support hibernation.")
	}},
	{Reason{"hibernation-encryption", hibernationCode, "apache/airflow#35839 (words)"}, func(a *ask) string {
		encrypted := a.Image.RootEncrypted || (a.root != nil && aws.ToBool(a.root.Encrypted))
		return when(hibernates(a) && !encrypted, "For hibernation, the root device volume must be encrypted.")
	}},
	{Reason{"hibernation-root-size", hibernationCode, "EC2 user guide, Hibernation prerequisites: the root volume holds the memory; a public harness enlarges it on this code (words: ours)"}, func(a *ask) string {
		if !hibernates(a) || a.root == nil || a.root.VolumeSize == nil || a.Type.MemoryInfo == nil {
			return ""
		}
		mib := int64(*a.root.VolumeSize) << 10
		return when(mib < aws.ToInt64(a.Type.MemoryInfo.SizeInMiB), "The root device volume is too small to store the memory of the instance.")
	}},
	{Reason{"hibernation-spot", hibernationCode, "EC2 API, HibernationOptionsRequest: spot takes it with the interruption behaviour hibernate alone, which instant fleets do not have (words: ours)"}, func(a *ask) string {
		return when(hibernates(a) && a.Spot, "Hibernation is only supported for Spot Instances whose interruption behavior is hibernate.")
	}},
}

const hibernationCode = "UnsupportedHibernationConfiguration"

func options(a *ask) *ec2types.LaunchTemplateCpuOptionsRequest {
	return cmp.Or(a.Data.CpuOptions, &ec2types.LaunchTemplateCpuOptionsRequest{})
}

func cpus(a *ask) *ec2types.VCpuInfo { return cmp.Or(a.Type.VCpuInfo, &ec2types.VCpuInfo{}) }

func enclave(a *ask) bool {
	return a.Data.EnclaveOptions != nil && aws.ToBool(a.Data.EnclaveOptions.Enabled)
}

func hibernates(a *ask) bool {
	return a.Data.HibernationOptions != nil && aws.ToBool(a.Data.HibernationOptions.Configured)
}

// features are those of the processor that DescribeInstanceTypes names; it names none for most types, so that the lists of the user guide
// decide there.
func features(a *ask) []ec2types.SupportedAdditionalProcessorFeature {
	if a.Type.ProcessorInfo == nil {
		return nil
	}
	return a.Type.ProcessorInfo.SupportedFeatures
}

func sevSNP(a *ask) bool {
	if f := features(a); len(f) > 0 {
		return slices.Contains(f, ec2types.SupportedAdditionalProcessorFeatureAmdSevSnp)
	}
	sizes := map[string][]string{
		"m6a": {"large", "xlarge", "2xlarge", "4xlarge", "8xlarge"},
		"c6a": {"large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge"},
		"r6a": {"large", "xlarge", "2xlarge", "4xlarge"},
	}
	return slices.Contains(sizes[a.family], a.size)
}

func nested(a *ask) bool {
	if f := features(a); len(f) > 0 {
		return slices.Contains(f, ec2types.SupportedAdditionalProcessorFeatureNestedVirtualization)
	}
	return !a.metal() && a.is("c8i", "m8i", "r8i", "c8id", "m8id", "r8id", "c8i-flex", "m8i-flex", "r8i-flex")
}
