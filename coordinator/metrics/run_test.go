package metrics

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/ledger"
	"autospotting/coordinator/market"
	"autospotting/coordinator/metrics/conform"
)

var noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)

// web is a group of three in service: one on-demand, two spot of ours in pools whose prices are known.
func web() decide.World {
	w := decide.World{Now: noon,
		Group:    decide.Group{Name: "web", Found: true, Enabled: true, HasTemplate: true, Min: 1, Max: 5, Desired: 3, Subnets: map[string]string{"a": "subnet-a"}},
		Template: decide.Template{Hash: "h", Type: "m5.large"},
		Record:   ledger.Record{Group: "web", Revision: 7},
		Catalog: market.Catalog{OnDemandUSD: map[string]float64{"m5.large": 0.096, "m6a.large": 0.0864},
			SpotUSD: map[market.Pool]float64{{Type: "m5a.large", Zone: "a"}: 0.03, {Type: "m6a.large", Zone: "a"}: 0.04}},
	}
	for id, typ := range map[string]string{"i-od": "m5.large", "i-s1": "m5a.large", "i-s2": "m6a.large"} {
		w.Instances = append(w.Instances, decide.Instance{ID: id, Type: typ, Zone: "a", State: "running", Member: true, Listed: true,
			Lifecycle: "InService", Healthy: true, Ours: typ != "m5.large", Spot: typ != "m5.large"})
	}
	return w
}

func launch(purpose ledger.Purpose, nonce, instance string) ledger.Intent {
	return ledger.Intent{Purpose: purpose, Victim: "i-od", Instance: instance, At: noon, Launch: ledger.Launch{Nonce: nonce}}
}

// debt is one that was opened so many minutes ago.
func debt(it ledger.Intent, minutes time.Duration, phase books.Phase) books.StoredDebt {
	return books.StoredDebt{Victim: it.Victim, Phase: phase, At: noon.Add(-minutes * time.Minute),
		Intent: books.StoredLaunch{Purpose: it.Purpose, Victim: it.Victim, Instance: it.Instance, At: it.At, Launch: books.StoredNonce{Nonce: it.Launch.Nonce, Spot: it.Launch.Spot}}}
}

// figures is the line that the run writes, held against the specification.
func figures(t *testing.T, r *Run) map[string]any {
	t.Helper()
	var b bytes.Buffer
	if err := NewEMF(&b, true).Write("web", r, noon); err != nil {
		t.Fatal(err)
	}
	if err := conform.Check(b.Bytes()); err != nil {
		t.Fatalf("%s: %v", b.String(), err)
	}
	var line map[string]any
	if err := json.Unmarshal(b.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	return line
}

// after is a run that decided on the record that change makes of the world's.
func after(change func(*decide.World, *ledger.Record)) *Run {
	w, r := web(), &Run{}
	rec := w.Record.Clone()
	change(&w, &rec)
	r.Decided(w, decide.Plan{Record: rec})
	return r
}

func TestALineTellsWhatARunCameTo(t *testing.T) {
	t.Parallel()
	none := func(*decide.World, *ledger.Record) {}
	for name, c := range map[string]struct {
		run  *Run
		want map[string]any // nil: not in the line
	}{
		"nothing to do": {after(none), map[string]any{"SwapsStarted": 0.0, "SwapsFinished": 0.0, "NoticesHeard": 0.0, "ReplacementsRequested": 0.0, "Failures": 0.0,
			"OrphansTerminated": 0.0, "OpenDebts": 0.0, "OldestDebtAge": 0.0, "OldestLeaseAge": 0.0, "CapacityDeficit": 0.0, "SavingsPerHour": 0.122, "Group": "web"}},
		"a swap and a way back begun, a fill and a replacement requested": {after(func(_ *decide.World, rec *ledger.Record) {
			rec.Intents = []ledger.Intent{launch(ledger.Swap, "1", ""), launch(ledger.Return, "2", ""), launch(ledger.Fill, "3", ""), launch(ledger.Replace, "4", "")}
		}), map[string]any{"SwapsStarted": 2.0, "ReplacementsRequested": 2.0}},
		"a launch that is known, and one whose attach was undone, begin nothing": {after(func(w *decide.World, rec *ledger.Record) {
			w.Record.Intents = []ledger.Intent{launch(ledger.Replace, "1", "")}
			w.Record.Books.Edit(func(k *books.Stored) {
				k.Pairs = []books.StoredDebt{debt(launch(ledger.Swap, "2", "i-s1"), 1, books.Undoing)}
			})
			rec.Intents = []ledger.Intent{launch(ledger.Swap, "1", "i-s2"), launch(ledger.Swap, "2", "i-s1")}
		}), map[string]any{"SwapsStarted": 0.0, "ReplacementsRequested": 0.0, "SwapsFinished": 0.0, "OpenDebts": 0.0}},
		"one notice of two is new": {after(func(w *decide.World, rec *ledger.Record) {
			w.Record.Notices = map[string]ledger.Notice{"i-s1": {}}
			rec.Notices = map[string]ledger.Notice{"i-s1": {}, "i-s2": {}}
		}), map[string]any{"NoticesHeard": 1.0}},
		"debts, the oldest seven minutes old, and a lease of nine": {after(func(_ *decide.World, rec *ledger.Record) {
			rec.Books.Edit(func(k *books.Stored) {
				k.Pairs = []books.StoredDebt{debt(launch(ledger.Swap, "1", "i-s1"), 2, books.Attaching), debt(launch(ledger.Swap, "2", "i-s2"), 7, books.Attaching)}
			})
			rec.Books.Edit(func(k *books.Stored) {
				k.Lease = &books.StoredLease{At: noon.Add(-time.Minute), Since: noon.Add(-9 * time.Minute)}
			})
		}), map[string]any{"OpenDebts": 2.0, "OldestDebtAge": 420.0, "OldestLeaseAge": 540.0}},
		"a lease that is returned is none": {after(func(_ *decide.World, rec *ledger.Record) {
			rec.Books.Edit(func(k *books.Stored) { k.Lease = &books.StoredLease{Returned: true, Since: noon.Add(-9 * time.Minute)} })
		}), map[string]any{"OldestLeaseAge": 0.0}},
		"a replacement that died is a failure": {after(func(_ *decide.World, rec *ledger.Record) { rec.Failures = 1 }), map[string]any{"Failures": 1.0}},
		"a row of failures that ended is none": {after(func(w *decide.World, _ *ledger.Record) { w.Record.Failures = 2 }), map[string]any{"Failures": 0.0}},
		"two lack of four, and our own +1 is not the owner's wish": {after(func(w *decide.World, rec *ledger.Record) {
			w.Group.Desired = 5
			w.Instances[0].Lifecycle = "Pending"
			rec.Books.Edit(func(k *books.Stored) {
				k.Pairs = []books.StoredDebt{debt(launch(ledger.Swap, "1", "i-s1"), 2, books.Attached)}
			})
		}), map[string]any{"CapacityDeficit": 2.0}},
		"of a group that is refused neither size nor lack is known": {after(func(w *decide.World, _ *ledger.Record) {
			w.Group.Weighted, w.Group.Desired = true, 60
		}), map[string]any{"CapacityDeficit": nil, "OpenDebts": 0.0}},
		"without a price savings are not guessed": {after(func(w *decide.World, _ *ledger.Record) {
			delete(w.Catalog.SpotUSD, market.Pool{Type: "m6a.large", Zone: "a"})
		}),
			map[string]any{"SavingsPerHour": nil}},
		"spot that is dearer than on-demand costs": {after(func(w *decide.World, _ *ledger.Record) {
			w.Catalog.SpotUSD[market.Pool{Type: "m5a.large", Zone: "a"}] = 0.2
		}),
			map[string]any{"SavingsPerHour": -0.048}},
		"without spot nothing is saved, which needs no market": {after(func(w *decide.World, _ *ledger.Record) {
			w.Catalog = market.Catalog{}
			for i := range w.Instances {
				w.Instances[i].Spot = false
			}
		}), map[string]any{"SavingsPerHour": 0.0}},
	} {
		got := figures(t, c.run)
		for k, v := range c.want {
			if got[k] != v {
				t.Errorf("%s: %s is %v, want %v", name, k, got[k], v)
			}
		}
	}
}

func TestASwapIsFinishedWhenItsVictimIsRetired(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		purpose ledger.Purpose
		victim  string
		res     decide.Result
		want    float64
	}{
		"retired":                                    {ledger.Swap, "i-od", decide.Result{}, 1},
		"not answered":                               {ledger.Swap, "i-od", decide.Result{Failure: decide.Lost}, 0},
		"the owner's minimum leaves no room":         {ledger.Swap, "i-od", decide.Result{Failure: decide.AtMin}, 0},
		"the replacement itself was retired":         {ledger.Swap, "i-s1", decide.Result{}, 0},
		"what stood in for a doomed one is no swap":  {ledger.Replace, "i-od", decide.Result{}, 0},
		"a way back to on-demand is one like others": {ledger.Return, "i-od", decide.Result{}, 1},
	} {
		w, r := web(), &Run{}
		p := debt(launch(c.purpose, "1", "i-s1"), 3, books.Paying)
		p.Victim = c.victim
		w.Record.Books.Edit(func(k *books.Stored) { k.Pairs = []books.StoredDebt{p} })
		r.Decided(w, decide.Plan{Record: w.Record})
		a := decide.Action{Kind: decide.Retire, Instance: c.victim, Decrement: true}
		r.Called(a, c.res)
		r.Learned(decide.Learn(w.Record, a, c.res, noon))
		if got := figures(t, r); got["SwapsFinished"] != c.want {
			t.Errorf("%s: %v finished, want %v", name, got["SwapsFinished"], c.want)
		}
	}
}

func TestASwapWhosePairIsOpenIsNotFinished(t *testing.T) {
	t.Parallel()
	r := after(func(w *decide.World, rec *ledger.Record) {
		w.Record.Books.Edit(func(k *books.Stored) {
			k.Pairs = []books.StoredDebt{debt(launch(ledger.Swap, "1", "i-s1"), 3, books.Attached)}
		})
		rec.Books, rec.Retired = w.Record.Books.Clone(), map[string]time.Time{"i-od": noon} // as another pair's replacement
	})
	if got := figures(t, r); got["SwapsFinished"] != 0.0 || got["OpenDebts"] != 1.0 {
		t.Errorf("%v finished of %v open", got["SwapsFinished"], got["OpenDebts"])
	}
}

func TestAnOrphanIsCountedOnceARunAndAReplacementGivenUpIsNone(t *testing.T) {
	t.Parallel()
	r := after(func(_ *decide.World, rec *ledger.Record) {
		rec.Orphans = map[string]time.Time{"i-9": noon.Add(-time.Hour)}
	})
	for _, id := range []string{"i-9", "i-9", "i-8"} { // an old read shows i-9 again; i-8 was abandoned
		r.Called(decide.Action{Kind: decide.Terminate, Instance: id}, decide.Result{})
	}
	if got := figures(t, r); got["OrphansTerminated"] != 1.0 || got["Failures"] != 0.0 {
		t.Errorf("%v orphans, %v failures: want one and none", got["OrphansTerminated"], got["Failures"])
	}
}

func TestRefusedCallsAndLaunchesThatBringNothingAreFailures(t *testing.T) {
	t.Parallel()
	r := after(func(*decide.World, *ledger.Record) {})
	r.Called(decide.Action{Kind: decide.AttachSome}, decide.Result{Failure: decide.Throttled})
	r.Called(decide.Action{Kind: decide.LaunchOne}, decide.Result{})
	r.Called(decide.Action{Kind: decide.LaunchOne}, decide.Result{Launched: []decide.LaunchedOne{{ID: "i-1"}}})
	if got := figures(t, r); got["Failures"] != 2.0 {
		t.Errorf("%v failures, want 2", got["Failures"])
	}
}
