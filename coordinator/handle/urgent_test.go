package handle

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/ledger"
	"autospotting/pkg/message"
)

// looks decodes the re-checks that were put into the inbox.
func (p *parts) looks(t *testing.T) (list []Event) {
	t.Helper()
	for _, b := range p.bodies {
		e, err := Decode(b, topics)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, e)
	}
	return list
}

var goes = decide.Hint{Kind: decide.HeardTerminating, Instance: here, Trusted: true, Source: "EventBridge"}

// A look that fails while a notice waits is repeated within 10 seconds, however often it has failed.
func TestWhileANoticeWaitsAFailedLookIsRepeatedSoon(t *testing.T) {
	t.Parallel()
	noticed := ledger.Record{Group: "web", Notices: map[string]ledger.Notice{here: {Deadline: time.Date(2026, 11, 2, 9, 1, 0, 0, time.UTC)}}}
	for _, c := range []struct {
		name   string
		r      Request
		record ledger.Record
		soon   bool
		until  time.Duration // from now, as the next look is told
	}{
		{"nothing waits", Request{Group: "web", Try: 7}, ledger.Record{}, false, 0},
		{"it is heard now", Request{Group: "web", Try: 7, Hints: []decide.Hint{goes}}, ledger.Record{}, true, noticeLasts},
		{"something else is heard", Request{Group: "web", Try: 7, Hints: []decide.Hint{ready}}, ledger.Record{}, false, 0},
		{"it is in the record", Request{Group: "web", Try: 7}, noticed, true, time.Minute},
		{"it is known from before", Request{Group: "web", Try: 7, Until: time.Date(2026, 11, 2, 9, 0, 30, 0, time.UTC)}, ledger.Record{}, true, 30 * time.Second},
		{"it was known, two minutes ago", Request{Group: "web", Try: 7, Hints: []decide.Hint{goes}, Until: time.Date(2026, 11, 2, 8, 59, 59, 0, time.UTC)}, ledger.Record{}, false, -time.Second},
		{"a word that is too good", Request{Group: "web", Try: 7, Until: time.Date(2027, 11, 2, 9, 0, 0, 0, time.UTC)}, ledger.Record{}, true, noticeLasts},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h, p := handler()
			p.observe = errors.New("ServiceUnavailable")
			if c.record.Group != "" {
				if _, err := p.ledger.Put(t.Context(), c.record); err != nil {
					t.Fatal(err)
				}
			}
			body, err := encode(c.r)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := h.Reconcile(t.Context(), body); err != nil {
				t.Fatal(err)
			}
			e := p.looks(t)[0]
			if soon := e.Due.Sub(p.now) <= 6*time.Second; soon != c.soon || e.Try != 8 {
				t.Errorf("looked at again in %s, try %d", e.Due.Sub(p.now), e.Try)
			}
			if want := p.now.Add(c.until); c.until != 0 && !e.Until.Equal(want) || c.until == 0 && !e.Until.IsZero() {
				t.Errorf("until %s, want %s from now", e.Until, c.until)
			}
			if len(e.Hints) != len(c.r.Hints) {
				t.Errorf("%d hints are left of %d", len(e.Hints), len(c.r.Hints))
			}
		})
	}
}

// Looks of several messages that failed meet in a slot.
func TestFailedLooksMergeWhileANoticeWaits(t *testing.T) {
	t.Parallel()
	h, p := handler()
	for _, at := range []time.Duration{0, 700 * time.Millisecond, 3900 * time.Millisecond} {
		if due := func() time.Time {
			p.now = p.now.Truncate(time.Minute).Add(at)
			return h.retryAt(3, p.now.Add(time.Minute))
		}(); due.Sub(p.now.Truncate(time.Minute)) != 5*time.Second {
			t.Errorf("a look that failed at %s is repeated at %s", at, due)
		}
	}
	p.now = p.now.Truncate(time.Minute).Add(4 * time.Second)
	if due := h.retryAt(3, p.now.Add(time.Minute)); due.Sub(p.now) != 6*time.Second {
		t.Errorf("%s", due.Sub(p.now)) // a queue holds nothing back for less than a second
	}
}

// blindActor sees a group of which something could not be read.
type blindActor struct {
	*parts
	world decide.World
}

func (b blindActor) Observe(context.Context, string, ledger.Record, []decide.Hint) (decide.World, error) {
	return b.world, nil
}

func TestWhatCouldNotBeReadIsReadAgainEverMoreSeldom(t *testing.T) {
	t.Parallel()
	missing := []decide.Missing{{What: "target health", Class: decide.Prudence, Why: "ServiceUnavailable"}}
	for _, c := range []struct {
		name  string
		world decide.World
		try   int
		looks []time.Duration
	}{
		{"all was read", decide.World{}, 0, nil},
		{"something was not", decide.World{Missing: missing}, 0, []time.Duration{5 * time.Second}},
		{"for the third time", decide.World{Missing: missing}, 2, []time.Duration{20 * time.Second}},
		{"and there is nothing to be done", decide.World{Missing: missing, Glance: true}, 0, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h, p := handler()
			h.Actor = blindActor{p, c.world}
			h.Decide = func(decide.World) decide.Plan { return decide.Plan{} }
			body, _ := encode(Request{Group: "web", Try: c.try})
			if _, err := h.Reconcile(t.Context(), body); err != nil || !slices.Equal(p.later, c.looks) {
				t.Errorf("%v: looked at again in %v, want %v", err, p.later, c.looks)
			}
			if len(c.looks) > 0 && p.looks(t)[0].Try != c.try+1 {
				t.Errorf("%+v", p.looks(t)[0])
			}
		})
	}
}

// A notice of which nobody can say whose it is is asked about again in 5 seconds: the queue would deliver it again in 40.
func TestANoticeWhoseGroupCannotBeReadIsAskedAboutAgainSoon(t *testing.T) {
	t.Parallel()
	h, p := handler()
	p.lookup = failing(throttle, here)
	outcomes, errs := h.Route(t.Context(), []Message{{ID: "m", Body: []byte(interruption(t, here))}})
	e := p.looks(t)[0]
	if errs[0] != nil || p.later[0] != firstRetry || !e.groupless() || e.Try != 1 || e.Hints[0].Instance != here || !e.Hints[0].Trusted {
		t.Fatalf("%v, in %v: %+v", errs[0], p.later, e)
	}
	if told := texts(outcomes[0]); !strings.Contains(told[len(told)-1], "whose it is cannot be read, asked again in 5s") {
		t.Errorf("told is %q", told)
	}
	p.lookup, p.groups = nil, map[string]string{here: "web"}
	if errs := route(t, h, p.bodies[0]); errs[0] != nil || !slices.Equal(p.work, []string{"web"}) {
		t.Fatalf("%v, work for %v", errs, p.work)
	}
	if r := requests(t, p)[0]; len(r.Hints) != 1 || r.Hints[0].Kind != decide.HeardTerminating || !r.Hints[0].Trusted {
		t.Errorf("%+v", r)
	}
}

func TestWhatIsAskedAboutAgainIsBoundedAndConfirmedAsBefore(t *testing.T) {
	t.Parallel()
	again := func(try int, trusted bool) []byte {
		b, err := EncodeRecheck(time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC), Request{Try: try, Hints: []decide.Hint{{Kind: decide.HeardTerminating, Instance: here, Trusted: trusted, Source: decide.FromSpotd}}})
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	h, p := handler()
	p.lookup = failing(throttle, here)
	if errs := route(t, h, again(lookUpTries, true)); errs[0] == nil || len(p.later) > 0 {
		t.Errorf("after two minutes: %v, %v", errs, p.later)
	}
	h, p = handler()
	p.groups = map[string]string{here: "web"}
	if errs := route(t, h, again(1, false)); errs[0] != nil || len(p.checked) != 1 || len(p.work) > 0 {
		t.Errorf("what nobody signed is believed the second time: %v, work for %v", errs, p.work)
	}
	p.taken = map[string]bool{here: true}
	if errs := route(t, h, again(1, false)); errs[0] != nil || len(p.work) != 1 {
		t.Errorf("%v, work for %v", errs, p.work)
	}
	p.check = failing(throttle, here)
	if errs := route(t, h, reported(t, message.Terminating, here, "")); errs[0] != nil || len(p.later) != 1 || p.looks(t)[0].Hints[0].Trusted {
		t.Errorf("%v, %v", errs, p.later)
	}
	h, p = handler()
	p.lookup = failing(throttle, here) // what is no notice has time
	if errs := route(t, h, []byte(change(t, here))); errs[0] == nil || len(p.later) > 0 {
		t.Errorf("%v, %v", errs, p.later)
	}
}

// Where the work queue does not take a request, the group is looked at by the one who would have sent it.
func TestWhatTheWorkQueueDoesNotTakeIsLookedAtAtOnce(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		body []byte
	}{{"a notice", []byte(interruption(t, here))}, {"a re-check", lookAgain(t, "web", time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC), 0, goes)}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h, p := handler()
			p.groups, p.failAt, p.fast = map[string]string{here: "web"}, "web", true
			if errs := route(t, h, c.body); errs[0] != nil || p.applied == 0 {
				t.Errorf("%v, %d calls", errs, p.applied)
			}
			p.fail["later"] = errors.New("the inbox is out of reach too")
			if errs := route(t, h, c.body); errs[0] == nil {
				t.Error("nobody would look again")
			}
		})
	}
	h, p := handler() // several things of one group are one look
	p.groups, p.failAt, p.fast = map[string]string{here: "web", there: "web"}, "web", true
	route(t, h, []byte(interruption(t, here)), []byte(interruption(t, there)))
	if p.applied != maxRounds {
		t.Errorf("%d calls: want those of one look", p.applied)
	}
}

// The time of an invocation bounds what is looked at there.
func TestWhoHasNoTimeLeftSendsTheMessageBack(t *testing.T) {
	t.Parallel()
	h, p := handler()
	p.groups, p.failAt, p.fast = map[string]string{here: "web"}, "web", true
	b := &batch{Handler: h, began: p.now.Add(leastHere - routeTime - 1)}
	if err := b.here(t.Context(), Request{Group: "web"}, errors.New("out of reach")); err == nil || p.applied > 0 {
		t.Errorf("%v, %d calls", err, p.applied)
	}
	b.began = p.now.Add(leastHere - routeTime)
	if err := b.here(t.Context(), Request{Group: "web"}, errors.New("out of reach")); err != nil || p.applied == 0 {
		t.Errorf("%v, %d calls", err, p.applied)
	}
}
