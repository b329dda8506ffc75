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
	Capacity    = "capacity"       // no action of ours lowers ready capacity below what the owner wants
	Debt        = "debt"           // desired is raised by the open debts and by nothing else
	MaxSize     = "max-size"       // MaxSize is the owner's, or the recorded lease; MinSize is never ours to set
	OnePer      = "one-per-intent" // at most one live instance for each launch, at most one launch for each victim
	Leak        = "leak"           // every live instance of ours is a member, wanted, or gone within its bound
	Untouched   = "untouched"      // nothing that is not ours to touch is touched
	Floor       = "floor"          // as many stay on-demand as the owner keeps
	Balance     = "balance"        // zones stay as balanced as they were
	Loops       = "loops"          // launches that bring nothing are tried ever more seldom
	Prompt      = "prompt"         // on a calm day, what can be done is done at once
	Answered    = "answered"       // one API that is out delays no replacement for who has a notice
	Blind       = "blind"          // nothing gradual is begun, and nobody retired, on what could not be read
	Open        = "open-too-long"  // everything open in a record ends within its time
	Watched     = "watched"        // every member of ours is up, or watched until it is
	Drained     = "drained"        // no host is ended by our hand while tasks run on it, and one at a time is drained
	Environment = "environment"    // nothing is launched, attached or retired while an Elastic Beanstalk environment changes
	Budget      = "budget"         // only so many replacements an hour fail after they were in service, or are moved again
	Deploy      = "deploy"         // no swap is begun while an instance refresh is under way
)

// unwantedFor is how long an instance that nothing wants may live: to be found by a tick, seen twice, and ended.
const unwantedFor = 12 * time.Minute

// roundTrip is the longest from a read to the call that rests on it.
const roundTrip = 2 * time.Second

// Checker watches one group.
type Checker struct {
	cloud *cloudsim.Cloud
	group string
	ours  func(session string) bool
	read  func() (ledger.Record, error)
	kept  *ledger.Record // as of the last write; nil where it has to be read again

	// race is how long before a call of ours somebody else's change may go unseen: AWS has no compare-and-set, and
	// reads may be old.
	race       time.Duration
	others     time.Time // the last change by somebody else
	ownerMax   int
	ownerMaxAt time.Time
	room       room
	crossed    int // a MaxSize of ours that the owner's last word crossed: it may as well be taken for theirs
	was        sizes
	named      naming
	below      pardons   // so much of desired may be missing by our hand
	above      pardons   // so much of it may stay
	resizedAt  time.Time // when somebody else last changed desired
	movedAt    time.Time // when the group last took or dropped a member itself
	alone      bool      // nobody else changes the group
	forgiven   map[string]int
	serving    []cloudsim.InstanceView
	zones      zones
	wanted     int
	lowest     int
	caused     bool
	protected  map[string]time.Time // since when
	resting    map[string]time.Time // in Standby, since when
	unwanted   map[string]time.Time
	unanswered map[string]bool      // launches whose answer the ledger does not know
	opened     map[string]time.Time // since when something stands in the record, by kind and name
	kindAt     time.Time            // since when nothing is wrong in the cloud; zero while something is
	wish       wish
	tries      map[int]time.Time // launches that brought nothing so far, by call
	asked      map[string]int    // how many were asked for at once, by nonce
	prompt     *prompt
	out        *outage
	budget     budget
	answered   map[string]bool      // members, and whether their applications ever did
	dark       map[string]time.Time // members of ours that have never answered, since when; zero of those that have
	draining   map[string]time.Time // hosts that we set DRAINING, since when
	mute       time.Time            // when ECS last answered nobody
	stirred    bool                 // something happened to the group since a function last returned
	looked     time.Time            // when anything was last looked at
	entered    map[string]time.Time // whom we attached while the environment changed
	changing   time.Time            // when the environment began to change last
	found      []Violation
}

// Watch starts watching; ours tells the coordinator's sessions by name, record reads the ledger. lag is how old the cloud's
// reads may be.
func Watch(cloud *cloudsim.Cloud, group string, ours func(string) bool, record func() (ledger.Record, error), lag time.Duration) *Checker {
	g, _ := cloud.Group(group)
	c := &Checker{cloud: cloud, group: group, ours: ours, read: record, ownerMax: g.Max, was: sizesOf(g), race: lag + roundTrip,
		answered: map[string]bool{}, dark: map[string]time.Time{}, draining: map[string]time.Time{}, entered: map[string]time.Time{}, forgiven: map[string]int{}, opened: map[string]time.Time{},
		protected: map[string]time.Time{}, resting: map[string]time.Time{}, unwanted: map[string]time.Time{}, tries: map[int]time.Time{}, asked: map[string]int{},
		budget: budget{begun: map[string]begun{}, fresh: map[string]time.Time{}, who: map[string]time.Time{}}}
	c.wish.read(g, cloud.Now())
	c.zones.present, c.zones.spread, c.serving, c.wanted = presence(g), spread(g), serving(g), g.Desired // it may have been there for long
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

// record is the ledger's record of the group. It changes by writes alone, so that it is read once after each.
func (c *Checker) record() (ledger.Record, error) {
	if c.kept == nil {
		rec, err := c.read()
		if err != nil {
			return ledger.Record{}, err
		}
		c.kept = &rec
	}
	return *c.kept, nil
}

// matters leaves out what changes nothing that is watched.
func (c *Checker) matters(e cloudsim.Event) bool {
	switch e.Kind {
	case cloudsim.Invoked, cloudsim.MessageLost, cloudsim.TemplateMade, cloudsim.PriceMoved, cloudsim.CapacityMoved:
		return false
	case cloudsim.TableWritten:
		return e.Item == c.group
	case cloudsim.Returned: // nothing has happened to it since it was looked at
		return c.stirred || c.cloud.Now().Sub(c.looked) >= time.Minute
	}
	if e.Group == "" && e.Instance != "" {
		return c.cloud.Concerns(e.Instance, c.group, tagGroup)
	}
	return e.Group == "" || e.Group == c.group
}

func (c *Checker) event(e cloudsim.Event) {
	if e.Kind == cloudsim.Returned && c.out != nil {
		delete(c.out.blind, e.Actor)
	}
	c.temporary(e)
	if !c.matters(e) {
		return
	}
	g, ok := c.cloud.Group(c.group)
	if !ok {
		return
	}
	mine := c.ours(e.Actor)
	if e.Kind == cloudsim.TableWritten {
		c.kept = nil
	}
	c.stirred, c.looked = e.Kind != cloudsim.Returned, e.At
	ch := change{e, mine, c.was, g}
	c.ownersWord(ch)
	c.passes(ch)
	c.borrowed(ch)
	c.sizes(ch)
	c.capacity(ch)
	if mine {
		c.touched(e, g)
	}
	c.balance(ch)
	c.launched(e, mine)
	c.late(ch)
	c.watch(ch)
	c.drained(ch)
	c.environment(ch)
	c.wish.read(g, e.At)
	c.remember(g)
	if bookkeeping(e.Kind) {
		c.books(g)
	}
	if c.prompt != nil {
		c.prompt.event(c, e, g)
	}
	if c.out != nil {
		c.out.event(c, e)
	}
}

// remember keeps who was protected before an event that may end it.
func (c *Checker) remember(g cloudsim.GroupView) {
	for _, m := range g.Members {
		if _, known := c.resting[m.ID]; m.State == "Standby" && !known {
			c.resting[m.ID] = c.cloud.Now()
		} else if m.State == "InService" {
			delete(c.resting, m.ID)
		}
		if !strings.HasPrefix(m.State, "Terminating") {
			if _, known := c.protected[m.ID]; m.Protected && !known {
				c.protected[m.ID] = c.cloud.Now()
			} else if !m.Protected {
				delete(c.protected, m.ID)
			}
		}
	}
}
