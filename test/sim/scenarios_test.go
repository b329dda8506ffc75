package sim_test

import (
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

	"autospotting/pkg/cloudsim"
	"autospotting/test/scenario"
	"autospotting/test/sim/storm"
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
			c, err := newTold(s.Group)
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

// told is the simulated cloud as stories see it.
type told struct {
	*storm.World
	max   int // the owner's
	calls []scenario.Call
}

func newTold(g scenario.Group) (*told, error) {
	spec := cloudsim.GroupSpec{Name: "web", Min: g.Min, Desired: g.Desired, Max: g.Max, Tags: g.Tags}
	for _, z := range g.Zones {
		spec.Zones = append(spec.Zones, "us-east-1"+string(z))
	}
	w, err := storm.New(storm.Script{Seed: 1, Small: true, Groups: []cloudsim.GroupSpec{spec}}, nil)
	if err != nil {
		return nil, err
	}
	c := &told{World: w, max: g.Max}
	w.Cloud.OnCall(nil, func(k cloudsim.Call) cloudsim.Verdict {
		if strings.HasPrefix(k.Session, "coordinator") {
			c.note(k.Input)
		}
		return cloudsim.GoOn
	})
	return c, nil
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
		add(scenario.MaxSize(int(aws.ToInt32(in.MaxSize)), c.max))
	case *autoscaling.SetDesiredCapacityInput:
		add(fmt.Sprintf("desired %d", aws.ToInt32(in.DesiredCapacity)))
	case *ec2.TerminateInstancesInput:
		add("terminated", in.InstanceIds...)
	}
}

func (c *told) Do(d scenario.Deed, id string) error {
	switch d.Kind {
	case "interrupt":
		return c.Cloud.Interrupt(id, "terminate")
	case "tag":
		return c.Cloud.SetGroupTag("web", d.Key, d.Value)
	case "untag":
		return c.Cloud.DeleteGroupTag("web", d.Key)
	}
	return nil
}

func (c *told) Wait(want scenario.Settled) error {
	is := func() bool {
		g, _ := c.Cloud.Group("web")
		return g.Desired == want.Desired && g.Max == want.Max && len(g.Members) == g.Desired && !c.Record("web").Open() &&
			c.Stage.ServingOf("web", true) == want.Spot && c.Stage.ServingOf("web", false) == want.OnDemand
	}
	c.Run(time.Minute) // what was done shows
	c.Until(3*time.Hour, is)
	if !is() {
		g, _ := c.Cloud.Group("web")
		return fmt.Errorf("after three hours desired is %d, MaxSize %d, %d members, open: %t; want %+v", g.Desired, g.Max, len(g.Members), c.Record("web").Open(), want)
	}
	return nil
}

func (c *told) Calls() []scenario.Call { return c.calls }

func (c *told) Instances() []scenario.Instance {
	all := c.Cloud.Instances()
	slices.SortStableFunc(all, func(a, b cloudsim.InstanceView) int { return a.Launched.Compare(b.Launched) })
	var out []scenario.Instance
	for _, i := range all {
		out = append(out, scenario.Instance{ID: i.ID, Spot: i.Spot, Ours: coordinators(i.LaunchedBy)})
	}
	return out
}
