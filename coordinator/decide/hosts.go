package decide

import (
	"fmt"
	"maps"
	"slices"

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

// emptied tells whether an instance may be ended as far as tasks run on it, and why not. One that has to wait is set DRAINING: its cluster moves its
// tasks. The end of a notice waits for nobody. stead names the debt or the replacement for which a victim goes, in whose place another may go: of those
// one at a time is drained, so that the cluster has room. It is empty for what is to go whatever comes, which gets the time that spot gets.
func (r *run) emptied(id, stead string) (ok bool, why string) {
	i := r.v.Get(id)
	if Drain(r.w) != DrainECS || r.doomed(id) || !i.Live() {
		return true, ""
	}
	c, d, stays := i.Container, r.rec.Drains[id], stead != ""
	r.poll()
	if d.Open() && !d.Set && !d.Owners && c.Status == draining { // the call's answer was lost: its tasks have their time from now on
		d.At, d.Set = r.now(), true
		r.drains(id, d)
	}
	switch {
	case !stays && d.Open() && r.since(d.At) >= drainUnwanted:
		return true, ""
	case !c.Asked, !c.Known() && r.since(i.Launched) < registersFor:
		if !stays && !d.Open() {
			r.drains(id, ledger.Drain{At: r.now()}) // it waits no longer where nobody can be asked
		}
		if !c.Asked {
			return false, "it is to be asked which tasks run on it"
		}
		return false, "it was launched lately, and may still register with its cluster"
	case stays && r.passedOver(id):
		return false, "is passed over: its tasks did not end"
	case stays && d.Open() && d.For != stead:
		return false, "was drained for another replacement, and is to be ACTIVE again first"
	case !c.Known(), c.Status == draining && c.Tasks == 0:
		return true, ""
	case !d.Open():
		if other := r.drained(); stays && other != "" {
			return false, "waits to be drained until " + other + " is, or is ACTIVE again"
		}
		d.At, d.Set, d.For, d.Owners = r.now(), false, stead, c.Status == draining
		r.drains(id, d)
	case stays && r.since(d.At) >= drainFor:
		d.Over = r.now()
		d.Times++
		r.drains(id, d)
		return false, fmt.Sprintf("%d tasks still run on it after %s: it stays, and is passed over for a while", c.Tasks, drainFor)
	}
	if c.Status == "ACTIVE" {
		r.act(Action{Kind: SetDraining, Instance: id, Cluster: c.Cluster, Container: c.ARN, Why: fmt.Sprintf("tasks that run on it: %d; they are moved before it goes", c.Tasks)})
		return false, "is set DRAINING, and goes when no task runs on it"
	}
	return false, fmt.Sprintf("%d tasks still run on it, which is DRAINING", c.Tasks)
}

// draining is the status of a host that takes no tasks, and whose tasks are moved.
const draining = "DRAINING"

func (r *run) drains(id string, d ledger.Drain) {
	if r.rec.Drains == nil {
		r.rec.Drains = map[string]ledger.Drain{}
	}
	r.rec.Drains[id] = d
}

// drained names a host that is DRAINING by our hand and may stay; empty where there is none.
func (r *run) drained() string {
	for _, id := range slices.Sorted(maps.Keys(r.rec.Drains)) {
		if d := r.rec.Drains[id]; d.Draining() && !d.Owners && r.v.Get(id).Live() && !r.goes(id) {
			return id
		}
	}
	return ""
}

// passedOver tells whether the tasks of an instance did not end lately when it was to be retired.
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

// wake sets ACTIVE again whom we set DRAINING and who stays: its replacement died, say, or its tasks did not end. Whom its owner had set DRAINING
// before stays so.
func (r *run) wake() {
	for _, id := range slices.Sorted(maps.Keys(r.rec.Drains)) {
		d := r.rec.Drains[id]
		i, seen := r.v.Instance(id)
		c := i.Container
		switch {
		case seen && (!i.Live() || i.Leaving()), !seen && r.v.Overdue(d.At):
			delete(r.rec.Drains, id)
		case !d.Draining():
			if r.since(d.Over) >= 2*passedAtMost {
				delete(r.rec.Drains, id)
			}
		case r.ends(id):
		case d.Open() && Drain(r.w) == DrainECS && (r.goes(id) || d.For != "" && r.victimFor(id, d.For)):
		case d.Owners, c.Asked && !c.Known():
			r.rec.Drains[id] = d.Awake()
		case !c.Asked:
			r.awaits(id, "was set DRAINING, and is to be ACTIVE again once its cluster can be asked")
			r.poll()
		default:
			r.act(Action{Kind: SetActive, Instance: id, Cluster: c.Cluster, Container: c.ARN, Why: "it stays"})
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
	return Drain(r.w) == DrainECS && it.Purpose.Gradual() && r.since(it.At) >= r.w.Settings.Grace+r.w.Settings.BootLimit+2*drainFor
}
