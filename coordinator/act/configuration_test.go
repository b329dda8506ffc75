package act

import (
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// whole has every field set that a launch configuration in a VPC may have.
func whole() astypes.LaunchConfiguration {
	return astypes.LaunchConfiguration{
		ImageId: aws.String("ami-1"), InstanceType: aws.String("m5.large"), KeyName: aws.String("key"), KernelId: aws.String("aki-1"),
		RamdiskId: aws.String("ari-1"), UserData: aws.String("IyE="), EbsOptimized: aws.Bool(true), IamInstanceProfile: aws.String("web"),
		InstanceMonitoring: &astypes.InstanceMonitoring{Enabled: aws.Bool(true)}, PlacementTenancy: aws.String("dedicated"),
		MetadataOptions:          &astypes.InstanceMetadataOptions{HttpEndpoint: "enabled", HttpTokens: "required", HttpPutResponseHopLimit: aws.Int32(2)},
		SecurityGroups:           []string{"sg-1", "sg-2"},
		AssociatePublicIpAddress: aws.Bool(false),
		BlockDeviceMappings: []astypes.BlockDeviceMapping{
			{DeviceName: aws.String("/dev/sda1"), Ebs: &astypes.Ebs{DeleteOnTermination: aws.Bool(true), Encrypted: aws.Bool(true), Iops: aws.Int32(3000),
				SnapshotId: aws.String("snap-1"), Throughput: aws.Int32(125), VolumeSize: aws.Int32(20), VolumeType: aws.String("gp3")}},
			{DeviceName: aws.String("/dev/sdb"), VirtualName: aws.String("ephemeral0")},
			{DeviceName: aws.String("/dev/sdc"), NoDevice: aws.Bool(true)},
		},
	}
}

func TestALaunchConfigurationBecomesATemplateThatSaysTheSame(t *testing.T) {
	got, why := fromConfiguration(whole())
	if why != "" {
		t.Fatal(why)
	}
	want := &types.RequestLaunchTemplateData{
		ImageId: aws.String("ami-1"), InstanceType: "m5.large", KeyName: aws.String("key"), KernelId: aws.String("aki-1"), RamDiskId: aws.String("ari-1"),
		UserData: aws.String("IyE="), EbsOptimized: aws.Bool(true),
		IamInstanceProfile: &types.LaunchTemplateIamInstanceProfileSpecificationRequest{Name: aws.String("web")},
		Monitoring:         &types.LaunchTemplatesMonitoringRequest{Enabled: aws.Bool(true)},
		Placement:          &types.LaunchTemplatePlacementRequest{Tenancy: types.TenancyDedicated},
		MetadataOptions:    &types.LaunchTemplateInstanceMetadataOptionsRequest{HttpEndpoint: "enabled", HttpTokens: "required", HttpPutResponseHopLimit: aws.Int32(2)},
		NetworkInterfaces: []types.LaunchTemplateInstanceNetworkInterfaceSpecificationRequest{{DeviceIndex: aws.Int32(0),
			AssociatePublicIpAddress: aws.Bool(false), Groups: []string{"sg-1", "sg-2"}}},
		BlockDeviceMappings: []types.LaunchTemplateBlockDeviceMappingRequest{
			{DeviceName: aws.String("/dev/sda1"), Ebs: &types.LaunchTemplateEbsBlockDeviceRequest{DeleteOnTermination: aws.Bool(true), Encrypted: aws.Bool(true),
				Iops: aws.Int32(3000), SnapshotId: aws.String("snap-1"), Throughput: aws.Int32(125), VolumeSize: aws.Int32(20), VolumeType: types.VolumeTypeGp3}},
			{DeviceName: aws.String("/dev/sdb"), VirtualName: aws.String("ephemeral0")},
			{DeviceName: aws.String("/dev/sdc"), NoDevice: aws.String("")},
		},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// A field that AWS adds, or that the conversion forgets, changes nothing when it is set: then this test fails.
func TestEveryFieldOfALaunchConfigurationCounts(t *testing.T) {
	identity := map[string]bool{"LaunchConfigurationName": true, "LaunchConfigurationARN": true, "CreatedTime": true} // who it is, not what it says
	refused := map[string]any{"SpotPrice": aws.String("0.1"), "ClassicLinkVPCId": aws.String("vpc-1"), "ClassicLinkVPCSecurityGroups": []string{"sg-1"}}
	full, _ := fromConfiguration(whole())
	kind := reflect.TypeFor[astypes.LaunchConfiguration]()
	for i := range kind.NumField() {
		name := kind.Field(i).Name
		if !kind.Field(i).IsExported() || identity[name] {
			continue
		}
		c := whole()
		field := reflect.ValueOf(&c).Elem().Field(i)
		if v, ok := refused[name]; ok {
			field.Set(reflect.ValueOf(v))
			if _, why := fromConfiguration(c); why == "" {
				t.Errorf("%s is neither taken over nor refused", name)
			}
			continue
		}
		field.SetZero()
		if without, _ := fromConfiguration(c); reflect.DeepEqual(without, full) {
			t.Errorf("%s makes no difference", name)
		}
	}
}

func TestSecurityGroupsOfALaunchConfiguration(t *testing.T) {
	for _, one := range []struct {
		name        string
		groups      []string
		public      *bool
		ids, byName []string
		inside      []string
		why         string
	}{
		{name: "ids", groups: []string{"sg-1"}, ids: []string{"sg-1"}},
		{name: "names", groups: []string{"web"}, byName: []string{"web"}},
		{name: "ids with a public address go into the interface", groups: []string{"sg-1"}, public: aws.Bool(true), inside: []string{"sg-1"}},
		{name: "names with a public address are refused", groups: []string{"web"}, public: aws.Bool(true), why: "AssociatePublicIpAddress"},
		{name: "ids and names are refused", groups: []string{"sg-1", "web"}, why: "SecurityGroups"},
	} {
		t.Run(one.name, func(t *testing.T) {
			got, why := fromConfiguration(astypes.LaunchConfiguration{SecurityGroups: one.groups, AssociatePublicIpAddress: one.public})
			if one.why != "" || why != "" {
				if one.why == "" || !strings.Contains(why, one.why) {
					t.Errorf("refused: %q, want %q in it", why, one.why)
				}
				return
			}
			var inside []string
			for _, n := range got.NetworkInterfaces {
				inside = n.Groups
			}
			if !reflect.DeepEqual([][]string{got.SecurityGroupIds, got.SecurityGroups, inside}, [][]string{one.ids, one.byName, one.inside}) {
				t.Errorf("ids %v, names %v, in the interface %v", got.SecurityGroupIds, got.SecurityGroups, inside)
			}
		})
	}
}
