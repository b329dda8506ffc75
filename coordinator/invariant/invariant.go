// Package invariant watches a simulation and says where a promise was broken. It knows the cloud's truth, which the
// coordinator does not, and the ledger, and nothing of how decisions are made.
package invariant

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/ledger"
	"autospotting/pkg/cloudsim"
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
	Capacity  = "capacity" // no action of ours lowers ready capacity below what the owner wants
	Debt      = "debt"     // desired is raised by the open debts and by nothing else
	MaxSize   = "max-size" // MaxSize is the owner's, or the recorded lease
	OnePer    = "one-per-intent"
	Leak      = "leak"      // every live instance of ours is a member, wanted, or gone within its bound
	Untouched = "untouched" // nothing that is not ours to touch is touched
	Balance   = "balance"   // zones stay as balanced as they were
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
	max        int
	ownerMaxAt time.Time
	serving    []cloudsim.InstanceView
	wanted     int
	net        int
	excused    int
	lowest     int
	caused     bool
	protected  map[string]bool
	unwanted   map[string]time.Time
	found      []Violation
}

// Watch starts watching; ours tells the coordinator's sessions by name, record reads the ledger. lag is how old the cloud's
// reads may be.
func Watch(cloud *cloudsim.Cloud, group string, ours func(string) bool, record func() (ledger.Record, error), lag time.Duration) *Checker {
	g, _ := cloud.Group(group)
	c := &Checker{cloud: cloud, group: group, ours: ours, record: record, ownerMax: g.Max, max: g.Max, race: lag + roundTrip,
		protected: map[string]bool{}, unwanted: map[string]time.Time{}}
	cloud.OnEvent(c.event)
	return c
}

// Violations are the broken promises so far.
func (c *Checker) Violations() []Violation { return slices.Clone(c.found) }

// LowestCausedByUs is the lowest count of ready members in service that an action of ours led to; without any
// such action it is the count now.
func (c *Checker) LowestCausedByUs() int {
	if !c.caused {
		return c.cloud.Ready(c.group)
	}
	return c.lowest
}

func (c *Checker) report(name, format string, args ...any) {
	c.found = append(c.found, Violation{c.cloud.Now(), name, fmt.Sprintf(format, args...)})
}

func (c *Checker) event(e cloudsim.Event) {
	g, ok := c.cloud.Group(c.group)
	if !ok {
		return
	}
	mine := c.ours(e.Actor)
	if !mine && e.Kind == cloudsim.SizeChanged && e.Group == c.group && g.Max != c.max {
		c.ownerMax, c.ownerMaxAt = g.Max, e.At
	}
	if mine && g.Max != c.max && e.At.Sub(c.ownerMaxAt) <= c.race {
		if rec, err := c.record(); err == nil && rec.Lease != nil { // the owner's last word crossed our call
			c.ownerMax = rec.Lease.Owner
		}
	}
	c.max = g.Max
	if mine && g.Net < c.net && (e.At.Sub(c.others) <= c.race || g.Desired >= c.ownerMax) {
		c.excused += c.net - g.Net // somebody changed the group between our read and our call
	}
	if !mine && g.Net == 0 && c.net != 0 { // the owner named desired: what it holds of ours is the owner's now
		c.excused = 0
	}
	c.net = g.Net
	c.capacity(e, g, mine)
	if mine {
		c.touched(e)
	}
	c.remember(g)
	if e.Kind == cloudsim.TableWritten || e.Kind == cloudsim.SizeChanged || e.Kind == cloudsim.Launched || e.Kind == cloudsim.Returned {
		c.books(g)
	}
}

// capacity compares the members that serve before and after the event.
func (c *Checker) capacity(e cloudsim.Event, g cloudsim.GroupView, mine bool) {
	before := standing(c.serving, e.At) // those of before, as of now: time alone is nobody's hand
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
	if now < want && e.At.Sub(c.others) > c.race {
		c.report(Capacity, "%s of %s by %s left %d of %d in service", e.Kind, e.Instance, e.Actor, now, want)
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

// touched checks that what we did, we did to what is ours to touch.
func (c *Checker) touched(e cloudsim.Event) {
	switch e.Kind {
	case cloudsim.Terminating, cloudsim.Stopping:
	default:
		return
	}
	i, ok := c.cloud.Instance(e.Instance)
	if !ok {
		return
	}
	ourTag := i.Tags[decide.TagGroup] == c.group && i.Fleet != ""
	if !ourTag && i.EverIn != c.group {
		c.report(Untouched, "%s of %s, which is neither ours nor the group's", e.Kind, e.Instance)
	}
	if !ourTag && c.protected[e.Instance] {
		c.report(Untouched, "%s of %s, which its owner protects from scale-in", e.Kind, e.Instance)
	}
}

// remember keeps who was protected before an event that may end it.
func (c *Checker) remember(g cloudsim.GroupView) {
	for _, m := range g.Members {
		if !strings.HasPrefix(m.State, "Terminating") {
			c.protected[m.ID] = m.Protected
		}
	}
}

// books compares desired, MaxSize and the live instances with the ledger.
func (c *Checker) books(g cloudsim.GroupView) {
	rec, err := c.record()
	if err != nil {
		c.report(Debt, "the ledger cannot be read: %v", err)
		return
	}
	if net := c.Net(); net > len(rec.Pairs) || net < 0 {
		c.report(Debt, "desired %d is %d above the owner's by our hand, and %d pairs are open", g.Desired, g.Net, len(rec.Pairs))
	}
	if lease := rec.Lease; g.Max != c.ownerMax && (lease == nil || !lease.Ours(g.Max)) {
		c.report(MaxSize, "MaxSize is %d, the owner's is %d, and no lease says so", g.Max, c.ownerMax)
	}
	c.ownInstances(rec)
}

func (c *Checker) ownInstances(rec ledger.Record) {
	wanted, perNonce := map[string]bool{}, map[string]int{}
	for _, it := range rec.Intents {
		wanted[it.Launch.Nonce] = true
	}
	for _, p := range rec.Pairs {
		wanted[p.Intent.Launch.Nonce] = true
	}
	now := c.cloud.Now()
	for _, i := range c.cloud.Instances() {
		nonce := i.Tags[decide.TagLaunch]
		if i.Tags[decide.TagGroup] != c.group || nonce == "" || i.State != "pending" && i.State != "running" {
			delete(c.unwanted, i.ID)
			continue
		}
		if perNonce[nonce]++; perNonce[nonce] > 1 {
			c.report(OnePer, "%d live instances carry the launch %s", perNonce[nonce], nonce)
		}
		if i.Group != "" || wanted[nonce] {
			delete(c.unwanted, i.ID)
			continue
		}
		since, known := c.unwanted[i.ID]
		switch {
		case !known:
			c.unwanted[i.ID] = now
		case now.Sub(since) > unwantedFor:
			c.report(Leak, "%s lives for %s though nothing wants it", i.ID, now.Sub(since).Round(time.Second))
			c.unwanted[i.ID] = now
		}
	}
}

// Net is how much of the group's desired capacity is ours, but for what nobody could have known.
func (c *Checker) Net() int {
	g, _ := c.cloud.Group(c.group)
	if g.Net < 0 {
		return g.Net + min(c.excused, -g.Net)
	}
	return g.Net
}

// OwnersMax is the MaxSize that the owner last set.
func (c *Checker) OwnersMax() int { return c.ownerMax }
