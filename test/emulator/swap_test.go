package emulator

import (
	"context"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// Every list is read to its last page: the proxy ends pages after one group.
func TestEveryEnabledGroupIsServed(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	want := size{1, 1, 2}
	names := []string{"first", "second", "third"}
	for _, n := range names {
		a.newGroup(n, want, "a")
	}
	a.guests(a.ready)
	a.serve(lab.coordinator)
	a.tick()
	for _, n := range names {
		a.settlesAmong(n, want)
	}
}

// settlesAmong is settles where other groups have instances of ours too.
func (a *account) settlesAmong(name string, want size) {
	a.t.Helper()
	a.until(name, func(l look) string { l.loose = nil; return l.unlike(want) })
}

// launchedWell checks what was launched in the place of the group's instances: market, zone, tags, user data, the fleet's
// type and strategy, and the token.
func (a *account) launchedWell(ctx context.Context, name string, l look) error {
	all, err := a.instances(ctx)
	if err != nil {
		return err
	}
	for _, id := range l.spot {
		i := all[id]
		for key, want := range map[string]string{"autospotting-group": name, "team": "web", "aws:autoscaling:groupName": name} {
			if i.tags[key] != want {
				return fmt.Errorf("instance %s: tag %s is %q, want %q", id, key, i.tags[key], want)
			}
		}
		if !slices.Contains(l.group.Zones, i.zone) {
			return fmt.Errorf("instance %s is in %s, the group in %v", id, i.zone, l.group.Zones)
		}
		if err := a.bootsWithSpotd(ctx, id, name); err != nil {
			return err
		}
	}
	return a.askedWell(ctx, name, all)
}

// bootsWithSpotd checks that the user data reached the instance whole: the owner's script as it was, and ours.
func (a *account) bootsWithSpotd(ctx context.Context, id, name string) error {
	out, err := a.ec2.DescribeInstanceAttribute(ctx, &ec2.DescribeInstanceAttributeInput{InstanceId: &id, Attribute: ec2types.InstanceAttributeNameUserData})
	if err != nil {
		return err
	}
	raw, err := base64.StdEncoding.DecodeString(aws.ToString(out.UserData.Value))
	if err != nil {
		return fmt.Errorf("user data of %s: %w", id, err)
	}
	for _, part := range append(strings.Split(strings.TrimSpace(a.owners), "\n"), a.release, a.checksum, a.reports, name) {
		if !strings.Contains(string(raw), part) {
			return fmt.Errorf("user data of %s lacks %q:\n%s", id, part, raw)
		}
	}
	return nil
}

// fewestPools is what the shelf offers at least for the first m5.large in a zone, before any pool is taken or avoided: more
// than the first page of types, of offerings or of prices would leave.
const fewestPools = 6

// askedWell reads back what the emulator was told of the fleets and of our template.
func (a *account) askedWell(ctx context.Context, name string, all map[string]instance) error {
	res, err := a.raw(ctx, ask("ec2", "DescribeFleets", "2016-11-15", nil))
	if err != nil {
		return err
	}
	var doc struct {
		Fleets []struct {
			Type     string `xml:"type"`
			Strategy string `xml:"spotOptions>allocationStrategy"`
			Capacity int    `xml:"targetCapacitySpecification>totalTargetCapacity"`
			Market   string `xml:"targetCapacitySpecification>defaultTargetCapacityType"`
			Tags     []struct {
				Key   string `xml:"key"`
				Value string `xml:"value"`
			} `xml:"tagSet>item"`
			Pools []struct{} `xml:"launchTemplateConfigs>item>overrides>item"`
		} `xml:"fleetSet>item"`
	}
	if err := xml.Unmarshal(res.body, &doc); err != nil {
		return err
	}
	most := 0
	for _, f := range doc.Fleets {
		most = max(most, len(f.Pools))
		if f.Type != "instant" || f.Strategy != "price-capacity-optimized" || f.Market != "spot" || f.Capacity != 1 || len(f.Tags) != 1 || f.Tags[0].Key != "autospotting-group" {
			return fmt.Errorf("a fleet was asked for as %+v", f)
		}
	}
	if most < a.pools {
		return fmt.Errorf("no fleet was offered more than %d pools, where %d fit", most, fewestPools)
	}
	for _, i := range all {
		if i.ours() && i.tags["aws:ec2:fleet-id"] != "fleet-"+i.tags["autospotting-launch"] {
			return fmt.Errorf("instance %s: the client token was not the launch tag: %v", i.id, i.tags)
		}
	}
	out, err := a.ec2.DescribeLaunchTemplates(ctx, &ec2.DescribeLaunchTemplatesInput{})
	if err != nil {
		return err
	}
	for _, t := range out.LaunchTemplates {
		if id := aws.ToString(t.LaunchTemplateId); id != a.template && (len(t.Tags) != 1 || aws.ToString(t.Tags[0].Key) != "autospotting-group") {
			return fmt.Errorf("our template %s carries the tags %v", aws.ToString(t.LaunchTemplateName), t.Tags)
		} else if n := aws.ToInt64(t.LatestVersionNumber); n != 1 {
			return fmt.Errorf("our template %s has %d versions of the same content", aws.ToString(t.LaunchTemplateName), n)
		}
	}
	return nil
}

// Fleets launch from templates only, so the configuration is turned into one (aws-facts 1.8).
func TestAGroupWithALaunchConfigurationIsServed(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	want := size{1, 1, 2}
	a.configuredGroup("web", want, "a")
	a.guests(a.ready)
	a.serve(lab.coordinator)
	a.tick()
	l := a.settles("web", want)
	if err := a.launchedWell(t.Context(), "web", l); err != nil {
		t.Error(err)
	}
	ours := do(t, "read our template", func(ctx context.Context) (*ec2.DescribeLaunchTemplateVersionsOutput, error) {
		return a.ec2.DescribeLaunchTemplateVersions(ctx, &ec2.DescribeLaunchTemplateVersionsInput{Versions: []string{"$Latest"}})
	})
	for _, v := range ours.LaunchTemplateVersions {
		d := v.LaunchTemplateData
		if aws.ToString(v.LaunchTemplateId) == a.template {
			continue
		}
		if aws.ToString(d.KeyName) != "key" || !aws.ToBool(d.EbsOptimized) || len(d.BlockDeviceMappings) != 1 || aws.ToInt32(d.BlockDeviceMappings[0].Ebs.VolumeSize) != 20 {
			t.Errorf("our template says %+v", d)
		}
	}
}
