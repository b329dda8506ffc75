package sim_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/lab/stage"
	"autospotting/coordinator/settings"
	"autospotting/pkg/cloudsim"
)

// owned is the demo's group with these tags of its owner.
func owned(t *testing.T, tags map[string]string) *world {
	t.Helper()
	all := map[string]string{"spot-enabled": "true"}
	for k, v := range tags {
		all[k] = v
	}
	w := newWorld(t, stage.Config{Cloud: cloudsim.Config{Seed: 3}, Group: cloudsim.GroupSpec{Name: group, Min: 2, Max: 6, Desired: 6, Tags: all}})
	if !w.until(10*time.Minute, func() bool { return w.cloud.Ready(group) == 6 }) {
		w.fail("the group's own instances did not come up")
	}
	return w
}

// becomes waits until the group is whole and quiet with so many on spot and on-demand, and stays so for a while.
func (w *world) becomes(spot, onDemand int) {
	w.t.Helper()
	is := func() bool {
		g, _ := w.cloud.Group(group)
		return !w.record().Open() && len(g.Members) == g.Desired && w.stage.Serving(true) == spot && w.stage.Serving(false) == onDemand
	}
	if !w.until(3*time.Hour, is) {
		w.fail("not %d on spot and %d on-demand, but %d and %d", spot, onDemand, w.stage.Serving(true), w.stage.Serving(false))
	}
	w.cloud.RunUntil(w.cloud.Now().Add(20 * time.Minute))
	if !is() {
		w.fail("did not stay %d on spot and %d on-demand, but became %d and %d", spot, onDemand, w.stage.Serving(true), w.stage.Serving(false))
	}
	w.end(6, 6)
}

func TestTheOwnersFloorStaysOnDemand(t *testing.T) {
	t.Parallel()
	w := owned(t, map[string]string{"autospotting:keep-on-demand": "2"})
	w.becomes(4, 2)
}

func TestRaisingTheFloorBringsSpotBackAndLoweringItGoesOn(t *testing.T) {
	t.Parallel()
	w := owned(t, nil)
	w.becomes(6, 0)
	w.owner(w.cloud.SetGroupTag(group, "autospotting/keep-on-demand", "50%"))
	w.becomes(3, 3)
	w.owner(w.cloud.SetGroupTag(group, "autospotting/keep-on-demand", "1"))
	w.becomes(5, 1)
}

func TestOptingOutGoesBackToOnDemandAndLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	w := owned(t, nil)
	w.becomes(6, 0)
	g, _ := w.cloud.Group(group)
	if g.Tags[settings.StatusTag] != "managed" {
		t.Errorf("the status tag says %q", g.Tags[settings.StatusTag])
	}
	w.owner(w.cloud.DeleteGroupTag(group, "spot-enabled"))
	w.becomes(0, 6)
	g, _ = w.cloud.Group(group)
	if _, tagged := g.Tags[settings.StatusTag]; tagged {
		t.Error("the status tag was left behind")
	}
	for _, m := range g.Members {
		data, err := w.cloud.NewSession("owner").EC2().DescribeInstanceAttribute(t.Context(), &ec2.DescribeInstanceAttributeInput{
			InstanceId: aws.String(m.ID), Attribute: ec2types.InstanceAttributeNameUserData})
		if err != nil {
			t.Fatal(err)
		}
		if raw, _ := base64.StdEncoding.DecodeString(aws.ToString(data.UserData.Value)); strings.Contains(string(raw), "spotd") {
			t.Errorf("%s still boots with spotd: %s", m.ID, raw)
		}
		for key := range m.Instance.Tags {
			if key == decide.TagGroup || key == decide.TagLaunch {
				t.Errorf("%s still carries %s", m.ID, key)
			}
		}
	}
	if r := w.record(); r.Revision != 0 {
		t.Errorf("a record was left behind: %+v", r)
	}
	out, err := w.cloud.NewSession("owner").EC2().DescribeLaunchTemplates(t.Context(), &ec2.DescribeLaunchTemplatesInput{})
	if err != nil {
		t.Fatal(err)
	}
	for _, lt := range out.LaunchTemplates {
		if strings.HasPrefix(aws.ToString(lt.LaunchTemplateName), "autospotting-") {
			t.Errorf("the launch template %s was left behind", *lt.LaunchTemplateName)
		}
	}
	calls := 0
	w.cloud.OnCall(func(c cloudsim.Call) cloudsim.Verdict {
		if coordinators(c.Session) && c.Mutating && c.Service != "SQS" {
			calls++
		}
		return cloudsim.GoOn
	}, nil)
	w.cloud.RunUntil(w.cloud.Now().Add(time.Hour))
	if calls > 0 {
		t.Errorf("%d mutating calls for a group that left", calls)
	}
}

func TestSeveralSwapsAtOnceAreFasterAndAsSafe(t *testing.T) {
	t.Parallel()
	took := map[string]time.Duration{}
	for _, atOnce := range []string{"1", "100%"} {
		w := owned(t, map[string]string{"autospotting:swaps-at-once": atOnce})
		begin := w.cloud.Now()
		if !w.until(3*time.Hour, w.settled) {
			w.fail("%s at once: not settled", atOnce)
		}
		took[atOnce] = w.cloud.Now().Sub(begin)
		w.end(6, 6)
	}
	if took["100%"]*2 > took["1"] {
		t.Errorf("all at once took %s, one after the other %s", took["100%"], took["1"])
	}
}

func TestADeniedFamilyIsNeverLaunched(t *testing.T) {
	t.Parallel()
	w := owned(t, map[string]string{"autospotting_disallowed_instance_types": "m5*.* m6*"})
	w.becomes(6, 0)
	g, _ := w.cloud.Group(group)
	for _, m := range g.Members {
		if strings.HasPrefix(m.Instance.Type, "m5") || strings.HasPrefix(m.Instance.Type, "m6") {
			t.Errorf("%s is a %s", m.ID, m.Instance.Type)
		}
	}
}

func TestATagThatCannotBeReadRefusesTheGroupAndSaysSo(t *testing.T) {
	t.Parallel()
	w := owned(t, map[string]string{"autospotting:keep-on-demand": "some"})
	w.cloud.RunUntil(w.cloud.Now().Add(30 * time.Minute))
	g, _ := w.cloud.Group(group)
	if n := w.stage.Serving(true); n > 0 || !strings.HasPrefix(g.Tags[settings.StatusTag], "refused: tag autospotting:keep-on-demand") {
		t.Errorf("%d on spot, status tag %q", n, g.Tags[settings.StatusTag])
	}
}

func TestOutsideTheOwnersScheduleNothingIsBegun(t *testing.T) {
	t.Parallel()
	w := owned(t, map[string]string{"autospotting_cron_schedule": "12-13 *"}) // the cloud begins at nine
	if w.until(2*time.Hour, func() bool { return w.stage.Serving(true) > 0 }) {
		w.fail("a swap was done outside the schedule")
	}
	w.becomes(6, 0)
}

func TestBehindATargetGroupNobodyIsRetiredBeforeTheBalancerSeesTheReplacement(t *testing.T) {
	t.Parallel()
	const arn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/web/1"
	w := newWorld(t, stage.Config{Cloud: cloudsim.Config{Seed: 5, Timing: cloudsim.Timing{BootMin: 20 * time.Second, BootMax: 30 * time.Second, AppStart: 10 * time.Second, TargetHealthy: 3 * time.Minute}},
		Group: cloudsim.GroupSpec{Name: group, Min: 2, Max: 6, Desired: 6, TargetGroups: []string{arn}, Tags: map[string]string{"spot-enabled": "true"}}})
	entered := map[string]time.Time{}
	w.cloud.OnEvent(func(e cloudsim.Event) {
		switch {
		case e.Kind == cloudsim.InService:
			entered[e.Instance] = e.At
		case e.Kind == cloudsim.Terminating && coordinators(e.Actor):
			for id, at := range entered {
				if i, _ := w.cloud.Instance(id); i.Spot && i.State == "running" && e.At.Sub(at) < 3*time.Minute {
					w.t.Errorf("%s was retired %s after %s went in service", e.Instance, e.At.Sub(at), id)
				}
			}
		}
	})
	w.becomes(6, 0)
}

func TestWithoutSpotAnInterruptedInstanceBecomesOnDemandAndComesBackAfterTheDwell(t *testing.T) {
	t.Parallel()
	w := owned(t, map[string]string{"autospotting:dwell": "20m"})
	w.becomes(6, 0)
	w.cloud.NoCapacity("", "", true, w.cloud.Now().Add(10*time.Minute))
	begin := w.cloud.Now()
	doomed := w.interruptOne()
	if !w.until(10*time.Minute, func() bool { return w.stage.Serving(false) == 1 && w.stage.Serving(true) == 5 }) {
		w.fail("%s was not replaced by on-demand", doomed)
	}
	if w.until(begin.Add(20*time.Minute).Sub(w.cloud.Now()), w.settled) {
		w.fail("went back to spot before the dwell was over")
	}
	w.becomes(6, 0)
}

func TestWhatTheGroupCannotLaunchIsFilledWithSpotAndItsLateNewcomerGoes(t *testing.T) {
	t.Parallel()
	for _, forGood := range []bool{false, true} {
		w := owned(t, nil)
		w.becomes(6, 0)
		until := w.cloud.Now().Add(12 * time.Minute)
		if forGood {
			until = until.Add(2 * time.Hour)
		}
		w.cloud.NoCapacity("", "", false, until)
		g, _ := w.cloud.Group(group)
		w.owner(w.cloud.TerminateByOwner(g.Members[0].ID))
		if !w.until(8*time.Minute, func() bool { return w.stage.Serving(true) == 6 }) {
			w.fail("the hole was not filled")
		}
		w.becomes(6, 0)
	}
}

func (w *world) owner(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}
