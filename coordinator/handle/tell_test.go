package handle

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/ledger"
	"autospotting/coordinator/metrics"
)

func TestEveryActionIsToldInOneLine(t *testing.T) {
	t.Parallel()
	two := &ledger.Launch{Spot: true, Overrides: []ledger.Override{{}, {}}}
	for _, c := range []struct {
		want   string
		action decide.Action
		result decide.Result
	}{
		{"make our launch template: w", decide.Action{Kind: decide.MakeTemplate}, decide.Result{}},
		{"launch spot i-1: m5a.large in us-east-1a: w", decide.Action{Kind: decide.LaunchOne, Launch: two}, launched("i-1")},
		{"launch on-demand i-1: m5a.large in us-east-1a: w", decide.Action{Kind: decide.LaunchOne, Launch: &ledger.Launch{}}, launched("i-1")},
		{"launch spot, 2 pools offered, none had capacity: w", decide.Action{Kind: decide.LaunchOne, Launch: two}, decide.Result{}},
		{"launch spot, 2 pools offered: w [time-out]", decide.Action{Kind: decide.LaunchOne, Launch: two}, decide.Result{Failure: decide.Lost, Detail: "time-out"}},
		{"attach i-1, i-2 (desired + 2): w", decide.Action{Kind: decide.AttachSome, Instances: []string{"i-1", "i-2"}}, decide.Result{}},
		{"retire i-1 (desired - 1): w", decide.Action{Kind: decide.Retire, Instance: "i-1", Decrement: true}, decide.Result{}},
		{"release i-1 (the group replaces it): w", decide.Action{Kind: decide.Retire, Instance: "i-1"}, decide.Result{}},
		{"raise-max to 7: w", decide.Action{Kind: decide.RaiseMax, Max: 7}, decide.Result{}},
		{"restore-max to 6: w", decide.Action{Kind: decide.RestoreMax, Max: 6}, decide.Result{}},
		{"set desired to 5: w", decide.Action{Kind: decide.SetDesired, Desired: 5}, decide.Result{}},
		{"status tag steady: w", decide.Action{Kind: decide.TagStatus, Text: "steady"}, decide.Result{}},
		{"untag-status: w", decide.Action{Kind: decide.UntagStatus}, decide.Result{}},
		{"untag i-1, i-2: w", decide.Action{Kind: decide.Untag, Instances: []string{"i-1", "i-2"}}, decide.Result{}},
		{"terminate i-1: w [Gone: x]", decide.Action{Kind: decide.Terminate, Instance: "i-1"}, decide.Result{Failure: decide.Gone, Detail: "Gone: x"}},
		{"protect i-1: w", decide.Action{Kind: decide.Protect, Instance: "i-1"}, decide.Result{}},
		{"unprotect i-1: w", decide.Action{Kind: decide.Unprotect, Instance: "i-1"}, decide.Result{}},
		{"ask spotd on i-1 to drain it until 12:15: w", decide.Action{Kind: decide.AskDrain, Instance: "i-1", Text: "12:15"}, decide.Result{}},
		{"ask-no-more i-1: w", decide.Action{Kind: decide.AskNoMore, Instance: "i-1"}, decide.Result{}},
		{"drop-template: w", decide.Action{Kind: decide.DropTemplate}, decide.Result{}},
	} {
		t.Run(c.want, func(t *testing.T) {
			t.Parallel()
			c.action.Why = "w"
			if got := describe(c.action, c.result); got != c.want {
				t.Errorf("told as %q, want %q", got, c.want)
			}
		})
	}
}

func TestWhatIsDecidedAndDoneIsToldInOrder(t *testing.T) {
	t.Parallel()
	plan := doing(decide.Action{Kind: decide.Protect, Instance: "i-1", Why: "it serves"}, tag("steady"))
	plan.Why = []decide.Line{{Text: "2 to go"}, {Instance: "i-2", Text: "waits for its turn"}}
	s := script(t, plan)
	s.answers["it serves"] = decide.Result{Failure: decide.Throttled, Detail: "Rate exceeded"}
	var told []Note
	s.handler.Tell = func(n Note) { told = append(told, n) }
	o := s.run(Request{Group: "web"})
	var got []string
	for _, n := range o.Notes {
		got = append(got, fmt.Sprintf("%s|%s|%s|%s|%s|%t", n.Group, n.Instance, n.Kind, n.Text, n.Failure, n.Action != nil && n.Result != nil && n.Result.Failure == n.Failure && string(n.Action.Kind) == n.Kind))
		if !n.At.Equal(s.start) {
			t.Errorf("%q is told at %s, want %s", n.Text, n.At, s.start)
		}
	}
	want := []string{
		"web||why|2 to go||false", "web|i-2|why|waits for its turn||false",
		"web|i-1|protect|protect i-1: it serves [Rate exceeded]|throttled|true", "web||tag-status|status tag steady: steady||true",
	}
	if !slices.Equal(got, want) {
		t.Errorf("told are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if len(told) != len(o.Notes) || told[2].Text != o.Notes[2].Text {
		t.Errorf("who listens heard %d of %d notes", len(told), len(o.Notes))
	}
}

// lines are what was logged: level and text.
func lines(t *testing.T, log string) (out []string) {
	t.Helper()
	for text := range strings.Lines(log) {
		var l struct{ Level, Kind, Message, Group string }
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			t.Fatal(err)
		}
		out = append(out, l.Level+" "+l.Kind+" "+l.Group+": "+l.Message)
	}
	return out
}

func TestTheLogTellsDecisionsFailuresAndWhatNobodyNeeds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		code string // of the group's status
		want []string
	}{
		{"swapping", []string{"info why web: 2 to go", "info why web: unproven", "info tag-status web: status tag done: done", "warn tag-status web: status tag failed: failed"}},
		{"not-enabled", []string{"debug ignored web: 2 to go", "info why web: unproven", "info tag-status web: status tag done: done", "warn tag-status web: status tag failed: failed"}},
		{"gone", []string{"debug ignored web: 2 to go", "info why web: unproven", "info tag-status web: status tag done: done", "warn tag-status web: status tag failed: failed"}},
	} {
		t.Run("a group that is "+c.code, func(t *testing.T) {
			t.Parallel()
			plan := doing(tag("done"), tag("failed"))
			plan.Record.Status.Code, plan.Why = c.code, []decide.Line{{Text: "2 to go"}, {Text: "unproven", Heed: true}}
			s := script(t, plan)
			s.answers["failed"] = decide.Result{Failure: decide.Lost}
			s.run(Request{Group: "web"})
			if got := lines(t, s.log.String()); !slices.Equal(got, c.want) {
				t.Errorf("logged are %q, want %q", got, c.want)
			}
		})
	}
}

func TestWhatARunCameToIsMeasuredAfterItsAnswers(t *testing.T) {
	t.Parallel()
	s := script(t)
	plan := doing(decide.Action{Kind: decide.Retire, Instance: there, Decrement: true, Why: "paid"})
	plan.Record.Books = books.Edited(func(k *books.Stored) {
		k.Pairs = []books.StoredDebt{{Phase: books.Paying, Victim: there, Intent: books.StoredLaunch{Instance: here, Purpose: books.Swap}}}
	})
	s.plans = []decide.Plan{plan, doing(tag("lost"))}
	s.answers["lost"] = decide.Result{Failure: decide.Lost}
	s.run(Request{Group: "web"})
	var line map[string]any
	if err := json.Unmarshal(s.metrics.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	for figure, want := range map[string]float64{"SwapsFinished": 1, "OpenDebts": 0, "Failures": 1} {
		if line[figure] != want {
			t.Errorf("%s is %v, want %v", figure, line[figure], want)
		}
	}
}

// closed is where nothing can be written.
type closed struct{}

func (closed) Write([]byte) (int, error) { return 0, errors.New("the pipe is closed") }

func TestWhereNothingCanBeMeasuredTheGroupIsWorkedOnAllTheSame(t *testing.T) {
	t.Parallel()
	s := script(t)
	s.plans, s.handler.Metrics = []decide.Plan{{Look: s.start.Add(time.Minute)}}, metrics.NewEMF(closed{}, false)
	s.run(Request{Group: "web"})
	s.want("get web", "observe web", "later 1m0s")
	if got := lines(t, s.log.String()); !slices.Equal(got, []string{"warn  : not measured"}) {
		t.Errorf("logged are %q", got)
	}
}

func TestOneCallIsMadeByTheRunItself(t *testing.T) {
	t.Parallel()
	s := script(t, doing(tag("a")))
	s.handler.Actor = broken{s}
	defer func() {
		if recover() == nil {
			t.Error("whoever runs the handler does not learn that the run ended")
		}
	}()
	s.run(Request{Group: "web"})
}

// broken panics in every call, as the simulated cloud does where a crash is to be.
type broken struct{ *scripted }

func (broken) Apply(context.Context, string, decide.Action, time.Time) decide.Result { panic("crash") }
