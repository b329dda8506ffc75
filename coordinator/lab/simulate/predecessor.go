package simulate

import (
	"cmp"
	"slices"
	"time"
)

const (
	cronEvery        = 30 * time.Minute
	predecessorGrace = 5 * time.Minute // what it waits before an instance is attached
)

// predecessor swaps one instance at a time on a cron, and lets the group replace on demand what has died. It takes the
// cheapest compatible type in the zone of the on-demand instance, and knows of no risk.
type predecessor struct {
	c    *cloud
	g    *group
	next *instance // launched, to be attached at a later run
}

func runPredecessor(c *cloud, g *group) {
	p := &predecessor{c: c, g: g}
	g.begin()
	var cron func()
	cron = func() {
		p.run()
		c.after(cronEvery, cron)
	}
	c.after(cronEvery, cron)
}

func (p *predecessor) run() {
	p.call("DescribeAutoScalingGroups")
	p.call("DescribeInstances")
	if n := p.next; n != nil {
		switch {
		case !n.live():
			p.next = nil
		case !n.ready || p.c.now-n.launched < predecessorGrace:
			return
		default:
			p.swap(n)
			p.next = nil
			return
		}
	}
	if v := p.onDemand(""); v != nil {
		p.next = p.launch(v)
	}
}

func (p *predecessor) call(name string) { p.c.calls[name]++ }

// onDemand is the oldest member on demand, of a zone if one is named.
func (p *predecessor) onDemand(zone string) *instance {
	for _, i := range p.g.members {
		if !i.spot() && i.lifecycle == inService && (zone == "" || i.zone == zone) {
			return i
		}
	}
	return nil
}

func (p *predecessor) launch(v *instance) *instance {
	p.call("DescribeSpotPriceHistory")
	pools := slices.Clone(p.c.w.byZone[v.zone])
	pools = slices.DeleteFunc(pools, func(x *pool) bool { u := x.usdAt(p.c.now); return u <= 0 || u >= p.c.w.od })
	slices.SortStableFunc(pools, func(a, b *pool) int { return cmp.Compare(a.usdAt(p.c.now), b.usdAt(p.c.now)) })
	for _, x := range pools {
		p.call("RunInstances")
		if p.c.canLaunch(x) {
			return p.c.launchSpot(x)
		}
	}
	return nil
}

// swap attaches, waits until that is in service, and retires one on demand of the same zone.
func (p *predecessor) swap(n *instance) {
	v := p.onDemand(n.zone)
	if v == nil {
		v = p.onDemand("")
	}
	if v == nil {
		p.call("TerminateInstances")
		p.c.kill(n, notOurs)
		return
	}
	was := p.g.max
	if p.g.desired >= p.g.max {
		p.call("UpdateAutoScalingGroup")
		p.g.setMax(p.g.desired + 1)
	}
	p.call("AttachInstances")
	if p.g.attach([]*instance{n}) != nil {
		return
	}
	p.c.after(attachTime, func() {
		p.call("TerminateInstanceInAutoScalingGroup")
		if v.member && v.lifecycle != terminating && p.g.terminate(v, true, ours) == nil {
			p.c.swaps++
		}
		if p.g.max != was && p.g.desired <= was {
			p.call("UpdateAutoScalingGroup")
			p.g.setMax(was)
		}
	})
}
