package simulate

import (
	"cmp"
	"slices"
)

// allocation orders pools as a spot allocation strategy would take them, the first best.
type allocation func(c *cloud, pools []*pool)

// riskWeight is how much dearer a pool counts to price-capacity-optimized for the share of its capacity that a month takes:
// half. EC2 does not publish its weights.
const riskWeight = 0.5

// priceCapacityOptimized takes pools that AWS sees to be short of capacity last, and the others by price and the risk of
// interruption together.
func priceCapacityOptimized(c *cloud, pools []*pool) {
	slices.SortStableFunc(pools, func(a, b *pool) int {
		if x, y := a.isShallow(c.now), b.isShallow(c.now); x != y {
			if x {
				return 1
			}
			return -1
		}
		return cmp.Or(cmp.Compare(c.risked(a), c.risked(b)), cmp.Compare(a.index, b.index))
	})
}

func (c *cloud) risked(p *pool) float64 { return p.usdAt(c.now) * (1 + riskWeight*p.bucket.Middle()) }

// lowestPrice spreads over the two cheapest, the default of SpotInstancePools.
func lowestPrice(c *cloud, pools []*pool) {
	slices.SortStableFunc(pools, func(a, b *pool) int {
		return cmp.Or(cmp.Compare(a.usdAt(c.now), b.usdAt(c.now)), cmp.Compare(a.index, b.index))
	})
	if len(pools) > 1 && c.held(pools[0]) > c.held(pools[1]) {
		pools[0], pools[1] = pools[1], pools[0]
	}
}

// held counts the group's members in a pool.
func (c *cloud) held(p *pool) int {
	n := 0
	for _, i := range c.group.members {
		if i.pool == p && i.live() && i.lifecycle != terminating {
			n++
		}
	}
	return n
}

// priceProtection is AWS's default for attribute-based instance types: at most so much over the cheapest.
const priceProtection = 2.0

// mixedPolicy launches spot from a mixed instances policy that lists every compatible type, in the first zone that has any.
func mixedPolicy(c *cloud, order allocation) func(zones []string) *instance {
	return func(zones []string) *instance {
		for _, z := range zones {
			var pools []*pool
			cheapest := 0.0
			for _, p := range c.w.byZone[z] {
				usd := p.usdAt(c.now)
				if usd > 0 && (cheapest == 0 || usd < cheapest) {
					cheapest = usd
				}
				if c.canLaunch(p) {
					pools = append(pools, p)
				}
			}
			pools = slices.DeleteFunc(pools, func(p *pool) bool { return p.usdAt(c.now) > priceProtection*cheapest })
			if len(pools) > 0 {
				order(c, pools)
				return c.launchSpot(pools[0])
			}
		}
		return nil
	}
}
