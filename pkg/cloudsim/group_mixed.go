package cloudsim

import (
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
)

// describe renders the policy, with the defaults that AWS fills in (aws-facts 1.7).
func (m *Mixed) describe(from *astypes.LaunchTemplateSpecification) *astypes.MixedInstancesPolicy {
	out := &astypes.MixedInstancesPolicy{LaunchTemplate: &astypes.LaunchTemplate{LaunchTemplateSpecification: from},
		InstancesDistribution: &astypes.InstancesDistribution{OnDemandAllocationStrategy: aws.String("prioritized"), OnDemandBaseCapacity: aws.Int32(int32(m.Base)),
			OnDemandPercentageAboveBaseCapacity: aws.Int32(100), SpotAllocationStrategy: aws.String("lowest-price"), SpotInstancePools: aws.Int32(2)}}
	for _, name := range m.Types {
		out.LaunchTemplate.Overrides = append(out.LaunchTemplate.Overrides, astypes.LaunchTemplateOverrides{InstanceType: aws.String(name)})
	}
	return out
}

// candidates are the types of the group's own launches, in the order in which they are tried: the policy's by priority, else the template's.
func (g *group) candidates(own string) []string {
	if g.mixed == nil || len(g.mixed.Types) == 0 {
		return []string{own}
	}
	return g.mixed.Types
}

// misaligned tells whether the group has spot where its policy asks for on-demand, and counts that (Readings.PolicyCountsAttached): AWS documents that a
// group keeps to its policy when it launches and terminates, and not what it makes of spot that was attached.
func (c *Cloud) misaligned(g *group) bool {
	return c.cfg.Readings.PolicyCountsAttached && g.mixed != nil && slices.ContainsFunc(g.members, func(m *member) bool {
		return m.i.spot && !m.protected && m.state == astypes.LifecycleStateInService
	})
}

// realign launches on-demand beside what there is. When that is in service the group has one too many, and spot goes first.
func (c *Cloud) realign(g *group) {
	if !c.misaligned(g) || g.balancing != nil || !g.has("Launch") || !g.has("Terminate") {
		return
	}
	why := fmt.Sprintf("At %s an instance was launched to align the group with the purchase options of its mixed instances policy.", stamp(c.clock()))
	if m, ok := c.launchMember(g, g.open(g.zonesByNeed()), why); ok {
		g.balancing = m
	}
}

// sooner tells whether a goes before b for the sake of the policy, where scale-in chooses (Auto Scaling user guide, "Configure termination policies":
// what to terminate is chosen so that the rest is as the policy says).
func (c *Cloud) sooner(g *group, a, b *member) bool {
	return c.cfg.Readings.PolicyCountsAttached && g.mixed != nil && a.i.spot && !b.i.spot
}
