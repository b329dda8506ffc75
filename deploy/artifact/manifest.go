// Package artifact builds what is installed: the function's zips and spotd's binaries, the same bytes from the same source on
// any path, and a manifest that says what they are.
package artifact

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"
)

// The kinds of artefacts.
const (
	Function = "function" // a zip with the one file that Lambda starts
	Spotd    = "spotd"    // the daemon's binary
)

// Artifact is one file. Its key is its place below the directory of artefacts, and in the bucket.
type Artifact struct {
	Key    string `json:"key"`
	Kind   string `json:"kind"`
	OS     string `json:"os"`
	Arch   string `json:"arch"` // Go's word: amd64, arm64
	SHA256 string `json:"sha256"`
	Bytes  int64  `json:"bytes"`
}

// Manifest is what one version consists of.
type Manifest struct {
	Version string `json:"version"`
	// Time is the commit's, which every file carries.
	Time      time.Time  `json:"time"`
	Artifacts []Artifact `json:"artifacts"`
}

// Key is the manifest's own place.
func (m Manifest) Key() string { return ManifestKey(m.Version) }

// ManifestKey is where the manifest of a version is.
func ManifestKey(version string) string { return path.Join("manifest", version+".json") }

// Zip is the function's zip for an architecture in Lambda's words, arm64 or x86_64.
func (m Manifest) Zip(architecture string) (Artifact, error) {
	want := strings.Replace(architecture, "x86_64", "amd64", 1)
	for _, a := range m.Artifacts {
		if a.Kind == Function && a.Arch == want {
			return a, nil
		}
	}
	return Artifact{}, fmt.Errorf("version %s has no function for %q: package it again", m.Version, architecture)
}

// Checksums are spotd's, as the coordinator reads them.
func (m Manifest) Checksums() string {
	var out []string
	for _, a := range m.Artifacts {
		switch {
		case a.Kind != Spotd:
		case a.OS == "linux":
			out = append(out, a.Arch+"="+a.SHA256)
		default:
			out = append(out, a.OS+"-"+a.Arch+"="+a.SHA256)
		}
	}
	return strings.Join(out, ",")
}

// ErrMissing says that the version is not packaged.
var ErrMissing = errors.New("not packaged")

// Read reads the manifest of a version below dist and checks every file against it.
func Read(dist, version string) (Manifest, error) {
	var m Manifest
	name := filepath.Join(dist, filepath.FromSlash(ManifestKey(version)))
	raw, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return m, fmt.Errorf("%w: %s does not exist", ErrMissing, name)
	}
	if err != nil {
		return m, err
	}
	if err := json.Unmarshal(raw, &m); err != nil {
		return m, fmt.Errorf("%s: %w: package it again", name, err)
	}
	for _, a := range m.Artifacts {
		sum, n, err := sumOf(filepath.Join(dist, filepath.FromSlash(a.Key)))
		if err != nil {
			return m, fmt.Errorf("%w: %v", ErrMissing, err)
		}
		if sum != a.SHA256 || n != a.Bytes {
			return m, fmt.Errorf("%s is not what %s says: package it again", a.Key, name)
		}
	}
	return m, nil
}

func sumOf(name string) (sum string, n int64, err error) {
	b, err := os.ReadFile(name)
	if err != nil {
		return "", 0, err
	}
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:]), int64(len(b)), nil
}

// Sum is the SHA-256 of a file, hex.
func Sum(name string) (string, error) {
	sum, _, err := sumOf(name)
	return sum, err
}
