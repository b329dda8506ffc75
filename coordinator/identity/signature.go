package identity

import (
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/smallstep/pkcs7"
)

// signedBy returns the bytes that the signature signs, if one of the
// certificates made it. Content may be inside the signature, as AWS serves it,
// or left out, then it is the document.
//
// The reader works on bytes of strangers and the library states no promise for
// hostile input, so a panic in it becomes a refusal instead of the loss of the
// whole batch of messages.
func signedBy(certificates []*x509.Certificate, document, signature string) (signed []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			signed, err = nil, fmt.Errorf("unreadable PKCS#7: %v", p)
		}
	}()
	der, err := base64.StdEncoding.DecodeString(unarmoured(signature))
	if err != nil {
		return nil, fmt.Errorf("not base64: %w", err)
	}
	p7, err := pkcs7.Parse(der)
	if err != nil {
		return nil, fmt.Errorf("unreadable PKCS#7: %w", err)
	}
	if len(p7.Signers) != 1 {
		return nil, fmt.Errorf("%d signers, want 1", len(p7.Signers))
	}
	// The RSA-2048 signature is SHA-256 (EC2 User Guide); nothing weaker counts.
	if digest := p7.Signers[0].DigestAlgorithm.Algorithm; !digest.Equal(pkcs7.OIDDigestAlgorithmSHA256) {
		return nil, fmt.Errorf("digest algorithm %s, want SHA-256", digest)
	}
	if len(p7.Content) == 0 {
		p7.Content = []byte(document)
	}
	return p7.Content, verifyAny(p7, certificates)
}

// verifyAny tries each certificate as the signer. Those inside the signature
// are never used: anybody can put one there.
func verifyAny(p7 *pkcs7.PKCS7, certificates []*x509.Certificate) error {
	var errs []error
	for _, c := range certificates {
		p7.Certificates = []*x509.Certificate{c}
		err := p7.Verify()
		if err == nil {
			return nil
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// unarmoured drops PEM armour, which some tools add, and all white space.
func unarmoured(signature string) string {
	var b strings.Builder
	for line := range strings.Lines(signature) {
		if !strings.HasPrefix(line, "-----") {
			b.WriteString(strings.Join(strings.Fields(line), ""))
		}
	}
	return b.String()
}
