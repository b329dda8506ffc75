package artifact

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"autospotting/pkg/channel"
)

// PackagesKey is where whatever else belongs to a version lies, below the directory of artefacts and in the bucket.
func PackagesKey(version string) string { return path.Join("packages", version) }

// kindsByEnd tells by its name what a file is; the first that fits counts.
var kindsByEnd = []struct{ end, kind string }{
	{".deb", channel.Deb}, {".rpm", channel.RPM}, {".cdx.json", channel.SBOM}, {".spdx.json", channel.SBOM},
	{".intoto.jsonl", channel.Provenance}, {".intoto.json", channel.Provenance}, {".provenance.json", channel.Provenance}, {"SHA256SUMS", channel.Checksums},
}

// Packages lists what lies in the version's directory of packages, in order, and names the files that belong to no release. A
// version without the directory has none.
func Packages(dist, version string) (found []Artifact, others []string, err error) {
	dir := filepath.Join(dist, filepath.FromSlash(PackagesKey(version)))
	files, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	for _, f := range files {
		kind := kindOf(f.Name())
		if kind == "" || !f.Type().IsRegular() {
			others = append(others, f.Name())
			continue
		}
		sum, n, err := sumOf(filepath.Join(dir, f.Name()))
		if err != nil {
			return nil, nil, fmt.Errorf("read what is packaged: %w", err)
		}
		goos, arch := builtFor(f.Name(), kind)
		found = append(found, Artifact{path.Join(PackagesKey(version), f.Name()), kind, goos, arch, sum, n})
	}
	return found, others, nil
}

func kindOf(name string) string {
	for _, k := range kindsByEnd {
		if strings.HasSuffix(name, k.end) {
			return k.kind
		}
	}
	return ""
}

// builtFor reads system and architecture from a file's name; what is for none has neither.
func builtFor(name, kind string) (goos, arch string) {
	for word, is := range map[string]string{"amd64": "amd64", "x86_64": "amd64", "arm64": "arm64", "aarch64": "arm64"} {
		if strings.Contains(name, word) {
			arch = is
		}
	}
	switch {
	case kind == channel.Deb, kind == channel.RPM, strings.Contains(name, "linux"):
		goos = "linux"
	case strings.Contains(name, "windows"):
		goos = "windows"
	}
	return goos, arch
}
