package view

import (
	"time"

	"autospotting/coordinator/decide/books"
)

// Certainty is how far the group's numbers (desired, MaxSize, its members) can be counted on.
type Certainty string

// The certainties.
const (
	Known   Certainty = "known"
	Old     Certainty = "old"     // the read is older than a call of ours
	Unknown Certainty = "unknown" // what would explain them could not be read
)

// Numbers tells how far the group's numbers can be counted on.
func (v *View) Numbers() Certainty {
	switch {
	case v.Old():
		return Old
	case v.Unread:
		return Unknown
	}
	return Known
}

// Old tells whether the read is older than a call of ours: nothing that counts on the group's numbers is begun on it. Each read is held by itself
// against what was answered lately, since reads need not come in order. One description shows members and desired as of one moment.
func (v *View) Old() bool {
	for d := range v.rec.Books.All() {
		if d.Phase == books.Undoing {
			return true
		}
	}
	return v.Behind()
}

// Behind is Old but for an attach that is being undone, which may change the numbers yet, and nothing that is known of them.
func (v *View) Behind() bool {
	for id, at := range v.rec.Retired {
		i := v.get(id)
		detached := !v.Mostly(at) && i.Lifecycle == "Detaching" // which our call does not make: it may be from before it
		if !v.Shown(at) && i.Listed && !i.Leaving() || detached {
			return true
		}
	}
	if v.beforeRetirement() {
		return true
	}
	for d := range v.rec.Books.All() {
		if v.unlisted(d) && !v.Shown(d.Since) {
			return true
		}
	}
	return false
}

// beforeRetirement tells whether desired is read as what it was before our last retirements. A victim that was on its way out already shows
// nothing of that, so that only the number tells.
func (v *View) beforeRetirement() bool {
	due, n := v.rec.Books.Due(), v.retiredJustNow()
	return due < v.Group.Desired && v.Group.Desired <= due+n
}

// retiredJustNow counts the retirements of ours that reads may not show yet.
func (v *View) retiredJustNow() int {
	n := 0
	for _, at := range v.rec.Retired {
		if !v.Mostly(at) {
			n++
		}
	}
	return n
}

// unlisted tells whether the read should show the debt's replacement as a member, and does not.
func (v *View) unlisted(d books.Debt) bool {
	s := v.get(d.Replacement.Instance)
	return d.Owed() && d.Kind != books.OverMax && !s.Listed && !s.Leaving() && !v.Ended(s.ID)
}

// Shown tells whether every read shows a call that was made at that time: what does not show was not done.
func (v *View) Shown(at time.Time) bool { return v.Since(at) >= shownAfter }

// Mostly tells whether reads as they usually are show a call that was made at that time.
func (v *View) Mostly(at time.Time) bool { return v.Since(at) >= mostlyAfter }

// Awaited tells whether an instance launched at that time may still come to be described.
func (v *View) Awaited(at time.Time) bool { return v.Since(at) < describedAfter }

// Overdue tells whether it is so long since that time that an instance that is still not described never will be.
func (v *View) Overdue(at time.Time) bool { return v.Since(at) > describedAfter }

// Unanswered tells whether a payment that was sent for the debt may still show.
func (v *View) Unanswered(d books.Debt) bool { return d.Phase == books.Paying && !v.Shown(d.Since) }

// Unpaid tells whether no payment of the debt is on its way: none was sent, or one that would show by now.
func (v *View) Unpaid(d books.Debt) bool { return d.Phase == books.Attached || v.Shown(d.Since) }

// MaybeBefore tells whether desired as it is read may be what it was before our own last calls took effect. Of one attach it is certain that it
// did: a read that lists the instance was made after it.
func (v *View) MaybeBefore() bool { return v.before(v.rec.Books.Due()) }

// NotYet tells whether desired is read as another number than the one expected, and may be what it was before our own last calls took effect.
func (v *View) NotYet(expected int) bool { return v.Group.Desired != expected && v.before(expected) }

func (v *View) before(expected int) bool {
	added := 0
	for d := range v.rec.Books.All() {
		if d.Owed() && !v.Mostly(d.Since) && !v.get(d.Replacement.Instance).Listed {
			added++
		}
	}
	return expected-added <= v.Group.Desired && v.Group.Desired <= expected+v.retiredJustNow()
}

// Listed counts the members in any state, those too that we retired just now and that an old read does not show.
func (v *View) Listed() int {
	n := 0
	for _, i := range v.all {
		if i.Listed {
			n++
		}
	}
	for id, at := range v.rec.Retired {
		if !v.Mostly(at) && !v.get(id).Listed {
			n++
		}
	}
	return n
}

// MaxSize is whose the group's MaxSize is, as it is read.
type MaxSize string

// The readings of MaxSize while a lease is open.
const (
	Lent    MaxSize = "lent"    // what we set it to
	Untold  MaxSize = "untold"  // perhaps from before our last call
	Owners  MaxSize = "owners"  // what the owner had set
	Changed MaxSize = "changed" // another number: the owner has set it since
)

// MaxSize tells whose the MaxSize is that was read, given the lease. A MinSize above the owner's MaxSize proves that the owner has set both since.
func (v *View) MaxSize() MaxSize {
	l, g := v.rec.Books.Lease(), v.Group
	switch {
	case v.lent(l):
		return Lent
	case g.Min <= l.Owner && (!v.Mostly(l.At) || !v.Shown(l.At) && g.Max == l.Owner): // the owner's own may be read for a minute, anything else for less
		return Untold
	case g.Max == l.Owner:
		return Owners
	}
	return Changed
}

// lent tells whether MaxSize is what we set it to. Once what we set must show, an earlier value that we tried is somebody's own.
func (v *View) lent(l books.Lease) bool {
	if l.State == books.Raised && v.Shown(l.At) {
		return v.Group.Max == l.Leased && v.Group.Min <= l.Owner
	}
	return l.Ours(v.Group.Max) && v.Group.Min <= l.Owner
}

// Room tells whether MaxSize is known to be raised to that size, though the read does not show it yet.
func (v *View) Room(size int) bool {
	l := v.rec.Books.Lease()
	return l.State == books.Raised && l.Leased >= size && !v.Shown(l.At)
}
