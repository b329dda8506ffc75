package emulator

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"autospotting/test/scenario"
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
			a := newAccount(t)
			a.newGroup("web", size{s.Group.Min, s.Group.Desired, s.Group.Max}, s.Group.Zones)
			for key, value := range s.Group.Tags {
				a.setTag("web", key, value)
			}
			a.guests(a.ready)
			c := a.serve(lab.coordinator)
			got, err := scenario.Play(s, &tale{a, s.Group.Max})
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
	max int // the owner's
}

func (a *tale) Do(d scenario.Deed, id string) error {
	switch d.Kind {
	case "interrupt":
		a.interrupt(id)
	case "tag":
		a.setTag("web", d.Key, d.Value)
	case "untag":
		_, err := a.scaling.DeleteTags(a.t.Context(), &autoscaling.DeleteTagsInput{Tags: []astypes.Tag{{
			ResourceId: aws.String("web"), ResourceType: aws.String("auto-scaling-group"), Key: &d.Key}}})
		if err != nil {
			return err
		}
	}
	a.tick()
	return nil
}

func (a *tale) Wait(want scenario.Settled) error {
	ctx, cancel := context.WithTimeout(a.t.Context(), patience)
	defer cancel()
	l, err := a.await(ctx, "web", func(l look) string {
		g := l.group
		if g.Desired != want.Desired || g.Max != want.Max || len(l.spot) != want.Spot || len(l.onDemand) != want.OnDemand ||
			len(l.loose)+len(l.protected) > 0 || l.unfinished || !a.queues.idle() {
			return fmt.Sprintf("desired %d, MaxSize %d, %d spot, %d on-demand, loose %v, protected %v, open %t; want %+v",
				g.Desired, g.Max, len(l.spot), len(l.onDemand), l.loose, l.protected, l.unfinished, want)
		}
		return ""
	})
	if err == nil && want.OnDemand == 0 {
		err = a.launchedWell(ctx, "web", l)
	}
	return err
}

func (a *tale) Calls() []scenario.Call {
	a.mu.Lock()
	defer a.mu.Unlock()
	var out []scenario.Call
	for _, k := range a.asked {
		if c, ok := tell(k, a.max); ok {
			out = append(out, c)
		}
	}
	return out
}

// tell says in a story's words what was asked.
func tell(k *call, owners int) (scenario.Call, bool) {
	what := ""
	switch k.action {
	case "AttachInstances":
		what = "attached"
	case "TerminateInstanceInAutoScalingGroup":
		return scenario.Call{What: scenario.Retired(k.form.Get("ShouldDecrementDesiredCapacity") == "true"), Instances: []string{k.form.Get("InstanceId")}}, true
	case "SetInstanceProtection":
		what = scenario.Protected(k.form.Get("ProtectedFromScaleIn") == "true")
	case "UpdateAutoScalingGroup":
		n, err := strconv.Atoi(k.form.Get("MaxSize"))
		if err != nil {
			return scenario.Call{What: fmt.Sprintf("MaxSize %q", k.form.Get("MaxSize"))}, true
		}
		return scenario.Call{What: scenario.MaxSize(n, owners)}, true
	case "SetDesiredCapacity":
		return scenario.Call{What: "desired " + k.form.Get("DesiredCapacity")}, true
	case "TerminateInstances":
		return scenario.Call{What: "terminated", Instances: listed(k, "InstanceId.")}, true
	default:
		return scenario.Call{}, false
	}
	return scenario.Call{What: what, Instances: listed(k, "InstanceIds.member.")}, true
}

// listed is a list of the query protocol.
func listed(k *call, prefix string) []string {
	var out []string
	for n := 1; k.form.Has(fmt.Sprint(prefix, n)); n++ {
		out = append(out, k.form.Get(fmt.Sprint(prefix, n)))
	}
	return out
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
		out = append(out, scenario.Instance{ID: i.id, Spot: i.spot, Ours: i.tags["aws:ec2:fleet-id"] != ""})
	}
	return out
}
