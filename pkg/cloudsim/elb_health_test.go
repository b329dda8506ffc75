package cloudsim

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/vpclattice"
)

const blue, green = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/blue/1", "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/green/2"

func balancedSpec(grace time.Duration, arns ...string) GroupSpec {
	spec := six()
	spec.Max, spec.HealthCheckType, spec.Grace, spec.TargetGroups = 8, "EC2,ELB", grace, arns
	return spec
}

// health is what a target group says of an instance: the state and the reason, empty where it is not registered.
func (r *rig) health(arn, id string) string {
	r.t.Helper()
	out, err := r.s.LoadBalancing().DescribeTargetHealth(bg, &elb.DescribeTargetHealthInput{TargetGroupArn: aws.String(arn)})
	must(r.t, err)
	for _, d := range out.TargetHealthDescriptions {
		if *d.Target.Id == id {
			return string(d.TargetHealth.State) + " " + string(d.TargetHealth.Reason)
		}
	}
	return ""
}

// aws-facts 9 #6: after the grace the group replaces a member that its load balancer calls unhealthy.
func TestAGroupReplacesWhatItsLoadBalancerCallsUnhealthy(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, typ string
		replaced  bool
	}{{"with ELB checks", "ELB", true}, {"with EC2 checks alone", "EC2", false}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			spec := balancedSpec(time.Minute, blue)
			spec.HealthCheckType = c.typ
			r := newRig(t, Config{}, spec)
			id := r.group().Members[0].ID
			must(t, r.FailChecks(id))
			r.pass(10 * time.Second)
			if h := r.health(blue, id); h != "healthy " {
				t.Errorf("after one failed check it is %q", h)
			}
			r.pass(15 * time.Second)
			if h := r.health(blue, id); h != "unhealthy Target.FailedHealthChecks" && !c.replaced { // the group may have seen it already
				t.Errorf("after the checks failed it is %q", h)
			}
			r.settle()
			if i := mustInstance(t, r, id); (i.State == "terminated") != c.replaced || r.Ready("web") != 6 {
				t.Errorf("it is %s, %d are ready", i.State, r.Ready("web"))
			}
			if c.replaced {
				wantCause(t, r, "Terminating EC2 instance: "+id, "taken out of service in response to a ELB system health check failure")
			}
		})
	}
}

// aws-facts 1.1 #10: the grace begins anew when an instance is attached.
func TestTheGraceIsCountedFromTheAttach(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{}, balancedSpec(10*time.Minute, blue))
	s := r.spot()
	r.settle()
	must(t, r.FailChecks(s))
	must(t, r.attach(s))
	r.pass(9 * time.Minute)
	if h, i := r.health(blue, s), mustInstance(t, r, s); h != "unhealthy Target.FailedHealthChecks" || i.State != "running" {
		t.Errorf("within the grace it is %q and %s", h, i.State)
	}
	r.pass(3 * time.Minute)
	if i := mustInstance(t, r, s); i.State == "running" {
		t.Error("it runs on after the grace")
	}
}

// aws-facts 9 #6: never for a load balancer that has not had one healthy target yet.
func TestALoadBalancerWithoutOneHealthyTargetKillsNobody(t *testing.T) {
	t.Parallel()
	spec := balancedSpec(0, blue)
	r := newRig(t, Config{Timing: Timing{AppStart: 5 * time.Minute}}, spec)
	for _, m := range r.group().Members {
		if h := r.health(blue, m.ID); m.Instance.State != "running" || h != "healthy " {
			t.Errorf("%s is %s, %q: nothing was healthy before it", m.ID, m.Instance.State, h)
		}
	}
	must(t, r.TerminateByOwner(r.group().Members[0].ID)) // its replacement boots for five minutes, with a grace of none
	launched := 0
	r.OnEvent(func(e Event) {
		if e.Kind == Launched {
			launched++
		}
	})
	r.settle()
	if launched < 3 {
		t.Errorf("%d launches: each that is not up at once is replaced, now that the load balancer has had a healthy target", launched)
	}
}

// ELB API reference, TargetHealth: unused where no load balancer uses the group or its zone is not enabled, unavailable where nothing is checked.
func TestIdleAndUncheckedTargetGroupsSayNothingOfHealth(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{}, balancedSpec(0, blue, green))
	id := r.inZone("us-east-1a")
	for _, c := range []struct {
		is   TargetGroup
		want string
	}{
		{TargetGroup{}, "healthy "}, {TargetGroup{Idle: true}, "unused Target.NotInUse"}, {TargetGroup{ZonesOff: []string{"us-east-1a"}}, "unused Target.NotInUse"},
		{TargetGroup{ZonesOff: []string{"us-east-1b"}}, "healthy "}, {TargetGroup{Unchecked: true}, "unavailable Target.HealthCheckDisabled"},
	} {
		r.SetTargetGroup(green, c.is)
		if h := r.health(green, id); h != c.want {
			t.Errorf("%+v: %q, want %q", c.is, h, c.want)
		}
		for _, m := range r.group().Members {
			if m.Target != "healthy" {
				t.Errorf("%+v: %s is seen as %q, though the other target group calls it healthy", c.is, m.ID, m.Target)
			}
		}
	}
	r.SetTargetGroup(blue, TargetGroup{Unchecked: true})
	must(t, r.FailChecks(id))
	r.settle()
	if m := r.group().Members[0]; mustInstance(t, r, id).State != "running" || m.Target != "" {
		t.Errorf("a group was replaced on the word of target groups that check nothing: %+v", m)
	}
}

// aws-facts 1.8: an impaired status is tolerated for a few minutes; the words are those of recorded activities.
func TestAnImpairedStatusReplacesAMember(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{}, six())
	id := r.group().Members[0].ID
	must(t, r.Impair(id))
	r.pass(2 * time.Minute)
	if i := mustInstance(t, r, id); i.State != "running" {
		t.Errorf("after two minutes it is %s", i.State)
	}
	r.settle()
	if i := mustInstance(t, r, id); i.State != "terminated" || r.Ready("web") != 6 {
		t.Errorf("it is %s", i.State)
	}
	wantCause(t, r, "Terminating EC2 instance: "+id, "in response to an EC2 instance status checks failure.")
}

// A host that fails gives no notice; EC2 tells it by the state reason (EC2 API reference, StateReason).
func TestAnInstanceMayDieWithoutNotice(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{}, six())
	id := r.group().Members[0].ID
	must(t, r.Die(id))
	r.settle()
	if i := mustInstance(t, r, id); i.StateReason != "Server.InternalError" || !i.NoticeAt.IsZero() || r.Ready("web") != 6 {
		t.Errorf("%+v", i)
	}
}

// VPC Lattice sees targets as a load balancer does, and stands among the group's traffic sources alone.
func TestVPCLatticeSeesTheTargetsOfItsGroups(t *testing.T) {
	t.Parallel()
	const lattice = "arn:aws:vpc-lattice:us-east-1:123456789012:targetgroup/tg-0123456789abcdef0"
	r := newRig(t, Config{}, balancedSpec(time.Minute, lattice))
	out, err := r.s.AutoScaling().DescribeAutoScalingGroups(bg, &autoscaling.DescribeAutoScalingGroupsInput{})
	must(t, err)
	if g := out.AutoScalingGroups[0]; len(g.TargetGroupARNs) != 0 || len(g.TrafficSources) != 1 || *g.TrafficSources[0].Type != "vpc-lattice" {
		t.Errorf("%v, %v", g.TargetGroupARNs, g.TrafficSources)
	}
	seen := map[string]int{}
	in := &vpclattice.ListTargetsInput{TargetGroupIdentifier: aws.String(lattice), MaxResults: aws.Int32(4)}
	for range 2 {
		page, err := r.s.Lattice().ListTargets(bg, in)
		must(t, err)
		for _, target := range page.Items {
			seen[string(target.Status)]++
		}
		in.NextToken = page.NextToken
	}
	if seen["HEALTHY"] != 6 || in.NextToken != nil {
		t.Errorf("%v, more: %v", seen, in.NextToken)
	}
	if _, err := r.s.Lattice().ListTargets(bg, &vpclattice.ListTargetsInput{TargetGroupIdentifier: aws.String("tg-00000000000000000")}); err == nil {
		t.Error("one that nobody names is known")
	}
}

func TestATargetGroupTellsItsSlowStart(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{}, balancedSpec(time.Minute, blue))
	r.SetTargetGroup(blue, TargetGroup{SlowStart: 2 * time.Minute})
	out, err := r.s.LoadBalancing().DescribeTargetGroupAttributes(bg, &elb.DescribeTargetGroupAttributesInput{TargetGroupArn: aws.String(blue)})
	must(t, err)
	if a := out.Attributes[0]; *a.Key != "slow_start.duration_seconds" || *a.Value != "120" {
		t.Errorf("%+v", a)
	}
	if _, err := r.s.LoadBalancing().DescribeTargetGroupAttributes(bg, &elb.DescribeTargetGroupAttributesInput{TargetGroupArn: aws.String(green)}); err == nil {
		t.Error("one that nobody names is known")
	}
}
