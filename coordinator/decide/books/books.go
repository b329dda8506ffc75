// Package books keeps what we owe a group: by how much its desired capacity is higher by our hand (debts), what it would be without us (the
// base), what was read of it and is not believed yet (the doubt), and a raised MaxSize (the lease). It is pure arithmetic on what its callers saw
// and did, and the only writer of these four: whoever reads a group, or calls AWS, tells the books by an event.
//
// A debt says nothing of how its replacement fares. That is watched apart from it (docs/protocol.md, 13a).
package books

import (
	"iter"
	"slices"
	"time"
)

// Books is the value; the zero value owes nothing. Copies share their debts until Clone.
type Books struct {
	base  int
	debts []Debt
	doubt Doubt
	lease Lease
}

// Clone returns a copy that shares nothing with b.
func (b Books) Clone() Books {
	b.debts = slices.Clone(b.debts)
	b.lease.Tried = slices.Clone(b.lease.Tried)
	return b
}

// Base is what desired would be without our open debts. It means something only while one is open.
func (b Books) Base() int { return b.base }

// Debts lists the open debts, oldest first.
func (b Books) Debts() []Debt { return slices.Clone(b.debts) }

// All goes through the open debts, oldest first, without a copy of them: nothing may be written while it does.
func (b Books) All() iter.Seq[Debt] { return slices.Values(b.debts) }

// Any tells whether a debt is open, in whatever phase.
func (b Books) Any() bool { return len(b.debts) > 0 }

// Owed counts the debts for which desired is raised.
func (b Books) Owed() int {
	n := 0
	for _, d := range b.debts {
		if d.Owed() {
			n++
		}
	}
	return n
}

// Due is what desired should be: the base, and one for each debt that is owed.
func (b Books) Due() int { return b.base + b.Owed() }

// Attaching tells whether a debt is open of which it is not known yet whether it raises desired.
func (b Books) Attaching() bool {
	return slices.ContainsFunc(b.debts, func(d Debt) bool { return d.Phase == Attaching || d.Phase == Undoing })
}

// MaybeAttached tells whether an attach was sent, or is being undone, of which it is not known whether it raised desired.
func (b Books) MaybeAttached() bool {
	return slices.ContainsFunc(b.debts, func(d Debt) bool { return d.Phase == Undoing || d.Phase == Attaching && !d.Sent.IsZero() })
}

// Replacing tells whether the instance was attached for an open debt.
func (b Books) Replacing(id string) bool {
	return id != "" && slices.ContainsFunc(b.debts, func(d Debt) bool { return d.Replacement.Instance == id })
}

// Retiring tells whether an open debt is paid by retiring the instance.
func (b Books) Retiring(id string) bool {
	return id != "" && slices.ContainsFunc(b.debts, func(d Debt) bool { return d.Victim == id })
}

// Open writes down a replacement that is about to be attached. A base is taken from desired as read where no other debt is open.
func (b *Books) Open(r Replacement, victim string, desired int, now time.Time) {
	if len(b.debts) == 0 {
		b.base, b.doubt = desired, Doubt{}
	}
	b.debts = append(b.debts, Debt{Replacement: r, Phase: Attaching, At: now, Since: now, Why: string(r.Purpose)}.forVictim(victim))
}

// OpenOverMax writes down that desired, as read, is one more than its owner allows, and who is retired for it.
func (b *Books) OpenOverMax(victim string, desired int, why string, now time.Time) {
	b.debts = append(b.debts, Debt{Kind: OverMax, Victim: victim, Phase: Attached, At: now, Since: now, Why: why})
	b.Rebase(desired)
}

// Rebase takes desired as read for what its owner wants, but for what is owed.
func (b *Books) Rebase(desired int) { b.base = desired - b.Owed() }

// Raise takes note that the owner cannot want desired to be lower than least. It returns the debts that are void by it, the last opened first.
func (b *Books) Raise(least int) []Debt {
	var void []Debt
	for i := lastOwed(b.debts); i >= 0 && b.base < least; i = lastOwed(b.debts) {
		d := b.debts[i]
		b.close(i, Void)
		void = append(void, d)
	}
	return void
}

func lastOwed(debts []Debt) int {
	for i, d := range slices.Backward(debts) {
		if d.Owed() {
			return i
		}
	}
	return -1
}

// Void gives up the owed debts that over names, and returns them.
func (b *Books) Void(over func(Debt) bool) []Debt {
	var void []Debt
	for i := 0; i < len(b.debts); i++ {
		if d := b.debts[i]; d.Owed() && over(d) {
			void = append(void, d)
			b.close(i, Void)
			i--
		}
	}
	return void
}

// SetBack closes all that is owed after desired was set back to the base.
func (b *Books) SetBack() {
	for i := 0; i < len(b.debts); i++ {
		if b.debts[i].Owed() {
			b.close(i, Paid)
			i--
		}
	}
}

// close takes a debt out of the books. What a void one added to desired is the owner's from now on, so that what is due stays the same; for a
// paid one desired was lowered, and what is due falls by itself. A doubt ends with the last debt: it is about nothing else, so that nobody could
// answer it any more.
func (b *Books) close(i int, how Phase) {
	if how == Void && b.debts[i].Owed() {
		b.base++
	}
	closed := b.debts[i]
	b.debts = append(b.debts[:i:i], b.debts[i+1:]...)
	if how == Paid && closed.Kind == Exchange {
		b.inherit(closed)
	}
	if len(b.debts) == 0 {
		b.doubt = Doubt{}
	}
}

// inherit puts the replacement of a paid debt in the place of its victim, where that one was itself a replacement whose debt is open: it stands for
// the first victim now.
func (b *Books) inherit(paid Debt) {
	i := slices.IndexFunc(b.debts, func(d Debt) bool { return d.Owed() && d.Replacement.Instance == paid.Victim })
	if i < 0 {
		return
	}
	d := b.debts[i]
	purpose := d.Replacement.Purpose
	d.Replacement = paid.Replacement
	d.Replacement.Purpose = purpose
	if d.Phase == Attached { // reads may not show the new one yet
		d.Since = slices.MaxFunc([]time.Time{d.Since, paid.Sent}, time.Time.Compare)
	}
	b.debts[i] = d.forVictim(d.Victim)
}
