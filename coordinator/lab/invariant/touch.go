package invariant

import (
	"strconv"
	"strings"
	"time"

	"autospotting/pkg/cloudsim"
)

// heed is how long after the owner changed a tag what was begun before may still be seen.
const heed = time.Minute

// wish is what the owner says by tags, and since when.
type wish struct {
	enabled   bool
	keep      string
	enabledAt time.Time
	keepAt    time.Time
}

func (w *wish) read(g cloudsim.GroupView, now time.Time) {
	if on := g.Tags[tagEnabled] == "true"; on != w.enabled {
		w.enabled, w.enabledAt = on, now
	}
	keep := g.Tags["autospotting:keep-on-demand"]
	if keep == "" {
		keep = g.Tags["autospotting/keep-on-demand"]
	}
	if keep != w.keep {
		w.keep, w.keepAt = keep, now
	}
}

// Keep is how many of size the owner keeps on-demand, by a tag's text: a number or a percentage, rounded up.
func Keep(text string, size int) int {
	n, err := strconv.Atoi(strings.TrimSuffix(text, "%"))
	if err != nil {
		return 0
	}
	if strings.HasSuffix(text, "%") {
		n = (size*n + 99) / 100
	}
	return min(n, size)
}

// touched checks that what we did, we did to what is ours to touch.
func (c *Checker) touched(e cloudsim.Event, g cloudsim.GroupView) {
	if e.Instance == "" {
		return
	}
	i, ok := c.cloud.Instance(e.Instance)
	if !ok {
		return
	}
	ourTag := i.Tags[tagGroup] == c.group && i.Fleet != ""
	if !ourTag && i.EverIn != c.group && (i.EverIn != "" || i.Tags[tagGroup] != "" && i.Tags[tagGroup] != c.group) {
		return // another group's, for its own checker
	}
	switch e.Kind {
	case cloudsim.Launched:
		if ourTag && i.Spot && !c.wish.enabled && e.At.Sub(c.wish.enabledAt) > heed+c.race {
			c.report(Untouched, "launched spot %s for a group that its owner has not opted in", e.Instance)
		}
	case cloudsim.Terminating, cloudsim.Stopping:
		if !ourTag && i.EverIn != c.group {
			c.report(Untouched, "%s of %s, which is neither ours nor the group's", e.Kind, e.Instance)
		}
		if since, kept := c.protected[e.Instance]; !ourTag && kept && e.At.Sub(since) > c.race && e.At.Sub(c.others) > c.race {
			c.report(Untouched, "%s of %s, which its owner protects from scale-in", e.Kind, e.Instance)
		}
	}
	if e.Kind == cloudsim.Terminating && !i.Spot {
		c.floor(e, g)
	}
}

// floor counts what is left on-demand after one of them was retired.
func (c *Checker) floor(e cloudsim.Event, g cloudsim.GroupView) {
	if !c.wish.enabled || e.At.Sub(c.wish.keepAt) <= heed+c.race || e.At.Sub(c.others) <= heed+c.race {
		return
	}
	left := 0
	for _, m := range g.Members {
		switch {
		case m.Instance.Spot || strings.HasPrefix(m.State, "Terminating") || m.State == "Detaching":
		case m.Instance.State == "running" || m.Instance.State == "pending":
			left++
		}
	}
	if keep := Keep(c.wish.keep, min(g.Desired-c.Net(), c.ownerMax)); left < keep {
		c.report(Floor, "%s of %s left %d on-demand where the owner keeps %d", e.Kind, e.Instance, left, keep)
	}
}

// quiet is how long nobody else may have changed the group for its balance to be all our doing.
const quiet = 5 * time.Minute

// balance checks that what we attach and retire leaves zones no more than one apart, or as far as they were.
func (c *Checker) balance(e cloudsim.Event, g cloudsim.GroupView) {
	if e.Kind != cloudsim.Pending && e.Kind != cloudsim.Terminating || e.Group != c.group || e.At.Sub(c.others) <= quiet {
		return
	}
	if rec, err := c.record(); err != nil || len(rec.Notices) > 0 {
		return
	}
	if now := spread(g); now > max(1, c.spread) {
		c.report(Balance, "%s of %s put the zones %d apart", e.Kind, e.Instance, now)
	}
}

// spread is by how many members the fullest zone differs from the emptiest.
func spread(g cloudsim.GroupView) int {
	n := map[string]int{}
	for _, z := range g.Zones {
		n[z] = 0
	}
	for _, m := range g.Members {
		if !strings.HasPrefix(m.State, "Terminating") && m.State != "Detaching" {
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
