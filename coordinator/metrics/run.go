package metrics

import (
	"slices"

	"autospotting/coordinator/decide"
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
	_, stray := r.rec.Strays[a.Instance]
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
		case gradual(it):
			r.swapsStarted++
		default:
			r.replacements++
		}
	}
	for _, p := range before.Pairs {
		if gradual(p.Intent) && paid(p, before, after) {
			r.swapsFinished++
		}
	}
}

// gradual tells a swap, in either direction, from what stands in for an instance that is lost.
func gradual(it ledger.Intent) bool {
	return it.Purpose == ledger.Swap || it.Purpose == ledger.Return
}

func knows(rec ledger.Record, nonce string) bool {
	return slices.ContainsFunc(rec.Intents, func(it ledger.Intent) bool { return it.Launch.Nonce == nonce }) || holds(rec, nonce)
}

func holds(rec ledger.Record, nonce string) bool {
	return slices.ContainsFunc(rec.Pairs, func(p ledger.Pair) bool { return p.Intent.Launch.Nonce == nonce })
}

// paid tells whether the pair was closed by its victim's retirement, which a record remembers for a minute. Void debts
// leave no such trace, and a replacement that was retired itself did not take anybody's place.
func paid(p ledger.Pair, before, after ledger.Record) bool {
	at, settled := after.Settling[p.Victim]
	return settled && !at.Equal(before.Settling[p.Victim]) && !holds(after, p.Intent.Launch.Nonce) && p.Victim != p.Intent.Instance
}
