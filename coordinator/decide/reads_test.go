package decide

import (
	"slices"
	"strings"
	"testing"
	"time"

	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/ledger"
)

// lacking is a world in which that read failed.
func lacking(w World, what string, class Class) World {
	w.Missing = append(w.Missing, Missing{What: what, Class: class, Why: "ServiceUnavailable"})
	return w
}

func does(p Plan, kind ActionKind) bool {
	return slices.ContainsFunc(p.Actions, func(a Action) bool { return a.Kind == kind })
}

func told(p Plan) string {
	var out []string
	for _, l := range p.Why {
		out = append(out, l.Text)
	}
	return strings.Join(out, "\n")
}

// prudent are reads of which each may fail by itself, and what the world then looks like.
var prudent = map[string]func(*World){
	ReadBalancers: func(w *World) {
		for n := range w.Instances {
			if w.Instances[n].Member {
				w.Instances[n].Balancer = BalancerUnknown
			}
		}
	},
	ReadProtection: func(w *World) {
		for n := range w.Instances {
			w.Instances[n].Unchecked = !w.Instances[n].Spot
		}
	},
	ReadActivities: func(w *World) { w.Unread = true },
	ReadMembership: nil, ReadStatus: nil, "lifecycle hooks": nil, "instance refreshes": nil, "spot requests": nil, "the CloudFormation stack": nil,
}

func each(t *testing.T, f func(t *testing.T, what string, blind func(World) World)) {
	for what, change := range prudent {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			f(t, what, func(w World) World {
				if w = lacking(w, what, Prudence); change != nil {
					change(&w)
				}
				return w
			})
		})
	}
}

func TestWithoutAPrudenceReadANoticeIsAnsweredAndNothingGradualBegun(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, what string, blind func(World) World) {
		if p := Decide(web()); !does(p, LaunchOne) {
			t.Fatal("nothing gradual is begun where all is read")
		}
		p := Decide(blind(web()))
		if does(p, LaunchOne) || !strings.Contains(told(p), "not now: "+what+" cannot be read: nothing gradual is begun") {
			t.Errorf("without %s:\n%s", what, render(p))
		}
		w := web()
		w.add(attached("i-s1", "a"))
		w.Group.Desired, w.Group.Max = 4, 5
		w.Heard = []Hint{{Kind: HeardTerminating, Instance: "i-s1", At: noon, Trusted: true, Source: "EventBridge"}}
		if p = Decide(blind(w)); !does(p, LaunchOne) || !p.Actions[0].Launch.Spot {
			t.Errorf("without %s a notice is not answered:\n%s", what, render(p))
		}
	})
}

// What is launched already waits, and is not thrown away on what nobody knows.
func TestWithoutAPrudenceReadAReplacementWaitsAndIsKept(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, what string, blind func(World) World) {
		w := web()
		w.add(ours("i-s1", "a"))
		w.intends(ledger.Swap, "i-s1", "i-oda", "a", 2*time.Minute)
		w.says("i-s1", true, true)
		if p := Decide(w); !does(p, AttachSome) {
			t.Fatalf("where all is read it is not attached:\n%s", render(p))
		}
		p := Decide(blind(w))
		if does(p, AttachSome) || does(p, Terminate) || len(p.Record.Intents) != 1 || p.Record.Intents[0].Abandoned != "" {
			t.Errorf("without %s:\n%s", what, render(p))
		}
		w.Record.Intents[0].Purpose = ledger.Replace
		w.doom("i-oda", time.Second)
		if p = Decide(blind(w)); !does(p, AttachSome) {
			t.Errorf("without %s what a notice waits for is not attached:\n%s", what, render(p))
		}
	})
}

func TestWithoutWhatARetirementNeedsNobodyIsRetired(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, what string, blind func(World) World) {
		w := web()
		w.add(attached("i-s1", "a"))
		w.Group.Desired = 4
		w.owes("i-s1", "i-oda", "a", books.Attached, 5*time.Minute)
		w.at("i-s1").Protected = true
		w.Record.Shielded = map[string]time.Time{"i-s1": noon.Add(-4 * time.Minute)}
		if p := Decide(w); !does(p, Retire) {
			t.Fatalf("where all is read it is not paid:\n%s", render(p))
		}
		p := Decide(blind(w))
		needs := what == ReadBalancers || what == ReadProtection || what == ReadActivities
		if does(p, Retire) == needs {
			t.Errorf("without %s:\n%s", what, render(p))
		}
		if needs && what != ReadActivities && !strings.Contains(told(p), "cannot be read") {
			t.Errorf("it does not say why:\n%s", render(p))
		}
	})
}

// Who is taken at once goes at its time, whatever cannot be read.
func TestWithoutAPrudenceReadTheDoomedLeaveInTime(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, what string, blind func(World) World) {
		w := web()
		w.add(attached("i-s1", "a"))
		w.Group.Desired, w.Group.Max = 4, 5
		w.doom("i-s1", 115*time.Second)
		p := Decide(blind(w))
		if i := slices.IndexFunc(p.Actions, func(a Action) bool { return a.Kind == Retire }); i < 0 || p.Actions[i].Decrement {
			t.Errorf("without %s:\n%s", what, render(p))
		}
	})
}

// Without the activities nobody knows whether desired was named since: then the group drains the doomed and starts its own, though ours stands in.
func TestWithoutTheActivitiesTheDoomedWhoseReplacementStandsInIsReleased(t *testing.T) {
	t.Parallel()
	w := web()
	w.add(attached("i-s1", "a"), attached("i-s2", "a"))
	w.Group.Desired, w.Group.Max = 5, 6
	w.owes("i-s2", "i-s1", "a", books.Attached, time.Minute)
	w.doom("i-s1", 115*time.Second)
	retires := func(w World) (with, without bool) {
		for _, a := range Decide(w).Actions {
			with, without = with || a.Kind == Retire && a.Decrement, without || a.Kind == Retire && !a.Decrement
		}
		return with, without
	}
	if with, without := retires(w); !with || without {
		t.Errorf("where all is read: with decrement %t, without %t", with, without)
	}
	w.Unread = true
	if with, without := retires(lacking(w, ReadActivities, Prudence)); with || !without {
		t.Errorf("without the activities: with decrement %t, without %t", with, without)
	}
}

func TestWithoutTheirGroupsNobodyOutsideIsEnded(t *testing.T) {
	t.Parallel()
	w := web()
	w.add(ours("i-s1", "a"), ours("i-s2", "b"))
	w.Record.Orphans = map[string]time.Time{"i-s1": noon.Add(-time.Hour)}
	w.intends(ledger.Swap, "i-s2", "i-odb", "b", 2*time.Minute)
	w.Record.Intents[0].Abandoned = "not wanted any more"
	ended := func(p Plan) (n int) {
		for _, a := range p.Actions {
			if a.Kind == Terminate {
				n++
			}
		}
		return n
	}
	if p := Decide(w); ended(p) != 2 {
		t.Fatalf("where all is read:\n%s", render(p))
	}
	p := Decide(lacking(w, ReadMembership, Prudence))
	if ended(p) != 0 || len(p.Record.Orphans) != 1 || len(p.Record.Intents) != 1 || strings.Count(told(p), "not ended yet: it cannot be read whether it is a member of a group") != 2 {
		t.Errorf("%s", render(p))
	}
}

// A status check that cannot be read is none that failed.
func TestAReplacementIsNotGivenUpForAStatusThatCannotBeRead(t *testing.T) {
	t.Parallel()
	w := web()
	w.add(ours("i-s1", "a"))
	w.at("i-s1").StatusOK = false
	w.intends(ledger.Swap, "i-s1", "i-oda", "a", 2*time.Hour)
	if p := Decide(w); p.Record.Failures != 1 {
		t.Fatalf("one that is never ready is not given up:\n%s", render(p))
	}
	if p := Decide(lacking(w, ReadStatus, Prudence)); p.Record.Failures != 0 || does(p, Terminate) {
		t.Errorf("%s", render(p))
	}
}

func TestADeficitThatWasKnownIsFilledWhileTheActivitiesCannotBeRead(t *testing.T) {
	t.Parallel()
	w := lacking(web(), ReadActivities, Prudence)
	w.Unread, w.Instances = true, w.Instances[:2]
	if p := Decide(w); does(p, LaunchOne) {
		t.Errorf("nobody knows that the group fails to launch:\n%s", render(p))
	}
	w.Record.Short = noon.Add(-2 * time.Minute)
	if p := Decide(w); !does(p, LaunchOne) {
		t.Errorf("%s", render(p))
	}
}

// The owner is told after a minute, and until it is read again.
func TestTheOwnerIsToldWhatCannotBeRead(t *testing.T) {
	t.Parallel()
	w := lacking(lacking(web(), ReadBalancers, Prudence), "lifecycle hooks", Prudence)
	w = lacking(w, ReadBalancers, Prudence) // of a second load balancer
	for _, c := range []struct {
		after time.Duration
		want  string
	}{{0, ""}, {toldAfter - time.Second, ""}, {toldAfter, "target health, lifecycle hooks cannot be read: nothing gradual is begun"}} {
		w.Now = noon.Add(c.after)
		p := Decide(w)
		w.Record = p.Record
		if s := p.Record.Status; s.Code != "managed" || s.Reason != c.want || !p.Record.Blind.Equal(noon) {
			t.Errorf("after %s: %+v", c.after, s)
		}
	}
	w.Missing = nil
	if p := Decide(w); p.Record.Status.Reason != "" || !p.Record.Blind.IsZero() {
		t.Errorf("once it is read again: %+v", p.Record.Status)
	}
}

// A request for who has a notice is sent again as long as the notice lasts.
func TestARequestIsSentAgainAsLongAsTheNoticeLasts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		age   time.Duration
		world func(*World)
		sent  bool
	}{
		{"a minute, and a notice", 61 * time.Second, func(w *World) { w.doom("i-s1", 70*time.Second) }, true},
		{"the notice is over", 119 * time.Second, func(w *World) { w.doom("i-s1", 120*time.Second) }, false},
		{"it was handed to the group", 61 * time.Second, func(w *World) {
			w.doom("i-s1", 70*time.Second)
			n := w.Record.Notices["i-s1"]
			n.Released = noon.Add(-time.Second)
			w.Record.Notices["i-s1"] = n
		}, false},
		{"no notice, within a minute", 59 * time.Second, func(*World) {}, true},
		{"no notice", 61 * time.Second, func(*World) {}, false},
		{"a deadline that is far away", resendAtMost, func(w *World) {
			w.doom("i-s1", time.Second)
			n := w.Record.Notices["i-s1"]
			n.Deadline = noon.Add(time.Hour)
			w.Record.Notices["i-s1"] = n
		}, false},
	} {
		w := web()
		w.add(attached("i-s1", "a"))
		w.Group.Desired, w.Group.Max = 4, 5
		w.Record.Intents = []ledger.Intent{{Purpose: ledger.Replace, Victim: "i-s1", Zone: "a", At: noon.Add(-c.age), Launch: ledger.Launch{Nonce: "n-1", Template: "lt-ours", TemplateVersion: "1", Spot: true, Overrides: []ledger.Override{{Type: "m5.large", Zone: "a"}}}}}
		c.world(&w)
		p := Decide(w)
		again := slices.ContainsFunc(p.Actions, func(a Action) bool { return a.Kind == LaunchOne && a.Launch.Nonce == "n-1" })
		if again != c.sent {
			t.Errorf("%s: sent again %t\n%s", c.name, again, render(p))
		}
	}
}
