package books

import (
	"slices"
	"time"
)

// Purpose says why an instance is launched.
type Purpose string

// The purposes of a launch.
const (
	// Swap replaces a healthy on-demand instance by spot, in no hurry.
	Swap Purpose = "swap"
	// Replace stands in for an instance that AWS is taking.
	Replace Purpose = "replace"
	// Return replaces spot by on-demand, in no hurry: the owner keeps more of it, or is not served any more.
	Return Purpose = "return"
	// Fill stands in for an instance that the group itself fails to launch.
	Fill Purpose = "fill"
)

// Gradual tells whether nobody waits for a launch of this purpose.
func (p Purpose) Gradual() bool { return p == Swap || p == Return }

// Replacement is an instance of ours that was launched for a group.
type Replacement struct {
	Instance, Type, Zone string
	Nonce                string // of its launch
	SourceHash           string // of what the owner's template said when it was launched
	Spot                 bool
	Purpose              Purpose
	Victim               string    // for whom it was launched
	At                   time.Time // when that was decided
}

// Kind says what a debt is about.
type Kind string

// The kinds of debts.
const (
	// Exchange is paid by retiring a victim whose replacement was attached.
	Exchange Kind = "exchange"
	// Waiting is an exchange whose victim is still to come, or to be chosen.
	Waiting Kind = "waiting"
	// Reversal is paid by retiring the replacement itself: what it was attached for stays.
	Reversal Kind = "reversal"
	// OverMax has no replacement: desired is above the owner's MaxSize, and its victim is one member of our choice.
	OverMax Kind = "over-max"
)

// Debt is one that our attach added to a group's desired capacity and that is to be taken off again.
type Debt struct {
	Kind        Kind
	Replacement Replacement // zero where desired is above the owner's MaxSize
	Victim      string      // whom the payment retires; empty while waiting
	Phase       Phase
	At          time.Time // when opened
	Since       time.Time // when the phase began, or its call was last sent
	Why         string
	// Sent is when the attach was first sent that may have taken effect.
	Sent time.Time
	// Alone has its attach sent by itself, since a call for several is refused for the fault of one.
	Alone bool
	// Asked is when it was last asked to undo an attach that is given up; zero where that was refused.
	Asked time.Time
	// Missed is when the victim was first found gone while its debt was unpaid.
	Missed time.Time
}

// Owed tells whether desired is known to be raised for this debt.
func (d Debt) Owed() bool { return d.Phase == Attached || d.Phase == Paying }

// ForSpot tells whether a victim is retired for spot, or for nothing: then what the owner keeps on-demand has to be left.
func (d Debt) ForSpot() bool { return d.Kind == OverMax || d.Replacement.Spot }

// Name tells the debt from the others of its group: the replacement's id, one over MaxSize by its victim's.
func (d Debt) Name() string {
	if d.Kind == OverMax {
		return "over-max " + d.Victim
	}
	return d.Replacement.Instance
}

// forVictim is the debt with another victim, and the kind that follows from it.
func (d Debt) forVictim(victim string) Debt {
	d.Victim = victim
	switch {
	case d.Kind == OverMax:
	case victim == "":
		d.Kind = Waiting
	case victim == d.Replacement.Instance:
		d.Kind = Reversal
	default:
		d.Kind = Exchange
	}
	return d
}

// find gives the place of a debt by its name, -1 where it is not open.
func (b Books) find(name string) int {
	return slices.IndexFunc(b.debts, func(d Debt) bool { return d.Name() == name })
}

// Debt finds an open debt by its name.
func (b Books) Debt(name string) (Debt, bool) {
	if i := b.find(name); i >= 0 {
		return b.debts[i], true
	}
	return Debt{}, false
}

// Retarget gives an owed debt another victim; empty waits for one. Whatever payment was asked for counts no more.
func (b *Books) Retarget(name, victim string) {
	i := b.find(name)
	if i < 0 || !b.debts[i].Owed() {
		return
	}
	d := b.debts[i].forVictim(victim)
	d.Phase, _ = Next(d.Phase, Retargeted)
	d.Missed = time.Time{}
	b.debts[i] = d
}

// Miss notes when the victim was first found gone, and returns that time.
func (b *Books) Miss(name string, now time.Time) time.Time {
	i := b.find(name)
	if i < 0 {
		return now
	}
	if b.debts[i].Missed.IsZero() {
		b.debts[i].Missed = now
	}
	return b.debts[i].Missed
}

// Found notes that the victim is there (again).
func (b *Books) Found(name string) {
	if i := b.find(name); i >= 0 {
		b.debts[i].Missed = time.Time{}
	}
}
