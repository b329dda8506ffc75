package handle

import (
	"errors"
	"strings"
	"testing"
	"time"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/ledger"
)

func TestAHaltedRunIsLookedAtAgainEverMoreSeldom(t *testing.T) {
	t.Parallel()
	in := func(d time.Duration) time.Time { return script(t).start.Add(d) }
	for _, c := range []struct {
		name  string
		try   int
		plan  time.Time
		delay string
	}{
		{"at first", 0, time.Time{}, "later 5s"},
		{"the second time", 1, time.Time{}, "later 10s"},
		{"before five minutes", 5, time.Time{}, "later 2m40s"},
		{"never after more than five minutes", 6, time.Time{}, "later 5m0s"},
		{"nor after a day of it", 1000, time.Time{}, "later 5m0s"},
		{"a count that nobody can have made", -1, time.Time{}, "later 5s"},
		{"sooner where the plan says so", 6, in(30 * time.Second), "later 30s"},
		{"no later for the plan", 0, in(30 * time.Second), "later 5s"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			plan := doing(tag("a"))
			plan.Look = c.plan
			s := script(t, plan)
			s.answers["a"] = decide.Result{Failure: decide.Throttled}
			s.run(Request{Group: "web", Try: c.try})
			if last := s.journal[len(s.journal)-1]; last != c.delay {
				t.Errorf("it ends with %q, want %q", last, c.delay)
			}
			if e := s.look(); e.Try != c.try+1 {
				t.Errorf("the look is try %d after %d", e.Try, c.try)
			}
		})
	}
}

func TestWhereNothingIsInTheWayTheNextLookIsThePlans(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		look    time.Duration
		delay   string
		due     time.Duration
		outcome time.Duration
	}{
		{"in a while", 90 * time.Second, "later 1m30s", 90 * time.Second, 90 * time.Second},
		{"now: the queue holds nothing back for less than a second", 0, "later 1s", 0, 0},
		{"in an hour: as late as the queue can, and due then", time.Hour, "later 15m0s", 15 * time.Minute, time.Hour},
		{"to the millisecond", 1500*time.Millisecond + 300*time.Microsecond, "later 1.5s", 1500*time.Millisecond + 300*time.Microsecond, 1500*time.Millisecond + 300*time.Microsecond},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := script(t)
			s.plans = []decide.Plan{{Look: s.start.Add(c.look)}}
			o := s.run(Request{Group: "web", Try: 4})
			s.want("get web", "observe web", c.delay)
			if e := s.look(); e.Try != 0 || !e.Due.Equal(s.start.Add(c.due)) || len(e.Hints) > 0 {
				t.Errorf("the look is %+v: want it due after %s, and the tries counted anew", e, c.due)
			}
			if !o.Look.Equal(s.start.Add(c.outcome)) {
				t.Errorf("the outcome says %s", o.Look)
			}
		})
	}
}

func TestALookThatCannotBeScheduledFailsTheMessage(t *testing.T) {
	t.Parallel()
	s := script(t)
	s.plans = []decide.Plan{{Look: s.start.Add(time.Minute)}}
	s.fails["later 1m0s"] = errors.New("time-out")
	if _, err := s.reconcile(Request{Group: "web"}); err == nil || !strings.Contains(err.Error(), `the next look at group "web": time-out`) {
		t.Errorf("error %v: nobody would look at the group again", err)
	}
}

func TestWhereNothingOfOursIsLeftTheRecordGoes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		err  error
		want []string
	}{
		{"and nobody looks again", nil, []string{"get web", "observe web", "put 3", "delete 4"}},
		{"unless it cannot be deleted", ledger.ErrConflict, []string{"get web", "observe web", "put 3", "delete 4", "later 5s"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := script(t, decide.Plan{Changed: true, Forget: true, Actions: []decide.Action{}}, doing(tag("a")))
			s.fails["delete 4"] = c.err
			o := s.run(Request{Group: "web", Hints: []decide.Hint{ready}})
			s.want(c.want...)
			if got := texts(o); got[0] != "forget: nothing of ours is left: the record goes too" {
				t.Errorf("notes %q", got)
			}
			if c.err != nil && len(s.look().Hints) > 0 {
				t.Error("the next look hears what was dealt with")
			}
		})
	}
}

func TestARunThatIsOutOfTimeSendsNothingMore(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		budget time.Duration
		takes  map[string]time.Duration
		want   []string
		hears  int // of the next look
		try    int
	}{
		{"nothing is observed when the time is up", 5 * time.Second, map[string]time.Duration{"get": 5 * time.Second}, []string{"get web", "later 1s"}, 1, 0},
		{"a moment before it is", 5 * time.Second, map[string]time.Duration{"get": 5*time.Second - 1, "observe": 1},
			[]string{"get web", "observe web", "put 3", "put 4", "later 5s"}, 0, 1},
		{"a plan past its deadline is written, and nothing of it sent", 0, map[string]time.Duration{"observe": 20 * time.Second},
			[]string{"get web", "observe web", "put 3", "put 4", "later 5s"}, 0, 1},
		{"nor the rest of one that passes it meanwhile", 0, map[string]time.Duration{"tag-status": 20 * time.Second},
			[]string{"get web", "observe web", "put 3", "tag-status a until 20s", "put 4", "later 5s"}, 0, 1},
		{"a second round is not begun", 0, map[string]time.Duration{"put": 10 * time.Second},
			[]string{"get web", "observe web", "put 3", "tag-status a until 20s", "tag-status b until 20s", "put 4", "later 1s"}, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := script(t, doing(tag("a"), tag("b")), doing(tag("c")))
			s.handler.Budget, s.takes = c.budget, c.takes
			s.run(Request{Group: "web", Hints: []decide.Hint{ready}})
			s.want(c.want...)
			if e := s.look(); len(e.Hints) != c.hears || e.Try != c.try {
				t.Errorf("the next look hears %d hints at try %d, want %d and %d", len(e.Hints), e.Try, c.hears, c.try)
			}
		})
	}
}

func TestWhatWasNotSentIsWrittenAsNotSent(t *testing.T) {
	t.Parallel()
	plan := doing(decide.Action{Kind: decide.AttachSome, Instances: []string{here}, Why: "attach"})
	s := script(t)
	plan.Record.Books = books.Edited(func(k *books.Stored) {
		k.Pairs = []books.StoredDebt{{Phase: books.Attaching, Since: s.start, Sent: s.start, Intent: books.StoredLaunch{Instance: here}}}
	})
	s.plans, s.takes["observe"] = []decide.Plan{plan}, time.Hour
	s.run(Request{Group: "web"})
	if d, open := s.stored.Books.Debt(here); !open || d.Phase != books.Attaching || !d.Sent.IsZero() {
		t.Errorf("the debt is %+v: its attach may seem to have raised desired", d)
	}
}
