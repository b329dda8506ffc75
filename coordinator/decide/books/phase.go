package books

import "time"

// Phase is how far a debt has come.
type Phase string

// The phases of an open debt, and below them how one ends.
const (
	Attaching Phase = "attaching" // written before the attach call
	Attached  Phase = "attached"  // desired was raised by one for it
	Paying    Phase = "paying"    // written before the retire call
	// Undoing ends a debt whose attach is given up: the replacement is taken out of the group, if it is in. Where it is, and is needed or has left
	// by another hand, the debt is one like any other.
	Undoing Phase = "undoing"

	Paid    Phase = "paid"    // its victim was retired, and desired lowered by one
	Undone  Phase = "undone"  // its replacement was taken out, and desired lowered by one
	Void    Phase = "void"    // given up: nothing is lowered for it
	Dropped Phase = "dropped" // desired was never raised for it, or not for good
)

// Closed tells whether a debt in this phase is open no more.
func (p Phase) Closed() bool { return p == Paid || p == Undone || p == Void || p == Dropped }

// Event is what befalls a debt: a call of ours that is about to be sent, its answer, or what a read showed.
type Event string

// The events.
const (
	AttachSent     Event = "attach sent"
	AttachAnswered Event = "attach answered"
	AttachNotMade  Event = "attach not made"           // throttled, too late, or without room
	AttachUnclear  Event = "attach of several refused" // for the fault of one of them
	AttachRefused  Event = "attach refused"
	SeenAttached   Event = "seen attached" // listed as a member, or told by the activities
	AttachTimedOut Event = "attach timed out"
	NotServed      Event = "group not served"
	DiedBefore     Event = "died before the attach"
	AttachFailed   Event = "attach failed later" // though its call was answered: desired is set back with it
	PaymentSent    Event = "payment sent"
	PaymentDone    Event = "payment answered"
	PaymentNotMade Event = "payment not made" // throttled, too late, refused, or the victim is no member
	AtMinimum      Event = "desired is the minimum"
	SeenPaid       Event = "seen paid"  // told by the activities
	TakenBack      Event = "taken back" // its replacement left, and desired was lowered with it
	Retargeted     Event = "another victim"
	GivenUp        Event = "given up" // somebody set desired, or what happened cannot be told
	UndoSent       Event = "undo sent"
	UndoDone       Event = "undo answered"
	UndoNotMade    Event = "undo not made"
	NoMember       Event = "no member" // so that there is nothing to undo
)

// Transition is one row of the table.
type Transition struct {
	From  Phase
	Event Event
	To    Phase
}

// Transitions is the whole life of a debt. What is not in it changes nothing: an answer that comes late, to a debt that has gone on.
var Transitions = []Transition{
	{Attaching, AttachSent, Attaching},
	{Attaching, AttachNotMade, Attaching},
	{Attaching, AttachUnclear, Attaching},
	{Attaching, AttachAnswered, Attached},
	{Attaching, SeenAttached, Attached},
	{Attaching, DiedBefore, Dropped},
	{Attaching, AttachRefused, Undoing},
	{Attaching, AttachTimedOut, Undoing},
	{Attaching, NotServed, Undoing},

	{Attached, AttachFailed, Dropped},
	{Attached, PaymentSent, Paying},
	{Attached, SeenPaid, Paid},
	{Attached, TakenBack, Dropped},
	{Attached, Retargeted, Attached},
	{Attached, GivenUp, Void},

	{Paying, AttachFailed, Dropped},
	{Paying, PaymentSent, Paying},
	{Paying, PaymentDone, Paid},
	{Paying, PaymentNotMade, Attached},
	{Paying, AtMinimum, Void},
	{Paying, SeenPaid, Paid},
	{Paying, Retargeted, Attached},
	{Paying, GivenUp, Void},

	{Undoing, SeenAttached, Attached},
	{Undoing, UndoSent, Undoing},
	{Undoing, UndoNotMade, Undoing},
	{Undoing, UndoDone, Undone},
	{Undoing, AtMinimum, Void},
	{Undoing, GivenUp, Void},
	{Undoing, NoMember, Dropped},
}

// Next is the phase that follows, false where the event changes nothing.
func Next(from Phase, e Event) (Phase, bool) {
	for _, t := range Transitions {
		if t.From == from && t.Event == e {
			return t.To, true
		}
	}
	return from, false
}

// On tells a debt what befell it, and returns it as it is then. A debt that is closed by it is not in the books any more. It returns false
// where nothing changed, since there is no such debt, or none that the event could matter to.
func (b *Books) On(name string, e Event, now time.Time) (Debt, bool) {
	i := b.find(name)
	if i < 0 {
		return Debt{}, false
	}
	d := b.debts[i]
	to, ok := Next(d.Phase, e)
	if !ok {
		return d, false
	}
	d = d.stamped(e, now)
	d.Phase = to
	if to.Closed() {
		b.close(i, to)
	} else {
		b.debts[i] = d
	}
	return d, true
}

// stamped keeps the times by which a later look tells what a call may have done.
func (d Debt) stamped(e Event, now time.Time) Debt {
	switch e {
	case AttachSent:
		if d.Since = now; d.Sent.IsZero() {
			d.Sent = now
		}
	case AttachNotMade: // neither now, nor earlier
		d.Sent = time.Time{}
	case AttachRefused: // nor then, if it was sent no more than this once
		if d.Sent.Equal(d.Since) {
			d.Sent = time.Time{}
		}
		d.Since = now
	case AttachUnclear:
		d.Alone = true
	case UndoSent:
		d.Asked = now
	case UndoNotMade:
		d.Asked = time.Time{}
	case Retargeted:
	case PaymentNotMade:
		d.Since, d.Asked = now, time.Time{}
	default:
		d.Since = now
	}
	return d
}
