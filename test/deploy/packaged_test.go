package deploy_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"autospotting/deploy/artifact"
)

// The same commit gives the same bytes in any directory; for one architecture here, since the other would be compiled anew.
func TestTwoBuildsOnTwoPathsAreTheSame(t *testing.T) {
	t.Parallel()
	src, err := artifact.Checkout(t.Context(), filepath.Join("..", ".."))
	if err != nil {
		t.Skipf("no checkout: %v", err)
	}
	src.Arch = "amd64"
	elsewhere := src
	elsewhere.Dir = copyOf(t, src.Dir)
	var built [2]artifact.Manifest
	var dist [2]string
	for i, s := range []artifact.Source{src, elsewhere} {
		dist[i] = t.TempDir()
		if built[i], err = artifact.Build(context.WithoutCancel(t.Context()), s, dist[i], t.Logf, artifact.Function, artifact.Spotd); err != nil {
			t.Fatal(err)
		}
	}
	if len(built[0].Artifacts) != 3 {
		t.Fatalf("built were %+v", built[0].Artifacts)
	}
	for i, a := range built[0].Artifacts {
		b := built[1].Artifacts[i]
		t.Logf("%9d bytes  %s", a.Bytes, a.Key)
		if a != b {
			t.Errorf("%+v differs from %+v", a, b)
		}
		one, _ := os.ReadFile(filepath.Join(dist[0], a.Key))
		two, _ := os.ReadFile(filepath.Join(dist[1], a.Key))
		if len(one) == 0 || !bytes.Equal(one, two) {
			t.Errorf("%s: the bytes differ", a.Key)
		}
	}
}

// copyOf copies what git knows, and what it would, to another directory.
func copyOf(t *testing.T, dir string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "elsewhere")
	out, err := exec.Command("git", "-C", dir, "ls-files", "-co", "--exclude-standard").Output()
	if err != nil {
		t.Fatal(err)
	}
	for name := range strings.Lines(string(out)) {
		name = strings.TrimSuffix(name, "\n")
		content, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			continue // removed, and not committed yet
		}
		if err := os.MkdirAll(filepath.Dir(filepath.Join(to, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(to, name), content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return to
}
