package fit

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"autospotting/coordinator/act"
	"autospotting/coordinator/decide"
	"autospotting/coordinator/ledger"
	"autospotting/coordinator/market"
)

// The public cases behind the table: what was offered to whom, and went wrong.
func TestTypesThatWereOfferedAndWentWrong(t *testing.T) {
	t.Parallel()
	_, all, _ := shop(t)
	catalog := catalogOf(all)
	image := ec2types.Image{Architecture: "x86_64", VirtualizationType: "hvm", EnaSupport: aws.Bool(true), BootMode: "uefi-preferred", RootDeviceType: "ebs",
		BlockDeviceMappings: []ec2types.BlockDeviceMapping{{DeviceName: aws.String("/dev/xvda"), Ebs: &ec2types.EbsBlockDevice{}}}}
	second := ec2types.LaunchTemplateBlockDeviceMappingRequest{DeviceName: aws.String("/dev/xvdf"), Ebs: &ec2types.LaunchTemplateEbsBlockDeviceRequest{VolumeSize: aws.Int32(100)}}
	for _, c := range []struct {
		name, original, offered string
		data                    ec2types.RequestLaunchTemplateData
		member                  func(*decide.Instance)
		want                    market.Rule // empty: it may be offered
	}{
		{name: "twelve gigabits for fifty", original: "c5n.9xlarge", offered: "c5.12xlarge", want: market.RuleBandwidth},
		{name: "fifty for fifty", original: "c5n.9xlarge", offered: "c5n.9xlarge"},
		{name: "Xen under a second volume", original: "r5.large", offered: "r4.xlarge", data: ec2types.RequestLaunchTemplateData{BlockDeviceMappings: []ec2types.LaunchTemplateBlockDeviceMappingRequest{second}}, want: market.RuleDeviceNames},
		{name: "Nitro under a second volume", original: "r5.large", offered: "r6i.large", data: ec2types.RequestLaunchTemplateData{BlockDeviceMappings: []ec2types.LaunchTemplateBlockDeviceMappingRequest{second}}},
		{name: "IMDS over IPv6 on Xen", original: "r5.xlarge", offered: "r4.xlarge",
			data: ec2types.RequestLaunchTemplateData{MetadataOptions: &ec2types.LaunchTemplateInstanceMetadataOptionsRequest{HttpProtocolIpv6: "enabled"}}, want: market.RuleNitro},
		{name: "one thread a core on a type without CPU options", original: "m5.2xlarge", offered: "m5.metal",
			data: ec2types.RequestLaunchTemplateData{CpuOptions: &ec2types.LaunchTemplateCpuOptionsRequest{CoreCount: aws.Int32(4), ThreadsPerCore: aws.Int32(1)}}, want: market.RuleBareMetal},
		{name: "one thread a core on a type that has no four cores", original: "m5.2xlarge", offered: "r5.xlarge",
			data: ec2types.RequestLaunchTemplateData{CpuOptions: &ec2types.LaunchTemplateCpuOptionsRequest{CoreCount: aws.Int32(4), ThreadsPerCore: aws.Int32(1)}}, want: market.RuleCPUOptions},
		{name: "three interfaces that no template names", original: "m5.large", offered: "t2.large", member: func(i *decide.Instance) { i.Uses = ledger.Uses{Interfaces: 4} }, want: market.RuleBurstable},
		{name: "four interfaces that no template names", original: "m5.xlarge", offered: "r6i.xlarge", member: func(i *decide.Instance) { i.Uses = ledger.Uses{Interfaces: 4} }},
		{name: "x86 for an arm64 member", original: "m7g.large", offered: "m6i.large", member: func(i *decide.Instance) { i.Arch = "arm64" }, want: market.RuleArch},
		{name: "flex for steady", original: "m7i.large", offered: "m7i-flex.large", want: market.RuleFlex},
		{name: "credits under a type that has none", original: "t3.large", offered: "m5.large", data: ec2types.RequestLaunchTemplateData{CreditSpecification: &ec2types.CreditSpecificationRequest{CpuCredits: aws.String("unlimited")}}},
	} {
		member := decide.Instance{ID: "i-1", Type: c.original, Member: true, State: "running"}
		if c.member != nil {
			c.member(&member)
		}
		w := decide.World{Catalog: catalog, Instances: []decide.Instance{member}, Template: decide.Template{Need: act.NeedOf(image, &c.data)}}
		if got, _ := market.WhyNot(catalog, decide.Need(w, c.original), c.offered); got != c.want {
			t.Errorf("%s: %s for %s: %q, want %q", c.name, c.offered, c.original, got, c.want)
		}
	}
	data := ec2types.RequestLaunchTemplateData{CreditSpecification: &ec2types.CreditSpecificationRequest{CpuCredits: aws.String("unlimited")}}
	if act.For(&data, false).CreditSpecification != nil || act.For(&data, true).CreditSpecification == nil {
		t.Error("credits go to burstable types, and to no others")
	}
}
