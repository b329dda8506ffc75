package books

import (
	"fmt"
	"slices"
	"time"
)

// Stored is the form in which the ledger keeps the books. Its names are those of the first release, so that a version before or after this one
// reads what the other wrote.
type Stored struct {
	Pairs    []StoredDebt `json:"pairs,omitempty"`
	Desired0 int          `json:"desired0,omitempty"`
	Doubt    StoredDoubt  `json:"doubt,omitzero"`
	Lease    *StoredLease `json:"lease,omitempty"`
}

// StoredDebt is a Debt as it is kept.
type StoredDebt struct {
	Kind   Kind         `json:"kind,omitempty"`
	Intent StoredLaunch `json:"intent"`
	Victim string       `json:"victim"`
	Phase  Phase        `json:"phase"`
	At     time.Time    `json:"at"`
	Since  time.Time    `json:"since"`
	Why    string       `json:"why,omitempty"`
	Sent   time.Time    `json:"sent,omitzero"`
	Alone  bool         `json:"alone,omitempty"`
	Asked  time.Time    `json:"asked,omitzero"`
	Missed time.Time    `json:"missed,omitzero"`
}

// StoredLaunch is a Replacement as it is kept: as the launch that it came from.
type StoredLaunch struct {
	Purpose  Purpose     `json:"purpose"`
	Victim   string      `json:"victim"`
	Zone     string      `json:"zone"`
	Launch   StoredNonce `json:"launch"`
	At       time.Time   `json:"at"`
	Instance string      `json:"instance,omitempty"`
	Type     string      `json:"type,omitempty"`
}

// StoredNonce is what is kept of the request.
type StoredNonce struct {
	Nonce      string `json:"nonce"`
	Spot       bool   `json:"spot"`
	SourceHash string `json:"source_hash"`
}

// StoredDoubt is a Doubt as it is kept.
type StoredDoubt struct {
	More  int       `json:"more"`
	Since time.Time `json:"since"`
	Back  bool      `json:"back,omitempty"`
	Old   bool      `json:"old,omitempty"`
}

// StoredLease is a Lease as it is kept.
type StoredLease struct {
	Owner    int       `json:"owner"`
	Leased   int       `json:"leased"`
	Tried    []int     `json:"tried,omitempty"`
	Raised   bool      `json:"raised,omitempty"`
	Returned bool      `json:"returned,omitempty"`
	At       time.Time `json:"at"`
	Since    time.Time `json:"since,omitzero"`
}

// Store gives the form to be kept.
func (b Books) Store() Stored {
	s := Stored{Desired0: b.base}
	for _, d := range b.debts {
		r := d.Replacement
		s.Pairs = append(s.Pairs, StoredDebt{Kind: d.Kind, Victim: d.Victim, Phase: d.Phase, At: d.At, Since: d.Since, Why: d.Why, Sent: d.Sent,
			Alone: d.Alone, Asked: d.Asked, Missed: d.Missed,
			Intent: StoredLaunch{Purpose: r.Purpose, Victim: r.Victim, Zone: r.Zone, At: r.At, Instance: r.Instance, Type: r.Type,
				Launch: StoredNonce{Nonce: r.Nonce, Spot: r.Spot, SourceHash: r.SourceHash}}})
	}
	if d := b.doubt; d.State != NoDoubt {
		s.Doubt = StoredDoubt{More: d.More, Since: d.Since, Back: d.State == Back, Old: d.State == MaybeOld}
	}
	if l := b.lease; l.State != NoLease {
		s.Lease = &StoredLease{Owner: l.Owner, Leased: l.Leased, Tried: slices.Clone(l.Tried), At: l.At, Since: l.Since,
			Raised: l.State == Raised || l.State == Restored, Returned: l.State == Restored}
	}
	return s
}

// Load reads the form that is kept. A debt in a phase that this version does not know is an error: nothing may be lowered on a guess.
func Load(s Stored) (Books, error) {
	b := Books{base: s.Desired0}
	for n, p := range s.Pairs {
		switch p.Phase {
		case Attaching, Attached, Paying, Undoing:
		default:
			return Books{}, fmt.Errorf("pair %d of the record is in the phase %q, which this version does not know", n, p.Phase)
		}
		i := p.Intent
		d := Debt{Kind: p.Kind, Phase: p.Phase, At: p.At, Since: p.Since, Why: p.Why, Sent: p.Sent, Alone: p.Alone, Asked: p.Asked, Missed: p.Missed,
			Replacement: Replacement{Instance: i.Instance, Type: i.Type, Zone: i.Zone, Nonce: i.Launch.Nonce, SourceHash: i.Launch.SourceHash,
				Spot: i.Launch.Spot, Purpose: i.Purpose, Victim: i.Victim, At: i.At}}
		if i.Instance == "" {
			d.Kind = OverMax
		}
		b.debts = append(b.debts, d.forVictim(p.Victim))
	}
	switch d := s.Doubt; {
	case d.Since.IsZero():
	case d.Back:
		b.doubt = Doubt{State: Back, Since: d.Since}
	case d.More == 0:
		b.doubt = Doubt{State: Calm, Since: d.Since}
	case d.Old:
		b.doubt = Doubt{State: MaybeOld, More: d.More, Since: d.Since}
	default:
		b.doubt = Doubt{State: Off, More: d.More, Since: d.Since}
	}
	if l := s.Lease; l != nil {
		b.lease = Lease{State: Asked, Owner: l.Owner, Leased: l.Leased, Tried: slices.Clone(l.Tried), At: l.At, Since: l.Since}
		switch {
		case l.Returned:
			b.lease.State = Restored
		case l.Raised:
			b.lease.State = Raised
		}
	}
	return b, nil
}

// Edit changes books in their stored form. It is for tests and for the simulation's deliberate mistakes: the product itself changes them by events
// alone. It panics where what it makes cannot be loaded.
func (b *Books) Edit(change func(*Stored)) {
	s := b.Store()
	change(&s)
	edited, err := Load(s)
	if err != nil {
		panic(err)
	}
	*b = edited
}

// Edited is what Edit makes of empty books.
func Edited(change func(*Stored)) Books {
	var b Books
	b.Edit(change)
	return b
}
