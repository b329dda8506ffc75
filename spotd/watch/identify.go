package watch

import (
	"context"
	"math/rand/v2"
	"time"
)

// firstWait is the shortest time from one attempt to read the identity to the next,
// lastWait the longest.
const (
	firstWait = 100 * time.Millisecond
	lastWait  = 5 * time.Second
)

// Identify reads the identity, again and again without end, since a daemon that
// gave up at boot would miss the notice hours later. The times between attempts
// double up to nearly the poll interval, and to 5 s, with jitter; they count from the beginning of
// each, so that one that hangs does not put the next off. Each failure goes to failed. The
// error is the context's.
func (r Reader) Identify(ctx context.Context, group string, poll time.Duration, failed func(error)) (Identity, error) {
	most := min(poll-poll/10, lastWait)
	for wait := min(firstWait, most); ; wait = min(2*wait, most) {
		next := time.Now().Add(wait/2 + rand.N(wait/2+1))
		id, err := r.Identity(ctx, group)
		if err == nil {
			return id, nil
		}
		if ctx.Err() != nil {
			return Identity{}, ctx.Err()
		}
		failed(err)
		select {
		case <-ctx.Done():
			return Identity{}, ctx.Err()
		case <-time.After(max(time.Until(next), firstWait/2)):
		}
	}
}

// Again reads the identity once more and tells whether it is another than id: the
// instance was stopped or hibernated and runs again (its pendingTime is new), or
// the service was not all there before. What cannot be read, or proves less, is no
// other identity.
func (r Reader) Again(ctx context.Context, id Identity) (Identity, bool) {
	document, err := r.dynamic(ctx, "instance-identity/document")
	signed := id.Proof.Signature != ""
	if err != nil || document.Presence != Present || signed && document.Body == id.Proof.Document {
		return id, false
	}
	now, err := r.Identity(ctx, id.From.Group)
	if err != nil || signed && now.Proof.Signature == "" {
		return id, false
	}
	if now.From.Instance == id.From.Instance && now.PendingTime.Equal(id.PendingTime) && (signed || now.Proof.Signature == "") {
		return id, false
	}
	return now, true
}
