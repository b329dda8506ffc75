package cloudsim

import (
	"fmt"
	"slices"
	"sort"
	"time"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// visibleAfterEnd is how long DescribeInstances still shows a terminated instance (aws-facts 2.3).
const visibleAfterEnd = time.Hour

type instance struct {
	seq                          int // its place among all, from 1
	id, typ, zone, subnet, image string
	ip                           string
	spot                         bool
	request, fleet               string // sir-…, fleet-…
	launchedBy                   string // who acted
	state                        ec2types.InstanceStateName
	reasonCode, reasonText       string
	tags                         map[string]string
	data                         *ec2types.RequestLaunchTemplateData // what it was launched from
	protected                    bool                                // DisableApiTermination
	launched, running, appAt     time.Time
	ended                        time.Time // left running for good
	appReady                     bool
	deploying                    bool      // its application restarts with a new version
	reachable                    bool      // EC2's status checks pass
	failing                      time.Time // since when its load balancers' checks fail, though it runs
	impaired                     bool      // EC2's status checks fail
	inVain                       string    // why it never comes up, and its status checks fail; empty for all others
	notice, end, rebalance       time.Time
	action                       string
	gone                         bool // no longer described
	group                        *group
	everIn                       string // the last group it was a member of
	maxPrice                     float64
	accrued                      time.Time
	cost                         float64
	guest                        *Guest
	jobs                         int    // that run on it, as its guest says
	showsTags                    bool   // its metadata shows its tags
	signedDoc, signature         string // of its identity
	past                         history[ec2types.Instance]
}

// live is pending or running: it holds its pool and bills.
func (i *instance) live() bool {
	return i.state == ec2types.InstanceStateNamePending || i.state == ec2types.InstanceStateNameRunning
}

type launchSpec struct {
	typ, zone, subnet, image string
	spot                     bool
	fleet                    string
	maxPrice                 float64
	data                     *ec2types.RequestLaunchTemplateData
	tags                     map[string]string
}

// launch makes a pending instance; the caller has checked that it may exist.
func (c *Cloud) launch(l launchSpec) *instance {
	i := &instance{id: c.id("i"), typ: l.typ, zone: l.zone, subnet: l.subnet, image: l.image, spot: l.spot,
		fleet: l.fleet, launchedBy: c.cause.actor, state: ec2types.InstanceStateNamePending, tags: l.tags, data: l.data, launched: c.clock(),
		accrued: c.clock(), maxPrice: l.maxPrice, ip: fmt.Sprintf("10.0.%d.%d", len(c.instances)/200, 10+len(c.instances)%200)}
	i.showsTags = l.data.MetadataOptions != nil && l.data.MetadataOptions.InstanceMetadataTags == ec2types.LaunchTemplateInstanceMetadataTagsStateEnabled
	i.protected = l.data.DisableApiTermination != nil && *l.data.DisableApiTermination
	lifecycle := "on-demand"
	if i.spot {
		i.request = fmt.Sprintf("sir-%08x", c.rng.Uint32())
		c.pools[poolKey{i.typ, i.zone}].live++
		lifecycle = "spot"
	}
	if im := c.image(i.image); im != nil {
		i.inVain = c.judge(l.data, im, i.typ, i.subnet, i.spot).Impaired
	}
	c.instances = append(c.instances, i)
	i.seq = len(c.instances)
	c.byID[i.id] = i
	c.index(i, i.tags)
	c.touch(i)
	c.emit(Event{Kind: Launched, Instance: i.id, Group: i.groupName(), Text: fmt.Sprintf("%s %s in %s", lifecycle, i.typ, i.zone)})
	c.stateEvent(i)
	boot := c.between(c.cfg.Timing.BootMin, c.cfg.Timing.BootMax)
	if c.chance(c.cfg.Faults.DiePending) {
		c.at(boot/2, "die pending "+i.id, func() { c.kill(i, "Server.InternalError", "Server.InternalError: Internal error on launch", "ec2") })
		return i
	}
	c.at(boot, "boot "+i.id, func() { c.boot(i) })
	return i
}

func (i *instance) groupName() string {
	if i.group != nil {
		return i.group.name
	}
	return ""
}

func (c *Cloud) boot(i *instance) {
	if i.state != ec2types.InstanceStateNamePending {
		return
	}
	i.state, i.running = ec2types.InstanceStateNameRunning, c.clock()
	c.touch(i)
	c.emit(Event{Kind: Running, Actor: "ec2", Instance: i.id, Group: i.groupName()})
	c.stateEvent(i)
	c.planInterruption(i)
	if i.inVain != "" {
		c.memberRunning(i)
		c.impair(i)
		return
	}
	c.at(c.cfg.Timing.AppStart, "app "+i.id, func() { c.appUp(i) })
	c.memberRunning(i)
	c.bootGuest(i)
	if len(c.clusters) > 0 {
		c.at(c.cfg.Timing.AppStart, "agent of "+i.id, func() { c.registerHost(i) })
	}
}

// appUp is when an instance has booted, and with it the application, unless the guests tell of theirs.
func (c *Cloud) appUp(i *instance) {
	if i.state != ec2types.InstanceStateNameRunning {
		return
	}
	if i.reachable = true; !c.cfg.GuestsTell {
		c.answers(i)
	}
}

// answers is when the application on an instance begins to.
func (c *Cloud) answers(i *instance) {
	if i.state != ec2types.InstanceStateNameRunning || i.appReady {
		return
	}
	i.appReady, i.appAt = true, c.clock()
	if len(c.environs) > 0 {
		c.deploysTo(i)
	}
	c.emit(Event{Kind: AppUp, Actor: "ec2", Instance: i.id, Group: i.groupName()})
}

// planInterruption draws when AWS takes a spot instance, if the fault is on.
func (c *Cloud) planInterruption(i *instance) {
	if !i.spot || c.cfg.Faults.Interrupted <= 0 {
		return
	}
	d := time.Duration(c.rng.ExpFloat64() / c.cfg.Faults.Interrupted * float64(time.Hour))
	c.at(d, "take "+i.id, func() { c.interrupt(i, "terminate") })
}

// kill takes an instance out of running for good: shutting-down now, terminated a little later.
func (c *Cloud) kill(i *instance, code, text, actor string) {
	if !i.live() && i.state != ec2types.InstanceStateNameStopped {
		return
	}
	c.leaveRunning(i, ec2types.InstanceStateNameShuttingDown, code, text)
	c.emit(Event{Kind: Stopping, Actor: actor, Instance: i.id, Group: i.groupName(), Text: code})
	c.stateEvent(i)
	c.memberDied(i)
	c.at(c.cfg.Timing.ShutDown, "terminated "+i.id, func() { c.terminated(i) })
}

func (c *Cloud) terminated(i *instance) {
	i.state = ec2types.InstanceStateNameTerminated
	c.touch(i)
	c.emit(Event{Kind: Terminated, Actor: "ec2", Instance: i.id, Group: i.groupName()})
	c.stateEvent(i)
	c.memberGone(i)
	c.at(visibleAfterEnd, "forget "+i.id, func() { i.gone = true })
}

// leaveRunning ends billing and everything that runs on the instance.
func (c *Cloud) leaveRunning(i *instance, to ec2types.InstanceStateName, code, text string) {
	c.accrue(i)
	if i.spot && i.live() {
		c.pools[poolKey{i.typ, i.zone}].live--
	}
	i.state, i.reasonCode, i.reasonText = to, code, text
	i.ended, i.appReady = c.clock(), false
	c.touch(i)
	c.stopGuest(i)
	c.loseHost(i)
}

// interrupt gives the two-minute notice. The request's status changes at once while the instance still runs
// (aws-facts 2.2); hibernation gives no lead.
func (c *Cloud) interrupt(i *instance, action string) {
	if !i.live() || !i.spot || !i.notice.IsZero() {
		return
	}
	i.notice, i.action = c.clock(), action
	lead := c.cfg.Timing.Notice
	if action == "hibernate" {
		lead = 0
	}
	i.end = i.notice.Add(lead)
	c.touch(i)
	c.emit(Event{Kind: Notice, Actor: "aws", Instance: i.id, Group: i.groupName(), Text: action})
	c.interruptionEvent(i)
	c.at(lead, "take "+i.id, func() { c.take(i) })
	c.nudgeGuest(i)
}

// take is the end of a notice.
func (c *Cloud) take(i *instance) {
	if !i.live() {
		return
	}
	if i.action == "terminate" {
		c.kill(i, "Server.SpotInstanceTermination", "Server.SpotInstanceTermination: Spot instance termination", "aws")
		return
	}
	c.leaveRunning(i, ec2types.InstanceStateNameStopped, "Server.SpotInstanceShutdown", "Server.SpotInstanceShutdown: Instance stopped due to no capacity")
	c.emit(Event{Kind: Stopping, Actor: "aws", Instance: i.id, Group: i.groupName(), Text: i.action})
	c.stateEvent(i)
	c.memberDied(i)
}

func (c *Cloud) recommend(i *instance) {
	if !i.live() || !i.spot || !i.rebalance.IsZero() {
		return
	}
	i.rebalance = c.clock()
	c.emit(Event{Kind: Recommended, Actor: "aws", Instance: i.id, Group: i.groupName()})
	c.rebalanceEvent(i)
	c.nudgeGuest(i)
}

// accrue adds what the instance has cost since the last time; it bills while pending or running.
func (c *Cloud) accrue(i *instance) {
	now := c.clock()
	if i.live() {
		i.cost += c.rate(i) * now.Sub(i.accrued).Hours()
	}
	i.accrued = now
}

func (c *Cloud) rate(i *instance) float64 {
	if i.spot {
		return min(c.pools[poolKey{i.typ, i.zone}].spotUSD, c.onDemand(i.typ))
	}
	return c.onDemand(i.typ)
}

// setTags adds tags, overwriting.
func (c *Cloud) setTags(i *instance, tags map[string]string) {
	for k, v := range tags {
		i.tags[k] = v
	}
	c.index(i, tags)
	c.touch(i)
}

// index notes who ever carried which tag, so that few have to be looked at for one.
func (c *Cloud) index(i *instance, tags map[string]string) {
	for k, v := range tags {
		key := [2]string{k, v}
		if list := c.carriers[key]; len(list) == 0 || list[len(list)-1] != i {
			c.carriers[key] = append(list, i)
		}
	}
}

// everTagged lists, in the order of launch, those that ever carried the tag.
func (c *Cloud) everTagged(key, value string) []*instance {
	list := slices.Clone(c.carriers[[2]string{key, value}])
	slices.SortFunc(list, func(a, b *instance) int { return a.seq - b.seq })
	return slices.Compact(list)
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
