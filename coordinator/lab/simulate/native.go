package simulate

// native is a group with a mixed instances policy, all spot: what dies is found dead and replaced.
func native(c *cloud, g *group, order allocation) {
	g.launch = mixedPolicy(c, order)
	g.begin()
}

// rebalancing is native with capacity rebalancing on: it replaces an instance ahead where AWS recommends it, at once when
// there is a notice, and takes the old one out when the new one serves.
func rebalancing(c *cloud, g *group) {
	native(c, g, priceCapacityOptimized)
	ahead := map[*instance]*instance{} // old by new
	replace := func(old *instance) {
		most := max(1, g.desired/10) // beyond desired, for a time
		if !old.member || old.lifecycle != inService || len(ahead) >= most && !old.doomed() {
			return
		}
		for _, o := range ahead {
			if o == old {
				return
			}
		}
		if i := g.launch(g.zonesWithout(old)); i != nil {
			ahead[i] = old
			g.extra++
			g.join(i)
		}
	}
	over := func(i *instance) {
		old, ok := ahead[i]
		if !ok {
			return
		}
		delete(ahead, i)
		g.extra--
		if old.member && old.lifecycle == inService {
			g.takeOut(old, notOurs)
		}
	}
	c.onAdvice, c.onNotice = replace, func(i *instance) {
		if _, newcomer := ahead[i]; newcomer { // what was to replace another is taken itself
			delete(ahead, i)
			g.extra--
		}
		replace(i)
	}
	c.onReady = over
}

// zonesWithout orders the zones by need, as if the instance were gone already.
func (g *group) zonesWithout(old *instance) []string {
	was := old.lifecycle
	old.lifecycle = terminating
	defer func() { old.lifecycle = was }()
	return g.zonesByNeed()
}
