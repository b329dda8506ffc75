package cloudsim

import (
	"fmt"
	"time"

	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
)

// How long an attach that fails takes until it does: Auto Scaling tries to register the instance with its load balancers for minutes.
const (
	attachFailsMin = time.Minute
	attachFailsMax = 5 * time.Minute
)

// attachLost is an attach whose call was answered, and whose activity fails minutes later (Faults.AttachFails). Meanwhile the instance is listed
// as Pending. Then it is no member any more, and runs on. Whether desired rose for it in the meantime is not documented (Readings.RaisedLate).
func (c *Cloud) attachLost(g *group, m *member, raised bool) {
	c.at(c.between(attachFailsMin, attachFailsMax), "attach fails of "+m.i.id, func() {
		if g.member(m.i.id) != m || m.state != astypes.LifecycleStatePending {
			return
		}
		c.cause = cause{actor: "autoscaling"}
		if raised && g.desired > g.min {
			g.why += fmt.Sprintf("At %s an instance could not be attached, changing the desired capacity from %d to %d.  ", stamp(c.clock()), g.desired, g.desired-1)
			c.resize(g, g.min, g.max, g.desired-1, -min(1, max(0, g.net))) // of a number that was named since, it is AWS that takes one
		}
		c.finishActivity(m.activity, astypes.ScalingActivityStatusCodeFailed, "Failed to register instance "+m.i.id+" with its load balancers. Attaching EC2 instance failed.")
		delete(m.i.tags, "aws:autoscaling:groupName")
		c.touch(m.i)
		c.remove(g, m)
	})
}
