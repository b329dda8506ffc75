package act

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"autospotting/coordinator/decide"
)

func TestAcceleratorsOfEveryKindAreRead(t *testing.T) {
	t.Parallel()
	one := aws.Int32(1)
	for _, c := range []struct {
		name string
		info types.InstanceTypeInfo
		gpus int
		gpu  string
		mem  int
		acc  int
		kind string
	}{
		{"Trainium", types.InstanceTypeInfo{NeuronInfo: &types.NeuronInfo{NeuronDevices: []types.NeuronDeviceInfo{{Count: one, Name: aws.String("Trainium")}}}}, 0, "", 0, 1, "Trainium"},
		{"Inferentia, which two fields tell of, counts once", types.InstanceTypeInfo{
			NeuronInfo:               &types.NeuronInfo{NeuronDevices: []types.NeuronDeviceInfo{{Count: one, Name: aws.String("Inferentia")}}},
			InferenceAcceleratorInfo: &types.InferenceAcceleratorInfo{Accelerators: []types.InferenceDeviceInfo{{Count: one, Name: aws.String("Inferentia")}}}}, 0, "", 0, 1, "Inferentia"},
		{"a media accelerator", types.InstanceTypeInfo{MediaAcceleratorInfo: &types.MediaAcceleratorInfo{Accelerators: []types.MediaDeviceInfo{{Count: one, Name: aws.String("U30")}}}}, 0, "", 0, 1, "U30"},
		{"a GPU with its memory", types.InstanceTypeInfo{GpuInfo: &types.GpuInfo{Gpus: []types.GpuDeviceInfo{{Count: one, Name: aws.String("A100"), MemoryInfo: &types.GpuDeviceMemoryInfo{SizeInMiB: aws.Int32(81920)}}}}}, 1, "A100", 81920, 0, ""},
		{"a part of a GPU", types.InstanceTypeInfo{GpuInfo: &types.GpuInfo{Gpus: []types.GpuDeviceInfo{{Count: one, Name: aws.String("L4"), GpuPartitionSize: aws.Float64(0.125)}}}}, 1, "L4, 0.125 of one", 0, 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := ToType(c.info)
			if got.GPUs != c.gpus || got.GPUModel != c.gpu || got.GPUMemoryMiB != c.mem || got.Accelerators != c.acc || got.AcceleratorModel != c.kind {
				t.Errorf("read as %+v", got)
			}
		})
	}
}

// manySubnets has two subnets in one zone; one of those that are asked for is gone.
type manySubnets struct{ EC2 }

func (manySubnets) DescribeSubnets(_ context.Context, in *ec2.DescribeSubnetsInput, _ ...func(*ec2.Options)) (*ec2.DescribeSubnetsOutput, error) {
	subnet := func(id, zone string, free int32) types.Subnet {
		return types.Subnet{SubnetId: &id, AvailabilityZone: &zone, AvailableIpAddressCount: &free}
	}
	if len(in.SubnetIds) > 0 || len(in.Filters) != 1 || len(in.Filters[0].Values) != 4 {
		return &ec2.DescribeSubnetsOutput{}, nil
	}
	return &ec2.DescribeSubnetsOutput{Subnets: []types.Subnet{subnet("subnet-1", "a", 0), subnet("subnet-2", "a", 200), subnet("subnet-3", "b", 7)}}, nil
}

func TestOfTwoSubnetsInAZoneTheOneWithMoreRoomIsTakenAndOneThatIsGoneStopsNothing(t *testing.T) {
	t.Parallel()
	a := &Actor{Config: Config{EC2: manySubnets{}, Now: time.Now}}
	got, err := a.subnets(context.Background(), asgtypes.AutoScalingGroup{VPCZoneIdentifier: aws.String("subnet-1,subnet-2,subnet-3,subnet-gone")})
	if err != nil || len(got.byZone) != 2 || got.byZone["a"] != "subnet-2" || got.byZone["b"] != "subnet-3" || len(got.zones) != 3 || got.zones["subnet-1"] != "a" {
		t.Errorf("%v, %v", got, err)
	}
}

// In a filter's values * stands for anything, and a group may be called so. What the record names may be another's by now.
func TestOnlyMembersAndWhatCarriesTheGroupsNameIsOfTheGroup(t *testing.T) {
	t.Parallel()
	tag := func(key, value string) []types.Tag { return []types.Tag{{Key: &key, Value: &value}} }
	for name, c := range map[string]struct {
		group string
		of    types.Instance
		want  bool
	}{
		"our tag":                       {"web-1", types.Instance{Tags: tag("autospotting-group", "web-1")}, true},
		"Auto Scaling's":                {"web-1", types.Instance{Tags: tag("aws:autoscaling:groupName", "web-1")}, true},
		"another that the name fits":    {"web-*", types.Instance{Tags: tag("autospotting-group", "web-1")}, false},
		"another tag with the name":     {"web-*", types.Instance{Tags: tag("x", "web-*")}, false},
		"a member without a tag so far": {"web-1", types.Instance{InstanceId: aws.String("i-member")}, true},
		"named by the record alone":     {"web-1", types.Instance{InstanceId: aws.String("i-named")}, false},
	} {
		f := findings{group: c.group, byID: map[string]decide.Instance{}, wanted: map[string]bool{"i-member": true}}
		if f.add(&c.of); (len(f.byID) == 1) != c.want {
			t.Errorf("%s: %v", name, f.byID)
		}
	}
}

func TestWhatIsLaunchedGoesIntoTheGroupsPlacementGroup(t *testing.T) {
	t.Parallel()
	d := &types.RequestLaunchTemplateData{}
	if intoPlacementGroup(d, ""); d.Placement != nil {
		t.Error("without one nothing is said")
	}
	d.Placement = &types.LaunchTemplatePlacementRequest{Tenancy: types.TenancyDefault}
	if intoPlacementGroup(d, "apart"); aws.ToString(d.Placement.GroupName) != "apart" || d.Placement.Tenancy != types.TenancyDefault {
		t.Errorf("%+v", d.Placement)
	}
}
