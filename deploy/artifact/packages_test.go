package artifact

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestTheDirectoryOfPackagesIsPartOfAVersion(t *testing.T) {
	t.Parallel()
	dist := t.TempDir()
	if found, others, err := Packages(dist, "v1"); found != nil || others != nil || err != nil {
		t.Errorf("without one: %v, %v, %v", found, others, err)
	}
	dir := filepath.Join(dist, "packages", "v1")
	if err := os.MkdirAll(filepath.Join(dir, "a.deb"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"spotd-amd64.deb", "spotd-1.0-1.aarch64.rpm", "spotd-windows-amd64.exe.cdx.json", "coordinator.intoto.jsonl", "SHA256SUMS", "spotd-linux-amd64", "notes.txt"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("foo"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	found, others, err := Packages(dist, "v1")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, a := range found {
		if a.SHA256 != "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae" || a.Bytes != 3 {
			t.Errorf("%+v", a)
		}
		got = append(got, fmt.Sprint(a.Key, " ", a.Kind, " ", a.OS, "/", a.Arch))
	}
	want := []string{"packages/v1/SHA256SUMS checksums /", "packages/v1/coordinator.intoto.jsonl provenance /", "packages/v1/spotd-1.0-1.aarch64.rpm rpm linux/arm64",
		"packages/v1/spotd-amd64.deb deb linux/amd64", "packages/v1/spotd-windows-amd64.exe.cdx.json sbom windows/amd64"}
	if !slices.Equal(got, want) {
		t.Errorf("found %q", got)
	}
	if !slices.Equal(others, []string{"a.deb", "notes.txt", "spotd-linux-amd64"}) {
		t.Errorf("others are %v", others)
	}
}
