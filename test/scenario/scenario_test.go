package scenario

import (
	"encoding/json"
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
		{"user data of nothing", "| #!/bin/sh\n" + group, "line 1: user data belongs after the group"},
		{"late user data", group + "begin\n" + settled + "| #!/bin/sh\n", "line 4: user data belongs after the group"},
		{"an unknown boot", "group min=1 desired=2 max=4 zones=a boot=never\n", `line 1: "boot=never" is not one of`},
		{"a hook of no transition", group + "hook drain sometimes\n" + settled, `line 2: "hook drain sometimes" is no deed`},
		{"a mark on nobody", group + "mark on-demand 0 a=b\n" + settled, `line 2: "0" is no number of an instance`},
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

func TestAStoryTellsWhatTheOwnerIsTold(t *testing.T) {
	t.Parallel()
	const head = "moto: nothing\ngroup min=1 desired=1 max=1 zones=a boot=told mixed=m5.large load-balancer=yes\n| #!/bin/sh\n|   exit\n"
	s, err := Parse("story", head+"plan\nsettled refused spot=1 on-demand=0 desired=1 max=1\ninterrupt spot 2\nsettled refused spot=1 on-demand=0 desired=1 max=1\n")
	if err != nil {
		t.Fatal(err)
	}
	if g := s.Group; g.UserData != "#!/bin/sh\n  exit\n" || !g.LoadBalancer || g.Boot != BootTold || s.Moto != "nothing" || !s.Steps[0].Settled.Refused {
		t.Errorf("%+v", s)
	}
	got, err := Play(s, refusing{})
	want := head + "plan\n  refused: i-1 is alone\n  step: launch another\n  needs quorum (user data, line 1)\n  group: MaxSize raised, MaxSize given back\n  on-demand 1: retired with decrement\n" +
		"  spot 1: launched without spotd, attached\n  spot 2: launched as t3.nano, which the policy does not list\nsettled refused spot=1 on-demand=0 desired=1 max=1\n" +
		"interrupt spot 2\n  never fewer than 3 served\nsettled refused spot=1 on-demand=0 desired=1 max=1\n"
	if err != nil || got != want {
		t.Errorf("%v\n%s\nwant\n%s\n%s", err, got, want, Changed(want, got))
	}
}

// refusing is the same cloud, whose group is refused.
type refusing struct{ scripted }

func (refusing) Plan() (p Plan, err error) {
	return p, json.Unmarshal([]byte(`{"status": "refused", "reason": "i-1 is alone", "step": "launch another", "needs": [{"need": "quorum", "where": "line 1"}]}`), &p)
}
func (refusing) Served() int { return 3 }
func (refusing) Instances() []Instance {
	return []Instance{{ID: "i-1"}, {ID: "i-3", Spot: true, Ours: true, Type: "t3.nano"}, {ID: "i-2", Spot: true, Ours: true, Type: "m5.large", Bare: true}}
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
