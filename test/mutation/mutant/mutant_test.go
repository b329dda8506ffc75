package mutant

import (
	"errors"
	"flag"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite which mutants are found")

func load(t *testing.T) *Package {
	t.Helper()
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	p, err := Load(root, "./test/mutation/testdata/sample/")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// The file holds what is hard to change: what is left alone in it, such as a return that ends a function, is not in the list.
func TestWhatIsFoundInAFileIsKnown(t *testing.T) {
	t.Parallel()
	var got strings.Builder
	for _, m := range load(t).Mutants {
		if strings.HasSuffix(m.File, "/odd.go") {
			got.WriteString(strings.TrimPrefix(m.String(), "test/mutation/testdata/sample/") + "\n")
		}
	}
	file := filepath.Join("testdata", "odd.golden")
	if *update {
		if err := os.WriteFile(file, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got.String() != string(want) {
		t.Errorf("%s differs:\n%s", file, got.String())
	}
}

func TestOnlyWhatIsChosenIsRewritten(t *testing.T) {
	t.Parallel()
	p := load(t)
	if files := p.Rewrite(nil); len(files) != 1 || files[filepath.Join(p.Dir, Injected)] == nil {
		t.Errorf("without a mutant %d files are written", len(files))
	}
	first := slices.IndexFunc(p.Mutants, func(m Mutant) bool { return m.Func == "Grade" })
	files := p.Rewrite([]int{first})
	text := string(files[filepath.Join(p.Dir, "sample.go")])
	if len(files) != 2 || !strings.Contains(text, "if mutationLess_Number_(1, -1, n ,  10) {") || strings.Count(text, "mutationLess_") != 1 {
		t.Errorf("%d files: %s", len(files), text)
	}
	var all []int
	for i := range p.Mutants {
		all = append(all, i)
	}
	for name, text := range p.Rewrite(all) {
		if _, err := parser.ParseFile(token.NewFileSet(), name, text, 0); err != nil {
			t.Errorf("%s: %v\n%s", name, err, text)
		}
	}
}

func TestEditsGoAroundEachOther(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, want string
		edits      []edit
	}{
		{"none", "abcdef", nil},
		{"one around all", "<abcdef>", []edit{{from: 0, to: 6, before: "<", after: ">"}}},
		{"the same part: the first is outermost", "a<[bc]>def", []edit{{from: 1, to: 3, before: "<", after: ">"}, {from: 1, to: 3, before: "[", after: "]"}}},
		{"the same beginning", "<[ab]cd>ef", []edit{{from: 0, to: 2, before: "[", after: "]"}, {from: 0, to: 4, before: "<", after: ">"}}},
		{"the same end", "a<b[cd]>ef", []edit{{from: 2, to: 4, before: "[", after: "]"}, {from: 1, to: 4, before: "<", after: ">"}}},
		{"one after the other", "<ab>[cd]ef", []edit{{from: 2, to: 4, before: "[", after: "]"}, {from: 0, to: 2, before: "<", after: ">"}}},
		{"a part replaced within", "<a, d>ef", []edit{{from: 0, to: 4, before: "<", after: ">"}, {from: 1, to: 3, replace: true, before: ", "}}},
	} {
		if got := string(apply([]byte("abcdef"), c.edits)); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestAPackageThatIsNotThereIsSaid(t *testing.T) {
	t.Parallel()
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	for path, says := range map[string]string{"coordinator/nothing": "coordinator/nothing: there is no such package: PKGS names", "docs": "docs: "} {
		if _, err := Load(root, path); err == nil || !strings.HasPrefix(err.Error(), says) || path != "docs" && !errors.Is(err, ErrNone) {
			t.Errorf("%s: %v", path, err)
		}
	}
}
