package invariant

import (
	"slices"
	"time"

	"autospotting/coordinator/decide/books"
	"autospotting/pkg/cloudsim"
)

// quiet is how long nobody else may have changed the group for its balance to be all our doing.
const quiet = 5 * time.Minute

// balance checks that what we attach and retire leaves zones no more than one apart, or as far as they were. Emergencies may leave their
// zone.
func (c *Checker) balance(e cloudsim.Event, g cloudsim.GroupView) {
	if e.Kind != cloudsim.Pending && e.Kind != cloudsim.Terminating || e.Group != c.group || c.emergency(e.Instance) {
		return
	}
	if now := spread(g); now > max(1, c.spread) {
		c.broken(breach{Event: e, invariant: Balance}, "%s of %s put the zones %d apart", e.Kind, e.Instance, now)
	}
}

// emergency tells whether AWS takes the instance, or its exchange is one that could not wait.
func (c *Checker) emergency(id string) bool {
	if i, ok := c.cloud.Instance(id); ok && !i.NoticeAt.IsZero() {
		return true
	}
	rec, err := c.record()
	return err == nil && slices.ContainsFunc(rec.Books.Debts(), func(d books.Debt) bool {
		return (d.Replacement.Instance == id || d.Victim == id) && (d.Replacement.Purpose == books.Replace || d.Replacement.Purpose == books.Fill)
	})
}

// spread is by how many members the fullest zone differs from the emptiest.
func spread(g cloudsim.GroupView) int {
	n := map[string]int{}
	for _, z := range g.Zones {
		n[z] = 0
	}
	for _, m := range g.Members {
		if !leaving(m) {
			n[m.Zone]++
		}
	}
	lo, hi := -1, 0
	for _, k := range n {
		hi = max(hi, k)
		if lo < 0 || k < lo {
			lo = k
		}
	}
	return hi - lo
}
