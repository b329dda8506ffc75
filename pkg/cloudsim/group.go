package cloudsim

import (
	"fmt"
	"slices"
	"time"

	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

type groupTag struct {
	key, value string
	propagate  bool
}

type group struct {
	name              string
	created           time.Time
	min, max, desired int
	net               int // of desired: what sessions added by attaching and took by decrementing
	template          *template
	launches          int // of its own, so far
	version           string
	zones, subnets    []string
	zonesOnly         bool // it names none of the subnets
	tags              []groupTag
	healthType        string
	grace             time.Duration
	newProtected      bool
	capacityRebalance bool
	mixed             *MixedPolicy
	warmPool          bool
	suspended         []string
	hooks             []Hook
	targetGroups      []string
	balanced          []string // of targetGroups, those that have had a healthy target
	refresh           astypes.InstanceRefreshStatus
	refreshed         time.Time // when it began: members from before it are replaced
	members           []*member
	activities        []*activity // oldest first
	why               string      // what was asked for since the group last had what it wants: the next activities answer to it
	owed              []string    // why the next members are launched, where it is not for why
	deleted           bool

	reaction    *event
	tracked     *tracking // its target tracking policy
	shifted     string    // the zone that a zonal shift leads away from
	ignored     string    // the zone in which nobody unhealthy is replaced
	balancing   *member   // launched for AZ rebalancing or for the policy, not in service yet
	unevenSince time.Time
	woken       bool // something other than an attach has changed the zones
	retry       time.Duration
	retryAt     time.Time

	baselineUSD float64 // what desired x on-demand would have cost until baselineAt
	baselineAt  time.Time
	past        history[astypes.AutoScalingGroup]
}

type member struct {
	i         *instance
	state     astypes.LifecycleState
	unhealthy bool
	ill       string // what found it so; empty for the load balancer's check
	protected bool
	attached  bool
	joined    time.Time
	version   string // of the group's template, as it is shown
	inService time.Time
	activity  *activity
	place     bool // Terminating, but its place is not given to a replacement yet (Readings.LaunchAfterDrain)
	hook      *event
	offline   bool // not registered with the load balancers, by its owner's hand
}

func (c *Cloud) group(name string) *group {
	for _, g := range c.groups {
		if g.name == name && !g.deleted {
			return g
		}
	}
	return nil
}

func (g *group) member(id string) *member {
	for _, m := range g.members {
		if m.i.id == id {
			return m
		}
	}
	return nil
}

func (g *group) has(process string) bool { return !slices.Contains(g.suspended, process) }

func (m *member) terminating() bool {
	switch m.state {
	case astypes.LifecycleStateTerminating, astypes.LifecycleStateTerminatingWait, astypes.LifecycleStateTerminatingProceed,
		astypes.LifecycleStateDetaching:
		return true
	}
	return false
}

// counts: the member holds one of desired's places.
func (m *member) counts() bool {
	return m.place || (!m.terminating() && m.state != astypes.LifecycleStateStandby)
}

func (g *group) live() int {
	n := 0
	for _, m := range g.members {
		if m.counts() {
			n++
		}
	}
	return n
}

// perZone counts the live members of each of the group's zones, in their order.
func (g *group) perZone() []int {
	n := make([]int, len(g.zones))
	for _, m := range g.members {
		if z := slices.Index(g.zones, m.i.zone); z >= 0 && m.counts() {
			n[z]++
		}
	}
	return n
}

// resize sets the three sizes and tells what changed. by is what the change adds to net.
func (c *Cloud) resize(g *group, lo, hi, desired, by int) {
	if lo == g.min && hi == g.max && desired == g.desired {
		return
	}
	c.accrueBaseline(g)
	text := fmt.Sprintf("min %d to %d, max %d to %d, desired %d to %d", g.min, lo, g.max, hi, g.desired, desired)
	g.min, g.max, g.desired = lo, hi, desired
	if !c.cause.owner {
		g.net += by
	}
	c.touchGroup(g)
	c.emit(Event{Kind: SizeChanged, Group: g.name, Text: text})
}

// accrueBaseline adds what the owner's wish would have cost on demand since the last time.
func (c *Cloud) accrueBaseline(g *group) {
	now := c.clock()
	if v, err := g.template.version(g.version); err == nil {
		g.baselineUSD += float64(g.desired-g.net) * c.onDemand(g.candidates(string(v.data.InstanceType))[0]) * now.Sub(g.baselineAt).Hours()
	}
	g.baselineAt = now
}

// setState moves a member and tells.
func (c *Cloud) setState(g *group, m *member, s astypes.LifecycleState, kind Kind, actor, text string) {
	m.state = s
	c.touchGroup(g)
	c.emit(Event{Kind: kind, Actor: actor, Group: g.name, Instance: m.i.id, Text: text})
	c.nudgeGuest(m.i)
}

// join makes an instance a member and gives it the group's tags (aws-facts 1.1 #12).
func (c *Cloud) join(g *group, i *instance, attached bool, actor string) *member {
	m := &member{i: i, state: astypes.LifecycleStatePending, protected: g.newProtected, attached: attached, joined: c.clock()}
	if v, err := g.template.version(g.version); err == nil {
		m.version = fmt.Sprint(v.number)
	}
	g.members = append(g.members, m)
	i.group, i.everIn = g, g.name
	tags := map[string]string{"aws:autoscaling:groupName": g.name}
	for _, t := range g.tags {
		if t.propagate {
			tags[t.key] = t.value
		}
	}
	c.setTags(i, tags)
	c.touchGroup(g)
	if e := c.environmentOf(g.name); e != nil && attached {
		if e.by[i.id] = c.cause.actor; i.appReady {
			c.deploysTo(i)
		}
	}
	c.emit(Event{Kind: Pending, Actor: actor, Group: g.name, Instance: i.id})
	c.nudgeGuest(i) // of an attached one, whose metadata shows it
	return m
}

// memberRunning moves a launched member on: through its launching hook or straight into service.
func (c *Cloud) memberRunning(i *instance) {
	g := i.group
	if g == nil {
		return
	}
	m := g.member(i.id)
	if m == nil || m.state != astypes.LifecycleStatePending || m.attached {
		return
	}
	if h := g.hook(HookLaunching); h != nil {
		c.waitHook(g, m, h, astypes.LifecycleStatePendingWait)
		return
	}
	c.enterService(g, m)
}

func (c *Cloud) enterService(g *group, m *member) {
	if m.i.state != ec2types.InstanceStateNameRunning || m.terminating() || g.member(m.i.id) != m {
		return
	}
	m.inService = c.clock()
	c.setState(g, m, astypes.LifecycleStateInService, InService, "autoscaling", "")
	if g.balancing == m {
		g.balancing = nil
		g.woken = true
	}
	c.finishActivity(m.activity, astypes.ScalingActivityStatusCodeSuccessful, "")
	if !m.attached {
		c.launchEvent(g, m.activity, m.i, "EC2 Instance Launch Successful")
	}
	if g.checksTargets() {
		c.at(c.cfg.Timing.HealthDetect, "targets of "+m.i.id, func() { c.watchTargets(g, m) })
	}
	c.react(g)
}

// memberDied: an instance left running. The group learns it only after HealthDetect.
func (c *Cloud) memberDied(i *instance) {
	g := i.group
	if g == nil {
		return
	}
	if m := g.member(i.id); m != nil && !m.terminating() {
		c.at(c.cfg.Timing.HealthDetect, "health of "+i.id, func() { c.findUnhealthy(g, m) })
	}
}

func (c *Cloud) findUnhealthy(g *group, m *member) {
	if g.member(m.i.id) != m || m.terminating() || m.unhealthy {
		return
	}
	if !g.has("HealthCheck") {
		c.at(c.cfg.Timing.HealthDetect, "health of "+m.i.id, func() { c.findUnhealthy(g, m) })
		return
	}
	m.unhealthy = true
	c.touchGroup(g)
	c.emit(Event{Kind: Unhealthy, Actor: "autoscaling", Group: g.name, Instance: m.i.id})
	c.reactNow(g)
}

// memberGone: EC2 has terminated the instance; a member on its way out is one no more.
func (c *Cloud) memberGone(i *instance) {
	g := i.group
	if g == nil {
		return
	}
	if m := g.member(i.id); m != nil && m.terminating() {
		c.remove(g, m)
	}
}

func (c *Cloud) remove(g *group, m *member) {
	g.members = slices.DeleteFunc(g.members, func(o *member) bool { return o == m })
	m.i.group = nil
	if g.balancing == m {
		g.balancing = nil
	}
	if m.hook != nil {
		m.hook.cancelled = true
	}
	m.place = false
	c.finishActivity(m.activity, astypes.ScalingActivityStatusCodeSuccessful, "")
	c.touchGroup(g)
	c.emit(Event{Kind: Removed, Actor: "autoscaling", Group: g.name, Instance: m.i.id})
	c.launchEvent(g, m.activity, m.i, "EC2 Instance Terminate Successful")
	c.react(g)
}
