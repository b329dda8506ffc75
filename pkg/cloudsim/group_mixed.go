package cloudsim

import (
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
)

// MixedPolicy is a group's mixed instances policy: how many of its instances are on-demand, and of which types they may be (aws-facts 1.7).
// The template's own type is the first choice where none is named.
type MixedPolicy struct {
	OnDemandBase    int
	OnDemandPercent int // above the base
	Types           []string
}

// describe renders the policy. A group that has one shows its template there, and nowhere else.
func (p *MixedPolicy) describe(lt *astypes.LaunchTemplateSpecification) *astypes.MixedInstancesPolicy {
	out := &astypes.MixedInstancesPolicy{
		LaunchTemplate: &astypes.LaunchTemplate{LaunchTemplateSpecification: lt},
		InstancesDistribution: &astypes.InstancesDistribution{OnDemandBaseCapacity: aws.Int32(int32(p.OnDemandBase)), OnDemandPercentageAboveBaseCapacity: aws.Int32(int32(p.OnDemandPercent)),
			OnDemandAllocationStrategy: aws.String("prioritized"), SpotAllocationStrategy: aws.String("price-capacity-optimized")},
	}
	for _, typ := range p.Types {
		out.LaunchTemplate.Overrides = append(out.LaunchTemplate.Overrides, astypes.LaunchTemplateOverrides{InstanceType: aws.String(typ)})
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

// nextPurchase tells how the group buys its next instance: of which types, in the order of preference, and whether as spot. Shares are rounded up
// in favour of on-demand, as Auto Scaling does. What was attached counts by how it was bought.
func (g *group) nextPurchase(typ string) (spot bool, types []string) {
	types = g.candidates(typ)
	if g.mixed == nil {
		return false, types
	}
	onDemand, all := 0, 1
	for _, m := range g.members {
		if !m.counts() {
			continue
		}
		all++
		if !m.i.spot {
			onDemand++
		}
	}
	above := max(0, all-g.mixed.OnDemandBase)
	due := min(all, g.mixed.OnDemandBase) + (above*g.mixed.OnDemandPercent+99)/100
	return onDemand >= due, types
}

// offers are the pools of these types and zones: the zones with the fewest members first, in each the types in their order.
func offers(zones, types []string) []poolKey {
	var out []poolKey
	for _, zone := range zones {
		for _, typ := range types {
			out = append(out, poolKey{typ, zone})
		}
	}
	return out
}

// open tells whether the pool takes one more.
func (p *pool) open(spot bool, now time.Time) bool {
	if spot {
		return p.live < p.depth && !now.Before(p.noSpot)
	}
	return !now.Before(p.noOD)
}

// misaligned tells whether the group has spot where its policy asks for on-demand, and counts that (Readings.PolicyCountsAttached): AWS documents that a
// group keeps to its policy when it launches and terminates, and not what it makes of spot that was attached.
func (c *Cloud) misaligned(g *group) bool {
	return c.cfg.Readings.PolicyCountsAttached && g.mixed != nil && g.mixed.OnDemandPercent == 100 && slices.ContainsFunc(g.members, func(m *member) bool {
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
	return c.cfg.Readings.PolicyCountsAttached && g.mixed != nil && g.mixed.OnDemandPercent == 100 && a.i.spot && !b.i.spot
}
