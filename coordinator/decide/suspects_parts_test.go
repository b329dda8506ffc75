package decide

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"autospotting/coordinator/ledger"
)

// request is a launch that asks these types in zone a.
func request(types ...string) ledger.Launch {
	l := ledger.Launch{Nonce: "n", Spot: true, SourceHash: "h1"}
	for _, t := range types {
		l.Overrides = append(l.Overrides, ledger.Override{Type: t, Zone: "a"})
	}
	return l
}

func suspected(types ...string) ledger.Suspicion {
	return ledger.Suspicion{Types: types, Source: "h1", Until: noon.Add(time.Hour)}
}

func TestASuspicionIsNarrowedByTheRequestsThatFail(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		before   []ledger.Suspicion
		marked   string // found guilty before
		asked    string
		after    string // the sets that are suspected
		guilty   string // who is avoided
		narrowed bool
	}{
		{"several that nobody suspected", nil, "", "a b c", "[a b c]", "", true},
		{"one that nobody suspected", nil, "", "a", "", "a", false},
		{"half of a suspicion", []ledger.Suspicion{suspected("a", "b", "c", "d")}, "", "a b", "[a b]", "", true},
		{"one of a suspicion, alone", []ledger.Suspicion{suspected("a", "b")}, "", "a", "", "a", true},
		{"one of a suspicion, beside clean ones", []ledger.Suspicion{suspected("a", "b")}, "", "a x y", "", "a", true},
		{"the same again", []ledger.Suspicion{suspected("a", "b")}, "", "a b", "[a b]", "", true},
		{"clean ones beside a suspicion", []ledger.Suspicion{suspected("a", "b")}, "", "x y", "[a b] [x y]", "", true},
		{"of two suspicions the one that is asked", []ledger.Suspicion{suspected("a", "b"), suspected("c", "d", "e")}, "", "c d", "[a b] [c d]", "", true},
		{"who was found guilty before is so again", nil, "b", "a b c", "", "b", true},
		{"also where somebody is suspected", []ledger.Suspicion{suspected("a", "c")}, "b", "a b c", "[a c]", "b", true},
	} {
		rec := ledger.Record{Suspicions: c.before}
		if c.marked != "" {
			rec.Pools = map[string]ledger.PoolMark{c.marked + "/*": {Until: noon.Add(-time.Minute), Failures: 1, Source: "h1"}, "x/*": {Until: noon.Add(-time.Minute), Source: "another"}}
		}
		narrowed := suspect(&rec, request(strings.Fields(c.asked)...), "Code: no", noon)
		var sets, guilty []string
		for _, s := range rec.Suspicions {
			sets = append(sets, fmt.Sprint(s.Types))
		}
		for key, m := range rec.Pools {
			if name, ok := strings.CutSuffix(key, "/*"); ok && m.Until.After(noon) {
				guilty = append(guilty, name)
			}
		}
		if strings.Join(sets, " ") != c.after || strings.Join(guilty, " ") != c.guilty || narrowed != c.narrowed {
			t.Errorf("%s: suspected %v, guilty %v, narrowed %t", c.name, sets, guilty, narrowed)
		}
	}
}

func TestWhatIsSaidOfATypeEndsItsSuspicion(t *testing.T) {
	t.Parallel()
	rec := ledger.Record{Suspicions: []ledger.Suspicion{suspected("a", "b"), suspected("c")}}
	learnRefusals(&rec, request("a", "c"), []RefusedPool{{Type: "a", Owner: OfType}, {Type: "c", Owner: OfType}, {Type: "d", Owner: OfPool}, {Zone: "a", Owner: OfPool}, {Owner: OfZone}}, noon)
	if len(rec.Suspicions) != 1 || !slices.Equal(rec.Suspicions[0].Types, []string{"b"}) {
		t.Errorf("suspected are %+v", rec.Suspicions)
	}
	for key := range rec.Pools {
		if !strings.HasPrefix(key, "a/*") && !strings.HasPrefix(key, "c/*") {
			t.Errorf("%s is avoided, of which not all is known", key)
		}
	}
}

func TestWhetherARefusalLeavesAnythingToTry(t *testing.T) {
	t.Parallel()
	of := func(typ string, owner Owner) RefusedPool { return RefusedPool{Type: typ, Zone: "a", Owner: owner} }
	for _, c := range []struct {
		name string
		res  Result
		want bool
	}{
		{"one of two types", Result{Refused: []RefusedPool{of("m5.large", OfType)}}, true},
		{"both", Result{Refused: []RefusedPool{of("m5.large", OfType), of("g5.xlarge", OfType)}}, false},
		{"no capacity in one of them", Result{Refused: []RefusedPool{of("m5.large", OfPool)}}, false},
		{"a type, and no capacity for the other", Result{Refused: []RefusedPool{of("m5.large", OfType), of("g5.xlarge", OfPool)}}, false},
		{"for the fault of one pool, the other was not tried", Result{Untried: true, Refused: []RefusedPool{of("m5.large", OfPool)}}, true},
		{"for the quota of one class, the other was not tried", Result{Untried: true, Refused: []RefusedPool{of("m5.large", OfQuota)}}, true},
		{"of another zone", Result{Untried: true, Refused: []RefusedPool{{Type: "m5.large", Zone: "b", Owner: OfPool}}}, true},
		{"no addresses in the zone", Result{Refused: []RefusedPool{of("m5.large", OfZone)}}, true},
		{"nothing is said", Result{}, false},
	} {
		if got := untried(request("m5.large", "g5.xlarge"), c.res); got != c.want {
			t.Errorf("%s: %t", c.name, got)
		}
	}
}

func TestAfterTooManySplitsNobodyIsSuspected(t *testing.T) {
	t.Parallel()
	rec := ledger.Record{Suspicions: []ledger.Suspicion{suspected("a", "b", "c", "d")}, Splits: mostSplits}
	if splits(&rec, request("a", "b"), Result{Suspect: true, Detail: "Code: no"}, noon) || len(rec.Suspicions) != 0 || rec.Splits != 0 {
		t.Errorf("suspected %+v after %d splits", rec.Suspicions, rec.Splits)
	}
	rec = ledger.Record{Suspicions: []ledger.Suspicion{suspected("a", "b")}, Splits: mostSplits}
	if splits(&rec, request("x", "y"), Result{Refused: []RefusedPool{{Type: "x", Owner: OfType}}}, noon) || len(rec.Suspicions) != 1 {
		t.Errorf("what was said of a type clears others: %+v", rec.Suspicions)
	}
	rec = ledger.Record{Splits: mostSplits - 1}
	if !splits(&rec, request("a", "b"), Result{Suspect: true}, noon) || rec.Splits != mostSplits {
		t.Errorf("the last split is none: %d", rec.Splits)
	}
}

func TestWhoIsAskedBesideSuspicions(t *testing.T) {
	t.Parallel()
	rested := func(types ...string) ledger.Suspicion {
		s := suspected(types...)
		s.Until = noon
		return s
	}
	for _, c := range []struct {
		name       string
		suspicions []ledger.Suspicion
		gradual    bool
		asked      string
		want       string
	}{
		{"nobody is suspected", nil, true, "a b c", "a b c"},
		{"the clean ones", []ledger.Suspicion{suspected("a")}, true, "a b c", "b c"},
		{"the clean ones, for a notice, though the others have rested", []ledger.Suspicion{rested("a", "b")}, false, "a b c", "c"},
		{"half of who has rested too", []ledger.Suspicion{rested("a", "b")}, true, "a b c", "a c"},
		{"of two only who has rested", []ledger.Suspicion{suspected("a", "b"), rested("c", "d", "e")}, true, "a b c d e f", "c d f"},
		{"half of all, where all are suspected", []ledger.Suspicion{suspected("a", "b", "c")}, false, "a b c", "a b"},
		{"half of the larger", []ledger.Suspicion{suspected("a"), suspected("b", "c", "d", "e"), suspected("f")}, false, "a b c d e f", "b c"},
		{"of who is asked only", []ledger.Suspicion{suspected("a", "x", "y", "z"), suspected("b", "c")}, false, "a b c", "b"},
		{"suspicions of who is not asked are none here", []ledger.Suspicion{suspected("x", "y")}, true, "a b", "a b"},
		{"of another template", []ledger.Suspicion{{Types: []string{"a"}, Source: "h0", Until: noon.Add(time.Hour)}}, true, "a b", "a b"},
	} {
		w := web()
		w.Record.Suspicions = c.suspicions
		got := typesIn(newRun(w).sift(request(strings.Fields(c.asked)...).Overrides, c.gradual))
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %v, want %s", c.name, got, c.want)
		}
	}
}

// A raise that was never sent leaves no lease behind: an owner who sets the very number later would be taken for us.
func TestARaiseThatWasNotMadeIsNoLease(t *testing.T) {
	t.Parallel()
	for _, f := range []Failure{Throttled, Expired, Invalid, Gone, Lost, Done} {
		for _, before := range []bool{false, true} {
			var rec ledger.Record
			if before { // this one was asked for earlier, and may have worked
				rec.Books.Borrow(4, 5, noon.Add(-time.Minute))
			}
			rec.Books.Borrow(4, 5, noon)
			l := Learn(rec, Action{Kind: RaiseMax, Max: 5}, Result{Failure: f}, noon).Books.Lease()
			want := before || f == Lost || f == Done
			if l.Open() != want {
				t.Errorf("%q, asked before %t: open %t", f, before, l.Open())
			}
		}
	}
}
