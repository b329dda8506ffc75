// Package watch turns what the instance metadata shows into reports.
//
// [Machine] is pure: observations and the time in, reports out, so that a
// simulation can run it on thousands of instances. [Reader] is the thin shell
// that fetches observations from the metadata service.
package watch

import (
	"slices"
	"strings"
	"time"

	"autospotting/pkg/message"
)

// Settings are what the operator chose.
type Settings struct {
	// Grace is the time from the instance's launch (its pendingTime) until it
	// counts as ready.
	Grace time.Duration
	// Poll is the time between two looks at the metadata.
	Poll time.Duration
}

// Identity is what does not change during an instance's life.
type Identity struct {
	From message.Source
	// Proof is the signed document; empty where the metadata has none.
	Proof message.Identity
	// PendingTime is when the instance was launched or last started, from the
	// identity document; zero if unknown.
	PendingTime time.Time
}

// Restored is what an earlier run on the same instance left.
type Restored struct {
	// Said holds the keys (see [Key]) of the reports that were made already.
	Said []string
}

// Presence tells absence from ignorance: a metadata service that does not
// answer has not said that there is no notice.
type Presence int

// The zero value is Unknown.
const (
	Unknown Presence = iota // timeout, refusal, 5xx
	Absent                  // 404
	Present
)

// Item is one metadata item as it was seen.
type Item struct {
	Presence Presence
	Body     string // as served; only with Present
}

// Seen returns an item that is present.
func Seen(body string) Item { return Item{Present, body} }

// Observation is one look at the metadata (EC2 User Guide, "Instance metadata
// categories"). The zero value knows nothing.
type Observation struct {
	SpotAction           Item // spot/instance-action
	Rebalance            Item // events/recommendations/rebalance
	Maintenance          Item // events/maintenance/scheduled
	TargetLifecycleState Item // autoscaling/target-lifecycle-state
}

// Machine decides what is to be said, and says each thing once in an instance's
// life. Not for concurrent use.
type Machine struct {
	settings Settings
	identity Identity
	said     map[string]bool
	first    time.Time // of the first Step
	doomed   bool      // a notice is out, or the group is about to terminate us
	notes    []string
	noted    map[string]bool
}

// New returns a Machine at the start, or at the restart, of the daemon.
func New(s Settings, id Identity, r Restored) *Machine {
	m := &Machine{settings: s, identity: id, said: map[string]bool{}, noted: map[string]bool{}}
	for _, key := range r.Said {
		m.said[key] = true
		m.doomed = m.doomed || isNotice(key)
	}
	return m
}

// Step takes one observation in and returns what is new, notices first. The
// reports are valid and carry the identity.
func (m *Machine) Step(now time.Time, o Observation) []message.Report {
	if m.first.IsZero() {
		m.first = now
	}
	var out []message.Report
	for _, r := range slices.Concat(m.spotAction(now, o.SpotAction), m.rebalance(now, o.Rebalance), m.maintenance(now, o.Maintenance)) {
		out = m.say(out, r)
	}
	m.follow(o.TargetLifecycleState)
	out = m.say(out, m.report(message.Hello, now, time.Time{}))
	if !m.doomed && !now.Before(m.readyAt()) {
		out = m.say(out, m.report(message.Ready, now, time.Time{}))
	}
	return out
}

// Next returns when to look again: one poll later, or earlier when the grace
// ends before that. Valid after the first Step.
func (m *Machine) Next(now time.Time) time.Time {
	next := now.Add(m.settings.Poll)
	ready := m.readyAt()
	if !m.doomed && !m.said[string(message.Ready)] && ready.After(now) && ready.Before(next) {
		return ready
	}
	return next
}

// Notes returns, once each, what was strange in the metadata, for the log.
func (m *Machine) Notes() []string {
	notes := m.notes
	m.notes = nil
	return notes
}

// readyAt is the end of the grace. An instance cannot look at its metadata
// before it was launched, so a pendingTime in the future is a wrong clock here:
// then the grace counts from the first look.
func (m *Machine) readyAt() time.Time {
	start := m.identity.PendingTime
	if start.IsZero() || m.first.Before(start) {
		start = m.first
	}
	return start.Add(m.settings.Grace)
}

// follow heeds what the group is about to do with us: an instance on its way out
// does not become ready any more. Only Terminated is final; the others, and a
// state that is new to us, change nothing (Amazon EC2 Auto Scaling User Guide,
// "Retrieve the target lifecycle state through instance metadata").
func (m *Machine) follow(target Item) {
	if target.Presence == Present && strings.TrimSpace(target.Body) == "Terminated" && !m.doomed {
		m.doomed = true
		m.note("the group is terminating this instance")
	}
}

// say appends r unless it, or its like, was said before.
func (m *Machine) say(out []message.Report, r message.Report) []message.Report {
	key := Key(r)
	if m.said[key] {
		return out
	}
	if err := r.Validate(); err != nil {
		m.note("cannot be reported: " + err.Error())
		return out
	}
	m.said[key] = true
	m.doomed = m.doomed || isNotice(key)
	return append(out, r)
}

func (m *Machine) report(kind message.Kind, now, deadline time.Time) message.Report {
	r := message.New(kind, m.identity.From, now, deadline)
	r.Identity = m.identity.Proof
	return r
}

// note keeps a text for the log, once: metadata that stays malformed would
// otherwise fill the disk at every poll. The bound is for metadata that is
// malformed in a new way each time.
func (m *Machine) note(text string) {
	const most = 100
	if m.noted[text] || len(m.noted) >= most {
		return
	}
	m.noted[text] = true
	m.notes = append(m.notes, text)
}
