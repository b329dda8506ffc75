package cloudsim

import (
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

// nextPurchase tells how the group buys its next instance: of which types, in the order of preference, and whether as spot. Shares are rounded up
// in favour of on-demand, as Auto Scaling does. What was attached counts by how it was bought.
func (g *group) nextPurchase(typ string) (spot bool, types []string) {
	if g.mixed == nil {
		return false, []string{typ}
	}
	if types = g.mixed.Types; len(types) == 0 {
		types = []string{typ}
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
