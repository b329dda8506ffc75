package message

import (
	"fmt"
	"regexp"
	"slices"
	"time"
	"unicode/utf8"
)

// instanceID is the shape of an EC2 instance id: 8 or 17 digits today; the
// length is AWS's to change.
var instanceID = regexp.MustCompile(`^i-[0-9a-f]+$`)

// Validate reports the first thing that makes r not a report of this version:
// ErrVersion, ErrKind, or ErrMalformed with the field. What is signed is not
// looked into: that is the verifier's work.
func (r Report) Validate() error {
	if r.Version != Version {
		return fmt.Errorf("%w: field version: got %d, can read %d", ErrVersion, r.Version, Version)
	}
	if !slices.Contains(Kinds(), r.Kind) {
		return fmt.Errorf("%w: field kind: %q (id %q)", ErrKind, r.Kind, r.ID)
	}
	if !instanceID.MatchString(r.From.Instance) {
		return malformed("from.instance", fmt.Sprintf("%q is no instance id like i-0123456789abcdef0", r.From.Instance))
	}
	if err := r.validTimes(); err != nil {
		return err
	}
	if want := ID(r.From.Instance, r.Kind, r.Deadline); r.ID != want {
		return malformed("id", fmt.Sprintf("%q does not belong to this instance, kind and deadline (want %s)", r.ID, want))
	}
	if err := r.validAction(); err != nil {
		return err
	}
	return r.validText()
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
	if r.Kind != Terminating {
		return nil
	}
	if !slices.Contains([]string{ActionTerminate, ActionStop, ActionHibernate}, r.Action) {
		return malformed("action", fmt.Sprintf("%q, want terminate, stop or hibernate", r.Action))
	}
	if r.Deadline.IsZero() && r.Action != ActionHibernate {
		return malformed("deadline", "missing: a terminating report says when")
	}
	return nil
}

// validText refuses text that JSON would not carry unchanged; for the identity
// document every byte is signed.
func (r Report) validText() error {
	for _, f := range []struct{ name, text string }{
		{"action", r.Action}, {"detail", r.Detail},
		{"identity.document", r.Identity.Document}, {"identity.signature", r.Identity.Signature},
		{"from.account", r.From.Account}, {"from.region", r.From.Region}, {"from.zone", r.From.Zone},
		{"from.type", r.From.Type}, {"from.lifecycle", r.From.Lifecycle}, {"from.group", r.From.Group},
	} {
		if !utf8.ValidString(f.text) {
			return malformed(f.name, "not UTF-8")
		}
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
