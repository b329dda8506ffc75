package cloudsim

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// ScaleByPolicy is a simple or step scaling policy that changes desired by so many (ChangeInCapacity), within the group's bounds. It reckons
// from desired as it is, with what sessions added to it. While a zonal shift lasts it lowers nothing.
func (c *Cloud) ScaleByPolicy(name string, by int) error {
	return c.as("policy", func() error {
		g, err := c.ownersGroup(name)
		if err != nil {
			return err
		}
		to := min(max(g.desired+by, g.min), g.max)
		if to == g.desired || g.shifted != "" && to < g.desired {
			return nil
		}
		g.why += fmt.Sprintf("At %s a monitor alarm %s-busy in state ALARM triggered policy step changing the desired capacity from %d to %d.  ", stamp(c.clock()), name, g.desired, to)
		c.wish(g, g.min, g.max, to, false)
		return nil
	})
}

// ScheduledAction names desired at its time, as an owner would.
func (c *Cloud) ScheduledAction(name string, desired int) error {
	return c.as("schedule", func() error {
		g, err := c.ownersGroup(name)
		if err != nil {
			return err
		}
		if desired < g.min || desired > g.max {
			return validation("Desired capacity:%d must be between the specified min size:%d and max size:%d", desired, g.min, g.max)
		}
		if desired != g.desired {
			g.why += fmt.Sprintf("At %s a scheduled action update of AutoScalingGroup constraints to min: %d, max: %d, desired: %d changing the desired capacity from %d to %d.  ",
				stamp(c.clock()), g.min, g.max, desired, g.desired, desired)
		}
		c.wish(g, g.min, g.max, desired, true)
		return nil
	})
}

// DetachByOwner takes a member out of its group and leaves it running; the group replaces it.
func (c *Cloud) DetachByOwner(instanceID string) error {
	return c.withInstance("owner", instanceID, func(i *instance) error {
		if i.group == nil || i.group.member(i.id).state != astypes.LifecycleStateInService {
			return validation("The instance %s is not in InService or Standby.", i.id)
		}
		c.detach(i.group, i.group.member(i.id), false)
		return nil
	})
}

// LaunchByOwner runs an on-demand instance of the group's template in no group, with these tags, as "launch more like this" in the
// console does, which copies the tags.
func (c *Cloud) LaunchByOwner(group, zone string, tags map[string]string) (id string, err error) {
	return c.launchByOwner(group, zone, tags, false)
}

// LaunchFleetByOwner runs a spot instance of the group's template in a fleet of the owner's own, in no group, with these tags. It has the
// reserved tags of any fleet's instance.
func (c *Cloud) LaunchFleetByOwner(group, zone string, tags map[string]string) (id string, err error) {
	return c.launchByOwner(group, zone, tags, true)
}

func (c *Cloud) launchByOwner(group, zone string, tags map[string]string, inFleet bool) (id string, err error) {
	err = c.as("owner", func() error {
		g, err := c.ownersGroup(group)
		if err != nil {
			return err
		}
		v, err := g.template.version(g.version)
		if err != nil {
			return err
		}
		mine := templateTags(v.data, ec2types.ResourceTypeInstance)
		for _, k := range sortedKeys(tags) {
			mine[k] = tags[k]
		}
		l := launchSpec{typ: string(v.data.InstanceType), zone: zone, image: aws.ToString(v.data.ImageId), spot: inFleet, tags: mine}
		if c.pools[poolKey{l.typ, zone}] == nil {
			return fmt.Errorf("cloudsim: %s is not sold in %s", l.typ, zone)
		}
		if inFleet {
			l.fleet = c.id("fleet")
		}
		id = c.launchFrom(g.template, v, l).id
		return nil
	})
	return id, err
}
