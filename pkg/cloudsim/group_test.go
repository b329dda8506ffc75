package cloudsim

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
)

func TestAGroupLaunchesOnDemandEvenlyOverItsZones(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{}, six())
	zones := map[string]int{}
	for _, m := range r.group().Members {
		zones[m.Zone]++
		if m.State != "InService" || m.Instance.Spot || m.Instance.Type != "m5.large" || !m.Instance.AppReady {
			t.Errorf("member %+v is not an on-demand m5.large in service", m)
		}
	}
	if r.Ready("web") != 6 || zones["us-east-1a"] != 2 || zones["us-east-1b"] != 2 || zones["us-east-1c"] != 2 {
		t.Fatalf("ready %d, zones %v; want 6, two in each", r.Ready("web"), zones)
	}
}

// aws-facts 8 A with 1.1 #2 and 1.4: attach raises desired, terminate with decrement pays it back.
func TestASwapRaisesDesiredAndPaysItBack(t *testing.T) {
	t.Parallel()
	spec := six()
	spec.Max = 7
	r := newRig(t, Config{}, spec)
	s := r.spot()
	wantCode(t, r.attach(s), "ValidationError", "must be in 'running' state") // 1.1 #5
	r.settle()
	must(t, r.attach(s))
	if g := r.group(); g.Desired != 7 || g.Net != 1 {
		t.Fatalf("after attach desired %d, net %d; want 7 and 1", g.Desired, g.Net)
	}
	if tags := mustInstance(t, r, s).Tags; tags["spot-enabled"] != "true" || tags["aws:autoscaling:groupName"] != "web" {
		t.Errorf("the group's tags did not reach the attached instance: %v", tags) // 1.1 #12
	}
	r.pass(30 * time.Second)
	victim := r.inZone("us-east-1a")
	must(t, r.retire(victim, true))
	r.pass(10 * time.Second)
	if v := mustInstance(t, r, victim); v.State != "running" || r.Ready("web") != 6 {
		t.Errorf("while it drains the victim is %s and ready %d; want running and 6", v.State, r.Ready("web")) // 1.4
	}
	r.settle()
	g := r.group()
	if g.Desired != 6 || g.Net != 0 || len(g.Members) != 6 || r.Ready("web") != 6 {
		t.Fatalf("after the swap: %+v, ready %d", g, r.Ready("web"))
	}
	if v := mustInstance(t, r, victim); v.State != "terminated" || v.Group != "" {
		t.Errorf("the victim is %+v", v)
	}
	wantCause(t, r, "Terminating EC2 instance: "+victim, "in response to a user request, shrinking the capacity from 7 to 6.")
}

func mustInstance(t *testing.T, r *rig, id string) InstanceView {
	t.Helper()
	v, ok := r.Instance(id)
	if !ok {
		t.Fatalf("no instance %s", id)
	}
	return v
}

func wantCause(t *testing.T, r *rig, description, cause string) {
	t.Helper()
	out, err := r.s.AutoScaling().DescribeScalingActivities(bg, &autoscaling.DescribeScalingActivitiesInput{AutoScalingGroupName: aws.String("web")})
	must(t, err)
	for _, a := range out.Activities {
		if strings.HasPrefix(*a.Description, description) && strings.Contains(*a.Cause, cause) {
			return
		}
	}
	t.Errorf("no activity %q whose cause holds %q in %d activities", description, cause, len(out.Activities))
}

// aws-facts 1.1 #2 and #6.
func TestAttachIsRefusedAboveMaxAndForMembers(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{}, six())
	s := r.spot()
	r.settle()
	wantCode(t, r.attach(s), "ValidationError", "AutoScalingGroup web has min-size=2, max-size=6, and desired-size=6. To attach 1 instance, please update the AutoScalingGroup sizes appropriately.")
	must(t, r.SetMax("web", 7))
	must(t, r.attach(s))
	wantCode(t, r.attach(s), "ValidationError", "is already part of AutoScalingGroup")
}

// aws-facts 1.4.
func TestTerminateWithDecrementIsRefusedAtMin(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{}, GroupSpec{Min: 2, Max: 4, Desired: 2})
	id := r.group().Members[0].ID
	wantCode(t, r.retire(id, true), "ValidationError", "Currently, desiredSize equals minSize (2). Terminating instance without replacement will violate group's min size constraint. Either set shouldDecrementDesiredCapacity flag to false or lower group's min size.")
	must(t, r.retire(id, false))
	r.settle()
	if r.Ready("web") != 2 || r.group().Desired != 2 {
		t.Fatalf("the group did not replace the member: %+v", r.group())
	}
	wantCode(t, r.retire("i-00000000000000000", true), "ValidationError", "No managed instance found")
}

// aws-facts 1.1 #4: the silent desired, and a victim of the group's choice.
func TestLoweringMaxBelowDesiredMakesTheGroupKill(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{}, six())
	_, err := r.s.AutoScaling().UpdateAutoScalingGroup(bg, &autoscaling.UpdateAutoScalingGroupInput{AutoScalingGroupName: aws.String("web"), MaxSize: aws.Int32(4)})
	must(t, err)
	if g := r.group(); g.Desired != 4 || g.Max != 4 {
		t.Fatalf("desired %d, max %d; want 4 and 4", g.Desired, g.Max)
	}
	r.settle()
	if n := len(r.group().Members); n != 4 {
		t.Fatalf("%d members remain, want 4", n)
	}
	must(t, r.SetMin("web", 4))
	must(t, r.SetMax("web", 9))
	must(t, r.SetMin("web", 5))
	if g := r.group(); g.Desired != 5 {
		t.Errorf("raising min to 5 left desired at %d", g.Desired)
	}
}

// aws-facts 1.4 (last point) and 1.8: a member that stops running is replaced, desired unchanged, on demand.
func TestADeadMemberIsReplacedOnDemand(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{}, six())
	dead := r.group().Members[0].ID
	must(t, r.TerminateByOwner(dead))
	r.settle()
	g := r.group()
	if g.Desired != 6 || len(g.Members) != 6 || r.Ready("web") != 6 {
		t.Fatalf("not replaced: %+v", g)
	}
	wantCause(t, r, "Terminating EC2 instance: "+dead, "EC2 health check indicating it has been terminated or stopped")
	wantCause(t, r, "Launching a new EC2 instance", "an unhealthy instance needing to be replaced")
}

// aws-facts 1.5: launch first, then terminate, until the zones differ by at most one.
func TestUnevenZonesAreRebalancedByLaunchingFirst(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{}, six())
	most, least := 0, 6
	r.OnEvent(func(Event) {
		served := 0
		for _, m := range r.group().Members {
			if m.State == "InService" { // not Ready: the group's EC2 check does not know the application
				served++
			}
		}
		most, least = max(most, len(r.group().Members)), min(least, served)
	})
	must(t, r.retire(r.inZone("us-east-1a"), true))
	must(t, r.retire(r.inZone("us-east-1a"), true))
	r.RunWhile(func() bool { return len(r.group().Members) != 4 }, r.Now().Add(5*time.Minute))
	r.RunWhile(func() bool { return len(r.group().Members) == 4 }, r.Now().Add(5*time.Minute))
	must(t, r.SetDesired("web", 4)) // makes the group look at itself while the newcomer boots
	r.settle()
	zones := map[string]int{}
	for _, m := range r.group().Members {
		zones[m.Zone]++
	}
	if len(r.group().Members) != 4 || zones["us-east-1a"] == 0 {
		t.Fatalf("zones %v after rebalancing, want 4 members with one in us-east-1a", zones)
	}
	if least < 4 {
		t.Errorf("%d in service: the group terminated before the newcomer was in service", least)
	}
	if most < 5 {
		t.Errorf("at most %d members at once: the group terminated before it launched", most)
	}
	wantCause(t, r, "Launching a new EC2 instance", "to balance instances in zones")
}

func TestScaleInSparesProtectedMembersButTerminateDoesNot(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{}, GroupSpec{Min: 1, Max: 3, Desired: 3})
	for _, m := range r.group().Members {
		must(t, r.Protect(m.ID, true))
	}
	must(t, r.SetDesired("web", 2))
	r.settle()
	if n := len(r.group().Members); n != 3 {
		t.Fatalf("%d members: scale-in took a protected one (aws-facts 1.1 #11)", n)
	}
	must(t, r.retire(r.group().Members[0].ID, true))
	r.settle()
	if n := len(r.group().Members); n != 2 || r.group().Desired != 1 {
		t.Fatalf("%d members, desired %d: protection must not hold TerminateInstanceInAutoScalingGroup (aws-facts 1.4)", n, r.group().Desired)
	}
}

// aws-facts 1.4: desired is lowered at once, the hook holds the victim, which stays listed.
func TestATerminatingHookHoldsTheVictimAfterDesiredFell(t *testing.T) {
	t.Parallel()
	spec := six()
	spec.Hooks = []Hook{{Name: "drain", Transition: HookTerminating}}
	r := newRig(t, Config{}, spec)
	id := r.group().Members[0].ID
	must(t, r.retire(id, true))
	r.pass(30 * time.Minute)
	g := r.group()
	if g.Desired != 5 || len(g.Members) != 6 || g.Members[0].State != "Terminating:Wait" {
		t.Fatalf("desired %d, %d members, first %s", g.Desired, len(g.Members), g.Members[0].State)
	}
	r.pass(31 * time.Minute)
	if v := mustInstance(t, r, id); v.State != "terminated" {
		t.Errorf("after its heartbeat the hook still holds the instance: %s", v.State)
	}
}

// aws-facts 1.1 #8: attached instances skip the launching hook, launched ones wait in it.
func TestLaunchHooksAreNotRunOnAttach(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{}, GroupSpec{Min: 0, Max: 3, Desired: 1, Hooks: []Hook{{Name: "setup", Transition: HookLaunching}}})
	if s := r.group().Members[0].State; s != "Pending:Wait" {
		t.Fatalf("a launched member is %s, want Pending:Wait", s)
	}
	id := r.spot()
	r.pass(3 * time.Minute)
	must(t, r.attach(id))
	r.pass(time.Minute)
	for _, m := range r.group().Members {
		if m.ID == id && m.State != "InService" {
			t.Errorf("the attached member is %s", m.State)
		}
	}
}

func TestTheReadingsDiffer(t *testing.T) {
	t.Parallel()
	launched := func(after bool) bool {
		r := newRig(t, Config{Readings: Readings{LaunchAfterDrain: after}}, six())
		must(t, r.retire(r.group().Members[0].ID, false))
		r.pass(12 * time.Second) // the group reacts after 10 s, the drain takes 15 s
		return len(r.group().Members) == 7
	}
	if !launched(false) || launched(true) {
		t.Error("LaunchAfterDrain makes no difference")
	}
	desired := func(second bool) int {
		r := newRig(t, Config{Readings: Readings{SecondDecrement: second}}, six())
		id := r.group().Members[0].ID
		must(t, r.retire(id, true))
		err := r.retire(id, true)
		if (err == nil) != second {
			t.Errorf("second decrement, reading %t: %v", second, err)
		}
		return r.group().Desired
	}
	if a, b := desired(false), desired(true); a != 5 || b != 4 {
		t.Errorf("desired %d and %d, want 5 and 4", a, b)
	}
}
