package handle

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/ledger"
)

const (
	defaultBudget = 20 * time.Second
	mostConflicts = 3  // of one run, after which it begins anew as another
	mostLooks     = 4  // until all is read anew: what tells of the whole account may have been read meanwhile for another group
	maxRounds     = 12 // of observe, decide, apply in one run; the rest is looked at by the next message
	firstRetry    = 5 * time.Second
	longestRetry  = 5 * time.Minute
)

// Reconcile handles one message of the work queue. It returns an error only where the message itself, or its re-check, could not be
// dealt with: an AWS error is logged and looked at again, so that only crashes reach the dead-letter queue.
func (h *Handler) Reconcile(ctx context.Context, body []byte) (Outcome, error) {
	var r Request
	if err := json.Unmarshal(body, &r); err != nil || r.Group == "" {
		var o Outcome
		why := "it names no group"
		if err != nil {
			why = err.Error()
		}
		h.note(&o, Note{Kind: "dropped", Text: "a work message that cannot be worked on: " + why})
		return o, nil
	}
	o := Outcome{ID: r.Group, What: r.Cause}
	look, left, err := h.rounds(ctx, r, &o)
	try := 0
	if o.halted || err != nil {
		try = r.Try + 1
	}
	if err != nil {
		look = h.retryAt(r.Try, o.until)
		h.note(&o, Note{Group: r.Group, Kind: "error", Failure: decide.Lost, Text: err.Error()})
		o.run.Failed()
	}
	if err := h.Metrics.Write(r.Group, &o.run, h.Now()); err != nil {
		h.Log.Warn().Err(err).Msg("not measured")
	}
	if look.IsZero() {
		return o, nil
	}
	o.Look = look
	if err := h.later(ctx, look, Request{Group: r.Group, Try: try, Hints: left, Until: o.until}); err != nil {
		return o, fmt.Errorf("schedule the next look at group %q: %w", r.Group, err)
	}
	return o, nil
}

func backoff(try int) time.Duration {
	const most = 10 // doublings, far beyond the longest
	return min(firstRetry<<min(max(try, 0), most), longestRetry)
}

// rounds observes, decides and applies until nothing is left to be done now. It returns when to look again, and
// the hints that did not reach the ledger.
func (h *Handler) rounds(ctx context.Context, r Request, o *Outcome) (time.Time, []decide.Hint, error) {
	deadline := h.Now().Add(h.budget())
	o.until = waiting(r, r.Hints, ledger.Record{}, h.Now())
	rec, err := h.begin(ctx, r, o)
	if err != nil {
		return time.Time{}, r.Hints, err
	}
	heard, conflicts := r.Hints, 0
	for range maxRounds {
		if !h.Now().Before(deadline) {
			break
		}
		o.until = waiting(r, heard, rec, h.Now())
		w, plan, err := h.look(ctx, rec, r.Group, heard)
		if err != nil {
			return time.Time{}, heard, err
		}
		h.explain(o, r.Group, plan)
		// Written before every mutating call, also where nothing in it changed: whoever read an older revision is stopped.
		if rec, err = h.write(ctx, rec, plan); errors.Is(err, ledger.ErrConflict) && conflicts < mostConflicts {
			conflicts++ // a notice was answered by memory: what is decided now knows of it
			if rec, err = h.Ledger.Get(ctx, r.Group); err == nil {
				continue
			}
		}
		if err != nil {
			return time.Time{}, heard, err
		}
		o.run.Decided(w, plan)
		heard = nil
		o.until = waiting(r, nil, rec, h.Now())
		if plan.Forget {
			h.note(o, Note{Group: r.Group, Kind: "forget", Text: "nothing of ours is left: the record goes too"})
			return time.Time{}, nil, h.Ledger.Delete(ctx, rec)
		}
		if len(plan.Actions) == 0 {
			return h.lookFor(w, plan, r, o), nil, nil
		}
		halt, err := h.apply(ctx, &rec, plan, deadline, o)
		if halt {
			o.halted = true
			return sooner(plan.Look, h.retryAt(r.Try, o.until)), nil, err
		}
	}
	return h.Now().Add(time.Second), heard, nil
}

// look observes and decides. What is gradual is decided once more where it rests on something that was read before: what cannot wait goes first.
func (h *Handler) look(ctx context.Context, rec ledger.Record, group string, heard []decide.Hint) (decide.World, decide.Plan, error) {
	for range mostLooks {
		w, err := h.Actor.Observe(ctx, group, rec, heard)
		if err != nil {
			return w, decide.Plan{}, err
		}
		plan := h.decide(w)
		if plan.Fresh {
			h.Actor.Refresh(group)
		}
		if !plan.Fresh || len(plan.Actions) > 0 {
			return w, plan, nil
		}
	}
	return decide.World{}, decide.Plan{}, fmt.Errorf("group %q could not be read anew", group)
}

// lookFor is when to look again after nothing was left to be done: what could not be read is read again.
func (h *Handler) lookFor(w decide.World, plan decide.Plan, r Request, o *Outcome) time.Time {
	if len(w.Missing) == 0 || w.Glance {
		return plan.Look
	}
	o.halted = true
	return sooner(plan.Look, h.retryAt(r.Try, o.until))
}

func (h *Handler) decide(w decide.World) decide.Plan {
	if h.Decide != nil {
		return h.Decide(w)
	}
	return decide.Decide(w)
}

func (h *Handler) budget() time.Duration {
	if h.Budget > 0 {
		return h.Budget
	}
	return defaultBudget
}

func (h *Handler) write(ctx context.Context, rec ledger.Record, plan decide.Plan) (ledger.Record, error) {
	if !plan.Changed && len(plan.Actions) == 0 {
		return rec, nil
	}
	return h.Ledger.Put(ctx, plan.Record)
}

// apply makes the calls of a plan and writes what they taught. It halts where an answer was lost, AWS asks for
// patience, a call is refused for good, or what was learnt could not be written: what was written before the call tells the next look what to do.
func (h *Handler) apply(ctx context.Context, rec *ledger.Record, plan decide.Plan, deadline time.Time, o *Outcome) (halt bool, err error) {
	learned := *rec
	var made []answer
	for left := plan.Actions; len(left) > 0; {
		some := left[:h.together(left)]
		left = left[len(some):]
		for i, res := range h.call(ctx, rec.Group, some, deadline) {
			a := some[i]
			h.note(o, Note{Group: rec.Group, Instance: a.Instance, Kind: string(a.Kind), Text: describe(a, res), Failure: res.Failure, Action: &a, Result: &res})
			made = append(made, answer{a, res, h.Now()})
			learned = made[len(made)-1].learn(learned)
			o.run.Called(a, res)
			halt = halt || halts(a, res)
		}
	}
	written, err := h.Ledger.Put(ctx, learned)
	for range mostConflicts {
		if !errors.Is(err, ledger.ErrConflict) {
			break
		}
		if learned, err = h.Ledger.Get(ctx, rec.Group); err != nil { // what was learned is so, whatever was written meanwhile
			break
		}
		for _, a := range made {
			learned = a.learn(learned)
		}
		written, err = h.Ledger.Put(ctx, learned)
	}
	if err != nil {
		return true, err
	}
	o.run.Learned(written)
	*rec = written
	return halt, nil
}

// answer is what one call came to.
type answer struct {
	decide.Action
	decide.Result
	at time.Time
}

func (a answer) learn(rec ledger.Record) ledger.Record {
	return decide.Learn(rec, a.Action, a.Result, a.at)
}

// halts tells whether nothing more is to be decided before a while has passed.
func halts(a decide.Action, res decide.Result) bool {
	switch res.Failure {
	case decide.Lost, decide.Throttled, decide.Expired, decide.AtMax, decide.Mismatch:
		return true
	case decide.Invalid: // would be refused again at once; only of launches and attaches the next plan makes something else
		return a.Kind != decide.LaunchOne && a.Kind != decide.AttachSome
	}
	return false
}

const (
	mostRetired   = 10 // called side by side
	mostProtected = 50 // Auto Scaling API, SetInstanceProtection
)

// together is how many of the actions that come next are called at a time: launches have each a token of their own, and a fleet's
// answer takes seconds; retirements change nothing for one another; and one call protects several.
func (h *Handler) together(actions []decide.Action) int {
	kind := actions[0].Kind
	most := map[decide.ActionKind]int{decide.LaunchOne: h.Together, decide.Retire: mostRetired, decide.Protect: mostProtected, decide.Unprotect: mostProtected}[kind]
	n := 0
	for n < len(actions) && n < most && actions[n].Kind == kind {
		n++
	}
	return max(n, 1)
}

// call makes some calls at once. The results are in the order of the actions.
func (h *Handler) call(ctx context.Context, group string, actions []decide.Action, deadline time.Time) []decide.Result {
	if len(actions) == 1 { // by the caller itself: what it panics with is the run's end, not the process's
		return []decide.Result{h.Actor.Apply(ctx, group, actions[0], deadline)}
	}
	if k := actions[0].Kind; k == decide.Protect || k == decide.Unprotect {
		if res, ok := h.asOne(ctx, group, actions, deadline); ok {
			return slices.Repeat([]decide.Result{res}, len(actions))
		}
	}
	results := make([]decide.Result, len(actions))
	calls := make([]func(), len(actions))
	for i, a := range actions {
		calls[i] = func() { results[i] = h.Actor.Apply(ctx, group, a, deadline) }
	}
	h.side(calls...)
	return results
}

// asOne makes one call of several actions of a kind. It is not ok where AWS refused it, which it does as a whole for the fault of one of them.
func (h *Handler) asOne(ctx context.Context, group string, actions []decide.Action, deadline time.Time) (decide.Result, bool) {
	all := actions[0]
	for _, a := range actions {
		all.Instances = append(all.Instances, a.Instance)
	}
	res := h.Actor.Apply(ctx, group, all, deadline)
	switch res.Failure {
	case decide.Done, decide.Throttled, decide.Lost, decide.Expired:
		return res, true
	}
	return res, false
}

func (h *Handler) side(fns ...func()) {
	if h.Side != nil {
		h.Side(fns...)
		return
	}
	var wait sync.WaitGroup
	for _, fn := range fns {
		wait.Go(fn)
	}
	wait.Wait()
}

// sooner is the first of two moments; none is at no time.
func sooner(a, b time.Time) time.Time {
	if a.IsZero() {
		return b
	}
	return slices.MinFunc([]time.Time{a, b}, time.Time.Compare)
}
