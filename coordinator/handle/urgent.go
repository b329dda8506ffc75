package handle

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/ledger"
)

const (
	// noticeLasts is the longest that AWS leaves an instance after its notice.
	noticeLasts = 2 * time.Minute
	// lookUpTries bounds how often it is asked again, every firstRetry, which group an instance with a notice belongs to.
	lookUpTries = int(noticeLasts / firstRetry)
	// routeTime is how long after it began an invocation that routes may still work on groups: the function's time-out is 30 s.
	routeTime = 24 * time.Second
	// leastHere is the least time in which working on a group is worth beginning.
	leastHere = 5 * time.Second
)

// waiting is until when something is known to wait that AWS gives two minutes only: heard now, known from before, or in the record.
func waiting(r Request, heard []decide.Hint, rec ledger.Record, now time.Time) time.Time {
	until, most := r.Until, now.Add(noticeLasts)
	if until.IsZero() {
		for _, h := range heard {
			if h.Kind == decide.HeardTerminating {
				until = most
			}
		}
	}
	for _, n := range rec.Notices {
		if end := n.Deadline; end.After(until) {
			until = end
		}
	}
	if until.After(most) { // a deadline is somebody's word
		until = most
	}
	return until
}

// retryAt is when to look again after so many failures in a row: soon while a notice waits, since whatever fails now may work again any second. Those
// looks have slots, so that they merge.
func (h *Handler) retryAt(try int, until time.Time) time.Time {
	now := h.Now()
	if now.Before(until) {
		return now.Add(time.Second).Truncate(firstRetry).Add(firstRetry)
	}
	return now.Add(backoff(try))
}

// here looks at a group itself, where the work queue does not take the request. Two may then work on one group at a time: the ledger's conditional
// write stops one of them.
func (b *batch) here(ctx context.Context, r Request, why error) error {
	left := routeTime - b.Now().Sub(b.began)
	if b.Actor == nil || b.Ledger == nil || left < leastHere {
		return why
	}
	body, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("encode a request for group %q: %w", r.Group, err)
	}
	b.Log.Warn().Err(why).Str("group", r.Group).Msg("the work queue does not take it: looked at here")
	h := *b.Handler
	h.Budget = min(b.budget(), left)
	_, err = h.Reconcile(ctx, body)
	return err
}

// again asks in a moment which group a notice is for, where that cannot be read now. It gives the reason back where it was asked for too often.
func (b *batch) again(ctx context.Context, i int, why error) error {
	e := b.events[i]
	if e.Try >= lookUpTries || e.Hints[0].Kind != decide.HeardTerminating {
		return why
	}
	if err := b.later(ctx, b.Now().Add(firstRetry), Request{Hints: e.Hints, Try: e.Try + 1}); err != nil {
		return why // the queue delivers the message again
	}
	b.note(&b.outcomes[i], Note{Instance: e.Hints[0].Instance, Kind: "error", Failure: decide.Lost, Text: fmt.Sprintf("whose it is cannot be read, asked again in %s: %v", firstRetry, why)})
	return nil
}

// groupless tells whether an event is a notice of which it was asked before whose it is.
func (e Event) groupless() bool { return e.Kind == Recheck && e.Group == "" && len(e.Hints) == 1 }
