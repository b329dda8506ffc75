package act

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/ledger"
	"autospotting/coordinator/market"
)

// noted is an index as the ledger's table is one.
type noted struct {
	of     map[string]string
	sketch map[string][]byte
	copied []byte
	keeps  int
	err    error
}

func (n *noted) Groups(context.Context, []string) (map[string]string, error) { return n.of, n.err }

func (n *noted) Recall(_ context.Context, group string) (ledger.Record, []byte, []byte, error) {
	return ledger.Record{Group: group, Revision: 3}, n.copied, n.sketch[group], n.err
}

func (n *noted) Sketch(_ context.Context, group string) ([]byte, error) {
	return n.sketch[group], n.err
}

func (n *noted) Keep(_ context.Context, group string, sketch []byte, came, went []string) error {
	if n.err != nil {
		return n.err
	}
	for _, id := range came {
		n.of[id] = group
	}
	for _, id := range went {
		delete(n.of, id)
	}
	n.sketch[group], n.keeps = sketch, n.keeps+1
	return nil
}

func indexed() (*Actor, *noted, *time.Time) {
	n, now := &noted{of: map[string]string{}, sketch: map[string][]byte{}}, noon
	return New(Config{Index: n, Now: func() time.Time { return now }}), n, &now
}

// seen is the group web with these spot members of ours.
func seen(now time.Time, ids ...string) decide.World {
	w := decide.World{Now: now, Group: decide.Group{Name: "web", Found: true, Enabled: true, HasTemplate: true, Subnets: map[string]string{"a": "s"}}, Template: decide.Template{Version: "1", Hash: "h"}}
	for _, id := range ids {
		w.Instances = append(w.Instances, decide.Instance{ID: id, Type: "m5.large", Zone: "a", Spot: true, Ours: true, Member: true, Lifecycle: "InService", State: "running"})
	}
	return w
}

func TestTheIndexFollowsTheMembersOfOurs(t *testing.T) {
	t.Parallel()
	a, n, now := indexed()
	step := func(keeps int, want []string, ids ...string) {
		t.Helper()
		a.keepSketch(t.Context(), seen(*now, ids...))
		var got []string
		for id, group := range n.of {
			if group == "web" {
				got = append(got, id)
			}
		}
		if slices.Sort(got); !slices.Equal(got, want) || n.keeps != keeps {
			t.Errorf("noted are %v after %d writes, want %v after %d", got, n.keeps, want, keeps)
		}
	}
	step(0, nil) // nothing of ours, and nothing noted: no trace
	step(1, []string{"i-1", "i-2"}, "i-1", "i-2")
	step(1, []string{"i-1", "i-2"}, "i-1", "i-2") // nothing changed
	step(2, []string{"i-2", "i-3"}, "i-2", "i-3")
	*now = now.Add(sketchFor + time.Second) // as old as what stands beside it gets
	step(3, []string{"i-2", "i-3"}, "i-2", "i-3")

	n.err = errors.New("throttled")
	step(3, []string{"i-2", "i-3"}, "i-3")
	n.err = nil
	step(4, []string{"i-3"}, "i-3") // the next look does what could not be done

	a.cache.sketches.clear() // another process
	step(4, []string{"i-3"}, "i-3")
	step(5, nil)

	step(6, []string{"i-4"}, "i-4")
	gone := seen(*now)
	gone.Group = decide.Group{Name: "web"}
	a.keepSketch(t.Context(), gone)
	if len(n.of) > 0 {
		t.Errorf("of a group that is gone are noted %v", n.of)
	}
}

func TestAWorldIsRecalledAsLongAsItsCopiesServe(t *testing.T) {
	t.Parallel()
	a, n, now := indexed()
	c := Copy{At: noon, Priced: noon, Template: decide.Template{ID: "lt-1", Version: "7", Hash: "h"}, Catalog: market.Catalog{OnDemandUSD: map[string]float64{"m5.large": 0.1}}}
	body, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	if _, known, err := a.Recall(t.Context(), "web"); known || err != nil {
		t.Errorf("nothing is kept: %t, %v", known, err)
	}
	n.copied = body
	if _, known, _ := a.Recall(t.Context(), "web"); known {
		t.Error("without a sketch it is known")
	}
	a.keepSketch(t.Context(), seen(noon, "i-1"))
	*now = noon.Add(copyFor - time.Minute)
	w, known, err := a.Recall(t.Context(), "web")
	if err != nil || !known || w.Record.Revision != 3 || !w.Template.CopyOf.Equal(noon) || w.Template.Version != "7" || w.Catalog.OnDemandUSD["m5.large"] != 0.1 || len(w.Instances) != 1 || !w.Instances[0].Ours || !w.Now.Equal(*now) {
		t.Errorf("%+v, %t, %v", w, known, err)
	}
	*now = noon.Add(copyFor + time.Minute)
	if _, known, _ := a.Recall(t.Context(), "web"); known {
		t.Error("what is too old serves")
	}
	*now = noon
	n.sketch["web"] = []byte("damaged")
	if w, known, err := a.Recall(t.Context(), "web"); known || err != nil || w.Record.Revision != 3 {
		t.Errorf("a damaged sketch: %t, %v, %+v", known, err, w.Record)
	}
	n.err = errors.New("throttled")
	if _, known, err := a.Recall(t.Context(), "web"); known || err == nil {
		t.Error("no answer is taken for one")
	}
}
