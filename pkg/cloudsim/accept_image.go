package cloudsim

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// What of the image the type must offer.
var imageRows = []rule{
	{Reason{"architecture", "InvalidParameterValue", "SUSE-Enceladus/ec2imgutils#103 (words); EC2 API, InstanceTypeInfo.ProcessorInfo.SupportedArchitectures"}, func(a *ask) string {
		have := architectures(a)
		if len(have) == 0 || slices.Contains(have, a.Image.architecture()) {
			return ""
		}
		return fmt.Sprintf("The architecture '%s' of the specified instance type does not match the architecture '%s' of the specified AMI. Specify an instance type and an AMI that have matching architectures, and try again. You can use 'describe-instance-types' or 'describe-images' to discover the architecture of the instance type or AMI.",
			strings.Join(have, ","), a.Image.architecture())
	}},
	{Reason{"hvm-image", "InvalidParameterCombination", "saltstack/salt#26417, newsapps/beeswithmachineguns#139 (words)"}, func(a *ask) string {
		return when(a.Image.virtualization() == "hvm" && a.Image.Platform != "windows" && noVirtualization(a, ec2types.VirtualizationTypeHvm),
			"Non-Windows instances with a virtualization type of 'hvm' are currently not supported for this instance type.")
	}},
	{Reason{"paravirtual-image", "InvalidParameterCombination", "BD2KGenomics/cgcloud#10 (words); EC2 user guide, Linux AMI virtualization types"}, func(a *ask) string {
		return when(a.Image.virtualization() == "paravirtual" && noVirtualization(a, ec2types.VirtualizationTypeParavirtual),
			fmt.Sprintf("Virtualization type 'hvm' is required for instances of type '%s'.", a.typ))
	}},
	{Reason{"kernel", "InvalidParameterCombination", "† EC2 user guide, User provided kernels: kernel and RAM disk ids are for paravirtual images (words: ours)"}, func(a *ask) string {
		asked := aws.ToString(a.Data.KernelId) != "" || aws.ToString(a.Data.RamDiskId) != ""
		return when(asked && a.Image.virtualization() == "hvm", "The parameters KernelId and RamdiskId are not supported for images of virtualization type 'hvm'.")
	}},
	{Reason{"ena", "InvalidParameterCombination", "vantage-sh/ec2instances.info#409, hashicorp/terraform#19763 (words)"}, func(a *ask) string {
		return when(a.Image.NoENA && a.network().EnaSupport == ec2types.EnaSupportRequired,
			fmt.Sprintf("Enhanced networking with the Elastic Network Adapter (ENA) is required for the '%s' instance type. Ensure that you are using an AMI that is enabled for ENA.", a.typ))
	}},
	{Reason{"boot-mode", "InvalidParameterCombination", "EC2 user guide, Instance launch behavior with boot modes (launch-instance-boot-mode): type and image must share a mode; code and words: ours"}, func(a *ask) string {
		want := ec2types.BootModeType(a.Image.BootMode)
		have := a.Type.SupportedBootModes
		strict := want == ec2types.BootModeTypeUefi || want == ec2types.BootModeTypeLegacyBios
		return when(strict && len(have) > 0 && !slices.Contains(have, want),
			fmt.Sprintf("The instance type '%s' does not support the boot mode '%s' of the specified AMI.", a.typ, want))
	}},
	{Reason{"tpm", "InvalidParameterCombination", "† EC2 user guide, Requirements for using NitroTPM (enable-nitrotpm-prerequisites); code and words: ours"}, func(a *ask) string {
		return when(a.Image.TPM != "" && a.Type.NitroTpmSupport == ec2types.NitroTpmSupportUnsupported,
			fmt.Sprintf("The instance type '%s' does not support NitroTPM, which the specified AMI requires.", a.typ))
	}},
	{Reason{"root-device", "UnsupportedOperation", "thelastpickle/tlp-cluster#150, jtriley/StarCluster#52 (words)"}, func(a *ask) string {
		have := a.Type.SupportedRootDeviceTypes
		return when(len(have) > 0 && !slices.Contains(have, ec2types.RootDeviceType(a.Image.rootDevice())),
			fmt.Sprintf("AMI '%s' with an %s root device is not supported for the instance type '%s'.", aws.ToString(a.Data.ImageId), a.Image.rootDevice(), a.typ))
	}},
	{Reason{"shutdown-behavior", "InvalidParameterCombination", "mitchellh/vagrant-aws#131, hashicorp/terraform#2887 (words)"}, func(a *ask) string {
		return when(a.Data.InstanceInitiatedShutdownBehavior != "" && a.Image.rootDevice() == "instance-store",
			"The attribute instanceInitiatedShutdownBehavior can only be used for elastic images.")
	}},
	{Reason{"mac-host", "Unsupported", "† EC2 user guide, Amazon EC2 Mac instances: only as bare metal on Dedicated Hosts"}, func(a *ask) string {
		return when(strings.HasPrefix(a.family, "mac") && tenancy(a) != ec2types.TenancyHost, unsupportedText)
	}},
}

// unsupportedText is EC2's general word for what it does not support (EC2 user guide, Troubleshooting instance launch issues).
const unsupportedText = "The requested configuration is currently not supported. Please check the documentation for supported configurations."

func architectures(a *ask) []string {
	var out []string
	if p := a.Type.ProcessorInfo; p != nil {
		for _, arch := range p.SupportedArchitectures {
			out = append(out, string(arch))
		}
	}
	return out
}

func noVirtualization(a *ask, v ec2types.VirtualizationType) bool {
	have := a.Type.SupportedVirtualizationTypes
	return len(have) > 0 && !slices.Contains(have, v)
}
