package channel

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"
)

var (
	noon  = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	ours  = keyOf(1)
	next  = keyOf(2)
	other = keyOf(3)
)

func keyOf(n byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{n}, ed25519.SeedSize))
}

func public(keys ...ed25519.PrivateKey) (out []ed25519.PublicKey) {
	for _, k := range keys {
		out = append(out, k.Public().(ed25519.PublicKey))
	}
	return out
}

func release(change func(*Manifest)) Manifest {
	m := Manifest{Schema: Schema, Channel: "stable", Version: "v1.2.0", Serial: 7, Created: noon.Add(-time.Hour), Expires: noon.Add(time.Hour),
		Artifacts: []Artifact{{Name: "spotd/v1.2.0/spotd-linux-amd64", Kind: Spotd, OS: "linux", Arch: "amd64", Size: 3, SHA256: "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"}}}
	if change != nil {
		change(&m)
	}
	return m
}

func seal(t testing.TB, m Manifest, keys ...ed25519.PrivateKey) []byte {
	t.Helper()
	raw, err := Seal(m, keys...)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// forged is an envelope around any payload, signed as Seal signs.
func forged(t testing.TB, payload string, k ed25519.PrivateKey) []byte {
	t.Helper()
	raw, err := json.Marshal(envelope{payloadType, []byte(payload), []signature{{KeyID(public(k)[0]), ed25519.Sign(k, preauthenticated([]byte(payload)))}}})
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func changed(t testing.TB, raw []byte, change func(*envelope)) []byte {
	t.Helper()
	var e envelope
	if err := json.Unmarshal(raw, &e); err != nil {
		t.Fatal(err)
	}
	change(&e)
	out, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestAManifestIsTakenOnlyIfAllOfItHolds(t *testing.T) {
	t.Parallel()
	good := seal(t, release(nil), ours)
	stable := Known{Channel: "stable", Version: "v1.1.0", Serial: 6}
	for _, c := range []struct {
		name  string
		raw   []byte
		keys  []ed25519.PublicKey
		known Known
		want  error
	}{
		{"newer, and signed", good, nil, stable, nil},
		{"the one that is known", good, nil, Known{Channel: "stable", Version: "v1.2.0", Serial: 7}, nil},
		{"the first that is seen", good, nil, Known{Channel: "stable"}, nil},
		{"over a version that has no place", good, nil, Known{Channel: "stable", Version: "6079c5f"}, nil},
		{"signed with the old key and the next, by who knows the old one", seal(t, release(nil), ours, next), public(ours), stable, nil},
		{"the same, by who knows the next", seal(t, release(nil), ours, next), public(next), stable, nil},
		{"signed with the next, by who knows both", seal(t, release(nil), next), public(ours, next), stable, nil},
		{"a signature that is none beside one that holds", changed(t, good, func(e *envelope) {
			e.Signatures = append([]signature{{e.Signatures[0].KeyID, []byte("x")}}, e.Signatures...)
		}), nil, stable, nil},

		{"no bytes", nil, nil, stable, ErrTruncated},
		{"cut in the middle", good[:len(good)/2], nil, stable, ErrTruncated},
		{"cut before its last byte", good[:len(good)-1], nil, stable, ErrTruncated},
		{"too large", append(good, bytes.Repeat([]byte(" "), MaxManifest)...), nil, stable, ErrTooLarge},
		{"something follows", append(bytes.Clone(good), "{}"...), nil, stable, ErrMalformed},
		{"no JSON", []byte("<html>"), nil, stable, ErrMalformed},
		{"signed for another purpose", changed(t, good, func(e *envelope) { e.PayloadType = "text/plain" }), nil, stable, ErrMalformed},
		{"unsigned", seal(t, release(nil)), nil, stable, ErrUnsigned},
		{"its signatures taken away", changed(t, good, func(e *envelope) { e.Signatures = nil }), nil, stable, ErrUnsigned},
		{"signed by another", seal(t, release(nil), other), nil, stable, ErrWrongKey},
		{"by another under our key's name", changed(t, seal(t, release(nil), other), func(e *envelope) { e.Signatures[0].KeyID = KeyID(public(ours)[0]) }), nil, stable, ErrTampered},
		{"one byte of the payload changed", changed(t, good, func(e *envelope) { e.Payload = bytes.Replace(e.Payload, []byte("v1.2.0"), []byte("v1.3.0"), 1) }), nil, stable, ErrTampered},
		{"one bit of the signature changed", changed(t, good, func(e *envelope) { e.Signatures[0].Sig[0] ^= 1 }), nil, stable, ErrTampered},
		{"a signature cut short", changed(t, good, func(e *envelope) { e.Signatures[0].Sig = e.Signatures[0].Sig[:63] }), nil, stable, ErrTampered},
		{"signed with a key that is not trusted any more", good, public(next), stable, ErrWrongKey},

		{"expired", seal(t, release(func(m *Manifest) { m.Expires = noon }), ours), nil, stable, ErrExpired},
		{"an older serial", good, nil, Known{Channel: "stable", Version: "v1.1.0", Serial: 8}, ErrOlder},
		{"an older version", good, nil, Known{Channel: "stable", Version: "v1.3.0"}, ErrOlder},
		{"an older version under a newer serial", good, nil, Known{Channel: "stable", Version: "v1.2.0-1-gabcdef", Serial: 6}, ErrOlder},
		{"a rollback", seal(t, release(func(m *Manifest) { m.Rollback = true }), ours), nil, Known{Channel: "stable", Version: "v1.3.0", Serial: 6}, nil},
		{"a rollback that was overtaken", seal(t, release(func(m *Manifest) { m.Rollback = true }), ours), nil, Known{Channel: "stable", Version: "v1.3.0", Serial: 8}, ErrOlder},
		{"of another channel", good, nil, Known{Channel: "beta", Version: "v1.1.0"}, ErrChannel},

		{"the minimum is met", seal(t, release(func(m *Manifest) { m.Minimum = "v1.1.0" }), ours), nil, stable, nil},
		{"the minimum is not met", seal(t, release(func(m *Manifest) { m.Minimum = "v1.1.1" }), ours), nil, stable, ErrMinimum},
		{"the minimum is not met by what it is held against", seal(t, release(func(m *Manifest) { m.Minimum = "v1.1.0" }), ours), nil, Known{Channel: "stable", Version: "v1.1.0", Base: "v1.0.0"}, ErrMinimum},
		{"a version that has no place is below the minimum", seal(t, release(func(m *Manifest) { m.Minimum = "v1.1.0" }), ours), nil, Known{Channel: "stable", Version: "6079c5f"}, ErrMinimum},

		{"signed, and no manifest", forged(t, "[]", ours), nil, stable, ErrMalformed},
		{"signed, and empty", forged(t, "{}", ours), nil, stable, ErrMalformed},
		{"signed, of a form to come", forged(t, `{"schema":2}`, ours), nil, stable, ErrNewer},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if c.keys == nil {
				c.keys = public(ours)
			}
			m, err := Verify(c.raw, c.keys, noon, c.known)
			if !errors.Is(err, c.want) {
				t.Fatalf("got %v, want %v", err, c.want)
			}
			if (err == nil) != (m.Version == "v1.2.0") || err != nil && m.Artifacts != nil {
				t.Errorf("with %v it gives %+v", err, m)
			}
		})
	}
}

// Whatever bit of a signed manifest is turned, it is refused, or it still says the same.
func TestNoBitCanBeTurned(t *testing.T) {
	t.Parallel()
	good := seal(t, release(nil), ours)
	refused := 0
	for i := range good {
		for bit := range 8 {
			bad := bytes.Clone(good)
			bad[i] ^= 1 << bit
			m, err := Verify(bad, public(ours), noon, Known{Channel: "stable"})
			if err != nil {
				refused++
			} else if got := seal(t, m, ours); !bytes.Equal(got, good) {
				t.Fatalf("bit %d of byte %d changed what it says: %s", bit, i, got)
			}
		}
	}
	if refused < 7*len(good) {
		t.Errorf("only %d of %d were refused", refused, 8*len(good))
	}
}

func TestWithoutATrustedKeyNothingIsTaken(t *testing.T) {
	t.Parallel()
	if _, err := Verify(seal(t, release(nil), ours), nil, noon, Known{Channel: "stable"}); !errors.Is(err, ErrWrongKey) {
		t.Errorf("got %v", err)
	}
}

func TestAManifestThatLacksSomethingIsNeitherWrittenNorRead(t *testing.T) {
	t.Parallel()
	artifact := func(change func(*Artifact)) func(*Manifest) {
		return func(m *Manifest) { change(&m.Artifacts[0]) }
	}
	for _, c := range []struct {
		name   string
		change func(*Manifest)
		says   string
	}{
		{"no channel", func(m *Manifest) { m.Channel = "" }, "channel"},
		{"a channel that is a path", func(m *Manifest) { m.Channel = "../stable" }, "channel"},
		{"no version", func(m *Manifest) { m.Version = "" }, "version"},
		{"a version that is a command", func(m *Manifest) { m.Version = "v1;reboot" }, "version"},
		{"no serial", func(m *Manifest) { m.Serial = 0 }, "serial"},
		{"no end", func(m *Manifest) { m.Expires = time.Time{} }, "expires"},
		{"nothing in it", func(m *Manifest) { m.Artifacts = nil }, "no artifacts"},
		{"one twice", func(m *Manifest) { m.Artifacts = append(m.Artifacts, m.Artifacts[0]) }, "twice"},
		{"a name that climbs", artifact(func(a *Artifact) { a.Name = "spotd/../../etc/passwd" }), "relative path"},
		{"a name from the root", artifact(func(a *Artifact) { a.Name = "/etc/passwd" }), "relative path"},
		{"a name that is an address", artifact(func(a *Artifact) { a.Name = "https://example.com/x" }), "relative path"},
		{"a name with a query", artifact(func(a *Artifact) { a.Name = "spotd?x" }), "relative path"},
		{"no kind", artifact(func(a *Artifact) { a.Kind = "" }), "no kind"},
		{"no size", artifact(func(a *Artifact) { a.Size = 0 }), "size"},
		{"a size beyond reason", artifact(func(a *Artifact) { a.Size = MaxArtifact + 1 }), "size"},
		{"a checksum too short", artifact(func(a *Artifact) { a.SHA256 = a.SHA256[1:] }), "sha256"},
		{"a checksum in capitals", artifact(func(a *Artifact) { a.SHA256 = strings.ToUpper(a.SHA256) }), "sha256"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m := release(c.change)
			if _, err := Seal(m, ours); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("written: %v", err)
			}
			payload, err := json.Marshal(m)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := Verify(forged(t, string(payload), ours), public(ours), noon, Known{Channel: "stable"}); !errors.Is(err, ErrMalformed) {
				t.Errorf("read: %v", err)
			}
		})
	}
}

func TestAManifestTooLargeToBeReadIsNotWritten(t *testing.T) {
	t.Parallel()
	if _, err := Seal(release(func(m *Manifest) { m.Notes = strings.Repeat("x", MaxManifest) }), ours); !errors.Is(err, ErrTooLarge) {
		t.Errorf("got %v", err)
	}
}

// FuzzVerify: no bytes make it panic, and none that our key did not sign are taken.
func FuzzVerify(f *testing.F) {
	good := seal(f, release(nil), ours)
	f.Add(good)
	f.Add(seal(f, release(nil)))
	f.Add(forged(f, `{"schema":1}`, other))
	f.Add([]byte(`{"payloadType":"` + payloadType + `","payload":"e30=","signatures":[{"keyid":"","sig":""}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := Verify(raw, public(ours), noon, Known{Channel: "stable"})
		if err == nil && !bytes.Equal(seal(t, m, ours), good) {
			t.Errorf("taken: %s", raw)
		}
		_, _, _ = Unverified(raw)
	})
}

// FuzzParse: what is signed may still be anything, and what is taken passes the check that is made before signing.
func FuzzParse(f *testing.F) {
	payload, err := json.Marshal(release(nil))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(payload)
	f.Add([]byte(`{"schema":1,"channel":"a","version":"b","serial":1,"expires":"9999-12-31T23:59:59Z","artifacts":[{"name":"x/./y"}]}`))
	f.Fuzz(func(t *testing.T, payload []byte) {
		m, err := parse(payload)
		if err == nil && m.Check() != nil {
			t.Errorf("taken: %s", payload)
		}
		if err != nil && !errors.Is(err, ErrMalformed) && !errors.Is(err, ErrNewer) {
			t.Errorf("refused without a name: %v", err)
		}
	})
}
