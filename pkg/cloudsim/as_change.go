package cloudsim

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// AttachInstances takes at most 20 running instances in the group's zones whose image still exists, all or none. It
// raises desired by as many and is refused above max (aws-facts 1.1 #1, #2, #5, #6).
func (a *AutoScaling) AttachInstances(ctx context.Context, in *autoscaling.AttachInstancesInput, _ ...func(*autoscaling.Options)) (*autoscaling.AttachInstancesOutput, error) {
	return call(ctx, a.s, request{svcAutoScaling, "AttachInstances", true}, in, func(in *autoscaling.AttachInstancesInput) (*autoscaling.AttachInstancesOutput, error) {
		c := a.s.cloud
		g, err := c.mustGroup(in.AutoScalingGroupName)
		if err != nil {
			return nil, err
		}
		n := len(in.InstanceIds)
		if n == 0 || n > 20 {
			return nil, validation("The number of instances that may be attached in one call is 1 to 20, not %d", n)
		}
		for _, id := range in.InstanceIds {
			if err := c.attachable(g, id); err != nil {
				return nil, err
			}
		}
		if g.desired+n > g.max {
			return nil, validation("AutoScalingGroup %s has min-size=%d, max-size=%d, and desired-size=%d. To attach %d instance%s, please update the AutoScalingGroup sizes appropriately.",
				g.name, g.min, g.max, g.desired, n, plural(n))
		}
		fails, rises := make([]bool, n), n
		for k := range fails {
			if fails[k] = c.chance(c.cfg.Faults.AttachFails); fails[k] && c.cfg.Readings.RaisedLate {
				rises--
			}
		}
		c.resize(g, g.min, g.max, g.desired+rises, rises)
		for k, id := range in.InstanceIds {
			c.attach(g, c.byID[id], fails[k])
		}
		return &autoscaling.AttachInstancesOutput{}, nil
	})
}

func plural(n int) string {
	if n == 1 {
		return ""
	}
	return "s"
}

func (c *Cloud) attachable(g *group, id string) error {
	i := c.byID[id]
	switch {
	case i == nil || i.gone:
		return validation("Invalid Instance ID(s): [%s]. Instance does not exist", id)
	case i.group != nil:
		return validation("Instance %s is already part of AutoScalingGroup %s", id, i.group.name)
	case i.state != ec2types.InstanceStateNameRunning:
		return validation("Instance %s is not in correct state. Instance(s) must be in 'running' state.", id)
	case !slices.Contains(g.zones, i.zone):
		return validation("Instance %s is in Availability Zone %s, which is not part of AutoScalingGroup %s", id, i.zone, g.name)
	case c.image(i.image) == nil:
		return validation("The AMI %s used to launch instance %s does not exist", i.image, id)
	}
	return nil
}

// attach puts an instance in: Pending for a moment, no launching hook (aws-facts 1.1 #8), then InService.
func (c *Cloud) attach(g *group, i *instance, fails bool) {
	m := c.join(g, i, true, "")
	m.activity = c.addActivity(g, "Attaching an existing EC2 instance: "+i.id,
		fmt.Sprintf("At %s an instance was attached in response to a user request, growing the capacity from %d to %d.", stamp(c.clock()), g.live()-1, g.live()),
		astypes.ScalingActivityStatusCodeInProgress)
	m.activity.zone, m.activity.subnet = i.zone, i.subnet
	if fails {
		c.attachLost(g, m, !c.cfg.Readings.RaisedLate)
		return
	}
	c.at(c.cfg.Timing.AttachTime, "attached "+i.id, func() { c.enterService(g, m) })
}

// DetachInstances takes at most 20 members that are InService or Standby; the instances keep running, and no hook
// runs (aws-facts 1.2).
func (a *AutoScaling) DetachInstances(ctx context.Context, in *autoscaling.DetachInstancesInput, _ ...func(*autoscaling.Options)) (*autoscaling.DetachInstancesOutput, error) {
	return call(ctx, a.s, request{svcAutoScaling, "DetachInstances", true}, in, func(in *autoscaling.DetachInstancesInput) (*autoscaling.DetachInstancesOutput, error) {
		c := a.s.cloud
		g, err := c.mustGroup(in.AutoScalingGroupName)
		if err != nil {
			return nil, err
		}
		n := len(in.InstanceIds)
		if in.ShouldDecrementDesiredCapacity == nil || n == 0 || n > 20 {
			return nil, validation("DetachInstances needs 1 to 20 instance ids and ShouldDecrementDesiredCapacity")
		}
		for _, id := range in.InstanceIds {
			if m := g.member(id); m == nil {
				return nil, validation("The instance %s is not part of Auto Scaling group %s.", id, g.name)
			} else if m.state != astypes.LifecycleStateInService && m.state != astypes.LifecycleStateStandby {
				return nil, validation("The instance %s is not in InService or Standby.", id)
			}
		}
		if *in.ShouldDecrementDesiredCapacity {
			if g.desired-n < g.min {
				return nil, validation("AutoScalingGroup %s has min-size=%d, max-size=%d, and desired-size=%d. To detach %d instance%s, please update the AutoScalingGroup sizes appropriately.",
					g.name, g.min, g.max, g.desired, n, plural(n))
			}
			c.resize(g, g.min, g.max, g.desired-n, -n)
		}
		out := &autoscaling.DetachInstancesOutput{}
		for _, id := range in.InstanceIds {
			out.Activities = append(out.Activities, c.detach(g, g.member(id), *in.ShouldDecrementDesiredCapacity).describe(g))
		}
		return out, nil
	})
}

func (c *Cloud) detach(g *group, m *member, decremented bool) *activity {
	why := fmt.Sprintf("At %s instance %s was detached in response to a user request.", stamp(c.clock()), m.i.id)
	if decremented {
		why = fmt.Sprintf("At %s instance %s was detached in response to a user request, shrinking the capacity from %d to %d.", stamp(c.clock()), m.i.id, g.desired+1, g.desired)
	}
	act := c.addActivity(g, "Detaching EC2 instance: "+m.i.id, why, astypes.ScalingActivityStatusCodeInProgress)
	m.activity, m.protected, g.woken = act, false, true
	c.setState(g, m, astypes.LifecycleStateDetaching, Terminating, "", "detaching")
	c.at(c.cfg.Timing.Drain, "detached "+m.i.id, func() {
		if g.member(m.i.id) != m {
			return
		}
		delete(m.i.tags, "aws:autoscaling:groupName")
		c.touch(m.i)
		c.remove(g, m)
	})
	c.react(g)
	return act
}

// TerminateInstanceInAutoScalingGroup ignores scale-in protection. With decrement it is refused where desired equals
// min; without, the group replaces the member on demand (aws-facts 1.4). The text for what is no member differs from
// DetachInstances' (seen in keikoproj/upgrade-manager#25).
func (a *AutoScaling) TerminateInstanceInAutoScalingGroup(ctx context.Context, in *autoscaling.TerminateInstanceInAutoScalingGroupInput, _ ...func(*autoscaling.Options)) (*autoscaling.TerminateInstanceInAutoScalingGroupOutput, error) {
	return call(ctx, a.s, request{svcAutoScaling, "TerminateInstanceInAutoScalingGroup", true}, in, func(in *autoscaling.TerminateInstanceInAutoScalingGroupInput) (*autoscaling.TerminateInstanceInAutoScalingGroupOutput, error) {
		c, id := a.s.cloud, aws.ToString(in.InstanceId)
		if in.ShouldDecrementDesiredCapacity == nil {
			return nil, validation("1 validation error detected: Value null at 'shouldDecrementDesiredCapacity' failed to satisfy constraint: Member must not be null")
		}
		i := c.byID[id]
		if i == nil || i.group == nil {
			return nil, validation("Instance Id not found - No managed instance found for instance ID %s", id)
		}
		g, decrement := i.group, *in.ShouldDecrementDesiredCapacity
		m := g.member(id)
		if m.terminating() && !(c.cfg.Readings.SecondDecrement && decrement) {
			return nil, apiError("ScalingActivityInProgress", "Instance %s is already being terminated", id)
		}
		if decrement && g.desired <= g.min {
			return nil, validation("Currently, desiredSize equals minSize (%d). Terminating instance without replacement will violate group's min size constraint. Either set shouldDecrementDesiredCapacity flag to false or lower group's min size.", g.min)
		}
		act := c.terminateMember(g, m, decrement)
		x := act.describe(g)
		return &autoscaling.TerminateInstanceInAutoScalingGroupOutput{Activity: &x}, nil
	})
}

func (c *Cloud) terminateMember(g *group, m *member, decrement bool) *activity {
	why := fmt.Sprintf("At %s instance %s was taken out of service in response to a user request.", stamp(c.clock()), m.i.id)
	if decrement {
		why = fmt.Sprintf("At %s instance %s was taken out of service in response to a user request, shrinking the capacity from %d to %d.", stamp(c.clock()), m.i.id, g.desired, g.desired-1)
		g.woken = true
		c.resize(g, g.min, g.max, g.desired-1, -1)
	}
	if m.terminating() { // what is answered with an activity is told as one
		return c.addActivity(g, "Terminating EC2 instance: "+m.i.id, why, astypes.ScalingActivityStatusCodeSuccessful)
	}
	m.place = !decrement && c.cfg.Readings.LaunchAfterDrain
	return c.takeOut(g, m, why)
}

// SetInstanceProtection takes at most 50 members, InService ones only.
func (a *AutoScaling) SetInstanceProtection(ctx context.Context, in *autoscaling.SetInstanceProtectionInput, _ ...func(*autoscaling.Options)) (*autoscaling.SetInstanceProtectionOutput, error) {
	return call(ctx, a.s, request{svcAutoScaling, "SetInstanceProtection", true}, in, func(in *autoscaling.SetInstanceProtectionInput) (*autoscaling.SetInstanceProtectionOutput, error) {
		c := a.s.cloud
		g, err := c.mustGroup(in.AutoScalingGroupName)
		if err != nil {
			return nil, err
		}
		if len(in.InstanceIds) > 50 || in.ProtectedFromScaleIn == nil {
			return nil, validation("SetInstanceProtection needs at most 50 instance ids and ProtectedFromScaleIn")
		}
		for _, id := range in.InstanceIds {
			if m := g.member(id); m == nil {
				return nil, validation("The instance %s is not part of Auto Scaling group %s.", id, g.name)
			} else if m.state != astypes.LifecycleStateInService {
				return nil, validation("The instance %s is not in InService.", id)
			}
		}
		for _, id := range in.InstanceIds {
			g.member(id).protected = *in.ProtectedFromScaleIn
			c.emit(Event{Kind: Protected, Group: g.name, Instance: id, Text: fmt.Sprint(*in.ProtectedFromScaleIn)})
		}
		c.touchGroup(g)
		c.react(g)
		return &autoscaling.SetInstanceProtectionOutput{}, nil
	})
}
