package cloudsim

import (
	"fmt"
	"maps"
	"slices"

	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// Protect sets a member's scale-in protection.
func (c *Cloud) Protect(instanceID string, on bool) error {
	return c.withInstance("owner", instanceID, func(i *instance) error {
		if i.group == nil {
			return fmt.Errorf("cloudsim: %s is a member of no group", instanceID)
		}
		i.group.member(i.id).protected = on
		c.touchGroup(i.group)
		c.emit(Event{Kind: Protected, Group: i.group.name, Instance: i.id, Text: fmt.Sprint(on)})
		return nil
	})
}

func (c *Cloud) withInstance(actor, id string, fn func(*instance) error) error {
	return c.as(actor, func() error {
		i := c.byID[id]
		if i == nil {
			return fmt.Errorf("cloudsim: no instance %q", id)
		}
		return fn(i)
	})
}

// TerminateByOwner is the owner's ec2:TerminateInstances.
func (c *Cloud) TerminateByOwner(instanceID string) error {
	return c.withInstance("owner", instanceID, func(i *instance) error {
		c.kill(i, "Client.UserInitiatedShutdown", "Client.UserInitiatedShutdown: User initiated shutdown", "owner")
		return nil
	})
}

// Stocked is one instance that a group is stocked with.
type Stocked struct {
	Type, Zone string
	Tags       map[string]string // in the place of those of the instance that it is like
}

// Stock puts instances into a group at once, and raises its desired capacity by them: each is launched like a member that is there, from the
// same template, and a member at once, as if all had come one by one before anybody looked. For measurements of large groups.
func (c *Cloud) Stock(like string, list []Stocked) error {
	return c.withInstance("owner", like, func(i *instance) error {
		g := i.group
		if g == nil {
			return fmt.Errorf("cloudsim: %s is no member of a group", like)
		}
		for _, x := range list {
			if c.pools[poolKey{x.Type, x.Zone}] == nil || c.subnetIn(x.Zone) == nil {
				return fmt.Errorf("cloudsim: %s is not sold in %s", x.Type, x.Zone)
			}
			tags := maps.Clone(i.tags)
			maps.Copy(tags, x.Tags)
			n := c.launch(launchSpec{typ: x.Type, zone: x.Zone, subnet: c.subnetIn(x.Zone).id, image: i.image, spot: i.spot, fleet: c.id("fleet"),
				maxPrice: i.maxPrice, data: i.data, tags: tags})
			m := c.join(g, n, false, "owner")
			m.activity = c.addActivity(g, "Launching a new EC2 instance: "+n.id, "stocked", astypes.ScalingActivityStatusCodeInProgress)
		}
		c.wish(g, g.min, max(g.max, g.desired+len(list)), g.desired+len(list), true)
		return nil
	})
}

// Interrupt gives a spot instance its notice now; action is terminate, stop or hibernate.
func (c *Cloud) Interrupt(instanceID, action string) error {
	return c.withInstance("aws", instanceID, func(i *instance) error {
		if !i.spot || !i.live() {
			return fmt.Errorf("cloudsim: %s is %s, spot %t: only a live spot instance can be interrupted", i.id, i.state, i.spot)
		}
		c.interrupt(i, action)
		return nil
	})
}

// Rebalance gives a spot instance a rebalance recommendation.
func (c *Cloud) Rebalance(instanceID string) error {
	return c.withInstance("aws", instanceID, func(i *instance) error { c.recommend(i); return nil })
}

// FailHealth makes a running member fail its load balancer's health check, after its grace.
func (c *Cloud) FailHealth(instanceID string) error {
	return c.withInstance("aws", instanceID, func(i *instance) error {
		g := i.group
		if g == nil || i.state != ec2types.InstanceStateNameRunning {
			return fmt.Errorf("cloudsim: %s is no running member", instanceID)
		}
		m := g.member(i.id)
		c.at(m.inService.Add(g.grace).Sub(c.clock()), "health of "+i.id, func() { c.findUnhealthy(g, m) })
		return nil
	})
}

// CompleteHook ends the wait of a member in a lifecycle hook; result is CONTINUE or ABANDON.
func (c *Cloud) CompleteHook(instanceID, result string) error {
	return c.withInstance("owner", instanceID, func(i *instance) error {
		if i.group == nil || i.group.member(i.id).hook == nil {
			return validation("No active Lifecycle Action found with instance ID %s", instanceID)
		}
		c.endHook(i.group, i.group.member(i.id), result)
		return nil
	})
}

// DeleteGroup force-deletes a group with its members.
func (c *Cloud) DeleteGroup(name string) error {
	return c.as("owner", func() error {
		g, err := c.ownersGroup(name)
		if err != nil {
			return err
		}
		c.accrueBaseline(g)
		g.deleted = true
		for _, m := range slices.Clone(g.members) {
			m.i.group = nil
			c.kill(m.i, "Client.UserInitiatedShutdown", "Client.UserInitiatedShutdown: User initiated shutdown", "owner")
		}
		g.members = nil
		c.emit(Event{Kind: GroupAltered, Group: name, Text: "deleted"})
		return nil
	})
}
