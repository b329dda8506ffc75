package signing

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAKeyThatWasMadeIsReadFromItsFileAndFromTheEnvironment(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	one, two := filepath.Join(dir, "one.pem"), filepath.Join(dir, "two.pem")
	first, err := New(one)
	if err != nil {
		t.Fatal(err)
	}
	second, err := New(two)
	if err != nil {
		t.Fatal(err)
	}
	if st, err := os.Stat(one); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("it is %v, %v", st.Mode(), err)
	}
	text, err := os.ReadFile(one)
	if err != nil {
		t.Fatal(err)
	}
	for value, want := range map[string][]ed25519.PublicKey{"": nil, " \n": nil, one: {first}, string(text): {first}, one + ", " + two: {first, second}} {
		got, err := Read(value)
		if err != nil || len(got) != len(want) {
			t.Errorf("%q: %d keys, %v", value, len(got), err)
			continue
		}
		for i, k := range got {
			if !want[i].Equal(k.Public()) {
				t.Errorf("%q: key %d is another", value, i)
			}
		}
	}
	if _, err := New(one); err == nil || !strings.Contains(err.Error(), "not overwritten") {
		t.Errorf("made again: %v", err)
	}
	if again, _ := os.ReadFile(one); string(again) != string(text) {
		t.Error("the key is gone")
	}
}

func TestWhatIsNoSigningKeyIsNamedAndNotShown(t *testing.T) {
	t.Parallel()
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(other)
	if err != nil {
		t.Fatal(err)
	}
	block := func(kind string, b []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: b}))
	}
	file := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(file, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, value, says string }{
		{"no such file", "/nowhere/key.pem", "/nowhere/key.pem"},
		{"a file that holds none", file, "holds no key in PEM"},
		{"a public key", block("PUBLIC KEY", []byte("x")), "holds a PUBLIC KEY"},
		{"garbage", block("PRIVATE KEY", []byte("secret")), "no PKCS #8 key"},
		{"a key of another kind", block("PRIVATE KEY", der), "none of ed25519"},
	} {
		keys, err := Read(c.value)
		if err == nil || len(keys) > 0 || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
