package cloudsim

import (
	"testing"

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
