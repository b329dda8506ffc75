package decide

import (
	"testing"
	"time"

	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/ledger"
)

// hears is a trusted notice for an instance.
func (w *World) hears(id, action, source string, ago time.Duration) {
	w.Heard = append(w.Heard, Hint{Kind: HeardTerminating, Instance: id, At: noon.Add(-ago), Action: action, Trusted: true, Source: source})
}

// notices are the ways in which AWS announces that it takes an instance, and what comes between.
var notices = []transcript{
	{"a stop is answered like an end", func(w *World) { w.hears("i-s1", "stop", "EventBridge", 0) },
		"stop by 12:02:00", "do       retire"},
	{"a hibernation gives no two minutes: the group is told at once", func(w *World) { w.hears("i-s1", "hibernate", "EventBridge", 0) },
		"do       retire i-s1 decrement=false", ""},
	{"of several taken at once each gets a replacement of its own", func(w *World) {
		w.add(attached("i-s2", "b"))
		w.Group.Desired = 5
		w.hears("i-s1", "terminate", "EventBridge", 0)
		w.hears("i-s2", "terminate", "EventBridge", 0)
	}, "intent   replace of i-s2 in b", "do       retire"},
	{"a late copy may only bring the end forward", func(w *World) {
		w.doom("i-s1", 30*time.Second)
		w.intends(ledger.Replace, "", "i-s1", "a", 25*time.Second)
		w.hears("i-s1", "terminate", "spotd", 0)
	}, "intent   replace of i-s1", "retire"},
	{"a notice after its replacement was ready attaches that for it", func(w *World) {
		w.Group.Max = 5
		w.doom("i-s1", 40*time.Second)
		w.intends(ledger.Replace, "i-s2", "i-s1", "a", 35*time.Second)
		w.add(ours("i-s2", "a"))
		w.says("i-s2", true, true)
		w.hears("i-s1", "terminate", "EventBridge", 40*time.Second)
	}, "do       attach [i-s2]", "do       launch"},
	{"ready after its own notice attaches nobody", func(w *World) {
		w.intends(ledger.Swap, "i-s2", "i-oda", "a", 2*time.Minute)
		w.add(ours("i-s2", "a"))
		w.doom("i-s2", 10*time.Second)
		w.Heard = []Hint{{Kind: HeardReady, Instance: "i-s2", Trusted: true}}
	}, "do       terminate i-s2", "do       attach"},
	{"a rebalance recommendation is only noted", func(w *World) {
		w.Heard = []Hint{{Kind: HeardRebalance, Instance: "i-s1", Trusted: true}}
	}, "rebalance recommendation noted", "replace of"},
	{"a notice for what is not ours changes nothing", func(w *World) { w.hears("i-oda", "terminate", "EventBridge", 0) },
		"notice ignored: the instance is not ours", "replace of"},
	{"spotd's signed word is enough", func(w *World) { w.hears("i-s1", "terminate", FromSpotd, 0) },
		"replace of i-s1", "notice ignored"},
	{"spotd's signed word is not enough for ever: whoever controls instances makes no loop of launches", func(w *World) {
		w.hears("i-s1", "terminate", FromSpotd, 0)
		for n := range 4 {
			w.Record.Unconfirmed = append(w.Record.Unconfirmed, noon.Add(time.Duration(n-40)*time.Minute))
		}
	}, "notice ignored: only spotd gave it", "replace of i-s1"},
	{"what EC2 says too is believed however often spotd said it", func(w *World) {
		w.hears("i-s1", "terminate", FromSpotd, 0)
		w.at("i-s1").SpotStatus = "instance-terminated-no-capacity"
		for n := range 4 {
			w.Record.Unconfirmed = append(w.Record.Unconfirmed, noon.Add(time.Duration(n-40)*time.Minute))
		}
	}, "replace of i-s1", "notice ignored"},
	{"an hour later spotd is believed again", func(w *World) {
		w.hears("i-s1", "terminate", FromSpotd, 0)
		for n := range 4 {
			w.Record.Unconfirmed = append(w.Record.Unconfirmed, noon.Add(time.Duration(n-70)*time.Minute))
		}
	}, "replace of i-s1", "notice ignored"},
	{"an old read shows a retired one: nothing is launched for it", func(w *World) {
		w.Group.Desired = 3
		w.doom("i-s1", 70*time.Second)
		w.Record.Retired = map[string]time.Time{"i-s1": noon.Add(-2 * time.Second)}
	}, "", "do       launch"},
	{"a doomed replacement goes, and what was launched for it takes the next", func(w *World) {
		w.doom("i-s1", 20*time.Second)
		w.owes("i-s1", "i-oda", "a", books.Attached, 2*time.Minute)
		w.intends(ledger.Replace, "i-s2", "i-s1", "a", 15*time.Second)
		w.add(ours("i-s2", "a"))
	}, "intent   swap of i-oda in a", "replace of i-s1"},
	{"a retirement is not answered when the replacement is doomed: nobody else is retired for it", func(w *World) {
		w.doom("i-s1", 2*time.Second)
		w.owes("i-s1", "i-oda", "a", books.Paying, 5*time.Second)
	}, "debt     i-s1 for i-oda: paying", "do       retire"},
	{"a replacement that the load balancer accepts retires the doomed one", func(w *World) {
		w.Group.LoadBalanced, w.Group.Desired = true, 5
		w.add(attached("i-s2", "a"))
		w.at("i-s2").Balancer = BalancerHealthy
		w.doom("i-s1", 60*time.Second)
		w.owes("i-s2", "i-s1", "a", books.Attached, 20*time.Second)
	}, "do       retire i-s1 decrement=true", ""},
}

func TestEveryNoticeIsAnsweredAsTheProtocolSays(t *testing.T) {
	read(t, "notice ", notices, func() World {
		w := web()
		w.add(attached("i-s1", "a"))
		w.Group.Desired = 4
		return w
	})
}
