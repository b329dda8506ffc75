package rig

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"autospotting/deploy/artifact"
)

// SmallRelease writes a version into dist as spotctl package does, but for the programs in it: what they hold is nothing to the
// command, and to whoever downloads nothing.
func SmallRelease(dist, version string) error {
	m := artifact.Manifest{Version: version, Time: time.Unix(0, 0)}
	zipped, err := zipOf("bootstrap", version)
	if err != nil {
		return err
	}
	for _, a := range []struct {
		key, kind, arch string
		content         []byte
	}{
		{"function/" + version + "/coordinator-arm64.zip", artifact.Function, "arm64", zipped},
		{"function/" + version + "/coordinator-x86_64.zip", artifact.Function, "amd64", zipped},
		{"spotd/" + version + "/spotd-linux-amd64", artifact.Spotd, "amd64", []byte("amd64 " + version)},
		{"spotd/" + version + "/spotd-linux-arm64", artifact.Spotd, "arm64", []byte("arm64 " + version)},
	} {
		sum := sha256.Sum256(a.content)
		m.Artifacts = append(m.Artifacts, artifact.Artifact{Key: a.key, Kind: a.kind, OS: "linux", Arch: a.arch, SHA256: hex.EncodeToString(sum[:]), Bytes: int64(len(a.content))})
		if err := write(filepath.Join(dist, a.key), a.content); err != nil {
			return err
		}
	}
	raw, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return write(filepath.Join(dist, m.Key()), raw)
}

func zipOf(name, content string) ([]byte, error) {
	var z bytes.Buffer
	w := zip.NewWriter(&z)
	f, err := w.Create(name)
	if err != nil {
		return nil, err
	}
	fmt.Fprint(f, content)
	err = w.Close()
	return z.Bytes(), err
}

func write(name string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	return os.WriteFile(name, content, 0o644)
}
