package handle

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/ledger"
)

// tag is an action whose answer is easily told in the record: once it is done, its text is what was tagged.
func tag(why string) decide.Action {
	return decide.Action{Kind: decide.TagStatus, Text: why, Why: why}
}

func doing(actions ...decide.Action) decide.Plan { return decide.Plan{Changed: true, Actions: actions} }

var ready = decide.Hint{Kind: decide.HeardReady, Instance: here, At: time.Date(2026, 11, 2, 8, 59, 0, 0, time.UTC), Trusted: true, Source: decide.FromSpotd}

func TestWhatCannotBeWorkedOnIsDroppedAndSaysWhy(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, body, says string }{
		{"no JSON", "garbage", "invalid character 'g'"},
		{"a field of another type", `{"group":"web","try":"x"}`, "json: cannot unmarshal string"},
		{"no group", `{"cause":"tick"}`, "it names no group"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := script(t, doing(tag("a")))
			o, err := s.handler.Reconcile(context.Background(), []byte(c.body))
			if err != nil || o.ID != "" {
				t.Errorf("%+v, %v: it would come again and again", o, err)
			}
			if got := texts(o); len(got) != 1 || !strings.HasPrefix(got[0], "dropped: a work message that cannot be worked on: "+c.says) {
				t.Errorf("notes %q, want one that says %q", got, c.says)
			}
			s.want()
		})
	}
}

func TestTheRecordIsWrittenBeforeTheFirstCallAndAfterTheLast(t *testing.T) {
	t.Parallel()
	s := script(t, doing(tag("a"), tag("b")), doing(tag("c")))
	o := s.run(Request{Group: "web", Cause: "tick"})
	s.want("get web",
		"observe web", "put 3", "tag-status a until 20s", "tag-status b until 20s", "put 4",
		"observe web", "put 5", "tag-status c until 20s", "put 6",
		"observe web")
	if o.ID != "web" || o.What != "tick" || !o.Look.IsZero() {
		t.Errorf("outcome %+v: want web's, and no further look", o)
	}
	if s.stored.Status.Tagged != "c" {
		t.Errorf("the record says that %q was tagged last, want c", s.stored.Status.Tagged)
	}
}

func TestAPlanIsWrittenWhereItChangesTheRecordOrCalls(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		plan decide.Plan
		want []string
	}{
		{"neither", decide.Plan{}, []string{"get web", "observe web"}},
		{"it changes the record", decide.Plan{Changed: true}, []string{"get web", "observe web", "put 3"}},
		{"it calls, though nothing changes", decide.Plan{Actions: []decide.Action{tag("a")}},
			[]string{"get web", "observe web", "put 3", "tag-status a until 20s", "put 4", "observe web"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := script(t, c.plan)
			s.run(Request{Group: "web"})
			s.want(c.want...)
		})
	}
}

// Whatever fails before the hints are in the record, the next look hears them.
func TestAnErrorStopsThePlanAndTheNextLookHearsTheSame(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, fails string
		err         error
		want        []string
		hears       []decide.Hint
	}{
		{"the ledger cannot be read", "get web", errors.New("time-out"), []string{"get web", "later 5s"}, []decide.Hint{ready}},
		{"the group cannot be read", "observe web", errors.New("Throttling"), []string{"get web", "observe web", "later 5s"}, []decide.Hint{ready}},
		{"the plan cannot be written", "put 3", errors.New("time-out"), []string{"get web", "observe web", "put 3", "later 5s"}, []decide.Hint{ready}},
		{"others write all the time", "put 3", ledger.ErrConflict, slices.Concat(slices.Repeat([]string{"get web", "observe web", "put 3"}, 4), []string{"later 5s"}), []decide.Hint{ready}},
		{"the answers cannot be written", "put 4", errors.New("time-out"), []string{"get web", "observe web", "put 3", "tag-status a until 20s", "put 4", "later 5s"}, nil},
		{"others write all the time when the answers come", "put 4", ledger.ErrConflict,
			slices.Concat([]string{"get web", "observe web", "put 3", "tag-status a until 20s"}, slices.Repeat([]string{"put 4", "get web"}, 3), []string{"put 4", "later 5s"}), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := script(t, doing(tag("a")), doing(tag("b")), doing(tag("c")), doing(tag("d")))
			s.fails[c.fails] = c.err
			o := s.run(Request{Group: "web", Hints: []decide.Hint{ready}})
			s.want(c.want...)
			if e := s.look(); !slices.Equal(e.Hints, c.hears) || e.Try != 1 {
				t.Errorf("the next look hears %+v at try %d, want %+v at try 1", e.Hints, e.Try, c.hears)
			}
			last := o.Notes[len(o.Notes)-1]
			if last.Kind != "error" || last.Group != "web" || last.Failure != decide.Lost || last.Text != c.err.Error() {
				t.Errorf("the last note is %+v, want the error", last)
			}
		})
	}
}

// Whoever answered a notice by memory meanwhile has the record of it: what is decided then knows of it, and calls nothing that was decided before.
func TestAfterAConflictTheGroupIsReadAgainAndDecidedWithTheSameHints(t *testing.T) {
	t.Parallel()
	s := script(t, doing(tag("stale")), doing(tag("fresh")))
	s.fails["put 3"] = ledger.ErrConflict
	s.before["get web"] = func() {
		if len(s.journal) > 1 {
			s.stored.Revision = 9 // the other's
		}
	}
	s.run(Request{Group: "web", Hints: []decide.Hint{ready}})
	s.want("get web", "observe web", "put 3", "get web", "observe web", "put 9", "tag-status fresh until 20s", "put 10", "observe web")
	want := [][]decide.Hint{{ready}, {ready}, nil}
	if !reflect.DeepEqual(s.heard, want) {
		t.Errorf("heard %+v, want %+v", s.heard, want)
	}
}

// What a call came to is so, whoever wrote meanwhile.
func TestAnswersAreLearntIntoTheRecordThatSomebodyElseWrote(t *testing.T) {
	t.Parallel()
	s := script(t, doing(tag("a")))
	s.fails["put 4"] = ledger.ErrConflict
	s.before["get web"] = func() {
		if len(s.journal) > 1 {
			s.stored.Revision, s.stored.Failures = 7, 2 // the other's
		}
	}
	s.run(Request{Group: "web"})
	s.want("get web", "observe web", "put 3", "tag-status a until 20s", "put 4", "get web", "put 7", "observe web")
	if s.stored.Status.Tagged != "a" || s.stored.Failures != 2 {
		t.Errorf("written is %+v", s.stored)
	}
}

// What is gradual must not rest on what was read a minute ago: it is decided anew, on the same words, when that was read again. What cannot wait goes first.
func TestWhatIsGradualIsDecidedOnFreshReads(t *testing.T) {
	t.Parallel()
	urgent := doing(tag("urgent"))
	urgent.Fresh = true
	for _, c := range []struct {
		name  string
		plans []decide.Plan
		want  []string
		heard [][]decide.Hint
	}{
		{"it alone", []decide.Plan{{Fresh: true}, doing(tag("gradual"))},
			[]string{"get web", "observe web", "refresh web", "observe web", "put 3", "tag-status gradual until 20s", "put 4", "observe web"}, [][]decide.Hint{{ready}, {ready}, nil}},
		{"beside what is urgent", []decide.Plan{urgent, doing(tag("gradual"))},
			[]string{"get web", "observe web", "refresh web", "put 3", "tag-status urgent until 20s", "put 4", "observe web", "put 5", "tag-status gradual until 20s", "put 6", "observe web"},
			[][]decide.Hint{{ready}, nil, nil}},
		{"where what another group read meanwhile is in the way", []decide.Plan{{Fresh: true}, {Fresh: true}, doing(tag("gradual"))},
			[]string{"get web", "observe web", "refresh web", "observe web", "refresh web", "observe web", "put 3", "tag-status gradual until 20s", "put 4", "observe web"},
			[][]decide.Hint{{ready}, {ready}, {ready}, nil}},
		{"where nothing is read anew", slices.Repeat([]decide.Plan{{Fresh: true}}, mostLooks),
			append(append([]string{"get web"}, slices.Repeat([]string{"observe web", "refresh web"}, mostLooks)...), "later 5s"), slices.Repeat([][]decide.Hint{{ready}}, mostLooks)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := script(t, c.plans...)
			s.run(Request{Group: "web", Hints: []decide.Hint{ready}})
			s.want(c.want...)
			if !slices.EqualFunc(s.heard, c.heard, slices.Equal) {
				t.Errorf("heard %+v, want %+v", s.heard, c.heard)
			}
		})
	}
}

func TestWhatIsAnsweredIsLearntAlsoWhereTheRunIsHalted(t *testing.T) {
	t.Parallel()
	launch := func(nonce string) decide.Action {
		return decide.Action{Kind: decide.LaunchOne, Launch: &ledger.Launch{Nonce: nonce}, Why: nonce}
	}
	for _, c := range []struct {
		name     string
		together int
		answers  map[string]decide.Result
		want     []string // the instances of the three launches, as the record has them
	}{
		{"the answer before the lost one", 0, map[string]decide.Result{"n-1": launched("i-1"), "n-2": {Failure: decide.Lost}, "n-3": {Failure: decide.Lost}}, []string{"i-1", "", ""}},
		{"the answer after the lost one", 0, map[string]decide.Result{"n-1": {Failure: decide.Lost}, "n-2": {Failure: decide.Lost}, "n-3": launched("i-3")}, []string{"", "", "i-3"}},
		{"the answer beside the lost one", 4, map[string]decide.Result{"n-1": {Failure: decide.Lost}, "n-2": launched("i-2"), "n-3": {Failure: decide.Throttled}}, []string{"", "i-2"}}, // the third was not made
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			plan := doing(launch("n-1"), launch("n-2"), launch("n-3"))
			for _, a := range plan.Actions {
				plan.Record.Intents = append(plan.Record.Intents, ledger.Intent{Launch: *a.Launch})
			}
			s := script(t, plan)
			s.handler.Together, s.answers = c.together, c.answers
			s.run(Request{Group: "web"})
			var got []string
			for _, it := range s.stored.Intents {
				got = append(got, it.Instance)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("the record has the instances %q, want %q", got, c.want)
			}
			if s.journal[len(s.journal)-1] != "later 5s" || s.look().Try != 1 || len(s.heard) != 1 {
				t.Errorf("%q: want the run halted, and one look after 5 s at try 1", s.journal)
			}
		})
	}
}

func launched(id string) decide.Result {
	return decide.Result{Launched: []decide.LaunchedOne{{ID: id, Type: "m5a.large", Zone: "us-east-1a"}}}
}

func TestAnAnswerTellsWhetherTheRunGoesOn(t *testing.T) {
	t.Parallel()
	tagging, attach, launch := decide.TagStatus, decide.AttachSome, decide.LaunchOne
	for _, c := range []struct {
		failure decide.Failure
		kind    decide.ActionKind
		halts   bool
	}{
		{decide.Done, tagging, false}, {decide.NotMember, tagging, false}, {decide.AlreadyMember, attach, false}, {decide.AtMin, tagging, false}, {decide.Gone, launch, false},
		{decide.Lost, launch, true}, {decide.Throttled, launch, true}, {decide.Expired, attach, true}, {decide.AtMax, attach, true}, {decide.Mismatch, launch, true},
		{decide.Invalid, launch, false}, {decide.Invalid, attach, false}, {decide.Invalid, tagging, true}, {decide.Invalid, decide.Retire, true},
	} {
		t.Run(string(c.kind)+" "+string(c.failure), func(t *testing.T) {
			t.Parallel()
			s := script(t, doing(decide.Action{Kind: c.kind, Launch: &ledger.Launch{}, Why: "it"}))
			s.answers["it"] = decide.Result{Failure: c.failure}
			o := s.run(Request{Group: "web"})
			if halted := len(s.heard) == 1; halted != c.halts || o.halted != c.halts || len(s.looks) > 0 != c.halts {
				t.Errorf("%d rounds and %d looks; want the run halted: %t", len(s.heard), len(s.looks), c.halts)
			}
		})
	}
}
