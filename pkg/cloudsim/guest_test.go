package cloudsim

import (
	"context"
	"fmt"
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
)

func TestAGuestSeesItsUserDataAndMetadataUntilItStops(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{}, six())
	topic, err := r.s.SNS().CreateTopic(bg, &sns.CreateTopicInput{Name: aws.String("reports")})
	must(t, err)
	var said []string
	r.OnBoot(func(g *Guest) {
		said = append(said, "boot "+string(g.UserData()))
		if life, _ := g.Metadata("meta-data/instance-life-cycle"); life != "spot" {
			t.Errorf("life cycle %q", life)
		}
		err := g.Publish(*topic.TopicArn, []byte("hello"))
		said = append(said, fmt.Sprint("published ", err == nil))
		g.After(30*time.Second, func() { said = append(said, "half a minute") })
		g.After(time.Hour, func() { said = append(said, "an hour") })
		g.OnChange(func() {
			_, found := g.Metadata("meta-data/spot/instance-action")
			said = append(said, fmt.Sprint("notice ", found))
		})
		g.OnStop(func() { said = append(said, "stop") })
	})
	for _, role := range []string{"", "web"} {
		said = nil
		d := &ec2types.RequestLaunchTemplateData{ImageId: aws.String(r.image), InstanceType: "m5.large", UserData: aws.String("aGk=")}
		if role != "" {
			d.IamInstanceProfile = &ec2types.LaunchTemplateIamInstanceProfileSpecificationRequest{Name: aws.String(role)}
		}
		r.lt = r.template("guest-lt-"+role, d)
		id := r.spot()
		r.settle()
		must(t, r.Interrupt(id, "terminate"))
		r.settle()
		r.pass(time.Hour)
		want := []string{"boot hi", fmt.Sprint("published ", role != ""), "half a minute", "notice true", "stop"}
		if !reflect.DeepEqual(said, want) {
			t.Errorf("role %q: %v, want %v", role, said, want)
		}
	}
}

func TestANoticedMemberIsReadyButDoomed(t *testing.T) {
	t.Parallel()
	spec := six()
	spec.Max = 7
	r := newRig(t, Config{}, spec)
	id := r.spot()
	r.settle()
	must(t, r.attach(id))
	r.pass(time.Minute)
	must(t, r.Interrupt(id, "terminate"))
	if r.Ready("web") != 7 || r.Undoomed("web") != 6 {
		t.Errorf("ready %d, undoomed %d; want 7 and 6", r.Ready("web"), r.Undoomed("web"))
	}
	r.pass(3 * time.Minute)
	if r.Ready("web") != 6 {
		t.Errorf("ready %d after the notice has run out, want 6", r.Ready("web"))
	}
	r.settle()
	if g := r.group(); g.Desired != 7 || r.Ready("web") != 7 || g.Net != 1 {
		t.Errorf("the group did not replace the lost spot on demand (aws-facts 1.6): desired %d, ready %d", g.Desired, r.Ready("web"))
	}
}

func TestTheBillAddsUpByTheHour(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{}, GroupSpec{Min: 1, Max: 3, Desired: 1})
	id := r.spot()
	zone, typ := mustInstance(t, r, id).Zone, mustInstance(t, r, id).Type
	must(t, r.SetSpotPrice(typ, zone, 0.03))
	before := r.Bill("web", func(v InstanceView) bool { return v.ID == id })
	r.pass(30 * time.Minute)
	must(t, r.SetSpotPrice(typ, zone, 0.05))
	r.pass(30 * time.Minute)
	b := r.Bill("web", func(v InstanceView) bool { return v.ID == id })
	near := func(got, want float64) bool { return math.Abs(got-want) < 1e-9 }
	if !near(b.SpotUSD-before.SpotUSD, 0.04) || !near(b.OnDemandPartUSD-before.OnDemandPartUSD, 0.096) || !near(b.OnDemandUSD-before.OnDemandUSD, 0.096) {
		t.Errorf("an hour of one m5.large and of a spot at 0.03, then 0.05 cost %+v", b)
	}
	if without := r.Bill("web", nil); without.SpotUSD != 0 {
		t.Errorf("an instance that is nobody's is on the bill: %+v", without)
	}
}

// aws-facts 1.2: a detached instance keeps running and billing, and its tag goes.
func TestDetachLeavesTheInstanceRunning(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{}, six())
	id := r.inZone("us-east-1a")
	detach := func(decrement bool) error {
		_, err := r.s.AutoScaling().DetachInstances(bg, &autoscaling.DetachInstancesInput{AutoScalingGroupName: aws.String("web"),
			InstanceIds: []string{id}, ShouldDecrementDesiredCapacity: aws.Bool(decrement)})
		return err
	}
	must(t, detach(true))
	wantCode(t, detach(true), "ValidationError", "is not in InService or Standby.")
	r.settle()
	v := mustInstance(t, r, id)
	if v.State != "running" || v.Group != "" || v.Tags["aws:autoscaling:groupName"] != "" || r.group().Desired != 5 {
		t.Errorf("%+v, desired %d", v, r.group().Desired)
	}
	wantCode(t, detach(false), "ValidationError", "is not part of Auto Scaling group web")
}

// aws-facts 1.1 #5, #11: the image must exist, the zone must fit, protection is inherited.
func TestAttachChecksImageAndZoneAndInheritsProtection(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{}, GroupSpec{Min: 0, Max: 3, Desired: 1, Zones: []string{"us-east-1a"}, ProtectNew: true})
	id := r.spot()
	out, err := r.fleet(true, 1, func(in *ec2.CreateFleetInput) {
		in.LaunchTemplateConfigs[0].Overrides[0].SubnetId = aws.String(r.subnets[1])
	}, "m5a.large")
	must(t, err)
	r.settle()
	wantCode(t, r.attach(out.Instances[0].InstanceIds[0]), "ValidationError", "is not part of AutoScalingGroup web")
	must(t, r.attach(id))
	if m := r.group().Members[1]; !m.Protected || !m.Attached {
		t.Errorf("%+v", m)
	}
	other := r.spot()
	r.settle()
	r.DeregisterImage(r.image)
	wantCode(t, r.attach(other), "ValidationError", "AMI")
}

func TestFailedLaunchesOfAGroupAreActivitiesAndAreTriedAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{}, six())
	r.NoCapacity("m5.large", "", false, r.Now().Add(20*time.Minute))
	must(t, r.TerminateByOwner(r.group().Members[0].ID))
	r.settle()
	if n := r.Ready("web"); n != 5 {
		t.Fatalf("ready %d while nothing can be launched", n)
	}
	wantCause(t, r, "Launching a new EC2 instance.  Status Reason: We currently do not have sufficient m5.large capacity", "unhealthy instance needing to be replaced")
	r.pass(40 * time.Minute)
	if n := r.Ready("web"); n != 6 {
		t.Errorf("ready %d after capacity came back", n)
	}
}

func TestFaultsCanEnd(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{}, six())
	r.SetFaults(Faults{Throttle: 1, ReadLag: time.Minute})
	_, err := r.s.EC2().DescribeInstances(bg, nil)
	wantCode(t, err, "RequestLimitExceeded", "")
	_, err = r.s.AutoScaling().DescribeAutoScalingGroups(bg, nil)
	wantCode(t, err, "Throttling", "Rate exceeded")
	r.SetFaults(Faults{ReadLag: time.Minute})
	out, err := r.s.EC2().DescribeInstances(bg, nil)
	must(t, err)
	if len(out.Reservations) != 6 {
		t.Errorf("%d instances are visible once reads lag, want the 6 that were there", len(out.Reservations))
	}
	r.SetFaults(Faults{})
	id := r.spot()
	if _, err := r.s.EC2().DescribeInstances(bg, &ec2.DescribeInstancesInput{InstanceIds: []string{id}}); err != nil {
		t.Errorf("reads still lag: %v", err)
	}
}

func TestAProcessMayKillItself(t *testing.T) {
	t.Parallel()
	c := New(Config{})
	after, crash := false, false
	c.Process("p", func(ctx context.Context, s *Session) {
		s.Kill()
		s.Sleep(time.Second)
		after = true
	}, func(crashed bool) { crash = crashed })
	c.RunUntil(c.Now().Add(time.Minute))
	if after || !crash {
		t.Errorf("went on %t, crashed %t", after, crash)
	}
}
