package channel

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// payloadType goes into what is signed, so that a signature under the same key over something else never counts here.
const payloadType = "application/vnd.autospotting.channel+json"

// The bounds of what is read, bytes.
const (
	MaxManifest = 256 << 10 // a manifest with its signatures
	MaxArtifact = 64 << 20
)

// envelope is DSSE's: the payload's exact bytes, and who signed them. Several signatures let keys be changed: while a release is
// signed with the old key and the new one, readers that know either take it.
type envelope struct {
	PayloadType string      `json:"payloadType"`
	Payload     []byte      `json:"payload"`
	Signatures  []signature `json:"signatures"`
}

type signature struct {
	KeyID string `json:"keyid"`
	Sig   []byte `json:"sig"`
}

// preauthenticated is what is signed: DSSE's PAE, in which type and payload cannot run into each other.
func preauthenticated(payload []byte) []byte {
	return fmt.Appendf(nil, "DSSEv1 %d %s %d %s", len(payloadType), payloadType, len(payload), payload)
}

// Seal writes a manifest with a signature of every key; without any it is unsigned, which nothing that updates itself takes.
func Seal(m Manifest, keys ...ed25519.PrivateKey) ([]byte, error) {
	if err := m.Check(); err != nil {
		return nil, err
	}
	payload, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	e := envelope{PayloadType: payloadType, Payload: payload, Signatures: []signature{}}
	for _, k := range keys {
		e.Signatures = append(e.Signatures, signature{KeyID(k.Public().(ed25519.PublicKey)), ed25519.Sign(k, preauthenticated(payload))})
	}
	raw, err := json.MarshalIndent(e, "", " ")
	if err == nil && len(raw) > MaxManifest {
		err = fmt.Errorf("%w: %d bytes, and %d are read", ErrTooLarge, len(raw), MaxManifest)
	}
	return raw, err
}

// open reads an envelope, and believes nothing of it.
func open(raw []byte) (envelope, error) {
	var e envelope
	if len(raw) > MaxManifest {
		return e, fmt.Errorf("%w: more than %d bytes", ErrTooLarge, MaxManifest)
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	switch err := d.Decode(&e); {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return e, fmt.Errorf("%w: it ends after %d bytes", ErrTruncated, len(raw))
	case err != nil:
		return e, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return e, fmt.Errorf("%w: something follows it", ErrMalformed)
	}
	if e.PayloadType != payloadType {
		return e, fmt.Errorf("%w: its type is %q", ErrMalformed, e.PayloadType)
	}
	return e, nil
}

// signed tells whether one of the trusted keys signed the payload. Key ids only say which to try: nothing is believed for one.
func (e envelope) signed(trusted []ed25519.PublicKey) error {
	if len(e.Signatures) == 0 {
		return ErrUnsigned
	}
	said := preauthenticated(e.Payload)
	named := false
	for _, s := range e.Signatures {
		for _, k := range trusted {
			if KeyID(k) != s.KeyID {
				continue
			}
			named = true
			if ed25519.Verify(k, said, s.Sig) {
				return nil
			}
		}
	}
	if named {
		return ErrTampered
	}
	return fmt.Errorf("%w: it names %d keys, and none that is trusted here", ErrWrongKey, len(e.Signatures))
}
