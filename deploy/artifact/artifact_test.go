package artifact

import (
	"archive/zip"
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var at = time.Date(2026, 11, 25, 7, 0, 0, 0, time.UTC)

func TestTheZipHoldsOneProgramThatLambdaCanStartAndIsTheSameEachTime(t *testing.T) {
	t.Parallel()
	var one, two bytes.Buffer
	for _, b := range []*bytes.Buffer{&one, &two} {
		if err := pack(b, []byte("a program"), at); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(one.Bytes(), two.Bytes()) {
		t.Error("two zips of the same differ")
	}
	z, err := zip.NewReader(bytes.NewReader(one.Bytes()), int64(one.Len()))
	if err != nil {
		t.Fatal(err)
	}
	if len(z.File) != 1 || z.File[0].Name != "bootstrap" || z.File[0].Mode() != 0o755 || !z.File[0].Modified.Equal(at) {
		t.Errorf("it holds %+v", z.File[0].FileHeader)
	}
}

func TestAVersionIsReadOnlyIfEveryFileIsWhatItsManifestSays(t *testing.T) {
	t.Parallel()
	good := `{"version":"v1","artifacts":[{"key":"spotd/v1/spotd-linux-amd64","kind":"spotd","os":"linux","arch":"amd64","sha256":"2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae","bytes":3}]}`
	for _, c := range []struct {
		name, manifest, file string
		missing              bool
		says                 string
	}{
		{"as packaged", good, "foo", false, ""},
		{"nothing packaged", "", "", true, "not packaged"},
		{"a file is gone", good, "", true, "not packaged"},
		{"a file is another", good, "bar", false, "is not what"},
		{"no JSON", "{", "foo", false, "package it again"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dist := t.TempDir()
			for name, text := range map[string]string{"manifest/v1.json": c.manifest, "spotd/v1/spotd-linux-amd64": c.file} {
				if text == "" {
					continue
				}
				name = filepath.Join(dist, name)
				if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, []byte(text), 0o644)); err != nil {
					t.Fatal(err)
				}
			}
			m, err := Read(dist, "v1")
			if errors.Is(err, ErrMissing) != c.missing || (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v", err)
			}
			if err == nil && m.Checksums() != "amd64=2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae" {
				t.Errorf("checksums %s", m.Checksums())
			}
		})
	}
}
