package fit

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"autospotting/pkg/cloudsim"
)

// rest are the rows that no template of a real shape meets. Each has a type beside it that launches the same, unless no type does.
var rest = []struct {
	reason, data string
	image        cloudsim.Image
	strategy     ec2types.PlacementStrategy
	refused, not string // types
}{
	{reason: "credits-host", data: `{"CreditSpecification":{"CpuCredits":"unlimited"},"Placement":{"Tenancy":"host"}}`, refused: "t3.large"},
	{reason: "cpu-options-pair", data: `{"CpuOptions":{"ThreadsPerCore":1}}`, refused: "m5.large t2.micro"},
	{reason: "sev-snp-boot", data: `{"CpuOptions":{"AmdSevSnp":"enabled"}}`, image: cloudsim.Image{BootMode: "legacy-bios"}, refused: "m6a.large"},
	{reason: "sev-snp-with", data: `{"CpuOptions":{"AmdSevSnp":"enabled"},"EnclaveOptions":{"Enabled":true}}`, image: cloudsim.Image{BootMode: "uefi"}, refused: "c6a.4xlarge"},
	{reason: "enclaves-hibernation", data: `{"HibernationOptions":{"Configured":true},"EnclaveOptions":{"Enabled":true}}`, refused: "m5.xlarge"},
	{reason: "hibernation-memory", data: `{"HibernationOptions":{"Configured":true}}`, image: cloudsim.Image{Platform: "windows", RootEncrypted: true}, refused: "m6i.8xlarge r4.xlarge", not: "m5.large r5.large"},
	{reason: "hibernation-image", data: `{"HibernationOptions":{"Configured":true}}`, image: cloudsim.Image{RootDevice: "instance-store", RootEncrypted: true}, refused: "m3.medium"},
	{reason: "card-interfaces", data: `{"NetworkInterfaces":[` + strings.Repeat(`{"NetworkCardIndex":1},`, 7) + `{"NetworkCardIndex":1}]}`, refused: "c6in.32xlarge", not: "p4d.24xlarge"},
	{reason: "efa-count", data: `{"NetworkInterfaces":[{"InterfaceType":"efa"},{"DeviceIndex":1,"InterfaceType":"efa"}]}`, refused: "c5n.18xlarge", not: "c6in.32xlarge p4d.24xlarge"},
	{reason: "public-address", data: `{"NetworkInterfaces":[{"AssociatePublicIpAddress":true},{"DeviceIndex":1}]}`, refused: "m5.large"},
	{reason: "groups-twice", data: `{"NetworkInterfaces":[{"DeviceIndex":0}],"SecurityGroupIds":["sg-1"]}`, refused: "m5.large"},
	{reason: "ena-express-udp", data: `{"NetworkInterfaces":[{"EnaSrdSpecification":{"EnaSrdUdpSpecification":{"EnaSrdUdpEnabled":true}}}]}`, refused: "m6i.8xlarge"},
	{reason: "ena-queue-count", data: `{"NetworkInterfaces":[{"EnaQueueCount":3}]}`, refused: "m6i.8xlarge"},
	{reason: "ena-queue-count", data: `{"NetworkInterfaces":[{"EnaQueueCount":16}]}`, refused: "m6i.8xlarge"},
	{reason: "ipv6-addresses", data: `{"NetworkInterfaces":[{"Ipv6AddressCount":11}]}`, refused: "m5.large", not: "m5.xlarge"},
	{reason: "ipv4-addresses", data: `{"NetworkInterfaces":[{"Ipv4PrefixCount":10}]}`, refused: "m5.large", not: "t3.large"},
	{reason: "ebs-encryption", data: `{"BlockDeviceMappings":[{"DeviceName":"/dev/sdf","Ebs":{"Encrypted":true}}]}`, image: cloudsim.Image{Virtualization: "paravirtual"}, refused: "m1.small t1.micro", not: "m3.medium"},
	{reason: "iops", data: `{"BlockDeviceMappings":[{"DeviceName":"/dev/sdf","Ebs":{"VolumeType":"io1","Iops":65000}}]}`, refused: "m5.large"},
	{reason: "device-name", data: `{"BlockDeviceMappings":[{"DeviceName":"/dev/nvme1n1","Ebs":{"VolumeSize":10}}]}`, refused: "m5.large m4.large"},
	{reason: "host-group", data: `{"Placement":{"Tenancy":"host","GroupName":"g"}}`, refused: "m5.large"},
	{reason: "placement-strategy", data: `{"Placement":{"GroupName":"g"}}`, strategy: ec2types.PlacementStrategyCluster, refused: "t2.micro t3.large", not: "m5.large c5n.18xlarge"},
	{reason: "accelerators", data: `{"ElasticInferenceAccelerators":[{"Type":"eia2.medium"}]}`, refused: "m5.large"},
	{reason: "mac-host", data: `{}`, image: cloudsim.Image{Architecture: "x86_64_mac"}, refused: "mac1.metal"},
	{reason: "tpm", data: `{}`, image: cloudsim.Image{TPM: "v2.0"}, refused: "m4.large r5.metal", not: "m5.large"},
	{reason: "no-ena-driver", data: `{}`, image: cloudsim.Image{NoENADriver: true}, refused: "m5.large", not: "m4.large r4.xlarge"},
	{reason: "many-volumes", data: `{"BlockDeviceMappings":[` + strings.Repeat(`{"DeviceName":"/dev/sdf","Ebs":{}},`, 29) + `{"DeviceName":"/dev/sdf","Ebs":{}}]}`, image: cloudsim.Image{Platform: "windows"}, refused: "m4.large", not: "m7i.large"},
	{reason: "instance-store", data: `{"BlockDeviceMappings":[{"DeviceName":"/dev/sdb","VirtualName":"ephemeral0"}],"UserData":"` + base64.StdEncoding.EncodeToString([]byte("mount /dev/xvdb /mnt")) + `"}`, refused: "i3.large m4.large", not: "m3.medium"},
}

func TestTheRowsThatNoTemplateMeetsHaveTheirWords(t *testing.T) {
	t.Parallel()
	_, types := read(t)
	for _, c := range rest {
		var data ec2types.RequestLaunchTemplateData
		if err := json.Unmarshal([]byte(c.data), &data); err != nil {
			t.Fatalf("%s: %v", c.reason, err)
		}
		judge := func(name string) cloudsim.Outcome {
			if _, known := types[name]; !known {
				t.Errorf("%s: no type %s", c.reason, name)
			}
			return cloudsim.Judge(cloudsim.Launch{Data: &data, Image: c.image, Type: types[name], Strategy: c.strategy})
		}
		for _, name := range strings.Fields(c.refused) {
			if got := judge(name); got.Reason != c.reason {
				t.Errorf("%s on %s: %+v", c.reason, name, got)
			}
		}
		for _, name := range strings.Fields(c.not) {
			if got := judge(name); got != (cloudsim.Outcome{}) {
				t.Errorf("%s: %s does not launch it either: %+v", c.reason, name, got)
			}
		}
	}
}

// What no type of types.json has can be seen of a made one alone.
func TestLimitsOfRareDevicesAreRefused(t *testing.T) {
	t.Parallel()
	var typ ec2types.InstanceTypeInfo
	if err := json.Unmarshal([]byte(`{"InstanceType":"x.large","EbsInfo":{"MaximumEbsCards":2},"NetworkInfo":{"SecondaryNetworkSupported":false}}`), &typ); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ reason, data string }{
		{"ebs-card", `{"BlockDeviceMappings":[{"DeviceName":"/dev/sdf","Ebs":{"EbsCardIndex":2}}]}`},
		{"", `{"BlockDeviceMappings":[{"DeviceName":"/dev/sdf","Ebs":{"EbsCardIndex":1}}]}`},
		{"secondary-network", `{"SecondaryInterfaces":[{"DeviceIndex":1}]}`},
	} {
		var data ec2types.RequestLaunchTemplateData
		if err := json.Unmarshal([]byte(c.data), &data); err != nil {
			t.Fatal(err)
		}
		if got := cloudsim.Judge(cloudsim.Launch{Data: &data, Type: typ}); got.Reason != c.reason {
			t.Errorf("%s: %+v", c.data, got)
		}
	}
}

// A type that DescribeInstanceTypes says nothing of is limited by nothing: every rule needs a word of it, or is documented by family.
func TestAFieldThatIsAbsentLimitsNothing(t *testing.T) {
	t.Parallel()
	templates, _ := read(t)
	byFamily := []string{"sev-snp", "nested-virtualization", "bandwidth-weighting"} // documented so
	everywhere := []string{"kernel", "hibernation-encryption", "shutdown-behavior", "nvme-names", "instance-store"}
	for name, tpl := range templates {
		got := cloudsim.Judge(tpl.Launch(ec2types.InstanceTypeInfo{InstanceType: ec2types.InstanceType(tpl.Original)}, false))
		if got.Reason != "" && !slices.Contains(byFamily, got.Reason) && !slices.Contains(everywhere, got.Reason) && name != "dedicated" {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestEachRowOfTheTableIsTriedAndCitesItsDocument(t *testing.T) {
	t.Parallel()
	tried := map[string]bool{"ebs-card": true, "secondary-network": true}
	for _, p := range pairs {
		_, reason, _ := strings.Cut(p.verdict, " ")
		tried[reason] = true
	}
	for _, c := range rest {
		tried[c.reason] = true
	}
	tried["credits"] = true // by its code in pairs
	for _, r := range cloudsim.Reasons() {
		if !tried[r.Name] {
			t.Errorf("no case tries %s", r.Name)
		}
		if r.Doc == "" {
			t.Errorf("%s cites nothing", r.Name)
		}
	}
}
