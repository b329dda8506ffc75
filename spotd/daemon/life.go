package daemon

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"autospotting/pkg/message"
	"autospotting/spotd/build"
	"autospotting/spotd/config"
	"autospotting/spotd/outbox"
	"autospotting/spotd/watch"
)

// life is the daemon on one instance, once that is known.
type life struct {
	Daemon
	log       zerolog.Logger
	id        watch.Identity
	machine   *watch.Machine
	schedule  watch.Schedule
	box       *outbox.Outbox
	outage    *gap
	departure *departure
	drains    *drains
	app       chan watch.Application // what the probe found, once, or how far the boot is
	stopProbe context.CancelFunc
	member    watch.Membership // as last read
	memory    tidy
	peace     time.Time     // of the last look that was told that there is no notice
	heard     chan struct{} // the topic acknowledged a hello, once
	status    teller
	over      bool           // another life begins
	next      watch.Identity // of that one
}

func (d Daemon) newLife(ctx context.Context, log zerolog.Logger, id watch.Identity, outage *gap) *life {
	l := &life{Daemon: d, log: log, id: id, outage: outage, app: make(chan watch.Application, 1), heard: make(chan struct{}, 1)}
	l.box = outbox.Open(outbox.Dir(StateDir(d.Config.StateDir), id.From.Instance, id.PendingTime), d.publisher, log, l.attempt)
	said := l.box.Said()
	l.status = newTeller(id.From.Instance, slices.Contains(said, heardBy(build.Version())))
	restored := watch.Restored{Said: ofThisVersion(said)}
	if r, ok := l.box.Report(string(message.Started)); ok {
		restored.Started = r.At
	}
	c := d.Config
	l.machine = watch.New(watch.Settings{Grace: c.Grace, Poll: c.Poll, Probe: c.Probe != "none", Settle: c.ProbeGrace}, id, restored)
	l.schedule = watch.Schedule{TargetsEvery: c.PollTargets, EventsEvery: c.PollEvents}
	l.drains = d.newDrains(log, id, l.restoredDrain(said))
	l.departure = d.newDeparture(log, id.From)
	l.departure.mark = func() { l.box.Mark(departed) }
	l.resume(said)
	l.probe(ctx, said)
	d.manager.Status("watching " + id.From.Instance)
	return l
}

// attempt hears how delivering goes, in the outbox's goroutines.
func (l *life) attempt(r message.Report, err error) {
	l.stats.Attempt(r, err)
	if r.Kind == message.Hello && err == nil {
		select {
		case l.heard <- struct{}{}:
		default:
		}
	}
}

// resume goes on with the departure where an earlier run ended.
func (l *life) resume(said []string) {
	if slices.Contains(said, departed) {
		l.departure.finished()
		return
	}
	for _, key := range said {
		if r, ok := l.box.Report(key); ok && r.Kind == message.Terminating {
			e := noticeEvent(r)
			e.Until = localEnd(r.At, time.Time{}, r.Deadline)
			l.departure.begin(e)
		}
	}
}

// look takes one look, does what follows, and returns how long to sleep.
func (l *life) look(ctx context.Context) time.Duration {
	began := time.Now()
	due := l.schedule.Due(began, l.Config.Poll)
	drains := due&watch.Targets != 0 && l.drains.exist()
	if drains {
		due |= watch.Asks
		if due&watch.Events != 0 {
			due |= watch.Tags
		}
	}
	o, err := l.Reader.Observe(ctx, due)
	if ctx.Err() != nil {
		return 0
	}
	l.schedule.Saw(began, o)
	gap := l.outage.saw(err)
	if l.isAnother(ctx, o, due) {
		return 0
	}
	l.step(o, gap)
	if due&watch.Targets != 0 {
		l.stepDrain(watch.DrainLook{Handlers: drains, Tags: o.Tags, Ask: o.Ask})
	}
	if l.machine.Survived() {
		l.log.Info().Msg("the notice is gone: everything is told again")
		l.over, l.next = true, l.id
		return 0
	}
	if l.Tidies {
		l.memory.at(began)
	}
	return time.Until(l.due(began))
}

// isAnother looks, with the slowest items and before a notice is told, whether the
// instance runs anew: then the notice is the next life's.
func (l *life) isAnother(ctx context.Context, o watch.Observation, due watch.Items) bool {
	if news := o.SpotAction.Presence == watch.Present && !l.machine.Doomed(); !news && due&watch.Events == 0 {
		return false
	}
	l.next, l.over = l.Reader.Again(ctx, l.id)
	if l.over {
		l.log.Info().Time("pending_time", l.next.PendingTime).Bool("signed", l.next.Proof.Signature != "").Msg("the instance runs anew: everything is told again")
	}
	return l.over
}

// due shortens the poll, never anything else, by a little: instances that were
// started together do not ask together. In an outage it does so by more, for the first look
// after it takes longer: it needs a connection, a token and perhaps keys.
func (l *life) due(began time.Time) time.Time {
	due := l.machine.Next(began)
	if due.Sub(began) == l.Config.Poll {
		due = due.Add(-rand.N(l.Config.Poll/20 + 1))
		if l.outage.lasts() {
			due = due.Add(-l.Config.Poll / 20)
		}
	}
	return due
}

// step takes an observation to the machine, and what comes out of it into the
// outbox.
func (l *life) step(o watch.Observation, gap time.Duration) {
	now := time.Now()
	if o.SpotAction.Presence == watch.Absent {
		l.peace = now
	}
	o.Membership = l.membership(now)
	for _, r := range l.machine.Step(now, o) {
		if gap > 0 && r.Kind == message.Terminating {
			r.Detail = strings.TrimPrefix(fmt.Sprintf("%s; seen after %v without metadata", r.Detail, gap.Round(time.Second)), "; ")
		}
		reporting(l.log, r)
		if r.Kind == message.Hello { // before it: a crash in between makes it said, not said twice
			l.box.Mark(saidBy(build.Version()))
		}
		l.box.Put(watch.Key(r), r)
		if r.Kind == message.Ready && !l.machine.Booting() { // what is asked decides nothing any more
			l.stopProbe()
		}
		if r.Kind == message.Terminating {
			l.manager.Status("terminating at " + r.Deadline.Format(time.TimeOnly))
			e := noticeEvent(r)
			e.Until = localEnd(now, l.peace, r.Deadline)
			l.departure.begin(e)
		}
	}
	if l.machine.Leaving() {
		l.departure.leave(leavingEvent(l.id.From))
	}
	if l.machine.Doomed() {
		l.stopProbe()
	}
	for _, note := range l.machine.Notes() {
		l.log.Warn().Msg(note)
	}
	l.tell(false)
}

// membership reads how the boot's wait for it stands, until that is over.
func (l *life) membership(now time.Time) watch.Membership {
	if l.member.State == watch.NotAwaited || l.member.State == watch.Awaiting {
		path, lasts := watch.MembershipFile(l.Prefix, config.Folder())
		launched := time.Time{}
		if lasts {
			launched = l.id.PendingTime
		}
		l.member = watch.ReadMembership(path, launched, now)
	}
	return l.member
}

// tell writes the status, and remembers that this version was heard.
func (l *life) tell(heard bool) {
	if heard && !l.status.last.Heard {
		l.box.Mark(heardBy(build.Version()))
	}
	if err := l.status.tell(heard, l.machine.Doomed() || l.machine.Leaving()); err != nil {
		l.log.Debug().Err(err).Msg("status not written")
	}
}

// sleep reports whether the time passed before ctx ended. Meanwhile it hears the
// probe, and pets the watchdog.
func (l *life) sleep(ctx context.Context, d time.Duration) bool {
	if l.over {
		return false
	}
	for until := time.Now().Add(d); ; {
		l.manager.Alive(time.Now())
		left := time.Until(until)
		if every := l.manager.Every(); every > 0 {
			left = min(left, every)
		}
		select {
		case <-ctx.Done():
			return false
		case <-l.heard:
			l.tell(true)
		case e := <-l.drains.ended:
			l.drainEnded(e)
		case found := <-l.app:
			l.step(watch.Observation{Application: found}, 0)
			if due := l.machine.Next(time.Now()); due.Before(until) { // the probe's grace may be short
				until = due
			}
		case <-time.After(left):
			if !time.Now().Before(until) {
				return ctx.Err() == nil
			}
		}
	}
}

// end stops what the life began: the handlers finish first, then the reports.
func (l *life) end() {
	l.stopProbe()
	l.departure.close(leaveTime)
	l.drains.close()
	l.box.Close(drain)
}

// forget ends a life after which another begins, at once: what still ran for a notice
// that is gone is stopped, and what was told is told again.
func (l *life) forget() {
	l.stopProbe()
	l.departure.cancel()
	l.drains.close()
	l.box.Forget()
}
