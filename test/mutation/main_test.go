package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"autospotting/test/mutation/mutant"
)

const sample = "test/mutation/testdata/sample"

// asked reads arguments, with a list of excuses of the test's own.
func asked(t *testing.T, excuses string, args ...string) options {
	t.Helper()
	file := filepath.Join(t.TempDir(), "excused.txt")
	if err := os.WriteFile(file, []byte(excuses), 0o600); err != nil {
		t.Fatal(err)
	}
	o, err := read(append([]string{"-excused", file}, args...), &strings.Builder{})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

const free = sample + "/sample.go | rules | the rules `{\"four\", func(n int) bool { return n == 4 }}` and `{\"seven\", func(n int) bool { return n == 7 }}` in each other's place | no number fits both\n"

func TestTheLastLineCountsAndTheStatusTells(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, excuses string
		args          []string
		last, says    string
		printed       string
	}{
		{name: "good enough", args: []string{"-min", sample + "=20", sample}, last: " mutants, 19 killed, 0 excused, ",
			printed: sample + "/sample.go:84: without `a.Touched = true` (in Account.Put)"},
		{name: "too weak", args: []string{sample}, last: " survived", says: sample + ": "},
		{name: "one excused", excuses: free, args: []string{"-min", sample + "=20", sample}, last: " mutants, 19 killed, 1 excused, "},
		{name: "an excuse of nothing", excuses: sample + "/sample.go | Grade | without `return \"x\"` | r\n", args: []string{"-min", sample + "=0", sample}, last: " survived",
			says: "excuse in line 1: there is no such mutant"},
		{name: "an excuse of what is killed", excuses: sample + "/sample.go | Grade | without `return \"low\"` | r\n", args: []string{"-min", sample + "=0", sample}, last: " 0 excused, ",
			says: "excused.txt:1: excused, but a test fails"},
		{name: "an excuse in another package is nothing to this one", excuses: "coordinator/market/rules.go | f | without `x` | r\n", args: []string{"-min", sample + "=0", sample}, last: " survived"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var out strings.Builder
			err := asked(t, c.excuses, c.args...).run(t.Context(), &out, &strings.Builder{})
			if (err == nil) != (c.says == "") || err != nil && (!errors.Is(err, errWeak) || !strings.Contains(err.Error(), c.says)) {
				t.Errorf("error %v, want %q", err, c.says)
			}
			lines := strings.Split(strings.TrimSpace(out.String()), "\n")
			if !strings.Contains(lines[len(lines)-1], c.last) {
				t.Errorf("the last line is %q, want %q", lines[len(lines)-1], c.last)
			}
			if c.printed != "" && !slices.Contains(lines, c.printed) {
				t.Errorf("not printed: %s\n%s", c.printed, out.String())
			}
		})
	}
}

func TestASeedChoosesTheSample(t *testing.T) {
	t.Parallel()
	p := &mutant.Package{Path: "x", Mutants: make([]mutant.Mutant, 100)}
	of := func(n int, seed uint64) []int { return options{sample: n, seed: seed}.choose(p) }
	first := of(10, 1)
	if len(first) != 10 || !slices.IsSorted(first) || !slices.Equal(first, of(10, 1)) || slices.Equal(first, of(10, 2)) {
		t.Errorf("%v, again %v, and with another seed %v", first, of(10, 1), of(10, 2))
	}
	if len(of(0, 1)) != 100 || len(of(200, 1)) != 100 {
		t.Error("no sample is not all")
	}
}

func TestAtMostThreePercentAreExcused(t *testing.T) {
	t.Parallel()
	for n, wrong := range map[int]bool{3: false, 4: true} {
		p := &mutant.Package{}
		var list strings.Builder
		for i := range 100 {
			m := mutant.Mutant{File: "a/b.go", Func: "F", What: fmt.Sprint("without ", i)}
			p.Mutants = append(p.Mutants, m)
			if i < n {
				fmt.Fprintf(&list, "%s | %s | %s | r\n", m.File, m.Func, m.What)
			}
		}
		excuses, err := asked(t, list.String()).excuses()
		if err != nil {
			t.Fatal(err)
		}
		if got := check(excuses, []string{"a"}, []*mutant.Package{p}); (len(got) > 0) != wrong {
			t.Errorf("%d of 100: %v", n, got)
		}
	}
}

func TestABoundIsThatOfThePackageOrOfTheRoomAroundIt(t *testing.T) {
	t.Parallel()
	asked := bounds{}
	if err := asked.Set("coordinator/act=70,./coordinator/handle=99.5"); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]float64{"coordinator/act": 70, "coordinator/handle": 99.5, "coordinator/decide": 90, "coordinator/decide/view": 95,
		"coordinator/decide/books": 95, "coordinator/decide/other": 90, "coordinator/decides": 85, "coordinator/market": 85, "spotd": 85} {
		if got := asked.of(name); got != want {
			t.Errorf("%s: %g, want %g", name, got, want)
		}
	}
	for _, wrong := range []string{"", "a", "a=", "=3", "a=x", "a=101", "a=-1", "a=NaN"} {
		if err := asked.Set(wrong); err == nil {
			t.Errorf("%q was taken", wrong)
		}
	}
}

func TestWhatIsNoOptionIsSaid(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"-sample", "-1"}, {"-jobs", "0"}, {"-leeway", "0s"}, {"-min", "x"}, {"-nothing"}} {
		if _, err := read(args, &strings.Builder{}); err == nil {
			t.Errorf("%v was taken", args)
		}
	}
	o, err := read([]string{"a, ./b/", "c"}, &strings.Builder{})
	if err != nil || !slices.Equal(o.packages, []string{"a", "b", "c"}) {
		t.Errorf("%v, %v", o.packages, err)
	}
}

func TestNothingIsTriedWhereOnePackageIsMissing(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	err := asked(t, "", sample, "coordinator/nothing").run(context.Background(), &out, &strings.Builder{})
	if !errors.Is(err, mutant.ErrNone) || errors.Is(err, errWeak) || out.Len() > 0 {
		t.Errorf("%v, and it printed %s", err, out.String())
	}
}
