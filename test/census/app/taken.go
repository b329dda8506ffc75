package app

import "time"

// takenOnes are what there is once for each instance that the owner wants, in the order in which a script takes them.
var takenOnes = []Need{Volume, Interface, Address, Route, DNS}

// takeAll takes what the application needs, and goes on when it has it all.
func (a *Application) takeAll(n *node, until time.Time, then func()) {
	for _, need := range takenOnes {
		if !a.spec.needs(need) || a.holds(need, n) {
			continue
		}
		if n.lacks = ""; a.take(need, n) {
			continue
		}
		n.lacks = need
		if !a.cloud.Now().Before(until) {
			a.fail(n, need, "never got what somebody else held")
			return
		}
		n.g.After(takeRetry, func() { a.takeAll(n, until, then) })
		return
	}
	then()
}

func (a *Application) holds(need Need, n *node) bool {
	for _, h := range a.held[need] {
		if h == n {
			return true
		}
	}
	return false
}

// take gets the instance one of a kind. Where none is free, an address, a route and a name are taken from the oldest that holds one, which has no
// traffic from then on. A volume and an interface can be had only when nobody has them.
func (a *Application) take(need Need, n *node) bool {
	holders := a.held[need]
	for k, h := range holders {
		if h.ended {
			holders[k] = n
			return true
		}
	}
	if len(holders) < max(1, a.wanted()) {
		a.held[need] = append(holders, n)
		return true
	}
	if need == Volume || need == Interface {
		return false
	}
	old := holders[0]
	a.held[need] = append(holders[1:], n)
	if n.mine && !old.leaving && (old.up || old.robbed) {
		a.harm(need, n, "took what %s still served with", old.id)
	}
	old.up, old.robbed = false, old.up || old.robbed
	old.g.Serve(false)
	return true
}

// license counts the instances that hold one. Each is given back when its instance ends.
func (a *Application) license(n *node) {
	a.held[License] = append(a.held[License], n)
	live := 0
	for _, h := range a.held[License] {
		if !h.ended {
			live++
		}
	}
	if most := max(1, a.wanted()); live > most && n.mine {
		a.harm(License, n, "took a license more than there are: %d hold one of %d", live, most)
	}
}

// join makes the instance a voter. A cluster removes a dead voter when another comes in its place.
func (a *Application) join(n *node) {
	live, dead := 0, -1
	for k, v := range a.votes {
		if v.ended {
			dead = k
		} else {
			live++
		}
	}
	if most := a.wanted(); live >= most && n.mine {
		a.harm(Quorum, n, "joined as voter %d of a cluster of %d", live+1, most)
	}
	if dead >= 0 {
		a.votes[dead] = n
		return
	}
	a.votes = append(a.votes, n)
}

// majority looks whether a cluster that loses a voter by the coordinator's hand can still decide.
func (a *Application) majority(lost *node) {
	voter, serving := false, 0
	for _, v := range a.votes {
		voter = voter || v == lost
		if v != lost && v.up && !v.ended && !v.taken {
			serving++
		}
	}
	if voter && serving < len(a.votes)/2+1 {
		a.harm(Quorum, lost, "was retired, and %d of %d voters are left", serving, len(a.votes))
	}
}
