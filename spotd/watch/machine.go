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

// Machine decides what is to be said, and says each thing once in an instance's
// life. Not for concurrent use.
type Machine struct {
	settings Settings
	identity Identity
	said     map[string]bool
	first    time.Time            // of the first Step
	up       time.Time            // the application is, or counts as, up since; zero if not
	overdue  bool                 // it only counts as up
	booted   bool                 // the boot is over
	booting  bool                 // the boot is known to be under way
	told     map[string]time.Time // when it was said, or known to have been, by key
	awaiting bool                 // the boot waits for membership
	waited   time.Time            // that wait was over; zero if it was none, or lasts
	noticed  bool                 // a notice was told
	doomed   bool                 // a notice is out, or the group is about to terminate us
	leaving  bool                 // the group is about to terminate us
	without  int                  // looks in a row that were told that there is no notice
	survived bool                 // a notice was out, and is no more
	notes    []string
	noted    map[string]bool
}

// New returns a Machine at the start, or at the restart, of the daemon.
func New(s Settings, id Identity, r Restored) *Machine {
	m := &Machine{settings: s, identity: id, said: map[string]bool{}, told: map[string]time.Time{}, noted: map[string]bool{}, up: r.Started}
	for _, key := range r.Said {
		m.said[key] = true
		m.noticed = m.noticed || isNotice(key)
	}
	m.doomed = m.noticed
	return m
}

// Step takes one observation in and returns what is new, notices first. The
// reports are valid and carry the identity.
func (m *Machine) Step(now time.Time, o Observation) []message.Report {
	if m.first.IsZero() {
		m.first = now
	}
	var out []message.Report
	for _, r := range slices.Concat(m.spotAction(now, o.SpotAction), m.terminationTime(now, o.Legacy), m.rebalance(now, o.Rebalance), m.maintenance(now, o.Maintenance)) {
		out = m.say(out, r)
	}
	m.count(o.SpotAction)
	m.follow(o.TargetLifecycleState)
	if hello := m.hello(now, o.Membership); !m.awaiting {
		out = m.say(out, hello)
	}
	return m.readiness(out, now, o.Application)
}

// longestBoot is how long Ready is held back after the grace by a boot that is known to
// be under way: nobody serves yet. A script that never ends, because the application is
// its last line, keeps cloud-init from ever being done; so that it comes to something, the
// time is shorter than the coordinator's boot-limit of 15 minutes.
const longestBoot = 10 * time.Minute

// longestWait is when a wait for membership counts as over though nobody said so: the
// bootstrap ends its own after two minutes.
const longestWait = 140 * time.Second

// hello is said once the boot's wait for membership is over, if there is one: the
// coordinator has to know what came of it before it believes anything else.
func (m *Machine) hello(now time.Time, is Membership) message.Report {
	hello := m.report(message.Hello, now, time.Time{})
	m.awaiting = is.State == Awaiting && now.Before(m.first.Add(longestWait))
	switch {
	case is.State == NotAwaited || m.awaiting:
		return hello
	case is.State == Member:
		hello.Action = message.ActionMember
	default:
		hello.Action = message.ActionNoMember
	}
	if m.waited.IsZero() {
		m.waited = now
		if is.State != Awaiting && is.Since.Before(now) {
			m.waited = is.Since
		}
	}
	return hello
}

// Again is how long after it was said a word of readiness is said once more. A topic that has taken a message may still lose it on
// its way, and an instance that is never heard to be ready is taken for broken. Queues that drop what is the same do so for five minutes.
const Again = 6 * time.Minute

// repeat says once more what was said so long ago, or before a restart.
func (m *Machine) repeat(out []message.Report, now time.Time, r message.Report) []message.Report {
	key := Key(r)
	if !m.said[key] {
		return out
	}
	if m.told[key].IsZero() {
		m.told[key] = now
	}
	if now.Before(m.told[key].Add(Again)) {
		return out
	}
	r.Detail = message.DetailAgain
	return m.say(out, r)
}

// readiness says Started when the probe passed, or without one when the boot is over,
// and Ready when it is time. An instance on its way out says neither.
func (m *Machine) readiness(out []message.Report, now time.Time, app Application) []message.Report {
	switch {
	case app == Waiting:
	case app == Booted, app == Booting, app == Faulty:
		m.booted, m.booting = m.booted || app == Booted, app == Booting
	case m.up.IsZero():
		m.up, m.overdue = now, app == Overdue
	}
	if m.doomed {
		return out
	}
	booted, ready := m.report(message.Started, now, time.Time{}), m.report(message.Ready, now, time.Time{})
	booted.Action = message.ActionBoot
	if m.overdue {
		ready.Detail = "the application's probe has not passed; its time is over, and the owner chose to be ready all the same"
	}
	out = m.repeat(m.repeat(out, now, booted), now, ready)
	// A boot may fail since the instance was launched outside its group, which the grace cannot tell: its end is said late, too.
	if m.booted && !m.settings.Probe && !m.awaiting {
		out = m.say(out, booted)
	}
	if m.settings.Probe && !m.up.IsZero() && !m.overdue {
		out = m.say(out, m.report(message.Started, now, time.Time{}))
	}
	if at := m.readyAt(); !at.IsZero() && !now.Before(at) {
		out = m.say(out, ready)
	}
	return out
}

// gone is how many looks in a row must be told that there is no notice until one
// that was out is believed to be gone: one look may have met another's answer.
const gone = 3

// count notices that a notice is gone: the instance was hibernated and runs again,
// or AWS thought better of it.
func (m *Machine) count(action Item) {
	switch action.Presence {
	case Absent:
		m.without++
	case Present:
		m.without = 0
	}
	m.survived = m.survived || m.noticed && m.without >= gone
}

// Survived reports whether a notice that was out is gone. The machine's life is over
// then: another begins, to which everything is told again.
func (m *Machine) Survived() bool { return m.survived }

// Leaving reports whether the group is about to terminate the instance.
func (m *Machine) Leaving() bool { return m.leaving }

// Booting reports whether the boot is under way, as far as the machine tells. Its end is said whenever it comes.
func (m *Machine) Booting() bool { return m.booting }

// Doomed reports whether the instance is on its way out, for whatever reason.
func (m *Machine) Doomed() bool { return m.doomed }

// Next returns when to look again: one poll later, or earlier when the grace
// ends before that. Valid after the first Step.
func (m *Machine) Next(now time.Time) time.Time {
	next := now.Add(m.settings.Poll)
	ready := m.readyAt() // zero is not after now
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

// readyAt is when the instance counts as ready: with a probe Settle after its
// success, zero as long as that is open; without one the end of the grace. An instance cannot look at its metadata
// before it was launched, so a pendingTime in the future is a wrong clock here:
// then the grace counts from the first look. Where the boot waited for membership, the
// owner's part began no earlier than the wait's end.
func (m *Machine) readyAt() time.Time {
	if m.settings.Probe {
		if m.up.IsZero() {
			return time.Time{}
		}
		return m.up.Add(m.settings.Settle)
	}
	if m.awaiting {
		return time.Time{}
	}
	start := m.identity.PendingTime
	if start.IsZero() || m.first.Before(start) {
		start = m.first
	}
	if m.waited.After(start) {
		start = m.waited
	}
	if m.booting {
		return start.Add(m.settings.Grace + longestBoot)
	}
	return start.Add(m.settings.Grace)
}

// follow heeds what the group is about to do with us: an instance on its way out
// does not become ready any more. Only Terminated is final; the others, and a
// state that is new to us, change nothing (Amazon EC2 Auto Scaling User Guide,
// "Retrieve the target lifecycle state through instance metadata").
func (m *Machine) follow(target Item) {
	if target.Presence == Present && strings.TrimSpace(target.Body) == "Terminated" && !m.leaving {
		m.doomed, m.leaving = true, true
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
	m.said[key], m.told[key] = true, r.At
	if isNotice(key) {
		m.noticed, m.doomed, m.without = true, true, 0
	}
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
