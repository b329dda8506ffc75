package invariant

import (
	"slices"
	"strings"
	"time"

	"autospotting/coordinator/decide/books"
	"autospotting/pkg/cloudsim"
)

// sizes are a group's numbers, and how much of desired is ours.
type sizes struct{ min, max, desired, net int }

func sizesOf(g cloudsim.GroupView) sizes { return sizes{g.Min, g.Max, g.Desired, g.Net} }

// change is an event, with the numbers before it and the group after it.
type change struct {
	cloudsim.Event
	mine bool
	was  sizes
	now  cloudsim.GroupView
}

// fell and rose tell whether we took something off desired, or added something to it.
func (ch change) fell() bool { return ch.mine && ch.now.Net < ch.was.net }
func (ch change) rose() bool { return ch.mine && ch.now.Net > ch.was.net }

// named tells whether somebody named desired, so that what it held of ours is theirs now.
func (ch change) named() bool { return !ch.mine && ch.now.Net == 0 && ch.was.net != 0 }

// moved tells whether somebody else changed desired without naming it, while some of it was ours, if perhaps less now: MinSize rose over a part.
func (ch change) moved() bool {
	return !ch.mine && ch.now.Net > 0 && ch.now.Net <= ch.was.net && ch.now.Desired != ch.was.desired
}

// owners tells whether the owner did it, or a schedule of theirs.
func (ch change) owners() bool { return ch.Actor == "owner" || ch.Actor == "schedule" }

// newlyBelow is how much less desired is than the owner's by this change alone.
func (ch change) newlyBelow() int { return max(0, -ch.now.Net) - max(0, -ch.was.net) }

// sizes keeps apart what is the owner's of the three sizes and what is ours.
func (c *Checker) sizes(ch change) {
	if ch.mine && ch.now.Min != ch.was.min {
		c.report(MaxSize, "%s changed MinSize from %d to %d", ch.Actor, ch.was.min, ch.now.Min)
	}
	if !ch.mine && (ch.Kind == cloudsim.Pending || ch.Kind == cloudsim.Terminating) {
		c.movedAt = ch.At
	}
	if ch.named() {
		c.naming(ch)
	}
	c.grant(ch)
	if !ch.mine && ch.now.Desired != ch.was.desired {
		c.resizedAt = ch.At
	}
	c.above = c.above.trimmed(ch.now.Net)
	c.was = sizesOf(ch.now)
}

// grant asks every row how much of desired it forgives from this change on.
func (c *Checker) grant(ch change) {
	for i := range Forgivenesses {
		switch r := &Forgivenesses[i]; {
		case r.above != nil:
			if n := r.above(c, ch); n > 0 {
				c.above = append(c.above, pardon{row: r, amount: n})
			}
		case r.below != nil:
			if n := r.below(c, ch); n > 0 {
				c.below = slices.Insert(c.below, 0, pardon{row: r, amount: n})
			}
		}
	}
}

// naming is somebody's word on desired: what of it was ours, what it was, and what was forgiven, before.
type naming struct {
	net, desired int
	at           time.Time
	silent       bool
	unused       pardons
	back         bool // it was named back since
}

// naming begins a new account. What was forgiven so far goes on only where nobody could hear the word.
func (c *Checker) naming(ch change) {
	used := c.below.total() - c.below.unused().total() // so much was missing, and was forgiven, beside what was ours
	n := naming{net: ch.was.net + used, desired: ch.was.desired, at: ch.At, silent: len(presence(ch.now)) == ch.now.Desired || ch.now.Desired == ch.was.desired, unused: c.below.unused()}
	c.below = nil
	if n.silent {
		c.below = n.unused
	}
	c.named = n
}

// untraced tells whether desired is what it was before it was last named, and the group did nothing meanwhile.
func (c *Checker) untraced(ch change) bool {
	n := c.named
	return n.net > 0 && !n.back && ch.now.Desired == n.desired && c.movedAt.Before(n.at)
}

// The rows of the table that forgive a desired capacity that is too low by our hand.

func (c *Checker) unseenResize(ch change) int {
	if ch.fell() && c.justBefore(ch.At, c.others) {
		return ch.newlyBelow()
	}
	return 0
}

func (c *Checker) overMax(ch change) int {
	if !ch.fell() || c.justBefore(ch.At, c.others) || ch.now.Desired < c.ownerMax {
		return 0
	}
	// While an attach is open on top of it, desired is not below the owner's yet: it will be when that is paid, whatever MaxSize is then.
	if rec, err := c.record(); err == nil && ch.was.desired-ch.was.net > c.ownerMax && slices.ContainsFunc(rec.Books.Debts(), func(d books.Debt) bool {
		return d.Kind == books.OverMax && d.Phase == books.Paying
	}) {
		return ch.was.net - ch.now.Net
	}
	return ch.newlyBelow()
}

func (c *Checker) silentNaming(ch change) int {
	if ch.named() && c.named.silent {
		return c.named.net
	}
	return 0
}

func (c *Checker) namedBack(ch change) int {
	if ch.mine || ch.now.Net != 0 || ch.now.Desired == ch.was.desired || !c.untraced(ch) {
		return 0
	}
	c.named.back = true
	if c.named.silent { // then it was forgiven at once
		return 0
	}
	return c.named.net + c.named.unused.total()
}

func (c *Checker) clamped(ch change) int {
	if ch.fell() && ch.now.Max < ch.was.max && c.justBefore(ch.At, c.others) {
		return max(0, ch.was.net) - max(0, ch.now.Net)
	}
	return 0
}

func (c *Checker) clampedBack(ch change) int {
	if !ch.fell() || ch.now.Max >= ch.was.max || !c.justBefore(ch.At, c.others) || !c.untraced(ch) {
		return 0
	}
	c.named.back = true
	if c.named.silent {
		return 0
	}
	return c.named.net
}

// The rows that forgive one that is too high.

func (c *Checker) lowered(ch change) int {
	if ch.moved() && !ch.owners() && ch.now.Desired < ch.was.desired {
		return ch.now.Net - c.above.total()
	}
	return 0
}

func (c *Checker) constrained(ch change) int {
	if ch.moved() && ch.owners() {
		return ch.now.Net - c.above.total()
	}
	return 0
}

func (c *Checker) grown(ch change) int {
	if ch.rose() && (ch.now.Max != ch.was.max || !c.attaching()) && c.justBefore(ch.At, c.movedAt) {
		return ch.now.Net - c.above.total()
	}
	return 0
}

// attaching tells whether an attach is written down: without one, it was no attach by which desired rose, but a MaxSize that was sent (again).
func (c *Checker) attaching() bool {
	rec, err := c.record()
	return err != nil || slices.ContainsFunc(rec.Books.Debts(), func(d books.Debt) bool { return d.Phase == books.Attaching })
}

func (c *Checker) attachCrossed(ch change) int {
	if ch.rose() && (c.justBefore(ch.At, c.resizedAt) || c.sentBefore(c.resizedAt)) {
		return ch.now.Net - ch.was.net
	}
	return 0
}

// sentBefore tells whether an attach that is not answered was written down as sent before that time: it may have taken effect then.
func (c *Checker) sentBefore(t time.Time) bool {
	rec, err := c.record()
	return err == nil && slices.ContainsFunc(rec.Books.Debts(), func(d books.Debt) bool {
		return d.Phase == books.Attaching && !d.Sent.IsZero() && d.Sent.Before(t)
	})
}

func leaving(m cloudsim.MemberView) bool {
	return strings.HasPrefix(m.State, "Terminating") || m.State == "Detaching"
}
