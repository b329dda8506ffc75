// Package signing keeps the keys that releases are signed with: PEM of PKCS #8, as openssl writes them
// (openssl genpkey -algorithm ed25519).
package signing

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"strings"
)

const blockType = "PRIVATE KEY"

// Variable names the environment variable with the keys.
const Variable = "SIGNING_KEY"

// New makes a key in a new file that only its owner reads. An existing file is never overwritten: a key lost is a channel lost.
func New(name string) (ed25519.PublicKey, error) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return nil, fmt.Errorf("%s is there already, and is not overwritten: choose another name", name)
	}
	if err != nil {
		return nil, err
	}
	err = pem.Encode(f, &pem.Block{Type: blockType, Bytes: der})
	return public, errors.Join(err, f.Sync(), f.Close())
}

// Read reads the keys that the value of SIGNING_KEY names: PEM itself, or paths of PEM files between commas. Each may hold
// several keys. An empty value is none.
func Read(value string) (keys []ed25519.PrivateKey, err error) {
	if strings.TrimSpace(value) == "" {
		return nil, nil
	}
	if strings.Contains(value, "-----BEGIN") {
		return parse("$"+Variable, []byte(value))
	}
	for name := range strings.SplitSeq(value, ",") {
		name = strings.TrimSpace(name)
		raw, err := os.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("$%s: %w: give the path of a key, or the key itself", Variable, err)
		}
		some, err := parse(name, raw)
		if err != nil {
			return nil, err
		}
		keys = append(keys, some...)
	}
	return keys, nil
}

// parse says nothing of what it read: it may be a secret.
func parse(where string, raw []byte) (keys []ed25519.PrivateKey, err error) {
	for {
		var block *pem.Block
		if block, raw = pem.Decode(raw); block == nil {
			break
		}
		if block.Type != blockType {
			return nil, fmt.Errorf("%s: holds a %s: want a %s (spotctl release --new-key FILE makes one)", where, block.Type, blockType)
		}
		any, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("%s: no PKCS #8 key", where)
		}
		key, ok := any.(ed25519.PrivateKey)
		if !ok {
			return nil, fmt.Errorf("%s: the key is none of ed25519 (spotctl release --new-key FILE makes one)", where)
		}
		keys = append(keys, key)
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("%s: holds no key in PEM (spotctl release --new-key FILE makes one)", where)
	}
	return keys, nil
}
