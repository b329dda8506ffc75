package act

import (
	"encoding/base64"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"autospotting/coordinator/market"
)

// leaves lists the fields of a type to the last, by their paths.
func leaves(t reflect.Type, path string) (names []string) {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice:
		return leaves(t.Elem(), path)
	case reflect.Struct:
		if t.PkgPath() == "time" {
			return []string{path}
		}
		for i := range t.NumField() {
			if f := t.Field(i); f.IsExported() {
				names = append(names, leaves(f.Type, strings.TrimPrefix(path+"."+f.Name, "."))...)
			}
		}
		return names
	}
	return []string{path}
}

func TestEveryFieldOfTheSDKsTemplateTypeHasARow(t *testing.T) {
	t.Parallel()
	var rows []string
	for _, f := range fields {
		rows = append(rows, f.name)
	}
	sdk := leaves(reflect.TypeFor[types.RequestLaunchTemplateData](), "")
	for _, name := range sdk {
		if !slices.Contains(rows, name) {
			t.Errorf("%s has no row in the table of fields: say what becomes of it on other types", name)
		}
	}
	for i, name := range rows {
		if !slices.Contains(sdk, name) {
			t.Errorf("the row %s is of no field", name)
		}
		if slices.Contains(rows[:i], name) {
			t.Errorf("%s has two rows", name)
		}
	}
}

// setField sets a field by its path, making what is on the way; an instance of a list gets the one element.
func setField(t *testing.T, v reflect.Value, path string, to any) {
	t.Helper()
	name, rest, more := strings.Cut(path, ".")
	f := v.FieldByName(name)
	if f.Kind() == reflect.Slice && f.Type().Elem().Kind() == reflect.Struct {
		f.Set(reflect.MakeSlice(f.Type(), 1, 1))
		f = f.Index(0)
	}
	if more {
		if f.Kind() == reflect.Pointer {
			f.Set(reflect.New(f.Type().Elem()))
			f = f.Elem()
		}
		setField(t, f, rest, to)
		return
	}
	val := reflect.ValueOf(to)
	if f.Kind() == reflect.Pointer {
		f.Set(reflect.New(f.Type().Elem()))
		f = f.Elem()
	}
	f.Set(val.Convert(f.Type()))
}

// telling is, where a first guess tells nothing, the value of a field that binds, is dropped or is refused.
var telling = map[string]any{
	"CapacityReservationSpecification.CapacityReservationPreference": "capacity-reservations-only",
	"CpuOptions.AmdSevSnp":                                    "enabled",
	"CpuOptions.NestedVirtualization":                         "enabled",
	"InstanceInitiatedShutdownBehavior":                       "stop",
	"MetadataOptions.HttpProtocolIpv6":                        "enabled",
	"NetworkInterfaces.InterfaceType":                         "efa",
	"NetworkPerformanceOptions.BandwidthWeighting":            "ebs-1",
	"Placement.Affinity":                                      "host",
	"Placement.Tenancy":                                       "dedicated",
	"TagSpecifications.ResourceType":                          "spot-instances-request",
	"UserData":                                                base64.StdEncoding.EncodeToString([]byte("#!/bin/sh\nmount /dev/nvme1n1 /data\n")),
	"NetworkInterfaces.PrivateIpAddresses.Primary":            true,
	"BlockDeviceMappings.VirtualName":                         "ephemeral0",
	"BlockDeviceMappings.NoDevice":                            "",
	"SecondaryInterfaces.PrivateIpAddresses.PrivateIpAddress": "10.0.0.4",
}

// sample is a template that says nothing but this field.
func sample(t *testing.T, name string) *data {
	t.Helper()
	d := &data{}
	f := reflect.TypeFor[types.RequestLaunchTemplateData]()
	leaf := f
	for part := range strings.SplitSeq(name, ".") {
		x, _ := leaf.FieldByName(part)
		for leaf = x.Type; leaf.Kind() == reflect.Pointer || leaf.Kind() == reflect.Slice && leaf.Elem().Kind() == reflect.Struct; {
			leaf = leaf.Elem()
		}
	}
	to, special := telling[name]
	switch {
	case special:
	case leaf == reflect.TypeFor[time.Time]():
		to = noon
	case leaf.Kind() == reflect.Bool:
		to = true
	case leaf.Kind() == reflect.Int32, leaf.Kind() == reflect.Int64:
		to = 2
	case leaf.Kind() == reflect.Float64:
		to = 2.0
	case leaf.Kind() == reflect.Slice:
		to = reflect.MakeSlice(leaf, 1, 1).Interface()
	default:
		to = "x"
	}
	setField(t, reflect.ValueOf(d).Elem(), name, to)
	return d
}

// Each row of the table is what it says it is: the field alone shows it.
func TestEachFieldIsTreatedAsItsRowSays(t *testing.T) {
	t.Parallel()
	for _, f := range fields {
		d := sample(t, f.name)
		if strings.HasPrefix(f.name, "BlockDeviceMappings.") && f.name != "BlockDeviceMappings.VirtualName" && d.BlockDeviceMappings[0].Ebs == nil {
			d.BlockDeviceMappings[0].Ebs = &types.LaunchTemplateEbsBlockDeviceRequest{}
		}
		why := unservable(d, "ours")
		if (why != "") != (f.is == refused) {
			t.Errorf("%s is %s, yet refused is %q", f.name, f.is, why)
		}
		if step := stepFor(d, "ours"); (step == "") != (why == "") {
			t.Errorf("%s: refused is %q, and the step %q", f.name, why, step)
		}
		need := NeedOf(types.Image{}, d)
		plain := NeedOf(types.Image{}, &data{})
		if len(d.NetworkInterfaces) > 0 { // that there is one asks already
			plain = NeedOf(types.Image{}, &data{NetworkInterfaces: []types.LaunchTemplateInstanceNetworkInterfaceSpecificationRequest{{}}})
		}
		if len(d.BlockDeviceMappings) > 0 {
			plain = NeedOf(types.Image{}, &data{BlockDeviceMappings: []types.LaunchTemplateBlockDeviceMappingRequest{{Ebs: d.BlockDeviceMappings[0].Ebs}}})
			if e := plain; e.EncryptedVolumes && f.name == "BlockDeviceMappings.Ebs.Encrypted" {
				plain.EncryptedVolumes = false
			}
		}
		asks := !reflect.DeepEqual(need, plain)
		elsewhere := []string{"ImageId", "InstanceType", "BlockDeviceMappings.DeviceName", "NetworkInterfaces.DeviceIndex"} // by what it names, or by how many there are
		if f.is == bound && !asks && !slices.Contains(elsewhere, f.name) || f.is != bound && f.is != refused && asks {
			t.Errorf("%s is %s, and asks %+v", f.name, f.is, need)
		}
		before := NeedOf(types.Image{}, d)
		dropFrom(d)
		left := leafValue(d, f.name)
		if f.is == dropped && left || (f.is == copied || f.is == varied || f.is == bound) && !left {
			t.Errorf("%s is %s, and after the drops it is there %t", f.name, f.is, left)
		}
		if after := NeedOf(types.Image{}, d); !reflect.DeepEqual(before, after) {
			t.Errorf("%s: what is dropped changes what is asked: %+v, before %+v", f.name, after, before)
		}
	}
}

// leafValue tells whether the field still says something.
func leafValue(d *data, path string) bool {
	v := reflect.ValueOf(d).Elem()
	for part := range strings.SplitSeq(path, ".") {
		for v.Kind() == reflect.Pointer || v.Kind() == reflect.Slice {
			if v.Kind() == reflect.Pointer && v.IsNil() || v.Kind() == reflect.Slice && v.Len() == 0 {
				return false
			}
			if v.Kind() == reflect.Pointer {
				v = v.Elem()
			} else {
				v = v.Index(0)
			}
		}
		v = v.FieldByName(part)
	}
	return !v.IsZero()
}

func TestWhatATemplateAsks(t *testing.T) {
	t.Parallel()
	nic := func(change func(*types.LaunchTemplateInstanceNetworkInterfaceSpecificationRequest)) types.LaunchTemplateInstanceNetworkInterfaceSpecificationRequest {
		var n types.LaunchTemplateInstanceNetworkInterfaceSpecificationRequest
		change(&n)
		return n
	}
	ebs := &types.LaunchTemplateEbsBlockDeviceRequest{VolumeSize: aws.Int32(8)}
	for _, c := range []struct {
		name string
		d    data
		i    types.Image
		want market.Asks
	}{
		{name: "nothing", want: market.Asks{}},
		{name: "interfaces on two cards", d: data{NetworkInterfaces: []types.LaunchTemplateInstanceNetworkInterfaceSpecificationRequest{
			nic(func(n *types.LaunchTemplateInstanceNetworkInterfaceSpecificationRequest) {
				n.InterfaceType = aws.String("efa")
			}),
			nic(func(n *types.LaunchTemplateInstanceNetworkInterfaceSpecificationRequest) {
				n.NetworkCardIndex, n.InterfaceType = aws.Int32(1), aws.String("efa-only")
			}),
			nic(func(n *types.LaunchTemplateInstanceNetworkInterfaceSpecificationRequest) {
				n.NetworkCardIndex = aws.Int32(1)
			}),
		}}, want: market.Asks{NetworkInterfaces: 3, CardInterfaces: []int{1, 2}, EFAInterfaces: 2, IPv4PerInterface: 1}},
		{name: "prefixes", d: data{NetworkInterfaces: []types.LaunchTemplateInstanceNetworkInterfaceSpecificationRequest{
			nic(func(n *types.LaunchTemplateInstanceNetworkInterfaceSpecificationRequest) {
				n.Ipv4PrefixCount = aws.Int32(3)
			})}},
			want: market.Asks{NetworkInterfaces: 1, IPv4PerInterface: 4, Nitro: true}},
		{name: "IPv6", d: data{NetworkInterfaces: []types.LaunchTemplateInstanceNetworkInterfaceSpecificationRequest{
			nic(func(n *types.LaunchTemplateInstanceNetworkInterfaceSpecificationRequest) {
				n.Ipv6AddressCount = aws.Int32(1)
			})}},
			want: market.Asks{NetworkInterfaces: 1, IPv4PerInterface: 1, IPv6PerInterface: 1, IPv6: true}},
		{name: "volumes of image and template, one of them the same", d: data{BlockDeviceMappings: []types.LaunchTemplateBlockDeviceMappingRequest{
			{DeviceName: aws.String("/dev/xvda"), Ebs: ebs}, {DeviceName: aws.String("/dev/sdf"), Ebs: ebs}}},
			i: types.Image{BlockDeviceMappings: []types.BlockDeviceMapping{{DeviceName: aws.String("/dev/xvda"), Ebs: &types.EbsBlockDevice{Encrypted: aws.Bool(true)}},
				{DeviceName: aws.String("/dev/sdg"), Ebs: &types.EbsBlockDevice{}}}},
			want: market.Asks{Volumes: 3, DeviceNames: true}},
		{name: "a device of the image that the template leaves out", d: data{BlockDeviceMappings: []types.LaunchTemplateBlockDeviceMappingRequest{
			{DeviceName: aws.String("/dev/sdg"), NoDevice: aws.String("")}}},
			i: types.Image{BlockDeviceMappings: []types.BlockDeviceMapping{{DeviceName: aws.String("/dev/xvda"), Ebs: &types.EbsBlockDevice{Encrypted: aws.Bool(true)}},
				{DeviceName: aws.String("/dev/sdg"), Ebs: &types.EbsBlockDevice{}}}},
			want: market.Asks{Volumes: 1, EncryptedVolumes: true}},
		{name: "an image with a TPM on the instance store", i: types.Image{TpmSupport: types.TpmSupportValuesV20, RootDeviceType: types.DeviceTypeInstanceStore},
			want: market.Asks{TPM: true, InstanceStoreRoot: true}},
		{name: "weighted as by default", d: data{NetworkPerformanceOptions: &types.LaunchTemplateNetworkPerformanceOptionsRequest{BandwidthWeighting: "default"}}},
		{name: "CPU options", d: data{CpuOptions: &types.LaunchTemplateCpuOptionsRequest{CoreCount: aws.Int32(4), ThreadsPerCore: aws.Int32(1)}},
			want: market.Asks{Cores: 4, ThreadsPerCore: 1}},
	} {
		if got := NeedOf(c.i, &c.d).Asks; !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

func TestWhatIsDroppedIsSaidWithItsReason(t *testing.T) {
	t.Parallel()
	d := &data{DisableApiStop: aws.Bool(true), DisableApiTermination: aws.Bool(true), InstanceInitiatedShutdownBehavior: types.ShutdownBehaviorStop,
		HibernationOptions: &types.LaunchTemplateHibernationOptionsRequest{Configured: aws.Bool(true)}}
	said := strings.Join(dropFrom(d), "\n")
	for _, name := range []string{"DisableApiStop (", "DisableApiTermination (", "InstanceInitiatedShutdownBehavior (", "HibernationOptions.Configured ("} {
		if !strings.Contains(said, name) {
			t.Errorf("%s is not said: %s", name, said)
		}
	}
	quiet := &data{DisableApiStop: aws.Bool(false), DisableApiTermination: aws.Bool(false), InstanceInitiatedShutdownBehavior: types.ShutdownBehaviorTerminate,
		HibernationOptions: &types.LaunchTemplateHibernationOptionsRequest{Configured: aws.Bool(false)}}
	if names := dropFrom(quiet); len(names) > 0 || quiet.InstanceInitiatedShutdownBehavior != types.ShutdownBehaviorTerminate {
		t.Errorf("said %v of what is off, and the shutdown is %q", names, quiet.InstanceInitiatedShutdownBehavior)
	}
}
