package daemon

import (
	"context"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"autospotting/pkg/message"
	"autospotting/spotd/handlers"
	"autospotting/spotd/hook"
)

// departed is the outbox's mark that the handlers have run.
const departed = "departed"

// leaveTime bounds what goes on after the daemon was told to stop: at a shutdown
// the handlers may be in the middle of their work. The unit's TimeoutStopSec
// is longer.
const leaveTime = 60 * time.Second

// departure is what happens on the instance before it goes: handlers once in
// its life, and the lifecycle hook held open meanwhile.
type departure struct {
	runners []func(context.Context, handlers.Event) handlers.Result
	hook    *hook.Hook // nil where the owner asks for none
	mark    func()     // remembers that the handlers have run
	log     zerolog.Logger

	ctx       context.Context
	cancel    context.CancelFunc
	began     bool
	hooked    bool
	done      chan struct{} // closed when the handlers have run
	remaining sync.WaitGroup
}

func newDeparture(log zerolog.Logger) *departure {
	d := &departure{log: log, done: make(chan struct{}), mark: func() {}}
	d.ctx, d.cancel = context.WithCancel(context.Background())
	return d
}

// finished takes note that an earlier run did it all.
func (d *departure) finished() {
	d.began = true
	close(d.done)
}

// begin runs the handlers, in the background; further calls do nothing.
func (d *departure) begin(e handlers.Event) {
	if d.began {
		return
	}
	d.began = true
	d.remaining.Go(func() {
		defer close(d.done)
		var all sync.WaitGroup
		results := make([]handlers.Result, len(d.runners))
		for i, run := range d.runners {
			all.Go(func() { results[i] = run(d.ctx, e) })
		}
		all.Wait()
		if d.ctx.Err() != nil {
			return // not all were run: the next start does it
		}
		d.mark()
		var sum handlers.Result
		for _, r := range results {
			sum.Ran, sum.Failed = sum.Ran+r.Ran, sum.Failed+r.Failed
		}
		if sum.Ran == 0 {
			return
		}
		d.log.Info().Int("ran", sum.Ran).Int("failed", sum.Failed).Msg("handlers done")
	})
}

// leave is for when the group is taking the instance out: the handlers run if they
// have not yet, and the hook is completed after them.
func (d *departure) leave(e handlers.Event) {
	d.begin(e)
	if d.hook == nil || d.hooked {
		return
	}
	d.hooked = true
	d.remaining.Go(func() { d.hook.Hold(d.ctx, d.done) })
}

// close lets what has begun finish within its bound, and ends it then.
func (d *departure) close(wait time.Duration) {
	ended := make(chan struct{})
	go func() {
		d.remaining.Wait()
		close(ended)
	}()
	select {
	case <-ended:
	case <-time.After(wait):
	}
	d.cancel()
	<-ended
}

// noticeEvent is the event of a notice.
func noticeEvent(r message.Report) handlers.Event {
	return handlers.Event{Kind: "terminating", Action: r.Action, Deadline: r.Deadline, Instance: r.From.Instance, Group: r.From.Group}
}

// certain is what is left at least of the two minutes of a notice when the metadata
// had none a moment ago.
const certain = 110 * time.Second

// mostNotice is more than AWS gives: a deadline beyond it is by a clock here that is
// behind.
const mostNotice = 10 * time.Minute

// localEnd is when the instance goes by its own clock, which may be hours off
// AWS's: not earlier than the notice's two minutes after the last look without
// one (peace, zero if there was none), and no later than a notice can be long. An end that is
// over while we still live is a wrong clock too. heard is when the notice was seen.
func localEnd(heard, peace, deadline time.Time) time.Time {
	if deadline.IsZero() {
		return deadline
	}
	if end := peace.Add(certain); !peace.IsZero() && end.After(deadline) {
		deadline = end
	}
	if !deadline.After(heard) || deadline.Sub(heard) > mostNotice {
		deadline = heard.Add(certain)
	}
	return deadline
}

// leavingEvent is the event of the group's own decision. It has no deadline: the
// hook's time-out, if any, is not told to the instance.
func leavingEvent(from message.Source) handlers.Event {
	return handlers.Event{Kind: "terminated", Action: message.ActionTerminate, Instance: from.Instance, Group: from.Group}
}
