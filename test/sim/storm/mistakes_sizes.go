package storm

import (
	"slices"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/ledger"
)

func borrowMore(_ decide.World, p *decide.Plan) {
	for i := range p.Actions {
		if a := &p.Actions[i]; a.Kind == decide.RaiseMax {
			a.Max += 3
			p.Record.Books.Edit(func(k *books.Stored) { k.Lease.Leased, k.Lease.Tried = a.Max, append(k.Lease.Tried, a.Max) })
		}
	}
}

func totalForChange(w *decide.World) {
	w.Activities = slices.Clone(w.Activities)
	for i := range w.Activities {
		if a := &w.Activities[i]; a.Kind == decide.Resize {
			a.Kind = decide.OtherChange
		}
	}
}

func standbyServes(w *decide.World) {
	w.Instances = slices.Clone(w.Instances)
	for i := range w.Instances {
		if one := &w.Instances[i]; one.Lifecycle == "Standby" {
			one.Lifecycle, one.Healthy = "InService", true
		}
	}
}

func fillOnDemand(_ decide.World, p *decide.Plan) {
	drop := map[string]bool{}
	for _, it := range p.Record.Intents {
		if it.Purpose == ledger.Fill && it.Launch.Spot && it.Instance == "" {
			drop[it.Launch.Nonce] = true
		}
	}
	p.Actions = slices.DeleteFunc(p.Actions, func(a decide.Action) bool { return a.Kind == decide.LaunchOne && drop[a.Launch.Nonce] })
	p.Record.Intents = slices.DeleteFunc(p.Record.Intents, func(it ledger.Intent) bool { return drop[it.Launch.Nonce] })
}

func refuseOutright(w decide.World, p *decide.Plan) {
	if decide.Refusal(w) == "" {
		return
	}
	p.Actions = slices.DeleteFunc(p.Actions, func(a decide.Action) bool { return a.Kind == decide.LaunchOne })
	p.Record.Intents = slices.DeleteFunc(p.Record.Intents, func(it ledger.Intent) bool { return it.Instance == "" })
}
