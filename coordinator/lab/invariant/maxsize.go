package invariant

import (
	"time"

	"autospotting/coordinator/decide/books"
	"autospotting/pkg/cloudsim"
)

// room is the most that MaxSize may be raised to: what the attaches that are open need, or the members that there are.
type room struct {
	now, before int
	fell        time.Time // from before to now
}

// roomFor tells how far MaxSize may be raised at this event: to the members that there are, or desired, and one for each attach that waits. What they were
// so short before that a read may still show it counts.
func (c *Checker) roomFor(ch change) int {
	live := 0
	for _, m := range ch.now.Members {
		if !leaving(m) && m.State != "Standby" && (m.Instance.State == "pending" || m.Instance.State == "running") {
			live++
		}
	}
	need, waiting := len(ch.now.Members)+max(0, ch.now.Desired-live), 0 // what it lacks, the group may launch at any moment
	if rec, err := c.record(); err == nil {
		for _, d := range rec.Books.Debts() {
			if d.Phase == books.Attaching || d.Phase == books.Undoing {
				waiting++
			}
		}
		for _, m := range ch.now.Members {
			if _, doomed := rec.Notices[m.ID]; doomed && m.State == "InService" {
				need++ // the group may launch in its place at any moment
			}
		}
		need = max(need, rec.Books.Due())
	}
	r := &c.room
	recent := ch.At.Sub(r.fell) <= leftLately+c.race
	if need < r.now {
		if !recent || r.now > r.before {
			r.before = r.now
		}
		r.fell, recent = ch.At, true
	}
	if r.now = need; recent {
		need = max(need, r.before)
	}
	return need + waiting
}

// leftLately is how long a member that we retired is counted though no read shows it any more: reads need not come in order.
const leftLately = 20 * time.Second

// borrowed holds a raise of MaxSize against what it is needed for.
func (c *Checker) borrowed(ch change) {
	may := c.roomFor(ch)
	if ch.mine && ch.Kind == cloudsim.SizeChanged && ch.now.Max > ch.was.max && ch.now.Max > max(may, c.ownerMax) {
		c.report(MaxSize, "%s raised MaxSize from %d to %d, and %d is enough", ch.Actor, ch.was.max, ch.now.Max, may)
	}
}

// ownersWord keeps what the owner last set MaxSize to. Who names MinSize above it has named MaxSize as well, though to the number that
// it has by our hand.
func (c *Checker) ownersWord(ch change) {
	if !ch.mine && (ch.now.Max != ch.was.max || ch.now.Min > c.ownerMax) {
		c.ownerMax, c.ownerMaxAt = ch.now.Max, ch.At
	}
}

// passes asks every row whether another MaxSize has to pass for the owner's from now on.
func (c *Checker) passes(ch change) {
	if !bookkeeping(ch.Kind) && ch.now.Max == ch.was.max {
		return
	}
	rec, err := c.record()
	if err != nil {
		return // maxSize reports it
	}
	for i := range Forgivenesses {
		r := &Forgivenesses[i]
		if r.owners == nil {
			continue
		}
		if n, ok := r.owners(c, ch, rec.Books.Lease()); ok && n != c.ownerMax && c.forgives(r, "the owner's MaxSize is lost") {
			c.ownerMax = n
		}
	}
}

// maxCrossed: the owner's last word crossed our call.
func (c *Checker) maxCrossed(ch change, l books.Lease) (int, bool) {
	if !ch.mine || ch.now.Max == ch.was.max || l.State == books.NoLease || !c.justBefore(ch.At, c.ownerMaxAt) {
		return 0, false
	}
	if l.Owner != c.ownerMax {
		c.crossed = ch.now.Max
	}
	return l.Owner, true
}

// crossedTaken: what came of that is left standing, by a lease that is over or that takes it for the owner's.
func (c *Checker) crossedTaken(ch change, l books.Lease) (int, bool) {
	return c.crossed, c.crossed > 0 && ch.now.Max == c.crossed && (l.State == books.NoLease || l.Owner == c.crossed)
}

// namedOurMax: the owner named, while our read was on its way, the very number that we leased.
func (c *Checker) namedOurMax(ch change, l books.Lease) (int, bool) {
	ours := l.State != books.NoLease && l.Ours(c.ownerMax) && ch.now.Min <= l.Owner
	return l.Owner, ours && (l.Since.Sub(c.ownerMaxAt).Abs() <= c.race || l.At.Sub(c.ownerMaxAt).Abs() <= c.race) // raised, or some of it given back
}

// maxSize holds MaxSize against the owner's and the lease.
func (c *Checker) maxSize(current int, l books.Lease) {
	if current != c.ownerMax && !l.Ours(current) {
		c.report(MaxSize, "MaxSize is %d, the owner's is %d, and no lease says so%s", current, c.ownerMax, unforgiven([]string{"crossed", "crossed-taken", "named-our-max"}))
	}
}

// OwnersMax is the MaxSize that the owner last set.
func (c *Checker) OwnersMax() int { return c.ownerMax }
