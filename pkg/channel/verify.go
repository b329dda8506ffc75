package channel

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"time"
)

// Why a manifest or an artefact is refused. Nothing of what is refused is used.
var (
	ErrTampered  = errors.New("tampered: what was signed is not what is here")
	ErrTruncated = errors.New("truncated")
	ErrTooLarge  = errors.New("too large")
	ErrMalformed = errors.New("malformed")
	ErrUnsigned  = errors.New("unsigned")
	ErrWrongKey  = errors.New("wrongly signed")
	ErrExpired   = errors.New("expired")
	ErrOlder     = errors.New("older than what is known")
	ErrMinimum   = errors.New("below the minimum version")
	ErrChannel   = errors.New("of another channel")
	ErrNewer     = errors.New("written for a newer reader")
)

// Known is what the reader knows before it reads.
type Known struct {
	Channel string // which is asked for
	Version string // that runs
	Serial  int64  // the highest that was ever accepted; 0 is none yet
	// Base is the version that the manifest's minimum is held against, where it is not the one that runs: of the function it is
	// the stack's, since a release may need rights or settings that only a newer stack has.
	Base string
}

// Verify reads a manifest and tells whether it may be acted on. It is that of the version that runs as well as that of a newer
// one: the caller compares. An error wraps one of the refusals.
func Verify(raw []byte, trusted []ed25519.PublicKey, now time.Time, known Known) (Manifest, error) {
	e, err := open(raw)
	if err != nil {
		return Manifest{}, err
	}
	if err := e.signed(trusted); err != nil {
		return Manifest{}, err
	}
	m, err := parse(e.Payload)
	if err != nil {
		return Manifest{}, err
	}
	if err := m.acceptable(now, known); err != nil {
		return Manifest{}, err
	}
	return m, nil
}

// Unverified reads what a manifest says without believing it: for those who publish and those who look.
func Unverified(raw []byte) (m Manifest, signers []string, err error) {
	e, err := open(raw)
	if err != nil {
		return m, nil, err
	}
	for _, s := range e.Signatures {
		signers = append(signers, s.KeyID)
	}
	m, err = parse(e.Payload)
	return m, signers, err
}

func (m Manifest) acceptable(now time.Time, known Known) error {
	switch {
	case m.Channel != known.Channel:
		return fmt.Errorf("%w: %s, and %s was asked for", ErrChannel, m.Channel, known.Channel)
	case !now.Before(m.Expires):
		return fmt.Errorf("%w: on %s", ErrExpired, m.Expires.UTC().Format(time.RFC3339))
	case m.Serial < known.Serial:
		return fmt.Errorf("%w: serial %d, and %d was seen", ErrOlder, m.Serial, known.Serial)
	}
	if order, comparable := Compare(m.Version, known.Version); comparable && order < 0 && !m.Rollback {
		return fmt.Errorf("%w: version %s, and %s runs", ErrOlder, m.Version, known.Version)
	}
	return m.reachable(known)
}

// reachable holds the minimum. What runs already has been reached. A version that cannot be placed is below every minimum.
func (m Manifest) reachable(known Known) error {
	base := known.Base
	if base == "" {
		base = known.Version
	}
	if m.Minimum == "" || m.Version == base {
		return nil
	}
	if order, comparable := Compare(base, m.Minimum); !comparable || order < 0 {
		return fmt.Errorf("%w: version %s needs %s or later first, and this is %s", ErrMinimum, m.Version, m.Minimum, base)
	}
	return nil
}
