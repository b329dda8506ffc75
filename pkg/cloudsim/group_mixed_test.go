package cloudsim

import (
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
)

// aws-facts 1.7: the base is on-demand, and of what is above it the share, rounded up; the template stands in the policy alone.
func TestAMixedPolicyDecidesHowTheGroupBuys(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		policy   MixedPolicy
		onDemand int
		typ      string
	}{
		{MixedPolicy{OnDemandPercent: 100}, 6, "m5.large"},
		{MixedPolicy{OnDemandPercent: 0, Types: []string{"m5a.large", "m5.large"}}, 0, "m5a.large"},
		{MixedPolicy{OnDemandBase: 1, OnDemandPercent: 50}, 4, "m5.large"},
		{MixedPolicy{OnDemandBase: 9}, 6, "m5.large"},
	} {
		spec := six()
		spec.Mixed = &c.policy
		r := newRig(t, Config{}, spec)
		n := 0
		for _, m := range r.group().Members {
			if m.Instance.Type != c.typ {
				t.Errorf("%+v: launched %s", c.policy, m.Instance.Type)
			}
			if !m.Instance.Spot {
				n++
			}
		}
		if n != c.onDemand || len(r.group().Members) != 6 {
			t.Errorf("%+v: %d of %d on-demand, want %d of 6", c.policy, n, len(r.group().Members), c.onDemand)
		}
		out, err := r.s.AutoScaling().DescribeAutoScalingGroups(bg, &autoscaling.DescribeAutoScalingGroupsInput{})
		must(t, err)
		g := out.AutoScalingGroups[0]
		if p := g.MixedInstancesPolicy; g.LaunchTemplate != nil || p == nil || aws.ToInt32(p.InstancesDistribution.OnDemandPercentageAboveBaseCapacity) != int32(c.policy.OnDemandPercent) ||
			len(p.LaunchTemplate.Overrides) != len(c.policy.Types) || aws.ToString(p.LaunchTemplate.LaunchTemplateSpecification.LaunchTemplateId) != r.lt {
			t.Errorf("%+v: described as %+v beside %v", c.policy, p, g.LaunchTemplate)
		}
	}
}

func TestAGroupWithAWarmPoolSaysSo(t *testing.T) {
	t.Parallel()
	for _, has := range []bool{true, false} {
		spec := six()
		spec.WarmPool = has
		r := newRig(t, Config{}, spec)
		out, err := r.s.AutoScaling().DescribeAutoScalingGroups(bg, &autoscaling.DescribeAutoScalingGroupsInput{})
		must(t, err)
		if (out.AutoScalingGroups[0].WarmPoolConfiguration != nil) != has {
			t.Errorf("with a warm pool %t: %+v", has, out.AutoScalingGroups[0].WarmPoolConfiguration)
		}
	}
}

func mixed() GroupSpec {
	s := six()
	s.Mixed = &MixedPolicy{Types: []string{"m5a.large", "m5.large"}, OnDemandBase: 1, OnDemandPercent: 100}
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
