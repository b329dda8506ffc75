package simulate

import (
	"fmt"
	"time"
)

// How long AWS takes for what; the same as pkg/cloudsim's defaults.
const (
	noticeLead   = 120 * time.Second
	drainTime    = 15 * time.Second // Terminating to EC2's termination in a group
	shutDown     = 20 * time.Second
	attachTime   = 5 * time.Second
	healthDetect = 30 * time.Second // an instance stops running to the group knowing it
	groupReacts  = 10 * time.Second
	azRebalance  = 60 * time.Second
	launchRetry  = 60 * time.Second // doubling
	longestRetry = 15 * time.Minute
	hearing      = 2 * time.Second // what happens on an instance to the message about it being at hand
	shortestBill = time.Minute
)

// cloud is one strategy's EC2 and Auto Scaling on the shared market.
type cloud struct {
	w      *world
	boot   time.Duration
	now    time.Duration
	heap   events
	seq    int
	levels []float64   // of the pools now
	all    []*instance // every one that ever was
	group  *group
	meter  meter
	calls  map[string]int
	swaps  int
	taken  int // interruptions
	// What the strategy hears; each may be nil.
	onNotice  func(*instance)
	onRunning func(*instance)
	onReady   func(*instance)
	onAdvice  func(*instance)
}

type state string

// EC2's states of an instance.
const (
	pending  state = "pending"
	running  state = "running"
	shutting state = "shutting-down"
	dead     state = "terminated"
)

// Auto Scaling's states of a member.
const (
	memberPending = "Pending"
	inService     = "InService"
	terminating   = "Terminating"
)

// instance is one that was launched. What is on demand has a pool too, which only says where it is and what it costs.
type instance struct {
	n         int
	id        string
	typ, zone string
	pool      *pool // nil on demand
	rate      float64
	state     state
	launched  time.Duration
	runs      time.Duration // since when it runs
	ready     bool          // its application is up
	ended     time.Duration // left running, 0 while it has not
	notice    time.Duration // -1 without
	end       time.Duration // of the notice
	nonce     string        // of a launch of the coordinator's

	member    bool
	lifecycle string
	unhealthy bool
	protected bool
	counts    bool // as capacity, in the meter
	advised   bool
}

func (i *instance) live() bool   { return i.state == pending || i.state == running }
func (i *instance) doomed() bool { return i.notice >= 0 }
func (i *instance) spot() bool   { return i.pool != nil }

func newCloud(w *world, boot time.Duration, size int) *cloud {
	c := &cloud{w: w, boot: boot, calls: map[string]int{}}
	c.meter = newMeter(w.span, size)
	for _, p := range w.pools {
		c.levels = append(c.levels, p.start)
		for _, a := range p.advice {
			if a.at >= 0 {
				c.after(a.at, func() { c.advise(a.pool) })
			}
		}
	}
	return c
}

// canLaunch tells whether the pool has capacity now.
func (c *cloud) canLaunch(p *pool) bool { return c.level(p) >= 1 && p.usdAt(c.now) > 0 }

func (c *cloud) level(p *pool) float64 { return c.levels[p.index] }

// launchSpot begins an instance in a pool that has capacity.
func (c *cloud) launchSpot(p *pool) *instance {
	i := c.launch(p.Type, p.Zone)
	i.pool = p
	return i
}

// launchOnDemand begins an instance at the on-demand price, which there always is capacity for.
func (c *cloud) launchOnDemand(typ, zone string) *instance {
	i := c.launch(typ, zone)
	i.rate = c.w.catalog.OnDemandUSD[typ]
	return i
}

func (c *cloud) launch(typ, zone string) *instance {
	i := &instance{n: len(c.all), id: fmt.Sprintf("i-%017x", len(c.all)), typ: typ, zone: zone, state: pending, launched: c.now, notice: -1}
	c.all = append(c.all, i)
	// Half of the boot is EC2's, the rest the image's; nothing but the order of messages depends on it.
	c.after(c.boot/2, func() { c.runs(i) })
	c.after(c.boot, func() { c.isReady(i) })
	return i
}

func (c *cloud) runs(i *instance) {
	if i.state != pending {
		return
	}
	i.state, i.runs = running, c.now
	if i.member && i.lifecycle == memberPending {
		i.lifecycle = inService
	}
	if c.onRunning != nil {
		c.onRunning(i)
	}
}

func (c *cloud) isReady(i *instance) {
	if i.state != running {
		return
	}
	i.ready = true
	c.count(i, notOurs)
	if c.onReady != nil {
		c.onReady(i)
	}
}

// moved is a change of a pool's level: where it falls, instances of it are given notice, as many of a hundred as it falls
// percent. Which ones depends on their order in the pool.
func (c *cloud) moved(ch change) {
	c.levels[ch.pool.index] = ch.after
	if ch.after >= ch.before {
		return
	}
	share := (ch.before - ch.after) / ch.before
	nth := 0
	for _, i := range c.all {
		if i.pool != ch.pool || !i.live() || i.doomed() {
			continue
		}
		nth++
		if draw(int64(ch.n), nth, ch.pool.Type, ch.pool.Zone, "taken") < share {
			c.interrupt(i)
		}
	}
}

func (c *cloud) interrupt(i *instance) {
	i.notice, i.end = c.now, c.now+noticeLead
	c.taken++
	c.after(noticeLead, func() { c.kill(i, notOurs) })
	if c.onNotice != nil {
		c.after(hearing, func() {
			if i.live() {
				c.onNotice(i)
			}
		})
	}
}

func (c *cloud) advise(p *pool) {
	if c.onAdvice == nil {
		return
	}
	for _, i := range c.all {
		if i.pool == p && i.live() && !i.advised {
			i.advised = true
			c.after(hearing, func() { c.onAdvice(i) })
		}
	}
}

// kill takes an instance out of running for good.
func (c *cloud) kill(i *instance, by hand) {
	if !i.live() {
		return
	}
	i.state, i.ready, i.ended = shutting, false, c.now
	c.count(i, by)
	c.after(shutDown, func() {
		i.state = dead
		if i.member && i.lifecycle == terminating {
			c.group.remove(i)
		}
	})
	if i.member && i.lifecycle != terminating {
		c.after(healthDetect, func() { c.group.found(i) })
	}
}

// bill is what the instance has cost until now, or in all.
func (c *cloud) bill(i *instance) float64 {
	end := i.ended
	if i.live() {
		end = c.now
	}
	end = min(max(end, i.launched+shortestBill), c.w.span)
	return c.billed(i, i.launched, end)
}

func (c *cloud) billed(i *instance, from, to time.Duration) float64 {
	if to <= from {
		return 0
	}
	if i.spot() {
		return i.pool.cost(from, to)
	}
	return i.rate * (to - from).Hours()
}

// cost is what all of it came to, USD.
func (c *cloud) cost() float64 {
	sum := 0.0
	for _, i := range c.all {
		sum += c.bill(i)
	}
	return sum
}
