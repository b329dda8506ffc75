// Package identity decides who is believed: it verifies the instance identity
// document that a report carries against AWS's regional certificates.
//
// A document has neither nonce nor expiry, so a valid one only proves that its
// sender could read that instance's metadata at some time. Whether the instance
// lives and is ours is for the caller to look up.
package identity

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"autospotting/pkg/message"
)

// Errors of Verify and VerifyReport, wrapped with the region or the field;
// compare with errors.Is.
var (
	// ErrUnsigned: there is no document or no signature to verify.
	ErrUnsigned = errors.New("no signed identity")
	// ErrNoCertificate: none is known for the document's region.
	ErrNoCertificate = errors.New("no certificate for the region")
	// ErrSignature: the signature does not verify, or cannot be read.
	ErrSignature = errors.New("identity signature does not verify")
	// ErrMismatch: genuine, but it does not say what the report says.
	ErrMismatch = errors.New("identity does not match")
)

// maxSize bounds document and signature, in bytes each; the bound keeps the
// recursive ASN.1 reader shallow.
const maxSize = message.MaxIdentity

// Document is what we use of an instance identity document (EC2 User Guide,
// "Instance identity documents").
type Document struct {
	AccountID        string    `json:"accountId"`
	Region           string    `json:"region"`
	AvailabilityZone string    `json:"availabilityZone"`
	InstanceID       string    `json:"instanceId"`
	InstanceType     string    `json:"instanceType"`
	ImageID          string    `json:"imageId"`
	PendingTime      time.Time `json:"pendingTime"` // when the instance was launched, or last started
	Architecture     string    `json:"architecture"`
	PrivateIP        string    `json:"privateIp"`
}

// Verifier knows which certificate speaks for which region. It is safe for
// concurrent use.
type Verifier struct {
	trust trust
}

// New returns a Verifier that knows AWS's published certificates and the
// operator's extra ones. Each extra item is one or more PEM certificates: with
// "region=" in front they speak for that region beside the published one,
// without it for every region. See [ReadFiles] for files.
func New(extraPEM ...[]byte) (*Verifier, error) {
	t := trust{}
	for i, item := range extraPEM {
		if err := t.add(item); err != nil {
			return nil, fmt.Errorf("extra certificate %d: %w", i+1, err)
		}
	}
	return &Verifier{trust: t}, nil
}

// Verify checks that signature (the metadata item rsa2048) signs document with
// the certificate of the region that the document names, and returns what the
// signed bytes say. Content inside the signature must be the document; white
// space around it does not matter.
func (v *Verifier) Verify(document, signature string) (Document, error) {
	if document == "" || signature == "" {
		return Document{}, ErrUnsigned
	}
	if len(document) > maxSize || len(signature) > maxSize {
		return Document{}, fmt.Errorf("%w: larger than %d bytes", ErrSignature, maxSize)
	}
	var doc Document
	if err := json.Unmarshal([]byte(document), &doc); err != nil {
		return Document{}, fmt.Errorf("%w: the document is no identity document: %.200v", ErrSignature, err)
	}
	certificates := v.trust.of(doc.Region)
	if len(certificates) == 0 {
		return Document{}, fmt.Errorf("%w %.64q: add it to the configuration as region=PEM", ErrNoCertificate, doc.Region)
	}
	signed, err := signedBy(certificates, document, signature)
	if err != nil {
		return Document{}, fmt.Errorf("%w (region %.64s): %.200v", ErrSignature, doc.Region, err)
	}
	if strings.TrimSpace(string(signed)) != strings.TrimSpace(document) {
		return Document{}, fmt.Errorf("%w: another document is signed", ErrMismatch)
	}
	return doc, nil
}

// VerifyReport checks that the report comes from the instance it names: its
// identity verifies, and instance, account, region and zone are the signed
// ones. Nothing else of the report is proven by it.
func (v *Verifier) VerifyReport(r message.Report) error {
	doc, err := v.Verify(r.Identity.Document, r.Identity.Signature)
	if err != nil {
		return fmt.Errorf("report %s of %s: %w", r.ID, r.From.Instance, err)
	}
	for _, f := range []struct{ name, said, signed string }{
		{"instance", r.From.Instance, doc.InstanceID},
		{"account", r.From.Account, doc.AccountID},
		{"region", r.From.Region, doc.Region},
		{"zone", r.From.Zone, doc.AvailabilityZone},
	} {
		if f.said != f.signed {
			return fmt.Errorf("report %s of %s: %w: field from.%s: said %.64q, signed %.64q", r.ID, r.From.Instance, ErrMismatch, f.name, f.said, f.signed)
		}
	}
	return nil
}
