package invariant

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/ledger"
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
func Keep(text string, size int) int { return min(amount(text, size, 99), size) }

// AtOnce is how many of size may be swapped at once, by a tag's text: a number or a percentage, rounded down.
func AtOnce(text string, size int) int { return amount(text, size, 0) }

func amount(text string, size, round int) int {
	n, err := strconv.Atoi(strings.TrimSuffix(text, "%"))
	if err != nil {
		return 0
	}
	if strings.HasSuffix(text, "%") {
		n = (size*n + round) / 100
	}
	return n
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
	ourTag := i.Tags[tagGroup] == c.group && c.ours(i.LaunchedBy)
	if !ourTag && i.EverIn != c.group && (i.EverIn != "" || i.Tags[tagGroup] != "" && i.Tags[tagGroup] != c.group) {
		return // another group's, for its own checker
	}
	switch e.Kind {
	case cloudsim.Launched:
		if ourTag && i.Spot && !c.wish.enabled {
			c.broken(breach{e, Untouched, c.wish.enabledAt}, "launched spot %s for a group that its owner has not opted in", e.Instance)
		}
		if ourTag && i.Spot && c.wish.enabled {
			c.filled(e, g, i.Tags[tagLaunch])
		}
	case cloudsim.Tagged:
		if !ourTag && i.EverIn != c.group {
			c.report(Untouched, "the tags of %s are changed, which is neither ours nor the group's", e.Instance)
		}
	case cloudsim.Terminating, cloudsim.Stopping:
		if !ourTag && i.EverIn != c.group {
			c.report(Untouched, "%s of %s, which is neither ours nor the group's", e.Kind, e.Instance)
		}
		if since, kept := c.protected[e.Instance]; !ourTag && kept {
			c.broken(breach{e, Untouched, since}, "%s of %s, which its owner protects from scale-in", e.Kind, e.Instance)
		}
		if since, rests := c.resting[e.Instance]; rests && i.NoticeAt.IsZero() {
			c.broken(breach{e, Untouched, since}, "%s of %s, which its owner put in Standby", e.Kind, e.Instance)
		}
	}
	if e.Kind == cloudsim.Terminating && !i.Spot {
		c.floor(e, g)
	}
}

// takenBack tells whether a replacement goes that is still watched, with the debt that it opened.
func (c *Checker) takenBack(id string) bool {
	rec, err := c.record()
	if err != nil {
		return false // the books tell
	}
	_, watched := rec.Watched[id]
	return watched && slices.ContainsFunc(rec.Books.Debts(), func(d books.Debt) bool { return d.Replacement.Instance == id && d.Victim == id })
}

// filled holds a place that is filled by spot against what the owner keeps on-demand: that is not there, and not on its way.
func (c *Checker) filled(e cloudsim.Event, g cloudsim.GroupView, nonce string) {
	rec, err := c.record()
	if err != nil {
		return // the books tell
	}
	have, fill := 0, false
	for _, m := range g.Members {
		if !leaving(m) && !m.Instance.Spot {
			have++
		}
	}
	for _, it := range rec.Intents {
		fill = fill || it.Launch.Nonce == nonce && it.Purpose == ledger.Fill
		if !it.Launch.Spot && it.Abandoned == "" {
			have++
		}
	}
	if keep := Keep(c.wish.keep, min(g.Desired-c.Net(), c.ownerMax)); fill && have < keep {
		c.broken(breach{Event: e, invariant: Floor}, "spot %s is launched where %d are on-demand, or on their way, and the owner keeps %d", e.Instance, have, keep)
	}
}

// floor counts what is left on-demand after one of them was retired. A replacement that is not known to be up, and goes before its debt is paid, is none
// of them: it goes as it came, and on-demand is what it was before.
func (c *Checker) floor(e cloudsim.Event, g cloudsim.GroupView) {
	if !c.wish.enabled || c.takenBack(e.Instance) {
		return
	}
	left := 0
	for _, m := range g.Members {
		switch {
		case m.Instance.Spot || leaving(m):
		case m.Instance.State == "running" || m.Instance.State == "pending":
			left++
		}
	}
	if keep := Keep(c.wish.keep, min(g.Desired-c.Net(), c.ownerMax)); left < keep {
		c.broken(breach{Event: e, invariant: Floor}, "%s of %s left %d on-demand where the owner keeps %d", e.Kind, e.Instance, left, keep)
	}
}
