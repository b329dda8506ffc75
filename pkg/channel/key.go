package channel

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
)

// KeyID is how a public key is called in manifests and to people: the beginning of its SHA-256.
func KeyID(k ed25519.PublicKey) string {
	sum := sha256.Sum256(k)
	return hex.EncodeToString(sum[:8])
}

// FormatKey writes a public key as settings have it: base64 of its 32 bytes.
func FormatKey(k ed25519.PublicKey) string { return base64.StdEncoding.EncodeToString(k) }

// ParseKeys reads public keys, separated by commas. None is an error: without a key nothing can be believed.
func ParseKeys(list string) ([]ed25519.PublicKey, error) {
	var keys []ed25519.PublicKey
	for one := range strings.SplitSeq(list, ",") {
		if one = strings.TrimSpace(one); one == "" {
			continue
		}
		raw, err := base64.StdEncoding.DecodeString(one)
		if err != nil || len(raw) != ed25519.PublicKeySize {
			return nil, fmt.Errorf("public key %q: want base64 of 32 bytes, as spotctl release --new-key prints it", one)
		}
		keys = append(keys, ed25519.PublicKey(raw))
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("no public key: want at least one, as spotctl release --new-key prints it")
	}
	return keys, nil
}
