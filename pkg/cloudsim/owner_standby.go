package cloudsim

import (
	"fmt"

	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
)

// EnterStandby is the owner's: the member stays in the group, is checked no more, and holds none of desired's places. With decrement desired goes down
// by one; without, the group launches another in its place (Auto Scaling user guide, "Temporarily remove instances from your Auto Scaling group").
func (c *Cloud) EnterStandby(instanceID string, decrement bool) error {
	return c.withInstance("owner", instanceID, func(i *instance) error {
		g := i.group
		if g == nil || g.member(i.id).state != astypes.LifecycleStateInService {
			return validation("The instance %s is not in InService.", i.id)
		}
		m, by := g.member(i.id), 0
		why := fmt.Sprintf("At %s instance %s was moved to standby in response to a user request.", stamp(c.clock()), i.id)
		if decrement {
			if g.desired <= g.min {
				return validation("AutoScalingGroup %s has min-size=%d, max-size=%d, and desired-size=%d. To place into standby 1 instance, please update the AutoScalingGroup sizes appropriately.",
					g.name, g.min, g.max, g.desired)
			}
			by = -1
			why = fmt.Sprintf("At %s instance %s was moved to standby in response to a user request, shrinking the capacity from %d to %d.", stamp(c.clock()), i.id, g.desired, g.desired-1)
		}
		c.addActivity(g, "Moving EC2 instance to Standby: "+i.id, why, astypes.ScalingActivityStatusCodeSuccessful)
		c.setState(g, m, astypes.LifecycleStateStandby, Rested, "", "to standby")
		c.resize(g, g.min, g.max, g.desired+by, by)
		g.woken = true
		c.react(g)
		return nil
	})
}

// ExitStandby is the owner's: the member is put back in service, and desired goes up by one (ExitStandby API reference).
func (c *Cloud) ExitStandby(instanceID string) error {
	return c.withInstance("owner", instanceID, func(i *instance) error {
		g := i.group
		if g == nil || g.member(i.id).state != astypes.LifecycleStateStandby {
			return validation("The instance %s is not in Standby.", i.id)
		}
		if g.desired >= g.max {
			return validation("AutoScalingGroup %s has min-size=%d, max-size=%d, and desired-size=%d. To take out of standby 1 instance, please update the AutoScalingGroup sizes appropriately.",
				g.name, g.min, g.max, g.desired)
		}
		why := fmt.Sprintf("At %s instance %s was moved out of standby in response to a user request, increasing the capacity from %d to %d.", stamp(c.clock()), i.id, g.desired, g.desired+1)
		c.addActivity(g, "Moving EC2 instance out of Standby: "+i.id, why, astypes.ScalingActivityStatusCodeSuccessful)
		c.resize(g, g.min, g.max, g.desired+1, 1)
		c.enterService(g, g.member(i.id))
		return nil
	})
}
