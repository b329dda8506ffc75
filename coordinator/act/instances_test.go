package act

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancing/types"
	lattypes "github.com/aws/aws-sdk-go-v2/service/vpclattice/types"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/ledger"
)

// elsewhere is i-9 as a member of a group.
func elsewhere(group string) astypes.AutoScalingInstanceDetails {
	return astypes.AutoScalingInstanceDetails{InstanceId: aws.String("i-9"), AutoScalingGroupName: &group, LifecycleState: aws.String("Pending"), HealthStatus: aws.String("HEALTHY"),
		ProtectedFromScaleIn: aws.Bool(true)}
}

// Readiness by status checks is for what spotd does not speak of: both checks must have passed.
func TestOnlyTwoStatusChecksThatPassedAreReadiness(t *testing.T) {
	t.Parallel()
	status := func(s types.InstanceStatus) func(*cloud) {
		return func(c *cloud) { c.statuses = []types.InstanceStatus{s} }
	}
	summary := &types.InstanceStatusSummary{Status: "ok"}
	for _, c := range []struct {
		name   string
		change func(*cloud)
		said   ledger.Said
		want   bool
	}{
		{"both passed", func(*cloud) {}, ledger.Said{}, true},
		{"that of the instance fails", status(checked("i-9", "impaired", "ok")), ledger.Said{}, false},
		{"that of the system fails", status(checked("i-9", "ok", "impaired")), ledger.Said{}, false},
		{"they are not done yet", status(checked("i-9", "initializing", "initializing")), ledger.Said{}, false},
		{"that of the instance is missing", status(types.InstanceStatus{InstanceId: aws.String("i-9"), SystemStatus: summary}), ledger.Said{}, false},
		{"that of the system is missing", status(types.InstanceStatus{InstanceId: aws.String("i-9"), InstanceStatus: summary}), ledger.Said{}, false},
		{"there are none", func(c *cloud) { c.statuses = nil }, ledger.Said{}, false},
		{"the instance is not described yet", func(c *cloud) {
			c.failing("ec2.DescribeInstanceStatus", refusedBy("InvalidInstanceID.NotFound", "The instance ID 'i-9' does not exist"))
		}, ledger.Said{}, false},
		{"spotd said hello: they are not asked", func(*cloud) {}, ledger.Said{Hello: noon}, false},
		{"spotd said ready: they are not asked", func(*cloud) {}, ledger.Said{Ready: noon}, false},
		{"it is a member: they are not asked", func(c *cloud) { c.join("i-9") }, ledger.Said{}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			acc := web()
			c.change(acc)
			if got := one(look(t, acc, ledger.Record{Said: map[string]ledger.Said{"i-9": c.said}}), "i-9").StatusOK; got != c.want {
				t.Errorf("passed: %v", got)
			}
			if needless := strings.HasSuffix(c.name, "not asked"); needless && acc.calls("ec2.DescribeInstanceStatus") != 0 {
				t.Error("they were asked")
			}
		})
	}
}

func TestWhatIsSeenOfAnInstance(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(*cloud)
		read   func(decide.World) any
		want   any
	}{
		{"ours in another group is foreign", func(c *cloud) { c.members = []astypes.AutoScalingInstanceDetails{elsewhere("other")} },
			func(w decide.World) any {
				i := one(w, "i-9")
				return []bool{i.Foreign, i.Member, i.Healthy, i.Protected}
			}, []bool{true, false, false, false}},
		{"ours that was attached since the group was described is a member", func(c *cloud) { c.members = []astypes.AutoScalingInstanceDetails{elsewhere("web")} },
			func(w decide.World) any {
				i := one(w, "i-9")
				return []any{i.Foreign, i.Member, i.Listed, i.Healthy, i.Protected, i.Lifecycle}
			}, []any{false, true, false, true, true, "Pending"}},
		{"and unhealthy where its group says so", func(c *cloud) {
			m := elsewhere("web")
			m.HealthStatus = aws.String("UNHEALTHY")
			c.members = []astypes.AutoScalingInstanceDetails{m}
		}, func(w decide.World) any { return one(w, "i-9").Healthy }, false},
		{"a spot request tells that AWS takes it", func(c *cloud) { c.requests[0].Status.Code = aws.String("marked-for-termination") },
			func(w decide.World) any { return one(w, "i-9").SpotStatus }, "marked-for-termination"},
		{"a spot request without a status says nothing", func(c *cloud) { c.requests[0].Status = nil }, func(w decide.World) any { return one(w, "i-9").SpotStatus }, ""},
		{"nor does one of an instance that was not asked for", func(c *cloud) { c.requests[0].InstanceId = aws.String("i-7") },
			func(w decide.World) any { return len(w.Instances) }, 3},
		{"a member that EC2 does not show counts with what its group says", func(c *cloud) { c.instances = c.instances[:1] },
			func(w decide.World) any { return one(w, "i-2") },
			decide.Instance{ID: "i-2", Type: "m5.large", Zone: "us-east-1b", Member: true, Listed: true, Lifecycle: "InService", Healthy: true, Balancer: "healthy"}},
		{"an unhealthy member", func(c *cloud) { c.group().Instances[0].HealthStatus = aws.String("Unhealthy") },
			func(w decide.World) any { return one(w, "i-1").Healthy }, false},
		{"a member that is protected from scale-in", func(c *cloud) { c.group().Instances[0].ProtectedFromScaleIn = aws.Bool(true) },
			func(w decide.World) any { return one(w, "i-1").Protected }, true},
		{"a group whose name another's tag merely fits", func(c *cloud) {
			c.groups[0].AutoScalingGroupName = aws.String("we*")
			c.instances = c.instances[:1]
		}, func(w decide.World) any { return one(w, "i-1").State }, "running"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			acc := web()
			c.change(acc)
			w, err := acc.actor().Observe(t.Context(), *acc.group().AutoScalingGroupName, ledger.Record{}, nil)
			if err != nil {
				t.Fatal(err)
			}
			if got := c.read(w); !reflect.DeepEqual(got, c.want) {
				t.Errorf("%+v, want %+v", got, c.want)
			}
		})
	}
}

// join lists the instance as a member.
func (c *cloud) join(id string) {
	c.group().Instances = append(c.group().Instances, astypes.Instance{InstanceId: &id, HealthStatus: aws.String("Healthy"), LifecycleState: astypes.LifecycleStateInService})
}

// The calls that cost one an instance, or a chunk of them, are made only of those that are ours and live, in order.
func TestOnlyOfOursThatLiveMoreIsAsked(t *testing.T) {
	t.Parallel()
	acc := web()
	for n := range 60 {
		acc.instances = append(acc.instances, oursSpot(fmt.Sprintf("i-9%02d", n), "us-east-1a"))
	}
	ended, guest, onDemandOfOurs := oursSpot("i-ended", "us-east-1a"), onDemand("i-guest", "us-east-1a"), oursSpot("i-ours", "us-east-1a")
	ended.State.Name = types.InstanceStateNameTerminated
	guest.Tags = []types.Tag{{Key: aws.String(decide.TagGroup), Value: aws.String("web")}} // anybody may set our tag
	onDemandOfOurs.InstanceLifecycle = ""
	acc.instances = append(acc.instances, ended, guest, onDemandOfOurs)
	acc.join("i-900")
	heard := []decide.Hint{unsigned("i-ours"), unsigned("i-ended"), unsigned("i-1"), unsigned("i-guest"), {Kind: decide.HeardTerminating, Instance: "i-930", Trusted: true}, unsigned("i-901"), unsigned("i-900"), unsigned("i-901")}
	twice(t, acc.actor(), heard...)
	var asked []string
	for _, in := range inputs[autoscaling.DescribeAutoScalingInstancesInput](acc) {
		if len(in.InstanceIds) > 50 {
			t.Errorf("asked for the groups of %d at once, where the API takes 50", len(in.InstanceIds))
		}
		asked = append(asked, in.InstanceIds...)
	}
	if len(asked) != 61 || !slices.IsSorted(asked) || !slices.Contains(asked, "i-ours") || slices.Contains(asked, "i-900") {
		t.Errorf("asked for the groups of %d: %v", len(asked), asked)
	}
	status := inputs[ec2.DescribeInstanceStatusInput](acc)
	if len(status) != 2 || !slices.Equal(status[0].InstanceIds, asked) || !aws.ToBool(status[0].IncludeAllInstances) {
		t.Errorf("asked for %d status checks, want those of the same", len(status))
	}
	if first := inputs[ec2.DescribeSpotInstanceRequestsInput](acc)[0].Filters; len(first) != 1 || *first[0].Name != "status-code" {
		t.Errorf("at first asked for the spot requests of %v, and not who is taken", first)
	}
	spot := inputs[ec2.DescribeSpotInstanceRequestsInput](acc)[1].Filters
	if len(spot) != 1 || *spot[0].Name != "instance-id" || !slices.Equal(spot[0].Values, []string{"i-901", "i-900"}) {
		t.Errorf("asked for the spot requests of %v", spot)
	}
}

// One description tells of a group's instances: the members and whom the record and the hints name. What carries our tag besides is looked for once in a
// while, and where a launch was not answered.
func TestInstancesAreDescribedOnce(t *testing.T) {
	t.Parallel()
	described := func(acc *cloud) (filters []string) {
		for _, in := range inputs[ec2.DescribeInstancesInput](acc) {
			if in.MaxResults != nil && in.NextToken == nil {
				filters = append(filters, *in.Filters[0].Name+" "+strings.Join(in.Filters[0].Values, ","))
			}
		}
		acc.asked = nil
		return filters
	}
	acc := web()
	a := acc.actor()
	looks := func(rec ledger.Record, heard ...decide.Hint) decide.World {
		t.Helper()
		w, err := a.Observe(t.Context(), "web", rec, heard)
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	looks(ledger.Record{})
	if got := described(acc); !slices.Equal(got, []string{"tag:autospotting-group web", "instance-id i-1,i-2"}) {
		t.Errorf("at first %v", got)
	}
	found := ledger.Record{Intents: []ledger.Intent{{Instance: "i-9", Victim: "i-1"}}}
	if w := looks(found, decide.Hint{Kind: decide.HeardChange, Instance: "i-gone"}); one(w, "i-9").ID == "" {
		t.Error("whom the record names is not seen")
	}
	if got := described(acc); !slices.Equal(got, []string{"instance-id i-1,i-2,i-9,i-gone"}) {
		t.Errorf("then %v", got)
	}
	found.Intents[0].Instance = ""
	if looks(found); len(described(acc)) != 2 {
		t.Error("the instance of a launch that was not answered is not looked for")
	}
	acc.now = acc.now.Add(taggedFor)
	if looks(ledger.Record{}); len(described(acc)) != 2 {
		t.Error("what nothing names is never looked for again")
	}
	for n := range filterValues {
		acc.join(fmt.Sprintf("i-%04d", n))
	}
	looks(ledger.Record{})
	if got := described(acc); len(got) < 2 || got[0] != "tag:aws:autoscaling:groupName web" {
		t.Errorf("of many members %v", got)
	}
}

func TestAnInstancesDescriptionIsRead(t *testing.T) {
	t.Parallel()
	tag := func(key, value string) types.Tag { return types.Tag{Key: &key, Value: &value} }
	ours := []types.Tag{tag("autospotting-group", "web"), tag("autospotting-launch", "n-1"), tag("aws:ec2:fleet-id", "fleet-1"),
		tag("aws:ec2launchtemplate:id", "lt-1"), tag("aws:ec2launchtemplate:version", "3")}
	without := func(n int) []types.Tag { return slices.Delete(slices.Clone(ours), n, n+1) }
	for _, c := range []struct {
		name string
		from types.Instance
		want decide.Instance
	}{
		{"all there is", types.Instance{InstanceId: aws.String("i-1"), InstanceType: "m5.large", InstanceLifecycle: "spot", LaunchTime: &noon, CapacityReservationId: aws.String("cr-1"),
			PlatformDetails: aws.String("Windows"), Placement: &types.Placement{AvailabilityZone: aws.String("us-east-1a"), Tenancy: "dedicated"},
			State: &types.InstanceState{Name: "pending"}, StateReason: &types.StateReason{Code: aws.String("Server.InternalError")}, Tags: ours},
			decide.Instance{ID: "i-1", EndedBy: "Server.InternalError", Type: "m5.large", Spot: true, Launched: noon, Reserved: true, Product: "Windows", Zone: "us-east-1a", Tenancy: "dedicated", State: "pending", Unproven: true, Template: "lt-1", TemplateVersion: "3", Nonce: "n-1"}},
		{"hardly anything", types.Instance{InstanceId: aws.String("i-1")}, decide.Instance{ID: "i-1", Product: "Linux/UNIX"}},
		{"an old account's platform", types.Instance{PlatformDetails: aws.String("Windows (Amazon VPC)")}, decide.Instance{Product: "Windows"}},
		{"our tags without AWS's are anybody's", types.Instance{Tags: ours[:2]}, decide.Instance{Product: "Linux/UNIX", Nonce: "n-1"}},
		{"a launch without its group is not ours", types.Instance{Tags: without(0)}, decide.Instance{Product: "Linux/UNIX", Nonce: "n-1", Template: "lt-1", TemplateVersion: "3"}},
		{"a group without a launch is not ours", types.Instance{Tags: without(1)}, decide.Instance{Product: "Linux/UNIX", Template: "lt-1", TemplateVersion: "3"}},
		{"our template without a fleet is not ours", types.Instance{Tags: without(2)}, decide.Instance{Product: "Linux/UNIX", Nonce: "n-1", Template: "lt-1", TemplateVersion: "3"}},
		{"a fleet without a template is not ours", types.Instance{Tags: without(3)}, decide.Instance{Product: "Linux/UNIX", Nonce: "n-1", TemplateVersion: "3"}},
		{"nor one without its version", types.Instance{Tags: without(4)}, decide.Instance{Product: "Linux/UNIX", Nonce: "n-1", Template: "lt-1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := ToInstance(c.from); got != c.want {
				t.Errorf("%+v\nwant %+v", got, c.want)
			}
		})
	}
}

// both makes two changes.
func both(first, second func(*cloud)) func(*cloud) {
	return func(c *cloud) { first(c); second(c) }
}

func TestHealthInTheLoadBalancers(t *testing.T) {
	t.Parallel()
	const second = targetGroup + "-b"
	of := func(arn string, states ...string) func(*cloud) { // of i-1, i-2; one that is empty is not registered
		return func(c *cloud) {
			if arn != targetGroup {
				c.group().TargetGroupARNs = append(c.group().TargetGroupARNs, arn)
			}
			c.targets[arn] = targets(states...)
		}
	}
	denying := func(call, code string) func(*cloud) {
		return func(c *cloud) { c.failing(call, refusedBy(code, "said")) }
	}
	const targetCall, classicCall = "elasticloadbalancingv2.DescribeTargetHealth", "elasticloadbalancing.DescribeInstanceHealth"
	for _, c := range []struct {
		name   string
		change func(*cloud)
		want   [2]string // of i-1 and i-2
	}{
		{"healthy everywhere", func(*cloud) {}, [2]string{"healthy", "healthy"}},
		{"one that no target group lists does not serve", of(targetGroup, "healthy", ""), [2]string{"healthy", "initial"}},
		{"nor one that a second does not list", of(second, "", "healthy"), [2]string{"initial", "healthy"}},
		{"the worst is what counts, whichever comes first", both(of(targetGroup, "unhealthy", "healthy"), of(second, "healthy", "draining")), [2]string{"unhealthy", "draining"}},
		{"a group that no load balancer uses checks nobody", of(targetGroup, "unused Target.NotInUse", "unavailable"), [2]string{"healthy", "healthy"}},
		{"where nobody checks, nobody says that it is healthy", both(of(targetGroup, "unused Target.NotInUse", "unavailable"), func(c *cloud) { c.group().LoadBalancerNames = nil }), [2]string{"", ""}},
		{"an idle group takes nothing from one that checks", both(of(targetGroup, "unhealthy", "initial"), both(of(second, "unused Target.NotInUse", "unavailable"), func(c *cloud) { c.group().LoadBalancerNames = nil })), [2]string{"unhealthy", "initial"}},
		{"one that has stopped, or is registered no more, is unused and does not serve", of(targetGroup, "unused Target.InvalidState", "unused Target.NotRegistered"), [2]string{"unused", "unused"}},
		{"a description without a target says nothing", func(c *cloud) { c.targets[targetGroup][0].Target = nil }, [2]string{"initial", "healthy"}},
		{"nor one without a state", func(c *cloud) { c.targets[targetGroup][0].TargetHealth = nil }, [2]string{"initial", "healthy"}},
		{"out of service in a classic one", func(c *cloud) { c.classic["old"][0].State = aws.String("OutOfService") }, [2]string{"OutOfService", "healthy"}},
		{"not registered in a classic one", func(c *cloud) { c.classic["old"] = c.classic["old"][1:] }, [2]string{"initial", "healthy"}},
		{"out of service in a second classic one", func(c *cloud) {
			c.group().LoadBalancerNames = append(c.group().LoadBalancerNames, "older")
			c.classic["older"] = []elbtypes.InstanceState{{InstanceId: aws.String("i-2"), State: aws.String("InService")}, {InstanceId: aws.String("i-1"), State: aws.String("OutOfService")}}
		}, [2]string{"OutOfService", "healthy"}},
		{"where target groups may not be asked the classic one says it", both(of(targetGroup, "unhealthy", "unhealthy"), denying(targetCall, "AccessDenied")), [2]string{"healthy", "healthy"}},
		{"where the classic one may not be asked the target group says it", both(of(targetGroup, "unhealthy", "healthy"), denying(classicCall, "AccessDenied")), [2]string{"unhealthy", "healthy"}},
		{"one that is gone is passed over", denying(targetCall, "TargetGroupNotFound"), [2]string{"healthy", "healthy"}},
		{"without load balancers nothing is known", func(c *cloud) { c.group().TargetGroupARNs, c.group().LoadBalancerNames = nil, nil }, [2]string{"", ""}},
		{"VPC Lattice is asked as well, page by page", inLattice("HEALTHY", "UNHEALTHY"), [2]string{"healthy", "unhealthy"}},
		{"one that it does not list does not serve", inLattice("HEALTHY", ""), [2]string{"healthy", "initial"}},
		{"where it checks nobody it says nothing", both(inLattice("UNUSED", "UNAVAILABLE"), func(c *cloud) { c.group().TargetGroupARNs, c.group().LoadBalancerNames = nil, nil }), [2]string{"", ""}},
		{"where it does not answer nobody is known to serve", both(inLattice("HEALTHY", "HEALTHY"), func(c *cloud) { c.failing("vpclattice.ListTargets", errLost) }), [2]string{"unknown", "unknown"}},
		{"of one that is let go nothing is asked", func(c *cloud) { c.group().Instances[0].LifecycleState = astypes.LifecycleStateTerminating }, [2]string{"", "healthy"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			acc := web()
			c.change(acc)
			w := look(t, acc, ledger.Record{})
			if got := [2]string{one(w, "i-1").Balancer, one(w, "i-2").Balancer}; got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
			if got := one(w, "i-9").Balancer; got != "" {
				t.Errorf("what is no member is %q", got)
			}
			if unhealthy := c.want[0] != "" && c.want[0] != decide.BalancerHealthy; unhealthy && one(w, "i-1").Serving() {
				t.Error("counts as serving")
			}
		})
	}
}

func TestWhereNoLoadBalancerCanBeAskedAutoScalingsWordHasToDo(t *testing.T) {
	t.Parallel()
	acc := web()
	actor := acc.actor()
	actor.TargetGroups, actor.Balancers, actor.Stacks = nil, nil, nil
	w, err := actor.Observe(t.Context(), "web", ledger.Record{}, nil)
	if i := one(w, "i-1"); err != nil || i.Balancer != "" || !i.Serving() || w.Group.StackStatus != "" {
		t.Errorf("%v, %+v, stack %q", err, i, w.Group.StackStatus)
	}
}

func TestAClockThatIsNotGivenIsTheSystems(t *testing.T) {
	t.Parallel()
	a := New(Config{})
	if d := time.Since(a.Now()); d < 0 || a.Scope.Key != "spot-enabled" || a.Scope.Value != "true" {
		t.Errorf("%+v, %s", a.Scope, d)
	}
}

// inLattice puts the group behind VPC Lattice, which sees i-1 and i-2 so.
func inLattice(states ...string) func(*cloud) {
	return func(c *cloud) {
		c.group().TrafficSources = append(c.group().TrafficSources, astypes.TrafficSourceIdentifier{Identifier: aws.String("tg-0123456789abcdef0"), Type: aws.String("vpc-lattice")})
		for n, state := range states {
			if state != "" {
				c.lattice = append(c.lattice, lattypes.TargetSummary{Id: aws.String(fmt.Sprint("i-", n+1)), Status: lattypes.TargetStatus(state)})
			}
		}
	}
}

func TestTheLongestSlowStartCountsAndIsReadNowAndThen(t *testing.T) {
	t.Parallel()
	acc := web()
	acc.slow = "120"
	actor := acc.actor()
	see := func(want time.Duration, calls int, why string) {
		t.Helper()
		w, err := actor.Observe(t.Context(), "web", ledger.Record{}, nil)
		if n := acc.calls("elasticloadbalancingv2.DescribeTargetGroupAttributes"); err != nil || w.Group.SlowStart != want || n != calls {
			t.Errorf("%s: %s, %d calls, %v", why, w.Group.SlowStart, n, err)
		}
	}
	groups := len(acc.group().TargetGroupARNs)
	see(2*time.Minute, groups, "as its owner set it")
	acc.slow = "30"
	see(2*time.Minute, groups, "remembered")
	acc.now = acc.now.Add(slowStartFor + time.Minute)
	see(30*time.Second, 2*groups, "read again")
	acc.now = acc.now.Add(slowStartFor + time.Minute)
	acc.failing("elasticloadbalancingv2.DescribeTargetGroupAttributes", errLost)
	see(30*time.Second, 3*groups, "as last read")
	other := web()
	other.failing("elasticloadbalancingv2.DescribeTargetGroupAttributes", errLost)
	if w := look(t, other, ledger.Record{}); w.Group.SlowStart != longestSlowStart || len(w.Missing) != 1 || w.Missing[0].What != "the target group's slow start" {
		t.Errorf("never read: %s, %v", w.Group.SlowStart, w.Missing)
	}
	denied := web()
	denied.failing("elasticloadbalancingv2.DescribeTargetGroupAttributes", refusedBy("AccessDenied", "said"))
	if w := look(t, denied, ledger.Record{}); w.Group.SlowStart != 0 || len(w.Missing) > 0 {
		t.Errorf("not allowed: %s, %v", w.Group.SlowStart, w.Missing)
	}
}
