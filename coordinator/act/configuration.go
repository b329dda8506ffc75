package act

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// fromConfiguration turns a launch configuration into data for a launch template, since fleets launch from templates only
// (aws-facts 1.8). Every field is taken over, or is the reason, by its name, why the group cannot be served.
func fromConfiguration(c astypes.LaunchConfiguration) (out *types.RequestLaunchTemplateData, why string) {
	switch {
	case aws.ToString(c.SpotPrice) != "":
		return nil, "the launch configuration asks for spot itself (SpotPrice): there is nothing left to replace"
	case aws.ToString(c.ClassicLinkVPCId) != "", len(c.ClassicLinkVPCSecurityGroups) > 0:
		return nil, "the launch configuration links to EC2-Classic (ClassicLinkVPCId), which is gone"
	}
	out = &types.RequestLaunchTemplateData{
		ImageId: filled(c.ImageId), InstanceType: types.InstanceType(aws.ToString(c.InstanceType)), KeyName: filled(c.KeyName),
		KernelId: filled(c.KernelId), RamDiskId: filled(c.RamdiskId), UserData: filled(c.UserData), EbsOptimized: c.EbsOptimized,
	}
	if p := aws.ToString(c.IamInstanceProfile); strings.HasPrefix(p, "arn:") {
		out.IamInstanceProfile = &types.LaunchTemplateIamInstanceProfileSpecificationRequest{Arn: &p}
	} else if p != "" {
		out.IamInstanceProfile = &types.LaunchTemplateIamInstanceProfileSpecificationRequest{Name: &p}
	}
	if m := c.InstanceMonitoring; m != nil {
		out.Monitoring = &types.LaunchTemplatesMonitoringRequest{Enabled: m.Enabled}
	}
	if t := aws.ToString(c.PlacementTenancy); t != "" {
		out.Placement = &types.LaunchTemplatePlacementRequest{Tenancy: types.Tenancy(t)}
	}
	if m := c.MetadataOptions; m != nil {
		out.MetadataOptions = &types.LaunchTemplateInstanceMetadataOptionsRequest{
			HttpEndpoint:            types.LaunchTemplateInstanceMetadataEndpointState(m.HttpEndpoint),
			HttpTokens:              types.LaunchTemplateHttpTokensState(m.HttpTokens),
			HttpPutResponseHopLimit: m.HttpPutResponseHopLimit,
		}
	}
	for _, b := range c.BlockDeviceMappings {
		out.BlockDeviceMappings = append(out.BlockDeviceMappings, blockDevice(b))
	}
	return out, network(c, out)
}

// filled drops an empty string, by which Auto Scaling describes what was not given.
func filled(s *string) *string {
	if aws.ToString(s) == "" {
		return nil
	}
	return s
}

func blockDevice(b astypes.BlockDeviceMapping) types.LaunchTemplateBlockDeviceMappingRequest {
	out := types.LaunchTemplateBlockDeviceMappingRequest{DeviceName: b.DeviceName, VirtualName: filled(b.VirtualName)}
	if aws.ToBool(b.NoDevice) {
		out.NoDevice = aws.String("") // in a template the presence of the field says it
	}
	if e := b.Ebs; e != nil {
		out.Ebs = &types.LaunchTemplateEbsBlockDeviceRequest{
			DeleteOnTermination: e.DeleteOnTermination, Encrypted: e.Encrypted, Iops: e.Iops, SnapshotId: filled(e.SnapshotId),
			Throughput: e.Throughput, VolumeSize: e.VolumeSize, VolumeType: types.VolumeType(aws.ToString(e.VolumeType)),
		}
	}
	return out
}

// network sets security groups and public address. A template that says anything of its interface must carry the groups
// there and nowhere else (aws-facts 2.6), and an interface takes ids only.
func network(c astypes.LaunchConfiguration, out *types.RequestLaunchTemplateData) (why string) {
	var ids, names []string
	for _, g := range c.SecurityGroups {
		if strings.HasPrefix(g, "sg-") {
			ids = append(ids, g)
		} else {
			names = append(names, g)
		}
	}
	if len(ids) > 0 && len(names) > 0 {
		return "the launch configuration mixes ids and names in SecurityGroups, which a launch template cannot: use ids"
	}
	if c.AssociatePublicIpAddress == nil {
		out.SecurityGroupIds, out.SecurityGroups = ids, names
		return ""
	}
	if len(names) > 0 {
		return "the launch configuration names SecurityGroups beside AssociatePublicIpAddress, which a launch template cannot: use ids"
	}
	out.NetworkInterfaces = []types.LaunchTemplateInstanceNetworkInterfaceSpecificationRequest{{
		DeviceIndex: aws.Int32(0), AssociatePublicIpAddress: c.AssociatePublicIpAddress, Groups: ids,
	}}
	return ""
}
