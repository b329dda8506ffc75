package decide

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"autospotting/coordinator/ledger"
	"autospotting/coordinator/market"
)

// manyTypes is web on a market of so many types x00, x01 … beside its own, all alike and the first the cheapest.
func manyTypes(n int) World {
	w := web()
	own := w.Catalog.Types["m5.large"]
	for name := range w.Catalog.Types {
		if name != "m5.large" {
			delete(w.Catalog.Types, name)
		}
	}
	for _, z := range []string{"a", "b", "c"} {
		delete(w.Catalog.SpotUSD, market.Pool{Type: "m5.large", Zone: z})
	}
	for i := range n {
		x := own
		x.Name = fmt.Sprintf("x%02d.large", i)
		w.Catalog.Types[x.Name], w.Catalog.OnDemandUSD[x.Name] = x, 0.1
		for _, z := range []string{"a", "b", "c"} {
			p := market.Pool{Type: x.Name, Zone: z}
			w.Catalog.Offered[p], w.Catalog.SpotUSD[p] = true, 0.03+float64(i)/10000
		}
	}
	return w
}

// cloud answers launches: a request with one of the poisoned types fails as a whole.
type poisoned struct {
	types []string
	calls int
	asked map[string]int // how often with that type
}

func (p *poisoned) answer(l ledger.Launch) Result {
	p.calls++
	if p.asked == nil {
		p.asked = map[string]int{}
	}
	bad := ""
	for _, t := range typesIn(l.Overrides) {
		if p.asked[t]++; slices.Contains(p.types, t) {
			bad = t
		}
	}
	if bad != "" {
		return Result{Failure: Invalid, Detail: "UnsupportedOperation: no", Suspect: true}
	}
	o := l.Overrides[0]
	return Result{Launched: []LaunchedOne{{ID: fmt.Sprint("i-new", p.calls), Type: o.Type, Zone: o.Zone}}}
}

// launchesOf plays plans of a world until one launches nothing that is refused, at most so many.
func (p *poisoned) play(w *World, most int) (launched bool) {
	for range most {
		plan := Decide(*w)
		w.Record = plan.Record
		any := false
		for _, a := range plan.Actions {
			if a.Kind == LaunchOne {
				any = true
				res := p.answer(*a.Launch)
				w.Record = Learn(w.Record, a, res, w.Now)
				launched = launched || len(res.Launched) > 0
			}
		}
		if !any || launched {
			return launched
		}
	}
	return launched
}

func TestANoticeIsAnsweredWithinTwoMoreCallsThoughOneTypePoisonsEveryRequest(t *testing.T) {
	t.Parallel()
	for n := 2; n <= 20; n++ {
		for culprit := range n {
			w := manyTypes(n)
			w.Instances[0] = attached("i-s", "a")
			w.Instances[0].Type = "m5.large"
			w.doom("i-s", 0)
			p := &poisoned{types: []string{fmt.Sprintf("x%02d.large", culprit)}}
			if !p.play(&w, 9) || p.calls > 3 {
				t.Errorf("%d types, the culprit is the %d.: launched after %d calls", n, culprit, p.calls)
			}
			if w.Record.Failures != 0 || !w.Record.PausedUntil.IsZero() || w.Record.Notices["i-s"].Tries != 0 {
				t.Errorf("%d types: %d failures, %d tries", n, w.Record.Failures, w.Record.Notices["i-s"].Tries)
			}
		}
	}
}

// settle makes of what is under way something that is over, so that the next swap begins.
func settle(w *World, after time.Duration) {
	w.Record.Intents = nil
	w.Now = w.Now.Add(after)
	for i := range w.Instances {
		w.Instances[i].Launched = w.Instances[i].Launched.Add(after)
	}
}

func TestTheCulpritIsFoundAndTheOthersAreOfferedOn(t *testing.T) {
	t.Parallel()
	for _, n := range []int{2, 3, 7, 20} {
		for culprit := range n {
			w := manyTypes(n)
			bad := fmt.Sprintf("x%02d.large", culprit)
			p := &poisoned{types: []string{bad}}
			for round := 0; round < 12; round++ {
				if !p.play(&w, 9) {
					t.Fatalf("%d types, %s: nothing is launched in round %d; %d failures, paused until %s", n, bad, round, w.Record.Failures, w.Record.PausedUntil)
				}
				if w.Record.Failures != 0 {
					t.Fatalf("%d types, %s: %d failures in round %d", n, bad, w.Record.Failures, round)
				}
				settle(&w, 10*time.Minute*time.Duration(1+round))
			}
			if len(w.Record.Suspicions) != 0 || w.Record.Pools[bad+"/*"].Source != "h1" || w.Record.Pools[bad+"/* on-demand"].Source != "h1" {
				t.Errorf("%d types, %s: suspected %+v, marked %v", n, bad, w.Record.Suspicions, w.Record.Pools)
			}
			for name := range w.Catalog.Types {
				if _, marked := w.Record.Pools[name+"/*"]; marked != (name == bad) {
					t.Errorf("%d types, %s: %s is marked %t", n, bad, name, marked)
				}
			}
		}
	}
}

func TestOfSeveralCulpritsTheRestIsStillLaunched(t *testing.T) {
	t.Parallel()
	for _, bad := range [][]string{{"x00.large", "x01.large"}, {"x00.large", "x11.large"}, {"x03.large", "x10.large", "x19.large"}} {
		w := manyTypes(20)
		p := &poisoned{types: bad}
		launched := 0
		for range 30 {
			if p.play(&w, 9) {
				launched++
			}
			settle(&w, time.Hour)
		}
		if launched < 28 {
			t.Errorf("%v: %d of 30 swaps are launched", bad, launched)
		}
		for _, name := range bad {
			if p.asked[name] > 20 { // in thirty hours
				t.Errorf("%v: %s was asked for %d times", bad, name, p.asked[name])
			}
		}
	}
}

func TestWhereTheTemplateIsAtFaultTheGroupPausesWithAWSsWords(t *testing.T) {
	t.Parallel()
	w := manyTypes(20)
	p := &poisoned{}
	for name := range w.Catalog.Types {
		p.types = append(p.types, name)
	}
	for range 8 {
		p.play(&w, 20)
		settle(&w, time.Minute)
	}
	if w.Record.PausedUntil.IsZero() || !strings.Contains(w.Record.Cause, "UnsupportedOperation: no") {
		t.Errorf("paused until %s, since %q", w.Record.PausedUntil, w.Record.Cause)
	}
	if most := (pauseAfter + 1) * (mostSplits + 1); p.calls > most {
		t.Errorf("%d calls until the pause, more than %d", p.calls, most)
	}
	if len(w.Record.Suspicions) > mostSplits {
		t.Errorf("%d suspicions are kept", len(w.Record.Suspicions))
	}
}

func TestWhatWasSaidOfATypeHoldsForItsTemplateAlone(t *testing.T) {
	t.Parallel()
	w := manyTypes(3)
	l := ledger.Launch{Nonce: "n", Spot: true, SourceHash: "h1", Overrides: []ledger.Override{{Type: "x00.large", Zone: "a"}, {Type: "x01.large", Zone: "a"}}}
	w.Record.Intents = []ledger.Intent{{Launch: l, Purpose: ledger.Swap}}
	w.Record = Learn(w.Record, Action{Kind: LaunchOne, Launch: &l}, Result{Refused: []RefusedPool{{Type: "x00.large", Zone: "a", Code: "Unsupported", Owner: OfType}}}, noon)
	if got := offered(Decide(w)); slices.Contains(got, "x00.large") || !slices.Contains(got, "x01.large") {
		t.Errorf("offered %v", got)
	}
	w.Record.Suspicions = []ledger.Suspicion{{Types: []string{"x01.large", "x02.large"}, Source: "h1", Until: noon.Add(time.Hour)}}
	if got := offered(Decide(w)); !slices.Equal(got, []string{"x01.large"}) {
		t.Errorf("half of the suspicion is %v", got)
	}
	w.Template.Hash = "h2"
	p := Decide(w)
	if got := offered(p); !slices.Contains(got, "x00.large") || !slices.Contains(got, "x02.large") || len(p.Record.Suspicions) > 0 {
		t.Errorf("of another template: offered %v, suspected %v", got, p.Record.Suspicions)
	}
}

func TestWhatIsAvoidedIsAsWideAsItsOwner(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		owner    Owner
		spot, od []market.Pool // avoided
		not      []market.Pool
	}{
		{OfPool, []market.Pool{{Type: "m5.large", Zone: "a"}}, nil, []market.Pool{{Type: "m5.large", Zone: "b"}}},
		{OfUnknown, []market.Pool{{Type: "m5.large", Zone: "a"}}, nil, []market.Pool{{Type: "m5.large", Zone: "b"}}},
		{OfType, []market.Pool{{Type: "m5.large", Zone: "b"}}, []market.Pool{{Type: "m5.large", Zone: "c"}}, []market.Pool{{Type: "m6i.large", Zone: "a"}}},
		{OfZone, []market.Pool{{Type: "m6i.large", Zone: "a"}}, []market.Pool{{Type: "m6i.large", Zone: "a"}}, []market.Pool{{Type: "m5.large", Zone: "b"}}},
		{OfQuota, []market.Pool{{Type: "c5.large", Zone: "b"}}, nil, []market.Pool{{Type: "g5.xlarge", Zone: "a"}}},
	} {
		w := web()
		l := ledger.Launch{Nonce: "n", Spot: true, SourceHash: "h1", Overrides: []ledger.Override{{Type: "m5.large", Zone: "a"}}}
		w.Record.Intents = []ledger.Intent{{Launch: l, Purpose: ledger.Swap}}
		w.Record = Learn(w.Record, Action{Kind: LaunchOne, Launch: &l}, Result{Refused: []RefusedPool{{Type: "m5.large", Zone: "a", Code: "No", Owner: c.owner}}}, noon)
		r := newRun(w)
		for _, p := range c.spot {
			if !r.avoided(true).Has(p) {
				t.Errorf("%s: spot of %s is not avoided", c.owner, p)
			}
			if r.avoided(false).Has(p) != (c.od != nil) {
				t.Errorf("%s: on-demand of %s is avoided %t", c.owner, p, c.od == nil)
			}
		}
		for _, p := range c.od {
			if !r.avoided(false).Has(p) {
				t.Errorf("%s: on-demand of %s is not avoided", c.owner, p)
			}
		}
		for _, p := range c.not {
			if r.avoided(true).Has(p) || r.avoided(false).Has(p) {
				t.Errorf("%s: %s is avoided", c.owner, p)
			}
		}
	}
}

func TestAPauseNamesTheErrorAsAWSGaveIt(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		res  Result
		want string
	}{
		{Result{Refused: []RefusedPool{{Code: "InsufficientInstanceCapacity"}}}, "no capacity in any of the pools asked"},
		{Result{}, "no capacity in any of the pools asked"},
		{Result{Refused: []RefusedPool{{Code: "SpotMaxPriceTooLow"}, {Code: "InsufficientInstanceCapacity"}, {Code: "SpotMaxPriceTooLow"}}}, "launch refused: InsufficientInstanceCapacity, SpotMaxPriceTooLow"},
		{Result{Refused: []RefusedPool{{Code: "InsufficientFreeAddressesInSubnet"}}}, "launch refused: InsufficientFreeAddressesInSubnet"},
		{Result{Detail: "VcpuLimitExceeded: no"}, "launch refused: VcpuLimitExceeded: no"},
	} {
		if got := refusedFor(c.res); got != c.want {
			t.Errorf("%+v: %q, want %q", c.res, got, c.want)
		}
	}
}

func TestOnDemandThatSaidNoIsAskedAgainOnlyWhereNobodyElseIsLeft(t *testing.T) {
	t.Parallel()
	w := web()
	for _, z := range []string{"a", "b", "c"} {
		mark(&w.Record, noon, MarkKey(market.Pool{Type: "m5.large", Zone: z}, false), ledger.PoolMark{Why: "no"})
	}
	has := func() bool {
		return slices.ContainsFunc(newRun(w).onDemandOverrides("m5.large", []string{"a"}), func(o ledger.Override) bool { return o.Type == "m5.large" })
	}
	if has() {
		t.Error("who just said no is asked again")
	}
	w.Settings.Allow = []string{"m5.large"}
	if !has() {
		t.Error("nobody is asked, where the one that said no is all there is")
	}
	w.Settings.Allow = nil
	w.Catalog.OnDemandVCPU = map[market.Class]int{market.Standard: 1}
	if got := typesIn(newRun(w).onDemandOverrides("m5.large", []string{"a"})); !slices.Equal(got, []string{"m5.large"}) {
		t.Errorf("over the account's quota %v are asked, beside its own type, which runs", got)
	}
}
