package decide

// rule is one step of a decision. Its number is that of docs/protocol.md; comments, transcripts, invariants and mutants cite it.
type rule struct {
	number int
	name   string
	do     func(*run)
	// why says why the rule stands where it does. free marks one that may as well stand after the next.
	why  string
	free bool
}

// rules are applied in this order. A rule reads the view and the books, writes the record, and adds actions to the plan.
var rules = []rule{
	{number: 1, name: "hear", do: (*run).hear, why: "everything after it must know what was heard"},
	{number: 2, name: "forget", do: (*run).forget, why: "what is over must not be acted on; and what was just heard of it goes too"},
	{number: 3, name: "attached", do: (*run).seeAttached, why: "which attaches took effect decides what is owed, on which all after it counts; what is over MaxSize was never attached", free: true},
	{number: 4, name: "over-max allowed", do: (*run).allowed, why: "what is over MaxSize that the owner's MaxSize has room for changes what is due"},
	{number: 5, name: "desired named", do: (*run).overruled, why: "who names desired ends debts, before a doubt about desired is judged"},
	{number: 6, name: "desired read", do: (*run).readDesired, why: "victims are judged on what is due, and a doubt must be known to them"},
	{number: 7, name: "victims", do: (*run).seeVictims, why: "a launch may take a victim only that no debt has"},
	{number: 8, name: "launches", do: (*run).follow, why: "what is launched already is looked at before more is launched"},
	{number: 9, name: "notices", do: (*run).answerNotices, why: "what AWS takes comes before what the group lacks, since only so many launches fit into a plan"},
	{number: 10, name: "deficit", do: (*run).deficit, why: "emergencies are answered before attaches, so that a plan cut short by its deadline launched first"},
	{number: 11, name: "attach", do: (*run).attach, why: "nothing is retired on the world in which an attach was just sent"},
	{number: 12, name: "protect", do: (*run).shield, why: "a replacement is protected before its victim goes, since scale-in may come between"},
	{number: 13, name: "pay", do: (*run).pay, why: "MaxSize is given back only where no retirement is planned"},
	{number: 14, name: "lease", do: (*run).returnLease, why: "nothing gradual begins while a lease is open"},
	{number: 15, name: "return", do: (*run).toOnDemand, why: "what the owner keeps comes before what is cheaper", free: true},
	{number: 16, name: "swap", do: (*run).toSpot, why: "an on-demand instance saves more than a move"},
	{number: 17, name: "move", do: (*run).toCheaper, why: "begun only where neither of the two before has begun anything", free: true},
	{number: 18, name: "sweep", do: (*run).sweep, why: "it must see every launch that is wanted; and what costs money ends before anybody is told"},
	{number: 19, name: "status", do: (*run).status, why: "it tells what was decided; what a group that left is told does not change any more", free: true},
	{number: 20, name: "leave", do: (*run).leave, why: "last: only where nothing else is left to do does the record go"},
}
