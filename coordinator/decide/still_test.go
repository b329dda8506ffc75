package decide

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"autospotting/coordinator/settings"
)

// TestAWorldThatHoldsStillIsLeftAlone applies what is decided to a small model of the group, as if AWS did it at once, until
// nothing is decided any more: it must come to that, and stay.
func TestAWorldThatHoldsStillIsLeftAlone(t *testing.T) {
	t.Parallel()
	for seed := range uint64(400) {
		rng := rand.New(rand.NewPCG(seed, 9))
		w := web()
		w.Instances = nil
		for n := range 1 + rng.IntN(15) {
			i := member(fmt.Sprintf("i-%02d", n), []string{"a", "b", "c"}[n%3])
			i.Protected = rng.IntN(6) == 0
			w.add(i)
		}
		w.Group.Desired = len(w.Instances)
		w.Group.Min, w.Group.Max = 0, w.Group.Desired+rng.IntN(3)
		w.Settings.AllowMaxOne = true
		w.Settings.AtOnce = settings.Amount{Count: rng.IntN(5)}
		w.Settings.KeepOnDemand = settings.Amount{Count: rng.IntN(4)}
		w.Template.Type = "m5.large"
		still(t, seed, &w)
		w.Settings.KeepOnDemand = settings.Amount{Count: rng.IntN(9)}
		still(t, seed, &w)
		w.Group.Enabled = false
		still(t, seed, &w)
		if holds(w) && !protectedOurs(w) {
			t.Fatalf("seed %d: spot of ours stayed in a group that left", seed)
		}
	}
}

func protectedOurs(w World) bool {
	return slices.ContainsFunc(w.Instances, func(i Instance) bool { return i.Ours && i.Spot && i.Protected })
}

// still runs the world until nothing is decided for three looks in a row.
func still(t *testing.T, seed uint64, w *World) {
	t.Helper()
	quiet := 0
	for step := range 2_000 {
		p := Decide(*w)
		w.Record = p.Record
		w.Record.Revision++
		if len(p.Actions) == 0 {
			if quiet++; quiet > 3 && !p.Record.Open() || p.Forget {
				return
			}
		} else {
			quiet = 0
		}
		for _, a := range p.Actions {
			w.Record = Learn(w.Record, a, w.does(a, step), w.Now)
		}
		w.Now = w.Now.Add(20 * time.Second)
	}
	t.Fatalf("seed %d: no rest after 2,000 looks:\n%s", seed, render(Decide(*w)))
}

// does is AWS on a day when everything works at once.
func (w *World) does(a Action, step int) Result {
	switch a.Kind {
	case LaunchOne:
		o := a.Launch.Overrides[0]
		i := Instance{ID: fmt.Sprintf("i-new-%d-%s", step, a.Instance), Type: o.Type, Zone: o.Zone, Spot: a.Launch.Spot, State: "running", StatusOK: true,
			Launched: w.Now, Ours: true, Nonce: a.Launch.Nonce}
		w.add(i)
		return Result{Launched: []LaunchedOne{{i.ID, i.Type, i.Zone}}}
	case AttachSome:
		for _, id := range a.Instances {
			m := w.at(id)
			m.Member, m.Listed, m.Lifecycle, m.Healthy = true, true, "InService", true
			w.Group.Desired++
		}
	case Retire:
		w.Instances = slices.DeleteFunc(w.Instances, func(i Instance) bool { return i.ID == a.Instance })
		if a.Decrement {
			w.Group.Desired--
		}
	case Terminate:
		w.Instances = slices.DeleteFunc(w.Instances, func(i Instance) bool { return i.ID == a.Instance })
	case RaiseMax, RestoreMax:
		w.Group.Max = a.Max
	case Protect, Unprotect:
		w.at(a.Instance).Protected = a.Kind == Protect
	case Untag:
		for _, id := range a.Instances {
			w.at(id).Ours = false
		}
	}
	return Result{}
}
