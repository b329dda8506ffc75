package invariant

import (
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"autospotting/coordinator/ledger"
	"autospotting/pkg/cloudsim"
)

// deploying holds swaps against the owner's instance refresh, which takes the members one after the other itself: none is begun that the refresh was there
// before. What was begun before it is not asked about: its request may be sent again.
func (c *Checker) deploying(call cloudsim.Call) {
	in, ok := call.Input.(*ec2.CreateFleetInput)
	if !ok {
		return
	}
	g, _ := c.cloud.Group(c.group)
	if g.RefreshingSince.IsZero() {
		return
	}
	if it, ok := c.intent(in); ok && it.Purpose.Gradual() && it.At.Sub(g.RefreshingSince) > c.race {
		c.report(Deploy, "a %s is begun %s after an instance refresh", it.Purpose, it.At.Sub(g.RefreshingSince))
	}
}

// intent is the launch of the record that the request is for.
func (c *Checker) intent(in *ec2.CreateFleetInput) (ledger.Intent, bool) {
	rec, err := c.record()
	if err != nil || in.ClientToken == nil {
		return ledger.Intent{}, false
	}
	for _, it := range rec.Intents {
		if it.Launch.Nonce == *in.ClientToken {
			return it, true
		}
	}
	return ledger.Intent{}, false
}
