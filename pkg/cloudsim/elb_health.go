package cloudsim

import (
	"slices"
	"strings"
	"time"

	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// TargetGroup says what a target group that groups name is like. The zero value: a load balancer uses it in every zone, and checks its targets.
type TargetGroup struct {
	Idle      bool // no load balancer uses it, as the other colour of a blue/green pair: its targets are unused
	Unchecked bool // its health checks are off: the health of its targets is unavailable
	// SlowStart is how long a target that has become healthy gets a growing share (attribute slow_start.duration_seconds).
	SlowStart time.Duration
	ZonesOff  []string // zones that are not enabled for its load balancer: targets there are unused
}

// SetTargetGroup makes a target group such as this from now on.
func (c *Cloud) SetTargetGroup(arn string, t TargetGroup) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.targets == nil {
		c.targets = map[string]TargetGroup{}
	}
	c.targets[arn] = t
}

// targetHealth is how a target group sees a member, by the states of elasticloadbalancingv2's TargetHealth; false where it is not registered.
// Members are registered when they go in service. The checks of one whose application does not answer fail after Timing.TargetUnhealthy.
func (c *Cloud) targetHealth(arn string, m *member) (elbtypes.TargetHealthStateEnum, elbtypes.TargetHealthReasonEnum, bool) {
	t := c.targets[arn]
	switch {
	case m.inService.IsZero(), m.offline:
		return "", "", false
	case m.terminating():
		return elbtypes.TargetHealthStateEnumDraining, elbtypes.TargetHealthReasonEnumDeregistrationInProgress, true
	case m.state != astypes.LifecycleStateInService:
		return "", "", false
	case t.Idle || slices.Contains(t.ZonesOff, m.i.zone):
		return elbtypes.TargetHealthStateEnumUnused, elbtypes.TargetHealthReasonEnumNotInUse, true
	case t.Unchecked:
		return elbtypes.TargetHealthStateEnumUnavailable, elbtypes.TargetHealthReasonEnumHealthCheckDisabled, true
	}
	state, reason := c.checked(m)
	return state, reason, true
}

// checked is the outcome of a target's health checks. A new version is deployed in less time than they need to fail.
func (c *Cloud) checked(m *member) (elbtypes.TargetHealthStateEnum, elbtypes.TargetHealthReasonEnum) {
	now, settle := c.clock(), c.cfg.Timing.TargetHealthy
	answers := m.i.appReady || m.i.deploying
	failing := latest(m.inService, m.i.failing)
	switch {
	case m.i.state != ec2types.InstanceStateNameRunning,
		(!answers || !m.i.failing.IsZero()) && now.Sub(failing) >= c.cfg.Timing.TargetUnhealthy:
		return elbtypes.TargetHealthStateEnumUnhealthy, elbtypes.TargetHealthReasonEnumFailedHealthChecks
	case !answers, now.Sub(m.i.appAt) < settle, now.Sub(m.inService) < settle:
		return elbtypes.TargetHealthStateEnumInitial, elbtypes.TargetHealthReasonEnumInitialHealthChecking
	}
	return elbtypes.TargetHealthStateEnumHealthy, ""
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// asked is the worst that the group's load balancers say of a member: empty where none of them checks it.
func (c *Cloud) asked(g *group, m *member) string {
	worst := ""
	for _, arn := range g.targetGroups {
		switch state, _, registered := c.targetHealth(arn, m); {
		case !registered, state == elbtypes.TargetHealthStateEnumUnused, state == elbtypes.TargetHealthStateEnumUnavailable:
		case worst == "" || worst == string(elbtypes.TargetHealthStateEnumHealthy):
			worst = string(state)
		}
	}
	return worst
}

// checksTargets tells whether the group replaces members that its load balancers call unhealthy (HealthCheckType, a list).
func (g *group) checksTargets() bool { return slices.Contains(strings.Split(g.healthType, ","), "ELB") }

// watchTargets lets the group look at what its load balancers say of a member, again and again as long as it is one. After the grace period,
// which begins when the member goes in service, attached or launched (aws-facts 1.1 #10), it replaces one that any of them calls unhealthy;
// but not for a load balancer that has not had one healthy target yet (aws-facts 9 #6).
func (c *Cloud) watchTargets(g *group, m *member) {
	if g.member(m.i.id) != m || m.terminating() || m.unhealthy {
		return
	}
	c.cause = cause{actor: "autoscaling"}
	unhealthy := false
	for _, arn := range g.targetGroups {
		switch state, _, _ := c.targetHealth(arn, m); {
		case state == elbtypes.TargetHealthStateEnumHealthy && !slices.Contains(g.balanced, arn):
			g.balanced = append(g.balanced, arn)
		case state == elbtypes.TargetHealthStateEnumUnhealthy && slices.Contains(g.balanced, arn):
			unhealthy = true
		}
	}
	if unhealthy && c.clock().Sub(m.inService) >= g.grace && g.has("HealthCheck") {
		c.findUnhealthy(g, m)
		return
	}
	c.at(c.cfg.Timing.HealthDetect, "targets of "+m.i.id, func() { c.watchTargets(g, m) })
}

// FailChecks makes the application on an instance fail its load balancers' checks from now on, though the instance runs on.
func (c *Cloud) FailChecks(instanceID string) error {
	return c.withInstance("aws", instanceID, func(i *instance) error {
		c.fail(i)
		return nil
	})
}

func (c *Cloud) fail(i *instance) {
	if i.state != ec2types.InstanceStateNameRunning || !i.failing.IsZero() {
		return
	}
	i.failing = c.clock()
	c.emit(Event{Kind: ChecksFail, Actor: "ec2", Instance: i.id, Group: i.groupName()})
	c.at(c.cfg.Timing.TargetUnhealthy, "targets of "+i.id, func() {
		c.cause = cause{actor: "elb"}
		c.emit(Event{Kind: ChecksFail, Actor: "elb", Instance: i.id, Group: i.groupName(), Text: "unhealthy"})
	})
}

// Impair makes EC2's status checks of an instance fail from now on, and those of its load balancers. The group replaces a member whose status
// has been impaired for a few minutes (aws-facts 1.8), but not in its grace period.
func (c *Cloud) Impair(instanceID string) error {
	return c.withInstance("aws", instanceID, func(i *instance) error {
		c.impair(i)
		return nil
	})
}

func (c *Cloud) impair(i *instance) {
	if i.state != ec2types.InstanceStateNameRunning || i.impaired {
		return
	}
	i.impaired = true
	c.touch(i)
	c.fail(i)
	c.at(c.cfg.Timing.StatusDetect, "status of "+i.id, func() { c.findImpaired(i) })
}

func (c *Cloud) findImpaired(i *instance) {
	g := i.group
	if g == nil || i.state != ec2types.InstanceStateNameRunning {
		return
	}
	m := g.member(i.id)
	if m == nil || m.inService.IsZero() || c.clock().Sub(m.inService) < g.grace {
		c.at(c.cfg.Timing.StatusDetect, "status of "+i.id, func() { c.findImpaired(i) })
		return
	}
	c.cause = cause{actor: "autoscaling"}
	m.ill = "an EC2 instance status checks failure"
	c.findUnhealthy(g, m)
}

// Die ends an instance at once, with no notice and by nobody's request, as a failure of its host does.
func (c *Cloud) Die(instanceID string) error {
	return c.withInstance("aws", instanceID, func(i *instance) error {
		c.kill(i, "Server.InternalError", "Server.InternalError: Internal error", "ec2")
		return nil
	})
}
