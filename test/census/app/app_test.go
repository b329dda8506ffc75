package app

import (
	"context"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"autospotting/pkg/cloudsim"
)

// Whoever tells the harm shares nothing with whoever is to avoid it.
func TestTheHarmIsToldByNobodyWhoDecides(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", ".").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	deps := strings.Fields(string(out))
	if !slices.Contains(deps, "autospotting/pkg/cloudsim") {
		t.Fatal("the list of imports is not what it should be")
	}
	for _, d := range deps {
		if strings.HasPrefix(d, "autospotting/coordinator") || strings.HasPrefix(d, "autospotting/userdata") {
			t.Errorf("the applications import %s", d)
		}
	}
}

// rig is a group, an application on it, and a coordinator of a few lines that swaps as it is told.
type rig struct {
	*cloudsim.Cloud
	t   *testing.T
	s   *cloudsim.Session
	lt  string
	net []string
	app *Application
}

// how is a way to swap.
type how struct {
	spec     Spec
	desired  int  // 3 by default
	waits    bool // our part of the boot waits for membership
	running  bool // attached as soon as it runs; else when its application is up, or after ten minutes
	unready  bool // the victim goes right after the attach
	hooks    []cloudsim.Hook
	readings cloudsim.Readings
	no       bool // no swap at all: only the group itself
}

func play(t *testing.T, h how) *rig {
	t.Helper()
	if h.desired == 0 {
		h.desired = 3
	}
	h.spec.Boot, h.spec.Script = 20*time.Second, 40*time.Second
	c := cloudsim.New(cloudsim.Config{Seed: 7, GuestsTell: true, Readings: h.readings})
	t.Cleanup(c.Close)
	r := &rig{Cloud: c, t: t, s: c.NewSession("coordinator")}
	image := c.CreateImage("")
	r.net = c.CreateSubnets()
	out, err := c.NewSession("owner").EC2().CreateLaunchTemplate(context.Background(), &ec2.CreateLaunchTemplateInput{LaunchTemplateName: aws.String("app"),
		LaunchTemplateData: &types.RequestLaunchTemplateData{ImageId: &image, InstanceType: "m5.large"}})
	r.must(err)
	r.lt = aws.ToString(out.LaunchTemplate.LaunchTemplateId)
	r.must(c.CreateGroup(cloudsim.GroupSpec{Name: "app", Min: 1, Max: 6, Desired: h.desired, LaunchTemplate: r.lt, Hooks: h.hooks}))
	r.app = Run(c, "app", h.spec, func(s string) bool { return s == "coordinator" }, func(g *cloudsim.Guest) bool {
		i, _ := c.Instance(g.Instance())
		return h.waits && i.LaunchedBy == "coordinator"
	})
	r.pass(20 * time.Minute)
	if r.app.Up() != h.desired {
		t.Fatalf("%d of %d applications are up before anything is done: %v", r.app.Up(), h.desired, r.app.Harms())
	}
	if !h.no {
		r.swap(h)
	}
	r.pass(time.Hour)
	return r
}

func (r *rig) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) pass(d time.Duration) { r.RunUntil(r.Now().Add(d)) }

func (r *rig) view(id string) cloudsim.InstanceView {
	i, _ := r.Instance(id)
	return i
}

func (r *rig) until(limit time.Duration, done func() bool) {
	for end := r.Now().Add(limit); r.Now().Before(end) && !done(); {
		r.pass(time.Second)
	}
}

// swap replaces the first member.
func (r *rig) swap(h how) {
	g, _ := r.Group("app")
	old := g.Members[0]
	zone := slices.Index(r.Zones(), old.Zone)
	out, err := r.s.EC2().CreateFleet(context.Background(), &ec2.CreateFleetInput{Type: types.FleetTypeInstant,
		TargetCapacitySpecification: &types.TargetCapacitySpecificationRequest{TotalTargetCapacity: aws.Int32(1), DefaultTargetCapacityType: types.DefaultTargetCapacityTypeSpot},
		LaunchTemplateConfigs: []types.FleetLaunchTemplateConfigRequest{{LaunchTemplateSpecification: &types.FleetLaunchTemplateSpecificationRequest{LaunchTemplateId: &r.lt, Version: aws.String("$Default")},
			Overrides: []types.FleetLaunchTemplateOverridesRequest{{InstanceType: "m5a.large", SubnetId: &r.net[zone]}}}}})
	r.must(err)
	id := out.Instances[0].InstanceIds[0]
	r.until(5*time.Minute, func() bool { return r.view(id).State == "running" })
	if !h.running {
		r.until(10*time.Minute, func() bool { return r.view(id).AppReady })
	}
	_, err = r.s.AutoScaling().AttachInstances(context.Background(), &autoscaling.AttachInstancesInput{AutoScalingGroupName: aws.String("app"), InstanceIds: []string{id}})
	r.must(err)
	if !h.unready {
		r.until(10*time.Minute, func() bool { return r.view(id).AppReady })
	}
	r.pass(10 * time.Second)
	_, err = r.s.AutoScaling().TerminateInstanceInAutoScalingGroup(context.Background(), &autoscaling.TerminateInstanceInAutoScalingGroupInput{InstanceId: &old.ID, ShouldDecrementDesiredCapacity: aws.Bool(true)})
	r.must(err)
}

// kinds are those of the harms, each once.
func (r *rig) kinds() []Need {
	var out []Need
	for _, h := range r.app.Harms() {
		if !slices.Contains(out, h.Kind) {
			out = append(out, h.Kind)
		}
	}
	slices.Sort(out)
	return out
}

func TestASwapHarmsWhoNeedsWhatItDoesNotGive(t *testing.T) {
	t.Parallel()
	drains := []cloudsim.Hook{{Name: "drain", Transition: cloudsim.HookTerminating}}
	launches := []cloudsim.Hook{{Name: "made", Transition: cloudsim.HookLaunching}}
	of := func(n ...Need) Spec { return Spec{Needs: n} }
	hidden := cloudsim.Readings{AttachedStateHidden: true}
	late := cloudsim.Readings{StackTakesAttached: time.Minute}
	for name, c := range map[string]struct {
		how
		want []Need
	}{
		"nothing needed":                            {how{}, nil},
		"nothing needed, drained":                   {how{hooks: drains}, nil},
		"a launching hook that somebody completes":  {how{hooks: launches}, nil},
		"retired before the replacement is up":      {how{running: true, unready: true}, []Need{Capacity}},
		"attached when it runs, and waited for":     {how{running: true}, nil},
		"membership":                                {how{spec: of(Membership)}, []Need{Membership}},
		"membership, attached too late for it":      {how{spec: of(Membership), waits: true}, []Need{Membership}},
		"membership, attached when it runs":         {how{spec: of(Membership), running: true}, nil},
		"membership, the boot waits":                {how{spec: of(Membership), running: true, waits: true}, nil},
		"membership, the boot waits for what hides": {how{spec: of(Membership), running: true, waits: true, readings: hidden}, nil},
		"the stack":                             {how{spec: of(Stack)}, []Need{Stack}},
		"the stack, attached when it runs":      {how{spec: of(Stack), running: true}, nil},
		"the stack, which hears late":           {how{spec: of(Stack), running: true, waits: true, readings: late}, []Need{Stack}},
		"the stack, while the boot waits":       {how{spec: of(Stack), running: true, waits: true, readings: cloudsim.Readings{StackTakesAttached: time.Minute, AttachedStateHidden: true}}, nil},
		"a launching hook that makes it whole":  {how{spec: of(LaunchHook), hooks: launches}, []Need{LaunchHook}},
		"membership, asked for again and again": {how{spec: Spec{Needs: []Need{Membership}, Patient: true}}, nil},
		"and attached when it runs":             {how{spec: Spec{Needs: []Need{Membership}, Patient: true}, running: true}, nil},
		"a hook that the script completes":      {how{spec: Spec{Completes: true}, hooks: launches}, nil},
		"and that it cannot do without":         {how{spec: Spec{Completes: true, Strict: true}, hooks: launches, unready: true}, []Need{LaunchHook}},
		"what only one may do":                  {how{spec: of(Alone), desired: 1}, []Need{Alone}},
		"an address":                            {how{spec: of(Address)}, []Need{Address}},
		"a route":                               {how{spec: of(Route)}, []Need{Route}},
		"a name":                                {how{spec: of(DNS)}, []Need{DNS}},
		"a volume":                              {how{spec: of(Volume), unready: true}, []Need{Volume}},
		"a volume that is waited for":           {how{spec: of(Volume)}, []Need{Volume}},
		"an interface":                          {how{spec: of(Interface), unready: true}, []Need{Interface}},
		"a license":                             {how{spec: of(License)}, []Need{License}},
		"a vote":                                {how{spec: of(Quorum)}, []Need{Quorum}},
		"pods":                                  {how{spec: of(Kubernetes)}, []Need{Kubernetes}},
		"pods that are drained":                 {how{spec: of(Kubernetes), hooks: drains}, nil},
		"tasks":                                 {how{spec: of(ECS)}, []Need{ECS}},
		"tasks that are drained":                {how{spec: of(ECS), hooks: drains}, nil},
		"tasks that a capacity provider places": {how{spec: Spec{Needs: []Need{ECS}, Provider: true}, hooks: drains, running: true}, []Need{ECS}},
		"jobs that are drained":                 {how{spec: of(Runner), hooks: drains}, nil},
		"work that is drained":                  {how{spec: of(Worker), hooks: drains}, nil},
		"the group itself":                      {how{spec: of(Membership, Stack, Address, Volume, License, Quorum), no: true}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := play(t, c.how)
			got := slices.DeleteFunc(r.kinds(), func(n Need) bool { return n == Capacity && !slices.Contains(c.want, Capacity) && len(c.want) > 0 })
			if !slices.Equal(got, c.want) {
				t.Errorf("%v, want %v: %v", got, c.want, r.app.Harms())
			}
		})
	}
}

// Jobs come and go: a swap meets one on most instances, and on none that waits for its hook.
func TestJobsAreLostWhereNobodyDrains(t *testing.T) {
	t.Parallel()
	for _, kind := range []Need{Runner, Worker} {
		r := play(t, how{spec: Spec{Needs: []Need{kind}}, no: true})
		for range 3 { // one of them must meet a job
			r.swap(how{})
			r.pass(7 * time.Minute)
		}
		if got := r.kinds(); !slices.Equal(got, []Need{kind}) {
			t.Errorf("%s: %v", kind, got)
		}
	}
}

// What AWS takes, and what the owner scales in, is not the coordinator's.
func TestOnlyTheCoordinatorsHandIsHarm(t *testing.T) {
	t.Parallel()
	all := Spec{Needs: []Need{Quorum, Kubernetes, ECS, Runner, License, Address}}
	r := play(t, how{spec: all, no: true})
	g, _ := r.Group("app")
	r.must(r.SetDesired("app", 2))
	r.pass(10 * time.Minute)
	g, _ = r.Group("app")
	r.must(r.Die(g.Members[0].ID))
	r.pass(20 * time.Minute)
	g, _ = r.Group("app")
	r.must(r.TerminateByOwner(g.Members[0].ID))
	r.pass(20 * time.Minute)
	if len(r.app.Harms()) > 0 {
		t.Errorf("harmed by nobody: %v", r.app.Harms())
	}
	if r.app.Up() != 2 {
		t.Errorf("%d applications are up, want 2", r.app.Up())
	}
}

// A cluster that can no longer decide is harm, whoever took the first voter, where the coordinator takes the last that mattered.
func TestTheMajorityIsCounted(t *testing.T) {
	t.Parallel()
	r := play(t, how{spec: Spec{Needs: []Need{Quorum}}, no: true})
	g, _ := r.Group("app")
	for _, m := range g.Members[:2] {
		_, err := r.s.AutoScaling().TerminateInstanceInAutoScalingGroup(context.Background(), &autoscaling.TerminateInstanceInAutoScalingGroupInput{InstanceId: aws.String(m.ID), ShouldDecrementDesiredCapacity: aws.Bool(true)})
		r.must(err)
	}
	got := slices.DeleteFunc(r.app.Harms(), func(h Harm) bool { return h.Kind == Capacity })
	if len(got) != 1 || got[0].Kind != Quorum || got[0].Instance != g.Members[1].ID {
		t.Errorf("%v, want the second to be missed", got)
	}
}
