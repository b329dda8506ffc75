package spotd

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// packages are the files of one build, by name.
type packages map[string][]byte

func readPackages(t *testing.T, dir string) packages {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	all := packages{}
	for _, f := range files {
		if all[f.Name()], err = os.ReadFile(filepath.Join(dir, f.Name())); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// sums are the SHA-256 of all but these.
func (p packages) sums(but ...string) map[string]string {
	out := map[string]string{}
	for name, body := range p {
		if !slices.Contains(but, name) {
			sum := sha256.Sum256(body)
			out[name] = hex.EncodeToString(sum[:])
		}
	}
	return out
}

func TestPackages(t *testing.T) {
	dir, again := os.Getenv("SPOTD_PACKAGES"), os.Getenv("SPOTD_PACKAGES_AGAIN")
	if dir == "" || again == "" {
		t.Skip("opt-in: make test-packages")
	}
	p := readPackages(t, dir)
	t.Run("two builds, one hash", func(t *testing.T) { sameSums(t, readPackages(t, again).sums(), p.sums()) })
	t.Run("everything is there", p.areWhole)
	t.Run("the checksums are those of the files", p.areSummed)
	t.Run("the statement of provenance names every file", p.areAccountedFor)
	t.Run("the SBOM names the modules of the program", p.sayWhatIsInThem)
	t.Run("lintian finds no error", func(t *testing.T) {
		runs(t, "lintian", "--allow-root", "--fail-on", "error", filepath.Join(dir, "spotd-amd64.deb"), filepath.Join(dir, "spotd-arm64.deb"))
	})
	t.Run("rpmlint finds no error", func(t *testing.T) {
		out := runs(t, "rpmlint", "--config", "../../spotd/packaging/rpmlint.toml", filepath.Join(dir, "spotd-amd64.rpm"), filepath.Join(dir, "spotd-arm64.rpm"))
		if !strings.Contains(out, " 0 errors") {
			t.Error("errors, see above")
		}
	})
}

func sameSums(t *testing.T, got, want map[string]string) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%d files, and %d", len(got), len(want))
	}
	for name, sum := range want {
		if got[name] != sum {
			t.Errorf("%s: %q, and %q", name, got[name], sum)
		}
	}
}

func (p packages) areWhole(t *testing.T) {
	for _, name := range strings.Fields("spotd-amd64.deb spotd-arm64.deb spotd-amd64.rpm spotd-arm64.rpm " +
		"spotd-linux-amd64 spotd-linux-arm64 spotd-windows-amd64.exe spotd-linux-amd64.cdx.json spotd-linux-arm64.cdx.json " +
		"spotd-windows-amd64.exe.cdx.json spotd.provenance.json SHA256SUMS") {
		if len(p[name]) == 0 {
			t.Errorf("no %s", name)
		}
	}
}

func (p packages) areSummed(t *testing.T) {
	got := map[string]string{}
	for line := range strings.Lines(string(p["SHA256SUMS"])) {
		sum, name, _ := strings.Cut(strings.TrimSpace(line), "  ")
		got[name] = sum
	}
	sameSums(t, got, p.sums("SHA256SUMS"))
}

func (p packages) areAccountedFor(t *testing.T) {
	var statement struct {
		Type          string `json:"_type"`
		PredicateType string
		Subject       []struct {
			Name   string
			Digest map[string]string
		}
	}
	if err := json.Unmarshal(p["spotd.provenance.json"], &statement); err != nil {
		t.Fatal(err)
	}
	if statement.Type != "https://in-toto.io/Statement/v1" || statement.PredicateType != "https://slsa.dev/provenance/v1" {
		t.Errorf("it is a %s of a %s", statement.PredicateType, statement.Type)
	}
	got := map[string]string{}
	for _, s := range statement.Subject {
		got[s.Name] = s.Digest["sha256"]
	}
	sameSums(t, got, p.sums("SHA256SUMS", "spotd.provenance.json"))
}

func (p packages) sayWhatIsInThem(t *testing.T) {
	for name, body := range p {
		if !strings.HasSuffix(name, ".cdx.json") {
			continue
		}
		var bom struct {
			BomFormat  string
			Components []struct{ Purl string }
		}
		if err := json.Unmarshal(body, &bom); err != nil || bom.BomFormat != "CycloneDX" {
			t.Fatalf("%s: %v, a %q", name, err, bom.BomFormat)
		}
		for _, module := range []string{"pkg:golang/github.com/rs/zerolog@", "pkg:golang/github.com/aws/aws-sdk-go-v2/service/sns@"} {
			if !bytes.Contains(body, []byte(module)) {
				t.Errorf("%s: no %s among %d components", name, module, len(bom.Components))
			}
		}
	}
}

// runs runs a program that may be missing, and must end well.
func runs(t *testing.T, program string, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		t.Skipf("no %s here: apt-get install %s", program, program)
	}
	out, err := exec.Command(program, args...).CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Errorf("%s: %v", program, err)
	}
	return string(out)
}
