package invariant

import (
	"maps"
	"slices"
	"time"

	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/ledger"
	"autospotting/pkg/cloudsim"
)

// bookkeeping are the events after which the books are looked at.
func bookkeeping(k cloudsim.Kind) bool {
	switch k {
	case cloudsim.TableWritten, cloudsim.SizeChanged, cloudsim.Launched, cloudsim.Returned:
		return true
	}
	return false
}

// books compares desired, MaxSize and the live instances with the ledger.
func (c *Checker) books(g cloudsim.GroupView) {
	rec, err := c.record()
	if err != nil {
		c.report(Debt, "the ledger cannot be read: %v", err)
		return
	}
	c.debt(g, len(rec.Books.Debts()))
	c.maxSize(g.Max, rec.Books.Lease())
	c.onePerVictim(rec)
	c.forgotten(rec)
	c.ownInstances(rec)
	c.openTooLong(rec)
}

// forgotten: a launch whose answer is not known is not dropped from the books while an instance of it lives, which nobody would name any more.
func (c *Checker) forgotten(rec ledger.Record) {
	named, unanswered := map[string]bool{}, map[string]bool{}
	for _, it := range rec.Intents {
		named[it.Launch.Nonce] = true
		if it.Instance == "" {
			unanswered[it.Launch.Nonce] = true
		}
	}
	for _, d := range rec.Books.Debts() {
		named[d.Replacement.Nonce] = true
	}
	for _, nonce := range slices.Sorted(maps.Keys(c.unanswered)) {
		if nonce == "" || named[nonce] {
			continue
		}
		for _, i := range c.cloud.Tagged(tagGroup, c.group) {
			if i.Tags[tagLaunch] == nonce && c.ours(i.LaunchedBy) && i.Group == "" && (i.State == "pending" || i.State == "running") {
				c.report(Leak, "the launch %s is not in the ledger any more, though %s came of it", nonce, i.ID)
			}
		}
	}
	c.unanswered = unanswered
}

// debt holds what of desired is ours against the debts that are open.
func (c *Checker) debt(g cloudsim.GroupView, open int) {
	c.below = c.below.trimmed(open - g.Net) // what is forgiven for a debt ends with it
	if over := g.Net - open; over > 0 {
		if left := c.spend(c.above, over, "too much of desired is ours"); left > 0 {
			c.report(Debt, "desired %d is %d above the owner's by our hand, and %d debts are open: forgiven is %s, and %d is not", g.Desired, g.Net, open, c.above, left)
		}
	}
	if g.Net < 0 {
		if left := c.spend(c.below, -g.Net, "too little of desired is left"); left > 0 {
			c.report(Debt, "desired %d is %d below the owner's by our hand, and %d debts are open: forgiven is %s, and %d is not", g.Desired, -g.Net, open, c.below, left)
		}
	}
}

// onePerVictim: nobody is replaced twice, and no launch is counted twice.
func (c *Checker) onePerVictim(rec ledger.Record) {
	n := map[string]int{}
	for _, it := range rec.Intents {
		if it.Abandoned == "" {
			n[it.Victim]++
		}
	}
	for _, d := range rec.Books.Debts() {
		if d.Phase != books.Undoing {
			n[d.Victim]++
		}
	}
	nonces := map[string]int{}
	for _, it := range rec.Intents {
		nonces[it.Launch.Nonce]++
		c.asked[it.Launch.Nonce] = max(c.asked[it.Launch.Nonce], it.Launch.Count)
	}
	for _, d := range rec.Books.Debts() {
		nonces[d.Replacement.Nonce]++
	}
	for nonce, times := range nonces {
		if nonce != "" && times > max(c.asked[nonce], 1) {
			c.report(OnePer, "the launch %s stands %d times in the ledger", nonce, times)
		}
	}
	for victim, times := range n {
		if victim != "" && times > 1 {
			c.report(OnePer, "%d replacements are on their way for %s", times, victim)
		}
	}
}

func (c *Checker) ownInstances(rec ledger.Record) {
	wanted, perNonce := map[string]bool{}, map[string]int{}
	for _, it := range rec.Intents {
		wanted[it.Instance] = true
		if it.Instance == "" {
			wanted[it.Launch.Nonce] = true
		}
	}
	for _, d := range rec.Books.Debts() {
		wanted[d.Replacement.Instance] = true
	}
	now, unwanted := c.cloud.Now(), map[string]time.Time{}
	for _, i := range c.cloud.Tagged(tagGroup, c.group) {
		nonce := i.Tags[tagLaunch]
		if nonce == "" || !c.ours(i.LaunchedBy) || i.State != "pending" && i.State != "running" {
			continue
		}
		if perNonce[nonce]++; perNonce[nonce] > max(c.asked[nonce], 1) {
			c.report(OnePer, "%d live instances carry the launch %s", perNonce[nonce], nonce)
		}
		if i.Group != "" || wanted[i.ID] || wanted[nonce] {
			continue
		}
		since, known := c.unwanted[i.ID]
		if known && now.Sub(since) > unwantedFor {
			c.report(Leak, "%s lives for %s though nothing wants it", i.ID, now.Sub(since).Round(time.Second))
			known = false
		}
		if !known {
			since = now
		}
		unwanted[i.ID] = since
	}
	c.unwanted = unwanted
}

// Net is how much of the group's desired capacity is ours, but for what is forgiven.
func (c *Checker) Net() int {
	g, _ := c.cloud.Group(c.group)
	return c.net(g)
}

func (c *Checker) net(g cloudsim.GroupView) int {
	if g.Net < 0 && !c.alone {
		return g.Net + min(c.below.total(), -g.Net)
	}
	return g.Net
}

// Voidable is how much of Net may stay, since nobody can tell that it is ours.
func (c *Checker) Voidable() int {
	if c.alone {
		return 0
	}
	return c.above.total()
}
