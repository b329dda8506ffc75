package decide

import (
	"math/rand/v2"
	"time"

	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/ledger"
	"autospotting/coordinator/market"
	"autospotting/coordinator/settings"
)

// anyWorld is a world for the properties of single rules: a drawn one to which more has happened, or one in which all is well.
func anyWorld(seed uint64) World {
	rng := rand.New(rand.NewPCG(seed, 23))
	w := drawn(rng)
	switch rng.IntN(4) {
	case 0:
		calm(rng, &w)
	case 1:
		owed(rng, &w)
	}
	some := func(n int) bool { return rng.IntN(n) == 0 }
	lately := func() time.Time { return noon.Add(-time.Duration(rng.IntN(150)) * time.Second) }
	w.Record.Retired, w.Record.Proving, w.Record.Orphans = map[string]time.Time{}, map[string]time.Time{}, map[string]time.Time{}
	w.Record.Shielded, w.Record.Notices = map[string]time.Time{}, map[string]ledger.Notice{}
	for _, i := range w.Instances {
		switch rng.IntN(40) {
		case 0:
			w.Record.Retired[i.ID] = lately()
		case 1:
			w.Record.Orphans[i.ID] = lately()
		case 2:
			w.Record.Shielded[i.ID] = lately()
		case 3:
			if i.Ours {
				w.doom(i.ID, w.Now.Sub(lately()))
			}
		}
	}
	happened(rng, &w)
	if some(8) {
		k := ActivityKind([]ActivityKind{Resize, UserShrink, Unhealthy, GroupTook, Attach}[rng.IntN(5)])
		a := Activity{Kind: k, At: lately(), Desired: w.Group.Desired}
		if len(w.Instances) > 0 && k != Resize {
			a.Instance = w.Instances[rng.IntN(len(w.Instances))].ID
		}
		w.Activities = append([]Activity{a}, w.Activities...)
	}
	w.Unread, w.Record.Dropped, w.Settings.StatusTag = some(12), some(2), some(3)
	if some(20) {
		w.Group.Found = false
	}
	if some(20) {
		w.Record.Failures, w.Record.PausedUntil, w.Record.Cause = 3, noon.Add(time.Minute), "no capacity"
	}
	return w
}

// happened lets end what is launched or doomed, and makes members of what is still to be attached.
func happened(rng *rand.Rand, w *World) {
	for n := range w.Instances {
		i := &w.Instances[n]
		if rng.IntN(12) > 0 {
			continue
		}
		_, doomed := w.Record.Notices[i.ID]
		switch d, owed := w.Record.Books.Debt(i.ID); {
		case owed && d.Phase == books.Attaching:
			i.Member, i.Listed, i.Lifecycle, i.Healthy = true, true, "InService", true
		case doomed, !i.Member:
			i.State = "terminated"
			if i.Member {
				i.Lifecycle = "Terminating"
			}
		}
	}
}

// calm makes of a world one in which nothing is under way: the owner may have changed what is kept on-demand, and prices may have moved.
func calm(rng *rand.Rand, w *World) {
	w.Record = ledger.Record{Group: "web", Revision: 7}
	w.Instances, w.Heard, w.Activities = nil, nil, nil
	spot := rng.IntN(3) // none, half or all of it
	for n := range 3 + rng.IntN(4) {
		i := member("i-"+string(rune('a'+n)), []string{"a", "b", "c"}[n%3])
		if spot == 2 || spot == 1 && n%2 == 0 {
			i.Spot, i.Ours, i.Nonce, i.Type = true, true, "n-"+i.ID, "m5a.large"
			i.Launched = noon.Add(-time.Duration(30+rng.IntN(60)) * time.Minute)
		}
		w.add(i)
	}
	g := &w.Group
	g.Desired, g.Min, g.Max, g.Refreshing, g.Enabled = len(w.Instances), 0, len(w.Instances)+2, false, rng.IntN(5) > 0
	w.Settings.KeepOnDemand = settings.Amount{Count: rng.IntN(3)}
	if rng.IntN(2) == 0 {
		w.Catalog.SpotUSD[market.Pool{Type: "m5a.large", Zone: "b"}] = 0.08
	}
	if rng.IntN(3) == 0 {
		w.keep(func(k *books.Stored) {
			k.Lease = &books.StoredLease{Owner: g.Max - rng.IntN(4), Leased: g.Max, Tried: []int{g.Max}, Raised: true, At: noon.Add(-2 * time.Minute)}
		})
	}
}

// owed makes of a calm world one with a debt: its replacement is in service, or still to be attached, or desired is above the owner's MaxSize.
func owed(rng *rand.Rand, w *World) {
	calm(rng, w)
	w.Record.Books = books.Books{}
	v := w.Instances[rng.IntN(len(w.Instances))]
	phase := []books.Phase{books.Attached, books.Attaching, books.Undoing}[rng.IntN(3)]
	if rng.IntN(4) == 0 {
		w.keep(func(k *books.Stored) {
			k.Desired0 = w.Group.Desired - 1
			k.Pairs = []books.StoredDebt{{Victim: v.ID, Phase: books.Attached, At: noon.Add(-time.Minute), Since: noon.Add(-time.Minute)}}
		})
		return
	}
	s := attached("i-s", v.Zone)
	if phase == books.Attaching {
		s = ours("i-s", v.Zone)
	} else {
		w.Group.Desired++
	}
	w.owes(s.ID, v.ID, s.Zone, phase, time.Minute)
	w.add(s)
	if phase == books.Attaching {
		w.keep(func(k *books.Stored) { k.Pairs[0].Sent = time.Time{} })
	}
	w.says(s.ID, true, true)
	if rng.IntN(3) == 0 {
		w.Group.Desired += rng.IntN(3) - 1
	}
	if rng.IntN(4) == 0 {
		w.keep(func(k *books.Stored) {
			k.Doubt = books.StoredDoubt{More: rng.IntN(3) - 1, Since: noon.Add(-time.Duration(rng.IntN(60)) * time.Second)}
		})
	}
}
