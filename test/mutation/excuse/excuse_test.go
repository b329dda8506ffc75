package excuse

import (
	"strings"
	"testing"

	"autospotting/test/mutation/mutant"
)

func TestExcusesAreRead(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text, says string
		want             []Excuse
	}{
		{name: "nothing", text: "# a | b | c | d\n\n"},
		{name: "one", text: "\na/b.go | T.F | without the clause `x` | it only saves time", want: []Excuse{{"a/b.go", "T.F", "without the clause `x`", "it only saves time", 2}}},
		{name: "code with bars", text: "a.go | F | without `x = a | b || c` | r", want: []Excuse{{"a.go", "F", "without `x = a | b || c`", "r", 1}}},
		{name: "no reason", text: "a.go | F | without `x`", says: "excused.txt:1: write FILE | FUNCTION"},
		{name: "an empty reason", text: "a.go | F | without `x` | ", says: "excused.txt:1: write FILE"},
		{name: "twice", text: "a | b | c | d\n\na | b | c | e", says: "excused.txt:3: the same is excused in line 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := Read(strings.NewReader(c.text), "excused.txt")
			if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
				t.Fatalf("error %v, want %q", err, c.says)
			}
			if len(got) != len(c.want) || len(got) == 1 && got[0] != c.want[0] {
				t.Errorf("%+v, want %+v", got, c.want)
			}
		})
	}
}

func TestAnExcuseIsForWhatItNames(t *testing.T) {
	t.Parallel()
	e := Excuse{File: "a.go", Func: "F", What: "without `x`", Reason: "r"}
	for _, c := range []struct {
		name string
		of   mutant.Mutant
		want bool
	}{
		{"on any line", mutant.Mutant{File: "a.go", Line: 7, Func: "F", What: "without `x`"}, true},
		{"another file", mutant.Mutant{File: "b.go", Func: "F", What: "without `x`"}, false},
		{"another function", mutant.Mutant{File: "a.go", Func: "G", What: "without `x`"}, false},
		{"another change", mutant.Mutant{File: "a.go", Func: "F", What: "without `y`"}, false},
	} {
		if got := e.Of(c.of); got != c.want {
			t.Errorf("%s: %t", c.name, got)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add("a.go | F | without `x = a | b` | r\n# no\n")
	f.Fuzz(func(t *testing.T, text string) {
		all, err := Read(strings.NewReader(text), "x")
		if err != nil {
			return
		}
		for _, e := range all {
			if e.File == "" || e.Func == "" || e.What == "" || e.Reason == "" || e.Line < 1 {
				t.Errorf("%q became %+v", text, e)
			}
		}
	})
}
