package decide

import (
	"strings"
	"testing"
	"time"

	"autospotting/coordinator/ledger"
)

// completing is a group whose boot completes its launching hook, of which nobody else hears.
func completing() World {
	w := web()
	w.Group.UnheardHooks, w.Template.Needs = []string{"boot"}, []UserNeed{{Need: launchHook, Where: "line 7"}}
	return w
}

func TestABootThatCompletesItsLaunchingHook(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name       string
		change     func(*World)
		says, step string // empty where it is served
	}{
		{"spotd tells when it is over", func(*World) {}, "", ""},
		{"the hook goes on by itself", func(w *World) { w.Group.UnheardHooks, w.Group.IdleHooks = nil, []string{"boot"} }, "", ""},
		{"there is no hook that it could complete", func(w *World) { w.Group.UnheardHooks, w.Template.Mute = nil, true }, "", ""},
		{"it is not known which hooks there are", func(w *World) { w.Group.UnheardHooks, w.Group.HooksUnread = nil, true }, "(user data, line 7)", "skip-launch-hooks=true"},
		{"somebody else may hear of the hook", func(w *World) {
			w.Group.UnheardHooks, w.Group.LaunchHooks, w.Group.HookListener = nil, []string{"boot"}, "EventBridge's rule setup may hear of boot"
		}, "EventBridge's rule setup may hear of boot", "skip-launch-hooks=true"},
		{"somebody hears of another hook", func(w *World) { w.Group.LaunchHooks = []string{"setup"} }, "(user data, line 7)", "skip-launch-hooks=true"},
		{"nothing says so in the user data", func(w *World) { w.Template.Needs = nil }, "launching lifecycle hooks (boot)", "skip-launch-hooks=true"},
		{"the user data was not asked for yet", func(w *World) { w.Template = Template{} }, "", ""},
		{"the user data cannot be read", func(w *World) {
			w.Template, w.Missing = Template{}, []Missing{{What: ReadTemplate, Class: Launch, Why: "throttled"}}
		}, "launching lifecycle hooks (boot)", "skip-launch-hooks=true"},
		{"the owner accepts it", func(w *World) { w.Settings.Accept, w.Template.HookStops = []string{launchHook}, "line 7" }, "", ""},
		{"instances are whole without it", func(w *World) { w.Settings.SkipHooks, w.Template.HookStops = true, "line 7" }, "", ""},
		{"nobody tells", func(w *World) { w.Template.Mute = true }, "nothing would tell whether it went well", "let spotd on board"},
		{"but a load balancer", func(w *World) { w.Template.Mute, w.Group.LoadBalanced = true, true }, "", ""},
		{"the boot stops", func(w *World) { w.Template.HookStops, w.Group.LoadBalanced = "line 3", true }, "would stop, or wait for ever, where it completes a launching lifecycle hook, which does not run for a replacement (user data, line 3)", "(|| true)"},
		{"the boot counts as failed", func(w *World) { w.Template.HookFails = "line 9" }, "counts as failed", "set autospotting:probe"},
		{"and a load balancer tells", func(w *World) { w.Template.HookFails, w.Group.LoadBalanced = "line 9", true }, "", ""},
		{"and a probe tells", func(w *World) { w.Template.HookFails, w.Settings.Probe = "line 9", "tcp:80" }, "", ""},
		{"and there is none", func(w *World) { w.Template.HookFails, w.Settings.Probe = "line 9", "none" }, "counts as failed", "set autospotting:probe"},
	} {
		w := completing()
		c.change(&w)
		why := Refusal(w)
		if (why == "") != (c.says == "") || !strings.Contains(why, c.says) || !strings.Contains(Step(w), c.step) {
			t.Errorf("%s: %q, step %q", c.name, why, Step(w))
		}
		if c.says != "" && !strings.Contains(why, "autospotting:accept=launch-hook") && !strings.Contains(why, "autospotting:skip-launch-hooks=true") {
			t.Errorf("%s: %q does not say what overrides it", c.name, why)
		}
	}
}

// Nothing but spotd's word that the boot is over, a probe or a load balancer proves what the hook would have waited for.
func TestReadinessStandsForTheHook(t *testing.T) {
	t.Parallel()
	now := web().Now
	for _, c := range []struct {
		name      string
		said      ledger.Said
		balanced  bool
		disabled  bool
		accepted  bool
		ready     bool
		unproven  bool
		long, own bool // the hook's timeout is longer than the grace; there is another hook
	}{
		{name: "nobody was heard, and the grace is over", unproven: true},
		{name: "spotd's grace is over", said: ledger.Said{Hello: now, Ready: now}, unproven: true},
		{name: "and the boot too", said: ledger.Said{Hello: now, Ready: now, Booted: now}, ready: true, unproven: true},
		{name: "the boot is over, and the grace is not", said: ledger.Said{Hello: now, Booted: now}, unproven: true},
		{name: "the probe passed", said: ledger.Said{Hello: now, Ready: now, Started: now}, ready: true, unproven: true},
		{name: "a load balancer is to tell", balanced: true, ready: true, unproven: true},
		{name: "on the way back to on-demand the grace counts before the attach", disabled: true, ready: true, unproven: true},
		{name: "and as long as the hook would have waited", disabled: true, long: true, unproven: true},
		{name: "the owner accepts it", accepted: true, ready: true},
		{name: "the hook's timeout says nothing", said: ledger.Said{Hello: now, Ready: now, Booted: now}, long: true, ready: true, unproven: true},
		{name: "but that of a second one does", said: ledger.Said{Hello: now, Ready: now, Booted: now}, long: true, own: true, unproven: true},
	} {
		w := completing()
		w.Group.LoadBalanced, w.Group.Enabled = c.balanced, !c.disabled
		if c.accepted {
			w.Settings.Accept = []string{launchHook}
		}
		if c.long {
			w.Group.HookWait = 2 * time.Hour
		}
		if c.own {
			w.Group.IdleHooks = []string{"warm"}
		}
		r := newRun(w)
		r.rec.Said = map[string]ledger.Said{"i-s1": c.said}
		it := ledger.Intent{Purpose: ledger.Swap, Victim: "i-oda", Instance: "i-s1"}
		s := Instance{ID: "i-s1", State: "running", Spot: true, Ours: true, StatusOK: true, Launched: w.Now.Add(-time.Hour)}
		if got := r.ready(&it, s); got != c.ready {
			t.Errorf("%s: ready is %t", c.name, got)
		}
		if r.watch(&it, s); r.rec.Watched["i-s1"].Unproven != c.unproven {
			t.Errorf("%s: unproven is %t", c.name, !c.unproven)
		}
	}
}
