package cloudsim

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// sharedAttachments is how many devices a Nitro instance with a shared limit takes: volumes, interfaces and NVMe instance stores together (EBS
// user guide, Volume limits).
const sharedAttachments = 28

// What is asked of the volumes.
var storageRows = []rule{
	{Reason{"volumes", "AttachmentLimitExceeded", "EC2 API, AttachVolume: beyond the type's limit it is this code; EBS user guide, Volume limits (words: ours)"}, func(a *ask) string {
		most := a.ebs().MaximumEbsAttachments
		shared := a.ebs().AttachmentLimitType == ec2types.AttachmentLimitTypeShared
		used := a.volumes + len(a.interfaces)
		if a.nvmeDisks {
			used += a.disks
		}
		return when((most != nil && a.volumes > int(*most)) || (shared && used > sharedAttachments), fmt.Sprintf("Volume count %d exceeds the limit for %s", a.volumes, a.typ))
	}},
	{Reason{"ebs-optimized", "Unsupported", "chef/knife-ec2's specification of m1.small, public reports (words)"}, func(a *ask) string {
		return when(aws.ToBool(a.Data.EbsOptimized) && a.ebs().EbsOptimizedSupport == ec2types.EbsOptimizedSupportUnsupported,
			"EBS-optimized instances are not supported for your requested configuration. Please check the documentation for supported configurations.")
	}},
	{Reason{"ebs-encryption", "EncryptedVolumesNotSupported", "† EC2 API, Error codes (words)"}, func(a *ask) string {
		encrypted := a.Image.RootEncrypted
		for _, m := range a.Data.BlockDeviceMappings {
			encrypted = encrypted || (m.Ebs != nil && aws.ToBool(m.Ebs.Encrypted))
		}
		return when(encrypted && a.ebs().EncryptionSupport == ec2types.EbsEncryptionSupportUnsupported,
			"Encrypted Amazon EBS volumes may only be attached to instances that support Amazon EBS encryption.")
	}},
	{Reason{"block-express", "UnsupportedOperation", "† EBS user guide, io2 Block Express: more than 64,000 IOPS or 16 TiB on Nitro instances alone (code and words: ours)"}, func(a *ask) string {
		return eachVolume(a, func(e *ec2types.LaunchTemplateEbsBlockDeviceRequest) string {
			large := aws.ToInt32(e.Iops) > 64000 || aws.ToInt32(e.VolumeSize) > 16384
			return when(e.VolumeType == ec2types.VolumeTypeIo2 && large && a.xen(), fmt.Sprintf("io2 Block Express volumes are not supported on %s", a.typ))
		})
	}},
	{Reason{"iops", "InvalidParameterCombination", "EBS user guide, Volume types: io1 64,000 IOPS, io2 256,000, gp3 80,000 (code and words: ours)"}, func(a *ask) string {
		return eachVolume(a, func(e *ec2types.LaunchTemplateEbsBlockDeviceRequest) string {
			most := map[ec2types.VolumeType]int32{ec2types.VolumeTypeIo1: 64000, ec2types.VolumeTypeIo2: 256000, ec2types.VolumeTypeGp3: 80000}[e.VolumeType]
			return when(most > 0 && aws.ToInt32(e.Iops) > most, fmt.Sprintf("Iops to volume type %s must be at most %d", e.VolumeType, most))
		})
	}},
	{Reason{"ebs-card", "InvalidParameterValue", "EC2 API, EbsBlockDevice.EbsCardIndex: types with several EBS cards alone (code and words: ours)"}, func(a *ask) string {
		return eachVolume(a, func(e *ec2types.LaunchTemplateEbsBlockDeviceRequest) string {
			most := a.ebs().MaximumEbsCards
			return when(e.EbsCardIndex != nil && most != nil && *e.EbsCardIndex >= *most, fmt.Sprintf("EBS card index %d exceeds the limit for %s", aws.ToInt32(e.EbsCardIndex), a.typ))
		})
	}},
	{Reason{"device-name", "InvalidParameterValue", "EC2 user guide, Device names for volumes; public reports of /dev/nvme1n1 (words)"}, func(a *ask) string {
		for _, m := range a.Data.BlockDeviceMappings {
			name := aws.ToString(m.DeviceName)
			if m.Ebs != nil && strings.HasPrefix(name, "/dev/nvme") {
				return fmt.Sprintf("Value (%s) for parameter device is invalid. %s is not a valid EBS device name.", name, name)
			}
		}
		return ""
	}},
}

func eachVolume(a *ask, ask func(*ec2types.LaunchTemplateEbsBlockDeviceRequest) string) string {
	for _, m := range a.Data.BlockDeviceMappings {
		if m.Ebs != nil {
			if text := ask(m.Ebs); text != "" {
				return text
			}
		}
	}
	return ""
}
