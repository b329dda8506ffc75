package handle

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/ledger"
	"autospotting/coordinator/market"
	"autospotting/pkg/message"
)

// remembered is a memory of one group, and counts what it is asked.
type remembered struct {
	p       *parts
	of      map[string]string
	world   decide.World
	fail    error
	recalls int
	before  func() // a recall is answered
}

func (m *remembered) Indexed(context.Context, []string) (map[string]string, error) {
	return m.of, m.fail
}

func (m *remembered) Recall(ctx context.Context, group string) (decide.World, bool, error) {
	m.recalls++
	w := m.world
	rec, err := m.p.ledger.Get(ctx, group)
	w.Record, w.Now = rec, m.p.now
	if m.before != nil {
		m.before()
	}
	return w, m.world.Group.Found, err
}

// swift is a handler that remembers the group web with two instances, here and there, and what could take their places.
func swift() (*Handler, *parts, *remembered) {
	h, p := handler()
	need := market.Need{Arch: "x86_64"}
	w := decide.World{Group: decide.Group{Name: "web", Found: true, Enabled: true, Desired: 2, Max: 4, HasTemplate: true, Subnets: map[string]string{"a": "subnet-a"}},
		Template: decide.Template{Hash: "h", ID: "lt-1", Version: "1", Need: need, CopyOf: p.now.Add(-time.Hour)},
		Catalog:  market.Catalog{AsOf: p.now, Types: map[string]market.Type{}, Offered: map[market.Pool]bool{}, SpotUSD: map[market.Pool]float64{}, OnDemandUSD: map[string]float64{}}}
	for _, name := range []string{"m5.large", "m6i.large"} {
		pool := market.Pool{Type: name, Zone: "a"}
		w.Catalog.Types[name] = market.Type{Name: name, VCPU: 2, MemoryMiB: 8192, Arch: []string{"x86_64"}, Virtualization: []string{"hvm"}, Spot: true, CurrentGeneration: true}
		w.Catalog.Offered[pool], w.Catalog.SpotUSD[pool], w.Catalog.OnDemandUSD[name] = true, 0.03, 0.1
	}
	for _, id := range []string{here, there} {
		w.Instances = append(w.Instances, decide.Instance{ID: id, Type: "m5.large", Zone: "a", Spot: true, Ours: true, Member: true, Listed: true, Healthy: true, Lifecycle: "InService", State: "running"})
	}
	m := &remembered{p: p, of: map[string]string{here: "web", there: "web"}, world: w}
	h.Memory = m
	p.groups = map[string]string{here: "web", there: "web"}
	return h, p, m
}

func (p *parts) record(t *testing.T) ledger.Record {
	t.Helper()
	r, err := p.ledger.Get(t.Context(), "web")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Two reads of our own table and a write stand before the launch. The group is looked at after it.
func TestANoticeIsAnsweredBeforeAnythingIsDescribed(t *testing.T) {
	t.Parallel()
	h, p, _ := swift()
	if errs := route(t, h, reported(t, message.Terminating, here, good)); errs[0] != nil {
		t.Fatal(errs)
	}
	r := p.record(t)
	if p.applied != 1 || len(p.lookedUp) > 0 || !slices.Equal(p.work, []string{"web"}) {
		t.Errorf("%d calls, looked up %v, work for %v", p.applied, p.lookedUp, p.work)
	}
	if n := r.Notices[here]; !n.Hasty || r.Revision != 2 {
		t.Errorf("written is %+v at revision %d", n, r.Revision)
	}
}

func TestNoticesOfAGroupThatAreHeardTogetherAreAnsweredTogether(t *testing.T) {
	t.Parallel()
	h, p, m := swift()
	route(t, h, reported(t, message.Terminating, here, good), []byte(interruption(t, there)))
	if r := p.record(t); len(r.Notices) != 2 || m.recalls != 1 || len(p.work) != 1 || len(p.lookedUp) > 0 {
		t.Errorf("%d notices after %d recalls, work for %v", len(r.Notices), m.recalls, p.work)
	}
}

// Where a launch brings nothing, the next pools are asked at once: the market is remembered too.
func TestWhatHasNoCapacityIsAskedForElsewhereByMemory(t *testing.T) {
	t.Parallel()
	h, p, _ := swift()
	p.barren = true
	route(t, h, reported(t, message.Terminating, here, good))
	if n := p.record(t).Notices[here]; p.applied < 3 || n.Tries < 3 || len(p.work) != 1 {
		t.Errorf("%d calls, %+v, work for %v", p.applied, n, p.work)
	}
}

func TestWhatIsNotRememberedIsLookedUp(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(*Handler, *parts, *remembered)
		body   []byte
	}{
		{"an instance that was not noted", func(_ *Handler, _ *parts, m *remembered) { m.of = nil }, nil},
		{"the table is out of reach", func(_ *Handler, _ *parts, m *remembered) { m.fail = errors.New("throttled") }, nil},
		{"a group of which nothing may be launched by memory", func(_ *Handler, _ *parts, m *remembered) { m.world.Group.Found = false }, nil},
		{"an instance that left since", func(_ *Handler, _ *parts, m *remembered) { m.world.Instances = m.world.Instances[1:] }, nil},
		{"others write all the time", func(h *Handler, p *parts, _ *remembered) { h.Ledger = busy{p.ledger} }, nil},
		{"no memory", func(h *Handler, _ *parts, _ *remembered) { h.Memory = nil }, nil},
		{"an unsigned notice", func(_ *Handler, p *parts, _ *remembered) { p.taken = map[string]bool{here: true} }, reported(t, message.Terminating, here, "bad")},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h, p, m := swift()
			c.change(h, p, m)
			body := c.body
			if body == nil {
				body = reported(t, message.Terminating, here, good)
			}
			if errs := route(t, h, body); errs[0] != nil {
				t.Fatal(errs)
			}
			if p.applied != 0 || len(p.lookedUp) != 1 || !slices.Equal(p.work, []string{"web"}) {
				t.Errorf("%d calls, looked up %v, work for %v", p.applied, p.lookedUp, p.work)
			}
		})
	}
}

// What a look has taken up needs no other one; but until one has, each message asks for it, since the first may have been lost behind the launch.
func TestWhatWasTakenUpIsHeardNoMore(t *testing.T) {
	t.Parallel()
	h, p, _ := swift()
	route(t, h, reported(t, message.Terminating, here, good))
	route(t, h, []byte(interruption(t, here)))
	if p.applied != 1 || len(p.work) != 2 {
		t.Errorf("before a look: %d calls, work for %v", p.applied, p.work)
	}
	r := p.record(t)
	n := r.Notices[here]
	n.Hasty, n.Deadline = false, p.now
	r.Notices[here] = n
	if _, err := p.ledger.Put(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if errs := route(t, h, []byte(interruption(t, here))); errs[0] != nil || p.applied != 1 || len(p.work) != 2 {
		t.Errorf("after one: %v, %d calls, work for %v", errs, p.applied, p.work)
	}
}

// What was heard while another run worked on the group is answered by that which the work queue begins, before it looks.
func TestARunBeginsWithWhatCanBeAnsweredByMemory(t *testing.T) {
	t.Parallel()
	h, p, m := swift()
	p.observe = errors.New("no answer")
	hint := decide.Hint{Kind: decide.HeardTerminating, Instance: here, At: p.now, Deadline: p.now.Add(2 * time.Minute), Trusted: true, Source: decide.FromSpotd}
	body, err := encode(Request{Group: "web", Hints: []decide.Hint{hint}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Reconcile(t.Context(), body); err != nil {
		t.Fatal(err)
	}
	if p.applied != 1 || m.recalls != 1 || len(p.later) != 1 {
		t.Errorf("%d calls after %d recalls, again after %v", p.applied, m.recalls, p.later)
	}
}

// busy is a ledger that somebody else always has written to.
type busy struct{ Ledger }

func (busy) Put(_ context.Context, r ledger.Record) (ledger.Record, error) {
	return r, ledger.ErrConflict
}

// A run has a look to make as well, and the function's time is bounded: what memory alone could go on with for long is left to it.
func TestWhatIsAnsweredByMemoryLeavesTimeForALook(t *testing.T) {
	t.Parallel()
	h, p, m := swift()
	h.Ledger = &slow{Ledger: p.ledger, now: &p.now}
	began := p.now
	rec, err := h.recall(t.Context(), "web", []decide.Hint{{Kind: decide.HeardTerminating, Instance: here, At: p.now, Trusted: true}}, &Outcome{})
	if took := p.now.Sub(began); err != nil || took < recallsFor || took > recallsFor+slowly {
		t.Errorf("it took %s, %v", took, err)
	}
	if _, noted := rec.Notices[here]; !noted || m.recalls != 1 {
		t.Errorf("%+v after %d recalls", rec.Notices, m.recalls)
	}
}

const slowly = 3 * time.Second

// slow is a ledger whose writes take long, and whose launches bring nothing, so that there is always one more to be made.
type slow struct {
	Ledger
	now *time.Time
}

func (s *slow) Put(ctx context.Context, r ledger.Record) (ledger.Record, error) {
	*s.now = s.now.Add(slowly / 2)
	r.Intents = nil
	return s.Ledger.Put(ctx, r)
}

// Somebody who works on the group is no reason to wait for them: what they wrote is read, and they find what is written here.
func TestANoticeIsAnsweredBesideARunThatIsUnderWay(t *testing.T) {
	t.Parallel()
	h, p, m := swift()
	m.before = func() { _, _ = p.ledger.Put(context.Background(), ledger.Record{Group: "web", Failures: 1}) }
	route(t, h, reported(t, message.Terminating, here, good))
	if r := p.record(t); p.applied != 1 || len(p.lookedUp) > 0 || r.Failures != 1 || len(r.Notices) != 1 {
		t.Errorf("%d calls, looked up %v, written %+v", p.applied, p.lookedUp, r)
	}
}

// Where launches are refused for want of request tokens, a notice is noted and goes back into the inbox: what is heard until then goes into one request.
func TestANoticeThatWaitsForOthersComesBackWithThem(t *testing.T) {
	t.Parallel()
	h, p, m := swift()
	m.world.Scarce = p.now.Add(-10 * time.Second)
	if errs := route(t, h, reported(t, message.Terminating, here, good)); errs[0] != nil {
		t.Fatal(errs[0])
	}
	rec := p.record(t)
	if _, noted := rec.Notices[here]; !noted || p.applied != 0 || len(p.work) != 0 || len(p.later) != 1 || p.later[0] > 3*time.Second {
		t.Fatalf("noted %v, %d calls, %d requests, %d later", rec.Notices, p.applied, len(p.work), len(p.later))
	}
	p.now = p.now.Add(3 * time.Second)
	r, err := Decode(p.bodies[0], Topics{})
	if err != nil || len(r.Hints) != 1 {
		t.Fatalf("%+v, %v", r, err)
	}
	if _, err := h.recall(t.Context(), "web", append(r.Hints, decide.Hint{Kind: decide.HeardTerminating, Instance: there, At: p.now, Trusted: true}), &Outcome{}); err != nil {
		t.Fatal(err)
	}
	if rec := p.record(t); p.applied == 0 || len(rec.Notices) != 2 || len(rec.Intents) != 2 {
		t.Errorf("%d calls, %+v", p.applied, rec)
	}
}
