package invariant

import (
	"time"

	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/ledger"
	"autospotting/pkg/cloudsim"
)

// books compares desired, MaxSize and the live instances with the ledger.
func (c *Checker) books(g cloudsim.GroupView) {
	rec, err := c.record()
	if err != nil {
		c.report(Debt, "the ledger cannot be read: %v", err)
		return
	}
	debts, lease := rec.Books.Debts(), rec.Books.Lease()
	if net := c.Net(); net-c.voidable > len(debts) || net < 0 {
		c.report(Debt, "desired %d is %d above the owner's by our hand, and %d debts are open", g.Desired, g.Net, len(debts))
	}
	if lease.State != books.NoLease && lease.Owner != c.ownerMax && lease.Ours(c.ownerMax) && g.Min <= lease.Owner && lease.Since.Sub(c.ownerMaxAt).Abs() <= c.race {
		c.ownerMax = lease.Owner // the owner named, while our read was on its way, the very number that we leased: nobody could hear it
	}
	if (lease.State == books.NoLease || lease.Owner == c.crossed) && g.Max == c.crossed {
		c.ownerMax = g.Max
	}
	if g.Max != c.ownerMax && !lease.Ours(g.Max) {
		c.report(MaxSize, "MaxSize is %d, the owner's is %d, and no lease says so", g.Max, c.ownerMax)
	}
	c.onePerVictim(rec)
	c.ownInstances(rec)
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
	}
	for _, d := range rec.Books.Debts() {
		nonces[d.Replacement.Nonce]++
	}
	for nonce, times := range nonces {
		if nonce != "" && times > 1 {
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
		wanted[it.Launch.Nonce] = true
	}
	for _, d := range rec.Books.Debts() {
		wanted[d.Replacement.Nonce] = true
	}
	now := c.cloud.Now()
	for _, i := range c.cloud.Instances() {
		nonce := i.Tags[tagLaunch]
		if i.Tags[tagGroup] != c.group || nonce == "" || i.Fleet == "" || i.State != "pending" && i.State != "running" {
			delete(c.unwanted, i.ID)
			continue
		}
		if perNonce[nonce]++; perNonce[nonce] > 1 {
			c.report(OnePer, "%d live instances carry the launch %s", perNonce[nonce], nonce)
		}
		if i.Group != "" || wanted[nonce] {
			delete(c.unwanted, i.ID)
			continue
		}
		since, known := c.unwanted[i.ID]
		switch {
		case !known:
			c.unwanted[i.ID] = now
		case now.Sub(since) > unwantedFor:
			c.report(Leak, "%s lives for %s though nothing wants it", i.ID, now.Sub(since).Round(time.Second))
			c.unwanted[i.ID] = now
		}
	}
}

// Net is how much of the group's desired capacity is ours, but for what nobody could have known.
func (c *Checker) Net() int {
	g, _ := c.cloud.Group(c.group)
	if g.Net < 0 {
		return g.Net + min(c.excused, -g.Net)
	}
	return g.Net
}

// Voidable is how much of Net somebody may have lowered with a change that names no number: nobody can tell, so nothing need be
// lowered for it.
func (c *Checker) Voidable() int { return c.voidable }

// OwnersMax is the MaxSize that the owner last set.
func (c *Checker) OwnersMax() int { return c.ownerMax }
