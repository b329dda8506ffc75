package decide

import (
	"math/rand/v2"
	"slices"
	"testing"

	"autospotting/coordinator/ledger"
)

// Whatever the world, nothing gradual is done on something that was read before; and what is done on fresh reads is what was asked for.
func TestNothingGradualRestsOnWhatWasReadBefore(t *testing.T) {
	t.Parallel()
	fresh, mixed := 0, 0
	for seed := range uint64(4_000) {
		w := drawn(rand.New(rand.NewPCG(seed, 11)))
		sure := Decide(w)
		w.Cached = []string{"lifecycle hooks"}
		p := Decide(w)
		if slices.ContainsFunc(p.Actions, p.gradual) {
			t.Fatalf("seed %d: %v", seed, p.Actions)
		}
		if waits := slices.ContainsFunc(sure.Actions, sure.gradual); p.Fresh != waits {
			t.Fatalf("seed %d: fresh reads are asked for: %t, for %v", seed, p.Fresh, sure.Actions)
		}
		for _, a := range sure.Actions {
			if sure.urgent(a) && !slices.ContainsFunc(p.Actions, func(b Action) bool { return b.Kind == a.Kind }) {
				t.Fatalf("seed %d: %v waits for fresh reads", seed, a)
			}
		}
		switch {
		case !p.Fresh && render(p) != render(sure):
			t.Fatalf("seed %d: %s without anything gradual, %s", seed, render(p), render(sure))
		case p.Fresh && len(p.Actions) == 0:
			if fresh++; p.Changed || len(p.Why) > 0 || !slices.EqualFunc(p.Record.Intents, w.Record.Intents, func(a, b ledger.Intent) bool { return a.Launch.Nonce == b.Launch.Nonce }) {
				t.Fatalf("seed %d: %+v is more than a wish for fresh reads", seed, p)
			}
		case p.Fresh:
			mixed++
		}
	}
	if fresh < 100 || mixed < 20 {
		t.Errorf("%d plans ask for fresh reads, %d beside what is urgent", fresh, mixed)
	}
}
