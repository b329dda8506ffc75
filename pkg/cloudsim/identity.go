package cloudsim

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"strings"
	"sync"
	"time"

	"github.com/smallstep/pkcs7"
)

// signer is the key that stands for AWS's regional one. It is made once per process: nobody outside can know it, and
// an RSA key per cloud would cost more than a simulation.
type signer struct {
	key  *rsa.PrivateKey
	cert *x509.Certificate
	pem  []byte
}

var newSigner = sync.OnceValues(func() (*signer, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "cloudsim instance identity", Organization: []string{"cloudsim"}},
		NotBefore: time.Date(2012, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2199, 1, 1, 0, 0, 0, 0, time.UTC)}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	return &signer{key, cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})}, nil
})

// Certificate is the PEM certificate against which the identity documents of this process's clouds verify.
func (c *Cloud) Certificate() []byte {
	s, err := newSigner()
	if err != nil {
		panic("cloudsim: no identity key: " + err.Error())
	}
	return bytes.Clone(s.pem)
}

// guestTime is a time as metadata shows it: in whole seconds as AWS gives it, but for a cloud whose minutes pass in
// seconds, where a whole second of the wall clock would be half a boot.
func (c *Cloud) guestTime(sim time.Time) string {
	t := c.wallTime(sim)
	if c.real != nil && c.real.scale > 1 {
		return t.UTC().Format("2006-01-02T15:04:05.000Z")
	}
	return stamp(t)
}

// identityDocument has the keys of aws-facts 3 in AWS's order and layout. Its pendingTime is in wall-clock time once
// the cloud has run in real time: it is read by real processes.
type identityDocument struct {
	AccountID               string   `json:"accountId"`
	Architecture            string   `json:"architecture"`
	AvailabilityZone        string   `json:"availabilityZone"`
	BillingProducts         []string `json:"billingProducts"`
	DevpayProductCodes      []string `json:"devpayProductCodes"`
	MarketplaceProductCodes []string `json:"marketplaceProductCodes"`
	ImageID                 string   `json:"imageId"`
	InstanceID              string   `json:"instanceId"`
	InstanceType            string   `json:"instanceType"`
	KernelID                *string  `json:"kernelId"`
	PendingTime             string   `json:"pendingTime"`
	PrivateIP               string   `json:"privateIp"`
	RamdiskID               *string  `json:"ramdiskId"`
	Region                  string   `json:"region"`
	Version                 string   `json:"version"`
}

func (c *Cloud) document(i *instance) string {
	raw, err := json.MarshalIndent(identityDocument{AccountID: c.cfg.Account, Architecture: c.types[i.typ].Arch, AvailabilityZone: i.zone,
		ImageID: i.image, InstanceID: i.id, InstanceType: i.typ, PendingTime: c.guestTime(i.launched), PrivateIP: i.ip,
		Region: c.cfg.Region, Version: "2017-09-30"}, "", "  ")
	if err != nil {
		panic("cloudsim: identity document: " + err.Error())
	}
	return string(raw)
}

// signed is the document and its rsa2048 signature, made once as long as the document stays the same: a signature
// costs more than the rest of a simulated boot. The lock is held.
func (c *Cloud) signed(i *instance) (document, signature string, err error) {
	document = c.document(i)
	if i.signedDoc != document {
		if i.signature, err = sign(document); err != nil {
			return "", "", err
		}
		i.signedDoc = document
	}
	return document, i.signature, nil
}

// sign makes the rsa2048 signature: detached PKCS#7 with SHA-256 and without certificates, base64 without armour.
func sign(document string) (string, error) {
	s, err := newSigner()
	if err != nil {
		return "", err
	}
	data, err := pkcs7.NewSignedData([]byte(document))
	if err != nil {
		return "", err
	}
	data.SetDigestAlgorithm(pkcs7.OIDDigestAlgorithmSHA256)
	if err := data.AddSigner(s.cert, s.key, pkcs7.SignerInfoConfig{}); err != nil {
		return "", err
	}
	data.Detach()
	// Finish would add the signer's certificate, which AWS leaves out.
	inner, err := asn1.Marshal(*data.GetSignedData())
	if err != nil {
		return "", err
	}
	der, err := asn1.Marshal(struct {
		ContentType asn1.ObjectIdentifier
		Content     asn1.RawValue `asn1:"explicit,optional,tag:0"`
	}{pkcs7.OIDSignedData, asn1.RawValue{Class: 2, Tag: 0, Bytes: inner, IsCompound: true}})
	if err != nil {
		return "", err
	}
	return fold(base64.StdEncoding.EncodeToString(der)), nil
}

// signPlain is the older `signature`: a bare signature in base64.
func signPlain(document string) (string, error) {
	s, err := newSigner()
	if err != nil {
		return "", err
	}
	h := crypto.SHA256.New()
	h.Write([]byte(document))
	sig, err := rsa.SignPKCS1v15(nil, s.key, crypto.SHA256, h.Sum(nil))
	return fold(base64.StdEncoding.EncodeToString(sig)), err
}

// fold breaks base64 at 64 characters, as the metadata service does.
func fold(s string) string {
	var b strings.Builder
	for len(s) > 64 {
		b.WriteString(s[:64] + "\n")
		s = s[64:]
	}
	return b.String() + s
}
