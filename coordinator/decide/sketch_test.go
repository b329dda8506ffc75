package decide

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"autospotting/coordinator/ledger"
)

// spotted is the group web with three spot members of ours, one in each zone.
func spotted() World {
	w := web()
	w.Instances = nil
	for _, id := range []string{"i-s3", "i-s1", "i-s2"} {
		w.add(attached(id, map[string]string{"i-s1": "a", "i-s2": "b", "i-s3": "c"}[id]))
	}
	return w
}

// remember is the world as it comes back from a sketch that was written down.
func remember(t *testing.T, w World) World {
	t.Helper()
	b, err := json.Marshal(SketchOf(w, Sketch{}))
	if err != nil {
		t.Fatal(err)
	}
	var s Sketch
	if err := json.Unmarshal(b, &s); err != nil {
		t.Fatal(err)
	}
	m := s.World(w.Now, w.Record)
	m.Template, m.Catalog = w.Template, w.Catalog
	m.Template.CopyOf = w.Now.Add(-time.Hour)
	return m
}

func notices(ids ...string) (list []Hint) {
	for _, id := range ids {
		list = append(list, Hint{Kind: HeardTerminating, Instance: id, At: noon, Deadline: noon.Add(noticeLead), Action: "terminate", Trusted: true, Source: FromSpotd})
	}
	return list
}

// By memory the same is launched as after a look, from the same pools at the same prices.
func TestANoticeIsAnsweredByMemoryAsItWouldBeAfterALook(t *testing.T) {
	t.Parallel()
	w := spotted()
	w.Settings.Margin, w.Group.Tags = 0.1, map[string]string{"team": "x"}
	m := remember(t, w)
	w.Heard = notices("i-s2")
	m.Heard = w.Heard
	looked, hasty := Decide(w), Hasten(m)
	if len(hasty.Actions) != 1 || hasty.Actions[0].Kind != LaunchOne {
		t.Fatal(render(hasty))
	}
	i := slices.IndexFunc(looked.Actions, func(a Action) bool { return a.Kind == LaunchOne })
	if got, want := hasty.Actions[0].Launch, looked.Actions[i].Launch; !reflect.DeepEqual(got, want) {
		t.Errorf("by memory\n%+v\nafter a look\n%+v", got, want)
	}
	if n := hasty.Record.Notices["i-s2"]; !n.Hasty || TakenUp(hasty.Record, w.Heard[0]) {
		t.Errorf("%+v is taken for taken up", n)
	}
	w.Record = hasty.Record
	after := Decide(w)
	if n := after.Record.Notices["i-s2"]; n.Hasty || !TakenUp(after.Record, notices("i-s2")[0]) {
		t.Errorf("a look has not taken up %+v", n)
	}
	m.Record, m.Heard = hasty.Record, notices("i-s1")
	if second := Hasten(m); len(second.Actions) != 1 || TakenUp(second.Record, w.Heard[0]) || TakenUp(second.Record, m.Heard[0]) {
		t.Errorf("another notice that is answered by memory takes the first one up: %s", render(second))
	}
	earlier := notices("i-s2")[0]
	earlier.Deadline = noon.Add(time.Minute)
	if TakenUp(after.Record, earlier) {
		t.Error("a deadline that comes forward is not heard")
	}
}

// Nothing else is decided by memory.
func TestByMemoryNothingIsDoneButLaunchesForNewNotices(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(*World)
		heard  []Hint
		want   int
	}{
		{"nothing was heard", func(*World) {}, nil, 0},
		{"one goes", func(*World) {}, notices("i-s1"), 1},
		{"a look has the notice", func(w *World) { w.doom("i-s1", time.Second) }, notices("i-s1"), 0},
		{"its launch brought nothing, and no look has been since", func(w *World) {
			w.doom("i-s1", time.Second)
			n := w.Record.Notices["i-s1"]
			n.Hasty, n.Tries = true, 1
			w.Record.Notices["i-s1"] = n
		}, notices("i-s1"), 1},
		{"it is retired", func(w *World) { w.Record.Retired = map[string]time.Time{"i-s1": noon} }, notices("i-s1"), 0},
		{"it was spoken for", func(w *World) { w.intends(ledger.Replace, "i-new", "i-s1", "a", time.Minute) }, notices("i-s1"), 0},
		{"nobody remembers it", func(*World) {}, notices("i-x"), 0},
		{"an old notice whose time is up", func(w *World) { w.doom("i-s2", 110*time.Second) }, notices("i-s1"), 1},
		{"an on-demand member that could be swapped, and an orphan", func(w *World) { w.add(member("i-od", "a"), ours("i-orphan", "a")) }, notices("i-s1"), 1},
		{"the template has no version of ours", func(w *World) { w.Template.Version = "" }, notices("i-s1"), 0},
	} {
		w := spotted()
		m := remember(t, w)
		c.change(&m)
		m.Heard = c.heard
		p := Hasten(m)
		launches := 0
		for _, a := range p.Actions {
			if a.Kind == LaunchOne {
				launches++
			} else if a.Kind != MakeTemplate {
				t.Errorf("%s: %s", c.name, render(p))
			}
		}
		if launches != c.want {
			t.Errorf("%s: %d launches, want %d\n%s", c.name, launches, c.want, render(p))
		}
	}
}

func TestASketchAnswersOnlyWhereALookWould(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(*World)
		want   bool
	}{
		{"it is served", func(*World) {}, true},
		{"its owner opted out", func(w *World) { w.Group.Enabled = false }, false},
		{"no spot of ours could be put in service", func(w *World) { w.Group.WarmPool = true }, false},
		{"swaps wait, and notices do not", func(w *World) { w.Group.Refreshing = true }, true},
		{"an Elastic Beanstalk environment", func(w *World) { ofBeanstalk(w) }, false},
		{"no template of ours", func(w *World) { w.Template.Version = "" }, false},
		{"the market is unread", func(w *World) { w.Unpriced = "throttled" }, false},
		{"the template is a copy", func(w *World) { w.Template.CopyOf = noon.Add(-time.Hour) }, false},
	} {
		w := spotted()
		c.change(&w)
		s := SketchOf(w, Sketch{Answers: !c.want})
		if s.Answers != c.want {
			t.Errorf("%s: %t", c.name, s.Answers)
		}
		w.Glance = true
		if glance := SketchOf(w, s); glance.Answers != c.want || len(glance.Ours) != 3 || glance.Ours[0].ID != "i-s1" {
			t.Errorf("%s, at a glance: %+v", c.name, glance)
		}
		seen := !w.Group.Enabled || w.Group.WarmPool || w.Group.Environment.Is() // of what a glance does not read, what was said before holds
		if glance := SketchOf(w, Sketch{Answers: true}); glance.Answers == seen {
			t.Errorf("%s, at a glance that shows it: %t", c.name, glance.Answers)
		}
	}
	w := spotted()
	w.add(member("i-od", "a"), ours("i-outside", "b"))
	w.at("i-s3").Lifecycle = "Terminating"
	if s := SketchOf(w, Sketch{}); len(s.Ours) != 2 {
		t.Errorf("noted are %+v, want the members of ours that stay", s.Ours)
	}
}

// Where launches are refused for want of request tokens, one request counts for all whom AWS takes in a zone: they are waited for, and answered together.
func TestNoticesAreGatheredWhereTokensAreShort(t *testing.T) {
	t.Parallel()
	w := web()
	w.Instances, w.Group.Desired = nil, 8
	var ids []string
	for n := range 8 {
		ids = append(ids, fmt.Sprintf("i-s%d", n))
		w.add(attached(ids[n], "a"))
	}
	counts := func(p Plan) (list []int) {
		for _, a := range p.Actions {
			list = append(list, max(a.Launch.Count, 1))
		}
		return list
	}
	first := Hasten(func() World { m := remember(t, w); m.Heard = notices(ids[0]); return m }())
	if got := counts(first); !slices.Equal(got, []int{1}) || !first.Gather.IsZero() {
		t.Fatalf("the first goes at once: %v", got)
	}
	refused := Learn(first.Record, first.Actions[0], Result{Failure: Throttled}, noon)
	if len(refused.Intents) > 0 || refused.Scarce != noon {
		t.Fatalf("it was not made: %+v, %s", refused.Intents, refused.Scarce)
	}
	m := remember(t, w)
	m.Record, m.Heard = refused, notices(ids[1], ids[2])
	held := Hasten(m)
	if len(held.Actions) > 0 || held.Gather != noon.Add(gatherFor) || !held.Changed || len(held.Record.Notices) != 3 {
		t.Fatalf("%d launches, gathers until %s, notices %v", len(held.Actions), held.Gather, held.Record.Notices)
	}
	m.Record, m.Heard, m.Now = held.Record, notices(ids[3:6]...), noon.Add(gatherFor)
	all := Hasten(m)
	if got := counts(all); !slices.Equal(got, []int{6}) || !all.Gather.IsZero() {
		t.Errorf("after that all go together: %v, gathers until %s", got, all.Gather)
	}
	made := Learn(all.Record, all.Actions[0], Result{Launched: []LaunchedOne{{"i-n1", "m5a.large", "a"}}}, m.Now)
	if !made.Scarce.IsZero() {
		t.Error("one was made, and tokens are short still")
	}
	// What another group of this process was refused counts as well, for a minute.
	for after, want := range map[time.Duration]bool{scarceFor - time.Second: true, scarceFor: false} {
		m := remember(t, w)
		m.Scarce, m.Heard = noon.Add(-after), notices(ids[0])
		if got := !Hasten(m).Gather.IsZero(); got != want {
			t.Errorf("%s after a refusal it is gathered: %t", after, got)
		}
	}
}
