package cloudsim

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
)

// A policy reckons from desired as it is, so what sessions added stays in it; a schedule names a number, which leaves nothing of it
// (Auto Scaling user guide, "Target tracking scaling policies", "Scheduled scaling").
func TestAPolicyMovesDesiredAndAScheduleNamesIt(t *testing.T) {
	t.Parallel()
	spec := six()
	spec.Max = 9
	r := newRig(t, Config{}, spec)
	s := r.spot()
	r.settle()
	must(t, r.attach(s))
	must(t, r.ScaleByPolicy("web", 1))
	if g := r.group(); g.Desired != 8 || g.Net != 1 {
		t.Errorf("after the policy desired %d, net %d; want 8 and 1", g.Desired, g.Net)
	}
	r.settle()
	must(t, r.ScheduledAction("web", 5))
	if g := r.group(); g.Desired != 5 || g.Net != 0 {
		t.Errorf("after the schedule desired %d, net %d; want 5 and 0", g.Desired, g.Net)
	}
	r.settle()
	if n := len(r.group().Members); n != 5 {
		t.Errorf("%d members", n)
	}
}

// DetachInstances leaves the instance running; with decrement its activity says so (Auto Scaling user guide, "Detach EC2 instances").
func TestADetachedMemberIsReplacedUnlessDesiredFallsWithIt(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{}, six())
	first, second := r.group().Members[0].ID, r.group().Members[1].ID
	must(t, r.DetachByOwner(first))
	r.settle()
	if i := mustInstance(t, r, first); i.State != "running" || i.Group != "" || len(r.group().Members) != 6 {
		t.Errorf("detached %+v, %d members", i, len(r.group().Members))
	}
	_, err := r.s.AutoScaling().DetachInstances(bg, &autoscaling.DetachInstancesInput{AutoScalingGroupName: aws.String("web"),
		InstanceIds: []string{second}, ShouldDecrementDesiredCapacity: aws.Bool(true)})
	must(t, err)
	wantCause(t, r, "Detaching EC2 instance: "+second, "was detached in response to a user request, shrinking the capacity from 6 to 5.")
}

func TestAnInstanceThatCopiesTagsIsInNoFleetAndNoGroup(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{}, six())
	id, err := r.LaunchByOwner("web", "us-east-1a", map[string]string{"autospotting-launch": "copied"})
	must(t, err)
	r.settle()
	if i := mustInstance(t, r, id); i.State != "running" || i.Group != "" || i.Fleet != "" || i.Tags["autospotting-launch"] != "copied" || i.Spot {
		t.Errorf("%+v", i)
	}
}

// aws-facts 9 #2: the fleet's tag says nothing about who launched.
func TestWhatAFleetOrAGroupLaunchesCarriesAFleetsTag(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{}, six())
	id, err := r.LaunchFleetByOwner("web", "us-east-1a", map[string]string{"autospotting-launch": "copied"})
	must(t, err)
	r.settle()
	fleets := map[string]bool{}
	launched := map[string]string{id: "owner"}
	for _, m := range r.group().Members {
		launched[m.ID] = "autoscaling"
	}
	for id, by := range launched {
		i := mustInstance(t, r, id)
		if i.LaunchedBy != by || i.Tags["aws:ec2:fleet-id"] != i.Fleet || i.Tags["aws:ec2launchtemplate:id"] == "" || i.Tags["aws:ec2launchtemplate:version"] == "" || fleets[i.Fleet] || i.Fleet == "" {
			t.Errorf("%s launched %+v, want a fleet and a template in its tags", by, i)
		}
		fleets[i.Fleet] = true
	}
	if i := mustInstance(t, r, id); !i.Spot || i.Group != "" || i.Tags["autospotting-launch"] != "copied" {
		t.Errorf("the owner's fleet launched %+v", i)
	}
	if _, err := r.LaunchFleetByOwner("web", "us-east-1z", nil); err == nil {
		t.Error("a zone that does not exist sold an instance")
	}
}

func TestAStalledCallGoesOnLater(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{}, six())
	r.OnCall(func(c Call) Verdict {
		if c.Session == "slow/1" {
			return Stall(20 * time.Second)
		}
		return GoOn
	}, nil)
	begin, done := r.Now(), time.Time{}
	s := r.NewSession("slow/1")
	r.spawn(s, func() {
		_, err := s.AutoScaling().DescribeAutoScalingGroups(bg, &autoscaling.DescribeAutoScalingGroupsInput{})
		must(t, err)
		done = r.Now()
	}, func(bool) {})
	r.settle()
	if took := done.Sub(begin); took < 20*time.Second || took > 21*time.Second {
		t.Errorf("the call took %s", took)
	}
}

// SQS: standard queues deliver at least once and in any order (SQS developer guide, "Amazon SQS standard queues").
func TestAMessageMayBeLostDoubledAndOvertaken(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fate Fate
		want string
	}{"delivered": {Delivered, "one two"}, "lost": {Lost, "two"}, "doubled": {Doubled, "one one two"}, "overtaken": {Overtaken, "two one"}} {
		r := newRig(t, Config{}, six())
		q := newQueue(t, r.s, "inbox", nil)
		r.OnMessage(func(n int, _, _ string) Fate {
			if n == 1 {
				return c.fate
			}
			return Delivered
		})
		for _, body := range []string{"one", "two"} {
			send(t, r.s, q, body, "", "")
		}
		if got := strings.Join(r.Messages(q), " "); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// TestTheTestsThatTheFidelityTableNamesExist keeps docs/fidelity.md true.
func TestTheTestsThatTheFidelityTableNamesExist(t *testing.T) {
	t.Parallel()
	table, err := os.ReadFile("../../docs/fidelity.md")
	must(t, err)
	var source strings.Builder
	for _, dir := range []string{".", "../../test/emulator", "../../test/sim", "../../coordinator/act"} {
		files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
		must(t, err)
		for _, f := range files {
			b, err := os.ReadFile(f)
			must(t, err)
			source.Write(b)
		}
	}
	named := regexp.MustCompile("`(Test[A-Z]\\w+)`").FindAllStringSubmatch(string(table), -1)
	if len(named) < 25 {
		t.Fatalf("the table names only %d tests", len(named))
	}
	for _, n := range named {
		if !strings.Contains(source.String(), "func "+n[1]+"(") {
			t.Errorf("docs/fidelity.md names %s, which does not exist", n[1])
		}
	}
}

// UpdateAutoScalingGroup (Auto Scaling API reference): a MinSize above desired raises it. What sessions added is the owner's as far as desired
// would have risen without them.
func TestAHigherMinimumTakesOverWhatSessionsAdded(t *testing.T) {
	t.Parallel()
	spec := six()
	spec.Max = 9
	for _, c := range []struct{ min, desired, net int }{{5, 8, 2}, {6, 8, 2}, {7, 8, 1}, {8, 8, 0}, {9, 9, 0}} {
		r := newRig(t, Config{}, spec)
		first, second := r.spot(), r.spot()
		r.settle()
		must(t, r.attach(first, second))
		must(t, r.SetMin("web", c.min))
		if g := r.group(); g.Desired != c.desired || g.Net != c.net {
			t.Errorf("MinSize %d: desired %d, net %d; want %d and %d", c.min, g.Desired, g.Net, c.desired, c.net)
		}
	}
}
