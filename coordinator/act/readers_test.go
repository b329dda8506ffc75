package act

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/settings"
	"autospotting/userdata"
)

func TestAnImageIsKnownByItsNameWhereCloudInitDoesNotRead(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, description, who string }{
		{"alpine-3.20.3-x86_64-uefi-tiny-r0", "Alpine Linux 3.20.3 x86_64 UEFI Tiny Cloud", "Alpine Linux"},
		{"Copy of alpine-3.20.3-x86_64-uefi-tiny-r0", "", "Alpine Linux"},
		{"web-2026", "[Copied ami-0123456789abcdef0 from us-east-1] Alpine Linux 3.20.3 Tiny Cloud", "Alpine Linux"},
		{"alpine-3.20.3-x86_64-uefi-cloudinit-r0", "Alpine Linux 3.20.3 x86_64 UEFI Cloud-Init", ""},
		{"alpinestars-shop-7", "the shop", ""},
		{"FreeBSD 14.1-RELEASE-amd64 UEFI-PREFERRED base UFS", "", "FreeBSD"},
		{"OpenBSD-7.5-amd64", "", "OpenBSD"},
		{"NetBSD-x86_64-10.0", "", "NetBSD"},
		{"rancheros-v1.5.8-hvm-1", "", "RancherOS"},
		{"k3os-v0.11.1-k3s1r0-amd64", "", "k3OS"},
		{"talos-v1.8.0-us-east-1-amd64", "", "Talos"},
		{"Flatcar-stable-3033.2.0-hvm", "", "Flatcar"},
		{"golden/flatcar-web", "", "Flatcar"},
		{"fedora-coreos-40.20240416.3.1-x86_64", "", "Fedora CoreOS"},
		{"rhcos-417.94.202409121747-0-x86_64", "", "RHEL CoreOS"},
		{"CoreOS-stable-2512.3.0-hvm", "", "CoreOS"},
		{"bottlerocket-aws-k8s-1.31-x86_64-v1.26.1", "", "Bottlerocket"},
		{"nixos/24.05.3911.c3d4ac725177-x86_64-linux", "", "NixOS"},
		{"al2023-ami-2023.6.20241121.0-kernel-6.1-x86_64", "Amazon Linux 2023 AMI", ""},
		{"ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20241109", "Canonical, Ubuntu, 24.04", ""},
		{"builder-for-bottlerocket", "builds Bottlerocket", ""},
		{"", "", ""},
	} {
		got := reader(types.Image{ImageId: aws.String("ami-1"), Name: aws.String(c.name), Description: aws.String(c.description)})
		if (got == "") != (c.who == "") || !strings.Contains(got, "is of "+c.who) && c.who != "" || c.who != "" && !strings.Contains(got, "EventBridge alone") {
			t.Errorf("%s: %q, want %s", c.name, got, c.who)
		}
	}
}

// oneImage is EC2 that knows one image, or fails.
type oneImage struct {
	EC2
	name string
	err  error
}

func (e oneImage) DescribeImages(_ context.Context, in *ec2.DescribeImagesInput, _ ...func(*ec2.Options)) (*ec2.DescribeImagesOutput, error) {
	if e.err != nil {
		return nil, e.err
	}
	return &ec2.DescribeImagesOutput{Images: []types.Image{{ImageId: &in.ImageIds[0], Name: &e.name}}}, nil
}

func TestWhereSpotdStaysOffTheUserDataIsTheOwnersAndTheConsequenceIsSaid(t *testing.T) {
	t.Parallel()
	const profile = "arn:aws:iam::123456789012:instance-profile/minimal"
	disabled := &types.LaunchTemplateInstanceMetadataOptionsRequest{HttpEndpoint: "disabled"}
	enabled := &types.LaunchTemplateInstanceMetadataOptionsRequest{HttpEndpoint: "enabled"}
	for _, c := range []struct {
		name     string
		off      bool
		metadata *types.LaunchTemplateInstanceMetadataOptionsRequest
		image    string
		says     string
	}{
		{name: "spotd is on by default", image: "web"},
		{name: "the owner says off", off: true, image: "web", says: "spotd stays off: the setting spotd is off; notices come from EventBridge alone"},
		{name: "metadata that is on", metadata: enabled, image: "web"},
		{name: "metadata that is off", metadata: disabled, image: "web", says: "MetadataOptions.HttpEndpoint=disabled"},
		{name: "an image whose scripts would become a message that it cannot read", image: "alpine-3.20.3-x86_64-uefi-tiny-r0", says: "tiny-cloud runs a script, but reads no message"},
	} {
		t.Run(c.name, func(t *testing.T) {
			const owner = "#!/bin/sh\necho x\n"
			a := New(Config{EC2: oneImage{name: c.image}, Spotd: spotd(), Profile: profile})
			data := &types.RequestLaunchTemplateData{ImageId: aws.String("ami-1"), MetadataOptions: c.metadata, UserData: aws.String(base64.StdEncoding.EncodeToString([]byte(owner)))}
			came, err := a.crew(t.Context(), described{world: decide.Group{Name: "web", Enabled: true}, settings: settings.Settings{NoSpotd: c.off, MinimalProfile: true, Probe: "tcp:80"}}, data, false)
			note := came.note
			if err != nil || (note == "") != (c.says == "") || !strings.Contains(note, c.says) || c.says != "" && !(strings.HasPrefix(note, "spotd stays off: ") && strings.Contains(note, withoutSpotd)) {
				t.Errorf("says %q, %v; want %q", note, err, c.says)
			}
			raw, _ := base64.StdEncoding.DecodeString(*data.UserData)
			_, aboard := userdata.Injected(raw)
			if on := c.says == ""; aboard != on || !on && string(raw) != owner || (data.IamInstanceProfile != nil) != on {
				t.Errorf("on board %v, profile %v, user data %q", aboard, data.IamInstanceProfile, raw)
			}
		})
	}
}

func TestAnImageThatCannotBeReadIsNoReasonToGuess(t *testing.T) {
	t.Parallel()
	a := New(Config{EC2: oneImage{err: errors.New("throttled")}, Spotd: spotd()})
	data := onWeb(a, "")
	data.ImageId = aws.String("ami-1")
	if came, err := a.crew(t.Context(), described{world: decide.Group{Name: "web", Enabled: true}}, data, false); err == nil || came != (boarded{}) {
		t.Errorf("%+v, %v", came, err)
	}
}

// What the setting takes off is in the notes of the template that is launched.
func TestTheNotesOfATemplateSayThatSpotdIsOff(t *testing.T) {
	t.Parallel()
	g := described{world: decide.Group{Name: "web", Enabled: true}, settings: settings.Settings{NoSpotd: true}}
	g.source = &astypes.LaunchTemplateSpecification{LaunchTemplateId: aws.String("lt-gone")}
	g.raw.Instances = []astypes.Instance{member("i-2", astypes.LifecycleStateInService)}
	on := orphaned{members: map[string]types.Instance{"i-2": launched()}}
	a := New(Config{EC2: on, Inspector: &rehearsing{volumes: []types.Volume{{VolumeId: aws.String("vol-1"), Size: aws.Int32(8)}, {VolumeId: aws.String("vol-2")}}}, Spotd: spotd()})
	w, why, err := a.want(t.Context(), g)
	if err != nil || why != "" || !strings.Contains(strings.Join(w.notes, "\n"), "spotd stays off: the setting spotd is off") || aboard(t, w.data) != "shell script, 1 parts, spotd aboard: false" {
		t.Errorf("%v, %q, notes %q, %s", err, why, w.notes, aboard(t, w.data))
	}
}
