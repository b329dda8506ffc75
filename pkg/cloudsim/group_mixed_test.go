package cloudsim

import (
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
)

func mixed() GroupSpec {
	s := six()
	s.Mixed = &Mixed{Types: []string{"m5a.large", "m5.large"}, Base: 1}
	return s
}

// aws-facts 1.7: the policy stands in the description where the template stood, and its types are tried by priority.
func TestAGroupLaunchesByItsPolicy(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{}, mixed())
	out, err := r.s.AutoScaling().DescribeAutoScalingGroups(bg, &autoscaling.DescribeAutoScalingGroupsInput{})
	must(t, err)
	g := out.AutoScalingGroups[0]
	d := g.MixedInstancesPolicy.InstancesDistribution
	if g.LaunchTemplate != nil || aws.ToString(g.MixedInstancesPolicy.LaunchTemplate.LaunchTemplateSpecification.LaunchTemplateId) == "" ||
		*d.OnDemandPercentageAboveBaseCapacity != 100 || *d.OnDemandBaseCapacity != 1 || len(g.MixedInstancesPolicy.LaunchTemplate.Overrides) != 2 {
		t.Errorf("%+v", g)
	}
	for _, m := range r.group().Members {
		if m.Instance.Type != "m5a.large" || m.Instance.Spot {
			t.Errorf("%s is %s, spot %t", m.ID, m.Instance.Type, m.Instance.Spot)
		}
	}
	r.mu.Lock()
	for _, z := range r.cfg.Zones {
		r.pools[poolKey{"m5a.large", z}].noOD = r.clock().Add(24 * time.Hour)
	}
	r.mu.Unlock()
	must(t, r.SetMax("web", 9))
	must(t, r.SetDesired("web", 7))
	r.pass(5 * time.Minute)
	if !slices.ContainsFunc(r.group().Members, func(m MemberView) bool { return m.Instance.Type == "m5.large" }) {
		t.Error("without capacity for the first type the second is not tried")
	}
}

// What a policy makes of spot that was attached is not documented: both readings.
func TestAPolicyCountsAttachedSpotOrLeavesItAlone(t *testing.T) {
	t.Parallel()
	for _, counts := range []bool{false, true} {
		spec := mixed()
		spec.Max = 9
		r := newRig(t, Config{Readings: Readings{PolicyCountsAttached: counts}}, spec)
		id := r.spot()
		r.pass(2 * time.Minute) // until it runs
		must(t, r.attach(id))
		least := 9
		for range 60 {
			r.pass(10 * time.Second)
			serving := 0
			for _, m := range r.group().Members {
				if m.State == "InService" {
					serving++
				}
			}
			least = min(least, serving)
		}
		g := r.group()
		stays := slices.ContainsFunc(g.Members, func(m MemberView) bool { return m.ID == id })
		if stays == counts || len(g.Members) != 7 || g.Desired != 7 || least < 6 {
			t.Errorf("counts %t: stays %t, %d members, desired %d, at least %d in service", counts, stays, len(g.Members), g.Desired, least)
		}
	}
}
