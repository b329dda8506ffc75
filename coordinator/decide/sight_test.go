package decide

import (
	"maps"
	"slices"
	"testing"
	"time"

	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/ledger"
	"autospotting/coordinator/market"
	"autospotting/coordinator/settings"
)

func TestWhatSpotdSaidIsKeptAsLongAsItMatters(t *testing.T) {
	t.Parallel()
	ago := func(d time.Duration) ledger.Said { return ledger.Said{Hello: noon.Add(-2 * d), Started: noon.Add(-d)} }
	w := web()
	w.add(ours("i-booting", "a"), ours("i-ended", "a"), attached("i-owed", "b"), attached("i-serves", "c"))
	w.at("i-ended").State = "terminated"
	w.intends(ledger.Swap, "i-booting", "i-oda", "a", time.Minute)
	w.owes("i-owed", "i-odb", "b", books.Attached, time.Minute)
	w.Record.Said = map[string]ledger.Said{"i-booting": ago(3 * keepSaid), "i-ended": ago(time.Minute), "i-owed": ago(3 * keepSaid), "i-serves": ago(keepSaid),
		"i-long-ago": ago(keepSaid + time.Second), "i-unseen": ago(time.Minute)}
	r := newRun(w)
	r.forget()
	if left := slices.Sorted(maps.Keys(r.rec.Said)); !slices.Equal(left, []string{"i-booting", "i-owed", "i-serves", "i-unseen"}) {
		t.Errorf("kept: %v", left)
	}
}

func TestANoticeWithoutATimeIsGivenNow(t *testing.T) {
	t.Parallel()
	w := web()
	w.add(attached("i-s1", "a"))
	w.Heard = []Hint{{Kind: HeardTerminating, Instance: "i-s1", Trusted: true}}
	if n := Decide(w).Record.Notices["i-s1"]; !n.At.Equal(noon) || !n.Deadline.Equal(noon.Add(noticeLead)) {
		t.Errorf("%+v", n)
	}
	w.Heard, w.at("i-s1").SpotStatus = nil, "marked-for-termination"
	if n := Decide(w).Record.Notices["i-s1"]; !n.At.Equal(noon) || !n.Deadline.Equal(noon.Add(noticeLead)) {
		t.Errorf("by its status alone: %+v", n)
	}
	w.Heard = []Hint{{Kind: HeardTerminating, Instance: "i-s1", Trusted: true, Source: FromSpotd, At: noon.Add(-time.Hour)}}
	if n := Decide(w).Record.Notices["i-s1"]; !n.Deadline.Equal(noon.Add(noticeLead)) {
		t.Errorf("by spotd, where EC2 says that it goes and not since when: %+v", n)
	}
}

func TestATimeThatHasPassedIsLookedAtNow(t *testing.T) {
	t.Parallel()
	r := newRun(web())
	for _, at := range []time.Duration{time.Minute, -time.Minute, time.Second} {
		r.lookAt(noon.Add(at))
	}
	if !r.plan.Look.Equal(noon) {
		t.Errorf("again at %s", r.plan.Look)
	}
	if got := Slot(noon); !got.Equal(noon.Add(pollEvery)) {
		t.Errorf("the slot after noon is %s", got)
	}
}

// Only what belongs to nobody is an orphan. The launch that an instance came from is told by its id, and before that is known by its nonce; once that
// has its instance, another with its nonce is one more than was asked for.
func TestWhatIsWantedIsNoOrphan(t *testing.T) {
	t.Parallel()
	w := web()
	for _, id := range []string{"i-id", "i-nonce", "i-debt", "i-debt-nonce", "i-none", "i-no-nonce"} {
		w.add(ours(id, "a"))
	}
	w.at("i-id").Nonce, w.at("i-no-nonce").Nonce, w.at("i-debt").Nonce = "other", "", "other"
	w.intends(ledger.Swap, "i-id", "i-oda", "a", time.Minute)
	w.intends(ledger.Swap, "", "i-odb", "b", time.Minute)
	w.intends(ledger.Swap, "", "i-odc", "c", time.Minute)
	w.Record.Intents[1].Launch.Nonce, w.Record.Intents[2].Launch.Nonce = "n-i-nonce", ""
	w.owes("i-debt", "i-v", "a", books.Attaching, time.Minute)
	w.owes("i-unseen", "i-v", "a", books.Attaching, time.Minute)
	w.keep(func(k *books.Stored) { k.Pairs[1].Intent.Launch.Nonce = "n-i-debt-nonce" })
	r := newRun(w)
	r.sweep()
	if got := slices.Sorted(maps.Keys(r.rec.Orphans)); !slices.Equal(got, []string{"i-debt-nonce", "i-no-nonce", "i-none"}) {
		t.Errorf("orphans: %v", got)
	}
	w = web()
	w.Group.Enabled, w.Record = false, ledger.Record{}
	w.add(ours("i-lost", "a"))
	if p := Decide(w); !p.Changed {
		t.Error("an orphan of a group that never opted in is not remembered, so that it never goes")
	}
}

func TestWhatMayBeTooMuchIsSaidUntilADesiredThatCountsIsAnother(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		world func(*World)
		stays bool
	}{
		"the same number":               {func(*World) {}, true},
		"another":                       {func(w *World) { w.Group.Desired = 4 }, false},
		"another by a read that is old": {func(w *World) { w.Group.Desired = 4; w.Record.Retired = map[string]time.Time{"i-oda": noon} }, true},
		"another while an attach may have raised it": {func(w *World) {
			w.Group.Desired = 4
			w.owes("i-s", "i-oda", "a", books.Attaching, time.Second)
		}, true},
		"another that is doubted": {func(w *World) {
			w.Group.Desired = 6
			w.add(attached("i-s", "a"))
			w.owes("i-s", "i-oda", "a", books.Attached, time.Second)
			w.keep(func(k *books.Stored) { k.Doubt = books.StoredDoubt{More: 1, Since: noon} })
		}, true},
		"our own debt on top": {func(w *World) {
			w.Group.Desired = 4
			w.add(attached("i-s", "a"))
			w.owes("i-s", "i-oda", "a", books.Attached, time.Second)
		}, true},
	} {
		w := web()
		w.Record.Excess = ledger.Excess{Desired: 3, Why: "why"}
		c.world(&w)
		r := newRun(w)
		r.status()
		if (r.rec.Excess.Why != "") != c.stays {
			t.Errorf("%s: %+v", name, r.rec.Excess)
		}
	}
}

func TestANeedIsTheOwnersTemplateAndSettings(t *testing.T) {
	t.Parallel()
	w := web()
	w.Settings.Allow, w.Settings.Deny, w.Settings.AllowBurstable, w.Settings.CurrentOnly = []string{"r5.*", settings.Current}, []string{"m6i.*"}, true, true
	n := Need(w, "m5.large")
	if n.Victim != "m5.large" || !slices.Equal(n.Zones, []string{"a", "b", "c"}) || !slices.Equal(n.Allow, []string{"r5.*", "m5.large"}) || !slices.Equal(n.Deny, w.Settings.Deny) ||
		!n.AllowBurstable || !n.CurrentOnly || n.UsesInstanceStore || n.Margin != w.Settings.Margin || n.Arch != "x86_64" {
		t.Errorf("%+v", n)
	}
	m5 := w.Catalog.Types["m5.large"]
	m5.StorageKind = "nvme"
	w.Catalog.Types["m5.large"], w.Settings.Margin = m5, 0
	if n := Need(w, "m5.large"); !n.UsesInstanceStore || n.Margin != market.NoMargin {
		t.Errorf("%+v", n)
	}
	m5.StorageKind = "hdd"
	w.Catalog.Types["m5.large"], w.Template.Need.UsesInstanceStore = m5, true
	if n := Need(w, "m5.large"); !n.UsesInstanceStore {
		t.Error("what the template's mappings use is forgotten")
	}
}

func TestOnDemandIsOfferedWhereItsPriceIsKnown(t *testing.T) {
	t.Parallel()
	w := web()
	w.Catalog.OnDemandUSD["m6i.large"] = 0
	delete(w.Catalog.OnDemandUSD, "m6a.large")
	delete(w.Group.Subnets, "c")
	w.Catalog.Offered[market.Pool{Type: "m5.large", Zone: "b"}] = false
	w.Catalog.Offered[market.Pool{Type: "m4.large", Zone: "a"}] = true
	r := newRun(w)
	if got := pools(r.onDemandOverrides("m5.large", []string{"b", "a", "c"})); got != "m5.large/a m5a.large/b m5a.large/a r5.large/b r5.large/a" {
		t.Errorf("%s", got)
	}
	if got := r.onDemandOverrides("m4.large", []string{"a"}); len(got) > 0 {
		t.Errorf("a type that the catalog does not know: %v", got)
	}
}

func TestGroupsLookAtPricesAtTimesOfTheirOwn(t *testing.T) {
	t.Parallel()
	seen := map[time.Time]bool{}
	for _, name := range []string{"web", "api", "jobs", "cache"} {
		w := web()
		w.Group.Name = name
		seen[priceTime(&w, 0)] = true
	}
	if len(seen) < 4 {
		t.Errorf("four groups look at %d times", len(seen))
	}
}

func TestWhatFillsIsLikeTheOldestMember(t *testing.T) {
	t.Parallel()
	w := web()
	w.at("i-odb").Launched, w.at("i-odb").Type = noon.Add(-9*time.Hour), "r5.large"
	if got := newRun(w).example(); got.ID != "i-odb" {
		t.Errorf("like %s", got.ID)
	}
	w.Instances, w.Group.Subnets = nil, nil
	if r := newRun(w); r.example().ID != "" || r.emptiest() != "" {
		t.Errorf("a group of nothing in no zone: like %q in %q", r.example().ID, r.emptiest())
	}
}

func TestAGroupThatIsGoneIsNotRefused(t *testing.T) {
	t.Parallel()
	if why := Refusal(World{}); why != "" {
		t.Error(why)
	}
}

func TestARefusedGroupReadsTheMarketOnlyWhereSomethingMayBeLaunched(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		world func(*World)
		want  bool
	}{
		"served":                              {func(w *World) { w.Group.Refreshing = false }, true},
		"a refresh, and nothing is under way": {func(*World) {}, false},
		"a notice is on record":               {func(w *World) { w.doom("i-oda", time.Second) }, true},
		"a launch is on record":               {func(w *World) { w.intends(ledger.Replace, "i-n", "i-oda", "a", time.Second) }, true},
		"a notice is heard":                   {func(w *World) { w.Heard = []Hint{{Kind: HeardTerminating}} }, true},
		"something else is heard":             {func(w *World) { w.Heard = []Hint{{Kind: HeardReady}} }, false},
		"the status of a spot request says so": {func(w *World) {
			w.add(attached("i-s1", "a"))
			w.at("i-s1").SpotStatus = "marked-for-termination"
		}, true},
		"released at most": {func(w *World) { w.Group.WarmPool = true; w.doom("i-oda", time.Second) }, false},
	} {
		w := web()
		w.Group.Refreshing = true
		c.world(&w)
		if got := Launches(w); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}
