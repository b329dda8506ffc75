package cloudsim

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
)

func wantStatus(t *testing.T, r *rig, description, status string) {
	t.Helper()
	out, err := r.s.AutoScaling().DescribeScalingActivities(bg, &autoscaling.DescribeScalingActivitiesInput{AutoScalingGroupName: aws.String("web")})
	must(t, err)
	for _, a := range out.Activities {
		if *a.Description == description && string(a.StatusCode) == status {
			return
		}
	}
	t.Errorf("no activity %q is %s", description, status)
}

// Auto Scaling user guide, "Target tracking scaling policies": out after three minutes above the target, in after fifteen below nine tenths of
// it, to a total that comes from the load, whatever sessions added meanwhile.
func TestTargetTrackingNamesATotal(t *testing.T) {
	t.Parallel()
	spec := six()
	spec.Max = 12
	r := newRig(t, Config{}, spec)
	must(t, r.TrackTarget("web", 0.5, 3))
	r.settle()
	if g := r.group(); g.Desired != 6 {
		t.Fatalf("a load that fits moved desired to %d", g.Desired)
	}
	s := r.spot()
	r.settle()
	must(t, r.attach(s)) // cold or warm, it dilutes: 3 of 7 is below 0.45
	r.pass(14 * time.Minute)
	if g := r.group(); g.Desired != 7 || g.Net != 1 {
		t.Fatalf("after 14 minutes desired %d, net %d", g.Desired, g.Net)
	}
	r.pass(4 * time.Minute)
	if g := r.group(); g.Desired != 6 || g.Net != 0 {
		t.Fatalf("after 18 minutes desired %d, net %d: the total is 6, and nothing of it is ours", g.Desired, g.Net)
	}
	must(t, r.SetLoad("web", 4))
	r.pass(5 * time.Minute)
	if g := r.group(); g.Desired != 8 {
		t.Errorf("a load of 4 at 0.5 each needs 8, not %d", g.Desired)
	}
	wantCause(t, r, "Launching a new EC2 instance: ", "in state ALARM triggered policy track changing the desired capacity from 6 to 8.")
}

// A member that does not serve yet counts in the average and carries nothing.
func TestColdMembersDiluteTheMetric(t *testing.T) {
	t.Parallel()
	spec := six()
	spec.Max = 12
	r := newRig(t, Config{Timing: Timing{AppStart: 20 * time.Minute}}, spec)
	r.pass(15 * time.Minute)
	s := r.spot()
	r.pass(2 * time.Minute)
	must(t, r.attach(s))
	r.pass(time.Minute)
	must(t, r.TrackTarget("web", 0.5, 3.2)) // 0.53 of each of six that serve, 0.46 of each of seven
	r.settle()
	if g := r.group(); g.Desired != 7 || g.Net != 1 {
		t.Errorf("with a cold member in service desired is %d, net %d: nothing is above the target", g.Desired, g.Net)
	}
	must(t, r.retire(s, true))
	r.settle()
	if g := r.group(); g.Desired != 7 || g.Net != 0 {
		t.Errorf("without it desired is %d, net %d; want the total of 7", g.Desired, g.Net)
	}
}

// PredictiveScalingConfiguration (Auto Scaling API reference): IncreaseMaxCapacity raises MaxSize to the forecast and the buffer, for good.
func TestPredictionMayRaiseMaxSizeForGood(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{}, six())
	must(t, r.PredictiveScaling("web", 9, 10, false))
	if g := r.group(); g.Desired != 6 || g.Max != 6 {
		t.Errorf("HonorMaxCapacity: desired %d of %d", g.Desired, g.Max)
	}
	must(t, r.PredictiveScaling("web", 9, 10, true))
	if g := r.group(); g.Desired != 9 || g.Max != 10 {
		t.Errorf("IncreaseMaxCapacity: desired %d of %d; want 9 of 10", g.Desired, g.Max)
	}
	must(t, r.PredictiveScaling("web", 3, 10, true))
	if g := r.group(); g.Desired != 9 || g.Max != 10 {
		t.Errorf("a lower forecast made desired %d of %d", g.Desired, g.Max)
	}
}

// aws-facts 9 #9.
func TestAScheduleMaySetAllThreeSizesAtOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{}, six())
	must(t, r.ScheduledSizes("web", 3, 4, 4))
	r.settle()
	if g := r.group(); g.Min != 3 || g.Max != 4 || g.Desired != 4 || len(g.Members) != 4 {
		t.Errorf("%+v", g)
	}
	wantCause(t, r, "Terminating EC2 instance: ", "a scheduled action update of AutoScalingGroup constraints to min: 3, max: 4, desired: 4 changing the desired capacity from 6 to 4.")
	must(t, r.ScheduledSizes("web", 6, 8, -1))
	if g := r.group(); g.Desired != 6 {
		t.Errorf("a higher minimum alone made desired %d", g.Desired)
	}
}

// aws-facts 9 #7: while a zonal shift lasts, new capacity goes to the other zones, and policies lower nothing; then the group rebalances.
func TestAZonalShiftLeadsAwayFromAZoneAndBack(t *testing.T) {
	t.Parallel()
	spec := six()
	spec.Max = 9
	r := newRig(t, Config{}, spec)
	must(t, r.ShiftZone("web", "us-east-1a", false))
	for _, m := range r.group().Members {
		if m.Zone == "us-east-1a" {
			must(t, r.TerminateByOwner(m.ID))
		}
	}
	must(t, r.ScaleByPolicy("web", -2))
	r.settle()
	r.settle()
	if g, n := r.group(), zones(r.group()); g.Desired != 6 || n["us-east-1a"] != 0 || len(g.Members) != 6 {
		t.Errorf("desired %d, zones %v", g.Desired, n)
	}
	must(t, r.ShiftZone("web", "", false))
	for range 6 {
		r.settle()
	}
	if n := zones(r.group()); n["us-east-1a"] != 2 || len(r.group().Members) != 6 {
		t.Errorf("after the shift: zones %v", n)
	}
}

func TestAZonalShiftMayLeaveTheUnhealthyOfItsZone(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{}, six())
	id := r.inZone("us-east-1a")
	must(t, r.ShiftZone("web", "us-east-1a", true))
	must(t, r.FailHealth(id))
	r.settle()
	if i := mustInstance(t, r, id); i.State != "running" {
		t.Errorf("within the shift it is %s", i.State)
	}
	must(t, r.ShiftZone("web", "", true))
	r.settle()
	if i := mustInstance(t, r, id); i.State == "running" || r.ShiftZone("web", "us-east-1z", true) == nil {
		t.Errorf("after the shift it is %s", i.State)
	}
}

func zones(g GroupView) map[string]int {
	n := map[string]int{}
	for _, m := range g.Members {
		n[m.Zone]++
	}
	return n
}
