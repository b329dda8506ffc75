package watch

import (
	"context"
	"math/rand/v2"
	"time"
)

// firstWait is the shortest wait between two attempts to read the identity, lastWait
// the longest: each failure is a sign of life, and a watchdog waits for 20 s.
const (
	firstWait = 100 * time.Millisecond
	lastWait  = 5 * time.Second
)

// Identify reads the identity, again and again without end, since a daemon that
// gave up at boot would miss the notice hours later. The waits double up to the
// poll interval, and to 5 s, with jitter. Each failure goes to failed. The error is the
// context's.
func (r Reader) Identify(ctx context.Context, group string, poll time.Duration, failed func(error)) (Identity, error) {
	most := min(poll, lastWait)
	for wait := min(firstWait, most); ; wait = min(2*wait, most) {
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
		case <-time.After(wait/2 + rand.N(wait/2+1)):
		}
	}
}
