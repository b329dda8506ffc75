package update

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"autospotting/pkg/channel"
)

func keyOf(n byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{n}, ed25519.SeedSize))
}

// files are a channel in memory.
type files map[string][]byte

func (f files) Get(_ context.Context, name string) (io.ReadCloser, error) {
	body, ok := f[name]
	if !ok {
		return nil, errStatus{name, 404}
	}
	return io.NopCloser(bytes.NewReader(body)), nil
}

func hash(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

// release is version v1.1.0 as the channel has it, changed.
func release(t *testing.T, key ed25519.PrivateKey, change func(*channel.Manifest)) files {
	t.Helper()
	next := []byte("the new program")
	m := channel.Manifest{Schema: channel.Schema, Channel: "stable", Version: "v1.1.0", Serial: 5, Created: time.Now().Add(-time.Hour), Expires: time.Now().Add(time.Hour),
		Artifacts: []channel.Artifact{{Name: "spotd/v1.1.0/spotd", Kind: channel.Spotd, OS: runtime.GOOS, Arch: runtime.GOARCH, Size: int64(len(next)), SHA256: hash(next)}}}
	if change != nil {
		change(&m)
	}
	var keys []ed25519.PrivateKey
	if key != nil {
		keys = append(keys, key)
	}
	raw, err := channel.Seal(m, keys...)
	if err != nil {
		t.Fatal(err)
	}
	return files{channel.Key("stable"): raw, "spotd/v1.1.0/spotd": next}
}

// ready is an updater whose daemon may be restarted, and notes if it is.
func ready(t *testing.T, source Source, restarts *int) *Updater {
	t.Helper()
	dir := t.TempDir()
	u := &Updater{Binary: filepath.Join(dir, "spotd"), State: filepath.Join(dir, "state"), Run: dir, Version: "v1.0.0", Channel: "stable",
		Keys: []ed25519.PublicKey{keyOf(1).Public().(ed25519.PublicKey)}, Source: source, Patience: 50 * time.Millisecond}
	if err := os.WriteFile(u.Binary, []byte("the old program"), 0o755); err != nil {
		t.Fatal(err)
	}
	own := Status{Version: "v1.0.0", PID: os.Getpid(), Instance: "i-1"}
	u.Restart = func(context.Context) error { *restarts++; return own.Write(dir) }
	if err := own.Write(dir); err != nil {
		t.Fatal(err)
	}
	return u
}

func TestWhatIsRefusedLeavesTheProgramAlone(t *testing.T) {
	t.Parallel()
	ours := keyOf(1)
	with := func(f files, name string, change func([]byte) []byte) files {
		f[name] = change(bytes.Clone(f[name]))
		return f
	}
	manifest, artefact := channel.Key("stable"), "spotd/v1.1.0/spotd"
	flip := func(b []byte) []byte { b[len(b)/2] ^= 1; return b }
	half := func(b []byte) []byte { return b[:len(b)/2] }
	more := func(b []byte) []byte { return append(b, '!') }
	for _, c := range []struct {
		name    string
		source  files
		prepare func(*Updater)
		want    error
		says    string
	}{
		{"unsigned", release(t, nil, nil), nil, channel.ErrUnsigned, ""},
		{"signed by another", release(t, keyOf(2), nil), nil, channel.ErrWrongKey, ""},
		{"a manifest that was cut", with(release(t, ours, nil), manifest, half), nil, channel.ErrTruncated, ""},
		{"a manifest that was changed", with(release(t, ours, nil), manifest, func(b []byte) []byte { return bytes.Replace(b, []byte(`"payload": "ey`), []byte(`"payload": "eY`), 1) }), nil, channel.ErrTampered, ""},
		{"expired", release(t, ours, func(m *channel.Manifest) { m.Expires = time.Now().Add(-time.Minute) }), nil, channel.ErrExpired, ""},
		{"an older version", release(t, ours, nil), func(u *Updater) { u.Version = "v1.2.0" }, channel.ErrOlder, ""},
		{"an older manifest than was seen", release(t, ours, nil), func(u *Updater) { _ = u.remember(memory{Serial: 6}) }, channel.ErrOlder, ""},
		{"too old to be updated by itself", release(t, ours, func(m *channel.Manifest) { m.Minimum = "v1.0.5" }), nil, channel.ErrMinimum, ""},
		{"a program that was changed", with(release(t, ours, nil), artefact, flip), nil, channel.ErrTampered, ""},
		{"a program that was cut", with(release(t, ours, nil), artefact, half), nil, channel.ErrTruncated, ""},
		{"a program with something behind it", with(release(t, ours, nil), artefact, more), nil, channel.ErrTooLarge, ""},
		{"no program for this machine", release(t, ours, func(m *channel.Manifest) { m.Artifacts[0].Arch = "pdp11" }), nil, nil, "has no spotd for"},
		{"no manifest", files{}, nil, nil, "404"},
		{"one that failed here", release(t, ours, nil), func(u *Updater) {
			_ = u.remember(memory{Bad: map[string]string{hash([]byte("the new program")): "no hello"}})
		}, ErrPutBack, "no hello"},
		{"a daemon that has said nothing yet", release(t, ours, nil), func(u *Updater) { _ = os.Remove(u.status()) }, ErrNotNow, ""},
		{"an instance that goes", release(t, ours, nil), func(u *Updater) { _ = Status{Instance: "i-1", Leaving: true}.Write(u.Run) }, ErrNotNow, "i-1"},
		{"a status that is a link elsewhere", release(t, ours, nil), func(u *Updater) { _ = os.Remove(u.status()); _ = os.Symlink("/proc/version", u.status()) }, nil, "malformed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			restarts := 0
			u := ready(t, c.source, &restarts)
			if err := os.MkdirAll(u.State, 0o755); err != nil {
				t.Fatal(err)
			}
			if c.prepare != nil {
				c.prepare(u)
			}
			version, err := u.Once(t.Context())
			if err == nil || c.want != nil && !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want %v %s", err, c.want, c.says)
			}
			if body, _ := os.ReadFile(u.Binary); string(body) != "the old program" || version != "" || restarts > 0 {
				t.Errorf("the program is %q, version %q, restarted %d times", body, version, restarts)
			}
			for _, left := range []string{u.fresh(), u.pendingFile()} {
				if _, err := os.Stat(left); err == nil {
					t.Errorf("%s is left", left)
				}
			}
		})
	}
}

// The process that says hello has to be the new program: here it is this test's.
func TestAStrangersHelloIsNone(t *testing.T) {
	t.Parallel()
	restarts := 0
	u := ready(t, release(t, keyOf(1), nil), &restarts)
	_, err := u.Once(t.Context())
	if !errors.Is(err, ErrPutBack) || !strings.Contains(err.Error(), "another program") {
		t.Errorf("got %v", err)
	}
	if body, _ := os.ReadFile(u.Binary); string(body) != "the old program" || restarts != 2 {
		t.Errorf("the program is %q, restarted %d times", body, restarts)
	}
	if _, err := u.Once(t.Context()); !errors.Is(err, ErrPutBack) || restarts != 2 {
		t.Errorf("it is tried again: %v", err)
	}
}

func TestWhatRunsAlreadyIsNotBroughtAgain(t *testing.T) {
	t.Parallel()
	restarts := 0
	source := release(t, keyOf(1), nil)
	u := ready(t, source, &restarts)
	if err := os.WriteFile(u.Binary, source["spotd/v1.1.0/spotd"], 0o755); err != nil {
		t.Fatal(err)
	}
	if version, err := u.Once(t.Context()); version != "" || err != nil || restarts > 0 {
		t.Errorf("%q, %v, restarted %d times", version, err, restarts)
	}
	if m, err := u.memory(); m.Serial != 5 || err != nil {
		t.Errorf("remembered is %+v, %v", m, err)
	}
}

// Somebody else's program in our place is not ours to judge.
func TestAProgramThatSomebodyElsePutThereStays(t *testing.T) {
	t.Parallel()
	restarts := 0
	u := ready(t, files{}, &restarts)
	if err := os.MkdirAll(u.State, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := u.note(pending{Version: "v1.1.0", New: hash([]byte("new")), Old: hash([]byte("older"))}); err != nil {
		t.Fatal(err)
	}
	if _, err := u.Once(t.Context()); err == nil || !strings.Contains(err.Error(), "somebody else") || restarts > 0 {
		t.Errorf("got %v", err)
	}
	if p, err := u.pending(); p != nil || err != nil {
		t.Errorf("pending is %+v, %v", p, err)
	}
}

func TestAnUpdateWhoseProgramWasRemovedIsEnded(t *testing.T) {
	t.Parallel()
	restarts := 0
	u := ready(t, files{}, &restarts)
	err := errors.Join(os.Remove(u.Binary), os.MkdirAll(u.State, 0o700), u.note(pending{Version: "v1.1.0", New: "1", Old: "2"}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := u.Once(t.Context()); err == nil || !strings.Contains(err.Error(), "somebody removed the program") || restarts != 0 {
		t.Errorf("%v, %d restarts", err, restarts)
	}
	if begun, err := u.Begun(); begun || err != nil {
		t.Errorf("still pending: %v, %v", begun, err)
	}
}

func TestANewProgramWhoseStartDoesNotReturnIsPutBack(t *testing.T) {
	restarts := 0
	u := ready(t, files{}, &restarts)
	err := errors.Join(os.WriteFile(u.previous(), []byte("the old program"), 0o755), os.WriteFile(u.Binary, []byte("the new program"), 0o755),
		os.MkdirAll(u.State, 0o700), u.note(pending{Version: "v1.1.0", New: hash([]byte("the new program")), Old: hash([]byte("the old program"))}))
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		u.Patience = time.Minute
		u.Restart = func(ctx context.Context) error { restarts++; <-ctx.Done(); return ctx.Err() }
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		began := time.Now()
		_, err := u.Once(ctx)
		if now, _ := os.ReadFile(u.Binary); string(now) != "the old program" || !errors.Is(err, ErrPutBack) || restarts != 2 || time.Since(began) > 2*(stopTime+time.Minute) {
			t.Errorf("%q is in place after %v and %d restarts: %v", now, time.Since(began), restarts, err)
		}
	})
}
