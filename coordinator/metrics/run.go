package metrics

import (
	"slices"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/ledger"
)

// Run is what one reconcile of one group came to. Its zero value is one that has seen nothing yet.
type Run struct {
	swapsStarted, swapsFinished, notices, replacements, failures int

	orphans map[string]bool // by id: an old read shows one that was terminated a moment ago

	seen  bool
	world decide.World  // as last observed
	rec   ledger.Record // as last written
}

// Decided takes in what was observed and decided, once the plan's record is written.
func (r *Run) Decided(w decide.World, p decide.Plan) {
	r.seen, r.world = true, w
	// A row of failures that grows while deciding is a replacement that died, or was not ready in time.
	r.failures += max(0, p.Record.Failures-w.Record.Failures)
	r.wrote(w.Record, p.Record)
}

// Called takes in the answer to an action.
func (r *Run) Called(a decide.Action, res decide.Result) {
	_, stray := r.rec.Orphans[a.Instance]
	switch {
	case res.Failure != decide.Done, a.Kind == decide.LaunchOne && len(res.Launched) == 0:
		r.failures++
	case a.Kind == decide.Terminate && stray:
		if r.orphans == nil {
			r.orphans = map[string]bool{}
		}
		r.orphans[a.Instance] = true
	}
}

// Learned takes in the record as written after the calls.
func (r *Run) Learned(rec ledger.Record) { r.wrote(r.rec, rec) }

// Failed counts a run that ended in an error.
func (r *Run) Failed() { r.failures++ }

// wrote counts what is new from one written record to the next. A record is written by one run only, so what is counted
// here is counted once, whatever crashes or comes twice.
func (r *Run) wrote(before, after ledger.Record) {
	r.rec = after
	for id := range after.Notices {
		if _, known := before.Notices[id]; !known {
			r.notices++
		}
	}
	for _, it := range after.Intents {
		switch {
		case knows(before, it.Launch.Nonce):
		case it.Purpose.Gradual():
			r.swapsStarted++
		default:
			r.replacements++
		}
	}
	for _, d := range before.Books.Debts() {
		if d.Replacement.Purpose.Gradual() && paid(d, before, after) {
			r.swapsFinished++
		}
	}
}

func knows(rec ledger.Record, nonce string) bool {
	return slices.ContainsFunc(rec.Intents, func(it ledger.Intent) bool { return it.Launch.Nonce == nonce }) || holds(rec, nonce)
}

func holds(rec ledger.Record, nonce string) bool {
	return slices.ContainsFunc(rec.Books.Debts(), func(d books.Debt) bool { return d.Replacement.Nonce == nonce })
}

// paid tells whether the debt was closed by its victim's retirement, which a record remembers for a minute. Void debts
// leave no such trace, and a replacement that was retired itself did not take anybody's place.
func paid(d books.Debt, before, after ledger.Record) bool {
	at, settled := after.Retired[d.Victim]
	return settled && !at.Equal(before.Retired[d.Victim]) && !holds(after, d.Replacement.Nonce) && d.Kind != books.Reversal
}
