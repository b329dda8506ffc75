package decide

import (
	"strings"
	"testing"
	"time"

	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/ledger"
	"autospotting/coordinator/market"
)

func TestAPlanThatChangesNothingIsNotWritten(t *testing.T) {
	t.Parallel()
	w := web()
	w.allSpot()
	w.Record = ledger.Record{}
	first := Decide(w)
	if !first.Changed || first.Record.Group != "web" || first.Record.Status.Code != "managed" || !first.Record.Status.At.Equal(noon) {
		t.Errorf("a group that is new to us leaves %+v, changed %t", first.Record, first.Changed)
	}
	w.Record, w.Now = first.Record, noon.Add(time.Minute)
	if again := Decide(w); again.Changed || !again.Record.Status.At.Equal(noon) {
		t.Errorf("nothing has happened, and it is written: %+v", again.Record)
	}
	w.Group.Enabled, w.Record, w.Instances = false, ledger.Record{}, web().Instances
	if p := Decide(w); p.Changed || len(p.Actions) > 0 {
		t.Errorf("a group that never opted in leaves a trace: %+v", p)
	}
	w.allSpot()
	if p := Decide(w); !p.Changed || len(p.Actions) == 0 {
		t.Errorf("a group that left is brought back, and that is not written: %+v", p)
	}
	w.Template.ID, w.Template.Version = "", ""
	if p := Decide(w); !p.Changed || len(p.Actions) != 1 || p.Actions[0].Kind != MakeTemplate {
		t.Errorf("its template is made first, and that is not written: %+v", p)
	}
}

func TestIdleIsOnlyWhatHasNothingToDo(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		world func(*World)
		idle  bool
	}{
		{"all that can be is spot", func(w *World) {}, true},
		{"the group is gone", func(w *World) { w.Group.Found = false; w.Record.Orphans = map[string]time.Time{"i": noon} }, true},
		{"something is open", func(w *World) { w.Record.Orphans = map[string]time.Time{"i": noon} }, false},
		{"something was heard", func(w *World) { w.Heard = []Hint{{Kind: HeardChange}} }, false},
		{"AWS takes one of ours, and nobody has told", func(w *World) { w.at("i-odb").SpotStatus = "instance-terminated-no-capacity" }, false},
		{"AWS took one of ours, and it has ended", func(w *World) {
			w.at("i-odb").SpotStatus, w.at("i-odb").State = "instance-terminated-no-capacity", "terminated"
			w.Group.Desired = 2
		}, true},
		{"on-demand is left", func(w *World) { w.at("i-odb").Spot = false }, false},
		{"as much as the owner keeps", func(w *World) { w.at("i-odb").Spot = false; w.Settings.KeepOnDemand.Count = 1 }, true},
		{"less than the owner keeps", func(w *World) { w.Settings.KeepOnDemand.Count = 1 }, false},
		{"the group is short", func(w *World) { w.Group.Desired = 4 }, false},
		{"it has one more than it wants", func(w *World) { w.Group.Desired = 2 }, true},
		{"it is time to see what spot costs", func(w *World) { w.Now = priceTime(w, 0) }, false},
		{"four minutes later too", func(w *World) { w.Now = priceTime(w, 4) }, false},
		{"five minutes later not any more", func(w *World) { w.Now = priceTime(w, 5) }, true},
		{"a minute before not yet", func(w *World) { w.Now = priceTime(w, 59) }, true},
		{"one was retired lately: there may be more to move", func(w *World) { w.Record.Retired = map[string]time.Time{"i": noon} }, false},
		{"one was retired lately, and all is on-demand as the owner keeps it", func(w *World) {
			w.Instances, w.Settings.KeepOnDemand.Count = web().Instances, 3
			w.Record.Retired = map[string]time.Time{"i": noon}
		}, true},
		{"it left, and spot of ours is in it", func(w *World) { w.Group.Enabled = false }, false},
		{"it left, and is short", func(w *World) { w.Group.Enabled, w.Group.Desired, w.Instances = false, 4, web().Instances }, true},
		{"it left, and nothing of ours is in it", func(w *World) { w.Group.Enabled, w.Instances = false, web().Instances }, true},
	} {
		w := web()
		w.allSpot()
		w.Now = priceTime(&w, 30)
		c.world(&w)
		if got := Idle(w); got != c.idle {
			t.Errorf("%s: idle %t", c.name, got)
		}
	}
}

// priceTime is so many minutes after the one in which the world's group begins to look at prices.
func priceTime(w *World, after int) time.Time {
	r := newRun(*w)
	for m := range 60 {
		r.w.Now = noon.Add(time.Duration(m) * time.Minute)
		before := *r
		before.w.Now = r.w.Now.Add(-time.Minute)
		if r.priceLook() && !before.priceLook() {
			return r.w.Now.Add(time.Duration(after) * time.Minute)
		}
	}
	panic("prices are never looked at")
}

func TestADelayDoublesUpToItsBound(t *testing.T) {
	t.Parallel()
	for times, want := range []time.Duration{5, 10, 20, 40, 80, 160, 320, 360, 360} {
		if got := doubled(5*time.Minute, times, 6*time.Hour); got != want*time.Minute {
			t.Errorf("after %d times: %s", times, got)
		}
	}
}

func TestOnlyAPoolCanBeMarked(t *testing.T) {
	t.Parallel()
	var rec ledger.Record
	markPool(&rec, noon, market.Pool{Type: "m5.large"}, "")
	markPool(&rec, noon, market.Pool{Zone: "a"}, "")
	if len(rec.Pools) > 0 {
		t.Errorf("marked: %v", rec.Pools)
	}
	markPool(&rec, noon, market.Pool{Type: "m5.large", Zone: "a"}, "why")
	r := newRun(World{Now: noon.Add(firstAvoid), Record: rec})
	if len(rec.Pools) != 1 || len(r.avoided(true)) != 0 {
		t.Errorf("marks %v; avoided to the end of its time: %v", rec.Pools, r.avoided(true))
	}
	if r.w.Now = r.w.Now.Add(-time.Second); len(r.avoided(true)) != 1 {
		t.Error("not avoided")
	}
}

func TestAStatusTagHoldsWhatATagMay(t *testing.T) {
	t.Parallel()
	const all = "azAZ09 +-=._:/@"
	if got := tagText("refused", all+"é\"'!`{[~^;"); got != "refused: "+all {
		t.Errorf("%q", got)
	}
	if got := tagText("managed", ""); got != "managed" {
		t.Errorf("%q", got)
	}
	if got := tagText("refused", strings.Repeat("x", 300)); len(got) != statusLength || !strings.HasPrefix(got, "refused: xxx") {
		t.Errorf("%d characters: %q", len(got), got)
	}
}

func TestWhatIsOverMaxSizeStaysOnlyWhereTheOwnersNumberIsKnown(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		world func(*World, *books.Stored)
		open  bool
	}{
		{"no lease", func(*World, *books.Stored) {}, false},
		{"its retirement may be on its way", func(_ *World, k *books.Stored) {
			k.Pairs[0].Phase = books.Paying
			k.Pairs[0].Since = noon.Add(-5 * time.Second)
		}, true},
		{"the lease that we gave", func(w *World, k *books.Stored) { w.Group.Max = 5; k.Lease = lent(10 * time.Second) }, true},
		{"a number that may be old", func(w *World, k *books.Stored) { w.Group.Max = 8; k.Lease = lent(10 * time.Second) }, true},
		{"its victim has left: that is for R7 to explain", func(w *World, _ *books.Stored) { w.Instances = w.Instances[:3] }, true},
		{"a lease that was given back", func(w *World, k *books.Stored) { w.Group.Max = 5; k.Lease = lent(time.Second); k.Lease.Returned = true }, false},
		{"the owner's, long after the lease", func(w *World, k *books.Stored) { w.Group.Max = 8; k.Lease = lent(2 * time.Minute) }, false},
	} {
		w := web()
		w.Group.Max, w.Group.Desired = 8, 4
		w.add(member("i-odx", "a"))
		w.keep(func(k *books.Stored) {
			k.Desired0 = 3
			k.Pairs = []books.StoredDebt{{Victim: "i-odx", Phase: books.Attached, At: noon.Add(-time.Minute), Since: noon.Add(-time.Minute)}}
			c.world(&w, k)
		})
		r := newRun(w)
		r.allowed()
		if r.b.Any() != c.open {
			t.Errorf("%s: open %t", c.name, r.b.Any())
		}
	}
}

func lent(ago time.Duration) *books.StoredLease {
	return &books.StoredLease{Owner: 3, Leased: 5, Tried: []int{4, 5}, Raised: true, At: noon.Add(-ago)}
}
