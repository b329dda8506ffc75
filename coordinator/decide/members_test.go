package decide

import (
	"testing"
	"time"

	"autospotting/coordinator/decide/view"
	"autospotting/coordinator/ledger"
)

func TestTheGroupsOwnGraceIsForWhatItLaunchedItself(t *testing.T) {
	t.Parallel()
	w := web()
	w.Group.Grace = 2 * time.Minute
	w.add(attached("i-s", "a"))
	w.at("i-s").Launched, w.at("i-oda").Launched = noon.Add(-3*time.Minute), noon.Add(-3*time.Minute)
	if r := newRun(w); !r.up(r.v.Get("i-oda")) || r.up(r.v.Get("i-s")) {
		t.Error("it is for ours too, or for nobody")
	}
}

// Launching hooks that only wait say how long a boot takes, where nothing tells better: a probe, or a load balancer.
func TestTheWaitOfHooksIsPartOfTheGrace(t *testing.T) {
	t.Parallel()
	said := func(s ledger.Said) func(*World) { return func(w *World) { w.Record.Said["i-s"] = s } }
	early := noon.Add(-9 * time.Minute)
	for name, c := range map[string]struct {
		change func(*World)
		age    time.Duration
		up     bool
	}{
		"mute, after the grace alone":                     {func(*World) {}, 9 * time.Minute, false},
		"mute, after the wait":                            {func(*World) {}, 10 * time.Minute, true},
		"mute, and it is not known which hooks there are": {func(w *World) { w.Group.HooksUnread = true }, 50 * time.Minute, false},
		"spotd went by the time, and hooks are not known": {func(w *World) {
			w.Record.Said["i-s"], w.Group.HooksUnread = ledger.Said{Hello: early, Ready: early}, true
		}, 50 * time.Minute, false},
		"mute, and no hook":                      {func(w *World) { w.Group.HookWait = 0 }, 9 * time.Minute, true},
		"spotd went by the time":                 {said(ledger.Said{Hello: early, Ready: early}), 9 * time.Minute, false},
		"spotd went by the time, and it is over": {said(ledger.Said{Hello: early, Ready: early}), 10 * time.Minute, true},
		"spotd's probe passed":                   {said(ledger.Said{Hello: early, Started: early}), time.Minute, true},
		"spotd's probe passed, and it is ready":  {said(ledger.Said{Hello: early, Started: early, Ready: early}), time.Minute, true},
		"a load balancer calls it healthy":       {func(w *World) { w.at("i-s").Balancer = view.BalancerHealthy }, time.Minute, true},
		"a wait that is shorter than the grace":  {func(w *World) { w.Group.HookWait = time.Minute }, 4 * time.Minute, false},
	} {
		w := web()
		w.Group.HookWait = 10 * time.Minute
		w.add(attached("i-s", "a"))
		w.Record.Said = map[string]ledger.Said{}
		w.at("i-s").Launched = noon.Add(-c.age)
		c.change(&w)
		r := newRun(w)
		if got := r.up(r.v.Get("i-s")); got != c.up {
			t.Errorf("%s: up %t", name, got)
		}
		if w.at("i-s").Balancer == "" {
			if got := r.ready(&ledger.Intent{Purpose: ledger.Swap}, r.v.Get("i-s")); got != (c.up && r.rec.Said["i-s"].Started.IsZero() || !r.rec.Said["i-s"].Ready.IsZero() && c.up) {
				t.Errorf("%s: ready %t", name, got)
			}
		}
	}
	w := web()
	w.Group.HookWait = time.Hour
	if got := newRun(w).grace(); got != time.Hour {
		t.Errorf("what is given up is given up after %s", got)
	}
}
