package cloudsim

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
)

// Every API has a bucket of its own, which all sessions share (EC2 API reference, "Request throttling"; aws-facts 2.7).
func TestCallersShareTheTokensOfAnAPI(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{}, six())
	r.SetFaults(Faults{Buckets: Buckets{EC2Reads: Bucket{Burst: 2, PerSecond: 0.5}, AutoScalingWrites: Bucket{Burst: 1, PerSecond: 0.1}}})
	other := r.NewSession("another")
	describe := func(s *Session) error {
		_, err := s.EC2().DescribeInstances(bg, &ec2.DescribeInstancesInput{})
		return err
	}
	must(t, describe(r.s))
	must(t, describe(other))
	wantCode(t, describe(other), "RequestLimitExceeded", "") // the third within a second
	if _, err := other.EC2().DescribeSubnets(bg, &ec2.DescribeSubnetsInput{}); err != nil {
		t.Errorf("another API: %v", err)
	}
	r.pass(2 * time.Second)
	must(t, describe(other))
	wantCode(t, describe(r.s), "RequestLimitExceeded", "") // two seconds brought back one token
	protect := func() error {
		_, err := r.s.AutoScaling().SetInstanceProtection(bg, &autoscaling.SetInstanceProtectionInput{AutoScalingGroupName: aws.String("web"),
			InstanceIds: []string{r.group().Members[0].ID}, ProtectedFromScaleIn: aws.Bool(false)})
		return err
	}
	must(t, protect())
	wantCode(t, protect(), "Throttling", "Rate exceeded")
}

// A refresh replaces one member after the other, from the group's template, and what was attached too (aws-facts 1.1 #13).
func TestAnInstanceRefreshReplacesTheMembersThatWereThere(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{}, six())
	before := map[string]bool{}
	for _, m := range r.group().Members {
		before[m.ID] = true
	}
	kept := r.group().Members[0].ID
	must(t, r.Protect(kept, true))
	lowest := 6
	r.OnEvent(func(Event) {
		if g, ok := r.Group("web"); ok {
			serving := 0
			for _, m := range g.Members {
				if m.State == "InService" {
					serving++
				}
			}
			lowest = min(lowest, serving)
		}
	})
	must(t, r.SetRefresh("web", "InProgress"))
	r.pass(30 * time.Minute)
	old := 0
	for _, m := range r.group().Members {
		if before[m.ID] {
			old++
		}
	}
	if old != 1 || refreshStatus(t, r) != "InProgress" {
		t.Errorf("%d members of before are left, and the refresh is %s: want the protected one, waited for", old, refreshStatus(t, r))
	}
	if lowest != 5 {
		t.Errorf("at the least %d served, want 5: one at a time", lowest)
	}
	must(t, r.Protect(kept, false))
	r.settle()
	if g := r.group(); len(g.Members) != 6 || g.Desired != 6 || before[g.Members[0].ID] || refreshStatus(t, r) != "Successful" {
		t.Errorf("at the end: %+v, refresh %s", g, refreshStatus(t, r))
	}
}

func refreshStatus(t *testing.T, r *rig) string {
	t.Helper()
	out, err := r.s.AutoScaling().DescribeInstanceRefreshes(bg, &autoscaling.DescribeInstanceRefreshesInput{AutoScalingGroupName: aws.String("web")})
	must(t, err)
	return string(out.InstanceRefreshes[0].Status)
}
