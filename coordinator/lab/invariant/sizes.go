package invariant

import (
	"strings"
	"time"

	"autospotting/coordinator/decide/books"
	"autospotting/pkg/cloudsim"
)

// sizes keeps apart what is the owner's of the three sizes and what is ours.
func (c *Checker) sizes(e cloudsim.Event, g cloudsim.GroupView, mine bool) {
	if !mine && e.Kind == cloudsim.SizeChanged && g.Max != c.max {
		c.ownerMax, c.ownerMaxAt = g.Max, e.At
	}
	if !mine && g.Min > c.ownerMax { // who names MinSize above it has named MaxSize as well, though to the number that it has by our hand
		c.ownerMax, c.ownerMaxAt = g.Max, e.At
	}
	if mine && g.Max != c.max && e.At.Sub(c.ownerMaxAt) <= c.race {
		if rec, err := c.record(); err == nil && rec.Books.Lease().State != books.NoLease { // the owner's last word crossed our call
			c.ownerMax, c.crossed = rec.Books.Lease().Owner, g.Max
		}
	}
	if mine && g.Min != c.min {
		c.report(MaxSize, "%s changed MinSize from %d to %d", e.Actor, c.min, g.Min)
	}
	was := c.max
	c.max, c.min = g.Max, g.Min
	if !mine && (e.Kind == cloudsim.Pending || e.Kind == cloudsim.Terminating) {
		c.movedAt = e.At
	}
	if mine && g.Net < c.net && (e.At.Sub(c.others) <= c.race || g.Desired >= c.ownerMax) {
		c.excused += max(0, -g.Net) - max(0, -c.net) // somebody changed the group between our read and our call
		if g.Max < was {
			c.clamped(g)
		}
	}
	if !mine && g.Net == 0 && c.net != 0 { // the owner named desired: what it holds of ours is the owner's now
		c.excused, c.named = 0, naming{c.net, c.desired, e.At}
		if c.net > 0 && present(g) == g.Desired { // but where the group has nothing to do for it, no activity tells whether it was named or raised
			c.excused = c.net
		}
	}
	constrained := e.Actor == "owner" && g.Desired != c.desired // by naming MaxSize or MinSize: it reads like naming desired
	if n := c.named; !mine && n.net > 0 && g.Net == 0 && g.Desired == n.desired && g.Desired != c.desired && c.movedAt.Before(n.at) {
		c.excused = n.net // changed back before the group had done anything: it leaves no trace at all
	}
	if !mine && g.Net > 0 && g.Net == c.net && (g.Desired < c.desired || constrained) { // how much of our part was lowered with it cannot be told
		c.voidable = g.Net
	}
	if !mine && g.Desired != c.desired {
		c.resizedAt = e.At
	}
	if mine && g.Net > c.net && g.Max != was && e.At.Sub(c.movedAt) <= c.race { // the group grew unseen, and room for less moved desired
		c.voidable = g.Net
	}
	if mine && g.Net > c.net && e.At.Sub(c.resizedAt) <= c.race { // nor which of the two came first
		c.voidable += g.Net - c.net
	}
	c.voidable = max(0, min(c.voidable, g.Net))
	c.net, c.desired = g.Net, g.Desired
}

// clamped forgives what stays ours of a desired capacity that somebody raised above the owner's MaxSize while we gave it back: before
// and after it is read as what it was, so that nobody can know that what we had added to it became theirs.
func (c *Checker) clamped(g cloudsim.GroupView) {
	c.excused += max(0, c.net) - max(0, g.Net)
	if n := c.named; n.net > 0 && g.Desired == n.desired && c.movedAt.Before(n.at) {
		c.excused = max(c.excused, n.net+max(0, -g.Net))
	}
}

// present counts the members that are not on their way out.
func present(g cloudsim.GroupView) int {
	n := 0
	for _, m := range g.Members {
		if !strings.HasPrefix(m.State, "Terminating") && m.State != "Detaching" {
			n++
		}
	}
	return n
}

// naming is somebody's word on desired: what of it was ours, and what it was, before.
type naming struct {
	net, desired int
	at           time.Time
}
