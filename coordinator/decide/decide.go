package decide

import (
	"fmt"
	"slices"
	"time"

	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/decide/view"
	"autospotting/coordinator/ledger"
	"autospotting/coordinator/market"
)

// The bounds of the protocol. How old reads may be is the view's to know.
const (
	noticeLead   = 120 * time.Second // from a notice to the end
	maxDrain     = 45 * time.Second
	leastDrain   = 10 * time.Second
	resendFor    = 60 * time.Second // a launch is re-sent as long as this, then only looked for
	resendAtMost = 3 * time.Minute  // and as long as a notice lasts for who has one
	orphanFor    = 60 * time.Second // seen so twice this far apart, an unwanted instance goes
	attachFor    = 10 * time.Minute
	marketAgain  = 3 * time.Second // a market that could not be read
	pollEvery    = 10 * time.Second
	restEvery    = time.Minute
	keepSaid     = time.Hour
	keepMark     = 24 * time.Hour
	firstAvoid   = 5 * time.Minute // doubling per failure of the same pool
	longestAvoid = 6 * time.Hour
	// firstAvoidType is for a type that the template cannot be launched on: nothing passes by itself.
	firstAvoidType   = time.Hour
	longestAvoidType = 24 * time.Hour
	soonSplit        = 2               // with one culprit no more are needed: beyond them a notice climbs its ladder as well
	mostSplits       = 6               // failed requests in a row that are split before it counts as the template's fault
	firstPause       = 5 * time.Minute // after pauseAfter failures in a row, doubling
	longestPause     = 6 * time.Hour
	pauseAfter       = 3
	longestDwell     = 6 * time.Hour
	lastingSwap      = 30 * time.Minute // a swap that lasts so long ends a row of failures
	shortFor         = time.Minute      // a deficit that the group cannot fill is ours to fill after this long
	fillPause        = 15 * time.Minute // the longest pause between two tries to fill it
	fillFor          = 15 * time.Minute // and settled for less where nothing comes
	maxOverrides     = 20

	leastBelieved = 3   // notices an hour on spotd's word alone; in a larger group one for each instance
	retireBatch   = 10  // retirements of one plan, called side by side
	attachBatch   = 20  // AttachInstances takes no more
	mostTogether  = 100 // instances of one request: the record has to have room for them
	launchBatch   = 10  // launches of one plan: as many as a run's time is enough for, and a record has room for
)

// run is one decision in the making.
type run struct {
	w    World
	v    *view.View
	rec  ledger.Record
	b    *books.Books // rec's
	plan Plan
	// rung is what the group's state allows, and refusal why it is not served; empty if it is.
	rung    Rung
	refusal string
	// voided says that a debt was given up.
	voided bool
	// begins remembers whether something gradual may be begun, once that was asked.
	begins *bool
	// waitsFor is what is waited for, as it was said first.
	waitsFor string
	// takes is how many bytes the record will take, once that was asked; full says that something waits for room in it.
	takes *int
	full  string
	// booting counts the launches of which nothing is to be done before they are further.
	booting int
	// begun says that something gradual was begun, or has its reason to wait.
	begun bool
	// held counts the spot instances of each pool, once that was asked, and the launches of this plan by the pool that is likeliest to take them.
	held market.Holding
	fits map[string]market.Fit
}

// Decide returns what to do next in the world w. The same world gives the same plan. On a world of which something was read before, nothing gradual is
// done: the plan asks for fresh reads, and holds what cannot wait for them.
func Decide(w World) Plan {
	p := decide(w, rules)
	if len(w.Cached) == 0 || !slices.ContainsFunc(p.Actions, p.gradual) {
		return p
	}
	if slices.ContainsFunc(p.Actions, p.urgent) {
		w.hold = true
		p = decide(w, rules)
		p.Fresh = true
		return p
	}
	return Plan{Record: w.Record, Fresh: true}
}

// gradual tells of an action whether it can wait for fresh reads, and must not be done without.
func (p Plan) gradual(a Action) bool {
	switch a.Kind {
	case Retire:
		_, doomed := p.Record.Notices[a.Instance]
		return !doomed
	case Terminate:
		return true
	}
	return p.launches(a, true)
}

// urgent tells whether somebody waits for what an action launches or attaches, or AWS takes whom it retires.
func (p Plan) urgent(a Action) bool { return a.Kind == Retire && !p.gradual(a) || p.launches(a, false) }

// launches tells of an action whether it launches or attaches what is launched so.
func (p Plan) launches(a Action, gradual bool) bool {
	switch a.Kind {
	case LaunchOne:
		return slices.ContainsFunc(p.Record.Intents, func(it ledger.Intent) bool {
			return it.Launch.Nonce == a.Launch.Nonce && it.Purpose.Gradual() == gradual
		})
	case AttachSome:
		return slices.ContainsFunc(a.Instances, func(id string) bool {
			d, _ := p.Record.Books.Debt(id)
			_, doomed := p.Record.Notices[d.Victim]
			return (d.Replacement.Purpose.Gradual() && !doomed) == gradual
		})
	}
	return false
}

func decide(w World, rules []rule) Plan {
	r := newRun(w)
	r.rung, r.refusal = rungOf(w)
	for _, rule := range rules {
		rule.do(r)
	}
	return r.finish()
}

func newRun(w World) *run {
	r := &run{w: w, rec: w.Record.Clone(), fits: map[string]market.Fit{}}
	r.b = &r.rec.Books
	r.v = view.Of(w.Now, view.Reads{Group: w.Group, Instances: w.Instances, Activities: w.Activities, Unread: w.Unread}, &r.rec)
	return r
}

func (r *run) finish() Plan {
	r.calm()
	r.plan.Record = r.rec
	if r.rec.Revision == 0 && !r.w.Group.Enabled && !r.rec.Open() && len(r.plan.Actions) == 0 {
		return r.plan // a group that never opted in leaves no trace
	}
	r.plan.Changed = !r.rec.Same(r.w.Record)
	return r.plan
}

func (r *run) act(a Action)                    { r.plan.Actions = append(r.plan.Actions, a) }
func (r *run) now() time.Time                  { return r.w.Now }
func (r *run) since(t time.Time) time.Duration { return r.w.Now.Sub(t) }

func (r *run) say(instance, format string, args ...any) {
	r.plan.Why = append(r.plan.Why, Line{Instance: instance, Text: fmt.Sprintf(format, args...)})
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

// rest asks to decide again within a minute, though what is waited for comes with a message of its own: one may be lost.
func (r *run) rest() { r.lookAt(r.now().Truncate(restEvery).Add(restEvery)) }

// Slot is the next time at which groups are looked at again for whatever reason.
func Slot(now time.Time) time.Time { return now.Truncate(pollEvery).Add(pollEvery) }

// may tells whether the group stands on that rung or above: it is opted in, or on its way back to on-demand, and nothing forbids it.
func (r *run) may(rung Rung) bool {
	return r.w.Group.Found && r.rung >= rung && (r.w.Group.Enabled || r.holdsOurs())
}

// wanted is the rung that a launch for that purpose needs.
func wanted(p ledger.Purpose) Rung {
	if p.Gradual() {
		return Serve
	}
	return Answer
}

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

// Idle tells from the group's description and members alone that nothing will be begun: what is there is as its owner wants it,
// nothing is open and nothing was heard. Then neither template nor market need to be read.
func Idle(w World) bool {
	if !w.Group.Found {
		return true
	}
	if w.Record.Open() || len(w.Heard) > 0 || Vanished(w) || slices.ContainsFunc(w.Instances, noticed) {
		return false
	}
	r := newRun(w)
	if !w.Group.Enabled {
		return !r.holdsOurs()
	}
	later, keep := r.onDemandLater(), r.keep()
	return later == keep && len(r.v.Live()) >= w.Group.Desired && !(r.holdsOurs() && (r.priceLook() || len(w.Record.Retired) > 0))
}

// priceLook tells whether it is time to see what spot costs elsewhere. Right after a swap it is read again: there may be more to move.
func (r *run) priceLook() bool { return PricesDue(r.w.Group.Name, r.now()) }
