package decide

import (
	"time"

	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/ledger"
	"autospotting/coordinator/market"
)

// unusual are the plans where something is not to be had, or a call was refused or not answered.
var unusual = []transcript{
	{"the market cannot be read: a notice waits for it and uses up no try, and a debt is paid all the same", func(w *World) {
		w.Unpriced, w.Group.Desired, w.Group.Max = "throttled", 5, 8
		w.owes("i-s1", "i-oda", "a", books.Attached, 2*time.Minute)
		w.add(attached("i-s1", "a"), attached("i-s2", "b"))
		w.says("i-s1", true, true)
		w.doom("i-s2", 5*time.Second)
		w.add(attached("i-s3", "c"))
	}, "nothing is launched before the market is read: throttled", "do       launch"},
	{"in one zone spot is no cheaper: another zone's instances are replaced all the same", func(w *World) {
		for _, t := range []string{"m5.large", "m5a.large", "m6i.large", "m6a.large", "r5.large"} {
			w.Catalog.SpotUSD[market.Pool{Type: t, Zone: "a"}] = 0.2
		}
	}, "do       launch i-odb", "do       launch i-oda"},
	{"back to on-demand, which one zone does not offer: another zone's goes first", func(w *World) {
		w.Group.Enabled, w.Instances = false, []Instance{attached("i-s1", "a"), attached("i-s2", "b"), attached("i-s3", "c")}
		w.at("i-s1").Launched = noon.Add(-2 * time.Hour)
		for _, t := range []string{"m5.large", "m5a.large", "m6i.large", "m6a.large", "r5.large"} {
			w.Catalog.Offered[market.Pool{Type: t, Zone: "a"}] = false
		}
	}, "do       launch i-s2 spot=false", "do       launch i-s1"},
	{"a release that was asked for and did not happen is asked for again", func(w *World) {
		w.Instances[0] = attached("i-s1", "a")
		w.doom("i-s1", 115*time.Second)
		n := w.Record.Notices["i-s1"]
		n.Released = noon.Add(-25 * time.Second)
		w.Record.Notices["i-s1"] = n
	}, "do       retire i-s1 decrement=false", ""},
	{"a member in standby is no capacity, and nobody's to replace", func(w *World) {
		w.Group.Desired = 2
		w.at("i-oda").Lifecycle = "Standby"
	}, "do       launch i-odb", "i-oda"},
	{"what was refused is still refused though nothing was read that would say so", func(w *World) {
		w.Glance = true
		w.Instances = []Instance{attached("i-s1", "a"), attached("i-s2", "b"), attached("i-s3", "c")}
		w.Record.Status = ledger.Status{Code: "refused", Reason: "the image is gone"}
	}, "status   refused the image is gone", ""},
	{"no room to attach, though a policy made desired what we would have made it: MaxSize is raised", func(w *World) {
		w.Group.Desired, w.Group.Max = 4, 4
		w.owes("i-s1", "i-oda", "a", books.Attaching, 30*time.Second)
		w.keep(func(k *books.Stored) { k.Pairs[0].Sent, k.Desired0 = time.Time{}, 3 })
		w.add(ours("i-s1", "a"), member("i-odx", "b"))
		w.says("i-s1", true, true)
	}, "do       raise-max 5", "do       attach"},
	{"a replacement died right after its attach was sent: the activities are waited for", func(w *World) {
		w.owes("i-s1", "i-oda", "a", books.Attaching, 5*time.Second)
		w.add(ours("i-s1", "a"))
		w.at("i-s1").State = "terminated"
	}, "debt     i-s1 for i-oda: attaching", "do       attach"},
	{"an attach that was not answered took effect, and its owner took the replacement out again: it is owed", func(w *World) {
		w.Group.Desired, w.Group.Max = 4, 4
		w.owes("i-s1", "i-oda", "a", books.Attaching, 2*time.Minute)
		w.keep(func(k *books.Stored) { k.Desired0 = 3 })
		w.add(ours("i-s1", "a"))
		w.Activities = []Activity{{Instance: "i-s1", Kind: Attach, At: noon.Add(-2 * time.Minute)}}
	}, "debt     i-s1 for i-oda: attached, desired before was 3", "do       attach"},
	{"an attach is given up, and the call that undoes it was not answered: not asked twice", func(w *World) {
		w.owes("i-s1", "i-oda", "a", books.Undoing, 20*time.Second)
		w.keep(func(k *books.Stored) { k.Pairs[0].Asked = noon.Add(-10 * time.Second) })
		w.add(attached("i-s1", "a"))
	}, "", "do       retire"},
	{"an attach is given up, and the replacement leaves: not asked again", func(w *World) {
		w.owes("i-s1", "i-oda", "a", books.Undoing, 5*time.Minute)
		w.keep(func(k *books.Stored) { k.Pairs[0].Asked = noon.Add(-2 * time.Minute) })
		w.add(attached("i-s1", "a"))
		w.at("i-s1").Lifecycle = "Terminating:Wait"
	}, "", "do       retire"},
	{"an attach is given up, and Auto Scaling does not let us ask: what is no member is ended", func(w *World) {
		w.owes("i-s1", "i-oda", "a", books.Undoing, 6*time.Minute)
		w.add(ours("i-s1", "a"))
	}, "do       terminate i-s1", "do       retire"},
	{"an attach that could not be made in time counts as a failure", func(w *World) {
		w.owes("i-s1", "i-oda", "a", books.Attaching, 11*time.Minute)
		w.Record.Failures = 2
		w.add(ours("i-s1", "a"))
	}, "status   paused a replacement could not be attached for 10m0s", "do       launch"},
}
