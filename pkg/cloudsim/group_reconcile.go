package cloudsim

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"slices"
	"sort"
	"time"

	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// react schedules the group's next look at itself, unless one is due already.
func (c *Cloud) react(g *group) { c.reactIn(g, c.cfg.Timing.ASGReact) }

// reactNow is for what the group sees immediately, such as a dead member.
func (c *Cloud) reactNow(g *group) { c.reactIn(g, 0) }

func (c *Cloud) reactIn(g *group, d time.Duration) {
	due := c.clock().Add(d)
	if g.reaction != nil && !g.reaction.cancelled {
		if !g.reaction.at.After(due) {
			return
		}
		g.reaction.cancelled = true
	}
	g.reaction = c.at(d, "group "+g.name, func() { g.reaction = nil; c.reconcile(g) })
}

// reconcile is one look of the group at itself: replace what is unhealthy, launch what is missing, terminate what is
// too many, balance the zones. It is the group's own act, whoever caused the difference.
func (c *Cloud) reconcile(g *group) {
	if g.deleted {
		return
	}
	c.cause.actor = "autoscaling"
	c.replaceUnhealthy(g)
	c.refreshOne(g)
	allowed := g.desired
	if g.balancing != nil {
		allowed++
	}
	switch n := g.live(); {
	case n < g.desired:
		c.launchMissing(g, g.desired-n)
	case n > allowed:
		c.scaleIn(g, n-allowed)
	default:
		g.why, g.owed = "", nil
		c.balance(g)
		c.realign(g)
	}
}

// replaceUnhealthy takes dead members out at once; those that still run go at most a tenth of desired at a time,
// after the grace (aws-facts 1.8).
func (c *Cloud) replaceUnhealthy(g *group) {
	if !g.has("ReplaceUnhealthy") {
		return
	}
	going, quota := 0, max(1, g.desired/10)
	for _, m := range g.members {
		if m.terminating() && m.unhealthy && m.i.live() {
			going++
		}
	}
	for _, m := range slices.Clone(g.members) {
		if !m.unhealthy || m.terminating() || m.i.zone == g.ignored {
			continue
		}
		why := fmt.Sprintf("At %s an instance was taken out of service in response to an EC2 health check indicating it has been terminated or stopped.", stamp(c.clock()))
		if m.i.live() {
			if going >= quota {
				continue
			}
			going++
			why = fmt.Sprintf("At %s an instance was taken out of service in response to %s.", stamp(c.clock()), cmp.Or(m.ill, "a ELB system health check failure"))
		}
		g.owed = append(g.owed, "an unhealthy instance needing to be replaced")
		c.takeOut(g, m, why)
	}
}

// launchMissing launches n members on demand from the group's template, in the zones with the fewest.
func (c *Cloud) launchMissing(g *group, n int) {
	if !g.has("Launch") {
		return
	}
	if wait := g.retryAt.Sub(c.clock()); wait > 0 {
		c.reactIn(g, wait)
		return
	}
	for range n {
		why := g.why + fmt.Sprintf("At %s an instance was started in response to a difference between desired and actual capacity, increasing the capacity from %d to %d.", stamp(c.clock()), g.live(), g.live()+1)
		if len(g.owed) > 0 {
			why = fmt.Sprintf("At %s an instance was launched in response to %s.", stamp(c.clock()), g.owed[0])
			g.owed = g.owed[1:]
		}
		if _, ok := c.launchMember(g, g.open(g.zonesByNeed()), why); !ok {
			g.retry = min(max(2*g.retry, c.cfg.Timing.LaunchRetry), 15*time.Minute)
			g.retryAt = c.clock().Add(g.retry)
			c.reactIn(g, g.retry)
			return
		}
		g.retry = 0
	}
}

// zonesByNeed orders the group's zones by how few members they have.
func (g *group) zonesByNeed() []string {
	n := g.perZone()
	order := make([]int, len(g.zones))
	for k := range order {
		order[k] = k
	}
	sort.SliceStable(order, func(a, b int) bool { return n[order[a]] < n[order[b]] })
	var out []string
	for _, k := range order {
		out = append(out, g.zones[k])
	}
	return out
}

// launchMember launches one instance in the first zone that has room. A failure is an activity and an event.
func (c *Cloud) launchMember(g *group, zones []string, why string) (*member, bool) {
	v, err := g.template.version(g.version)
	if err != nil || !slices.Contains(c.templates, g.template) {
		return nil, c.launchRefused(g, zones[0], why, "The specified launch template does not exist or has no such version. Launching EC2 instance failed.")
	}
	img := ptrString(v.data.ImageId)
	if c.image(img) == nil {
		return nil, c.launchRefused(g, zones[0], why, fmt.Sprintf("The image id '[%s]' does not exist. Launching EC2 instance failed.", img))
	}
	spot, types := g.nextPurchase(string(v.data.InstanceType))
	var refused string
	for _, typ := range types {
		refused = cmp.Or(refused, c.groupRefusal(g, v.data, typ))
	}
	for _, s := range offers(zones, types) {
		p := c.pools[s]
		if p == nil || !p.open(spot, c.clock()) || refused != "" && c.groupRefusal(g, v.data, s.typ) != "" {
			continue
		}
		// A group's own launches may carry a fleet's id (aws-facts 9 #2): it says nothing about who launched.
		i := c.launchFrom(g.template, v, launchSpec{typ: s.typ, zone: s.zone, spot: spot, fleet: g.fleetID(), subnet: g.subnets[slices.Index(g.zones, s.zone)], image: img,
			tags: templateTags(v.data, ec2types.ResourceTypeInstance)})
		m := c.join(g, i, false, "autoscaling")
		m.activity = c.addActivity(g, "Launching a new EC2 instance: "+i.id, why, astypes.ScalingActivityStatusCodePreInService)
		m.activity.zone, m.activity.subnet = s.zone, i.subnet
		return m, true
	}
	return nil, c.launchRefused(g, zones[0], why, cmp.Or(refused, noCapacityText(types[0], zones[0]))+" Launching EC2 instance failed.")
}

// groupRefusal is what EC2 says to the group's own launch of a type, empty where it launches.
func (c *Cloud) groupRefusal(g *group, d *ec2types.RequestLaunchTemplateData, typ string) string {
	if c.types[typ] == nil {
		return fmt.Sprintf("Invalid value '%s' for InstanceType.", typ)
	}
	if v := c.judge(d, c.image(ptrString(d.ImageId)), typ, g.subnets[0], false); v.Refused() {
		return v.Text
	}
	if !c.withinQuota(typ, false) {
		_, text := c.quotaRefusal(typ, false)
		return text
	}
	return ""
}

// fleetID names the next launch of the group's own. It is not drawn, so that what a seed decides stays as it was.
func (g *group) fleetID() string {
	g.launches++
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %d", g.name, g.launches))
	return fmt.Sprintf("fleet-%x", sum[:16])
}

func (c *Cloud) launchRefused(g *group, zone, why, message string) bool {
	a := c.addActivity(g, "Launching a new EC2 instance.  Status Reason: "+message, why, astypes.ScalingActivityStatusCodeInProgress)
	a.zone, a.subnet = zone, g.subnets[slices.Index(g.zones, zone)]
	c.finishActivity(a, astypes.ScalingActivityStatusCodeFailed, message)
	c.emit(Event{Kind: LaunchFailed, Actor: "autoscaling", Group: g.name, Text: message})
	c.launchEvent(g, a, nil, "EC2 Instance Launch Unsuccessful")
	return false
}

// scaleIn terminates n members by the default policy; protected members are spared.
func (c *Cloud) scaleIn(g *group, n int) {
	if !g.has("Terminate") {
		return
	}
	for range n {
		m := c.victim(g)
		if m == nil {
			return
		}
		why := g.why + fmt.Sprintf("At %s an instance was taken out of service in response to a difference between desired and actual capacity, shrinking the capacity from %d to %d.  At %s instance %s was selected for termination.",
			stamp(c.clock()), g.live(), g.live()-1, stamp(c.clock()), m.i.id)
		g.woken = true
		c.takeOut(g, m, why)
	}
}

// victim is the default termination policy: the zone with the most members, the oldest template version, the
// instance closest to its next billing hour (aws-facts 1.5).
func (c *Cloud) victim(g *group) *member {
	count := g.perZone()
	most := func(m *member) int { return count[max(0, slices.Index(g.zones, m.i.zone))] }
	var best *member
	better := func(a, b *member) bool {
		switch {
		case c.sooner(g, a, b), c.sooner(g, b, a):
			return c.sooner(g, a, b)
		case most(a) != most(b):
			return most(a) > most(b)
		case a.version != b.version:
			return len(a.version) < len(b.version) || (len(a.version) == len(b.version) && a.version < b.version)
		case !a.i.launched.Equal(b.i.launched):
			return a.i.launched.Before(b.i.launched)
		default:
			return a.i.id < b.i.id
		}
	}
	for _, m := range g.members {
		if m.protected || m.state != astypes.LifecycleStateInService {
			continue
		}
		if best == nil || better(m, best) {
			best = m
		}
	}
	return best
}

// balance answers zones that differ by more than one: after AZRebalance it launches in the poorest, and terminates
// in the richest once the newcomer is in service (aws-facts 1.5).
func (c *Cloud) balance(g *group) {
	n := g.perZone()
	lo, hi := slices.Min(n), slices.Max(n)
	uneven := hi-lo > 1 && g.has("AZRebalance") && g.has("Launch") && g.balancing == nil && g.shifted == "" &&
		(g.woken || !c.cfg.Readings.AttachIgnoredByRebalance)
	if !uneven {
		g.unevenSince = time.Time{}
		if hi-lo <= 1 {
			g.woken = false
		}
		return
	}
	if g.unevenSince.IsZero() {
		g.unevenSince = c.clock()
	}
	if wait := g.unevenSince.Add(c.cfg.Timing.AZRebalance).Sub(c.clock()); wait > 0 {
		c.reactIn(g, wait)
		return
	}
	g.unevenSince = time.Time{}
	poor, rich := g.zones[slices.Index(n, lo)], g.zones[slices.Index(n, hi)]
	why := fmt.Sprintf("At %s instances were launched to balance instances in zones %s with other zones resulting in more than desired number of instances in the group.", stamp(c.clock()), rich)
	if m, ok := c.launchMember(g, []string{poor}, why); ok {
		g.balancing = m
	}
}

func ptrString(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
