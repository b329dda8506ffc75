package books

import (
	"slices"
	"time"
)

// LeaseState says how far a lease has come.
type LeaseState string

// The states of a lease.
const (
	NoLease  LeaseState = ""
	Asked    LeaseState = "asked"    // written before the call that raises MaxSize
	Raised   LeaseState = "raised"   // that was answered
	Restored LeaseState = "returned" // the owner's value was given back, and answered; kept until no read can be older
)

// Lease is a MaxSize that we raised for a while.
type Lease struct {
	State  LeaseState
	Owner  int // what the owner had set
	Leased int // what we set
	// Tried is every value that was sent under this lease: a call that was not answered may have worked.
	Tried []int
	At    time.Time // of the last call
	Since time.Time // when MaxSize was first raised under this lease
}

// Open tells whether MaxSize is ours to give back.
func (l Lease) Open() bool { return l.State == Asked || l.State == Raised }

// Ours tells whether a MaxSize is one that we set.
func (l Lease) Ours(maxSize int) bool { return slices.Contains(l.Tried, maxSize) }

// Lease is the raised MaxSize.
func (b Books) Lease() Lease {
	l := b.lease
	l.Tried = slices.Clone(l.Tried)
	return l
}

// Borrow writes down that MaxSize is about to be raised above the owner's.
func (b *Books) Borrow(owner, need int, now time.Time) {
	l := Lease{State: Asked, Owner: owner, Leased: need, At: now, Since: now}
	if b.lease.Open() {
		l.Since = b.lease.Since
	}
	if owner == b.lease.Owner { // what was tried against another value of the owner's is nobody's any more
		l.Tried = slices.Clone(b.lease.Tried)
	}
	if !slices.Contains(l.Tried, need) {
		l.Tried = append(l.Tried, need)
	}
	b.lease = l
}

// RaiseAnswered notes that MaxSize was raised.
func (b *Books) RaiseAnswered(now time.Time) {
	if b.lease.State != NoLease {
		b.lease.State, b.lease.At = Raised, now
	}
}

// RaiseNotMade notes that the call which was to raise MaxSize was not made, or refused. What was never sent under this lease is nobody's: were it
// kept, an owner who sets that very number would be taken for us.
func (b *Books) RaiseNotMade() {
	if b.lease.State == Asked && b.lease.Since.Equal(b.lease.At) {
		b.EndLease()
	}
}

// RestoreAnswered notes that the owner's MaxSize was given back.
func (b *Books) RestoreAnswered(now time.Time) {
	if b.lease.State != NoLease {
		b.lease.State, b.lease.At = Restored, now
	}
}

// EndLease forgets the lease: MaxSize is the owner's, and every read says so.
func (b *Books) EndLease() { b.lease = Lease{} }
