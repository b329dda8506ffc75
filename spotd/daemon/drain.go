package daemon

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"autospotting/pkg/message"
	"autospotting/spotd/handlers"
	"autospotting/spotd/proc"
	"autospotting/spotd/root"
	"autospotting/spotd/watch"
)

// The outbox's marks of the asks that were heeded, and of those that were undone; the end of the ask's time follows, in seconds.
const (
	drainBegan  = "drain-began-"
	drainUndone = "drain-undone-"
)

// drains runs the drain handlers where the coordinator asks for it. One run at a time, in the order in which they were begun: what undoes a drain
// waits until that has stopped.
type drains struct {
	dirs    []string
	runners []func(context.Context, handlers.Event) handlers.Result
	machine *watch.Drain
	log     zerolog.Logger

	ctx     context.Context // of the life
	stop    context.CancelFunc
	cancel  context.CancelFunc // of the last run
	number  int                // of it
	last    chan struct{}      // closed when it is over
	ended   chan drainEnd
	running sync.WaitGroup
}

// drainEnd is that of one run: what went wrong in it, for people.
type drainEnd struct {
	number int
	failed string
}

func (d Daemon) newDrains(log zerolog.Logger, id watch.Identity, restored watch.RestoredDrain) *drains {
	c := d.Config
	out := &drains{dirs: []string{c.DrainHandlers, c.RootDrainHandlers}, machine: watch.NewDrain(id, restored), log: log, ended: make(chan drainEnd), last: make(chan struct{}), cancel: func() {}}
	close(out.last)
	out.runners = []func(context.Context, handlers.Event) handlers.Result{
		handlers.Runner{Dir: c.DrainHandlers, Timeout: c.HandlerTimeout, Trusted: trustsNobody, Log: log}.Run,
		root.DrainHandlers(c, log),
	}
	out.ctx, out.stop = context.WithCancel(context.Background())
	return out
}

// exist tells whether there is a handler. A directory that only root may list may have one.
func (d *drains) exist() bool {
	return slices.ContainsFunc(d.dirs, func(dir string) bool {
		_, err := proc.Programs(dir)
		return !errors.Is(err, fs.ErrNotExist)
	})
}

// begin runs the handlers for an ask, in the background.
func (d *drains) begin(e handlers.Event) {
	d.next(e, func(ctx context.Context, number int, sum handlers.Result) {
		failed := ""
		if sum.Failed > 0 {
			failed = fmt.Sprintf("drain handlers that failed: %d of %d; the journal of the instance has why", sum.Failed, sum.Ran)
		}
		d.log.Info().Int("ran", sum.Ran).Int("failed", sum.Failed).Msg("drain handlers done")
		select {
		case d.ended <- drainEnd{number, failed}:
		case <-ctx.Done():
		}
	})
}

// undo stops what runs, and runs the handlers once more to undo what they did. done hears when that is over.
func (d *drains) undo(e handlers.Event, done func()) {
	d.cancel()
	d.next(e, func(context.Context, int, handlers.Result) { done() })
}

// next runs all handlers once the run before is over. What is broken off has no end: the next start of the daemon runs them again.
func (d *drains) next(e handlers.Event, end func(context.Context, int, handlers.Result)) {
	ctx, cancel := context.WithCancel(d.ctx)
	before, over := d.last, make(chan struct{})
	d.cancel, d.last = cancel, over
	d.number++
	number := d.number
	d.running.Go(func() {
		defer cancel()
		<-before
		results := make([]handlers.Result, len(d.runners))
		var all sync.WaitGroup
		for i, run := range d.runners {
			all.Go(func() { results[i] = run(ctx, e) })
		}
		all.Wait()
		close(over)
		if ctx.Err() != nil {
			return
		}
		var sum handlers.Result
		for _, r := range results {
			sum.Ran, sum.Failed = sum.Ran+r.Ran, sum.Failed+r.Failed
		}
		end(ctx, number, sum)
	})
}

// close breaks off what runs.
func (d *drains) close() {
	d.stop()
	d.running.Wait()
}

// restoredDrain finds in what an earlier run left the last ask that was heeded and not undone.
func (l *life) restoredDrain(said []string) watch.RestoredDrain {
	var out watch.RestoredDrain
	for _, key := range said {
		text, began := strings.CutPrefix(key, drainBegan)
		seconds, err := strconv.ParseInt(text, 10, 64)
		until := time.Unix(seconds, 0).UTC()
		if began && err == nil && !slices.Contains(said, drainUndone+text) && until.After(out.Until) {
			out.Until = until
		}
	}
	if !out.Until.IsZero() {
		key := watch.Key(message.New(message.Drained, l.id.From, time.Unix(0, 0), out.Until))
		out.Answer, _ = l.box.Report(key)
	}
	return out
}

// stepDrain takes a look to the drains, and what comes out of it into the outbox and to the handlers.
func (l *life) stepDrain(look watch.DrainLook) {
	before := l.drains.machine.Until()
	say, do := l.drains.machine.Step(time.Now(), look, l.machine.Doomed())
	for _, r := range say {
		reporting(l.log, r)
		l.box.Put(watch.Key(r), r)
	}
	if note := l.drains.machine.Note(); note != "" {
		l.log.Warn().Msg(note)
	}
	until := l.drains.machine.Until()
	if until != before && !until.IsZero() {
		l.box.Mark(drainBegan + strconv.FormatInt(until.Unix(), 10))
	}
	switch do {
	case watch.DrainBegin:
		l.log.Info().Time("until", until).Msg("the coordinator asks for a drain")
		l.drains.begin(handlers.Event{Kind: handlers.Drain, Action: message.ActionTerminate, Deadline: until, Instance: l.id.From.Instance, Group: l.id.From.Group})
	case watch.DrainUndo:
		l.log.Info().Msg("the coordinator does not ask for a drain any more")
		l.drains.undo(handlers.Event{Kind: handlers.Undrain, Action: message.ActionTerminate, Instance: l.id.From.Instance, Group: l.id.From.Group},
			func() { l.box.Mark(drainUndone + strconv.FormatInt(before.Unix(), 10)) })
	}
}

// drainEnded says that the handlers are done, unless another run was begun meanwhile.
func (l *life) drainEnded(e drainEnd) {
	if e.number != l.drains.number {
		return
	}
	if r, asked := l.drains.machine.Ended(time.Now(), e.failed); asked {
		reporting(l.log, r)
		l.box.Put(watch.Key(r), r)
	}
}
