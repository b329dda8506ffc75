package trial

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"autospotting/test/mutation/mutant"
)

var update = flag.Bool("update", false, "rewrite what becomes of the sample's mutants")

const (
	sample  = "test/mutation/testdata/sample"
	endless = "test/mutation/testdata/endless"
)

func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// built is a package's tests with all its mutants.
func built(t *testing.T, path string) (*mutant.Package, *Binary) {
	t.Helper()
	p, err := mutant.Load(root(t), path)
	if err != nil {
		t.Fatal(err)
	}
	var all []int
	for i := range p.Mutants {
		all = append(all, i)
	}
	b, err := Build(t.Context(), p, all, t.TempDir(), 2)
	if err != nil {
		t.Fatal(err)
	}
	return p, b
}

// What is killed, what survives and what no test reaches is known: the file was read line by line.
func TestWhatBecomesOfTheSamplesMutantsIsKnown(t *testing.T) {
	t.Parallel()
	p, b := built(t, sample)
	if err := b.Measure(t.Context()); err != nil {
		t.Fatal(err)
	}
	became := make([]string, len(p.Mutants))
	errs := make([]error, len(p.Mutants))
	Each(len(p.Mutants), 2, func(i int) {
		o, err := b.Try(t.Context(), i+1)
		errs[i] = err
		switch {
		case o.Killed:
			became[i] = "killed"
		case o.Unreached:
			became[i] = "unreached"
		default:
			became[i] = "survived"
		}
	})
	var got strings.Builder
	for i, m := range p.Mutants {
		if errs[i] != nil {
			t.Error(errs[i])
		}
		if strings.HasSuffix(m.File, "/sample.go") {
			fmt.Fprintf(&got, "%-10s%s\n", became[i], strings.TrimPrefix(m.String(), sample+"/"))
		} else if became[i] != "unreached" && m.Func != "pointers" { // a table is read before any test
			t.Errorf("%s: %s", m, became[i])
		}
	}
	file := filepath.Join("testdata", "sample.golden")
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

// A mutant that no test reaches is not tried. That spares much, and must not spare a kill.
func TestNoTestFailsForAMutantThatNoneReaches(t *testing.T) {
	t.Parallel()
	p, b := built(t, sample)
	if err := b.Measure(t.Context()); err != nil {
		t.Fatal(err)
	}
	var every []int
	for i := range b.tests {
		every = append(every, i)
	}
	tried := 0
	for i, m := range p.Mutants {
		if len(b.reached[i+1]) > 0 || !strings.HasSuffix(m.File, "/sample.go") {
			continue
		}
		tried++
		if killed, err := b.fails(t.Context(), i+1, every); err != nil || killed {
			t.Errorf("%s: killed %t, %v", m, killed, err)
		}
	}
	if tried < 5 {
		t.Errorf("only %d were tried", tried)
	}
}

// number is that of the one mutant of a function that changes this.
func number(t *testing.T, p *mutant.Package, function, what string) int {
	t.Helper()
	for i, m := range p.Mutants {
		if m.Func == function && m.What == what {
			return i + 1
		}
	}
	t.Fatalf("no mutant %s of %s", what, function)
	return 0
}

func TestAMutantThatNeverEndsIsKilled(t *testing.T) {
	t.Parallel()
	p, b := built(t, endless)
	if err := b.Measure(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.Leeway = 200 * time.Millisecond
	if o, err := b.Try(t.Context(), number(t, p, "Count", "without `i++`")); err != nil || !o.Killed || o.Unreached {
		t.Errorf("%+v, %v", o, err)
	}
}

func TestAMutantThatTakesAllMemoryIsEnded(t *testing.T) {
	t.Parallel()
	p, b := built(t, endless)
	out, err := b.command(t.Context(), []string{"TestFill"}, longest, fmt.Sprintf("MUTANT=%d", number(t, p, "Fill", "without `i++`"))).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "takes more than 1 GiB of memory") {
		t.Errorf("%v: %s", err, out)
	}
}

func TestEveryMutantOfThePackagesCompiles(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"coordinator/market", "coordinator/settings", "coordinator/decide", "pkg/message"} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			if p, b := built(t, path); len(p.Mutants) < 50 || len(b.tests) == 0 {
				t.Errorf("%d mutants and %d tests", len(p.Mutants), len(b.tests))
			}
		})
	}
}

func TestAPackageWhoseTestsFailAnywayIsNotTried(t *testing.T) {
	t.Parallel()
	_, b := built(t, sample)
	b.tests = append(b.tests, test{name: "TestGrade"})
	b.bin = filepath.Join(t.TempDir(), "failing")
	if err := os.WriteFile(b.bin, []byte("#!/bin/sh\necho broken; exit 1\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := b.Measure(t.Context()); err == nil || !strings.Contains(err.Error(), "TestGrade: it fails without a mutant") || !strings.Contains(err.Error(), "broken") {
		t.Errorf("%v", err)
	}
}

func TestQuickTestsAreRunFirst(t *testing.T) {
	t.Parallel()
	b := &Binary{}
	for _, took := range []time.Duration{2 * time.Second, 3, time.Second / 2, 1, 40 * time.Second} {
		b.tests = append(b.tests, test{took: took})
	}
	for _, c := range []struct {
		name  string
		tests []int
		want  string
	}{
		{"all", []int{0, 1, 2, 3, 4}, "[[3 1] [2] [0 4]]"},
		{"no quick one", []int{4, 2}, "[[2] [4]]"},
		{"one", []int{1}, "[[1]]"},
	} {
		if got := fmt.Sprint(b.turns(c.tests)); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}
