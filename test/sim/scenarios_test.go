package sim_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"autospotting/coordinator/act"
	"autospotting/coordinator/decide"
	"autospotting/coordinator/handle"
	"autospotting/coordinator/lab/stage"
	"autospotting/coordinator/plan"
	"autospotting/coordinator/settings"
	"autospotting/pkg/cloudsim"
	"autospotting/test/scenario"
	"autospotting/test/sim/storm"
	"autospotting/userdata"
)

var update = flag.Bool("update", false, "tell the stories of test/scenario anew, as the simulated cloud plays them")

// TestTheSimulatedCloudTellsTheStories plays the same files as the emulator does.
func TestTheSimulatedCloudTellsTheStories(t *testing.T) {
	t.Parallel()
	stories, err := scenario.All()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range stories {
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			c, err := newTold(s, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Cloud.Close()
			got, err := scenario.Play(s, c)
			if err != nil {
				t.Fatalf("%v\n%s", err, strings.Join(c.Story(200), "\n"))
			}
			if *update {
				if err := os.WriteFile(filepath.Join("..", "scenario", "testdata", s.Name+".txt"), []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			} else if got != s.Text {
				t.Errorf("the story is\n%s\nand was told\n%s(go test ./test/sim -run Stories -update tells it anew)\n%s", got, s.Text, strings.Join(c.Story(200), "\n"))
			}
			if broken := c.Violations(); len(broken) > 0 {
				t.Error(broken[0])
			}
		})
	}
}

// What each story of a kind of group rests on. Without it the coordinator does something else, and the story fails.
var blindnesses = map[string]func(*decide.World){
	"address":                func(w *decide.World) { w.Template.Needs = nil },
	"attach-ready":           func(w *decide.World) { w.Settings.Attach = settings.AttachAuto },
	"attach-running":         func(w *decide.World) { w.Settings.Attach = settings.AttachAuto },
	"balanced":               func(w *decide.World) { w.Settings.Attach = settings.AttachReady },
	"bastion":                func(w *decide.World) { w.Group.LoadBalanced, w.Template.Clocked = false, "line 3" },
	"cloudformation":         func(w *decide.World) { w.Template.Needs, w.Settings.Grace = nil, 5*time.Minute },
	"cloudformation-unknown": func(w *decide.World) { w.Template.Needs, w.Settings.Attach = nil, settings.AttachRunning },
	"hook-heard":             func(w *decide.World) { w.Group.LaunchHooks = nil },
	"hook-unheard":           func(w *decide.World) { w.Group.LaunchHooks = append(w.Group.LaunchHooks, w.Group.IdleHooks...) },
	"handlers": func(w *decide.World) { // nobody's answer is heard
		w.Heard = slices.DeleteFunc(slices.Clone(w.Heard), func(h decide.Hint) bool { return h.Kind == decide.HeardDrained })
	},
	"hook-of-the-boot": func(w *decide.World) { w.Group.LaunchHooks = w.Group.UnheardHooks },
	"kubernetes":       func(w *decide.World) { w.Group.DrainHooks = nil },
	"mixed":            func(w *decide.World) { w.Group.Types = nil },
	"no-spotd":         func(w *decide.World) { w.Settings.Grace = time.Hour }, // beyond the time that a boot may take
	"other-tool": func(w *decide.World) {
		for n := range w.Instances {
			w.Instances[n].LaunchedBy = ""
		}
	},
	"own-group":  func(w *decide.World) { w.Template.Needs, w.Settings.Grace = nil, 5*time.Minute },
	"quorum":     func(w *decide.World) { w.Template.Needs = nil },
	"true":       func(*decide.World) {}, // the tag is read as True
	"worker":     func(w *decide.World) { w.Template.Needs = nil },
	"zones-only": func(w *decide.World) { w.Group.NoSubnets = "the group names no subnets" },
}

func TestABlindCoordinatorTellsAnotherStory(t *testing.T) {
	t.Parallel()
	stories, err := scenario.All()
	if err != nil {
		t.Fatal(err)
	}
	played := 0
	for _, s := range stories {
		blind := blindnesses[s.Name]
		if blind == nil {
			continue
		}
		played++
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			c, err := newTold(s, func(h *handle.Handler) {
				if a, ok := h.Actor.(*act.Actor); ok && s.Name == "true" {
					a.Scope.Value = "True"
				}
				h.Decide = func(w decide.World) decide.Plan {
					blind(&w)
					return decide.Decide(w)
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Cloud.Close()
			got, err := scenario.Play(s, c)
			if err == nil && got == s.Text {
				t.Error("it tells the same story")
			}
			if err == nil {
				err = errors.New(scenario.Changed(s.Text, got))
			}
			t.Log(err)
		})
	}
	if played != len(blindnesses) {
		t.Errorf("%d stories were played, %d have a row", played, len(blindnesses))
	}
}

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
