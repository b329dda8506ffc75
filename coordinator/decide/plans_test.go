package decide

import (
	"testing"
	"time"

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
		w.owes("i-s1", "i-oda", "a", ledger.Attached, time.Minute)
		w.add(attached("i-s1", "a"))
		w.at("i-s1").Lifecycle = "Pending"
	}, "not retired yet", "do       retire"},
	{"in service, the victim is retired with decrement", func(w *World) {
		w.Group.Desired = 4
		w.owes("i-s1", "i-oda", "a", ledger.Attached, time.Minute)
		w.add(attached("i-s1", "a"))
		w.says("i-s1", true, true)
	}, "do       retire i-oda decrement=true", ""},
	{"a schedule set desired back: never retired", func(w *World) {
		w.owes("i-s1", "i-oda", "a", ledger.Attached, time.Minute)
		w.Record.Desired0 = 3
		w.add(attached("i-s1", "a"))
	}, "not retired: desired is 3 where 4 was due", "do       retire"},
	{"a schedule set desired back: void once it is sure", func(w *World) {
		w.owes("i-s1", "i-oda", "a", ledger.Attached, 2*time.Minute)
		w.Record.Desired0 = 3
		w.Record.Doubt = ledger.Doubt{Desired: 3, Since: noon.Add(-time.Minute)}
		w.add(attached("i-s1", "a"))
	}, "debt void", "do       retire"},
	{"the owner named desired since: void", func(w *World) {
		w.Group.Desired = 4
		w.owes("i-s1", "i-oda", "a", ledger.Attached, 2*time.Minute)
		w.add(attached("i-s1", "a"))
		w.Activities = []Activity{{Kind: Resize, At: noon.Add(-time.Minute), Desired: 4}}
	}, "desired was named since", "do       retire"},
	{"desired is due again after it was not: somebody may have named it", func(w *World) {
		w.Group.Desired = 4
		w.owes("i-s1", "i-oda", "a", ledger.Attached, 2*time.Minute)
		w.Record.Doubt = ledger.Doubt{Desired: 6, Since: noon.Add(-40 * time.Second)}
		w.add(attached("i-s1", "a"))
		w.says("i-s1", true, true)
	}, "why is not known", "do       retire"},
	{"a policy lowered desired just before the attach: the debt is paid", func(w *World) {
		w.Group.Desired = 3
		w.owes("i-s1", "i-oda", "a", ledger.Attached, time.Minute)
		w.Record.Desired0 = 4
		w.Record.Doubt = ledger.Doubt{Desired: 3, Since: noon.Add(-40 * time.Second)}
		w.add(attached("i-s1", "a"))
		w.says("i-s1", true, true)
		w.Activities = []Activity{{Instance: "i-odx", Kind: GroupTook, At: noon.Add(-50 * time.Second), Desired: 2, DesiredAt: noon.Add(-61 * time.Second)}}
	}, "do       retire i-oda decrement=true", "debt void"},
	{"a group that left and has more than its size gets no spot", func(w *World) {
		w.Group.Enabled, w.Group.Desired = false, 2
		w.Group.Tags = nil
		s := attached("i-s1", "a")
		w.add(s)
	}, "", "do       launch"},
	{"the owner named desired in the second of the attach: void", func(w *World) {
		w.Group.Desired = 4
		w.owes("i-s1", "i-oda", "a", ledger.Attached, 2*time.Minute)
		w.Record.Pairs[0].Sent = noon.Add(-59*time.Second + 200*time.Millisecond)
		w.add(attached("i-s1", "a"))
		w.Activities = []Activity{{Kind: Resize, At: noon.Add(-59 * time.Second), Desired: 4}}
	}, "desired was named since", "do       retire"},
	{"desired changed between a pair and its attach: not attached before it is known why", func(w *World) {
		w.Group.Max = 9
		w.owes("i-s1", "i-oda", "a", ledger.Attached, time.Minute)
		w.owes("i-s2", "i-odb", "b", ledger.Attaching, 20*time.Second)
		w.add(attached("i-s1", "a"), ours("i-s2", "b"))
		w.Record.Pairs[1].Sent = time.Time{}
		w.Record.Desired0, w.Group.Desired = 4, 3
		w.says("i-s1", true, true)
		w.says("i-s2", true, true)
	}, "not attached yet: desired is 3 where 5 was due", "do       attach"},
	{"a payment whose answer was lost is found in the activities, though desired has been lower for long", func(w *World) {
		w.owes("i-s1", "i-oda", "a", ledger.Paying, time.Minute)
		w.Record.Desired0, w.Record.Doubt = 3, ledger.Doubt{Desired: 3, Since: noon.Add(-40 * time.Second)}
		w.add(attached("i-s1", "a"))
		w.at("i-oda").Lifecycle = "Terminating:Wait"
		w.Activities = []Activity{{Instance: "i-oda", Kind: UserShrink, At: noon.Add(-50 * time.Second)}}
	}, "is paid", "void"},
	{"a paid victim closes the debt", func(w *World) {
		w.owes("i-s1", "i-oda", "a", ledger.Paying, time.Minute)
		w.Record.Desired0 = 3
		w.add(attached("i-s1", "a"))
		w.at("i-oda").Lifecycle = "Terminating:Wait"
		w.Activities = []Activity{{Instance: "i-oda", Kind: UserShrink, At: noon.Add(-30 * time.Second)}}
	}, "is paid", "do       retire"},
	{"the group replaced the victim: its newcomer is retired", func(w *World) {
		w.Group.Desired = 4
		w.owes("i-s1", "i-oda", "a", ledger.Attached, 10*time.Minute)
		w.add(attached("i-s1", "a"), member("i-new", "a"))
		w.at("i-oda").Lifecycle, w.at("i-oda").State = "Terminating", "shutting-down"
		w.at("i-new").Launched = noon.Add(-6 * time.Minute)
		w.Activities = []Activity{{Instance: "i-oda", Kind: Unhealthy, At: noon.Add(-7 * time.Minute)}}
	}, "do       retire i-new decrement=true", ""},
	{"a victim that left for no known reason voids the debt", func(w *World) {
		w.Group.Desired = 4
		w.owes("i-s1", "i-oda", "a", ledger.Attached, 10*time.Minute)
		w.Record.Pairs[0].Missed = noon.Add(-2 * time.Minute)
		w.Instances = append(w.Instances[1:], attached("i-s1", "a"))
	}, "no activity says why", "do       retire"},
	{"unreadable activities wait", func(w *World) {
		w.Group.Desired = 4
		w.owes("i-s1", "i-oda", "a", ledger.Attached, 10*time.Minute)
		w.Instances, w.Unread = append(w.Instances[1:], attached("i-s1", "a")), true
	}, "could not be read", "do       retire"},
	{"MaxSize is given back once desired fits", func(w *World) {
		w.Group.Max, w.Group.Desired = 4, 3
		w.Record.Lease = &ledger.Lease{Owner: 3, Leased: 4, Tried: []int{4}, Raised: true, At: noon.Add(-time.Minute)}
	}, "do       restore-max 3", ""},
	{"MaxSize changed by its owner is left alone", func(w *World) {
		w.Group.Max, w.Group.Desired = 10, 3
		w.Record.Lease = &ledger.Lease{Owner: 3, Leased: 4, Tried: []int{4}, Raised: true, At: noon.Add(-2 * time.Minute)}
	}, "it is the owner's now", "restore-max"},
	{"a policy took the borrowed room: one on-demand goes first", func(w *World) {
		w.Group.Max, w.Group.Desired = 4, 4
		w.add(member("i-odx", "a"))
		w.Record.Lease = &ledger.Lease{Owner: 3, Leased: 4, Tried: []int{4}, Raised: true, At: noon.Add(-2 * time.Minute)}
	}, "debt      for i-odx", "restore-max"},
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
		w.owes("i-s2", "i-s1", "a", ledger.Attached, 10*time.Second)
	}, "do       retire i-s1 decrement=true", "decrement=false"},
	{"behind no load balancer there is nothing to drain: it serves on", func(w *World) {
		w.Group.Desired = 5
		w.add(attached("i-s1", "a"), attached("i-s2", "a"))
		w.at("i-s2").Lifecycle = "Pending"
		w.doom("i-s1", 76*time.Second)
		w.owes("i-s2", "i-s1", "a", ledger.Attached, 10*time.Second)
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
		w.owes("i-s1", "i-oda", "a", ledger.Attached, time.Minute)
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
		w.Record.Strays = map[string]time.Time{"i-lost": noon.Add(-61 * time.Second)}
	}, "do       terminate i-lost", ""},
	{"what only carries our tag is not ours to end", func(w *World) {
		w.add(ours("i-lost", "a"))
		w.at("i-lost").Ours = false
		w.Record.Strays = map[string]time.Time{"i-lost": noon.Add(-61 * time.Second)}
	}, "", "terminate"},
	{"opted out with a debt open: the replacement goes, its victim stays", func(w *World) {
		w.Group.Enabled, w.Group.Desired = false, 4
		w.owes("i-s1", "i-oda", "a", ledger.Attached, time.Minute)
		w.add(attached("i-s1", "a"))
		w.says("i-s1", true, true)
	}, "do       retire i-s1 decrement=true", "do       launch"},
	{"three failures pause the group", func(w *World) {
		w.Record.Failures, w.Record.PausedUntil = 3, noon.Add(5*time.Minute)
		w.Record.Status.Reason = "no capacity in any of the pools asked"
	}, "paused until", "do       "},
}

func TestPlansReadAsTheProtocol(t *testing.T) { read(t, "", plans, web) }

func TestTheSameWorldGivesTheSamePlan(t *testing.T) {
	t.Parallel()
	for _, c := range plans {
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
