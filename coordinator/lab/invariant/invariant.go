// Package invariant watches a simulation and says where a promise was broken. It knows the cloud's truth, which the
// coordinator does not, and the ledger, and nothing of how decisions are made: it shares no code with them.
package invariant

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"autospotting/coordinator/ledger"
	"autospotting/pkg/cloudsim"
)

// The tags as they are written on instances and groups. They are spelled out here: a checker that takes them from the code that it
// checks would follow a mistake in them.
const (
	tagGroup   = "autospotting-group"
	tagLaunch  = "autospotting-launch"
	tagEnabled = "spot-enabled"
)

// Violation is one broken promise.
type Violation struct {
	At        time.Time
	Invariant string // its short name
	Text      string
}

func (v Violation) String() string {
	return v.At.UTC().Format(time.TimeOnly) + " " + v.Invariant + ": " + v.Text
}

// The invariants, by the names that reports use.
const (
	Capacity  = "capacity"       // no action of ours lowers ready capacity below what the owner wants
	Debt      = "debt"           // desired is raised by the open debts and by nothing else
	MaxSize   = "max-size"       // MaxSize is the owner's, or the recorded lease; MinSize is never ours to set
	OnePer    = "one-per-intent" // at most one live instance for each launch, at most one launch for each victim
	Leak      = "leak"           // every live instance of ours is a member, wanted, or gone within its bound
	Untouched = "untouched"      // nothing that is not ours to touch is touched
	Floor     = "floor"          // as many stay on-demand as the owner keeps
	Balance   = "balance"        // zones stay as balanced as they were
	Loops     = "loops"          // launches that bring nothing are tried ever more seldom
	Prompt    = "prompt"         // on a calm day, what can be done is done at once
)

// unwantedFor is how long an instance that nothing wants may live: to be found by a tick, seen twice, and ended.
const unwantedFor = 12 * time.Minute

// roundTrip is the longest from a read to the call that rests on it.
const roundTrip = 2 * time.Second

// Checker watches one group.
type Checker struct {
	cloud  *cloudsim.Cloud
	group  string
	ours   func(session string) bool
	record func() (ledger.Record, error)

	// race is how long before a call of ours somebody else's change may go unseen: AWS has no compare-and-set, and
	// reads may be old. Within it a hole is not held against us.
	race       time.Duration
	others     time.Time // the last change by somebody else
	ownerMax   int
	max, min   int
	desired    int
	ownerMaxAt time.Time
	crossed    int // a MaxSize of ours that the owner's last word crossed: it may as well be taken for theirs
	serving    []cloudsim.InstanceView
	spread     int
	wanted     int
	net        int
	excused    int       // taken from desired though nobody could have known better
	resizedAt  time.Time // when somebody else last changed desired
	named      naming
	movedAt    time.Time // when the group last took or dropped a member itself
	voidable   int       // of our part of desired, what somebody lowered without naming a number
	lowest     int
	caused     bool
	protected  map[string]time.Time // since when
	unwanted   map[string]time.Time
	wish       wish
	tries      map[int]time.Time // launches that brought nothing so far, by call
	prompt     *prompt
	found      []Violation
}

// Watch starts watching; ours tells the coordinator's sessions by name, record reads the ledger. lag is how old the cloud's
// reads may be.
func Watch(cloud *cloudsim.Cloud, group string, ours func(string) bool, record func() (ledger.Record, error), lag time.Duration) *Checker {
	g, _ := cloud.Group(group)
	c := &Checker{cloud: cloud, group: group, ours: ours, record: record, ownerMax: g.Max, max: g.Max, min: g.Min, desired: g.Desired, race: lag + roundTrip,
		protected: map[string]time.Time{}, unwanted: map[string]time.Time{}, tries: map[int]time.Time{}}
	c.wish.read(g, cloud.Now())
	cloud.OnEvent(c.event)
	cloud.OnCall(c.call, nil)
	return c
}

// Violations are the broken promises so far.
func (c *Checker) Violations() []Violation { return slices.Clone(c.found) }

// Violated tells whether there are any.
func (c *Checker) Violated() bool { return len(c.found) > 0 }

// LowestCausedByUs is the lowest count of ready members in service that an action of ours led to; without any
// such action it is the count now.
func (c *Checker) LowestCausedByUs() int {
	if !c.caused {
		return c.cloud.Ready(c.group)
	}
	return c.lowest
}

func (c *Checker) report(name, format string, args ...any) {
	c.found = append(c.found, Violation{c.cloud.Now(), name, c.group + ": " + fmt.Sprintf(format, args...)})
}

// matters leaves out what changes nothing that is watched.
func (c *Checker) matters(e cloudsim.Event) bool {
	switch e.Kind {
	case cloudsim.Invoked, cloudsim.MessageLost, cloudsim.TemplateMade, cloudsim.PriceMoved, cloudsim.CapacityMoved:
		return false
	}
	return e.Group == "" || e.Group == c.group
}

func (c *Checker) event(e cloudsim.Event) {
	if !c.matters(e) {
		return
	}
	g, ok := c.cloud.Group(c.group)
	if !ok {
		return
	}
	mine := c.ours(e.Actor)
	c.sizes(e, g, mine)
	c.capacity(e, g, mine)
	if mine {
		c.touched(e, g)
		c.balance(e, g)
	}
	c.launched(e, mine)
	c.wish.read(g, e.At)
	c.remember(g)
	if e.Kind == cloudsim.TableWritten || e.Kind == cloudsim.SizeChanged || e.Kind == cloudsim.Launched || e.Kind == cloudsim.Returned {
		c.books(g)
	}
	if c.prompt != nil {
		c.prompt.event(c, e, g)
	}
}

// capacity compares the members that serve before and after the event.
func (c *Checker) capacity(e cloudsim.Event, g cloudsim.GroupView, mine bool) {
	before := standing(c.serving, e.At) // those of before, as of now: time alone is nobody's hand
	was := c.serving
	c.serving = serving(g)
	now := standing(c.serving, e.At)
	// A number above the owner's own MaxSize could only be set because of our lease: it is taken back.
	want := min(g.Desired-c.Net(), c.ownerMax)
	if !mine && (now < before || want > c.wanted || e.Kind == cloudsim.SizeChanged) {
		c.others = e.At
	}
	c.wanted = want
	if !mine || now >= before {
		return
	}
	ready := c.cloud.Ready(c.group)
	if !c.caused || ready < c.lowest {
		c.lowest, c.caused = ready, true
	}
	if e.At.Sub(c.others) <= c.race {
		return
	}
	if now < want {
		c.report(Capacity, "%s of %s by %s left %d of %d in service", e.Kind, e.Instance, e.Actor, now, want)
	}
	c.undoomed(e, was, want)
}

// undoomed holds a retirement of somebody healthy against what will be left once AWS has taken those whose notice is written in the
// ledger.
func (c *Checker) undoomed(e cloudsim.Event, was []cloudsim.InstanceView, want int) {
	rec, err := c.record()
	if err != nil || len(rec.Notices) == 0 {
		return
	}
	doomed := func(i cloudsim.InstanceView) bool {
		n, ok := rec.Notices[i.ID]
		return ok && e.At.Sub(n.At) > c.race
	}
	fit := func(list []cloudsim.InstanceView) int {
		return len(slices.DeleteFunc(slices.Clone(list), doomed))
	}
	if now := fit(c.serving); now < fit(was) && now < want {
		c.report(Capacity, "%s of %s by %s left %d of %d in service that AWS is not taking", e.Kind, e.Instance, e.Actor, now, want)
	}
}

// drain is how long before its end a member under notice may be taken out by us: before that it is capacity like any
// other, and taking it out would open now the hole that AWS opens later. It is the 45 s of the protocol, and one more since
// notices tell whole seconds.
const drain = 46 * time.Second

// serving lists the members that are ready and in service.
func serving(g cloudsim.GroupView) []cloudsim.InstanceView {
	var out []cloudsim.InstanceView
	for _, m := range g.Members {
		if m.State == "InService" && m.Healthy && m.Instance.AppReady && m.Instance.State == "running" {
			out = append(out, m.Instance)
		}
	}
	return out
}

// standing counts those of them that we may not take away yet.
func standing(list []cloudsim.InstanceView, now time.Time) int {
	n := 0
	for _, i := range list {
		if i.NoticeAt.IsZero() || now.Before(i.EndsAt.Add(-drain)) {
			n++
		}
	}
	return n
}

// remember keeps who was protected before an event that may end it.
func (c *Checker) remember(g cloudsim.GroupView) {
	for _, m := range g.Members {
		if !strings.HasPrefix(m.State, "Terminating") {
			if _, known := c.protected[m.ID]; m.Protected && !known {
				c.protected[m.ID] = c.cloud.Now()
			} else if !m.Protected {
				delete(c.protected, m.ID)
			}
		}
	}
	c.spread = spread(g)
}
