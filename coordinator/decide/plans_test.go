package decide

import (
	"slices"
	"testing"
	"time"

	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/ledger"
	"autospotting/coordinator/market"
)

// plans are worlds and what is decided in them; the goldens under testdata/plans read as the protocol's transcript. must
// and mustNot pin what the case is about, so that no rewriting of a golden can lose it.
var plans = []transcript{
	{"a swap begins with the oldest victim in its own zone", func(w *World) { w.at("i-odb").Launched = noon.Add(-9 * time.Hour) },
		"intent   swap of i-odb in b: to be launched", "attach"},
	{"our template is made first", func(w *World) { w.Template.ID, w.Template.Version = "", "" }, "do       make-template", "do       launch"},
	{"without the tag nothing is done", func(w *World) { w.Group.Enabled, w.Record.Revision = false, 0 }, "status   not-enabled", "do       "},
	{"a protected instance is never a victim", func(w *World) {
		for _, id := range []string{"i-oda", "i-odb"} {
			w.at(id).Protected = true
		}
		w.at("i-odc").Undeletable = true
	}, "no on-demand instance is left", "do       "},
	{"unbalanced zones wait", func(w *World) { w.at("i-odb").Zone, w.at("i-odc").Zone = "a", "a" }, "out of balance", "do       "},
	{"a group of one over two zones swaps across", func(w *World) {
		w.Instances = w.Instances[:1]
		w.Group.Min, w.Group.Max, w.Group.Desired = 0, 2, 1
		delete(w.Group.Subnets, "c")
	}, "swap of i-oda in b", ""},
	{"a lost answer re-sends the frozen request", func(w *World) { w.intends(ledger.Swap, "", "i-oda", "a", 30*time.Second) }, "the same request again", ""},
	{"after a minute the launch is only looked for", func(w *World) { w.intends(ledger.Swap, "", "i-oda", "a", 90*time.Second) }, "intent   swap of i-oda", "do       "},
	{"a launch is found by its nonce", func(w *World) {
		w.intends(ledger.Swap, "", "i-oda", "a", 90*time.Second)
		i := ours("i-s1", "a")
		i.Nonce = "n-"
		w.add(i)
	}, "launched as i-s1", "do       "},
	{"a launch never answered is given up", func(w *World) { w.intends(ledger.Swap, "", "i-oda", "a", 6*time.Minute) }, "was never answered", "the same request again"},
	{"hello alone is not ready", func(w *World) {
		w.intends(ledger.Swap, "i-s1", "i-oda", "a", 10*time.Minute)
		w.add(ours("i-s1", "a"))
		w.at("i-s1").Launched = noon.Add(-10 * time.Minute)
		w.says("i-s1", true, false)
	}, "intent   swap of i-oda", "do       "},
	{"ready opens the debt and attaches", func(w *World) {
		w.intends(ledger.Swap, "i-s1", "i-oda", "a", 3*time.Minute)
		w.add(ours("i-s1", "a"))
		w.says("i-s1", true, true)
	}, "do       attach [i-s1]", "retire"},
	{"a mute daemon is believed after the grace", func(w *World) {
		w.intends(ledger.Swap, "i-s1", "i-oda", "a", 6*time.Minute)
		w.add(ours("i-s1", "a"))
		w.at("i-s1").Launched = noon.Add(-6 * time.Minute)
	}, "do       attach [i-s1]", ""},
	{"an unsigned ready changes nothing", func(w *World) {
		w.intends(ledger.Swap, "i-s1", "i-oda", "a", 3*time.Minute)
		w.add(ours("i-s1", "a"))
		w.Heard = []Hint{{Kind: HeardReady, Instance: "i-s1"}}
	}, "signature does not verify", "do       "},
	{"the owner deployed meanwhile", func(w *World) {
		w.intends(ledger.Swap, "i-s1", "i-oda", "a", 3*time.Minute)
		w.add(ours("i-s1", "a"))
		w.says("i-s1", true, true)
		w.Template.Hash = "h2"
	}, "do       terminate i-s1", "do       attach"},
	{"a replacement never ready goes", func(w *World) {
		w.intends(ledger.Swap, "i-s1", "i-oda", "a", 21*time.Minute)
		w.add(ours("i-s1", "a"))
		w.says("i-s1", true, false)
	}, "do       terminate i-s1", "do       attach"},
	{"no room raises MaxSize first", func(w *World) {
		w.Group.Max = 3
		w.intends(ledger.Swap, "i-s1", "i-oda", "a", 3*time.Minute)
		w.add(ours("i-s1", "a"))
		w.says("i-s1", true, true)
	}, "do       raise-max 4", "do       attach"},
	{"retired only when its replacement serves", func(w *World) {
		w.Group.Desired = 4
		w.owes("i-s1", "i-oda", "a", books.Attached, time.Minute)
		w.add(attached("i-s1", "a"))
		w.at("i-s1").Lifecycle = "Pending"
	}, "not retired yet", "do       retire"},
	{"in service, the victim is retired with decrement", func(w *World) {
		w.Group.Desired = 4
		w.owes("i-s1", "i-oda", "a", books.Attached, time.Minute)
		w.add(attached("i-s1", "a"))
		w.says("i-s1", true, true)
	}, "do       retire i-oda decrement=true", ""},
	{"a notice launches at once in the same zone", func(w *World) {
		w.add(attached("i-s1", "a"))
		w.Group.Desired = 4
		w.Heard = []Hint{{Kind: HeardTerminating, Instance: "i-s1", At: noon, Deadline: noon.Add(2 * time.Minute), Action: "terminate", Trusted: true, Source: "spotd"}}
	}, "intent   replace of i-s1 in a", "do       retire"},
	{"the second channel's copy launches nothing more", func(w *World) {
		w.add(attached("i-s1", "a"))
		w.Group.Desired = 4
		w.doom("i-s1", 5*time.Second)
		w.intends(ledger.Replace, "", "i-s1", "a", 70*time.Second)
		w.Heard = []Hint{{Kind: HeardTerminating, Instance: "i-s1", At: noon, Action: "terminate", Trusted: true, Source: "EventBridge"}}
	}, "intent   replace of i-s1", "do       launch"},
	{"no spot in the zone asks all zones", func(w *World) {
		w.add(attached("i-s1", "a"))
		w.Group.Desired = 4
		w.doom("i-s1", 5*time.Second)
		n := w.Record.Notices["i-s1"]
		n.Tries = 1
		w.Record.Notices["i-s1"] = n
	}, "m6i.large/b", ""},
	{"no spot at all buys on-demand, the same type first", func(w *World) {
		w.add(attached("i-s1", "a"))
		w.Group.Desired = 4
		w.doom("i-s1", 5*time.Second)
		n := w.Record.Notices["i-s1"]
		n.Tries = 2
		w.Record.Notices["i-s1"] = n
	}, "spot=false m5a.large/a", ""},
	{"an unsigned notice is believed by the request's status", func(w *World) {
		w.add(attached("i-s1", "a"))
		w.Group.Desired = 4
		w.at("i-s1").SpotStatus = "instance-terminated-no-capacity"
		w.Heard = []Hint{{Kind: HeardTerminating, Instance: "i-s1", At: noon, Action: "terminate", Source: "spotd"}}
	}, "do       launch", ""},
	{"an unsigned notice alone is not", func(w *World) {
		w.add(attached("i-s1", "a"))
		w.Group.Desired = 4
		w.Heard = []Hint{{Kind: HeardTerminating, Instance: "i-s1", At: noon, Action: "terminate", Source: "spotd"}}
	}, "notice ignored", "replace of"},
	{"a doomed instance is not taken out early", func(w *World) {
		w.add(attached("i-s1", "a"))
		w.Group.Desired = 4
		w.doom("i-s1", 60*time.Second)
		w.intends(ledger.Replace, "i-s2", "i-s1", "a", 55*time.Second)
		w.add(ours("i-s2", "a"))
		w.says("i-s2", true, false)
	}, "intent   replace of i-s1", "do       retire"},
	{"spot that has become dear is moved to where it is cheaper", func(w *World) {
		w.allSpot()
		w.Catalog.SpotUSD[market.Pool{Type: "m5a.large", Zone: "b"}] = 0.050
	}, "do       launch i-odb", "do       retire"},
	{"spot that has become a little dearer stays", func(w *World) {
		w.allSpot()
		w.Catalog.SpotUSD[market.Pool{Type: "m5a.large", Zone: "b"}] = 0.038
	}, "", "do       launch"},
	{"spot that was launched lately stays", func(w *World) {
		w.allSpot()
		w.at("i-odb").Launched = noon.Add(-10 * time.Minute)
		w.Catalog.SpotUSD[market.Pool{Type: "m5a.large", Zone: "b"}] = 0.050
	}, "", "do       launch"},
	{"its end near and nothing attached, the group replaces it", func(w *World) {
		w.Group.LoadBalanced = true
		w.add(attached("i-s1", "a"))
		w.Group.Desired = 4
		w.doom("i-s1", 76*time.Second)
		w.intends(ledger.Replace, "i-s2", "i-s1", "a", 70*time.Second)
		w.add(ours("i-s2", "a"))
		w.says("i-s2", true, false)
	}, "do       retire i-s1 decrement=false", ""},
	{"its end near and the replacement attached, it is retired though that is not yet healthy", func(w *World) {
		w.Group.LoadBalanced = true
		w.Group.Desired = 5
		w.add(attached("i-s1", "a"), attached("i-s2", "a"))
		w.at("i-s2").Lifecycle = "Pending"
		w.doom("i-s1", 76*time.Second)
		w.owes("i-s2", "i-s1", "a", books.Attached, 10*time.Second)
	}, "do       retire i-s1 decrement=true", "decrement=false"},
	{"behind no load balancer there is nothing to drain: it serves on", func(w *World) {
		w.Group.Desired = 5
		w.add(attached("i-s1", "a"), attached("i-s2", "a"))
		w.at("i-s2").Lifecycle = "Pending"
		w.doom("i-s1", 76*time.Second)
		w.owes("i-s2", "i-s1", "a", books.Attached, 10*time.Second)
	}, "not retired yet", "do       retire"},
	{"ten seconds before its end it goes even so", func(w *World) {
		w.add(attached("i-s1", "a"))
		w.Group.Desired = 4
		w.doom("i-s1", 111*time.Second)
		w.intends(ledger.Replace, "i-s2", "i-s1", "a", 70*time.Second)
		w.add(ours("i-s2", "a"))
		w.says("i-s2", true, false)
	}, "do       retire i-s1 decrement=false", ""},
	{"AWS takes a replacement whose victim still serves", func(w *World) {
		w.Group.Desired = 4
		w.add(attached("i-s1", "a"))
		w.doom("i-s1", 5*time.Second)
		w.owes("i-s1", "i-oda", "a", books.Attached, time.Minute)
	}, "do       retire i-s1 decrement=true", "retire i-oda"},
	{"AWS takes a replacement before it is attached", func(w *World) {
		w.intends(ledger.Swap, "i-s1", "i-oda", "a", time.Minute)
		w.add(ours("i-s1", "a"))
		w.doom("i-s1", 5*time.Second)
	}, "do       terminate i-s1", "do       attach"},
	{"a late replacement takes the group's own newcomer as its victim", func(w *World) {
		w.intends(ledger.Replace, "i-s2", "i-s1", "a", 3*time.Minute)
		w.add(ours("i-s2", "a"), member("i-new", "a"))
		w.Group.Desired = 4
		w.at("i-new").Launched = noon.Add(-time.Minute)
		w.says("i-s2", true, true)
	}, "in the place of i-new", ""},
	{"a late replacement does not take whom the owner keeps on-demand while the group's own newcomer is still to come", func(w *World) {
		w.intends(ledger.Replace, "i-s2", "i-s1", "a", 3*time.Minute)
		w.add(ours("i-s2", "a"))
		w.Group.Desired, w.Settings.KeepOnDemand.Count = 4, 3
		w.says("i-s2", true, true)
	}, "to be attached", "is to be replaced instead"},
	{"a stray is seen twice before it goes", func(w *World) { w.add(ours("i-lost", "a")) }, "wanted by nothing", "do       terminate"},
	{"a stray seen a minute ago goes", func(w *World) {
		w.add(ours("i-lost", "a"))
		w.Record.Orphans = map[string]time.Time{"i-lost": noon.Add(-61 * time.Second)}
	}, "do       terminate i-lost", ""},
	{"what only carries our tag is not ours to end", func(w *World) {
		w.add(ours("i-lost", "a"))
		w.at("i-lost").Ours = false
		w.Record.Orphans = map[string]time.Time{"i-lost": noon.Add(-61 * time.Second)}
	}, "", "terminate"},
	{"opted out with a debt open: the replacement goes, its victim stays", func(w *World) {
		w.Group.Enabled, w.Group.Desired = false, 4
		w.owes("i-s1", "i-oda", "a", books.Attached, time.Minute)
		w.add(attached("i-s1", "a"))
		w.says("i-s1", true, true)
	}, "do       retire i-s1 decrement=true", "do       launch"},
	{"three failures pause the group", func(w *World) {
		w.Record.Failures, w.Record.PausedUntil = 3, noon.Add(5*time.Minute)
		w.Record.Cause = "no capacity in any of the pools asked"
	}, "paused until", "do       "},
}

func TestPlansReadAsTheProtocol(t *testing.T) { read(t, "", slices.Concat(plans, unusual, debts), web) }

func TestTheSameWorldGivesTheSamePlan(t *testing.T) {
	t.Parallel()
	for _, c := range slices.Concat(plans, unusual, debts) {
		w := web()
		c.world(&w)
		before, _ := w.Record.Encode()
		first := render(Decide(w))
		for range 5 {
			if again := render(Decide(w)); again != first {
				t.Fatalf("%s: two plans for one world:\n%s\n%s", c.name, first, again)
			}
		}
		if after, _ := w.Record.Encode(); string(after) != string(before) {
			t.Errorf("%s: deciding changed the world's own record", c.name)
		}
	}
}

func TestEveryLaunchHasATokenOfItsOwn(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for minute := range 5 { // a lost record counts everything anew, while tokens live for a day
		w := web()
		w.Now = noon.Add(time.Duration(minute) * time.Minute)
		w.Record = ledger.Record{Group: "web"}
		for _, a := range Decide(w).Actions {
			if a.Kind == LaunchOne {
				seen[a.Launch.Nonce] = true
				if a.Launch.Tags[TagLaunch] != a.Launch.Nonce || a.Launch.Tags[TagGroup] != "web" {
					t.Errorf("tags %v do not name the launch", a.Launch.Tags)
				}
			}
		}
	}
	if len(seen) != 5 {
		t.Errorf("%d tokens for five launches", len(seen))
	}
}
