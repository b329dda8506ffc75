package decide

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/ledger"
	"autospotting/coordinator/market"
)

func TestWhatALaunchBroughtIsRemembered(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		spot     bool
		purpose  ledger.Purpose
		fallback int
	}{
		{"spot", true, ledger.Replace, 2},
		{"on-demand for want of spot", false, ledger.Replace, 3},
		{"on-demand because it is wanted so", false, ledger.Return, 2},
	} {
		rec := ledger.Record{Fallback: ledger.Fallback{Times: 2}, Intents: []ledger.Intent{{Purpose: c.purpose, At: earlier,
			Launch: ledger.Launch{Nonce: "n", Spot: c.spot, Overrides: []ledger.Override{{Type: "m5.large"}}, Tags: map[string]string{"a": "b"}}}}}
		res := Result{Launched: []LaunchedOne{{"i-new", "m5.large", "b"}}, Refused: []RefusedPool{{Type: "m6i.large", Zone: "b", Code: "InsufficientInstanceCapacity", Owner: OfPool}}}
		rec = Learn(rec, Action{Kind: LaunchOne, Launch: &ledger.Launch{Nonce: "n"}}, res, noon)
		it := rec.Intents[0]
		if it.Instance != "i-new" || it.Type != "m5.large" || it.Zone != "b" || it.Launch.Overrides != nil || it.Launch.Tags != nil || !it.At.Equal(earlier) {
			t.Errorf("%s: %+v", c.name, it)
		}
		if rec.Fallback.Times != c.fallback || rec.Fallback.At.Equal(noon) != (c.fallback == 3) {
			t.Errorf("%s: fallback %+v", c.name, rec.Fallback)
		}
		key := "m6i.large/b"
		if !c.spot {
			key += about
		}
		if m := rec.Pools[key]; m.Failures != 1 || !m.Until.Equal(noon.Add(firstAvoid)) || m.Why != "InsufficientInstanceCapacity" {
			t.Errorf("%s: the pool that was refused is marked %+v", c.name, m)
		}
	}
}

// A plan launches no more than a run has time for; the rest comes with the next.
func TestManyNoticesAreAnsweredInPortions(t *testing.T) {
	t.Parallel()
	for _, n := range []int{launchBatch, launchBatch + 1, 40} {
		w := web()
		w.Group.Desired, w.Group.Max, w.Instances = n, n+20, nil
		for i := range n {
			id := fmt.Sprintf("i-s%02d", i)
			w.add(attached(id, string("abc"[i%3])))
			w.doom(id, 0)
			n := w.Record.Notices[id]
			n.Tries = 1 // alone: what was asked for together had no capacity
			w.Record.Notices[id] = n
		}
		p := Decide(w)
		if len(p.Actions) != launchBatch || len(p.Record.Intents) != launchBatch || p.Look.After(noon) == (n > launchBatch) {
			t.Errorf("%d notices: %d actions, %d intents, again at %s", n, len(p.Actions), len(p.Record.Intents), p.Look)
		}
		w.Record = ledger.Record{}
		for i := range n {
			w.doom(fmt.Sprintf("i-s%02d", i), 0)
		}
		if p = Decide(w); len(p.Actions) > launchBatch || len(p.Record.Intents) != n {
			t.Errorf("%d notices, for which nothing was tried: %d actions, %d intents", n, len(p.Actions), len(p.Record.Intents))
		}
	}
}

func TestAtMostTwentyAreAttachedByOneCall(t *testing.T) {
	t.Parallel()
	w := web()
	w.Group.Max = 60
	for n := range attachBatch + 5 {
		s := ours(fmt.Sprintf("i-s%02d", n), string("abc"[n%3]))
		w.add(s)
		w.owes(s.ID, "", s.Zone, books.Attaching, 0)
	}
	w.keep(func(k *books.Stored) {
		for n := range k.Pairs {
			k.Pairs[n].Intent.Purpose = ledger.Fill
		}
	})
	for _, a := range Decide(w).Actions {
		if a.Kind == AttachSome && len(a.Instances) != attachBatch {
			t.Errorf("%d are attached by one call", len(a.Instances))
		}
	}
}

// What is asked for counts in its pool for the rest of the plan, in the one that is likeliest to take it; a request without pools in none.
func TestWhatIsAskedForCountsInItsPool(t *testing.T) {
	t.Parallel()
	w := web()
	w.Group.Tags = map[string]string{"team": "blue"}
	r := newRun(w)
	pool := market.Pool{Type: "m5.large", Zone: "a"}
	r.launch(ledger.Swap, r.w.Instances[0], "a", true, []ledger.Override{{Type: "m5.large", Zone: "a"}}, "")
	r.launch(ledger.Swap, r.w.Instances[1], "b", true, nil, "")
	if tags := r.rec.Intents[0].Launch.Tags; tags["team"] != "blue" || tags[TagGroup] != "web" || tags[TagLaunch] != r.rec.Intents[0].Launch.Nonce || len(w.Group.Tags) != 1 {
		t.Errorf("tags %v, the group's own %v", tags, w.Group.Tags)
	}
	if held := r.holding(); held[pool] != 1 || len(held) != 1 {
		t.Errorf("held %v", held)
	}
}

func TestNoRequestNamesMorePoolsThanAFleetMayHave(t *testing.T) {
	t.Parallel()
	r := newRun(crowd(3))
	v := r.w.Instances[0]
	if n := len(r.spotOverrides(v, r.zones())); n != maxOverrides {
		t.Errorf("%d pools of spot", n)
	}
	if n := len(r.onDemandOverrides("m5.large", r.zones())); n != maxOverrides {
		t.Errorf("%d pools of on-demand", n)
	}
	p := place{candidates: make([]market.Candidate, maxOverrides+5)}
	if n := len(r.under(p, 1)); n != maxOverrides {
		t.Errorf("%d pools of a move", n)
	}
}

func TestUntilWhenARequestIsSentAgain(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		world func(*World)
		want  time.Duration // after it was decided
	}{
		{"for nobody with a notice", func(*World) {}, resendFor},
		{"as long as the notice lasts", func(w *World) { w.doom("i-oda", 0) }, noticeLead},
		{"a notice that ends sooner is no limit", func(w *World) { w.doom("i-oda", 100*time.Second) }, resendFor},
		{"one that was let go", func(w *World) {
			w.doom("i-oda", 0)
			n := w.Record.Notices["i-oda"]
			n.Released = noon
			w.Record.Notices["i-oda"] = n
		}, resendFor},
		{"one that has left", func(w *World) { w.doom("i-oda", 0); w.at("i-oda").Lifecycle = "Terminating" }, resendFor},
		{"never for longer than the token is surely good for", func(w *World) {
			w.doom("i-oda", 0)
			n := w.Record.Notices["i-oda"]
			n.Deadline = noon.Add(time.Hour)
			w.Record.Notices["i-oda"] = n
		}, resendAtMost},
	} {
		w := web()
		w.intends(ledger.Replace, "", "i-oda", "a", 0)
		c.world(&w)
		r := newRun(w)
		if got := r.resendUntil(&r.rec.Intents[0]).Sub(noon); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// What would not be launched now is not asked for again either: it is looked for.
func TestWhatWouldBeRefusedNowIsNotSentAgain(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		purpose ledger.Purpose
		status  string
		again   bool
	}{{ledger.Swap, "Ready", true}, {ledger.Swap, "Updating", false}, {ledger.Replace, "Ready", true}, {ledger.Replace, "Updating", false}} {
		w := web()
		ofBeanstalk(&w)
		w.Group.Environment.Status = c.status
		w.doom("i-oda", 0)
		w.intends(c.purpose, "", "i-oda", "a", 10*time.Second)
		w.Record.Intents[0].Launch.Spot, w.Record.Intents[0].Launch.Overrides = true, []ledger.Override{{Type: "m5.large", Zone: "a"}}
		p := Decide(w)
		if again := slices.ContainsFunc(p.Actions, func(a Action) bool { return a.Kind == LaunchOne }); again != c.again {
			t.Errorf("%s while the environment is %s: %+v", c.purpose, c.status, p.Actions)
		}
	}
}

// A request that was not answered may not have been sent at all. Once the owner has opted out, spot is only looked for; on-demand, by which the group
// goes back, is asked for again.
func TestWhoOptedOutIsSentNoSpotAgain(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ enabled, spot, again bool }{{true, true, true}, {true, false, true}, {false, true, false}, {false, false, true}} {
		w := web()
		w.Group.Enabled = c.enabled
		w.doom("i-oda", 0)
		w.intends(ledger.Replace, "", "i-oda", "a", 10*time.Second)
		w.Record.Intents[0].Launch.Spot, w.Record.Intents[0].Launch.Overrides = c.spot, []ledger.Override{{Type: "m5.large", Zone: "a"}}
		r := newRun(w)
		if r.resend(&r.rec.Intents[0]); slices.ContainsFunc(r.plan.Actions, func(a Action) bool { return a.Kind == LaunchOne }) != c.again {
			t.Errorf("%+v: %+v", c, r.plan.Actions)
		}
	}
}
