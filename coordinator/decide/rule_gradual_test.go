package decide

import (
	"fmt"
	"slices"

	"autospotting/coordinator/ledger"
	"autospotting/coordinator/market"
)

// gradual are the properties of the rules that begin what nobody waits for, and of those that tidy up.
var gradual = map[int][]property{
	15: {
		{"fewer on-demand than the owner keeps: one is brought back", func(s seen) string {
			if !s.calmly() || s.onDemand() >= s.keeps() || s.launched(func(it ledger.Intent) bool { return it.Purpose == ledger.Return }) != "" || !s.holds() {
				return ""
			}
			return s.instance(func(i Instance) bool { return i.Ours && i.Spot && i.Member })
		}, nil},
		{"nobody is brought back beyond that", func(s seen) string {
			return s.launched(func(it ledger.Intent) bool {
				return it.Purpose == ledger.Return && !s.w.Record.Open() && s.onDemand() >= s.keeps()
			})
		}, launchFor(ledger.Return, false, (*run).returnable)},
		{"nobody is brought back whom the owner protects", func(s seen) string {
			return s.launched(func(it ledger.Intent) bool {
				_, ours := s.w.Record.Shielded[it.Victim]
				return it.Purpose == ledger.Return && s.v.Get(it.Victim).Protected && !ours
			})
		}, launchFor(ledger.Return, false, func(r *run) []Instance { return r.v.Live() })},
	},
	16: {
		{"more on-demand than the owner keeps: one is replaced", func(s seen) string {
			if !s.calmly() || !s.w.Group.Enabled || s.onDemand() <= s.keeps() || s.launched(func(ledger.Intent) bool { return true }) != "" {
				return ""
			}
			return s.instance(func(i Instance) bool { return i.Member && !i.Spot && !i.Undeletable })
		}, nil},
		{"nobody is replaced beyond that", func(s seen) string {
			return s.launched(func(it ledger.Intent) bool {
				return it.Purpose == ledger.Swap && !s.v.Get(it.Victim).Spot && (s.onDemand() <= s.keeps() || !s.w.Group.Enabled)
			})
		}, launchFor(ledger.Swap, true, (*run).victims)},
		{"nobody is replaced whom the owner protects", func(s seen) string {
			return s.launched(func(it ledger.Intent) bool {
				v := s.v.Get(it.Victim)
				return it.Purpose == ledger.Swap && (v.Protected || v.Undeletable)
			})
		}, launchFor(ledger.Swap, true, func(r *run) []Instance { return r.v.Live() })},
	},
	17: {
		{"spot that is dear for an hour is moved where it is cheaper", func(s seen) string {
			if !s.calmly() || !s.w.Group.Enabled || s.onDemand() > 0 || s.keeps() > 0 || s.launched(func(ledger.Intent) bool { return true }) != "" {
				return ""
			}
			return s.instance(func(i Instance) bool {
				return i.Ours && s.since(i.Launched) >= moveAfter && s.w.Catalog.SpotUSD[market.Pool{Type: i.Type, Zone: i.Zone}] > 0.07
			})
		}, nil},
		{"spot is not moved within its first hour", func(s seen) string {
			return s.launched(func(it ledger.Intent) bool {
				v := s.v.Get(it.Victim)
				return it.Purpose == ledger.Swap && v.Spot && s.since(v.Launched) < moveAfter
			})
		}, launchFor(ledger.Swap, true, (*run).returnable)},
	},
	18: {
		{"what is ours, in no group, and wanted by nobody is watched", func(s seen) string {
			return s.instance(func(i Instance) bool { _, watched := s.p.Record.Orphans[i.ID]; return s.orphan(i) && !watched })
		}, nil},
		{"what is seen so for the first time is not ended", func(s seen) string {
			return s.instance(func(i Instance) bool {
				at, known := s.w.Record.Orphans[i.ID]
				return s.orphan(i) && s.does(Terminate, i.ID) && (!known || s.since(at) < orphanFor)
			})
		}, endAll},
		kept("what is not ours alone is not ended", Terminate, endAll),
	},
	19: {{"the owner is told how the group stands", func(s seen) string {
		want := "managed"
		switch {
		case !s.w.Group.Found:
			want = "gone"
		case !s.w.Group.Enabled:
			want = "not-enabled"
		case Refusal(s.w) != "":
			want = "refused"
		case s.w.Now.Before(s.p.Record.PausedUntil):
			want = "paused"
		}
		if got := s.p.Record.Status.Code; got != want {
			return got + ", not " + want
		}
		return ""
	}, nil}, {"whoever waits says for what", func(s seen) string {
		s.w.Record = s.p.Record
		r := newRun(s.w)
		r.plan.Actions = s.p.Actions
		later, keep := r.onDemandLater(), r.keep()
		open := r.b.Any() || len(s.p.Record.Intents) > 0 || r.b.Lease().Open() || len(s.p.Record.Orphans) > 0
		if !s.w.Group.Found || !open && (later == keep || later < keep && !r.holdsOurs() || !s.w.Group.Enabled && !r.holdsOurs()) || r.moves() || s.p.Record.Status.Waiting.For != "" {
			return ""
		}
		return fmt.Sprintf("%d on-demand later of %d to keep, open %t", later, keep, open)
	}, nil}},
	20: {
		{"a group that left and holds nothing of ours is left", func(s seen) string {
			if s.w.Group.Enabled || s.p.Record.Open() || s.holds() || s.beside() || s.v.Old() || s.p.Forget || s.doing(DropTemplate) || s.doing(Untag) || s.doing(UntagStatus) || len(s.p.Record.Retired) > 0 {
				return ""
			}
			return "the group"
		}, nil},
		{"no record goes while something is open, or something of ours is left", func(s seen) string {
			if !s.p.Forget || !s.p.Record.Open() && !s.holds() && !s.beside() && !s.w.Group.Enabled {
				return ""
			}
			return "the record"
		}, func(r *run) { r.plan.Forget = true }},
	},
}

func (s seen) keeps() int {
	size := s.w.Group.Desired - s.p.Record.Books.Owed()
	if !s.w.Group.Enabled {
		return size
	}
	return min(s.w.Settings.KeepOnDemand.Up(size), size)
}

// orphan tells whether the instance is ours, lives in no group, and nothing of the record wants it.
func (s seen) orphan(i Instance) bool {
	if !i.Ours || !i.Live() || i.Member || i.Foreign || s.p.Record.Books.Replacing(i.ID) {
		return false
	}
	return firstOf(s.p.Record.Intents, func(it ledger.Intent) string { return "wanted" }, func(it ledger.Intent) bool {
		return it.Instance == i.ID || it.Launch.Nonce == i.Nonce
	}) == ""
}

// launchFor begins a replacement for whoever comes first, asking nothing.
func launchFor(purpose ledger.Purpose, spot bool, who func(*run) []Instance) func(*run) {
	return func(r *run) {
		if list := who(r); len(list) > 0 {
			v := list[0]
			r.launch(purpose, v, v.Zone, spot, r.onDemandOverrides(v.Type, []string{v.Zone}), "")
		}
	}
}

// endAll ends whatever carries our tag.
func endAll(r *run) {
	for _, id := range r.v.IDs() {
		if i := r.v.Get(id); i.Nonce != "" {
			r.act(Action{Kind: Terminate, Instance: id})
		}
	}
}

// beside tells whether something of ours lives that no member in service is, and nobody ends.
func (s seen) beside() bool {
	return s.instance(func(i Instance) bool {
		return i.Ours && i.Live() && !i.Foreign && (!i.Member || slices.Contains([]string{"Standby", "EnteringStandby", "Detaching", "Detached"}, i.Lifecycle))
	}) != ""
}
