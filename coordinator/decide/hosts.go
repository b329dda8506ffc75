package decide

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/ledger"
)

// mostHosts is about how many hosts more is asked than those of whom something is decided: enough to know whether the cluster can be asked.
const mostHosts = 20

// Hosts are the instances of which is asked what runs on them: those that are on their way out and their replacements; and where there are none, some of
// those that may be next, so that nothing is begun that could not be ended.
func Hosts(w World) []string {
	ids := map[string]bool{}
	for id, d := range w.Record.Drains {
		ids[id] = d.Draining()
	}
	for _, it := range w.Record.Intents {
		ids[it.Victim], ids[it.Instance] = true, true
	}
	for d := range w.Record.Books.All() {
		ids[d.Victim], ids[d.Replacement.Instance] = true, true
	}
	for id := range w.Record.Watched {
		ids[id] = true
	}
	for id := range w.Record.Orphans {
		ids[id] = true
	}
	var out, next []string
	for _, i := range w.Instances {
		switch nonce := i.Nonce != "" && slices.ContainsFunc(w.Record.Intents, func(it ledger.Intent) bool { return it.Launch.Nonce == i.Nonce }); {
		case !i.Live():
		case ids[i.ID], nonce:
			out = append(out, i.ID)
		case i.Member && len(next) < mostHosts:
			next = append(next, i.ID)
		}
	}
	if len(out) == 0 {
		out = next
	}
	slices.Sort(out)
	return out
}

// emptied tells whether an instance may be ended as far as work runs on it, and why not. One that has to wait is drained: its cluster moves its tasks, or
// its spotd runs its drain handlers. The end of a notice waits for nobody. stead names the debt or the replacement for which a victim goes, in whose place
// another may go: of those one at a time is drained, so that there is room for its work. It is empty for what is to go whatever comes, which gets the
// time that spot gets.
func (r *run) emptied(id, stead string) (ok bool, why string) {
	i := r.v.Get(id)
	if !awaitsWork(r.w) || r.doomed(id) || !i.Live() {
		return true, ""
	}
	if d := r.rec.Drains[id]; d.Draining() && d.Asked() != (Drain(r.w) == DrainCommand) {
		return false, "was drained in another way, and that is to be taken back first"
	}
	w, d, stays := r.work(i), r.rec.Drains[id], stead != ""
	r.poll()
	if d.Open() && !d.Set && !d.Owners && w.draining { // the call's answer was lost: its work has its time from now on
		d.At, d.Set = r.now(), true
		r.drains(id, d)
	}
	switch ok, why, decided := r.unknowable(i, w, d, stead); {
	case decided:
		return ok, why
	case !d.Open():
		if other := r.drained(); stays && other != "" {
			return false, "waits to be drained until " + other + " is, or takes work again"
		}
		owners := w.draining && !d.Asked()
		d = r.newDrain(d, stead)
		d.Owners = owners
		r.drains(id, d)
	case stays && (w.failed != "" || r.since(d.At) >= drainFor):
		d.Over = r.now()
		d.Times++
		r.drains(id, d)
		return false, fmt.Sprintf("%s after %s: it stays, and is passed over for a while", cmp.Or(w.failed, w.runs), r.since(d.At).Round(time.Second))
	}
	if r.tell(i, d) {
		return false, "is to be drained, and goes when no work runs on it"
	}
	return false, w.runs + ", and it is being drained"
}

// unknowable settles the question for who cannot be drained, or is; decided is false where the drain is to go on.
func (r *run) unknowable(i Instance, w work, d ledger.Drain, stead string) (ok bool, why string, decided bool) {
	stays := stead != ""
	switch {
	case !stays && d.Open() && r.since(d.At) >= drainUnwanted:
		return true, "", true
	case !w.known && Drain(r.w) == DrainCommand:
		return !stays || i.Spot, noneHeard + "it", true
	case w.unasked, !w.known && r.since(i.Launched) < registersFor:
		if !stays && !d.Open() {
			r.drains(i.ID, r.newDrain(d, "")) // it waits no longer where nobody can be asked
		}
		if w.unasked {
			return false, "it is to be asked which tasks run on it", true
		}
		return false, "it was launched lately, and may still register with its cluster", true
	case stays && r.passedOver(i.ID):
		return false, "is passed over: its work did not end", true
	case stays && d.Open() && d.For != stead:
		return false, "was drained for another replacement, and that is to be taken back first", true
	case !w.known, w.done:
		return true, "", true
	}
	return false, "", false
}

// draining is the status of a host that takes no tasks, and whose tasks are moved.
const draining = "DRAINING"

func (r *run) drains(id string, d ledger.Drain) {
	if r.rec.Drains == nil {
		r.rec.Drains = map[string]ledger.Drain{}
	}
	r.rec.Drains[id] = d
}

// drained names an instance that is drained by our hand and may stay; empty where there is none.
func (r *run) drained() string {
	for _, id := range slices.Sorted(maps.Keys(r.rec.Drains)) {
		if d := r.rec.Drains[id]; d.Draining() && !d.Owners && r.v.Get(id).Live() && !r.goes(id) {
			return id
		}
	}
	return ""
}

// passedOver tells whether the work on an instance did not end lately when it was to be retired.
func (r *run) passedOver(id string) bool {
	d, known := r.rec.Drains[id]
	return known && d.Times > 0 && r.since(d.Over) < doubled(passedFor, d.Times-1, passedAtMost)
}

// victimFor tells whether the instance goes for the debt or the replacement of that name.
func (r *run) victimFor(id, stead string) bool {
	d, _ := r.b.Debt(stead)
	return d.Victim == id || slices.ContainsFunc(r.rec.Intents, func(it ledger.Intent) bool { return it.Instance == stead && it.Victim == id && it.Abandoned == "" })
}

// goes tells whether the instance is on its way out whatever comes.
func (r *run) goes(id string) bool {
	d, replaces := r.b.Debt(id)
	_, orphan := r.rec.Orphans[id]
	return r.doomed(id) || r.v.Retired(id) || orphan || replaces && (d.Phase == books.Undoing || d.Kind == books.Reversal) || r.rec.Watched[id].Failed ||
		slices.ContainsFunc(r.rec.Intents, func(it ledger.Intent) bool { return it.Instance == id && it.Abandoned != "" })
}

// wake has those take work again that we drained and who stay: the replacement died, say, or the work did not end. Whom its owner had set DRAINING
// before stays so.
func (r *run) wake() {
	for _, id := range slices.Sorted(maps.Keys(r.rec.Drains)) {
		d := r.rec.Drains[id]
		i, seen := r.v.Instance(id)
		c := i.Container
		switch {
		case seen && (!i.Live() || i.Leaving()), r.v.Retired(id), !seen && r.v.Overdue(d.At):
			delete(r.rec.Drains, id)
		case !d.Draining():
			if r.since(d.Over) >= 2*passedAtMost {
				delete(r.rec.Drains, id)
			}
		case r.ends(id):
		case d.Open() && awaitsWork(r.w) && d.Asked() == (Drain(r.w) == DrainCommand) && (r.goes(id) || d.For != "" && r.victimFor(id, d.For)):
		case d.Owners, !d.Asked() && c.Asked && !c.Known():
			r.rec.Drains[id] = d.Awake()
		case !d.Asked() && !c.Asked:
			r.awaits(id, "was set DRAINING, and is to be ACTIVE again once its cluster can be asked")
			r.poll()
		default:
			r.untell(i, d)
			r.poll()
		}
	}
	forgetAwake(&r.rec)
}

// forgetAwake drops hosts of which nothing is left to be remembered.
func forgetAwake(rec *ledger.Record) {
	maps.DeleteFunc(rec.Drains, func(_ string, d ledger.Drain) bool { return d == ledger.Drain{} })
	if len(rec.Drains) == 0 {
		rec.Drains = nil
	}
}

// ends tells whether the plan ends the instance.
func (r *run) ends(id string) bool {
	return slices.ContainsFunc(r.plan.Actions, func(a Action) bool { return a.Instance == id && (a.Kind == Retire || a.Kind == Terminate) })
}

// registered tells whether the cluster knows a replacement, so that tasks can move to it. It says nothing where nobody is drained, or the cluster
// cannot be asked.
func (r *run) registered(s Instance) bool {
	c := s.Container
	return Drain(r.w) != DrainECS || r.w.missing(ReadContainers) || c.Known() && c.Connected && c.Status == "ACTIVE"
}

// drainsLast tells whether the replacement has waited so long for victims to be drained, one after the other, that it goes.
func (r *run) drainsLast(it *ledger.Intent) bool {
	return awaitsWork(r.w) && it.Purpose.Gradual() && r.since(it.At) >= r.w.Settings.Grace+r.w.Settings.BootLimit+2*drainFor
}
