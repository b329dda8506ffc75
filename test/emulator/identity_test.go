package emulator

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"os"
	"sync"
	"time"

	"github.com/smallstep/pkcs7"
)

// signer stands for the key by which AWS signs identity documents in a region.
type signer struct {
	key  *rsa.PrivateKey
	cert *x509.Certificate
	file string // the certificate, for --certificates

	mu     sync.Mutex
	signed map[string]string
}

func newSigner(file string) (*signer, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "the emulator's region"},
		NotBefore: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2199, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return &signer{key: key, cert: cert, file: file, signed: map[string]string{}}, os.WriteFile(file, text, 0o600)
}

// sign makes what metadata serves as rsa2048: PKCS#7 around the document, base64 without armour (aws-facts 3).
func (s *signer) sign(document string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if text, ok := s.signed[document]; ok {
		return text, nil
	}
	data, err := pkcs7.NewSignedData([]byte(document))
	if err != nil {
		return "", err
	}
	data.SetDigestAlgorithm(pkcs7.OIDDigestAlgorithmSHA256)
	if err := data.AddSigner(s.cert, s.key, pkcs7.SignerInfoConfig{}); err != nil {
		return "", err
	}
	der, err := data.Finish()
	if err != nil {
		return "", err
	}
	s.signed[document] = base64.StdEncoding.EncodeToString(der)
	return s.signed[document], nil
}

// identityDocument has the fields of aws-facts 3 that are not null on a plain instance.
func identityDocument(account string, i instance) (string, error) {
	b, err := json.MarshalIndent(map[string]any{
		"accountId": account, "architecture": "x86_64", "availabilityZone": i.zone, "imageId": image, "instanceId": i.id,
		"instanceType": i.kind, "pendingTime": i.launched.UTC().Format(time.RFC3339), "privateIp": "10.0.0.1", "region": region,
		"version": "2017-09-30",
	}, "", "  ")
	return string(b), err
}
