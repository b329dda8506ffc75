package scenario

import (
	"strings"
	"testing"
)

func TestABadStoryIsRefusedWithItsLine(t *testing.T) {
	t.Parallel()
	const group = "group min=1 desired=2 max=4 zones=a\n"
	const settled = "settled spot=2 on-demand=0 desired=2 max=4\n"
	for _, c := range []struct{ name, text, want string }{
		{"no group", "begin\n" + settled, "line 1: \"begin\" comes too early"},
		{"no zones", "group min=1 desired=2 max=4\nbegin\n" + settled, "line 1: the group has no zones="},
		{"a size is missing", "group min=1 max=4 zones=a\n", "line 1: desired= is missing"},
		{"a size is no number", "group min=one desired=2 max=4 zones=a\n", `line 1: "min=one" is not one of`},
		{"an unknown word", group + "dance\n" + settled, `line 2: "dance" is no deed`},
		{"two deeds at once", group + "begin\ninterrupt spot 1\n" + settled, "line 3: \"interrupt\" comes too early"},
		{"settled twice", group + "begin\n" + settled + settled, "line 4: nothing was done"},
		{"a transcript of nothing", group + "  group: max 3\n", "line 2: \"group: max 3\" is a transcript of nothing"},
		{"spot zero", group + "begin\n" + settled + "interrupt spot 0\n" + settled, "line 4: \"0\" is no number"},
		{"no end", group + "begin\n", "ends without"},
		{"empty", "", "ends without"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if _, err := Parse("story", c.text); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestAStoryIsToldByWhatHappenedToEachInstance(t *testing.T) {
	t.Parallel()
	s, err := Parse("story", "group min=1 desired=1 max=1 zones=a\nbegin\n  on-demand 1: danced\nsettled spot=1 on-demand=0 desired=1 max=1\n")
	if err != nil {
		t.Fatal(err)
	}
	got, err := Play(s, scripted{})
	want := "group min=1 desired=1 max=1 zones=a\nbegin\n  group: MaxSize raised, MaxSize given back\n  on-demand 1: retired with decrement\n  spot 1: launched, attached\n  spot 2: launched\nsettled spot=1 on-demand=0 desired=1 max=1\n"
	if err != nil || got != want {
		t.Errorf("%v\n%s\nwant\n%s", err, got, want)
	}
}

// scripted is a cloud in which a swap happened, and a launch that came to nothing.
type scripted struct{}

func (scripted) Do(Deed, string) error { return nil }
func (scripted) Wait(Settled) error    { return nil }
func (scripted) Calls() []Call {
	return []Call{{What: MaxSize(2, 1)}, {"attached", []string{"i-2"}}, {Retired(true), []string{"i-1"}}, {What: MaxSize(1, 1)}}
}
func (scripted) Plan() (Plan, error) { return Plan{}, nil }
func (scripted) Status() string      { return "" }
func (scripted) Served() int         { return 0 }
func (scripted) Instances() []Instance {
	return []Instance{{ID: "i-1"}, {ID: "i-3", Spot: true, Ours: true}, {ID: "i-2", Spot: true, Ours: true}}
}
