package cloudsim

import (
	"fmt"
	"slices"
	"time"

	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
)

// How long Elastic Beanstalk takes for what.
const (
	updateBegins = 10 * time.Second // from the request to the first instance that is touched
	updatePolls  = 10 * time.Second // it looks again whether instances are up
	deployTakes  = 20 * time.Second // a batch, while which its application does not answer
	passesChecks = 2 * time.Minute  // new instances pass 12 health checks in a row, one each 10 seconds (developer guide, "Enhanced health rules")
	updateEnds   = 20 * time.Minute // an update that does not get on is rolled back (Timeout of aws:elasticbeanstalk:command)
)

// update is one update of an environment under way.
type update struct {
	c     *Cloud
	e     *environment
	g     *group
	begun time.Time
	extra int // members more for the time
}

func (u *update) later(fn func()) { u.c.at(updatePolls, "update of "+u.e.ID, fn) }

func (u *update) overdue() bool { return u.c.clock().Sub(u.begun) >= updateEnds }

// done ends the update.
func (u *update) done(deployed bool) {
	if deployed {
		u.e.version = u.e.next
	}
	u.e.next, u.e.listed = u.e.version, map[string]bool{}
	u.c.setStatus(u.e, EnvironmentReady)
}

// inPlace deploys to the members of now, so many of them at a time (a share). Who comes later gets the version of before.
func (u *update) inPlace(share float64) func() {
	return func() {
		u.e.next = u.e.version + 1
		var ids []string
		for _, m := range u.g.members {
			if !m.terminating() {
				ids = append(ids, m.i.id)
				u.e.listed[m.i.id] = true
			}
		}
		u.batch(ids, max(1, int(share*float64(len(ids)))))
	}
}

// batch deploys to the first of those that are left.
func (u *update) batch(ids []string, size int) {
	if len(ids) == 0 {
		u.trim()
		return
	}
	now, left := ids[:min(size, len(ids))], ids[min(size, len(ids)):]
	rolling := len(left) > 0 || len(u.e.listed) > size
	for _, id := range now {
		u.deploy(id, rolling)
	}
	u.c.at(deployTakes+updatePolls, "batch of "+u.e.ID, func() { u.batch(left, size) })
}

// deploy puts the new version on one member. In a rolling deployment its load balancers send it nothing meanwhile.
func (u *update) deploy(id string, rolling bool) {
	m := u.g.member(id)
	if m == nil || m.terminating() || !m.i.live() {
		return
	}
	if u.e.versions[id] = u.e.next; !m.i.appReady || len(u.g.targetGroups) == 0 {
		return // it boots still, and is told what to deploy; or nobody sends it requests that it could miss
	}
	m.i.appReady, m.i.deploying, m.offline = false, true, rolling
	u.c.emit(Event{Kind: AppDown, Actor: "beanstalk", Instance: id, Group: u.g.name})
	u.c.at(deployTakes, "deployed to "+id, func() {
		m.i.deploying, m.offline = false, false
		u.c.answers(m.i)
	})
}

// additional launches a batch more first, and ends it afterwards.
func (u *update) additional() {
	u.extra = max(1, u.g.desired/3)
	u.e.next = u.e.version + 1
	u.c.resize(u.g, u.g.min, u.roomy(), u.g.desired+u.extra, 0)
	u.c.react(u.g)
	var wait func()
	wait = func() {
		if up(u.g) >= u.g.desired || u.overdue() {
			u.inPlace(0.3)()
			return
		}
		u.later(wait)
	}
	u.later(wait)
}

// trim ends the additional batch, the youngest that the group launched itself, and the update.
func (u *update) trim() {
	mine := slices.DeleteFunc(slices.Clone(u.g.members), func(m *member) bool { return m.terminating() || m.attached || m.i.launched.Before(u.begun) })
	for _, m := range mine[:min(u.extra, len(mine))] {
		if u.g.desired > u.g.min {
			u.c.terminateMember(u.g, m, true)
		}
	}
	u.settleMax()
	u.done(true)
}

// roomy is MaxSize for the time of an update. How Beanstalk makes room is not documented: here by a number that nobody else names.
func (u *update) roomy() int { return u.e.max + 100 }

// settleMax gives MaxSize back as it is configured.
func (u *update) settleMax() {
	if u.g.max > u.e.max && u.extra > 0 {
		u.c.resize(u.g, u.g.min, u.e.max, min(u.g.desired, u.e.max), 0)
		u.c.react(u.g)
	}
}

// up counts the members that serve.
func up(g *group) int {
	n := 0
	for _, m := range g.members {
		if m.state == astypes.LifecycleStateInService && !m.unhealthy && m.i.live() && m.i.appReady {
			n++
		}
	}
	return n
}

// immutable makes the second group with one instance, then with as many as the environment has, moves them, and ends those of before (Elastic Beanstalk
// developer guide, "Immutable environment updates").
func (u *update) immutable() {
	c, e, g := u.c, u.e, u.g
	e.next = e.version + 1
	e.temporary = fmt.Sprintf("awseb-%s-immutable-stack-AWSEBAutoScalingGroup-%d", e.ID, e.updates)
	spec := GroupSpec{Name: e.temporary, Min: 0, Max: 100, Desired: 1, LaunchTemplate: g.template.id, Version: g.version, Subnets: g.subnets, TargetGroups: g.targetGroups, Tags: map[string]string{},
		HealthCheckType: g.healthType, Grace: g.grace}
	for _, t := range g.tags {
		spec.Tags[t.key] = t.value
	}
	spec.Tags["aws:cloudformation:stack-name"] = "awseb-" + e.ID + "-immutable-stack"
	second, err := c.newGroup(spec)
	if err != nil {
		panic("cloudsim: " + err.Error()) // the group that it copies exists
	}
	c.groups = append(c.groups, second)
	c.touchGroup(second)
	c.emit(Event{Kind: GroupAltered, Group: second.name, Text: "created for an immutable update"})
	c.reactNow(second)
	u.awaitNew(second, 1)
}

// awaitNew waits for the new instances: for the first, then for all of them.
func (u *update) awaitNew(second *group, n int) {
	u.later(func() {
		switch {
		case u.overdue():
			u.drop(second)
			u.done(false)
		case up(second) < n:
			u.awaitNew(second, n)
		default:
			u.c.at(passesChecks, "checks of "+second.name, func() { u.passed(second, n) })
		}
	})
}

// passed is when the new instances have passed their health checks: after the first the others come, after all they move.
func (u *update) passed(second *group, n int) {
	if n >= u.g.desired {
		u.move(second)
		return
	}
	u.c.resize(second, 0, 100, u.g.desired, 0)
	u.c.react(second)
	u.awaitNew(second, u.g.desired)
}

// move takes the new instances out of the second group, puts them into the environment's, and ends those that were there.
func (u *update) move(second *group) {
	c, g := u.c, u.g
	var old, moved []*instance
	for _, m := range g.members {
		if !m.terminating() {
			old = append(old, m.i)
		}
	}
	for _, m := range slices.Clone(second.members) {
		if !m.terminating() {
			moved = append(moved, m.i)
			c.resize(second, 0, 100, second.desired-1, 0)
			c.detach(second, m, true)
		}
	}
	c.at(c.cfg.Timing.Drain+updatePolls, "moved "+u.e.ID, func() {
		for _, i := range moved {
			if c.attachable(g, i.id) == nil {
				u.extra++
				c.resize(g, g.min, u.roomy(), g.desired+1, 0)
				c.attach(g, i, false)
			}
		}
		u.later(func() { u.endOld(second, old) })
	})
}

// endOld ends those that were there before, one for each that came.
func (u *update) endOld(second *group, old []*instance) {
	for _, i := range old {
		if m := u.g.member(i.id); m != nil && !m.terminating() {
			u.c.terminateMember(u.g, m, u.g.desired > max(u.g.min, 1))
		}
	}
	u.settleMax()
	u.drop(second)
	u.done(true)
}

// drop deletes the second group with what is left in it.
func (u *update) drop(second *group) {
	u.e.temporary = ""
	second.deleted = true
	for _, m := range slices.Clone(second.members) {
		m.i.group = nil
		u.c.kill(m.i, "Client.UserInitiatedShutdown", "Client.UserInitiatedShutdown: User initiated shutdown", "beanstalk")
	}
	second.members = nil
	u.c.emit(Event{Kind: GroupAltered, Group: second.name, Text: "deleted"})
}

// replace takes out the members from before one by one, while all the others serve, and the group launches theirs.
func (u *update) replace() {
	var oldest *member
	serving := 0
	for _, m := range u.g.members {
		switch {
		case m.terminating():
			continue
		case m.state == astypes.LifecycleStateInService && !m.unhealthy && m.i.live() && m.i.appReady:
			serving++
		}
		if m.i.launched.Before(u.begun) && m.state == astypes.LifecycleStateInService && (oldest == nil || m.i.launched.Before(oldest.i.launched)) {
			oldest = m
		}
	}
	switch {
	case oldest == nil, u.overdue():
		u.done(false)
		return
	case serving >= u.g.desired:
		u.c.terminateMember(u.g, oldest, false)
	}
	u.later(u.replace)
}
