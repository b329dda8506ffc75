package decide

import (
	"testing"
	"time"

	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/ledger"
	"autospotting/coordinator/settings"
)

// tagged lays tags over the settings of a test world.
func (w *World) tagged(tags map[string]string) {
	s, err := settings.FromTags(w.Settings, tags)
	if err != nil {
		panic(err)
	}
	w.Settings = s
}

// allSpot makes every member one of ours on spot.
func (w *World) allSpot() {
	for i := range w.Instances {
		m := &w.Instances[i]
		m.Spot, m.Ours, m.Nonce, m.Type = true, true, "n-"+m.ID, "m5a.large"
	}
}

// wishes are what owners may ask for, and what is decided.
var wishes = []transcript{
	{"a floor of one leaves the last on-demand instance", func(w *World) {
		w.tagged(map[string]string{"autospotting:keep-on-demand": "1"})
		w.Instances = append(w.Instances[:1], attached("i-s1", "b"), attached("i-s2", "c"))
	}, "1 on-demand of 1 that the owner keeps", "do       "},
	{"a floor counts what is under way", func(w *World) {
		w.tagged(map[string]string{"autospotting:keep-on-demand": "2", "autospotting:swaps-at-once": "3"})
		w.intends(ledger.Swap, "i-s1", "i-oda", "a", time.Minute)
		w.add(ours("i-s1", "a"))
	}, "2 on-demand of 2 that the owner keeps", "do       launch"},
	{"a floor that is raised brings the oldest spot instance back", func(w *World) {
		w.tagged(map[string]string{"autospotting:keep-on-demand": "50%"})
		w.allSpot()
		w.Template.Type = "m5.large"
		w.at("i-odb").Launched = noon.Add(-5 * time.Hour)
	}, "return of i-odb in b", "do       retire"},
	{"the way back is on the owner's own type", func(w *World) {
		w.tagged(map[string]string{"autospotting:keep-on-demand": "1", "autospotting:allowed-instance-types": "r5.*"})
		w.allSpot()
		w.Template.Type = "m5.large"
	}, "spot=false m5.large/a r5.large/a", ""},
	{"a ready return is attached", func(w *World) {
		w.tagged(map[string]string{"autospotting:keep-on-demand": "1"})
		w.allSpot()
		w.intends(ledger.Return, "i-r1", "i-oda", "a", 6*time.Minute)
		w.Record.Intents[0].Launch.Spot = false
		r := ours("i-r1", "a")
		r.Spot, r.Launched = false, noon.Add(-6*time.Minute)
		w.add(r)
	}, "do       attach [i-r1]", "retire"},
	{"a return in service retires its spot instance", func(w *World) {
		w.tagged(map[string]string{"autospotting:keep-on-demand": "1"})
		w.allSpot()
		w.Group.Desired = 4
		w.owes("i-r1", "i-oda", "a", books.Attached, time.Minute)
		w.keep(func(k *books.Stored) { k.Pairs[0].Intent.Purpose, k.Pairs[0].Intent.Launch.Spot = ledger.Return, false })
		r := attached("i-r1", "a")
		r.Spot = false
		w.add(r)
	}, "do       retire i-oda decrement=true", ""},
	{"a floor lowered meanwhile drops the return", func(w *World) {
		w.allSpot()
		w.intends(ledger.Return, "i-r1", "i-oda", "a", 6*time.Minute)
		w.Record.Intents[0].Launch.Spot = false
		r := ours("i-r1", "a")
		r.Spot = false
		w.add(r)
	}, "do       terminate i-r1", "attach"},
	{"a floor raised while a replacement boots drops it", func(w *World) {
		w.tagged(map[string]string{"autospotting:keep-on-demand": "3"})
		w.intends(ledger.Swap, "i-s1", "i-oda", "a", time.Minute)
		w.add(ours("i-s1", "a"))
	}, "do       terminate i-s1", "attach"},
	{"a floor raised while a debt is open retires the replacement itself", func(w *World) {
		w.tagged(map[string]string{"autospotting:keep-on-demand": "3"})
		w.Group.Desired = 4
		w.owes("i-s1", "i-oda", "a", books.Attached, time.Minute)
		w.add(attached("i-s1", "a"))
	}, "do       retire i-s1 decrement=true", "retire i-oda"},
	{"the tag taken away brings spot back", func(w *World) {
		w.Group.Enabled = false
		w.allSpot()
		w.Template.Type = "m5.large"
	}, "return of i-oda in a", "do       retire"},
	{"an interruption on the way back is answered with on-demand", func(w *World) {
		w.Group.Enabled = false
		w.allSpot()
		w.doom("i-oda", 5*time.Second)
	}, "spot=false m5a.large/a", "spot=true"},
	{"the way back ends with nothing of ours", func(w *World) {
		w.Group.Enabled, w.Group.StatusTag, w.Record.Status.Tagged = false, "managed", "managed"
		w.at("i-oda").Ours = true
	}, "do       drop-template", "do       launch"},
	{"a group that left is forgotten", func(w *World) {
		w.Group.Enabled, w.Record.Dropped = false, true
	}, "forget   ", "do       "},
	{"several swaps at once are begun one after the other", func(w *World) {
		w.tagged(map[string]string{"autospotting:swaps-at-once": "3"})
		w.intends(ledger.Swap, "", "i-oda", "a", time.Second)
	}, "swap of i-odb in b", ""},
	{"no more at once than allowed", func(w *World) {
		w.tagged(map[string]string{"autospotting:swaps-at-once": "2"})
		w.intends(ledger.Swap, "", "i-oda", "a", time.Second)
		w.intends(ledger.Swap, "", "i-odb", "b", time.Second)
	}, "", "i-odc"},
	{"of several that are ready only those attach that keep the zones even", func(w *World) {
		w.tagged(map[string]string{"autospotting:swaps-at-once": "3"})
		w.Group.Max = 9
		w.intends(ledger.Swap, "i-s1", "i-oda", "a", 2*time.Minute)
		w.intends(ledger.Swap, "i-s2", "i-odb", "b", 2*time.Minute)
		w.intends(ledger.Swap, "i-s3", "i-odx", "a", 2*time.Minute)
		x := member("i-odx", "a")
		w.add(ours("i-s1", "a"), ours("i-s2", "b"), ours("i-s3", "a"), x)
		w.Group.Desired = 4
		for _, id := range []string{"i-s1", "i-s2", "i-s3"} {
			w.says(id, true, true)
		}
	}, "waits for its turn", "i-s3 i-"},
	{"one bad instance does not keep the others from being attached", func(w *World) {
		w.Group.Max = 9
		for _, id := range []string{"a", "b"} {
			w.owes("i-s"+id, "i-od"+id, id, books.Attaching, 5*time.Second)
			w.add(ours("i-s"+id, id))
		}
		w.keep(func(k *books.Stored) { k.Desired0, k.Pairs[0].Alone, k.Pairs[1].Alone = 3, true, true })
	}, "do       attach [i-sa]", "i-sb]"},
	{"outside the schedule nothing is begun", func(w *World) {
		w.tagged(map[string]string{"autospotting_cron_schedule": "1-5 *"})
	}, "outside the owner's schedule (* 1-5 * * * UTC)", "do       "},
	{"after a fallback spot waits for the dwell", func(w *World) {
		w.Record.Fallback = ledger.Fallback{At: noon.Add(-15 * time.Minute), Times: 2}
	}, "on on-demand for want of spot: tried again at 12:05:00", "do       "},
	{"after the dwell spot is tried again", func(w *World) {
		w.Record.Fallback = ledger.Fallback{At: noon.Add(-21 * time.Minute), Times: 2}
	}, "do       launch", ""},
	{"a scale-out is let be", func(w *World) {
		w.Settings.Grace = 0
		w.at("i-odc").Launched = noon.Add(-time.Minute)
	}, "the group launched an instance less than 2m0s ago", "do       "},
	{"what the load balancer calls unhealthy is no capacity", func(w *World) {
		for _, id := range []string{"i-oda", "i-odb", "i-odc"} {
			w.at(id).Balancer = BalancerHealthy
		}
		w.at("i-odc").Balancer = "unhealthy"
	}, "not now: 2 of 3 in service", "do       "},
	{"a replacement that the load balancer has not accepted retires nobody", func(w *World) {
		w.Group.Desired = 4
		w.owes("i-s1", "i-oda", "a", books.Attached, time.Minute)
		w.add(attached("i-s1", "a"))
		w.at("i-s1").Balancer = "initial"
	}, "not retired yet: 2 in service without it, 3 needed", "do       retire"},
	{"whose protection from termination was not read is no victim yet", func(w *World) {
		w.at("i-oda").Unchecked, w.at("i-oda").Launched = true, noon.Add(-9*time.Hour)
	}, "swap of i-odb", "i-oda in"},
	{"zones that stay out of balance are helped after a while", func(w *World) {
		w.at("i-odb").Zone, w.at("i-odc").Zone = "a", "a"
		w.Record.Uneven = noon.Add(-16 * time.Minute)
	}, "swap of i-oda in b", ""},
	{"nothing is known about a price", func(w *World) { clear(w.Catalog.OnDemandUSD) }, "original's on-demand price unknown", "do       "},
	{"the status tag is written once", func(w *World) { w.Settings.StatusTag = true }, "do       tag-status", ""},
	{"the status tag that somebody took away is not written again", func(w *World) {
		w.Settings.StatusTag, w.Record.Status.Tagged = true, "managed"
	}, "do       launch", "tag-status"},
	{"a swap that lasts half an hour ends a row of failures", func(w *World) {
		w.Record.Failures = 2
		w.Record.Proving = map[string]time.Time{"i-s1": noon.Add(-31 * time.Minute)}
		w.Instances = append(w.Instances[1:], attached("i-s1", "a"))
	}, "do       launch", ""},
}

func TestOwnersWishesReadAsTheDocumentation(t *testing.T) { read(t, "", wishes, web) }

// deficits are groups that cannot launch what they lack.
var deficits = []transcript{
	{"a launch that failed just now is the group's to repeat", func(w *World) {}, "", "do       launch"},
	{"after a minute the deficit is filled with spot, in the emptiest zone", func(w *World) { w.Record.Short = noon.Add(-61 * time.Second) }, "fill of  in c", ""},
	{"a deficit of one is filled once", func(w *World) {
		w.Record.Short = noon.Add(-2 * time.Minute)
		w.intends(ledger.Fill, "", "", "c", 5*time.Second)
	}, "fill of ", "spot=true m5.large/c m5a.large/c"},
	{"what fills is attached as a debt of the group's late newcomer", func(w *World) {
		w.Record.Short = noon.Add(-2 * time.Minute)
		w.intends(ledger.Fill, "i-s1", "", "c", time.Minute)
		w.add(ours("i-s1", "c"))
		w.says("i-s1", true, true)
	}, "do       attach [i-s1]", ""},
	{"the late newcomer is retired", func(w *World) {
		w.Group.Desired = 4
		w.owes("i-s1", "", "c", books.Attached, 5*time.Minute)
		w.keep(func(k *books.Stored) { k.Pairs[0].Intent.Purpose = ledger.Fill })
		late := member("i-late", "c")
		late.Launched = noon.Add(-6 * time.Minute)
		w.add(attached("i-s1", "c"), late)
	}, "do       retire i-late decrement=true", ""},
	{"nothing comes for a quarter of an hour: desired goes back", func(w *World) {
		w.Record.Short = noon.Add(-20 * time.Minute)
		w.Group.Desired = 4
		w.owes("i-s1", "", "c", books.Attached, 16*time.Minute)
		w.keep(func(k *books.Stored) { k.Pairs[0].Intent.Purpose = ledger.Fill })
		w.add(attached("i-s1", "c"))
	}, "do       set-desired 3", "do       retire"},
	{"desired never goes below the owner's minimum for it", func(w *World) {
		w.Record.Short = noon.Add(-20 * time.Minute)
		w.Group.Desired, w.Group.Min = 4, 4
		w.owes("i-s1", "", "c", books.Attached, 16*time.Minute)
		w.keep(func(k *books.Stored) { k.Pairs[0].Intent.Purpose = ledger.Fill })
		w.add(attached("i-s1", "c"))
	}, "", "set-desired"},
}

func TestADeficitThatNobodyFills(t *testing.T) {
	read(t, "", deficits, func() World {
		w := web()
		w.Instances = w.Instances[:2]
		w.Activities = []Activity{{Launching: true, Failed: true, Kind: OtherChange, At: noon.Add(-10 * time.Second)}}
		return w
	})
}
