// Package channel is the word of a release channel: which version is current, what it consists of, and by whom that is said. It
// is read by the function's updater and by spotd, so it needs nothing but the standard library, and it trusts nothing that it
// reads before a signature over those very bytes holds.
package channel

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"time"
)

// The kinds of artefacts.
const (
	Function   = "function"   // a zip with the file that Lambda starts
	Spotd      = "spotd"      // the daemon's binary
	Deb        = "deb"        // a package of it
	RPM        = "rpm"        // the same
	SBOM       = "sbom"       // what an artefact is made of
	Checksums  = "checksums"  // SHA-256 of the others, as sha256sum reads them
	Provenance = "provenance" // how they were built
)

// Schema is the form of manifests that this package writes, and the newest that it reads.
const Schema = 1

// Manifest says what one release is.
type Manifest struct {
	Schema  int    `json:"schema"`
	Channel string `json:"channel"` // such as stable
	Version string `json:"version"`
	// Serial only grows within a channel, above 0: what has a lower one than what is known was published before.
	Serial  int64     `json:"serial"`
	Created time.Time `json:"created"`
	// Expires is when this is no longer taken for current: whoever holds back newer manifests can do so only until then.
	Expires time.Time `json:"expires"`
	// Minimum is the least version that may be updated to this one by itself; empty is every one.
	Minimum string `json:"minimum,omitempty"`
	// Rollback says that this version is meant to replace newer ones.
	Rollback  bool       `json:"rollback,omitempty"`
	Notes     string     `json:"notes,omitempty"`
	Artifacts []Artifact `json:"artifacts"`
}

// Artifact is one file of a release.
type Artifact struct {
	Name   string `json:"name"` // its place below the channel's address: a relative path with forward slashes
	Kind   string `json:"kind"`
	OS     string `json:"os,omitempty"`   // Go's word
	Arch   string `json:"arch,omitempty"` // Go's word: amd64, arm64
	Size   int64  `json:"size"`           // bytes
	SHA256 string `json:"sha256"`         // hex, lower case
}

// Key is where the manifest of a channel is, below the channel's address.
func Key(channel string) string { return path.Join("channel", channel+".json") }

// Find gives the one artefact of that kind, system and architecture.
func (m Manifest) Find(kind, goos, arch string) (Artifact, error) {
	for _, a := range m.Artifacts {
		if a.Kind == kind && a.OS == goos && a.Arch == arch {
			return a, nil
		}
	}
	return Artifact{}, fmt.Errorf("version %s has no %s for %s/%s", m.Version, kind, goos, arch)
}

// parse reads a manifest whose bytes are believed.
func parse(payload []byte) (Manifest, error) {
	var m Manifest
	if err := json.Unmarshal(payload, &m); err != nil {
		return Manifest{}, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if m.Schema > Schema {
		return Manifest{}, fmt.Errorf("%w: form %d, and only up to %d is understood here", ErrNewer, m.Schema, Schema)
	}
	if err := m.Check(); err != nil {
		return Manifest{}, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return m, nil
}

// Check tells what a manifest lacks.
func (m Manifest) Check() error {
	switch {
	case m.Schema < 1:
		return fmt.Errorf("schema %d: want 1 or more", m.Schema)
	case !plain(m.Channel):
		return fmt.Errorf("channel %q: want letters, digits, dots and dashes", m.Channel)
	case !plain(m.Version):
		return fmt.Errorf("version %q: want letters, digits, dots and dashes", m.Version)
	case m.Serial < 1:
		return fmt.Errorf("serial %d: want 1 or more", m.Serial)
	case !m.Expires.After(m.Created):
		return fmt.Errorf("expires %s: not after it was created", m.Expires.Format(time.RFC3339))
	case len(m.Artifacts) == 0:
		return fmt.Errorf("no artifacts")
	}
	seen := map[string]bool{}
	for _, a := range m.Artifacts {
		if err := a.check(); err != nil {
			return err
		}
		if seen[a.Name] {
			return fmt.Errorf("artifact %q is there twice", a.Name)
		}
		seen[a.Name] = true
	}
	return nil
}

// plain keeps names out that mean something in a path, an address or a shell.
func plain(s string) bool {
	const known = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-+_~"
	other := func(r rune) bool { return !strings.ContainsRune(known, r) }
	return s != "" && len(s) <= 100 && s[0] != '.' && s[0] != '-' && !strings.ContainsFunc(s, other)
}

func (a Artifact) check() error {
	switch {
	case !fs.ValidPath(a.Name) || a.Name == "." || strings.ContainsAny(a.Name, "\\?#%: \t\r\n"):
		return fmt.Errorf("artifact %q: want a relative path", a.Name)
	case a.Kind == "":
		return fmt.Errorf("artifact %q: no kind", a.Name)
	case a.Size < 1 || a.Size > MaxArtifact:
		return fmt.Errorf("artifact %q: size %d: want 1 to %d", a.Name, a.Size, int64(MaxArtifact))
	case len(a.SHA256) != 64 || strings.Trim(a.SHA256, "0123456789abcdef") != "":
		return fmt.Errorf("artifact %q: sha256 %q: want 64 digits of lower-case hex", a.Name, a.SHA256)
	}
	return nil
}
