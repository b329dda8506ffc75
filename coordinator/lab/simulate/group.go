package simulate

import (
	"errors"
	"slices"
	"time"

	"autospotting/coordinator/decide"
)

// group is an Auto Scaling group of the light cloud. It keeps desired capacity, replaces what dies, and balances its zones;
// how it launches is its policy.
type group struct {
	c                 *cloud
	zones             []string
	min, max, desired int
	members           []*instance
	history           []decide.Activity              // newest first
	launch            func(zones []string) *instance // nil where nothing can be had

	reactAt     time.Duration // of the next look at itself, if reacting
	reacting    bool
	retry       time.Duration
	retryAt     time.Duration
	balancing   *instance
	unevenSince time.Duration
	uneven      bool
	extra       int // members beyond desired that capacity rebalancing may have
}

// The refusals of Auto Scaling that matter here; the texts are act's business.
var (
	errNotMember = errors.New("not part of the group")
	errAtMin     = errors.New("desired equals min")
	errAtMax     = errors.New("more than MaxSize")
	errNotRuning = errors.New("not running")
	errLimits    = errors.New("outside of the group's limits")
	errLeaving   = errors.New("a scaling activity is in progress")
)

func newGroup(c *cloud, zones []string, min, max, desired int) *group {
	g := &group{c: c, zones: zones, min: min, max: max, desired: desired}
	c.group = g
	return g
}

// begin fills the group with what is up and in service at once, as it was before the period.
func (g *group) begin() {
	for range g.desired {
		i := g.launch(g.zonesByNeed())
		if i == nil {
			g.react(0)
			return
		}
		g.join(i)
		i.state, i.ready, i.lifecycle = running, true, inService
		g.c.count(i, notOurs)
	}
}

func (g *group) join(i *instance) {
	i.member, i.lifecycle = true, memberPending
	if i.state == running {
		g.c.after(attachTime, func() {
			if i.member && i.lifecycle == memberPending && i.state == running {
				i.lifecycle = inService
				g.c.count(i, notOurs)
			}
		})
	}
	g.members = append(g.members, i)
}

func (g *group) active() int {
	n := 0
	for _, i := range g.members {
		if i.lifecycle != terminating {
			n++
		}
	}
	return n
}

func (g *group) perZone() []int {
	n := make([]int, len(g.zones))
	for _, i := range g.members {
		if z := slices.Index(g.zones, i.zone); z >= 0 && i.lifecycle != terminating {
			n[z]++
		}
	}
	return n
}

// zonesByNeed orders the zones by how few members they have.
func (g *group) zonesByNeed() []string {
	n := g.perZone()
	order := make([]int, len(g.zones))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return n[a] - n[b] })
	zones := make([]string, 0, len(order))
	for _, i := range order {
		zones = append(zones, g.zones[i])
	}
	return zones
}

// found is the group learning that a member does not run any more.
func (g *group) found(i *instance) {
	if i.member && i.lifecycle != terminating {
		i.unhealthy = true
		g.react(0)
	}
}

func (g *group) remove(i *instance) {
	g.members = slices.DeleteFunc(g.members, func(m *instance) bool { return m == i })
	i.member = false
	if g.balancing == i {
		g.balancing = nil
	}
	g.react(groupReacts)
}

// react asks for a look at itself after d, or sooner if one is due.
func (g *group) react(d time.Duration) {
	due := g.c.now + d
	if g.reacting && g.reactAt <= due {
		return
	}
	g.reacting, g.reactAt = true, due
	g.c.after(d, func() {
		if g.reacting && g.reactAt == due {
			g.reacting = false
			g.look()
		}
	})
}

func (g *group) look() {
	for _, i := range slices.Clone(g.members) {
		if i.unhealthy && i.lifecycle != terminating {
			g.note(i.id, decide.Unhealthy, 0)
			g.takeOut(i, notOurs)
		}
	}
	allowed := g.desired + g.extra
	if g.balancing != nil {
		allowed++
	}
	switch n := g.active(); {
	case n < g.desired:
		g.fill(g.desired - n)
	case n > allowed:
		for range n - allowed {
			g.scaleIn()
		}
	default:
		g.balance()
	}
}

func (g *group) fill(missing int) {
	if wait := g.retryAt - g.c.now; wait > 0 {
		g.react(wait)
		return
	}
	for range missing {
		i := g.launch(g.zonesByNeed())
		if i == nil {
			g.note("", decide.OtherChange, 0)
			g.history[0].Launching, g.history[0].Failed = true, true
			g.retry = min(max(2*g.retry, launchRetry), longestRetry)
			g.retryAt = g.c.now + g.retry
			g.react(g.retry)
			return
		}
		g.retry = 0
		g.note(i.id, decide.OtherChange, 0)
		g.history[0].Launching = true
		g.join(i)
	}
}

func (g *group) note(id string, kind decide.ActivityKind, desired int) {
	g.history = append([]decide.Activity{{Instance: id, Kind: kind, At: g.c.w.from.Add(g.c.now), Desired: desired}}, g.history...)
	if len(g.history) > 500 {
		g.history = g.history[:500]
	}
}

// takeOut takes a member out of service: it drains, and then goes.
func (g *group) takeOut(i *instance, by hand) {
	i.lifecycle = terminating
	g.c.count(i, by)
	if g.balancing == i {
		g.balancing = nil
	}
	switch {
	case i.state == dead:
		g.remove(i)
	case i.live():
		g.c.after(drainTime, func() { g.c.kill(i, notOurs) })
	}
	g.react(groupReacts)
}

// scaleIn chooses by the default termination policy: the zone with the most, then the oldest; never a protected one.
func (g *group) scaleIn() {
	n := g.perZone()
	var victim *instance
	for _, i := range g.members {
		if i.protected || i.lifecycle != inService {
			continue
		}
		if victim == nil || n[slices.Index(g.zones, i.zone)] > n[slices.Index(g.zones, victim.zone)] {
			victim = i
		}
	}
	if victim != nil {
		g.note(victim.id, decide.GroupTook, 0)
		g.takeOut(victim, notOurs)
	}
}

// balance launches in the poorest zone where zones differ by more than one, and lets scale-in take one from the richest
// once the newcomer serves.
func (g *group) balance() {
	if b := g.balancing; b != nil {
		if b.counts {
			g.balancing = nil
			g.react(0)
		} else {
			g.react(groupReacts)
		}
		return
	}
	n := g.perZone()
	if slices.Max(n)-slices.Min(n) <= 1 {
		g.uneven = false
		return
	}
	if !g.uneven {
		g.uneven, g.unevenSince = true, g.c.now
	}
	if wait := g.unevenSince + azRebalance - g.c.now; wait > 0 {
		g.react(wait)
		return
	}
	g.unevenSince = g.c.now + longestRetry // where the poorest has nothing, later again
	if i := g.launch([]string{g.zones[slices.Index(n, slices.Min(n))]}); i != nil {
		g.join(i)
		g.balancing = i
	}
	g.react(groupReacts)
}
