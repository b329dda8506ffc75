package sim_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"

	"autospotting/pkg/cloudsim"
)

// noticed is what was done for an instance with a notice.
type noticed struct {
	launched time.Duration // from the notice to the launch of a replacement by us; 0 where there was none
	left     time.Duration // from the notice until the group let it go
	by       string        // who took it out
}

// notice gives one spot instance its notice, and watches what becomes of it.
func (w *world) notice() noticed {
	w.t.Helper()
	var got noticed
	at := w.cloud.Now()
	id := w.interruptOne()
	w.cloud.OnEvent(func(e cloudsim.Event) {
		since := e.At.Sub(at)
		switch {
		case e.Kind == cloudsim.Launched && coordinators(e.Actor) && got.launched == 0:
			got.launched = since
		case e.Kind == cloudsim.Terminating && e.Instance == id && got.left == 0:
			got.left, got.by = since, e.Actor
		}
	})
	if !w.until(10*time.Minute, func() bool { g, _ := w.cloud.Group(group); return got.left > 0 && w.cloud.Ready(group) == g.Desired }) {
		w.fail("the group did not become whole again")
	}
	return got
}

// A group that is refused is not left alone with its notices: what passes by itself, or with a correction, leaves them answered; where a replacement
// of ours could not be put in service, who has a notice is released in time. (Before, nothing was done, and the hole was as long as a boot.)
func TestARefusedGroupsNoticesAreAnsweredOrReleased(t *testing.T) {
	t.Parallel()
	suspend := func(process string) func(*world, *cloudsim.AutoScaling) error {
		return func(w *world, as *cloudsim.AutoScaling) error {
			_, err := as.SuspendProcesses(w.t.Context(), &autoscaling.SuspendProcessesInput{AutoScalingGroupName: aws.String(group), ScalingProcesses: []string{process}})
			return err
		}
	}
	for _, c := range []struct {
		name    string
		refuse  func(*world, *cloudsim.AutoScaling) error
		answers bool
	}{
		{"a tag that cannot be read", func(w *world, _ *cloudsim.AutoScaling) error {
			return w.cloud.SetGroupTag(group, "autospotting:keep-on-demand", "a few")
		}, true},
		{"capacity rebalancing is turned on", func(w *world, as *cloudsim.AutoScaling) error {
			_, err := as.UpdateAutoScalingGroup(w.t.Context(), &autoscaling.UpdateAutoScalingGroupInput{AutoScalingGroupName: aws.String(group), CapacityRebalance: aws.Bool(true)})
			return err
		}, false},
		{"a launching hook is put of which a rule hears", func(w *world, _ *cloudsim.AutoScaling) error {
			w.cloud.PutRule(cloudsim.BusRule{Name: "setup", Pattern: `{"source": ["aws.autoscaling"]}`, Targets: []string{"arn:aws:lambda:us-east-1:123456789012:function:setup"}})
			return w.cloud.PutHook(group, cloudsim.Hook{Name: "setup", Transition: cloudsim.HookLaunching, Heartbeat: time.Minute, Result: "CONTINUE"})
		}, false},
		{"health checks are suspended", suspend("HealthCheck"), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := owned(t, nil)
			w.becomes(6, 0)
			w.owner(c.refuse(w, w.cloud.NewSession("owner").AutoScaling()))
			// A group with nothing to do has its surroundings read once an hour.
			if !w.until(70*time.Minute, func() bool { return w.record().Status.Code == "refused" }) {
				w.fail("the group is %s", w.record().Status.Code)
			}
			got := w.notice()
			switch {
			case c.answers && (got.launched == 0 || got.launched > 10*time.Second):
				w.fail("a replacement was launched after %s", got.launched)
			case !c.answers && got.launched > 0:
				w.fail("a replacement was launched where none could be put in service")
			case !coordinators(got.by) || got.left > 2*time.Minute:
				w.fail("it left after %s, by %s", got.left, got.by)
			}
			if v := w.check.Violations(); len(v) > 0 {
				w.fail("%s", v[0])
			}
		})
	}
}
