package act

import (
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"autospotting/pkg/snapshot"
)

// fromInstance makes a template of a running instance, for groups whose template or configuration is gone. What an instance
// does not tell, such as its credit specification or shutdown behaviour, is as EC2 has it by default. Volumes that were attached
// after the launch are the application's and stay out.
func fromInstance(i types.Instance, volumes map[string]types.Volume, userData *string) (out *types.RequestLaunchTemplateData, why string) {
	if i.Placement != nil && i.Placement.Tenancy == types.TenancyHost {
		return nil, "the instance runs on a dedicated host, which spot cannot"
	}
	out = &types.RequestLaunchTemplateData{
		ImageId: filled(i.ImageId), InstanceType: i.InstanceType, KeyName: filled(i.KeyName), KernelId: filled(i.KernelId), RamDiskId: filled(i.RamdiskId),
		EbsOptimized: i.EbsOptimized, UserData: filled(userData), TagSpecifications: tagsOf(i.Tags),
	}
	if p := i.IamInstanceProfile; p != nil {
		out.IamInstanceProfile = &types.LaunchTemplateIamInstanceProfileSpecificationRequest{Arn: p.Arn}
	}
	if m := i.Monitoring; m != nil {
		on := m.State == types.MonitoringStateEnabled || m.State == types.MonitoringStatePending
		out.Monitoring = &types.LaunchTemplatesMonitoringRequest{Enabled: &on}
	}
	if p := i.Placement; p != nil {
		out.Placement = &types.LaunchTemplatePlacementRequest{Tenancy: p.Tenancy, GroupId: filled(p.GroupId), PartitionNumber: p.PartitionNumber}
		if out.Placement.GroupId == nil {
			out.Placement.GroupName = filled(p.GroupName)
		}
	}
	for _, l := range i.Licenses {
		out.LicenseSpecifications = append(out.LicenseSpecifications, types.LaunchTemplateLicenseConfigurationRequest{LicenseConfigurationArn: l.LicenseConfigurationArn})
	}
	sameNames(out, i)
	out.NetworkInterfaces = interfacesOf(i)
	out.BlockDeviceMappings, why = devicesOf(i, volumes)
	return out, why
}

// sameNames copies the options whose fields have the same names in both.
func sameNames(out *types.RequestLaunchTemplateData, i types.Instance) {
	to, from := reflect.ValueOf(out).Elem(), reflect.ValueOf(i)
	for _, name := range []string{"MetadataOptions", "CpuOptions", "CapacityReservationSpecification", "EnclaveOptions", "HibernationOptions",
		"MaintenanceOptions", "PrivateDnsNameOptions", "NetworkPerformanceOptions"} {
		if v := from.FieldByName(name); !v.IsZero() {
			var dropped []string // what describes a state only, as in answersOnly
			copyValue(to.FieldByName(name), v, name+".", &dropped)
		}
	}
}

// unusual leaves of CPU options what is not the type's own, so that somebody asked for it: EC2 describes every instance with some. Of a type that
// the snapshot does not know, cores and threads count as its own.
func unusual(o *types.LaunchTemplateCpuOptionsRequest, typ string) *types.LaunchTemplateCpuOptionsRequest {
	if o == nil {
		return nil
	}
	t, known := snapshot.Lookup(typ)
	if !known || t.Cores == 0 || int(aws.ToInt32(o.CoreCount)) == t.Cores && int(aws.ToInt32(o.ThreadsPerCore)) == t.ThreadsPerCore {
		o.CoreCount, o.ThreadsPerCore = nil, nil
	}
	if o.CoreCount == nil && o.AmdSevSnp != types.AmdSevSnpSpecificationEnabled && o.NestedVirtualization != types.NestedVirtualizationSpecificationEnabled {
		return nil
	}
	return o
}

func tagsOf(tags []types.Tag) []types.LaunchTemplateTagSpecificationRequest {
	if len(tags) == 0 {
		return nil
	}
	return []types.LaunchTemplateTagSpecificationRequest{{ResourceType: types.ResourceTypeInstance, Tags: tags}}
}

// interfacesOf describes the interfaces that the instance was launched with. A public address can be asked for only of
// a single one; of several each has what its subnet gives.
func interfacesOf(i types.Instance) []types.LaunchTemplateInstanceNetworkInterfaceSpecificationRequest {
	var list []types.LaunchTemplateInstanceNetworkInterfaceSpecificationRequest
	for _, n := range i.NetworkInterfaces {
		if n.Attachment == nil || late(i, n.Attachment.AttachTime) {
			continue
		}
		spec := types.LaunchTemplateInstanceNetworkInterfaceSpecificationRequest{DeviceIndex: n.Attachment.DeviceIndex,
			NetworkCardIndex: n.Attachment.NetworkCardIndex, DeleteOnTermination: n.Attachment.DeleteOnTermination,
			Description: filled(n.Description), InterfaceType: filled(n.InterfaceType)}
		for _, g := range n.Groups {
			spec.Groups = append(spec.Groups, aws.ToString(g.GroupId))
		}
		if len(n.Ipv6Addresses) > 0 {
			spec.Ipv6AddressCount = aws.Int32(int32(len(n.Ipv6Addresses)))
		}
		if more := len(n.PrivateIpAddresses) - 1; more > 0 {
			spec.SecondaryPrivateIpAddressCount = aws.Int32(int32(more))
		}
		list = append(list, spec)
	}
	slices.SortFunc(list, func(a, b types.LaunchTemplateInstanceNetworkInterfaceSpecificationRequest) int {
		return int(aws.ToInt32(a.DeviceIndex) - aws.ToInt32(b.DeviceIndex))
	})
	if len(list) == 1 {
		list[0].AssociatePublicIpAddress = aws.Bool(aws.ToString(i.PublicIpAddress) != "")
	}
	return list
}

// attachedBy is how long after the launch what it asked for is attached.
const attachedBy = 2 * time.Minute

func late(i types.Instance, at *time.Time) bool {
	return at != nil && i.LaunchTime != nil && at.After(i.LaunchTime.Add(attachedBy))
}

func devicesOf(i types.Instance, volumes map[string]types.Volume) (list []types.LaunchTemplateBlockDeviceMappingRequest, why string) {
	for _, m := range i.BlockDeviceMappings {
		if m.Ebs == nil || late(i, m.Ebs.AttachTime) {
			continue
		}
		v, known := volumes[aws.ToString(m.Ebs.VolumeId)]
		if !known {
			return nil, fmt.Sprintf("the volume %s cannot be described", aws.ToString(m.Ebs.VolumeId))
		}
		ebs := &types.LaunchTemplateEbsBlockDeviceRequest{DeleteOnTermination: m.Ebs.DeleteOnTermination, Encrypted: v.Encrypted, KmsKeyId: filled(v.KmsKeyId),
			SnapshotId: filled(v.SnapshotId), VolumeSize: v.Size, VolumeType: v.VolumeType}
		switch v.VolumeType {
		case types.VolumeTypeIo1, types.VolumeTypeIo2:
			ebs.Iops = v.Iops
		case types.VolumeTypeGp3:
			ebs.Iops, ebs.Throughput = v.Iops, v.Throughput
		}
		list = append(list, types.LaunchTemplateBlockDeviceMappingRequest{DeviceName: m.DeviceName, Ebs: ebs})
	}
	return list, ""
}
