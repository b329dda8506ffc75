package handle

import (
	"context"
	"slices"
	"testing"
	"time"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/ledger"
)

// launching is a group whose launch was not answered, and one instance that carries its nonce.
type launching struct {
	*parts
	ours   bool // by the tag that only AWS can set
	called []decide.Action
}

func (l *launching) Observe(_ context.Context, group string, rec ledger.Record, heard []decide.Hint) (decide.World, error) {
	return decide.World{Now: l.now, Record: rec, Heard: heard, Group: decide.Group{Name: group, Found: true, Enabled: true, Desired: 1, Max: 2},
		Instances: []decide.Instance{{ID: here, State: "running", Type: "m5a.large", Zone: "us-east-1a", Spot: true, Launched: l.now.Add(-time.Second), Ours: l.ours, Nonce: "n-1"}}}, nil
}

func (l *launching) Apply(_ context.Context, _ string, a decide.Action, _ time.Time) decide.Result {
	l.called = append(l.called, a)
	return decide.Result{Failure: decide.Lost}
}

// Whoever may tag instances can write our nonce onto one of theirs: it must not come into the group, nor be ended.
func TestAForgedNonceMakesNoInstanceOurs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		ours  bool
		found string
	}{
		{"launched by us, by AWS's own tag", true, here},
		{"tagged by somebody", false, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h, p := handler()
			l := &launching{parts: p, ours: c.ours}
			h.Actor = l
			rec := ledger.Record{Group: "web", Intents: []ledger.Intent{{Purpose: ledger.Swap, At: p.now.Add(-10 * time.Second), Launch: ledger.Launch{Nonce: "n-1", Spot: true}}}}
			if _, err := p.ledger.Put(context.Background(), rec); err != nil {
				t.Fatal(err)
			}
			if _, err := h.Reconcile(context.Background(), []byte(`{"group":"web"}`)); err != nil {
				t.Fatal(err)
			}
			got, err := p.ledger.Get(context.Background(), "web")
			if err != nil || len(got.Intents) != 1 || got.Intents[0].Instance != c.found {
				t.Errorf("the launch is %+v, %v: want the instance %q", got.Intents, err, c.found)
			}
			for _, a := range l.called {
				if !c.ours && (a.Instance == here || slices.Contains(a.Instances, here)) {
					t.Errorf("%s of somebody else's instance", a.Kind)
				}
			}
		})
	}
}
