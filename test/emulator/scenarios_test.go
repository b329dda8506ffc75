package emulator

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"autospotting/coordinator/settings"
	"autospotting/test/rig"
	"autospotting/test/scenario"
	"autospotting/userdata"
)

// TestTheEmulatorTellsTheStories plays the same files as the simulated cloud does, on the emulator, over HTTP.
func TestTheEmulatorTellsTheStories(t *testing.T) {
	t.Parallel()
	stories, err := scenario.All()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range stories {
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			if strings.HasPrefix(s.Moto, "nothing is played") {
				t.Skip(s.Moto)
			} else if s.Moto != "" {
				t.Logf("left out here: %s", s.Moto)
			}
			a := ownersTale(t, s)
			c, err := a.startCoordinator(lab.coordinator, a.flags()...)
			if err != nil {
				t.Fatal(err)
			}
			showOnFailure(t, "the coordinator", c.log)
			t.Cleanup(c.kill)
			got, err := scenario.Play(s, a)
			if err != nil {
				t.Fatalf("%v\nasked so far: %s", err, strings.Join(a.requests(), ", "))
			}
			if got != s.Text {
				t.Errorf("the story is\n%s\nand was told\n%s", got, s.Text)
			}
			c.stop(t)
		})
	}
}

// tale is the emulator as stories see it.
type tale struct {
	*account
	group scenario.Group
	since int // calls before the last deed
	boots sync.WaitGroup
}

// ownersTale is an account with the story's group, and guests on what is launched for it.
func ownersTale(t *testing.T, s scenario.Story) *tale {
	t.Helper()
	g := s.Group
	script := g.UserData
	if script == "" {
		script = userData
	}
	a := &tale{account: ownersAccount(t, script), group: g}
	var arns []string
	if g.LoadBalancer {
		arn, err := a.targetGroup(t.Context(), "web")
		if err != nil {
			t.Fatal(err)
		}
		arns, a.checksTargets = []string{arn}, true
	}
	a.createGroup("web", size{g.Min, g.Desired, g.Max}, g.Zones, func(in *autoscaling.CreateAutoScalingGroupInput) {
		in.LaunchTemplate = &astypes.LaunchTemplateSpecification{LaunchTemplateId: &a.template, Version: aws.String("$Default")}
		if len(arns) > 0 {
			in.TargetGroupARNs, in.HealthCheckType, in.HealthCheckGracePeriod = arns, aws.String("ELB"), aws.Int32(300)
		}
		if g.NamesZones {
			in.VPCZoneIdentifier = nil
			for _, z := range g.Zones {
				in.AvailabilityZones = append(in.AvailabilityZones, region+string(z))
			}
		}
		if len(g.Mixed) > 0 {
			policy := &astypes.LaunchTemplate{LaunchTemplateSpecification: in.LaunchTemplate}
			for _, typ := range g.Mixed {
				policy.Overrides = append(policy.Overrides, astypes.LaunchTemplateOverrides{InstanceType: aws.String(typ)})
			}
			in.LaunchTemplate, in.MixedInstancesPolicy = nil, &astypes.MixedInstancesPolicy{LaunchTemplate: policy,
				InstancesDistribution: &astypes.InstancesDistribution{OnDemandPercentageAboveBaseCapacity: aws.Int32(100)}}
			a.pools = len(g.Mixed)
		}
	})
	for key, value := range g.Tags {
		a.setTag("web", key, value)
	}
	t.Cleanup(a.boots.Wait) // after the guests were stopped
	a.guests(a.boot)
	return a
}

// flags are the grace of what spotd does not speak for: short, but longer than a guest waits for its attach, or the grace would bring it.
func (a *tale) flags() []string {
	switch {
	case a.group.Tags["autospotting:spotd"] == "off":
		return []string{"--grace=3s"}
	case a.group.Boot != "":
		return []string{"--grace=" + (2 * attachTime).String()}
	}
	return nil
}

func (a *tale) Do(d scenario.Deed, id string) error {
	ctx := a.t.Context()
	a.since = len(a.Calls())
	var err error
	switch d.Kind {
	case "interrupt":
		a.interrupt(id)
	case "tag":
		a.setTag("web", d.Key, d.Value)
	case "untag":
		_, err = a.scaling.DeleteTags(ctx, &autoscaling.DeleteTagsInput{Tags: []astypes.Tag{{
			ResourceId: aws.String("web"), ResourceType: aws.String("auto-scaling-group"), Key: &d.Key}}})
	case "mark":
		_, err = a.ec2.CreateTags(ctx, &ec2.CreateTagsInput{Resources: []string{id}, Tags: []ec2types.Tag{{Key: &d.Key, Value: &d.Value}}})
	case "unmark":
		_, err = a.ec2.DeleteTags(ctx, &ec2.DeleteTagsInput{Resources: []string{id}, Tags: []ec2types.Tag{{Key: &d.Key}}})
	case "install":
		err = a.install(id)
	case "hook":
		result := map[bool]string{false: "CONTINUE", true: "ABANDON"}[d.Abandons]
		_, err = a.scaling.PutLifecycleHook(ctx, &autoscaling.PutLifecycleHookInput{AutoScalingGroupName: aws.String("web"), LifecycleHookName: &d.Key,
			LifecycleTransition: aws.String("autoscaling:EC2_INSTANCE_" + strings.ToUpper(d.Value)), HeartbeatTimeout: aws.Int32(60), DefaultResult: &result})
	case "environment":
		a.environment(d.Key)
	case "rule":
		a.rule(d.Key, scenario.RulePattern(d.Value), "arn:aws:lambda:"+region+":"+a.cloud.account+":function:"+d.Key)
	}
	if err == nil {
		a.tick()
	}
	return err
}

// tickTime is how long a story waits until the next tick comes, which on AWS is five minutes.
const tickTime = 25 * time.Second

func (a *tale) Wait(want scenario.Settled) error {
	ctx, cancel := context.WithTimeout(a.t.Context(), patience)
	defer cancel()
	ticked := time.Now()
	l, err := a.await(ctx, "web", func(l look) string {
		if time.Since(ticked) > tickTime { // what is remembered for a minute, nobody tells of
			ticked = time.Now()
			a.tick()
		}
		g := l.group
		if g.Desired != want.Desired || g.Max != want.Max || len(l.spot) != want.Spot || len(l.onDemand) != want.OnDemand ||
			len(l.loose)+len(l.protected) > 0 || l.unfinished || !a.queues.idle() || strings.HasPrefix(g.status(), "refused") != want.Refused {
			return fmt.Sprintf("desired %d, MaxSize %d, %d spot, %d on-demand, loose %v, protected %v, open %t, status %q; want %+v",
				g.Desired, g.Max, len(l.spot), len(l.onDemand), l.loose, l.protected, l.unfinished, g.status(), want)
		}
		return ""
	})
	if err == nil && want.OnDemand == 0 && a.group.Tags["autospotting:spotd"] != "off" {
		err = a.launchedWell(ctx, "web", l)
	}
	return err
}

// status is the tag that tells the owner.
func (g group) status() string {
	for _, t := range g.Tags {
		if t.Key == settings.StatusTag {
			return t.Value
		}
	}
	return ""
}

func (a *tale) Status() string {
	l, err := a.look(a.t.Context(), "web")
	if err != nil {
		a.t.Fatal(err)
	}
	return l.group.status()
}

// Plan runs the built command.
func (a *tale) Plan() (scenario.Plan, error) {
	program, err := spotctl()
	if err != nil {
		return scenario.Plan{}, err
	}
	cmd := exec.CommandContext(a.t.Context(), program, "plan", "--table", table, "--format", "json", "--group", "web", "--reports-topic", a.reports,
		"--release-url", a.release, "--spotd-sha256", "amd64="+a.checksum+",arm64="+a.checksum)
	cmd.Env = rig.Environment(a.side.URL)
	out, err := cmd.Output()
	if err != nil {
		return scenario.Plan{}, fmt.Errorf("spotctl plan: %w", err)
	}
	var doc struct{ Groups []scenario.Plan }
	if err := json.Unmarshal(out, &doc); err != nil || len(doc.Groups) != 1 {
		return scenario.Plan{}, fmt.Errorf("the plan is %s (%w)", out, err)
	}
	return doc.Groups[0], nil
}

// Served counts along the calls: who was there serves, and a replacement does when it is a member and its boot is over.
func (a *tale) Served() int {
	serving := a.group.Desired
	fewest, half := serving, map[string]bool{}
	for _, c := range a.Calls()[a.since:] {
		for _, id := range c.Instances {
			switch c.What {
			case "attached", "booted":
				if half[id] {
					serving++
				}
				half[id] = true
			case scenario.Retired(true), scenario.Retired(false):
				serving--
			}
		}
		fewest = min(fewest, serving)
	}
	return fewest
}

func (a *tale) Instances() []scenario.Instance {
	all, err := a.instances(a.t.Context())
	if err != nil {
		a.t.Fatal(err)
	}
	var list []instance
	for _, i := range all {
		list = append(list, i)
	}
	slices.SortFunc(list, func(x, y instance) int { return cmp.Or(x.launched.Compare(y.launched), cmp.Compare(x.id, y.id)) })
	var out []scenario.Instance
	for _, i := range list {
		var on userdata.Settings
		if i.ours() {
			if on, err = a.injected(a.t.Context(), i.id); err != nil {
				a.t.Fatal(err)
			}
		}
		out = append(out, scenario.Instance{ID: i.id, Spot: i.spot, Ours: i.tags["aws:ec2:fleet-id"] != "", Type: i.kind, Bare: on.Topic == ""})
	}
	return out
}

// happened notes what became of a boot, among the calls. Behind a load balancer the instance answers when its boot is over.
func (a *tale) happened(what, id string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.asked = append(a.asked, &call{action: what, form: url.Values{"InstanceId": {id}}})
	if what == "Booted" {
		if a.answering == nil {
			a.answering = map[string]bool{}
		}
		a.answering[id] = true
	}
}
