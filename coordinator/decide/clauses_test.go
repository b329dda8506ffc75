package decide

import (
	"slices"
	"strings"
	"testing"
	"time"

	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/ledger"
	"autospotting/coordinator/market"
)

func TestWhatIsUntriedOfATypeOrAPool(t *testing.T) {
	t.Parallel()
	two := ledger.Launch{Overrides: []ledger.Override{{Type: "m5.large", Zone: "a"}, {Type: "m5.large", Zone: "b"}}}
	ofType := Result{Untried: true, Refused: []RefusedPool{{Type: "m5.large", Zone: "a", Owner: OfType}}}
	if untried(two, ofType) {
		t.Error("a type that AWS refuses is tried again in another zone")
	}
	ofPool := Result{Untried: true, Refused: []RefusedPool{{Type: "m5.large", Zone: "a", Owner: OfPool}, {Type: "g5.xlarge", Zone: "a", Owner: OfType}}}
	if !untried(two, ofPool) {
		t.Error("a pool without capacity says something of another zone")
	}
	if one := (ledger.Launch{Overrides: two.Overrides[:1]}); untried(one, ofPool) {
		t.Error("a pool that was refused is tried again at once")
	}
}

func TestSuspicionsEndWithTheirTemplateOrInTime(t *testing.T) {
	t.Parallel()
	long := suspected("m5.large")
	long.Until = noon.Add(-keepMark)
	old := suspected("m5a.large")
	old.Source = "h0"
	over := suspected("m6i.large")
	over.Until = noon.Add(-keepMark - time.Second)
	w := web()
	w.Record.Suspicions = []ledger.Suspicion{long, old, over}
	r := newRun(w)
	if r.staleSuspicions(); len(r.rec.Suspicions) != 1 || r.rec.Suspicions[0].Types[0] != "m5.large" {
		t.Errorf("%+v", r.rec.Suspicions)
	}
	w.Record.Suspicions = []ledger.Suspicion{over}
	r = newRun(w)
	if r.staleSuspicions(); r.rec.Suspicions != nil {
		t.Errorf("a list of none is kept, which is another record than one without: %#v", r.rec.Suspicions)
	}
}

func TestATypeThatWasAskedAloneIsAvoidedNoLongerThanAPause(t *testing.T) {
	t.Parallel()
	key := MarkKey(market.Pool{Type: "m5.large", Zone: market.Any}, true)
	often := func() ledger.Record {
		return ledger.Record{Pools: map[string]ledger.PoolMark{key: {Failures: 8, Source: "h1"}}}
	}
	alone, among := often(), often()
	suspect(&alone, request("m5.large"), "Code: no", noon)
	suspect(&among, request("m5.large", "m5a.large"), "Code: no", noon)
	if got := alone.Pools[key].Until; got.After(noon.Add(longestPause)) {
		t.Errorf("who was asked alone, and may not be at fault, is avoided until %s", got)
	}
	if got := among.Pools[key].Until; !got.After(noon.Add(longestPause)) {
		t.Errorf("who was found guilty among others is asked again at %s", got)
	}
}

func TestOfATypeTooLargeForTheQuotaNoneIsAskedForOnDemand(t *testing.T) {
	t.Parallel()
	types := func(w World) []string { return typesIn(newRun(w).onDemandOverrides("m5.large", []string{"a"})) }
	w := web()
	w.Catalog.OnDemandVCPU = map[market.Class]int{market.ClassOf("m5.large"): 2}
	if got := types(w); len(got) != 5 {
		t.Errorf("with a quota that one of each fits: %v", got)
	}
	large := w.Catalog.Types["r5.large"]
	large.VCPU = 4
	w.Catalog.Types["r5.large"] = large
	if got := types(w); len(got) != 4 || slices.Contains(got, "r5.large") {
		t.Errorf("of which one is larger than the quota: %v", got)
	}
	w.Catalog.OnDemandVCPU = nil
	if got := types(w); len(got) != 5 {
		t.Errorf("where no quota is known: %v", got)
	}
}

func TestAfterTheFirstOnDemandTypesADearOneIsNotComeTo(t *testing.T) {
	t.Parallel()
	w := web()
	names := make([]string, 0, maxOverrides+1)
	avoided := market.Shunned{}
	for i := range maxOverrides + 1 {
		name := "x" + string(rune('a'+i/26)) + string(rune('a'+i%26)) + ".large"
		names = append(names, name)
		w.Catalog.OnDemandUSD[name] = 0.1
		w.Catalog.Offered[market.Pool{Type: name, Zone: "a"}] = true
		avoided[market.Pool{Type: name, Zone: "a"}] = i < maxOverrides
	}
	last := names[maxOverrides]
	for price, want := range map[float64]int{dear * w.Catalog.OnDemandUSD["m5.large"]: 1, dear*w.Catalog.OnDemandUSD["m5.large"] + 0.01: 0} {
		w.Catalog.OnDemandUSD[last] = price
		if got := newRun(w).onDemandOf("m5.large", names, []string{"a"}, avoided); len(got) != want {
			t.Errorf("at %v USD: %v", price, typesIn(got))
		}
	}
	avoided[market.Pool{Type: names[0], Zone: "a"}] = false
	w.Catalog.OnDemandUSD[names[0]] = 10
	if got := typesIn(newRun(w).onDemandOf("m5.large", names, []string{"a"}, avoided)); !slices.Contains(got, names[0]) {
		t.Errorf("one of the first is not asked at its price: %v", got)
	}
}

func TestTheArchitectureIsThatOfMembersOfTheType(t *testing.T) {
	t.Parallel()
	w := web()
	w.at("i-oda").Type, w.at("i-oda").Arch = "a1.large", "arm64"
	w.at("i-odb").Arch, w.at("i-odc").Arch = "x86_64", "i386"
	if _, arch := usesOf(w, "m5.large"); arch != "x86_64" {
		t.Errorf("%q", arch)
	}
	if _, arch := usesOf(w, "t3.large"); arch != "" {
		t.Errorf("%q, of a type of which there is none", arch)
	}
}

func TestTheOldestProofIsAskedFor(t *testing.T) {
	t.Parallel()
	for range 20 { // maps are walked in any order
		w := web()
		w.Record.Proving = map[string]time.Time{"i-1": noon.Add(-time.Minute), "i-2": noon.Add(-time.Hour), "i-3": noon.Add(-time.Second)}
		if since, gone := LastProof(w); !gone || !since.Equal(noon.Add(-time.Hour)) {
			t.Fatalf("since %s, %t", since, gone)
		}
	}
}

func TestAReplacementThatIsStillReplacingHasNotLasted(t *testing.T) {
	t.Parallel()
	for _, open := range []bool{true, false} {
		w := web()
		w.add(attached("i-s", "a"))
		w.Group.Desired = 4
		w.Record.Proving = map[string]time.Time{"i-s": noon.Add(-lastingSwap)}
		if open {
			w.owes("i-s", "i-oda", "a", books.Attached, time.Minute)
		}
		r := newRun(w)
		r.prove()
		if _, proving := r.rec.Proving["i-s"]; proving != open {
			t.Errorf("with a debt open %t: has yet to last %t", open, proving)
		}
	}
}

func TestWhyOneLeftIsAskedForAWhileOnly(t *testing.T) {
	t.Parallel()
	for ago, want := range map[time.Duration]bool{keepProving - time.Second: true, keepProving: false} {
		w := web()
		w.Unread = true
		w.Record.Proving = map[string]time.Time{"i-gone": noon.Add(-ago)}
		r := newRun(w)
		r.prove()
		if _, kept := r.rec.Proving["i-gone"]; kept != want {
			t.Errorf("%s after its attach: kept %t", ago, kept)
		}
	}
}

func TestOnlyTheDebtForTheDoomedHoldsItsRelease(t *testing.T) {
	t.Parallel()
	w := web()
	w.add(attached("i-s", "a"))
	w.Group.Desired = 4
	w.doom("i-odb", noticeLead-time.Second) // its end is near
	w.owes("i-s", "i-oda", "a", books.Attached, time.Minute)
	r := newRun(w)
	r.releaseInTime(*w.at("i-odb"))
	if len(r.plan.Actions) != 1 || r.plan.Actions[0].Decrement {
		t.Errorf("%+v: what is attached for another is nobody's replacement here", r.plan.Actions)
	}
}

func TestWhoStandsInForTheDoomed(t *testing.T) {
	t.Parallel()
	debt := func(w World) books.Debt { return newRun(w).b.Debts()[0] }
	for _, c := range []struct {
		name  string
		world func(*World)
		want  bool
	}{
		{"a member", func(w *World) { w.add(attached("i-s", "a")) }, true},
		{"one that has ended", func(w *World) { s := attached("i-s", "a"); s.State = "terminated"; w.add(s) }, false},
		{"none, long after its attach", func(w *World) { w.add(ours("i-s", "a")) }, false},
		{"none yet, of which reads may not tell", func(w *World) {
			w.add(ours("i-s", "a"))
			w.keep(func(k *books.Stored) { k.Pairs[0].Since = noon })
		}, true},
	} {
		w := web()
		w.Group.Desired = 4
		w.owes("i-s", "i-oda", "a", books.Attached, time.Hour)
		c.world(&w)
		if got := newRun(w).standsIn(debt(w)); got != c.want {
			t.Errorf("%s: %t", c.name, got)
		}
	}
}

func TestWhatMayNeverBeReadForHibernation(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status, action string
		trusted        bool
		at             time.Time
		want           time.Time
	}{
		{"instance-stopped-by-price", "hibernate", true, time.Time{}, time.Time{}},
		{"marked-for-stop", "hibernate", true, time.Time{}, time.Time{}},
		{"marked-for-termination", "hibernate", true, time.Time{}, noon.Add(noticeLead)},
		{"marked-for-stop", "terminate", true, time.Time{}, noon.Add(noticeLead)},
		{"marked-for-stop", "hibernate", false, time.Time{}, noon.Add(noticeLead)},
		{"marked-for-stop", "terminate", true, noon.Add(-time.Minute), noon.Add(noticeLead - time.Minute)},
		{"", "terminate", true, noon.Add(-time.Minute), noon.Add(noticeLead)},
	} {
		i := attached("i-s", "a")
		i.SpotStatus, i.SpotStatusAt = c.status, c.at
		got := newRun(web()).soonest(i, Hint{Kind: HeardTerminating, Instance: "i-s", Action: c.action, Trusted: c.trusted, Source: FromSpotd})
		if !got.Equal(c.want) {
			t.Errorf("%q %s, trusted %t: %s, want %s", c.status, c.action, c.trusted, got, c.want)
		}
	}
}

func TestMoreNoticesThanAreKeptAreSaid(t *testing.T) {
	t.Parallel()
	w := web()
	w.Record.Notices = map[string]ledger.Notice{}
	for n := range mostNotices {
		w.Record.Notices["i-"+strings.Repeat("x", n+1)] = ledger.Notice{At: noon, Deadline: noon.Add(noticeLead)}
	}
	r := newRun(w)
	r.doom(*w.at("i-oda"), ledger.Notice{At: noon, Deadline: noon.Add(noticeLead)})
	if len(r.rec.Notices) != mostNotices || len(r.plan.Why) != 1 || r.plan.Look.IsZero() {
		t.Errorf("%d are kept, said %v, look again at %s", len(r.rec.Notices), r.plan.Why, r.plan.Look)
	}
}

func TestWhatOfOursThatLivesOutsideKeepsTheRecord(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		i    func(*Instance)
		want bool
	}{
		{"detached", func(i *Instance) { i.Member = false }, true},
		{"ended", func(i *Instance) { i.Member, i.State = false, "terminated" }, false},
		{"nobody knows whose, and ended", func(i *Instance) { i.Ours, i.Unasked, i.State = false, true, "terminated" }, false},
		{"nobody knows whose", func(i *Instance) { i.Ours, i.Unasked = false, true }, true},
		{"in another's group", func(i *Instance) { i.Member, i.Foreign = false, true }, false},
		{"a member that stays", func(*Instance) {}, false},
	} {
		w := web()
		s := attached("i-s", "a")
		c.i(&s)
		w.add(s)
		if got := newRun(w).comesBack(); got != c.want {
			t.Errorf("%s: %t", c.name, got)
		}
	}
}

func TestWhoWaitsIsToldOnceAndAgainOnlyOfAnother(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, waits string
		since, told time.Duration // ago; 0: never
		was         string
		want        string
	}{
		{"not for long", "x", tellAfter - time.Second, 0, "", ""},
		{"for long", "x", tellAfter, 0, "", "x"},
		{"of something else since, lately told", "y", time.Hour, tellAfter - time.Second, "x", "x"},
		{"of something else since, told long ago", "y", time.Hour, tellAfter, "x", "y"},
		{"for nothing", "", time.Hour, 0, "", ""},
	} {
		w := web()
		w.Record.Status.Waiting = ledger.Waiting{For: "x", Since: noon.Add(-c.since), Told: c.was}
		if c.told > 0 {
			w.Record.Status.Waiting.ToldAt = noon.Add(-c.told)
		}
		r := newRun(w)
		r.waitsFor = c.waits
		if got := r.waitsLong(); got != c.want {
			t.Errorf("%s: %q", c.name, got)
		}
	}
}

func TestWhyAVictimIsSpared(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		change func(*Instance)
		want   string
	}{
		{func(*Instance) {}, ""},
		{func(i *Instance) { i.Protected = true }, "is protected"},
		{func(i *Instance) { i.Undeletable = true }, "is protected"},
		{func(i *Instance) { i.Lifecycle = "Standby" }, "is in Standby"},
	} {
		for _, doomed := range []bool{false, true} {
			w := web()
			c.change(w.at("i-oda"))
			if doomed {
				w.doom("i-oda", 0)
				c.want = ""
			}
			if got := newRun(w).spared(*w.at("i-oda")); got != c.want {
				t.Errorf("doomed %t: %q, want %q", doomed, got, c.want)
			}
		}
	}
}

func TestWhetherAWSTakesTheReplacementItself(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		world func(*World)
		want  bool
	}{
		{"noticed", func(w *World) { w.doom("i-s", 0) }, true},
		{"not noticed", func(*World) {}, false},
		{"retired lately", func(w *World) { w.doom("i-s", 0); w.Record.Retired = map[string]time.Time{"i-s": noon} }, false},
		{"victim of another debt that is being paid", func(w *World) {
			w.doom("i-s", 0)
			w.add(attached("i-2", "b"))
			w.owes("i-2", "i-s", "b", books.Paying, time.Minute)
		}, false},
	} {
		w := web()
		w.add(attached("i-s", "a"))
		w.Group.Desired = 4
		w.owes("i-s", "i-oda", "a", books.Attached, time.Minute)
		c.world(&w)
		r := newRun(w)
		d := r.b.Debts()[0]
		if got := r.takenItself(d); got != c.want {
			t.Errorf("%s: %t", c.name, got)
		}
	}
}

func TestAMoveWaitsForItsZone(t *testing.T) {
	t.Parallel()
	w := web()
	r := newRun(w)
	r.rung = Serve
	r.begun = true
	if r.toSpot(); len(r.plan.Actions) > 0 {
		t.Errorf("another was begun in this plan: %+v", r.plan.Actions)
	}
	w.tagged(map[string]string{"autospotting_cron_schedule": "0-1 0"})
	r = newRun(w)
	r.rung = Serve
	if r.toSpot(); !r.begun || len(r.plan.Actions) > 0 {
		t.Errorf("outside the owner's schedule, begun %t: %+v", r.begun, r.plan.Actions)
	}
}
