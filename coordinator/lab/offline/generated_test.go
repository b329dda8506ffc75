package offline_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"autospotting/coordinator/act"
	"autospotting/coordinator/decide"
	"autospotting/coordinator/ledger"
	"autospotting/coordinator/settings"
	"autospotting/pkg/cloudsim"
	"autospotting/userdata"
)

// generated is an account over the simulated cloud, made of a seed.
type generated struct {
	zonesOnly map[string]bool // groups that name no subnets
	t         *testing.T
	rng       *rand.Rand
	cloud     *cloudsim.Cloud
	s         *cloudsim.Session
	facts     *facts
	names     []string
}

const groupsOfAnAccount = 4

func generate(t *testing.T, seed uint64) *generated {
	g := &generated{t: t, rng: rand.New(rand.NewPCG(seed, 19)), cloud: cloudsim.New(cloudsim.Config{Seed: int64(seed), Latency: -1})}
	g.s = g.cloud.NewSession("owner")
	g.facts = newFacts(g)
	g.cloud.CreateDefaultSubnets()
	images := map[bool]string{false: g.cloud.CreateImage("x86_64"), true: g.cloud.CreateImage("arm64")}
	for n := range groupsOfAnAccount {
		g.group(fmt.Sprintf("group-%d", n), images)
	}
	g.pass(10 * time.Minute)
	g.coordinate()
	g.deeds()
	return g
}

func (g *generated) pass(d time.Duration) { g.cloud.RunUntil(g.cloud.Now().Add(d)) }

func (g *generated) chance(percent int) bool { return g.rng.IntN(100) < percent }

func one[T any](g *generated, of ...T) T { return of[g.rng.IntN(len(of))] }

// group makes one with a template of its own, which asks for some of what templates ask for.
func (g *generated) group(name string, images map[bool]string) {
	arm := g.chance(15)
	kind := one(g, "m5.large", "m5.large", "r5.large", "c5.large", "t3.large", "m5.xlarge", "m4.large")
	if arm {
		kind = "m6g.large"
	}
	data := &types.RequestLaunchTemplateData{ImageId: aws.String(images[arm]), InstanceType: types.InstanceType(kind)}
	for n, ask := range asks {
		if g.chance(12) || n == 0 && g.chance(50) {
			ask(data, kind)
		}
	}
	made, err := g.s.EC2().CreateLaunchTemplate(context.Background(), &ec2.CreateLaunchTemplateInput{LaunchTemplateName: aws.String("of-" + name), LaunchTemplateData: data})
	g.must(err)
	if g.chance(30) { // a later version, which is not the default
		later := *data
		later.EbsOptimized = aws.Bool(true)
		_, err = g.s.EC2().CreateLaunchTemplateVersion(context.Background(), &ec2.CreateLaunchTemplateVersionInput{LaunchTemplateId: made.LaunchTemplate.LaunchTemplateId, LaunchTemplateData: &later})
		g.must(err)
	}
	desired := 1 + g.rng.IntN(4)
	spec := cloudsim.GroupSpec{Name: name, Min: g.rng.IntN(desired + 1), Desired: desired, Max: desired + g.rng.IntN(4), LaunchTemplate: *made.LaunchTemplate.LaunchTemplateId,
		Version: one(g, "", "$Latest", "1"), ProtectNew: g.chance(5), CapacityRebalance: g.chance(5), Grace: time.Minute,
		LocalTags: map[string]string{"spot-enabled": one(g, "true", "true", "true", "true", "false")}, Tags: map[string]string{"team": "shop"}}
	for _, tag := range []struct {
		key    string
		values []string
	}{{"autospotting:keep-on-demand", []string{"1", "50%", "many"}}, {"autospotting:disallowed-instance-types", []string{"m5a.*"}}, {"autospotting:gp2-conversion-threshold", []string{"12"}}, {"autospotting:swaps-at-once", []string{"2"}}} {
		if g.chance(10) {
			spec.LocalTags[tag.key] = one(g, tag.values...)
		}
	}
	if g.chance(10) {
		spec.Hooks = []cloudsim.Hook{{Name: one(g, "warm-up", "CodeDeploy-managed-automatic-launch-lifecycle-hook-web"), Transition: "autospotting"}}
		spec.Hooks[0].Transition = "autoscaling:EC2_INSTANCE_LAUNCHING"
	}
	if g.chance(5) {
		spec.Suspended = []string{one(g, "Launch", "AZRebalance")}
	}
	switch g.rng.IntN(8) {
	case 0:
		spec.ZonesOnly = true
		if g.zonesOnly == nil {
			g.zonesOnly = map[string]bool{}
		}
		g.zonesOnly[name] = true
	case 1:
		if !arm {
			spec.Mixed = &cloudsim.MixedPolicy{Types: []string{kind, "m5a.large", "r5.large"}, OnDemandBase: g.rng.IntN(3), OnDemandPercent: 100}
		}
	}
	g.must(g.cloud.CreateGroup(spec))
	g.names = append(g.names, name)
	g.facts.of(name, data)
}

// asks are what templates ask for besides image and type.
var asks = []func(d *types.RequestLaunchTemplateData, kind string){
	func(d *types.RequestLaunchTemplateData, kind string) {
		if strings.HasPrefix(kind, "t3") {
			d.CreditSpecification = &types.CreditSpecificationRequest{CpuCredits: aws.String("unlimited")}
		}
	},
	func(d *types.RequestLaunchTemplateData, _ string) { d.DisableApiTermination = aws.Bool(true) },
	func(d *types.RequestLaunchTemplateData, _ string) {
		d.UserData = aws.String(base64.StdEncoding.EncodeToString([]byte("#!/bin/sh\necho hello\n")))
	},
	func(d *types.RequestLaunchTemplateData, _ string) {
		d.IamInstanceProfile = &types.LaunchTemplateIamInstanceProfileSpecificationRequest{Name: aws.String("web")}
	},
	func(d *types.RequestLaunchTemplateData, _ string) {
		for n, name := range []string{"/dev/sdf", "/dev/sdg", "/dev/sdh"} {
			d.BlockDeviceMappings = append(d.BlockDeviceMappings, types.LaunchTemplateBlockDeviceMappingRequest{DeviceName: aws.String(name),
				Ebs: &types.LaunchTemplateEbsBlockDeviceRequest{VolumeSize: aws.Int32(int32(10 + n)), VolumeType: types.VolumeTypeGp2}})
		}
	},
	func(d *types.RequestLaunchTemplateData, _ string) {
		for n := range int32(2) {
			d.NetworkInterfaces = append(d.NetworkInterfaces, types.LaunchTemplateInstanceNetworkInterfaceSpecificationRequest{DeviceIndex: aws.Int32(n), Groups: []string{"sg-1"}, SecondaryPrivateIpAddressCount: aws.Int32(3)})
		}
	},
	func(d *types.RequestLaunchTemplateData, _ string) {
		d.MetadataOptions = &types.LaunchTemplateInstanceMetadataOptionsRequest{HttpTokens: types.LaunchTemplateHttpTokensStateRequired, HttpProtocolIpv6: types.LaunchTemplateInstanceMetadataProtocolIpv6Enabled}
	},
	func(d *types.RequestLaunchTemplateData, _ string) { d.KeyName = aws.String("mine") },
	func(d *types.RequestLaunchTemplateData, _ string) {
		d.CapacityReservationSpecification = &types.LaunchTemplateCapacityReservationSpecificationRequest{CapacityReservationPreference: types.CapacityReservationPreferenceCapacityReservationsOnly}
	},
	func(d *types.RequestLaunchTemplateData, _ string) {
		d.Placement = &types.LaunchTemplatePlacementRequest{GroupName: aws.String("elsewhere")}
	},
}

// coordinate lets the coordinator swap for a while, so that there is spot of ours in every state.
func (g *generated) coordinate() {
	ctx := context.Background()
	a := act.New(g.config())
	records := map[string]ledger.Record{}
	for _, name := range g.names {
		records[name] = ledger.Record{Group: name}
	}
	for range 1 + g.rng.IntN(6) {
		for _, name := range g.names {
			w, err := a.Observe(ctx, name, records[name], nil)
			g.must(err)
			p := decide.Decide(w)
			for _, action := range p.Actions {
				p.Record = decide.Learn(p.Record, action, a.Apply(ctx, name, action, g.cloud.Now().Add(time.Minute)), g.cloud.Now())
			}
			records[name] = p.Record
		}
		g.pass(time.Duration(1+g.rng.IntN(300)) * time.Second)
	}
}

// deeds are the owner's and AWS's.
func (g *generated) deeds() {
	for _, i := range g.cloud.Instances() {
		switch g.rng.IntN(14) {
		case 0:
			_ = g.cloud.Protect(i.ID, true) // of what is a member, as are the others
		case 1:
			_ = g.cloud.TerminateByOwner(i.ID)
		case 2:
			_ = g.cloud.EnterStandby(i.ID, true)
		case 3:
			_ = g.cloud.Interrupt(i.ID, "terminate")
		case 4:
			_ = g.cloud.FailHealth(i.ID)
		case 5:
			_ = g.cloud.DetachByOwner(i.ID)
		}
	}
	g.pass(time.Duration(g.rng.IntN(90)) * time.Second)
}

func (g *generated) config() act.Config {
	return act.Config{EC2: g.facts, AutoScaling: scaling{g.s.AutoScaling(), g.facts}, Rules: g.s.EventBridge(), Region: g.cloud.Region(), Defaults: settings.Defaults(), Thorough: true,
		Scope: settings.Scope{Key: "spot-enabled", Value: "true"}, Now: g.cloud.Now,
		Spotd: userdata.Settings{Topic: "arn:aws:sns:us-east-1:123456789012:reports", Grace: 5 * time.Minute, ReleaseURL: "https://example.com/r",
			SHA256: map[string]string{"amd64": strings.Repeat("a", 64), "arm64": strings.Repeat("b", 64)}}}
}

func (g *generated) must(err error) {
	g.t.Helper()
	if err != nil {
		g.t.Fatal(err)
	}
}

// saved writes the files, and gives their names in an order that nobody chose.
func saved(t *testing.T, rng *rand.Rand, files map[string][]byte) []string {
	t.Helper()
	dir := t.TempDir()
	var names []string
	for name, body := range files {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, body, 0o644); err != nil {
			t.Fatal(err)
		}
		names = append(names, path)
	}
	slices.Sort(names)
	rng.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	return names
}
