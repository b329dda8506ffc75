package decide

import (
	"math"
	"strings"
	"testing"
	"time"

	"autospotting/coordinator/ledger"
	"autospotting/coordinator/market"
)

func TestOnlyAMemberThatAnotherToolLaunchedIsASignOfIt(t *testing.T) {
	t.Parallel()
	w := web()
	x := ours("i-x", "a")
	x.Ours, x.LaunchedBy = false, "AutoSpotting"
	w.add(x)
	if why := Refusal(w); why != "" {
		t.Errorf("for one that is no member: %s", why)
	}
}

func TestALaunchFindsOnlyWhatIsOurs(t *testing.T) {
	t.Parallel()
	for _, own := range []bool{true, false} {
		w := web()
		x := ours("i-x", "a")
		x.Ours = own
		w.add(x)
		r := newRun(w)
		it := ledger.Intent{Launch: ledger.Launch{Nonce: x.Nonce}}
		if found := r.find(&it); found != own || (it.Instance == "i-x") != own {
			t.Errorf("ours %t: found %t, %q", own, found, it.Instance)
		}
	}
}

func TestOnlySpotOfOursIsTakenByAWS(t *testing.T) {
	t.Parallel()
	i := attached("i-s", "a")
	i.SpotStatus = "marked-for-termination"
	if !noticed(i) {
		t.Error("spot of ours is not noticed")
	}
	for name, change := range map[string]func(*Instance){"on-demand": func(i *Instance) { i.Spot = false }, "another's": func(i *Instance) { i.Ours = false },
		"one that has ended": func(i *Instance) { i.State = "terminated" }, "one that stays": func(i *Instance) { i.SpotStatus = "fulfilled" }} {
		x := i
		change(&x)
		if noticed(x) {
			t.Errorf("%s is noticed", name)
		}
	}
}

func TestOnlySpotUnderWayCountsInAPool(t *testing.T) {
	t.Parallel()
	for _, spot := range []bool{true, false} {
		w := web()
		w.Record.Intents = []ledger.Intent{{Instance: "i-unseen", Type: "m6i.large", Zone: "a", Launch: ledger.Launch{Nonce: "n", Spot: spot}}}
		if n := newRun(w).holding()[market.Pool{Type: "m6i.large", Zone: "a"}]; (n == 1) != spot {
			t.Errorf("spot %t: %d are held", spot, n)
		}
	}
}

func TestOnlyACopyIsSaidOfALaunch(t *testing.T) {
	t.Parallel()
	w := web()
	w.Missing = []Missing{{What: "types", Class: Launch}, {What: "spot prices", Class: Launch, CopyOf: noon.Add(-time.Minute)}, {What: "hooks", Class: Prudence, CopyOf: noon.Add(-time.Minute)}}
	if got := newRun(w).copies(); got != "spot prices as of 1m0s ago, which cannot be read now" {
		t.Errorf("%q", got)
	}
}

func TestOnlyFillsOfThisPlanTakeTurns(t *testing.T) {
	t.Parallel()
	w := web()
	w.Record.Intents = []ledger.Intent{{Purpose: ledger.Fill, At: noon}, {Purpose: ledger.Replace, At: noon}, {Purpose: ledger.Fill, At: noon.Add(-time.Second)}}
	if n := newRun(w).fills(); n != 1 {
		t.Errorf("%d", n)
	}
}

func TestWhatIsUnderWayCountsOnceOneFailed(t *testing.T) {
	t.Parallel()
	w := web()
	w.Settings.AtOnce.Count = 2
	w.Record.Proving = map[string]time.Time{"i-a": noon, "i-b": noon}
	if why := newRun(w).spent(); why != "" {
		t.Errorf("none has failed: %s", why)
	}
	w.Record.Sick = []time.Time{noon.Add(-time.Minute)} // though one has lasted since
	if why := newRun(w).spent(); why == "" {
		t.Error("one failed and two have yet to last, of two that may")
	}
}

func TestNothingIsMovedWhosePriceIsNotKnown(t *testing.T) {
	t.Parallel()
	w := web()
	w.allSpot()
	for i := range w.Instances {
		w.Instances[i].Launched = noon.Add(-24 * time.Hour)
		delete(w.Catalog.SpotUSD, market.Pool{Type: w.Instances[i].Type, Zone: w.Instances[i].Zone})
	}
	if newRun(w).move() {
		t.Error("moved, as if it were known what it costs")
	}
}

func TestARecordThatCannotBeWrittenIsAChange(t *testing.T) {
	t.Parallel()
	r := newRun(web())
	r.w.Group.Enabled = true
	r.rec.Intents = []ledger.Intent{{Launch: ledger.Launch{Overrides: []ledger.Override{{MaxUSD: math.NaN()}}}}}
	if !r.finish().Changed {
		t.Error("so that nobody hears of it")
	}
	fresh := newRun(web())
	fresh.w.Group.Enabled, fresh.rec.Group = false, "another" // a change, of a group that has a record
	if !fresh.finish().Changed {
		t.Error("the record of a group that has left is not written any more")
	}
}

func TestWhatATypeCanUseAtMost(t *testing.T) {
	t.Parallel()
	typ := market.Type{Name: "m5.large", NetworkInterfaces: 3, IPv4PerInterface: 10, IPv6PerInterface: 10, IPv6: true, NVMe: true, EBSAttachments: 27, EBSShared: true}
	for _, c := range []struct {
		name       string
		uses, want ledger.Uses
		asked      market.Asks
		change     func(*market.Type)
	}{
		{name: "what it can", uses: ledger.Uses{Interfaces: 3, IPv4: 10, IPv6: 2, Volumes: 20, Prefixes: true}, want: ledger.Uses{Interfaces: 3, IPv4: 10, IPv6: 2, Volumes: 20, Prefixes: true}},
		{name: "more than it can", uses: ledger.Uses{Interfaces: 8, IPv4: 30, IPv6: 30, Volumes: 40}, want: ledger.Uses{Interfaces: 3, IPv4: 10, IPv6: 10, Volumes: 25}},
		{name: "without IPv6", uses: ledger.Uses{IPv6: 2}, change: func(x *market.Type) { x.IPv6 = false }},
		{name: "on Xen", uses: ledger.Uses{Prefixes: true}, change: func(x *market.Type) { x.NVMe = false }},
		{name: "where nothing is known of interfaces", uses: ledger.Uses{Interfaces: 8}, want: ledger.Uses{Interfaces: 8}, change: func(x *market.Type) { x.NetworkInterfaces = 0 }},
		{name: "where one interface is all", uses: ledger.Uses{Interfaces: 8}, want: ledger.Uses{Interfaces: 1}, change: func(x *market.Type) { x.NetworkInterfaces = 1 }},
		{name: "beside volumes that the template asks for", uses: ledger.Uses{Interfaces: 3, Volumes: 20}, asked: market.Asks{Volumes: 26}, want: ledger.Uses{Interfaces: 2, Volumes: 20}},
		{name: "with limits of their own", uses: ledger.Uses{Interfaces: 3, Volumes: 40}, want: ledger.Uses{Interfaces: 3, Volumes: 27}, change: func(x *market.Type) { x.EBSShared = false }},
	} {
		x := typ
		if c.change != nil {
			c.change(&x)
		}
		if got := atMost(c.uses, c.asked, x); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

func TestWhoAMemberThatLeftIsReadFor(t *testing.T) {
	t.Parallel()
	w := web()
	w.Record.Proving = map[string]time.Time{"i-gone": noon.Add(-time.Minute), "i-oda": noon.Add(-time.Hour)}
	if since, gone := LastProof(w); !gone || !since.Equal(noon.Add(-time.Minute)) {
		t.Errorf("%s, %t", since, gone)
	}
	for name, change := range map[string]func(*Instance){"has ended": func(i *Instance) { i.State = "terminated" }, "is no member": func(i *Instance) { i.Member = false }, "is leaving": func(i *Instance) { i.Lifecycle = "Terminating" }} {
		x := web()
		x.Record.Proving = map[string]time.Time{"i-oda": noon.Add(-time.Hour)}
		change(x.at("i-oda"))
		if since, gone := LastProof(x); !gone || !since.Equal(noon.Add(-time.Hour)) {
			t.Errorf("one that %s: %s, %t", name, since, gone)
		}
	}
}

func TestTheReadablePartOfOurTemplatesNameIsTheGroups(t *testing.T) {
	t.Parallel()
	if got := TemplateName("web_1.blue-green"); !strings.HasPrefix(got, "autospotting-web_1.blue-green-") {
		t.Errorf("%q", got)
	}
	if got := TemplateName("web / 1"); !strings.HasPrefix(got, "autospotting-web---1-") {
		t.Errorf("%q", got)
	}
}

func TestWhereSpotIsTriedLaterNothingElseIsBegunInItsPlace(t *testing.T) {
	t.Parallel()
	w := web()
	r := newRun(w)
	r.rung = Serve
	r.rec.Fallback = ledger.Fallback{At: noon, Times: 1}
	r.w.Settings.Dwell = time.Hour
	if r.toSpot(); !r.begun {
		t.Error("where spot is tried again later, a move may be begun instead")
	}
}
