package decide

import (
	"time"

	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/ledger"
)

// debts are the plans for a desired capacity and a MaxSize that we raised, and what others do to them meanwhile.
var debts = []transcript{
	{"a schedule set desired back: never retired", func(w *World) {
		w.owes("i-s1", "i-oda", "a", books.Attached, time.Minute)
		w.keep(func(k *books.Stored) { k.Desired0 = 3 })
		w.add(attached("i-s1", "a"))
	}, "not retired: desired is 3 where 4 was due", "do       retire"},
	{"a schedule set desired back: void once it is sure", func(w *World) {
		w.owes("i-s1", "i-oda", "a", books.Attached, 2*time.Minute)
		w.keep(func(k *books.Stored) { k.Desired0 = 3 })
		w.keep(func(k *books.Stored) { k.Doubt = books.StoredDoubt{More: -1, Since: noon.Add(-time.Minute)} })
		w.add(attached("i-s1", "a"))
	}, "debt void", "do       retire"},
	{"the owner named desired since: void", func(w *World) {
		w.Group.Desired = 4
		w.owes("i-s1", "i-oda", "a", books.Attached, 2*time.Minute)
		w.add(attached("i-s1", "a"))
		w.Activities = []Activity{{Kind: Resize, At: noon.Add(-time.Minute), Desired: 4}}
	}, "desired was named since", "do       retire"},
	{"desired is due again after it was not: somebody may have named it", func(w *World) {
		w.Group.Desired = 4
		w.owes("i-s1", "i-oda", "a", books.Attached, 2*time.Minute)
		w.keep(func(k *books.Stored) { k.Doubt = books.StoredDoubt{More: 2, Since: noon.Add(-40 * time.Second)} })
		w.add(attached("i-s1", "a"))
		w.says("i-s1", true, true)
	}, "why is not known", "do       retire"},
	{"the owner named desired between two attaches: the first is void, the second is owed", func(w *World) {
		w.Group.Desired = 2
		w.owes("i-s1", "i-gone", "a", books.Attached, 2*time.Minute)
		w.owes("i-s2", "i-odb", "b", books.Attached, time.Minute)
		w.keep(func(k *books.Stored) {
			k.Desired0, k.Doubt = 3, books.StoredDoubt{More: -3, Since: noon.Add(-10 * time.Second)}
		})
		w.add(attached("i-s1", "a"), attached("i-s2", "b"))
		w.Activities = []Activity{{Instance: "i-gone", Kind: Resize, At: noon.Add(-90 * time.Second), Desired: 1}}
	}, "do       retire i-odb decrement=true", "i-s2 debt void"},
	{"what is to be kept on-demand is still on its way: the last of it is not retired", func(w *World) {
		w.tagged(map[string]string{"autospotting:keep-on-demand": "1"})
		w.Group.Desired, w.Group.Max = 2, 4
		w.Instances = nil
		w.owes("i-s1", "i-oda", "a", books.Attached, time.Minute)
		w.add(member("i-oda", "a"), attached("i-s1", "a"), attached("i-s2", "b"))
		w.says("i-s1", true, true)
		w.intends(ledger.Return, "i-new", "i-s2", "b", 30*time.Second)
		w.keep(func(k *books.Stored) { w.Record.Intents[0].Launch.Spot, k.Desired0 = false, 1 })
		on := ours("i-new", "b")
		on.Spot = false
		w.add(on)
	}, "still to come", "do       retire"},
	{"the owner keeps the victim since and the replacement is gone: another spot instance pays", func(w *World) {
		w.tagged(map[string]string{"autospotting:keep-on-demand": "3"})
		w.Group.Desired = 4
		w.owes("i-gone", "i-oda", "a", books.Attached, 3*time.Minute)
		w.add(attached("i-s2", "b"))
		w.says("i-s2", true, true)
	}, "do       retire i-s2 decrement=true", "retire i-od"},
	{"desired was changed and changed back, and nothing says by whom: void", func(w *World) {
		w.Group.Desired = 4
		w.owes("i-s1", "i-oda", "a", books.Attached, 2*time.Minute)
		w.keep(func(k *books.Stored) { k.Doubt = books.StoredDoubt{Since: noon.Add(-40 * time.Second), Back: true} })
		w.add(attached("i-s1", "a"))
		w.says("i-s1", true, true)
	}, "whose number that is cannot be told", "do       retire"},
	{"what we attach meanwhile does not put what is due in doubt again", func(w *World) {
		w.Group.Desired, w.Group.Max = 5, 6
		w.owes("i-s1", "i-oda", "a", books.Attached, 2*time.Minute)
		w.owes("i-s2", "i-odb", "b", books.Attaching, 5*time.Second)
		w.keep(func(k *books.Stored) { k.Desired0, k.Doubt = 3, books.StoredDoubt{Since: noon.Add(-40 * time.Second)} })
		w.add(attached("i-s1", "a"), attached("i-s2", "b"))
		w.says("i-s1", true, true)
		w.says("i-s2", true, true)
	}, "do       retire i-oda decrement=true", "why is not known"},
	{"a schedule set desired back, and an attach came on top since: only the debt of before is void", func(w *World) {
		w.Group.Desired, w.Group.Max = 4, 6
		w.owes("i-s1", "i-oda", "a", books.Attached, 3*time.Minute)
		w.owes("i-s2", "i-odb", "b", books.Attached, 30*time.Second)
		w.keep(func(k *books.Stored) {
			k.Desired0, k.Doubt = 3, books.StoredDoubt{More: -1, Since: noon.Add(-time.Minute)}
		})
		w.add(attached("i-s1", "a"), attached("i-s2", "b"))
		w.says("i-s1", true, true)
		w.says("i-s2", true, true)
	}, "debt     i-s2 for i-odb: paying, desired before was 3", "i-s2 debt void"},
	{"a new debt begins without the doubts of the last", func(w *World) {
		w.keep(func(k *books.Stored) { k.Doubt = books.StoredDoubt{More: 2, Since: noon.Add(-10 * time.Minute)} })
		w.intends(ledger.Swap, "i-s1", "i-oda", "a", 2*time.Minute)
		w.add(ours("i-s1", "a"))
		w.says("i-s1", true, true)
	}, "do       attach [i-s1]", "why is not known"},
	{"another debt retired the replacement, and an old read still shows it: no payment counts twice", func(w *World) {
		w.Group.Desired = 4
		w.owes("i-s1", "i-oda", "a", books.Attached, 2*time.Minute)
		w.add(attached("i-s1", "a"))
		w.doom("i-s1", 30*time.Second)
		w.Record.Retired = map[string]time.Time{"i-s1": noon.Add(-2 * time.Second)}
	}, "debt     i-s1 for i-oda", "debt     i-s1 for i-s1"},
	{"the group replaced the victim by what the owner keeps: the replacement itself goes", func(w *World) {
		w.tagged(map[string]string{"autospotting:keep-on-demand": "3"})
		w.Group.Desired = 4
		w.owes("i-s1", "i-gone", "a", books.Attached, 2*time.Minute)
		w.add(attached("i-s1", "a"))
		w.says("i-s1", true, true)
		w.Activities = []Activity{{Instance: "i-gone", Kind: Unhealthy, At: noon.Add(-time.Minute)}}
	}, "do       retire i-s1 decrement=true", "retire i-od"},
	{"a policy lowered desired just before the attach: the debt is paid", func(w *World) {
		w.Group.Desired = 3
		w.owes("i-s1", "i-oda", "a", books.Attached, time.Minute)
		w.keep(func(k *books.Stored) { k.Desired0 = 4 })
		w.keep(func(k *books.Stored) { k.Doubt = books.StoredDoubt{More: -2, Since: noon.Add(-40 * time.Second)} })
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
		w.owes("i-s1", "i-oda", "a", books.Attached, 2*time.Minute)
		w.keep(func(k *books.Stored) { k.Pairs[0].Sent = noon.Add(-59*time.Second + 200*time.Millisecond) })
		w.add(attached("i-s1", "a"))
		w.Activities = []Activity{{Kind: Resize, At: noon.Add(-59 * time.Second), Desired: 4}}
	}, "desired was named since", "do       retire"},
	{"desired changed between a pair and its attach: not attached before it is known why", func(w *World) {
		w.Group.Max = 9
		w.owes("i-s1", "i-oda", "a", books.Attached, time.Minute)
		w.owes("i-s2", "i-odb", "b", books.Attaching, 20*time.Second)
		w.add(attached("i-s1", "a"), ours("i-s2", "b"))
		w.keep(func(k *books.Stored) { k.Pairs[1].Sent = time.Time{} })
		w.keep(func(k *books.Stored) { k.Desired0, w.Group.Desired = 4, 3 })
		w.says("i-s1", true, true)
		w.says("i-s2", true, true)
	}, "not attached yet: desired is 3 where 5 was due", "do       attach"},
	{"a payment whose answer was lost is found in the activities, though desired has been lower for long", func(w *World) {
		w.owes("i-s1", "i-oda", "a", books.Paying, time.Minute)
		w.keep(func(k *books.Stored) {
			k.Desired0, k.Doubt = 3, books.StoredDoubt{More: -1, Since: noon.Add(-40 * time.Second)}
		})
		w.add(attached("i-s1", "a"))
		w.at("i-oda").Lifecycle = "Terminating:Wait"
		w.Activities = []Activity{{Instance: "i-oda", Kind: UserShrink, At: noon.Add(-50 * time.Second)}}
	}, "is paid", "void"},
	{"a payment that is found in the activities ends the doubt that it made", func(w *World) {
		w.Group.Max = 5
		w.owes("i-s1", "i-gone", "a", books.Paying, 2*time.Minute)
		w.owes("i-s2", "i-odb", "b", books.Attached, 10*time.Second)
		w.keep(func(k *books.Stored) { k.Desired0, w.Group.Desired = 3, 4 })
		w.keep(func(k *books.Stored) { k.Doubt = books.StoredDoubt{More: -1, Since: noon.Add(-20 * time.Second)} })
		w.add(attached("i-s1", "a"), attached("i-s2", "b"))
		w.says("i-s1", true, true)
		w.says("i-s2", true, true)
		w.Activities = []Activity{{Instance: "i-gone", Kind: UserShrink, At: noon.Add(-50 * time.Second)}}
	}, "do       retire i-odb decrement=true", "why is not known"},
	{"a paid victim closes the debt", func(w *World) {
		w.owes("i-s1", "i-oda", "a", books.Paying, time.Minute)
		w.keep(func(k *books.Stored) { k.Desired0 = 3 })
		w.add(attached("i-s1", "a"))
		w.at("i-oda").Lifecycle = "Terminating:Wait"
		w.Activities = []Activity{{Instance: "i-oda", Kind: UserShrink, At: noon.Add(-30 * time.Second)}}
	}, "is paid", "do       retire"},
	{"the group replaced the victim: its newcomer is retired", func(w *World) {
		w.Group.Desired = 4
		w.owes("i-s1", "i-oda", "a", books.Attached, 10*time.Minute)
		w.add(attached("i-s1", "a"), member("i-new", "a"))
		w.at("i-oda").Lifecycle, w.at("i-oda").State = "Terminating", "shutting-down"
		w.at("i-new").Launched = noon.Add(-6 * time.Minute)
		w.Activities = []Activity{{Instance: "i-oda", Kind: Unhealthy, At: noon.Add(-7 * time.Minute)}}
	}, "do       retire i-new decrement=true", ""},
	{"a victim that left for no known reason voids the debt", func(w *World) {
		w.Group.Desired = 4
		w.owes("i-s1", "i-oda", "a", books.Attached, 10*time.Minute)
		w.keep(func(k *books.Stored) { k.Pairs[0].Missed = noon.Add(-2 * time.Minute) })
		w.Instances = append(w.Instances[1:], attached("i-s1", "a"))
	}, "no activity says why", "do       retire"},
	{"unreadable activities wait", func(w *World) {
		w.Group.Desired = 4
		w.owes("i-s1", "i-oda", "a", books.Attached, 10*time.Minute)
		w.Instances, w.Unread = append(w.Instances[1:], attached("i-s1", "a")), true
	}, "could not be read", "do       retire"},
	{"MaxSize is given back once desired fits", func(w *World) {
		w.Group.Max, w.Group.Desired = 4, 3
		w.keep(func(k *books.Stored) {
			k.Lease = &books.StoredLease{Owner: 3, Leased: 4, Tried: []int{4}, Raised: true, At: noon.Add(-time.Minute)}
		})
	}, "do       restore-max 3", ""},
	{"the activities could not be read, and nothing seems wrong: not retired, since desired may have been named", func(w *World) {
		w.Group.Desired = 4
		w.owes("i-s1", "i-oda", "a", books.Attached, 10*time.Minute)
		w.add(attached("i-s1", "a"))
		w.Unread = true
	}, "the activities could not be read", "do       retire"},
	{"desired is more than is due for long, and the activities could not be read: whose number it is stays open", func(w *World) {
		w.Group.Desired, w.Group.Max = 6, 8
		w.owes("i-s1", "i-oda", "a", books.Attached, 10*time.Minute)
		w.keep(func(k *books.Stored) {
			k.Desired0, k.Doubt = 3, books.StoredDoubt{More: 2, Since: noon.Add(-time.Minute)}
		})
		w.add(attached("i-s1", "a"), member("i-odx", "a"), member("i-ody", "b"))
		w.Unread = true
	}, "debt     i-s1 for i-oda: attached, desired before was 3", "do       retire"},
	{"the owner keeps all that is on-demand, and the only spot instance has its own debt open: waited for", func(w *World) {
		w.tagged(map[string]string{"autospotting:keep-on-demand": "2"})
		w.Group.Desired, w.Group.Max, w.Instances = 4, 6, nil
		w.add(member("i-on", "a"), member("i-odx", "b"), attached("i-s1", "c"), attached("i-s2", "c"))
		w.owes("i-on", "i-gone", "a", books.Attached, 2*time.Minute)
		w.owes("i-s2", "i-s1", "c", books.Attached, time.Minute)
		w.keep(func(k *books.Stored) { k.Pairs[0].Intent.Launch.Spot, k.Pairs[0].Intent.Purpose = false, ledger.Return })
		w.keep(func(k *books.Stored) { k.Pairs[1].Intent.Purpose, k.Desired0 = ledger.Replace, 2 })
		w.doom("i-s1", 30*time.Second)
		w.Activities = []Activity{{Instance: "i-gone", Kind: Unhealthy, At: noon.Add(-time.Minute)}}
	}, "debt     i-on for : attached", "debt     i-on for i-odx"},
	{"what was retired just now may still be counted: MaxSize is not given back on an old read", func(w *World) {
		w.Group.Max, w.Group.Desired = 4, 2
		w.keep(func(k *books.Stored) {
			k.Lease = &books.StoredLease{Owner: 3, Leased: 4, Tried: []int{4}, Raised: true, At: noon.Add(-time.Minute)}
		})
		w.Record.Retired = map[string]time.Time{"i-s1": noon.Add(-time.Second)}
	}, "", "restore-max"},
	{"desired was read as more a moment ago: MaxSize is not given back before it is known which it is", func(w *World) {
		w.Group.Max, w.Group.Desired = 5, 4
		w.owes("i-s1", "i-oda", "a", books.Attached, time.Minute)
		w.keep(func(k *books.Stored) { k.Desired0, k.Doubt = 3, books.StoredDoubt{Since: noon.Add(-10 * time.Second)} })
		w.add(attached("i-s1", "a"))
		w.keep(func(k *books.Stored) {
			k.Lease = &books.StoredLease{Owner: 4, Leased: 5, Tried: []int{5}, Raised: true, At: noon.Add(-time.Minute)}
		})
	}, "why is not known", "restore-max"},
	{"MaxSize changed by its owner is left alone", func(w *World) {
		w.Group.Max, w.Group.Desired = 10, 3
		w.keep(func(k *books.Stored) {
			k.Lease = &books.StoredLease{Owner: 3, Leased: 4, Tried: []int{4}, Raised: true, At: noon.Add(-2 * time.Minute)}
		})
	}, "it is the owner's now", "restore-max"},
	{"MinSize is above the owner's MaxSize as we know it: both were set since, though to our number", func(w *World) {
		w.Group.Min, w.Group.Max, w.Group.Desired = 4, 4, 4
		w.add(member("i-odx", "a"))
		w.keep(func(k *books.Stored) {
			k.Lease = &books.StoredLease{Owner: 3, Leased: 4, Tried: []int{4}, Raised: true, At: noon.Add(-10 * time.Second)}
		})
	}, "it is the owner's now", "debt "},
	{"the owner makes room while a surplus is open, soon after we raised MaxSize: what was surplus stays", func(w *World) {
		w.Group.Max, w.Group.Desired = 9, 4
		w.add(member("i-odx", "a"))
		w.keep(func(k *books.Stored) { k.Desired0 = 3 })
		w.keep(func(k *books.Stored) {
			k.Pairs = []books.StoredDebt{{Victim: "i-odx", Phase: books.Attached, At: noon.Add(-time.Minute), Since: noon.Add(-time.Minute)}}
		})
		w.keep(func(k *books.Stored) {
			k.Lease = &books.StoredLease{Owner: 3, Leased: 5, Tried: []int{4, 5}, Raised: true, At: noon.Add(-40 * time.Second)}
		})
	}, "i-odx stays: MaxSize is the owner's 9", "do       retire"},
	{"the owner set MaxSize to a number that we had tried before: it is the owner's", func(w *World) {
		w.Group.Max, w.Group.Desired = 4, 3
		w.keep(func(k *books.Stored) {
			k.Lease = &books.StoredLease{Owner: 3, Leased: 5, Tried: []int{4, 5}, Raised: true, At: noon.Add(-2 * time.Minute)}
		})
	}, "it is the owner's now", "restore-max"},
	{"a policy took the borrowed room: one on-demand goes first", func(w *World) {
		w.Group.Max, w.Group.Desired = 4, 4
		w.add(member("i-odx", "a"))
		w.keep(func(k *books.Stored) {
			k.Lease = &books.StoredLease{Owner: 3, Leased: 4, Tried: []int{4}, Raised: true, At: noon.Add(-2 * time.Minute)}
		})
	}, "debt      for i-odx", "restore-max"},
	{"a policy took the borrowed room, and the owner keeps what is on-demand: one of ours goes", func(w *World) {
		w.tagged(map[string]string{"autospotting:keep-on-demand": "3"})
		w.Group.Max, w.Group.Desired = 4, 4
		w.add(attached("i-s1", "a"))
		w.keep(func(k *books.Stored) {
			k.Lease = &books.StoredLease{Owner: 3, Leased: 4, Tried: []int{4}, Raised: true, At: noon.Add(-2 * time.Minute)}
		})
	}, "debt      for i-s1", "debt      for i-od"},
	{"a retirement is not answered: MaxSize is not given back", func(w *World) {
		w.Group.Max, w.Group.Desired = 4, 3
		w.owes("i-s1", "i-oda", "a", books.Paying, 5*time.Second)
		w.add(attached("i-s1", "a"))
		w.keep(func(k *books.Stored) {
			k.Lease = &books.StoredLease{Owner: 3, Leased: 4, Tried: []int{4}, Raised: true, At: noon.Add(-time.Minute)}
		})
	}, "not answered", "restore-max"},
	{"a victim left, desired is another, and nothing says why: no debt is paid", func(w *World) {
		w.Group.Desired = 3
		w.owes("i-s1", "i-gone", "a", books.Attached, 5*time.Minute)
		w.owes("i-s2", "i-odb", "b", books.Attached, 5*time.Minute)
		w.keep(func(k *books.Stored) { k.Pairs[0].Missed = noon.Add(-2 * time.Minute) })
		w.keep(func(k *books.Stored) {
			k.Desired0, k.Doubt = 2, books.StoredDoubt{More: -1, Since: noon.Add(-2 * time.Minute)}
		})
		w.add(attached("i-s1", "a"), attached("i-s2", "b"))
		w.says("i-s1", true, true)
		w.says("i-s2", true, true)
	}, "i-s2 debt void", "do       retire"},
	{"the owner makes room for what a policy took: it stays", func(w *World) {
		w.Group.Max, w.Group.Desired = 8, 4
		w.add(member("i-odx", "a"))
		w.keep(func(k *books.Stored) { k.Desired0 = 3 })
		w.keep(func(k *books.Stored) {
			k.Pairs = []books.StoredDebt{{Victim: "i-odx", Phase: books.Attached, At: noon.Add(-time.Minute), Since: noon.Add(-time.Minute)}}
		})
	}, "i-odx stays: MaxSize is the owner's 8", "do       retire"},
}
