package handle

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/ledger"
	"autospotting/coordinator/metrics"
)

// scripted is one group whose plans and answers a test writes down. Its journal tells what was asked of the parts, in order.
type scripted struct {
	t       *testing.T
	handler *Handler
	start   time.Time
	log     bytes.Buffer
	metrics bytes.Buffer

	mu      sync.Mutex
	now     time.Time
	journal []string
	stored  ledger.Record

	plans   []decide.Plan            // of one round after the other; an empty one when they are used up
	answers map[string]decide.Result // to actions, by their reason; Done where there is none
	takes   map[string]time.Duration // what calls take, by the first word of their line in the journal
	fails   map[string]error         // what calls answer, by the line
	heard   [][]decide.Hint          // of every round
	before  map[string]func()        // what happens before calls, by the line
	looks   [][]byte                 // the bodies that were put into the inbox
}

func script(t *testing.T, plans ...decide.Plan) *scripted {
	start := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	s := &scripted{t: t, start: start, now: start, plans: plans, stored: ledger.Record{Group: "web", Revision: 3},
		answers: map[string]decide.Result{}, takes: map[string]time.Duration{}, fails: map[string]error{}, before: map[string]func(){}}
	s.handler = &Handler{Actor: s, Ledger: s, Queues: s, Now: s.clock, Decide: s.decide,
		Log: zerolog.New(&s.log), Metrics: metrics.NewEMF(&s.metrics, false)}
	return s
}

func (s *scripted) clock() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

// did writes a line into the journal, lets the time pass that it takes, and returns its error.
func (s *scripted) did(format string, args ...any) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	line := fmt.Sprintf(format, args...)
	s.journal = append(s.journal, line)
	if f := s.before[line]; f != nil {
		f()
	}
	word, _, _ := strings.Cut(line, " ")
	s.now = s.now.Add(s.takes[word])
	return s.fails[line]
}

func (s *scripted) Get(_ context.Context, group string) (ledger.Record, error) {
	err := s.did("get %s", group)
	return s.stored.Clone(), err
}

// Put refuses what was read before somebody else wrote, as every store does.
func (s *scripted) Put(_ context.Context, r ledger.Record) (ledger.Record, error) {
	if err := s.did("put %d", r.Revision); err != nil {
		return r, err
	}
	if r.Revision != s.stored.Revision {
		return r, ledger.ErrConflict
	}
	r.Revision++
	s.stored = r.Clone()
	return r, nil
}

func (s *scripted) Delete(_ context.Context, r ledger.Record) error {
	return s.did("delete %d", r.Revision)
}

func (s *scripted) Calm(context.Context) (map[string]ledger.Calm, error) {
	panic("a reconcile lists no records")
}

func (s *scripted) Observe(_ context.Context, group string, rec ledger.Record, heard []decide.Hint) (decide.World, error) {
	err := s.did("observe %s", group)
	s.heard = append(s.heard, heard)
	return decide.World{Now: s.clock(), Record: rec, Heard: heard, Group: decide.Group{Name: group, Found: true, Enabled: true}}, err
}

func (s *scripted) Refresh(group string) { _ = s.did("refresh %s", group) }

// decide gives the next plan of the script: its record is the one that was read, but for what Failures and Said the script has.
func (s *scripted) decide(w decide.World) decide.Plan {
	if len(s.plans) == 0 {
		return decide.Plan{Record: w.Record}
	}
	p := s.plans[0]
	s.plans = s.plans[1:]
	scripted := p.Record
	p.Record = w.Record.Clone()
	p.Record.Failures, p.Record.Intents, p.Record.Status = scripted.Failures, append(p.Record.Intents, scripted.Intents...), scripted.Status
	if scripted.Books.Any() {
		p.Record.Books = scripted.Books
	}
	return p
}

// Apply keeps to the deadline, as the product's does.
func (s *scripted) Apply(_ context.Context, group string, a decide.Action, deadline time.Time) decide.Result {
	if !s.clock().Before(deadline) {
		return decide.Result{Failure: decide.Expired}
	}
	_ = s.did("%s %s until %s", a.Kind, a.Why, deadline.Sub(s.start))
	if group != "web" {
		s.t.Errorf("%s is called for group %q", a.Kind, group)
	}
	return s.answers[a.Why]
}

func (s *scripted) Later(_ context.Context, body []byte, delay time.Duration) error {
	s.looks = append(s.looks, body)
	return s.did("later %s", delay)
}

func (s *scripted) Work(context.Context, string, string, []byte) error {
	panic("a reconcile asks for no other")
}

// reconcile handles a request; its error is the message's.
func (s *scripted) reconcile(r Request) (Outcome, error) {
	s.t.Helper()
	body, err := json.Marshal(r)
	if err != nil {
		s.t.Fatal(err)
	}
	return s.handler.Reconcile(context.Background(), body)
}

// run handles a request that must not fail.
func (s *scripted) run(r Request) Outcome {
	s.t.Helper()
	o, err := s.reconcile(r)
	if err != nil {
		s.t.Fatalf("the message failed: %v", err)
	}
	return o
}

func (s *scripted) want(lines ...string) {
	s.t.Helper()
	if !slices.Equal(s.journal, lines) {
		s.t.Errorf("it did\n  %s\nwant\n  %s", strings.Join(s.journal, "\n  "), strings.Join(lines, "\n  "))
	}
}

// look is the re-check that was put into the inbox last, as it will be read there.
func (s *scripted) look() Event {
	s.t.Helper()
	if len(s.looks) == 0 {
		s.t.Fatal("the group is not looked at again")
	}
	e, err := Decode(s.looks[len(s.looks)-1], topics)
	if err != nil || e.Kind != Recheck || e.Group != "web" {
		s.t.Fatalf("%s is read as %+v, %v: want a re-check of web", s.looks[len(s.looks)-1], e, err)
	}
	return e
}

func texts(o Outcome) (out []string) {
	for _, n := range o.Notes {
		out = append(out, n.Kind+": "+n.Text)
	}
	return out
}
