package identity

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/smallstep/pkcs7"

	"autospotting/pkg/message"
)

// signer is a certificate with its key, as AWS has one per region.
type signer struct {
	certificate *x509.Certificate
	key         *rsa.PrivateKey
	pem         []byte
}

func newSigner(name string, from, until time.Time) signer {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(from.Unix()), Subject: pkix.Name{CommonName: name}, NotBefore: from, NotAfter: until,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		panic(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	return signer{c, key, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})}
}

// Keys are slow to make, so the tests share two: ours, and one of somebody who
// put its own certificate inside the signature.
var (
	ours    = sync.OnceValue(func() signer { return newSigner("ours", time.Now().AddDate(-1, 0, 0), time.Now().AddDate(1, 0, 0)) })
	strange = sync.OnceValue(func() signer { return newSigner("strange", time.Unix(0, 0), time.Unix(86400, 0)) })
)

func (s signer) sign(t testing.TB, content string) string {
	t.Helper()
	pkcs7.SetDefaultDigestAlgorithm(pkcs7.OIDDigestAlgorithmSHA256)
	data, err := pkcs7.NewSignedData([]byte(content))
	if err != nil {
		t.Fatal(err)
	}
	if err := data.AddSigner(s.certificate, s.key, pkcs7.SignerInfoConfig{}); err != nil {
		t.Fatal(err)
	}
	der, err := data.Finish()
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(der)
}

func file(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func verifier(t testing.TB, extra ...[]byte) *Verifier {
	t.Helper()
	v, err := New(extra...)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func in(region string, body []byte) []byte { return append([]byte(region+"="), body...) }

func TestWhatIsBelieved(t *testing.T) {
	doc, attached, detached := file(t, "document.json"), file(t, "attached.rsa2048"), file(t, "detached.rsa2048")
	cert := []byte(file(t, "signer.pem"))
	for _, c := range []struct {
		name, document, signature string
		extra                     [][]byte
		want                      error
	}{
		{"the form that AWS serves", doc, attached, [][]byte{in("eu-west-1", cert)}, nil},
		{"the content left out", doc, detached, [][]byte{in("eu-west-1", cert)}, nil},
		{"a certificate for every region", doc, attached, [][]byte{cert}, nil},
		{"the right one among several", doc, attached, [][]byte{in("eu-west-1", ours().pem), append(bytes.Clone(ours().pem), cert...)}, nil},
		{"armour around the signature", doc, "-----BEGIN PKCS7-----\n" + attached + "-----END PKCS7-----\n", [][]byte{cert}, nil},
		{"a proxy that trimmed the document", "\n" + doc + "\n", attached, [][]byte{cert}, nil},
		{"a certificate that has expired", doc, strange().sign(t, doc), [][]byte{in("eu-west-1", strange().pem)}, nil},

		{"only AWS's own certificates", doc, attached, nil, ErrSignature},
		{"the certificate of another region", doc, attached, [][]byte{in("us-east-1", cert)}, ErrSignature},
		{"a stranger's certificate inside the signature", doc, strange().sign(t, doc), [][]byte{cert}, ErrSignature},
		{"a tampered document, content inside", strings.Replace(doc, "m5.large", "m5.metal", 1), attached, [][]byte{cert}, ErrMismatch},
		{"a tampered document, content left out", strings.Replace(doc, "m5.large", "m5.metal", 1), detached, [][]byte{cert}, ErrSignature},
		{"a weak digest", doc, file(t, "sha1.rsa2048"), [][]byte{cert}, ErrSignature},
		{"a region that nobody knows", strings.Replace(doc, "eu-west-1\"", "ap-moon-1\"", 1), attached, [][]byte{in("eu-west-1", cert)}, ErrNoCertificate},
		{"no region", "{}", attached, nil, ErrNoCertificate},
		{"no signature", doc, "", [][]byte{cert}, ErrUnsigned},
		{"no document", "", attached, [][]byte{cert}, ErrUnsigned},
		{"half a signature", doc, attached[:len(attached)/2], [][]byte{cert}, ErrSignature},
		{"a signature that is no base64", doc, "?", [][]byte{cert}, ErrSignature},
		{"a signature that is no PKCS#7", doc, "aGVsbG8=", [][]byte{cert}, ErrSignature},
		{"a document that is no JSON", "hello", attached, [][]byte{cert}, ErrSignature},
		{"a document beyond all bounds", strings.Repeat(" ", maxSize) + doc, attached, [][]byte{cert}, ErrSignature},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := verifier(t, c.extra...).Verify(c.document, c.signature)
			if !errors.Is(err, c.want) {
				t.Fatalf("got %v, want %v", err, c.want)
			}
			if err == nil && got.InstanceID != "i-0123456789abcdef0" {
				t.Errorf("read %+v", got)
			}
		})
	}
}

func TestTheDocumentIsReadWhole(t *testing.T) {
	got, err := verifier(t, []byte(file(t, "signer.pem"))).Verify(file(t, "document.json"), file(t, "attached.rsa2048"))
	want := Document{
		AccountID: "123456789012", Region: "eu-west-1", AvailabilityZone: "eu-west-1a", InstanceID: "i-0123456789abcdef0",
		InstanceType: "m5.large", ImageID: "ami-0123456789abcdef0", Architecture: "x86_64", PrivateIP: "10.0.0.7",
		PendingTime: time.Date(2026, 11, 23, 11, 59, 30, 0, time.UTC),
	}
	if err != nil || got != want {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestAReportMustNameTheSignedInstance(t *testing.T) {
	truth := message.Source{Account: "123456789012", Region: "eu-west-1", Zone: "eu-west-1a", Instance: "i-0123456789abcdef0"}
	for _, c := range []struct {
		name  string
		spoil func(*message.Report)
		want  error
		field string
	}{
		{"all the same", func(*message.Report) {}, nil, ""},
		{"another instance", func(r *message.Report) { r.From.Instance = "i-0f" }, ErrMismatch, "from.instance"},
		{"another account", func(r *message.Report) { r.From.Account = "999999999999" }, ErrMismatch, "from.account"},
		{"another region", func(r *message.Report) { r.From.Region = "us-east-1" }, ErrMismatch, "from.region"},
		{"another zone", func(r *message.Report) { r.From.Zone = "" }, ErrMismatch, "from.zone"},
		{"no identity", func(r *message.Report) { r.Identity = message.Identity{} }, ErrUnsigned, "i-0123456789abcdef0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := message.New(message.Ready, truth, time.Unix(1, 0), time.Time{})
			r.Identity = message.Identity{Document: file(t, "document.json"), Signature: file(t, "attached.rsa2048")}
			c.spoil(&r)
			err := verifier(t, []byte(file(t, "signer.pem"))).VerifyReport(r)
			if !errors.Is(err, c.want) || err != nil && !strings.Contains(err.Error(), c.field) {
				t.Errorf("got %v, want %v naming %q", err, c.want, c.field)
			}
		})
	}
}

func FuzzVerify(f *testing.F) {
	f.Add(file(f, "document.json"), file(f, "attached.rsa2048"))
	f.Add(file(f, "document.json"), file(f, "detached.rsa2048"))
	f.Add(`{"region":"eu-west-1"}`, "MIAGCSqGSIb3DQEHAqCA")
	v, err := New([]byte(file(f, "signer.pem")))
	if err != nil {
		f.Fatal(err)
	}
	truth := strings.TrimSpace(file(f, "document.json"))
	f.Fuzz(func(t *testing.T, document, signature string) {
		if _, err := v.Verify(document, signature); err == nil && strings.TrimSpace(document) != truth {
			t.Fatalf("forged: %q with %q", document, signature)
		}
	})
}
