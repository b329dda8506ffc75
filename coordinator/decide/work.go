package decide

import (
	"fmt"
	"slices"
	"time"

	"autospotting/coordinator/ledger"
	"autospotting/coordinator/settings"
)

// work is what is known of the work that runs on an instance, and of who drains it: its ECS cluster, or its own spotd. The rules of a drain are the same
// for both.
type work struct {
	unasked  bool   // what runs on it could not be asked
	known    bool   // somebody drains it
	draining bool   // that one was told to
	done     bool   // and says that nothing runs any more
	failed   string // or that it failed to
	runs     string // what is known to run, for people
}

// work is that of an instance, by whoever drains the group's.
func (r *run) work(i Instance) work {
	if Drain(r.w) == DrainCommand {
		_, known := r.rec.CanDrain[i.ID]
		d := r.rec.Drains[i.ID]
		w := work{known: known || d.Asked(), draining: d.Asked() && i.Ask == stamp(d.Until), runs: "its drain handlers still run"}
		w.done = d.Open() && d.Asked() && !d.Done.IsZero() && !d.Failed
		if d.Failed {
			w.failed = "one of its drain handlers failed"
		}
		return w
	}
	c := i.Container
	return work{unasked: !c.Asked, known: c.Known(), draining: c.Status == draining, done: c.Status == draining && c.Tasks == 0,
		runs: fmt.Sprintf("%d tasks still run on it", c.Tasks)}
}

// stamp is how the end of an ask stands in its tag.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// newDrain is the record of a drain that begins now, for whom the instance goes.
func (r *run) newDrain(d ledger.Drain, stead string) ledger.Drain {
	d = d.Awake()
	d.At, d.For = r.now(), stead
	if Drain(r.w) == DrainCommand {
		most := drainFor
		if stead == "" {
			most = drainUnwanted
		}
		d.Until = r.now().Add(most).Truncate(time.Second)
	}
	return d
}

// tell asks whoever drains the instance to do so; false where that is done already, or its cluster has it in no state to be told.
func (r *run) tell(i Instance, d ledger.Drain) bool {
	switch c := i.Container; {
	case d.Asked() && i.Ask != stamp(d.Until):
		r.act(Action{Kind: AskDrain, Instance: i.ID, Text: stamp(d.Until), Why: "its drain handlers run before it goes"})
	case !d.Asked() && c.Status == "ACTIVE":
		r.act(Action{Kind: SetDraining, Instance: i.ID, Cluster: c.Cluster, Container: c.ARN, Why: fmt.Sprintf("tasks that run on it: %d; they are moved before it goes", c.Tasks)})
	default:
		return false
	}
	return true
}

// untell takes that back.
func (r *run) untell(i Instance, d ledger.Drain) {
	if d.Asked() {
		r.act(Action{Kind: AskNoMore, Instance: i.ID, Why: "it stays"})
		return
	}
	r.act(Action{Kind: SetActive, Instance: i.ID, Cluster: i.Container.Cluster, Container: i.Container.ARN, Why: "it stays"})
}

// mostCanDrain is of how many instances it is kept that they can be asked: victims are drained one at a time, and more are heard of as those go.
const mostCanDrain = 200

// hearCanDrain keeps that spotd on an instance can be asked to drain it, also on one that is not ours: its owner has put spotd there.
func (r *run) hearCanDrain(h Hint) {
	i, seen := r.v.Instance(h.Instance)
	_, known := r.rec.CanDrain[h.Instance]
	switch {
	case !h.Trusted || !seen || !i.Live() || !i.Member && !i.Ours:
		r.say(h.Instance, "%s ignored: the instance is not known to be of this group", h.Kind)
		return
	case known:
		return
	case len(r.rec.CanDrain) >= mostCanDrain:
		r.say(h.Instance, "%s not noted: %d are known, and it says so again", h.Kind, len(r.rec.CanDrain))
		return
	case r.rec.CanDrain == nil:
		r.rec.CanDrain = map[string]time.Time{}
	}
	if !r.rec.Drainable {
		r.lookAt(r.now().Add(time.Second)) // what refused the group may do so no more
	}
	r.rec.CanDrain[h.Instance], r.rec.Drainable = r.now(), true
	r.say(h.Instance, "spotd says that it has a drain handler")
}

// hearDrained takes spotd's answer to the ask that is open. One to an earlier ask says nothing of this one.
func (r *run) hearDrained(h Hint) {
	d, open := r.rec.Drains[h.Instance]
	switch {
	case !h.Trusted || !open || !d.Open() || !d.Until.Equal(h.Deadline):
		r.say(h.Instance, "%s ignored: nobody waits for it", h.Kind)
	case d.Done.IsZero():
		d.Done, d.Failed = r.now(), h.Action == SaidFailed
		r.rec.Drains[h.Instance] = d
		if d.Failed {
			r.say(h.Instance, "spotd says that a drain handler failed")
		} else {
			r.say(h.Instance, "spotd says that it is drained")
		}
	}
}

// forgetCanDrain drops who is gone, and closes what was left of an ask that the record knows nothing of.
func (r *run) forgetCanDrain() {
	for id, since := range r.rec.CanDrain {
		if i, seen := r.v.Instance(id); seen && (!i.Live() || i.Leaving()) || !seen && r.v.Overdue(since) {
			delete(r.rec.CanDrain, id)
		}
	}
	if len(r.rec.CanDrain) == 0 {
		r.rec.CanDrain = nil
	}
	for _, id := range r.v.IDs() {
		i := r.v.Get(id)
		if i.Ask == "" {
			continue
		}
		until, err := time.Parse(time.RFC3339, i.Ask)
		if _, known := r.rec.Drains[id]; err == nil && !known && i.Live() && r.since(until) >= registersFor {
			r.drains(id, ledger.Drain{At: r.now(), Set: true, Until: until})
			r.say(id, "is still asked to drain though nobody wants it to")
		}
	}
}

// running are the needs of work that runs, which a command of the owner's drains.
var running = []string{"kubernetes", ecs, "runner", "worker"}

// runsWork tells whether the user data has such a need, for which the owner has not answered.
func runsWork(w World) bool {
	return slices.ContainsFunc(w.Template.Needs, func(n UserNeed) bool {
		return slices.Contains(running, n.Need) && !slices.Contains(w.Settings.Accept, n.Need)
	})
}

// unasked tells whether nobody is known who could be asked to drain a member before it is retired for another. Of spot of ours nothing is asked: AWS takes
// it with two minutes' notice, for which its other handlers are.
func (r *run) unasked(i Instance) bool {
	_, known := r.rec.CanDrain[i.ID]
	return Drain(r.w) == DrainCommand && !known && !i.Spot
}

// mute tells whether nobody will be. One that was launched lately may still say so.
func (r *run) mute(i Instance) bool { return r.unasked(i) && r.since(i.Launched) >= registersFor }

const noneHeard = "no spotd with a drain handler has been heard on "

// unheard refuses a group whose owner wants it drained by a command, and of which nobody was ever heard to have one. Where there is nobody on-demand,
// there is nobody to drain.
func unheard(w World) string {
	if Drain(w) != DrainCommand || w.Record.Drainable {
		return ""
	}
	i := slices.IndexFunc(w.Instances, func(i Instance) bool { return i.Present() && i.Live() && !i.Spot })
	return when(i >= 0, "drain-with is %s, and %sany member of the group", settings.DrainCommand, noneHeard)
}

const installSpotd = "install spotd with a drain handler on the group's instances, with tags enabled in their metadata (docs/spotd.md)"
