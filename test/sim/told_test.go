package sim_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"autospotting/coordinator/act"
	"autospotting/coordinator/handle"
	"autospotting/coordinator/lab/stage"
	"autospotting/coordinator/plan"
	"autospotting/coordinator/settings"
	"autospotting/pkg/cloudsim"
	"autospotting/test/scenario"
	"autospotting/test/sim/storm"
	"autospotting/userdata"
)

// told is the simulated cloud as stories see it.
type told struct {
	*storm.World
	group  scenario.Group
	calls  []scenario.Call
	served int
	bare   map[string]bool // who runs without spotd
	guests map[string]*cloudsim.Guest
}

const targetGroup = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/web/1"

func newTold(s scenario.Story, alter func(*handle.Handler)) (*told, error) {
	g := s.Group
	c := &told{group: g, bare: map[string]bool{}, guests: map[string]*cloudsim.Guest{}}
	spec := cloudsim.GroupSpec{Name: "web", Min: g.Min, Desired: g.Desired, Max: g.Max, Tags: g.Tags, ZonesOnly: g.NamesZones}
	for _, z := range g.Zones {
		spec.Zones = append(spec.Zones, "us-east-1"+string(z))
	}
	if g.LoadBalancer {
		spec.TargetGroups, spec.HealthCheckType, spec.Grace = []string{targetGroup}, "ELB", 5*time.Minute
	}
	if len(g.Mixed) > 0 {
		spec.Mixed = &cloudsim.MixedPolicy{OnDemandPercent: 100, Types: g.Mixed}
	}
	w, err := storm.New(storm.Script{Seed: 1, Small: true, Groups: []cloudsim.GroupSpec{spec}}, &storm.Mutant{Speak: c.guest, Alter: func(cfg *stage.Config) {
		cfg.UserData, cfg.Cloud.GuestsTell = []byte(g.UserData), g.Boot != ""
		if cfg.Alter = alter; g.Boot == scenario.BootUnknown {
			cfg.Cloud.Readings.StackTakesAttached = -1
		}
	}})
	if err != nil {
		return nil, err
	}
	c.World = w
	w.Cloud.OnCall(nil, func(k cloudsim.Call) cloudsim.Verdict {
		if strings.HasPrefix(k.Session, "coordinator") {
			c.note(k.Input)
		}
		return cloudsim.GoOn
	})
	w.Cloud.OnEvent(func(cloudsim.Event) {
		c.served = min(c.served, c.Stage.ServingOf("web", true)+c.Stage.ServingOf("web", false))
	})
	if s.Steps[0].Deed.Kind != "begin" { // it is done to the group's own instances, which have to be there first
		w.Until(3*time.Minute, func() bool { return w.Cloud.Ready("web") == g.Desired })
	}
	return c, nil
}

// bootTakes is less than the grace of the simulated groups, so that spotd's ready comes when all is up.
const bootTakes = 12 * time.Second

// guest is what runs on an instance: spotd where it is on board, and the owner's script where the story tells of it.
func (c *told) guest(st *stage.Stage, g *cloudsim.Guest) {
	storm.Speak(st, g)
	_, has := stage.Board(g)
	c.bare[g.Instance()], c.guests[g.Instance()] = !has, g
	if c.group.Boot == "" {
		return
	}
	end := func(boot cloudsim.Boot, what string) {
		g.SetBoot(boot)
		if i, _ := st.Cloud.Instance(g.Instance()); coordinators(i.LaunchedBy) {
			c.calls = append(c.calls, scenario.Call{What: what, Instances: []string{i.ID}})
		}
	}
	script := func() {
		_, member := g.Member()
		if c.group.Boot == scenario.BootMember && !member || (c.group.Boot == scenario.BootStack || c.group.Boot == scenario.BootUnknown) && !g.StackMember() {
			end(cloudsim.BootFailed, "boot failed")
			return
		}
		g.After(bootTakes, func() {
			if c.group.Boot == scenario.BootHook {
				_ = g.CompleteHook("CONTINUE") // where there is none the script goes on
			}
			end(cloudsim.BootDone, "booted")
			g.Serve(true)
		})
	}
	if ours, has := userdata.Injected(g.UserData()); !has || !ours.Await {
		script()
		return
	}
	st.Await(g, func(bool) {
		c.Waited(g.Instance())
		script()
	})
}

func (c *told) note(input any) {
	add := func(what string, ids ...string) { c.calls = append(c.calls, scenario.Call{What: what, Instances: ids}) }
	switch in := input.(type) {
	case *autoscaling.AttachInstancesInput:
		add("attached", in.InstanceIds...)
	case *autoscaling.TerminateInstanceInAutoScalingGroupInput:
		add(scenario.Retired(aws.ToBool(in.ShouldDecrementDesiredCapacity)), aws.ToString(in.InstanceId))
	case *autoscaling.SetInstanceProtectionInput:
		add(scenario.Protected(aws.ToBool(in.ProtectedFromScaleIn)), in.InstanceIds...)
	case *autoscaling.UpdateAutoScalingGroupInput:
		add(scenario.MaxSize(int(aws.ToInt32(in.MaxSize)), c.group.Max))
	case *autoscaling.SetDesiredCapacityInput:
		add(fmt.Sprintf("desired %d", aws.ToInt32(in.DesiredCapacity)))
	case *ec2.CreateTagsInput:
		add("asked to drain", in.Resources...)
	case *ec2.TerminateInstancesInput:
		add("terminated", in.InstanceIds...)
	}
}

func (c *told) Do(d scenario.Deed, id string) error {
	c.served = c.group.Desired
	switch d.Kind {
	case "interrupt":
		return c.Cloud.Interrupt(id, "terminate")
	case "tag":
		return c.Cloud.SetGroupTag("web", d.Key, d.Value)
	case "untag":
		return c.Cloud.DeleteGroupTag("web", d.Key)
	case "mark":
		_, err := c.Cloud.NewSession("another").EC2().CreateTags(context.Background(), &ec2.CreateTagsInput{Resources: []string{id}, Tags: []ec2types.Tag{{Key: &d.Key, Value: &d.Value}}})
		return err
	case "unmark":
		_, err := c.Cloud.NewSession("owner").EC2().DeleteTags(context.Background(), &ec2.DeleteTagsInput{Resources: []string{id}, Tags: []ec2types.Tag{{Key: &d.Key}}})
		return err
	case "install":
		c.Install(c.guests[id], "web", 20*time.Second)
		return c.Cloud.ShowTags(id, true)
	case "hook":
		h := cloudsim.Hook{Name: d.Key, Transition: cloudsim.HookTerminating, Heartbeat: time.Minute, Result: "CONTINUE"}
		if d.Abandons {
			h.Result = "ABANDON"
		}
		if d.Value == "launching" {
			h.Transition = cloudsim.HookLaunching
		}
		return c.Cloud.PutHook("web", h)
	case "environment":
		return c.Cloud.CreateEnvironment(cloudsim.EnvironmentSpec{ID: "e-" + d.Key, Name: d.Key, Group: "web"})
	case "update":
		err := c.Cloud.UpdateEnvironment("e-"+d.Key, d.Value)
		c.Until(time.Hour, func() bool { v, _ := c.Cloud.Environment("web"); return v.Status == cloudsim.EnvironmentReady })
		return err
	case "rule":
		c.Cloud.PutRule(cloudsim.BusRule{Name: d.Key, Pattern: scenario.RulePattern(d.Value), Targets: []string{"arn:aws:lambda:us-east-1:123456789012:function:" + d.Key}})
	}
	return nil
}

func (c *told) Wait(want scenario.Settled) error {
	is := func() bool {
		g, _ := c.Cloud.Group("web")
		return g.Desired == want.Desired && g.Max == want.Max && len(g.Members) == g.Desired && !c.Record("web").Open() &&
			c.Stage.ServingOf("web", true) == want.Spot && c.Stage.ServingOf("web", false) == want.OnDemand && strings.HasPrefix(c.Status(), "refused") == want.Refused
	}
	c.Run(time.Minute) // what was done shows
	if want.Spot == 0 {
		c.Run(20 * time.Minute) // and what would be done though nothing should
	}
	c.Until(3*time.Hour, is)
	if !is() {
		g, _ := c.Cloud.Group("web")
		return fmt.Errorf("after three hours desired is %d, MaxSize %d, %d members, %d on spot and %d on-demand serve, open: %t, status %q; want %+v", g.Desired, g.Max, len(g.Members),
			c.Stage.ServingOf("web", true), c.Stage.ServingOf("web", false), c.Record("web").Open(), c.Status(), want)
	}
	return nil
}

func (c *told) Served() int { return c.served }

func (c *told) Status() string {
	g, _ := c.Cloud.Group("web")
	return g.Tags[settings.StatusTag]
}

// Plan is what spotctl plan makes of the same reads.
func (c *told) Plan() (out scenario.Plan, err error) {
	actor := c.Stage.Handler(c.Cloud.NewSession("spotctl")).Actor
	if a, ok := actor.(*act.Actor); ok {
		a.Thorough = true
	}
	w, err := actor.Observe(context.Background(), "web", c.Record("web"), nil)
	if err != nil {
		return out, err
	}
	b, err := json.Marshal(plan.Of(w, nil))
	if err != nil {
		return out, err
	}
	return out, json.Unmarshal(b, &out)
}

func (c *told) Calls() []scenario.Call { return c.calls }

func (c *told) Instances() []scenario.Instance {
	all := c.Cloud.Instances()
	slices.SortStableFunc(all, func(a, b cloudsim.InstanceView) int { return a.Launched.Compare(b.Launched) })
	var out []scenario.Instance
	for _, i := range all {
		out = append(out, scenario.Instance{ID: i.ID, Spot: i.Spot, Ours: coordinators(i.LaunchedBy), Type: i.Type, Bare: c.bare[i.ID]})
	}
	return out
}
