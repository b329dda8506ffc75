package message

import (
	"fmt"
	"slices"
	"time"
)

// Validate reports the first thing that makes r not a report of this version:
// ErrVersion, ErrKind, or ErrMalformed with the field. Every field has a bound
// but Detail, which Encode and Decode cut to size instead. What is signed is not
// looked into: that is the verifier's work.
func (r Report) Validate() error {
	if r.Version != Version {
		return fmt.Errorf("%w: field version: got %d, can read %d", ErrVersion, r.Version, Version)
	}
	if !slices.Contains(Kinds(), r.Kind) {
		return fmt.Errorf("%w: field kind: %s (id %s)", ErrKind, quote(string(r.Kind)), quote(r.ID))
	}
	if !IsInstanceID(r.From.Instance) {
		return malformed("from.instance", quote(r.From.Instance)+" is no instance id: want i- and 8 or 17 hexadecimal digits, for instance i-0123456789abcdef0")
	}
	if err := r.validTimes(); err != nil {
		return err
	}
	if want := ID(r.From.Instance, r.Kind, r.Deadline); r.ID != want {
		return malformed("id", fmt.Sprintf("%s does not belong to this instance, kind and deadline (want %s)", quote(r.ID), want))
	}
	if err := r.validAction(); err != nil {
		return err
	}
	return r.validBounds()
}

func (r Report) validTimes() error {
	if r.At.IsZero() {
		return malformed("at", "missing")
	}
	if err := validTime("at", r.At); err != nil || r.Deadline.IsZero() {
		return err
	}
	return validTime("deadline", r.Deadline)
}

// validTime accepts UTC only, so that the same moment is always the same text
// and the same hash. The year bound is JSON's.
func validTime(field string, t time.Time) error {
	if t.Location() != time.UTC {
		return malformed(field, fmt.Sprintf("%s is not in UTC", t.Format(time.RFC3339Nano)))
	}
	if y := t.Year(); y < 1970 || y > 9999 {
		return malformed(field, fmt.Sprintf("year %d is out of range", y))
	}
	return nil
}

// validAction: only a terminating report must say what happens and when, and a
// hibernation begins with its notice, so it has no deadline (EC2 User Guide,
// "Spot Instance interruption notices").
func (r Report) validAction() error {
	switch {
	case r.Kind == Drained && r.Deadline.IsZero():
		return malformed("deadline", "missing: a drained report says which ask it answers")
	case r.Kind != Terminating:
		return nil
	}
	if !slices.Contains([]string{ActionTerminate, ActionStop, ActionHibernate}, r.Action) {
		return malformed("action", quote(r.Action)+", want terminate, stop or hibernate")
	}
	if r.Deadline.IsZero() && r.Action != ActionHibernate {
		return malformed("deadline", "missing: a terminating report says when")
	}
	return nil
}

// utc gives a decoded moment of offset zero ("Z" or "+00:00") the one UTC
// location; others keep theirs for Validate to refuse.
func utc(t time.Time) time.Time {
	if _, offset := t.Zone(); offset == 0 {
		return t.UTC()
	}
	return t
}
