package watch

import (
	"strings"
	"time"

	"autospotting/pkg/message"
)

const (
	// canDrainEvery is the time between two words that this instance can be asked to drain: the coordinator may be installed later than this daemon,
	// or may lose its ledger.
	canDrainEvery = 15 * time.Minute
	// takenBack is how many looks in a row must not find the ask until it counts as taken back: one may have met another's answer.
	takenBack = 2
)

// DrainLook is one look at what a drain depends on.
type DrainLook struct {
	Handlers bool // there are programs to run
	Tags     Item // tags/instance, which is absent unless the owner enables tags in the metadata
	Ask      Item // the tag by which the coordinator asks
}

// DrainDeed is what the daemon has to do after a look.
type DrainDeed int

// The zero value is DrainNothing.
const (
	DrainNothing DrainDeed = iota
	DrainBegin             // run the handlers, until Drain.Until at the latest
	DrainUndo              // stop them, and run them to undo it
)

// Drain decides when the drain handlers run and what is said of it. It is pure like Machine, and not for concurrent use either.
type Drain struct {
	identity Identity
	tags     Item      // as last known
	said     time.Time // when it was last said that it can be asked
	until    time.Time // of the ask that is heeded; zero if there is none
	running  bool
	answer   message.Report // to that ask; empty while there is none
	again    bool           // it was said once more
	without  int            // looks in a row that did not find the ask
	noted    string
	note     string
}

// RestoredDrain is what an earlier run of the daemon left: the last ask that it heeded, and its answer if it had one.
type RestoredDrain struct {
	Until  time.Time
	Answer message.Report
}

// NewDrain returns a Drain at the start of the daemon.
func NewDrain(id Identity, r RestoredDrain) *Drain {
	return &Drain{identity: id, until: r.Until, answer: r.Answer}
}

// Until is when the ask that is heeded ends; zero if there is none.
func (d *Drain) Until() time.Time { return d.until }

// Step takes one look, and returns what is to be said and done. An instance that goes begins nothing: its other handlers run.
func (d *Drain) Step(now time.Time, look DrainLook, goes bool) (say []message.Report, do DrainDeed) {
	if look.Tags.Presence != Unknown {
		d.tags = look.Tags
	}
	if look.Handlers && d.tags.Presence == Present && !goes && (d.said.IsZero() || !now.Before(d.said.Add(canDrainEvery))) {
		d.said = now
		say = append(say, d.report(message.CanDrain, now, time.Time{}))
	}
	switch look.Ask.Presence {
	case Absent:
		if d.without++; d.without >= takenBack && !d.until.IsZero() {
			d.until, d.running, d.answer, d.again = time.Time{}, false, message.Report{}, false
			return say, DrainUndo
		}
	case Present:
		d.without = 0
		do = d.asked(now, look, goes)
		if d.answer.ID != "" && !d.again && !now.Before(d.answer.At.Add(Again)) {
			d.again = true
			r := d.answer
			r.Detail = message.DetailAgain
			say = append(say, r)
		}
	}
	return say, do
}

// asked heeds an ask that is new. One that comes while the handlers run for another is answered when they are done.
func (d *Drain) asked(now time.Time, look DrainLook, goes bool) DrainDeed {
	until, err := time.Parse(time.RFC3339, strings.TrimSpace(look.Ask.Body))
	switch {
	case err != nil:
		d.strange("the tag " + message.DrainTag + " has no time as its value: it asks for nothing")
	case goes || !look.Handlers:
	case until.Equal(d.until) && (d.running || d.answer.ID != ""):
	case !now.Before(until):
		d.strange("the tag " + message.DrainTag + " asks for a drain whose time is over")
	case d.running:
		d.until = until.UTC()
	default:
		d.until, d.running, d.answer, d.again = until.UTC(), true, message.Report{}, false
		return DrainBegin
	}
	return DrainNothing
}

// Ended is the answer when the handlers have run to their end; false where the ask was taken back meanwhile. failed is what went wrong, for people.
func (d *Drain) Ended(now time.Time, failed string) (message.Report, bool) {
	if !d.running {
		return message.Report{}, false
	}
	d.running = false
	d.answer = d.report(message.Drained, now, d.until)
	if failed != "" {
		d.answer.Action, d.answer.Detail = message.ActionFailed, failed
	}
	return d.answer, true
}

// Note is what was strange, once for each.
func (d *Drain) Note() string {
	note := d.note
	d.note = ""
	return note
}

func (d *Drain) strange(text string) {
	if d.noted != text {
		d.noted, d.note = text, text
	}
}

func (d *Drain) report(kind message.Kind, now, deadline time.Time) message.Report {
	r := message.New(kind, d.identity.From, now, deadline)
	r.Identity = d.identity.Proof
	return r
}
