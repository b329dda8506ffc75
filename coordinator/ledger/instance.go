// Package ledger holds what no instance and no API can tell about a group: launches intended, the open debt,
// the MaxSize lease, what spotd said, and failures. Record is a pure value; Store implementations keep it.
//
// An empty or lost record only ever means: observe, and lower nothing.
package ledger

import (
	"slices"
	"time"
)

// Watch is a replacement that is a member, or about to be, and whose application is not known to be up.
type Watch struct {
	At time.Time `json:"at"` // of its attach
	// Early says that it was not ready by then: its grace counts from there.
	Early bool `json:"early,omitempty"`
	// Member says that its boot needs membership of the group, which it came to with the attach.
	Member bool `json:"member,omitempty"`
	// Unproven says that spotd or a load balancer has to tell that the boot went well: the grace proves nothing.
	Unproven bool `json:"unproven,omitempty"`
	// Healthy is when a load balancer was first seen to call it healthy.
	Healthy time.Time `json:"healthy,omitzero"`
	// Failed says that it was not up in time, and goes.
	Failed bool `json:"failed,omitempty"`
	// Released is when the group was told to replace it.
	Released time.Time `json:"released,omitzero"`
}

// Drain is an instance that was to be retired, and on which work runs that is to end before: a host of an ECS cluster, which is set DRAINING, or one
// whose spotd is asked to drain it.
type Drain struct {
	At time.Time `json:"at,omitzero"` // since when it drains by our hand, written before the call; zero once that is taken back
	// Set says that AWS has confirmed it, by its answer or by a read: then At is when.
	Set bool `json:"set,omitempty"`
	// For names the replacement, or the debt, for which it goes; empty for what is to go whatever comes.
	For string `json:"for,omitempty"`
	// Owners says that it was DRAINING before: it is not ours to set ACTIVE.
	Owners bool `json:"owners,omitempty"`
	// Until is how long spotd was given, which the tag says that asks it; zero where ECS drains.
	Until time.Time `json:"until,omitzero"`
	// Done is when spotd answered that ask, and Failed that one of its handlers failed.
	Done   time.Time `json:"done,omitzero"`
	Failed bool      `json:"failed,omitempty"`
	// Over is when it was last given up, since its tasks did not end, and Times how often.
	Over  time.Time `json:"over,omitzero"`
	Times int       `json:"times,omitempty"`
}

// Asked tells whether it is spotd that drains it, and not ECS.
func (d Drain) Asked() bool { return !d.Until.IsZero() }

// Draining tells whether it drains by our hand, or may.
func (d Drain) Draining() bool { return !d.At.IsZero() }

// Open tells whether it drains to be retired. One that is given up is to take work again.
func (d Drain) Open() bool { return d.Draining() && d.Over.Before(d.At) }

// Awake is what is left to be remembered once it takes work again.
func (d Drain) Awake() Drain { return Drain{Over: d.Over, Times: d.Times} }

// Said is what spotd on one instance reported; zero times mean not said.
type Said struct {
	Hello   time.Time `json:"hello,omitzero"`
	Booted  time.Time `json:"booted,omitzero"` // the boot is over, which says nothing of the application
	Started time.Time `json:"started,omitzero"`
	Ready   time.Time `json:"ready,omitzero"`
}

// Spoke tells whether spotd was heard at all.
func (s Said) Spoke() bool {
	return !s.Hello.IsZero() || !s.Booted.IsZero() || !s.Started.IsZero() || !s.Ready.IsZero()
}

// Last is when it was heard last.
func (s Said) Last() time.Time {
	return slices.MaxFunc([]time.Time{s.Hello, s.Booted, s.Started, s.Ready}, time.Time.Compare)
}
