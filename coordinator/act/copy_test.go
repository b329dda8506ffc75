package act

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// What EC2 may add to its answers one day, which a request cannot hold, in every way in which the two can differ.
func TestWhatHasNoCounterpartIsNamedAndTheRestIsTakenOver(t *testing.T) {
	t.Parallel()
	type word string
	type from struct {
		Same    string
		At      time.Time // whose own fields nobody may copy
		Word    string
		Number  int
		Unknown string
		Map     map[string]int
		Empty   string
		List    []struct{ Deep string }
		Odd     []string
		Pointer *struct{ Deep, More string }
		hidden  string
	}
	type to struct {
		Same    string
		At      time.Time
		Word    word
		Number  string
		Map     map[string]string
		List    []struct{ Deep word }
		Odd     []int
		Pointer *struct{ Deep word }
		hidden  string
	}
	var got to
	var dropped []string
	copyByName(reflect.ValueOf(&got).Elem(), reflect.ValueOf(from{Same: "a", At: noon, Word: "b", Number: 1, Unknown: "c", Map: map[string]int{"d": 1}, List: []struct{ Deep string }{{"e"}, {"f"}},
		Odd: []string{"g"}, Pointer: &struct{ Deep, More string }{"h", "i"}, hidden: "j"}), "", &dropped)
	if want := (to{Same: "a", At: noon, Word: "b", List: []struct{ Deep word }{{"e"}, {"f"}}, Pointer: &struct{ Deep word }{"h"}}); !reflect.DeepEqual(
		[]any{got.Same, got.At, got.Word, got.Number, got.Map, got.List, got.Pointer, got.hidden}, []any{want.Same, want.At, want.Word, want.Number, want.Map, want.List, want.Pointer, ""}) {
		t.Errorf("%+v", got)
	}
	if slices.Sort(dropped); !slices.Equal(dropped, []string{"Map", "Number", "Odd", "Pointer.More", "Unknown"}) {
		t.Errorf("named as dropped: %v", dropped)
	}
}

func TestAnInstancesPartsBecomeTheTemplates(t *testing.T) {
	t.Parallel()
	nic := func(index int32, addresses, v6 int) types.InstanceNetworkInterface {
		return types.InstanceNetworkInterface{Attachment: &types.InstanceNetworkInterfaceAttachment{DeviceIndex: &index, AttachTime: &noon},
			PrivateIpAddresses: make([]types.InstancePrivateIpAddress, addresses), Ipv6Addresses: make([]types.InstanceIpv6Address, v6)}
	}
	indexes := func(d *types.RequestLaunchTemplateData) any {
		var list []int32
		for _, n := range d.NetworkInterfaces {
			list = append(list, *n.DeviceIndex)
		}
		return list
	}
	for _, c := range []struct {
		name string
		from types.Instance
		read func(*types.RequestLaunchTemplateData) any
		want any
	}{
		{"monitoring that is on", types.Instance{Monitoring: &types.Monitoring{State: "enabled"}}, func(d *types.RequestLaunchTemplateData) any { return *d.Monitoring.Enabled }, true},
		{"monitoring that comes on", types.Instance{Monitoring: &types.Monitoring{State: "pending"}}, func(d *types.RequestLaunchTemplateData) any { return *d.Monitoring.Enabled }, true},
		{"monitoring that is off", types.Instance{Monitoring: &types.Monitoring{State: "disabled"}}, func(d *types.RequestLaunchTemplateData) any { return *d.Monitoring.Enabled }, false},
		{"a placement group by its name", types.Instance{Placement: &types.Placement{GroupName: aws.String("apart")}}, func(d *types.RequestLaunchTemplateData) any { return *d.Placement.GroupName }, "apart"},
		{"and by its id alone where that is known", types.Instance{Placement: &types.Placement{GroupName: aws.String("apart"), GroupId: aws.String("pg-1")}},
			func(d *types.RequestLaunchTemplateData) any {
				return d.Placement.GroupName == nil && *d.Placement.GroupId == "pg-1"
			}, true},
		{"one tag", types.Instance{Tags: []types.Tag{{Key: aws.String("a")}}}, func(d *types.RequestLaunchTemplateData) any { return len(d.TagSpecifications) }, 1},
		{"no tags", types.Instance{}, func(d *types.RequestLaunchTemplateData) any { return len(d.TagSpecifications) }, 0},
		{"an interface that is not attached", types.Instance{NetworkInterfaces: []types.InstanceNetworkInterface{{}, nic(0, 1, 0)}}, indexes, []int32{0}},
		{"interfaces in the order of their places", types.Instance{NetworkInterfaces: []types.InstanceNetworkInterface{nic(2, 1, 0), nic(0, 1, 0), nic(1, 1, 0)}}, indexes, []int32{0, 1, 2}},
		{"one address of its own needs no number", types.Instance{NetworkInterfaces: []types.InstanceNetworkInterface{nic(0, 1, 0)}},
			func(d *types.RequestLaunchTemplateData) any {
				n := d.NetworkInterfaces[0]
				return n.SecondaryPrivateIpAddressCount == nil && n.Ipv6AddressCount == nil
			}, true},
		{"more addresses are asked for by number", types.Instance{NetworkInterfaces: []types.InstanceNetworkInterface{nic(0, 2, 1)}},
			func(d *types.RequestLaunchTemplateData) any {
				n := d.NetworkInterfaces[0]
				return []int32{*n.SecondaryPrivateIpAddressCount, *n.Ipv6AddressCount}
			}, []int32{1, 1}},
		{"what has no time was there from the start", types.Instance{LaunchTime: &noon, NetworkInterfaces: []types.InstanceNetworkInterface{{Attachment: &types.InstanceNetworkInterfaceAttachment{DeviceIndex: aws.Int32(0)}}}},
			indexes, []int32{0}},
		{"and what was attached within two minutes", types.Instance{LaunchTime: aws.Time(noon.Add(-attachedBy)), NetworkInterfaces: []types.InstanceNetworkInterface{nic(0, 1, 0)}}, indexes, []int32{0}},
		{"an instance whose launch has no time", types.Instance{NetworkInterfaces: []types.InstanceNetworkInterface{nic(0, 1, 0)}}, indexes, []int32{0}},
		{"a device without a volume", types.Instance{BlockDeviceMappings: []types.InstanceBlockDeviceMapping{{}}}, func(d *types.RequestLaunchTemplateData) any { return len(d.BlockDeviceMappings) }, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d, why := fromInstance(c.from, nil, nil)
			if why != "" {
				t.Fatal(why)
			}
			if got := c.read(d); !reflect.DeepEqual(got, c.want) {
				t.Errorf("%v, want %v", got, c.want)
			}
		})
	}
}

func TestOperationsAreAskedForOfVolumesThatTakeThem(t *testing.T) {
	t.Parallel()
	for kind, want := range map[types.VolumeType][2]int32{"io1": {300, 0}, "io2": {300, 0}, "gp3": {300, 125}, "gp2": {0, 0}} {
		i := types.Instance{BlockDeviceMappings: []types.InstanceBlockDeviceMapping{{Ebs: &types.EbsInstanceBlockDevice{VolumeId: aws.String("vol-1")}}}}
		d, why := fromInstance(i, map[string]types.Volume{"vol-1": {VolumeType: kind, Iops: aws.Int32(300), Throughput: aws.Int32(125)}}, nil)
		if why != "" {
			t.Fatal(why)
		}
		e := d.BlockDeviceMappings[0].Ebs
		if got := [2]int32{aws.ToInt32(e.Iops), aws.ToInt32(e.Throughput)}; got != want {
			t.Errorf("%s: %v, want %v", kind, got, want)
		}
	}
}

func TestAConfigurationsProfileIsAnARNOrAName(t *testing.T) {
	t.Parallel()
	const arn = "arn:aws:iam::123456789012:instance-profile/web"
	for given, want := range map[string]types.LaunchTemplateIamInstanceProfileSpecificationRequest{arn: {Arn: aws.String(arn)}, "web": {Name: aws.String("web")}} {
		if d, _ := fromConfiguration(astypes.LaunchConfiguration{IamInstanceProfile: &given, KeyName: aws.String("")}); !reflect.DeepEqual(*d.IamInstanceProfile, want) || d.KeyName != nil {
			t.Errorf("%s: %+v, key %v", given, *d.IamInstanceProfile, d.KeyName)
		}
	}
}

func TestTagsOfTheTemplateThatMetadataCannotShow(t *testing.T) {
	t.Parallel()
	tags := func(kind types.ResourceType, keys ...string) types.LaunchTemplateTagSpecificationRequest {
		s := types.LaunchTemplateTagSpecificationRequest{ResourceType: kind}
		for _, k := range keys {
			s.Tags = append(s.Tags, types.Tag{Key: &k})
		}
		return s
	}
	d := &types.RequestLaunchTemplateData{MetadataOptions: &types.LaunchTemplateInstanceMetadataOptionsRequest{InstanceMetadataTags: "enabled"},
		TagSpecifications: []types.LaunchTemplateTagSpecificationRequest{tags("instance", "a b", ".", "AZaz09+-=.,_:@", "c`"), tags("volume", "d e")}}
	if got := oddInMetadata(d, map[string]string{"a b": ""}); !slices.Equal(got, []string{".", "a b", "c`"}) {
		t.Errorf("%q", got)
	}
	if got := oddInMetadata(&types.RequestLaunchTemplateData{}, map[string]string{"a b": ""}); got != nil {
		t.Errorf("without metadata options: %q", got)
	}
}

func TestATemplateWithNothingButTagsOfOthersHasNone(t *testing.T) {
	t.Parallel()
	key := func(k string) []types.Tag { return []types.Tag{{Key: &k}} }
	d := &types.RequestLaunchTemplateData{TagSpecifications: []types.LaunchTemplateTagSpecificationRequest{{ResourceType: "instance", Tags: key("autospotting-launch")},
		{ResourceType: "instance", Tags: key("autospotting-group")}, {ResourceType: "volume", Tags: key("aws:x")}}}
	if tidyTags(d, nil); d.TagSpecifications != nil {
		t.Errorf("%+v", d.TagSpecifications)
	}
	d.TagSpecifications = []types.LaunchTemplateTagSpecificationRequest{{ResourceType: "volume", Tags: key("autospotting-launch")}}
	if tidyTags(d, nil); len(d.TagSpecifications) != 1 {
		t.Error("on a volume our key is the owner's")
	}
}

func TestATypesDescriptionIsRead(t *testing.T) {
	t.Parallel()
	got := ToType(types.InstanceTypeInfo{
		InstanceType: "m5d.large", BurstablePerformanceSupported: aws.Bool(true), BareMetal: aws.Bool(true), CurrentGeneration: aws.Bool(true), Hypervisor: "xen",
		SupportedUsageClasses: []types.UsageClassType{"on-demand", "spot"}, SupportedVirtualizationTypes: []types.VirtualizationType{"hvm"},
		SupportedBootModes: []types.BootModeType{"uefi", "legacy-bios"}, VCpuInfo: &types.VCpuInfo{DefaultVCpus: aws.Int32(2)}, MemoryInfo: &types.MemoryInfo{SizeInMiB: aws.Int64(8192)},
		ProcessorInfo:       &types.ProcessorInfo{SupportedArchitectures: []types.ArchitectureType{"x86_64", "i386"}},
		InstanceStorageInfo: &types.InstanceStorageInfo{TotalSizeInGB: aws.Int64(150), NvmeSupport: "unsupported", Disks: []types.DiskInfo{{Count: aws.Int32(1), Type: "hdd"}, {Count: aws.Int32(2), Type: "ssd"}}},
		EbsInfo:             &types.EbsInfo{EbsOptimizedSupport: "default", EbsOptimizedInfo: &types.EbsOptimizedInfo{BaselineBandwidthInMbps: aws.Int32(650)}},
		NetworkInfo:         &types.NetworkInfo{EnaSupport: "required", MaximumNetworkInterfaces: aws.Int32(3)},
		FpgaInfo:            &types.FpgaInfo{Fpgas: []types.FpgaDeviceInfo{{Count: aws.Int32(1), Name: aws.String("Virtex")}}},
	})
	for _, c := range []struct {
		name      string
		got, want any
	}{
		{"name", got.Name, "m5d.large"}, {"burstable", got.Burstable, true}, {"bare metal", got.BareMetal, true}, {"generation", got.CurrentGeneration, true},
		{"NVMe of bare metal", got.NVMe, true}, {"spot", got.Spot, true}, {"virtualization", got.Virtualization, []string{"hvm"}}, {"boot modes", got.BootModes, []string{"uefi", "legacy-bios"}},
		{"processors", got.VCPU, 2}, {"memory", got.MemoryMiB, 8192}, {"architectures", got.Arch, []string{"x86_64", "i386"}},
		{"storage", got.StorageGB, 150}, {"disks", got.StorageDisks, 3}, {"kind", got.StorageKind, "ssd"}, {"EBS", got.EBSOptimized, true}, {"its bandwidth", got.EBSBaselineMbps, 650},
		{"network", got.ENA, "required"}, {"interfaces", got.NetworkInterfaces, 3}, {"FPGA", got.AcceleratorModel, "Virtex"},
	} {
		if !reflect.DeepEqual(c.got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, c.got, c.want)
		}
	}
	for _, c := range []struct {
		name      string
		got, want any
	}{
		{"NVMe of Nitro", ToType(types.InstanceTypeInfo{Hypervisor: "nitro"}).NVMe, true},
		{"none of Xen", ToType(types.InstanceTypeInfo{Hypervisor: "xen"}).NVMe, false},
		{"storage that is NVMe", ToType(types.InstanceTypeInfo{InstanceStorageInfo: &types.InstanceStorageInfo{NvmeSupport: "required"}}).StorageKind, "nvme"},
		{"EBS that is not optimized", ToType(types.InstanceTypeInfo{EbsInfo: &types.EbsInfo{EbsOptimizedSupport: "unsupported"}}).EBSOptimized, false},
		{"Inferentia of the older field alone", ToType(types.InstanceTypeInfo{InferenceAcceleratorInfo: &types.InferenceAcceleratorInfo{
			Accelerators: []types.InferenceDeviceInfo{{Count: aws.Int32(4), Name: aws.String("Inferentia")}}}}).Accelerators, 4},
		{"a whole GPU", ToType(types.InstanceTypeInfo{GpuInfo: &types.GpuInfo{Gpus: []types.GpuDeviceInfo{{Name: aws.String("A100"), GpuPartitionSize: aws.Float64(1)}}}}).GPUModel, "A100"},
	} {
		if c.got != c.want {
			t.Errorf("%s: %v, want %v", c.name, c.got, c.want)
		}
	}
}
