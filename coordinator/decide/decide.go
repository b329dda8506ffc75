package decide

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"time"

	"autospotting/coordinator/ledger"
	"autospotting/coordinator/market"
)

// The bounds of the protocol.
const (
	noticeLead   = 120 * time.Second // from a notice to the end
	maxDrain     = 45 * time.Second
	leastDrain   = 10 * time.Second
	resendFor    = 60 * time.Second // a launch is re-sent as long as this, then only looked for
	lookFor      = 5 * time.Minute  // a launched instance not seen by then is given up
	staleFor     = 60 * time.Second // a read this long after a write shows the write
	lagFor       = 20 * time.Second // and one within it may still show what was before
	strayFor     = 60 * time.Second // seen so twice this far apart, an unwanted instance goes
	attachFor    = 10 * time.Minute
	marketAgain  = 3 * time.Second // a market that could not be read
	pollEvery    = 10 * time.Second
	keepSaid     = time.Hour
	keepMark     = 24 * time.Hour
	firstAvoid   = 5 * time.Minute // doubling per failure of the same pool
	longestAvoid = 6 * time.Hour
	firstPause   = 5 * time.Minute // after pauseAfter failures in a row, doubling
	longestPause = 6 * time.Hour
	pauseAfter   = 3
	longestDwell = 6 * time.Hour
	lastingSwap  = 30 * time.Minute // a swap that lasts so long ends a row of failures
	shortFor     = time.Minute      // a deficit that the group cannot fill is ours to fill after this long
	fillFor      = 15 * time.Minute // and settled for less where nothing comes
	maxOverrides = 20

	leastBelieved = 3                // notices an hour on spotd's word alone; in a larger group one for each instance
	doubtFor      = 30 * time.Second // a desired capacity that we cannot explain must be read again after this long
	activitySkew  = 2 * time.Second  // between our clock and the activities'
	attachBatch   = 20               // AttachInstances takes no more
	launchBatch   = 10               // launches of one plan: as many as a run's time is enough for, and a record has room for
)

// run is one decision in the making.
type run struct {
	w    World
	rec  ledger.Record
	plan Plan
	byID map[string]Instance
	ids  []string // of byID, in order
	live []Instance
	// refusal is why the group is not served; empty if it is.
	refusal string
	// unexplained says that a victim left, and desired changed, and nothing says why.
	unexplained bool
	// voided says that a debt was given up.
	voided bool
	// offered counts the launches of this plan by the pool that is likeliest to take them.
	offered map[market.Pool]int
	fits    map[string]market.Fit
}

// Decide returns what to do next in the world w. The same world gives the same plan.
func Decide(w World) Plan {
	r := newRun(w)
	r.refusal = Refusal(w)

	r.hear()
	r.forget()
	r.settle()
	r.follow()
	r.answerNotices()
	r.deficit()
	r.attach()
	r.shield()
	r.pay()
	r.returnLease()
	r.swap()
	r.sweep()
	r.status()
	r.leave()
	return r.finish()
}

func newRun(w World) *run {
	r := &run{w: w, rec: w.Record.Clone(), byID: make(map[string]Instance, len(w.Instances)), offered: map[market.Pool]int{}, fits: map[string]market.Fit{}}
	for _, i := range w.Instances {
		r.byID[i.ID] = i
	}
	r.ids = slices.Sorted(maps.Keys(r.byID))
	for _, id := range r.ids {
		if i := r.byID[id]; i.Member && !i.Leaving() && !i.Resting() && i.Live() {
			r.live = append(r.live, i)
		}
	}
	return r
}

func (r *run) finish() Plan {
	r.plan.Record = r.rec
	before, errBefore := r.w.Record.Encode()
	after, errAfter := r.rec.Encode()
	if r.rec.Revision == 0 && !r.w.Group.Enabled && !r.rec.Open() && len(r.plan.Actions) == 0 {
		return r.plan // a group that never opted in leaves no trace
	}
	r.plan.Changed = errBefore != nil || errAfter != nil || !bytes.Equal(before, after)
	return r.plan
}

func (r *run) act(a Action)                    { r.plan.Actions = append(r.plan.Actions, a) }
func (r *run) now() time.Time                  { return r.w.Now }
func (r *run) since(t time.Time) time.Duration { return r.w.Now.Sub(t) }

func (r *run) say(instance, format string, args ...any) {
	r.plan.Why = append(r.plan.Why, Line{instance, fmt.Sprintf(format, args...)})
}

// lookAt asks to decide again at t, exactly. A time that has passed is now: re-checks of one time are one message, so that one of
// a time already looked at would be swallowed.
func (r *run) lookAt(t time.Time) {
	if t.Before(r.now()) {
		t = r.now()
	}
	if r.plan.Look.IsZero() || t.Before(r.plan.Look) {
		r.plan.Look = t
	}
}

// poll asks to decide again at the next slot: slots are shared by all causes, so that re-checks merge.
func (r *run) poll() { r.lookAt(Slot(r.now())) }

// Slot is the next time at which groups are looked at again for whatever reason.
func Slot(now time.Time) time.Time { return now.Truncate(pollEvery).Add(pollEvery) }

// managed tells whether the group is served: enabled, or on its way back to on-demand.
func (r *run) managed() bool {
	return r.w.Group.Found && r.refusal == "" && (r.w.Group.Enabled || r.holdsOurs())
}

// stale tells whether what was read is older than a write of ours; nothing that counts on the group's desired capacity
// is begun on it. Reads need not come in order, so every single one is held against what was answered lately: the group's
// description shows members and desired capacity as of one moment.
func (r *run) stale() bool {
	for id, at := range r.rec.Settling {
		i := r.byID[id]
		detached := r.since(at) < lagFor && i.Lifecycle == "Detaching" // which our call does not make: it may be from before it
		if r.since(at) < staleFor && i.Listed && !i.Leaving() || detached {
			return true
		}
	}
	for _, p := range r.rec.Pairs {
		s := r.byID[p.Intent.Instance]
		if p.Phase == ledger.Undoing || p.Owed() && p.Intent.Instance != "" && !s.Listed && !s.Leaving() && r.since(p.Since) < staleFor && !ended(s) {
			return true
		}
	}
	return false
}

// ended tells whether the instance is known to be gone, so that no later read will list it.
func ended(i Instance) bool { return i.ID != "" && !i.Live() }

func (r *run) notice(id string) (ledger.Notice, bool) {
	n, ok := r.rec.Notices[id]
	return n, ok
}

func (r *run) doomed(id string) bool {
	_, ok := r.rec.Notices[id]
	return ok
}

// release is when a doomed instance is taken out of the group, to have the drain before its end. Behind no load balancer there is
// nothing to drain: it serves for as long as the call that ends it needs.
func (r *run) release(n ledger.Notice) time.Time {
	drain := r.w.Settings.Drain
	if drain <= 0 || drain > maxDrain {
		drain = maxDrain
	}
	if !r.w.Group.LoadBalanced {
		drain = min(drain, leastDrain)
	}
	return n.Deadline.Add(-drain)
}

// victims are the on-demand members that may be retired, oldest first.
func (r *run) victims() []Instance {
	var out []Instance
	for _, id := range r.ids {
		if i := r.byID[id]; r.eligible(i) && !r.isVictim(id) && !r.isReplacement(id) {
			out = append(out, i)
		}
	}
	byAge(out)
	return out
}

// eligible tells whether a member may be retired for a swap: never one that its owner protects, nor one that is
// not in service.
func (r *run) eligible(i Instance) bool {
	return i.Serving() && !i.Spot && !i.Protected && !i.Undeletable && !i.Unchecked && !r.doomed(i.ID) && !r.retired(i.ID)
}

// retired tells whether a debt was paid with the instance, though an old read may still show it in service.
func (r *run) retired(id string) bool {
	_, done := r.rec.Settling[id]
	return done
}

// isVictim tells whether a pair or a launch already stands for the instance.
func (r *run) isVictim(id string) bool {
	if r.hasPair(id) {
		return true
	}
	for _, it := range r.rec.Intents {
		if it.Victim == id && it.Abandoned == "" {
			return true
		}
	}
	return false
}

// newcomer is the newest on-demand member in the zone, or in any zone if there is none, that no pair has yet.
func (r *run) newcomer(zone string) (Instance, bool) {
	all := r.victims()
	slices.Reverse(all)
	for _, i := range all {
		if i.Zone == zone {
			return i, true
		}
	}
	if len(all) > 0 {
		return all[0], true
	}
	return Instance{}, false
}

// up tells whether the application on a serving member may be counted on: in service says only that EC2 is content. What
// spotd has vouched for is up; of others it is known no better than by the grace.
func (r *run) up(i Instance) bool {
	said := r.rec.Said[i.ID]
	return !said.Ready.IsZero() || !said.Started.IsZero() || r.since(i.Launched) >= r.w.Settings.Grace
}

// capacity counts the members in service that AWS is not taking, without the one named.
func (r *run) capacity(without string) int {
	n := 0
	for _, id := range r.ids {
		if i := r.byID[id]; id != without && i.Serving() && r.up(i) && !r.doomed(id) {
			n++
		}
	}
	return n
}

// Idle tells from the group's description and members alone that nothing will be begun: what is there is as its owner wants it,
// nothing is open and nothing was heard. Then neither template nor market need to be read.
func Idle(w World) bool {
	if !w.Group.Found {
		return true
	}
	if w.Record.Open() || len(w.Heard) > 0 || slices.ContainsFunc(w.Instances, taken) {
		return false
	}
	r := newRun(w)
	if !w.Group.Enabled {
		return !r.holdsOurs()
	}
	later, keep := r.onDemandLater(), r.keep()
	return later == keep && len(r.liveMembers()) >= w.Group.Desired && !(r.holdsOurs() && (r.priceLook() || len(w.Record.Settling) > 0))
}

// priceLook tells whether it is time to see what spot costs elsewhere: in a few minutes of every hour, other ones for every group, so
// that a group with nothing to do reads the market once an hour. Right after a swap it is read again: there may be more to move.
func (r *run) priceLook() bool {
	minute := 0
	for _, c := range r.w.Group.Name {
		minute = (minute*31 + int(c)) % 60
	}
	return (r.now().Minute()-minute+60)%60 < 5
}
