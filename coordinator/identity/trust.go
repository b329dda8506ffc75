package identity

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"embed"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"autospotting/pkg/lazyregexp"
)

//go:embed certificates/*.pem
var certificates embed.FS

// regionName is the shape of a region's name, for instance us-gov-west-1.
var regionName = lazyregexp.New(`^[a-z]{2,}(-[a-z]+)+-[0-9]+$`)

// trust lists the operator's certificates by region; the empty region is every region.
type trust map[string][]*x509.Certificate

// of returns the certificates that may speak for a region, its own first: the published one, and then the operator's.
func (t trust) of(region string) []*x509.Certificate {
	own := published(region)
	if region != "" {
		own = append(own[:len(own):len(own)], t[region]...)
	}
	return append(own[:len(own):len(own)], t[""]...)
}

// parsed are the published certificates that somebody asked for: a function that starts has no time for forty of them, and serves one region.
var parsed sync.Map // region -> []*x509.Certificate

// published reads a region's embedded certificate, none for a region that has none. The files are part of the binary, so a failure to
// read one is a fault of the build and panics; the tests read every one.
func published(region string) []*x509.Certificate {
	if list, ok := parsed.Load(region); ok {
		return list.([]*x509.Certificate)
	}
	if !regionName.MatchString(region) {
		return nil
	}
	body, err := certificates.ReadFile("certificates/" + region + ".pem")
	if err != nil {
		return nil // an embedded file has no other failure than that there is none
	}
	list, err := parse(body)
	if err != nil {
		panic("identity: embedded certificate of " + region + ": " + err.Error())
	}
	parsed.Store(region, list)
	return list
}

// add takes "region=PEM…" or "PEM…" in.
func (t trust) add(item []byte) error {
	before, _, found := bytes.Cut(item, []byte("-----BEGIN "))
	if !found {
		return errors.New("no PEM certificate in it: want -----BEGIN CERTIFICATE-----, or region= followed by that")
	}
	region, named := strings.CutSuffix(strings.TrimSpace(string(before)), "=")
	if named && !regionName.MatchString(region) {
		return fmt.Errorf("%q is no region: want for instance eu-west-1=-----BEGIN CERTIFICATE-----", region)
	}
	if !named {
		region = ""
	}
	list, err := parse(item[len(before):])
	if err != nil {
		return err
	}
	t[region] = append(t[region], list...)
	return nil
}

// parse reads the RSA certificates of a PEM text.
func parse(body []byte) ([]*x509.Certificate, error) {
	var list []*x509.Certificate
	for {
		var block *pem.Block
		if block, body = pem.Decode(body); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			return nil, fmt.Errorf("a PEM block %q, want CERTIFICATE", block.Type)
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		if key, ok := c.PublicKey.(*rsa.PublicKey); !ok || key.N.BitLen() < 2048 {
			return nil, fmt.Errorf("certificate %s has no RSA key of at least 2048 bits: use AWS's RSA-2048 table", c.Subject)
		}
		list = append(list, timeless(c))
	}
	if len(list) == 0 || len(bytes.TrimSpace(body)) > 0 {
		return nil, errors.New("broken PEM: cannot be read to its end")
	}
	return list, nil
}

// timeless widens the validity period, so that the PKCS#7 reader's check of the
// signing time against it always passes. AWS publishes bare keys in the form of
// certificates, self-signed and valid for about 180 years; trust comes from the
// list they stand in, and an old instance keeps the signature it was born with.
func timeless(c *x509.Certificate) *x509.Certificate {
	c.NotBefore = time.Time{}
	c.NotAfter = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)
	return c
}

// ReadFiles reads PEM files for [New]. A file named after a region, for instance
// ap-new-1.pem, speaks for that region, any other for every region.
func ReadFiles(paths ...string) ([][]byte, error) {
	var items [][]byte
	for _, path := range paths {
		body, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("identity certificate: %w", err)
		}
		name := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
		if regionName.MatchString(name) && bytes.HasPrefix(body, []byte("-----BEGIN ")) {
			body = append([]byte(name+"="), body...)
		}
		items = append(items, body)
	}
	return items, nil
}
