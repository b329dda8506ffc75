package invariant

import (
	"slices"
	"time"

	"autospotting/coordinator/ledger"
	"autospotting/pkg/cloudsim"
)

const (
	// lateWithin is how long after it went in service a replacement fails late.
	lateWithin = 30 * time.Minute
	// knownWithin is how long nobody need know of it: the activities are read at the next look, which is a tick's, and that one may be lost.
	knownWithin = 10 * time.Minute
)

// budget holds what protocol.md allows an hour of: replacements that fail late, and spot that is moved to other spot. What is begun before a
// failure is known is free, so that the first swaps of a group cost nothing.
type budget struct {
	begun  map[string]begun     // the gradual launches of spot, by instance
	fresh  map[string]time.Time // those in service, since when
	failed []time.Time
	who    map[string]time.Time // of failed, by instance
	known  []time.Time          // of failed, of those that were begun when a failure of the hour before was known
	moved  []time.Time
	since  time.Time // when the group was last opted in or out
	most   int       // as of now
	was    int       // and until when somebody may have read another
	until  time.Time
}

// begun is a gradual launch, and what the budget was then.
type begun struct {
	at   time.Time
	most int
}

// most is the budget: the larger of the swaps at once and a tenth of the size. What is forgiven to stay in desired is the owner's size by now.
func (c *Checker) most(g cloudsim.GroupView) int {
	size := g.Desired - max(0, c.Net()-c.above.total())
	return max(1, AtOnce(g.Tags["autospotting:swaps-at-once"], size), size/10)
}

// late follows the replacements that were begun gradually until they have lasted, and holds those that failed against the budget.
func (c *Checker) late(ch change) {
	b, id := &c.budget, ch.Instance
	if c.wish.enabledAt.After(b.since) { // opted out, and perhaps in again: the record is gone
		b.failed, b.known, b.moved, b.since = nil, nil, nil, c.wish.enabledAt
	}
	if most := c.most(ch.now); most < b.most {
		b.was, b.until, b.most = b.most, ch.At.Add(c.race), most
	} else {
		b.most = most
	}
	if ch.mine && (ch.Kind == cloudsim.SizeChanged || ch.Kind == cloudsim.Terminating) {
		c.taken(ch.At)
	}
	if id == "" {
		return
	}
	if ch.mine && ch.Kind == cloudsim.Launched {
		c.begins(ch)
	}
	start, ours := b.begun[id]
	if !ours {
		return
	}
	switch ch.Kind {
	case cloudsim.InService:
		b.fresh[id] = ch.At
	case cloudsim.Unhealthy:
		c.failedLate(ch, start)
	case cloudsim.Stopping:
		if ch.Actor == "ec2" { // by itself
			c.failedLate(ch, start)
		}
		delete(b.fresh, id)
	case cloudsim.Notice:
		delete(b.fresh, id)
		b.unfail(id)
	case cloudsim.Terminating:
		delete(b.fresh, id)
	}
}

// taken takes back the failures of those that we retire in the moment in which they are found: the answer to our call is that they go by our hand, and
// who reads it has no reason to look for another.
func (c *Checker) taken(now time.Time) {
	for id, at := range c.budget.who {
		if c.justBefore(now, at) {
			if rec, err := c.record(); err == nil && rec.Books.Retiring(id) {
				c.budget.unfail(id)
			}
		}
	}
}

// unfail takes back that an instance failed: AWS took it before anybody had looked, and then nobody can tell which came first.
func (b *budget) unfail(id string) {
	same := func(at time.Time) bool { return at.Equal(b.who[id]) }
	b.failed, b.known = slices.DeleteFunc(b.failed, same), slices.DeleteFunc(b.known, same)
}

// begins notes a gradual launch of spot. None is begun where the budget is known to be spent.
func (c *Checker) begins(ch change) {
	i, ok := c.cloud.Instance(ch.Instance)
	rec, err := c.record()
	if !ok || err != nil || !i.Spot || i.Tags[tagGroup] != c.group {
		return
	}
	n := slices.IndexFunc(rec.Intents, func(it ledger.Intent) bool { return it.Launch.Nonce == i.Tags[tagLaunch] })
	if n < 0 || rec.Intents[n].Purpose != ledger.Swap {
		return
	}
	b, most := &c.budget, c.most(ch.now)
	if !ch.At.After(b.until) { // who decided it may not have seen yet that the group became smaller
		most = max(most, b.was)
	}
	b.begun[i.ID] = begun{ch.At, most}
	spent := within(b.failed, ch.At.Add(-time.Hour), ch.At.Add(-knownWithin))
	if victim, _ := c.cloud.Instance(rec.Intents[n].Victim); victim.Spot {
		spent += within(b.moved, ch.At.Add(c.race-time.Hour), ch.At) // the hour counts from when it was decided
		b.moved = append(b.moved, ch.At)
	}
	if spent >= most {
		c.report(Budget, "%s is launched for a swap though %d of %d replacements that may failed late or were moved within the hour", i.ID, spent, most)
	}
}

// failedLate counts a replacement that was found unhealthy, or died by itself, before it had lasted.
func (c *Checker) failedLate(ch change, start begun) {
	b := &c.budget
	since, fresh := b.fresh[ch.Instance]
	delete(b.fresh, ch.Instance)
	if !fresh || ch.At.Sub(since) >= lateWithin {
		return
	}
	if within(b.failed, start.at.Add(-time.Hour), start.at.Add(-knownWithin)) > 0 {
		b.known = append(b.known, ch.At)
	}
	b.failed = append(b.failed, ch.At)
	b.who[ch.Instance] = ch.At
	if n, most := within(b.known, ch.At.Add(-time.Hour), ch.At), max(start.most, c.most(ch.now)); n > most {
		c.report(Budget, "%d replacements failed late within the hour that were begun when the first was known, and %d may", n, most)
	}
}

// within counts the times after the one and up to the other.
func within(list []time.Time, after, upTo time.Time) int {
	n := 0
	for _, t := range list {
		if t.After(after) && !t.After(upTo) {
			n++
		}
	}
	return n
}
