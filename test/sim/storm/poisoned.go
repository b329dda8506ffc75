package storm

import (
	"math/rand/v2"
	"strings"
	"time"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/handle"
	"autospotting/coordinator/lab/invariant"
	"autospotting/pkg/cloudsim"
)

// mostCalls is how often a fleet may be asked for one notice where a type poisons the requests that it is in.
const mostCalls = 3

// poisons are drawn from the errors that a fleet can have through one type. What is said of a quota or a subnet is not a type's fault, and no
// capacity anywhere cannot be told from the fault of one.
func poisons(rng *rand.Rand) cloudsim.Poison {
	all := cloudsim.PoisonErrors()
	types := cloudsim.SampleTypes()
	for {
		e := all[rng.IntN(len(all))]
		p := cloudsim.Poison{Type: types[rng.IntN(len(types))].Name, Code: e.Code, Text: e.Plain,
			Shape: []cloudsim.Shape{cloudsim.WholeFleet, cloudsim.OneOverride, cloudsim.EveryOverride}[rng.IntN(3)]}
		if rng.IntN(2) == 0 {
			p.Text = e.Named
		}
		everywhere := e.Scope == cloudsim.ScopePool && p.Shape == cloudsim.EveryOverride && p.Text == e.Plain
		if e.Scope != cloudsim.ScopeAccount && e.Scope != cloudsim.ScopeSubnet && !everywhere {
			return p
		}
	}
}

// poisoned are the scenarios in which one type spoils the requests that it is in.
var poisoned = []Scenario{
	{"poisoned-type", "one type makes fleets fail, alone or with all that is asked beside it, by each of EC2's codes, with its name or without", func(rng *rand.Rand) Script {
		p := poisons(rng)
		s := Script{Groups: []cloudsim.GroupSpec{randomGroup(rng, "web")}, Readings: randomReadings(rng), For: time.Hour, Poison: &p}
		s.Deeds = deeds(rng, s.For, 1, 5*time.Minute, []string{"notice", "notice", "notice", "kill", "desired"})
		return s
	}},
}

// poison spoils the cloud as the script says.
func (w *World) poison(s Script) {
	if s.Poison == nil {
		return
	}
	w.poisoned = true
	w.Cloud.Poison(*s.Poison)
}

// noted holds a group against what a poisoned type may cost it: no pause, and a few calls for a notice.
func (w *World) noted(n handle.Note) {
	if !w.poisoned || n.Action == nil || n.Action.Kind != decide.LaunchOne || n.Result == nil {
		return
	}
	if rec := w.Record(n.Group); !rec.PausedUntil.IsZero() {
		w.report(invariant.Prompt, "%s: paused until %s though other types can be launched: %s", n.Group, rec.PausedUntil.Format(time.TimeOnly), rec.Cause)
	}
	if !strings.HasPrefix(n.Action.Why, "AWS takes ") {
		return
	}
	if w.calls == nil {
		w.calls = map[string]int{}
	}
	if w.calls[n.Instance]++; w.calls[n.Instance] > mostCalls {
		w.report(invariant.Prompt, "%s: a fleet is asked %d times for the notice of %s: %s", n.Group, w.calls[n.Instance], n.Instance, n.Text)
	}
}
