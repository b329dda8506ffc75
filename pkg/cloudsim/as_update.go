package cloudsim

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
)

// UpdateAutoScalingGroup changes only what is given. A MaxSize below the current size without DesiredCapacity
// silently lowers desired, a MinSize above it raises it, and the group then acts (aws-facts 1.1 #4).
func (a *AutoScaling) UpdateAutoScalingGroup(ctx context.Context, in *autoscaling.UpdateAutoScalingGroupInput, _ ...func(*autoscaling.Options)) (*autoscaling.UpdateAutoScalingGroupOutput, error) {
	return call(ctx, a.s, request{svcAutoScaling, "UpdateAutoScalingGroup", true}, in, func(in *autoscaling.UpdateAutoScalingGroupInput) (*autoscaling.UpdateAutoScalingGroupOutput, error) {
		c := a.s.cloud
		g, err := c.mustGroup(in.AutoScalingGroupName)
		if err != nil {
			return nil, err
		}
		if err := c.applySizes(g, in.MinSize, in.MaxSize, in.DesiredCapacity); err != nil {
			return nil, err
		}
		if in.NewInstancesProtectedFromScaleIn != nil {
			g.newProtected = *in.NewInstancesProtectedFromScaleIn
		}
		if in.HealthCheckGracePeriod != nil {
			g.grace = time.Duration(*in.HealthCheckGracePeriod) * time.Second
		}
		if in.CapacityRebalance != nil {
			g.capacityRebalance = *in.CapacityRebalance
		}
		if lt := in.LaunchTemplate; lt != nil {
			t, err := c.template(lt.LaunchTemplateId, lt.LaunchTemplateName)
			if err != nil {
				return nil, validation("You must use a valid fully-formed launch template. %v", err)
			}
			c.accrueBaseline(g)
			g.template, g.version = t, aws.ToString(lt.Version)
		}
		c.touchGroup(g)
		return &autoscaling.UpdateAutoScalingGroupOutput{}, nil
	})
}

// applySizes is the size part of an update; nil is unchanged.
func (c *Cloud) applySizes(g *group, lo, hi, want *int32) error {
	return c.applySizesBy("user request", g, lo, hi, want)
}

func (c *Cloud) applySizesBy(who string, g *group, lo, hi, want *int32) error {
	newMin, newMax, desired := pick(lo, g.min), pick(hi, g.max), g.desired
	if newMin > newMax {
		return validation("Max bound, %d, must be greater than or equal to min bound, %d", newMax, newMin)
	}
	size := g.desired
	if c.cfg.Readings.SizeCountsTerminating {
		size = len(g.members)
	}
	switch {
	case want != nil:
		desired = int(*want)
		if desired < newMin || desired > newMax {
			return validation("Desired capacity:%d must be between the specified min size:%d and max size:%d", desired, newMin, newMax)
		}
	case hi != nil && newMax < size:
		desired = newMax
	case newMin > g.desired:
		desired = newMin
	}
	if desired != g.desired {
		g.why += fmt.Sprintf("At %s a %s update of AutoScalingGroup constraints to min: %d, max: %d, desired: %d changing the desired capacity from %d to %d.  ",
			stamp(c.clock()), who, newMin, newMax, desired, g.desired, desired)
	}
	c.wish(g, newMin, newMax, desired, want != nil)
	return nil
}

func pick(v *int32, old int) int {
	if v == nil {
		return old
	}
	return int(*v)
}

// wish sets the sizes. Who names desired outright leaves no debt behind it: net starts anew. Who raises MinSize leaves only what is above it:
// without sessions desired would have risen to it.
func (c *Cloud) wish(g *group, lo, hi, desired int, explicit bool) {
	by := desired - g.desired
	if explicit {
		c.accrueBaseline(g)
		g.net, by = 0, 0
	} else if over := g.net - (desired - lo); lo > g.min && g.net > 0 && over > 0 {
		g.net = max(0, g.net-over)
	}
	c.resize(g, lo, hi, desired, by)
	c.react(g)
}

// SetDesiredCapacity sets desired within the group's bounds; HonorCooldown never has a cooldown to honour here.
func (a *AutoScaling) SetDesiredCapacity(ctx context.Context, in *autoscaling.SetDesiredCapacityInput, _ ...func(*autoscaling.Options)) (*autoscaling.SetDesiredCapacityOutput, error) {
	return call(ctx, a.s, request{svcAutoScaling, "SetDesiredCapacity", true}, in, func(in *autoscaling.SetDesiredCapacityInput) (*autoscaling.SetDesiredCapacityOutput, error) {
		g, err := a.s.cloud.mustGroup(in.AutoScalingGroupName)
		if err != nil {
			return nil, err
		}
		return &autoscaling.SetDesiredCapacityOutput{}, a.s.cloud.setDesired(g, int(aws.ToInt32(in.DesiredCapacity)))
	})
}

func (c *Cloud) setDesired(g *group, n int) error {
	if n > g.max {
		return validation("New SetDesiredCapacity value %d is above max value %d for the AutoScalingGroup.", n, g.max)
	}
	if n < g.min {
		return validation("New SetDesiredCapacity value %d is below min value %d for the AutoScalingGroup.", n, g.min)
	}
	if n != g.desired {
		g.why += fmt.Sprintf("At %s a user request explicitly set group desired capacity changing the desired capacity from %d to %d.  ", stamp(c.clock()), g.desired, n)
	}
	c.wish(g, g.min, g.max, n, true)
	return nil
}

// CreateOrUpdateTags changes group tags; they reach instances only at launch and attach.
func (a *AutoScaling) CreateOrUpdateTags(ctx context.Context, in *autoscaling.CreateOrUpdateTagsInput, _ ...func(*autoscaling.Options)) (*autoscaling.CreateOrUpdateTagsOutput, error) {
	return call(ctx, a.s, request{svcAutoScaling, "CreateOrUpdateTags", true}, in, func(in *autoscaling.CreateOrUpdateTagsInput) (*autoscaling.CreateOrUpdateTagsOutput, error) {
		c := a.s.cloud
		for _, t := range in.Tags {
			g, err := c.mustGroup(t.ResourceId)
			if err != nil {
				return nil, err
			}
			g.setTag(groupTag{aws.ToString(t.Key), aws.ToString(t.Value), aws.ToBool(t.PropagateAtLaunch)})
			c.touchGroup(g)
			c.emit(Event{Kind: Tagged, Group: g.name, Text: aws.ToString(t.Key) + "=" + aws.ToString(t.Value)})
		}
		return &autoscaling.CreateOrUpdateTagsOutput{}, nil
	})
}

func (g *group) setTag(t groupTag) {
	if n := slices.IndexFunc(g.tags, func(o groupTag) bool { return o.key == t.key }); n >= 0 {
		g.tags[n] = t
		return
	}
	g.tags = append(g.tags, t)
}

// DeleteTags removes group tags by key.
func (a *AutoScaling) DeleteTags(ctx context.Context, in *autoscaling.DeleteTagsInput, _ ...func(*autoscaling.Options)) (*autoscaling.DeleteTagsOutput, error) {
	return call(ctx, a.s, request{svcAutoScaling, "DeleteTags", true}, in, func(in *autoscaling.DeleteTagsInput) (*autoscaling.DeleteTagsOutput, error) {
		c := a.s.cloud
		for _, t := range in.Tags {
			g, err := c.mustGroup(t.ResourceId)
			if err != nil {
				return nil, err
			}
			g.tags = slices.DeleteFunc(g.tags, func(o groupTag) bool { return o.key == aws.ToString(t.Key) })
			c.touchGroup(g)
			c.emit(Event{Kind: Tagged, Group: g.name, Text: aws.ToString(t.Key) + " deleted"})
		}
		return &autoscaling.DeleteTagsOutput{}, nil
	})
}

var allProcesses = []string{"AZRebalance", "AddToLoadBalancer", "AlarmNotification", "HealthCheck", "InstanceRefresh",
	"Launch", "ReplaceUnhealthy", "ScheduledActions", "Terminate"}

// SuspendProcesses is group-wide and lasts until somebody resumes; no names means every process.
func (a *AutoScaling) SuspendProcesses(ctx context.Context, in *autoscaling.SuspendProcessesInput, _ ...func(*autoscaling.Options)) (*autoscaling.SuspendProcessesOutput, error) {
	return call(ctx, a.s, request{svcAutoScaling, "SuspendProcesses", true}, in, func(in *autoscaling.SuspendProcessesInput) (*autoscaling.SuspendProcessesOutput, error) {
		err := a.s.cloud.processes(in.AutoScalingGroupName, in.ScalingProcesses, true)
		return &autoscaling.SuspendProcessesOutput{}, err
	})
}

// ResumeProcesses undoes it; what waited happens at once.
func (a *AutoScaling) ResumeProcesses(ctx context.Context, in *autoscaling.ResumeProcessesInput, _ ...func(*autoscaling.Options)) (*autoscaling.ResumeProcessesOutput, error) {
	return call(ctx, a.s, request{svcAutoScaling, "ResumeProcesses", true}, in, func(in *autoscaling.ResumeProcessesInput) (*autoscaling.ResumeProcessesOutput, error) {
		err := a.s.cloud.processes(in.AutoScalingGroupName, in.ScalingProcesses, false)
		return &autoscaling.ResumeProcessesOutput{}, err
	})
}

func (c *Cloud) processes(name *string, list []string, suspend bool) error {
	g, err := c.mustGroup(name)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		list = allProcesses
	}
	for _, p := range list {
		if !slices.Contains(allProcesses, p) {
			return validation("Invalid process: %s", p)
		}
	}
	for _, p := range list {
		g.suspended = slices.DeleteFunc(g.suspended, func(o string) bool { return o == p })
		if suspend {
			g.suspended = append(g.suspended, p)
		}
	}
	c.touchGroup(g)
	c.emit(Event{Kind: GroupAltered, Group: g.name, Text: fmt.Sprintf("suspended %v", g.suspended)})
	c.reactNow(g)
	return nil
}
