package cloudsim

import (
	"time"

	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// The transitions that a Hook can hold.
const (
	HookLaunching   = "autoscaling:EC2_INSTANCE_LAUNCHING"
	HookTerminating = "autoscaling:EC2_INSTANCE_TERMINATING"
)

// Hook is a lifecycle hook of a group. Nobody completes it unless CompleteHook is called: it ends with its heartbeat.
type Hook struct {
	Name       string
	Transition string        // HookLaunching or HookTerminating
	Heartbeat  time.Duration // 3600 s by default
	Result     string        // CONTINUE or ABANDON (default) when the heartbeat runs out
	Target     string        // ARN of a queue or topic that is told; empty for none. What it does is the test's to play
}

// withDefaults is the hook as PutLifecycleHook keeps it.
func (h Hook) withDefaults() Hook {
	orDefault(&h.Heartbeat, time.Hour)
	if h.Result == "" {
		h.Result = "ABANDON"
	}
	return h
}

func (g *group) hook(transition string) *Hook {
	for n := range g.hooks {
		if g.hooks[n].Transition == transition {
			return &g.hooks[n]
		}
	}
	return nil
}

func (c *Cloud) waitHook(g *group, m *member, h *Hook, state astypes.LifecycleState) {
	c.setState(g, m, state, HookWaits, "autoscaling", h.Name)
	c.hookEvent(g, m.i, h)
	m.hook = c.at(h.Heartbeat, "hook "+h.Name+" of "+m.i.id, func() { c.endHook(g, m, h.Result) })
}

// endHook lets a waiting member go on. ABANDON at launch terminates it; at termination both mean terminate.
func (c *Cloud) endHook(g *group, m *member, result string) {
	if m.hook != nil {
		m.hook.cancelled = true
		m.hook = nil
	}
	switch {
	case m.state == astypes.LifecycleStatePendingWait && result == "CONTINUE":
		m.state = astypes.LifecycleStatePendingProceed
		c.enterService(g, m)
	case m.state == astypes.LifecycleStatePendingWait:
		c.takeOut(g, m, "At "+stamp(c.clock())+" a lifecycle action was abandoned.")
	case m.state == astypes.LifecycleStateTerminatingWait:
		m.state = astypes.LifecycleStateTerminatingProceed
		c.end(g, m)
	}
}

// takeOut takes a member out of service: drain, then the terminating hook, then EC2's termination. A dead instance
// has nothing to drain.
func (c *Cloud) takeOut(g *group, m *member, why string) *activity {
	if m.hook != nil {
		m.hook.cancelled = true
		m.hook = nil
	}
	m.activity = c.addActivity(g, "Terminating EC2 instance: "+m.i.id, why, astypes.ScalingActivityStatusCodeInProgress)
	m.activity.zone, m.activity.subnet = m.i.zone, m.i.subnet
	if g.balancing == m {
		g.balancing = nil
	}
	served := m.state == astypes.LifecycleStateInService
	c.setState(g, m, astypes.LifecycleStateTerminating, Terminating, "", why)
	switch {
	case m.i.state == ec2types.InstanceStateNameTerminated:
		c.remove(g, m)
	case m.i.state == ec2types.InstanceStateNameShuttingDown:
	case served:
		c.at(c.cfg.Timing.Drain, "drained "+m.i.id, func() { c.drained(g, m) })
	default:
		c.drained(g, m)
	}
	c.react(g)
	return m.activity
}

func (c *Cloud) drained(g *group, m *member) {
	if m.state != astypes.LifecycleStateTerminating || g.member(m.i.id) != m {
		return
	}
	if h := g.hook(HookTerminating); h != nil && m.i.live() {
		c.waitHook(g, m, h, astypes.LifecycleStateTerminatingWait)
		return
	}
	c.end(g, m)
}

func (c *Cloud) end(g *group, m *member) {
	if m.i.state == ec2types.InstanceStateNameTerminated {
		c.remove(g, m)
		return
	}
	c.kill(m.i, "Client.UserInitiatedShutdown", "Client.UserInitiatedShutdown: User initiated shutdown", "autoscaling")
}

// activity is one entry of DescribeScalingActivities.
type activity struct {
	id, description, cause, message string
	status                          astypes.ScalingActivityStatusCode
	start, end                      time.Time
	zone, subnet                    string
}

func (c *Cloud) addActivity(g *group, description, cause string, status astypes.ScalingActivityStatusCode) *activity {
	a := &activity{id: c.uuid(), description: description, cause: cause, status: status, start: c.clock()}
	g.activities = append(g.activities, a)
	return a
}

func (c *Cloud) finishActivity(a *activity, status astypes.ScalingActivityStatusCode, message string) {
	if a == nil || !a.end.IsZero() {
		return
	}
	a.status, a.message, a.end = status, message, c.clock()
}
