// Package outbox delivers reports until they are acknowledged: each is on disk
// before it is published, unless the disk hangs, is tried again until its deadline, and survives a
// crash of the daemon.
package outbox

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"autospotting/pkg/message"
)

const (
	// firstBackoff doubles up to lastBackoff between two attempts.
	firstBackoff = 100 * time.Millisecond
	lastBackoff  = 5 * time.Second
	// slowBackoff is for reports without a deadline, where a minute is nothing
	// and every attempt may ask for credentials.
	slowBackoff = time.Minute
	// attemptTimeout bounds one attempt: a topic that swallows a request must
	// leave time for many more before the two minutes of a notice are over.
	attemptTimeout = 5 * time.Second
	// leastNotice is how long a notice is tried for at least from when it was seen:
	// by a clock that is ahead its deadline is over before it comes.
	leastNotice = 110 * time.Second
	// keepTrying is for reports without a deadline: a day later the group has
	// long decided without them.
	keepTrying = 24 * time.Hour
	// keepCanDrain is for what is said every quarter of an hour.
	keepCanDrain = 10 * time.Minute
)

// Told is implemented by errors that the publisher logged itself; the outbox then
// logs their attempts for debugging only.
type Told interface{ Told() bool }

// Publisher hands one report over; a nil error means acknowledged.
type Publisher interface {
	Publish(ctx context.Context, r message.Report) error
}

// Outbox delivers each report by its own goroutine, so that a notice never waits
// behind a hello that hangs. A full or read-only disk costs only the memory of a
// crash: it is told once, and delivery goes on. One that hangs costs slowDisk.
type Outbox struct {
	publisher Publisher
	log       zerolog.Logger
	store     store
	said      []string
	count     func(r message.Report, err error)
	writer    writer
	forgotten bool // of the writer alone
	diskTold  sync.Once
	ctx       context.Context
	stop      context.CancelFunc
	running   sync.WaitGroup
}

// lifeName is the shape of what Dir makes.
var lifeName = regexp.MustCompile(`^i-[0-9a-f]+@[0-9]+$`)

// Dir returns the directory for one life of an instance under the state
// directory: a stopped and started instance begins a new one.
func Dir(state, instance string, pendingTime time.Time) string {
	return filepath.Join(state, fmt.Sprintf("%s@%d", instance, max(0, pendingTime.Unix())))
}

// Open reads what an earlier run left in dir and goes on delivering it. It does
// not fail: trouble with the disk is logged. Close must be called.
// count, which may be nil, hears of the outcome of every attempt.
func Open(dir string, p Publisher, log zerolog.Logger, count func(message.Report, error)) *Outbox {
	o := &Outbox{publisher: p, log: log, count: count}
	o.ctx, o.stop = context.WithCancel(context.Background())
	var pending []entry
	var err error
	o.store, pending, o.said, err = openStore(dir)
	o.disk(err)
	for _, e := range pending {
		o.start(e, nil)
	}
	return o
}

// Said returns the keys of everything that was put, now or by an earlier run.
func (o *Outbox) Said() []string { return o.said }

// Report returns what was put under a key, now or by an earlier run, as long as it
// is on disk.
func (o *Outbox) Report(key string) (message.Report, bool) { return o.store.report(key) }

// Mark remembers a key without a report: Said of later runs has it. It is the
// same disk, and may be forgotten where that cannot be written. What is put
// later is written later.
func (o *Outbox) Mark(key string) { o.write(func() error { return o.store.mark(key) }) }

// Put writes a report to disk under its key and then delivers it, in the
// background: who watches the metadata never waits for a disk. Not to be called
// after Close.
func (o *Outbox) Put(key string, r message.Report) {
	body, err := r.Encode()
	if err != nil {
		o.log.Error().Err(err).Str("kind", string(r.Kind)).Msg("report dropped")
		return
	}
	o.start(entry{key, r}, o.write(func() error { return o.store.put(key, body) }))
}

// write does it in its turn.
func (o *Outbox) write(f func() error) (done <-chan struct{}) {
	return o.writer.do(func() {
		if !o.forgotten {
			o.disk(f())
		}
	})
}

// Close waits for at most the given time until everything is delivered, then
// stops, and gives the disk a second more. What is left stays on disk for the
// next run.
func (o *Outbox) Close(wait time.Duration) {
	defer o.stop()
	done := make(chan struct{})
	go func() {
		o.running.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(wait):
		o.stop()
		<-done
	}
	await(o.writer.done(), lastWrite)
}

// Forget closes the outbox at once, and removes what it has on disk, also what was
// not delivered: the next Open begins with nothing. What is put or marked later is
// forgotten too.
func (o *Outbox) Forget() {
	o.stop()
	o.Close(0)
	await(o.write(func() error {
		o.forgotten = true
		return os.RemoveAll(o.store.dir)
	}), lastWrite)
}

func (o *Outbox) start(e entry, saved <-chan struct{}) {
	o.running.Go(func() { o.deliver(e, saved) })
}

// deliver tries until the report is acknowledged, late or the outbox is closed.
// At least one attempt is made even when late: a notice of an earlier run
// still tells the group why the instance went.
// saved, nil for a report of an earlier run, is closed when it is on disk.
func (o *Outbox) deliver(e entry, saved <-chan struct{}) {
	if saved != nil {
		await(saved, slowDisk)
	}
	log := o.log.With().Str("kind", string(e.report.Kind)).Str("msg_id", e.report.ID).Logger()
	last, most := e.report.Deadline, lastBackoff
	if least := e.report.At.Add(leastNotice); saved != nil && last.Before(least) {
		last = least
	}
	switch {
	case e.report.Kind == message.CanDrain: // it is said again and again
		last, most = e.report.At.Add(keepCanDrain), slowBackoff
	case e.report.Kind == message.Maintenance || e.report.Deadline.IsZero():
		last, most = e.report.At.Add(keepTrying), slowBackoff
	}
	for attempt, wait := 1, firstBackoff; ; attempt, wait = attempt+1, min(2*wait, most) {
		err := o.attempt(e.report)
		if err == nil {
			log.Info().Int("attempts", attempt).Msg("report delivered")
			o.done(e.key)
			return
		}
		if o.ctx.Err() != nil {
			log.Warn().Err(err).Int("attempts", attempt).Msg("report not delivered yet, kept")
			return
		}
		pause := wait/2 + rand.N(wait/2)
		if !time.Now().Add(pause).Before(last) {
			log.Error().Err(err).Int("attempts", attempt).Time("deadline", last).Msg("report given up, past its deadline")
			o.done(e.key)
			return
		}
		if attempt&(attempt-1) == 0 { // a line every five seconds helps nobody: the 1st, 2nd, 4th, 8th …
			log.WithLevel(severity(err)).Err(err).Int("attempts", attempt).Msg("report not delivered, trying again")
		}
		select {
		case <-o.ctx.Done():
		case <-time.After(pause):
		}
	}
}

func (o *Outbox) done(key string) {
	o.write(func() error { return ignoreMissing(o.store.done(key)) })
}

func (o *Outbox) attempt(r message.Report) error {
	ctx, cancel := context.WithTimeout(o.ctx, attemptTimeout)
	defer cancel()
	err := o.publisher.Publish(ctx, r)
	if o.count != nil {
		o.count(r, err)
	}
	return err
}

// severity of an attempt that failed.
func severity(err error) zerolog.Level {
	var told Told
	if errors.As(err, &told) && told.Told() {
		return zerolog.DebugLevel
	}
	return zerolog.WarnLevel
}

func (o *Outbox) disk(err error) {
	if err == nil {
		return
	}
	o.diskTold.Do(func() {
		o.log.Error().Err(err).Str("dir", o.store.dir).
			Msg("state not on disk: reports go on from memory, and would be lost or repeated by a restart; make the directory writable")
	})
}
