package emulator

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// nextRelease is the script of the owner's next version.
const nextRelease = "#!/bin/sh\necho the next release\n"

// A replacement that was launched from what its owner has replaced meanwhile is not put into service.
func TestAReplacementIsOfTheOwnersLatestRelease(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	want := size{1, 1, 2}
	a.newGroup("web", want, "a")
	g := a.silenceable()
	c := a.serve(lab.coordinator)
	a.tick()
	a.settles("web", want)
	if err := a.releaseMeanwhile(c, g, "web", want); err != nil {
		t.Error(err)
	}
}

// silenceable guests speak for every instance but one that is launched while they are silent.
type silenceable struct{ silent atomic.Bool }

func (a *account) silenceable() *silenceable {
	s := &silenceable{}
	a.guests(func(ctx context.Context, i instance) error {
		if s.silent.Load() {
			return nil
		}
		return a.ready(ctx, i)
	})
	return s
}

// releaseMeanwhile interrupts the group's one instance and makes a new version of its template while the replacement boots.
func (a *account) releaseMeanwhile(c *coordinator, g *silenceable, name string, want size) error {
	before, err := a.look(a.t.Context(), name)
	if err != nil {
		return err
	}
	victim, old := before.spot[0], map[string]bool{}
	for _, id := range before.loose {
		old[id] = true // of other groups
	}
	g.silent.Store(true)
	a.setTag(name, "autospotting:attach", "ready") // else it is a member as soon as it runs
	a.interrupt(victim)
	var early string
	if _, err := a.arrives(c, name, func(l look) string {
		for _, id := range l.loose {
			if !old[id] {
				early = id
				return ""
			}
		}
		return "no replacement was launched for " + victim
	}); err != nil {
		return err
	}
	a.deploy(nextRelease)
	g.silent.Store(false)
	a.loseAnswer("autoscaling.TerminateInstanceInAutoScalingGroup") // the activities tell what became of it
	a.tick()
	l, err := a.arrives(c, name, func(l look) string {
		if l.group.has(victim) {
			return victim + " is still a member"
		}
		return among(want)(l)
	})
	if err != nil {
		return err
	}
	for _, id := range []string{victim, early} {
		if i, err := a.instance(a.t.Context(), id); err != nil || i.live() {
			return fmt.Errorf("instance %s is %s (%v)", id, i.state, err)
		}
	}
	return a.runs(l.spot[0], "echo the next release")
}

// deploy makes a new version of the owner's template, and its default.
func (a *account) deploy(data string) {
	a.t.Helper()
	v := do(a.t, "make a version", func(ctx context.Context) (*ec2.CreateLaunchTemplateVersionOutput, error) {
		return a.ec2.CreateLaunchTemplateVersion(ctx, &ec2.CreateLaunchTemplateVersionInput{LaunchTemplateId: &a.template,
			LaunchTemplateData: &ec2types.RequestLaunchTemplateData{ImageId: aws.String(image), InstanceType: "m5.large", UserData: aws.String(encoded(data)), IamInstanceProfile: profile}})
	})
	do(a.t, "make it the default", func(ctx context.Context) (*ec2.ModifyLaunchTemplateOutput, error) {
		return a.ec2.ModifyLaunchTemplate(ctx, &ec2.ModifyLaunchTemplateInput{LaunchTemplateId: &a.template,
			DefaultVersion: aws.String(fmt.Sprint(aws.ToInt64(v.LaunchTemplateVersion.VersionNumber)))})
	})
}

// runs checks that a line is in the user data of the instance, and spotd beside it.
func (a *account) runs(id, line string) error {
	out, err := a.ec2.DescribeInstanceAttribute(a.t.Context(), &ec2.DescribeInstanceAttributeInput{InstanceId: &id, Attribute: ec2types.InstanceAttributeNameUserData})
	if err != nil {
		return err
	}
	raw, err := base64.StdEncoding.DecodeString(aws.ToString(out.UserData.Value))
	if err != nil || !strings.Contains(string(raw), line) || !strings.Contains(string(raw), a.release) {
		return fmt.Errorf("user data of %s (%w):\n%s", id, err, raw)
	}
	return nil
}

// configuredGroup is newGroup from a launch configuration.
func (a *account) configuredGroup(name string, s size, zones string) {
	a.t.Helper()
	do(a.t, "create a launch configuration", func(ctx context.Context) (*autoscaling.CreateLaunchConfigurationOutput, error) {
		return a.scaling.CreateLaunchConfiguration(ctx, &autoscaling.CreateLaunchConfigurationInput{
			LaunchConfigurationName: aws.String("old"), ImageId: aws.String(image), InstanceType: aws.String("m5.large"),
			UserData: aws.String(encoded(userData)), EbsOptimized: aws.Bool(true), IamInstanceProfile: aws.String("web"), KeyName: aws.String("key"),
			BlockDeviceMappings: []astypes.BlockDeviceMapping{{DeviceName: aws.String("/dev/sda1"), Ebs: &astypes.Ebs{VolumeSize: aws.Int32(20), VolumeType: aws.String("gp3")}}},
		})
	})
	a.createGroup(name, s, zones, func(in *autoscaling.CreateAutoScalingGroupInput) { in.LaunchConfigurationName = aws.String("old") })
}
