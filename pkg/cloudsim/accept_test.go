package cloudsim

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// from makes the rig's template one with the given data, on its image.
func (r *rig) from(name string, d ec2types.RequestLaunchTemplateData) {
	r.t.Helper()
	if d.ImageId == nil {
		d.ImageId = aws.String(r.image)
	}
	r.lt = r.template(name, &d)
}

func codes(out *ec2.CreateFleetOutput) map[string]string {
	m := map[string]string{}
	for _, e := range out.Errors {
		m[string(e.LaunchTemplateAndOverrides.Overrides.InstanceType)] = *e.ErrorCode
	}
	return m
}

func TestAFleetNamesTheOverrideThatItsTypeRefusesAndLaunchesTheOthers(t *testing.T) {
	t.Parallel()
	three := make([]nic, 3)
	for _, c := range []struct {
		name    string
		image   Image
		data    ec2types.RequestLaunchTemplateData
		refused string
		code    string
		ok      string
	}{
		{"three interfaces", Image{}, ec2types.RequestLaunchTemplateData{NetworkInterfaces: three}, "m4.large", "AttachmentLimitExceeded", "m5.large"},
		{"credits", Image{}, ec2types.RequestLaunchTemplateData{CreditSpecification: &ec2types.CreditSpecificationRequest{CpuCredits: aws.String("unlimited")}}, "m5.large", "InstanceCreditSpecification.NotSupported", "t3.large"},
		{"metadata on IPv6", Image{}, ec2types.RequestLaunchTemplateData{MetadataOptions: &ec2types.LaunchTemplateInstanceMetadataOptionsRequest{
			HttpProtocolIpv6: ec2types.LaunchTemplateInstanceMetadataProtocolIpv6Enabled}}, "m4.large", "UnsupportedOperation", "r5.large"},
		{"an arm image", Image{Architecture: "arm64", BootMode: "uefi"}, ec2types.RequestLaunchTemplateData{}, "m5.large", "InvalidParameterValue", "m6g.large"},
		{"no ENA", Image{NoENA: true}, ec2types.RequestLaunchTemplateData{}, "m5.large", "InvalidParameterCombination", "m4.large"},
		{"UEFI alone", Image{BootMode: "uefi"}, ec2types.RequestLaunchTemplateData{}, "m4.large", "InvalidParameterCombination", "m6i.large"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, Config{}, six())
			c.data.ImageId = aws.String(r.RegisterImage(c.image))
			r.from("asks", c.data)
			out, err := r.fleet(true, 2, func(in *ec2.CreateFleetInput) { in.SpotOptions = nil }, c.refused)
			must(t, err)
			if len(out.Instances) != 0 || codes(out)[c.refused] != c.code {
				t.Errorf("%s: %v, %d launched", c.refused, codes(out), len(out.Instances))
			}
			out, err = r.fleet(true, 2, nil, c.refused, c.ok)
			must(t, err)
			if len(out.Instances) != 1 || string(out.Instances[0].InstanceType) != c.ok || codes(out)[c.ok] != "" {
				t.Errorf("%s: %v, %+v", c.ok, codes(out), out.Instances)
			}
		})
	}
}

func TestAGroupsOwnLaunchIsRefusedInEC2sWords(t *testing.T) {
	t.Parallel()
	c := New(Config{})
	t.Cleanup(c.Close)
	image := c.RegisterImage(Image{NoENA: true})
	c.CreateSubnets()
	s := c.NewSession("owner")
	out, err := s.EC2().CreateLaunchTemplate(bg, &ec2.CreateLaunchTemplateInput{LaunchTemplateName: aws.String("old"),
		LaunchTemplateData: &ec2types.RequestLaunchTemplateData{ImageId: &image, InstanceType: "m5.large"}})
	must(t, err)
	failed := ""
	c.OnEvent(func(ev Event) {
		if ev.Kind == LaunchFailed && failed == "" {
			failed = ev.Text
		}
	})
	must(t, c.CreateGroup(GroupSpec{Name: "old", Min: 1, Max: 1, Desired: 1, LaunchTemplate: *out.LaunchTemplate.LaunchTemplateId}))
	c.RunUntil(c.Now().Add(5 * time.Minute))
	if g, _ := c.Group("old"); len(g.Members) != 0 || !strings.Contains(failed, "(ENA) is required for the 'm5.large' instance type") {
		t.Errorf("%d members, %q", len(g.Members), failed)
	}
}

// The root device of an image without the NVMe driver is not found on Nitro: the instance runs for EC2, and nothing on it does.
func TestAnInstanceThatCannotComeUpRunsAndFailsItsStatusChecks(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{}, six())
	r.from("xen", ec2types.RequestLaunchTemplateData{ImageId: aws.String(r.RegisterImage(Image{NoNVMe: true}))})
	booted := map[string]bool{}
	r.OnBoot(func(g *Guest) { booted[g.Instance()] = true })
	launch := func(typ string) string {
		out, err := r.fleet(true, 1, nil, typ)
		must(t, err)
		if len(out.Instances) != 1 {
			t.Fatalf("%s: %v", typ, codes(out))
		}
		return out.Instances[0].InstanceIds[0]
	}
	nitro, xen := launch("m5.large"), launch("m4.large")
	r.settle()
	status, err := r.s.EC2().DescribeInstanceStatus(bg, &ec2.DescribeInstanceStatusInput{InstanceIds: []string{nitro, xen}})
	must(t, err)
	got := map[string]ec2types.SummaryStatus{}
	for _, s := range status.InstanceStatuses {
		got[*s.InstanceId] = s.InstanceStatus.Status
	}
	if got[nitro] != ec2types.SummaryStatusImpaired || got[xen] != ec2types.SummaryStatusOk {
		t.Errorf("m5.large is %s, m4.large is %s", got[nitro], got[xen])
	}
	if booted[nitro] || !booted[xen] {
		t.Errorf("user data ran on %v, of m5.large %s and m4.large %s", booted, nitro, xen)
	}
}

func TestAnIPv6OnlySubnetAndAClusterGroupAreAskedToo(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{}, six())
	r.SetIPv6Only(r.subnets[0])
	r.SetPlacementGroup("close", ec2types.PlacementStrategyCluster)
	r.from("close", ec2types.RequestLaunchTemplateData{Placement: &ec2types.LaunchTemplatePlacementRequest{GroupName: aws.String("close")}})
	out, err := r.fleet(false, 9, func(in *ec2.CreateFleetInput) { in.OnDemandOptions = nil }, "m4.large", "t3.large")
	must(t, err)
	if got := codes(out); got["m4.large"] != "UnsupportedOperation" || got["t3.large"] != "InvalidParameterCombination" || len(out.Instances) != 0 {
		t.Errorf("%v, %d launched", got, len(out.Instances))
	}
}

func TestDescribeImagesShowsWhatAnImageIs(t *testing.T) {
	t.Parallel()
	c := New(Config{})
	t.Cleanup(c.Close)
	id := c.RegisterImage(Image{Architecture: "i386", Virtualization: "paravirtual", NoENA: true, RootDevice: "instance-store", RootName: "/dev/sda1",
		TPM: "v2.0", IMDS: "v2.0", BootMode: "legacy-bios", Platform: "windows", PlatformDetail: "Windows", Kernel: "aki-1", RootEncrypted: true})
	out, err := c.NewSession("x").EC2().DescribeImages(bg, &ec2.DescribeImagesInput{ImageIds: []string{id}})
	must(t, err)
	im := out.Images[0]
	if im.Architecture != "i386" || im.VirtualizationType != "paravirtual" || *im.EnaSupport || im.RootDeviceType != "instance-store" || *im.RootDeviceName != "/dev/sda1" ||
		im.TpmSupport != "v2.0" || im.ImdsSupport != "v2.0" || im.BootMode != "legacy-bios" || im.Platform != ec2types.PlatformValuesWindows ||
		*im.PlatformDetails != "Windows" || *im.KernelId != "aki-1" || !*im.BlockDeviceMappings[0].Ebs.Encrypted {
		t.Errorf("%+v", im)
	}
}

func TestAnOverrideReplacesWhatTheTemplateAsks(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{}, six())
	r.from("volumes", ec2types.RequestLaunchTemplateData{Placement: &ec2types.LaunchTemplatePlacementRequest{Tenancy: ec2types.TenancyHost}})
	out, err := r.fleet(true, 1, nil, "m5.large")
	must(t, err)
	if codes(out)["m5.large"] != "InvalidParameterCombination" {
		t.Errorf("a host as spot: %v", codes(out))
	}
	out, err = r.fleet(true, 1, func(in *ec2.CreateFleetInput) {
		in.LaunchTemplateConfigs[0].Overrides[0].Placement = &ec2types.Placement{Tenancy: ec2types.TenancyDefault}
	}, "m5.large")
	must(t, err)
	if len(out.Instances) != 1 {
		t.Errorf("default tenancy by the override: %v", codes(out))
	}
	out, err = r.fleet(true, 1, func(in *ec2.CreateFleetInput) {
		o := &in.LaunchTemplateConfigs[0].Overrides[0]
		o.Placement = &ec2types.Placement{Tenancy: ec2types.TenancyDefault}
		o.BlockDeviceMappings = []ec2types.FleetBlockDeviceMappingRequest{{DeviceName: aws.String("/dev/nvme1n1"), Ebs: &ec2types.FleetEbsBlockDeviceRequest{}}}
	}, "m5.large")
	must(t, err)
	if codes(out)["m5.large"] != "InvalidParameterValue" {
		t.Errorf("a device that is none: %v", codes(out))
	}
}

// User data is anything at all, and a type's name is what somebody typed.
func FuzzJudgingTakesAnyUserDataAndName(f *testing.F) {
	f.Add([]byte("mkfs.xfs /dev/nvme1n1"), "m5.large")
	f.Add([]byte("/dev/nvme99999999999999999999n1 /dev/sd"), "")
	f.Add([]byte{0x1f, 0x8b}, "u-6tb1.metal")
	types := map[string]ec2types.EbsNvmeSupport{"nitro": ec2types.EbsNvmeSupportRequired, "xen": ec2types.EbsNvmeSupportUnsupported}
	f.Fuzz(func(t *testing.T, script []byte, name string) {
		for hypervisor, nvme := range types {
			l := Launch{Data: &ec2types.RequestLaunchTemplateData{UserData: aws.String(base64.StdEncoding.EncodeToString(script))},
				Type: ec2types.InstanceTypeInfo{InstanceType: ec2types.InstanceType(name), Hypervisor: ec2types.InstanceTypeHypervisor(hypervisor), EbsInfo: &ec2types.EbsInfo{NvmeSupport: nvme}}}
			if got := Judge(l); got.Refused() && !strings.HasPrefix(name, "mac") {
				t.Errorf("user data is refused: %+v", got)
			}
		}
		if QuotaClassOf(name) == "" {
			t.Errorf("%q is of no class", name)
		}
	})
}
