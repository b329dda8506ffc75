package cloudsim

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-lambda-go/events"
)

// Handler is what a function does with one batch, as aws-lambda-go's handlers do.
type Handler func(ctx context.Context, e events.SQSEvent) (events.SQSEventResponse, error)

// FunctionConfig describes a function. Timeout is 30 s by default. MaxConcurrency 0 is unlimited.
type FunctionConfig struct {
	Name           string
	Timeout        time.Duration
	MaxConcurrency int
	ColdStart      time.Duration // 150 ms by default, negative is none
}

// Function is a Lambda function: a set of sandboxes, each with a session of its own. Invocations that don't overlap
// share a sandbox, so what its handler caches lives on; a crash or a time-out ends the sandbox.
type Function struct {
	cloud *Cloud
	cfg   FunctionConfig
	boot  func(*Session) Handler
	idle  []*sandbox
	busy  int
	made  int
}

type sandbox struct {
	session *Session
	handler Handler
}

// Function defines a function; boot runs once per sandbox, within its first invocation.
func (c *Cloud) Function(cfg FunctionConfig, boot func(*Session) Handler) *Function {
	if cfg.Timeout == 0 {
		cfg.Timeout = 30 * time.Second
	}
	orDefault(&cfg.ColdStart, 150*time.Millisecond)
	return &Function{cloud: c, cfg: cfg, boot: boot}
}

// Redeploy replaces the code: every idle sandbox is thrown away, and those at work end after their invocation.
func (f *Function) Redeploy(boot func(*Session) Handler) {
	f.cloud.mu.Lock()
	defer f.cloud.mu.Unlock()
	f.idle, f.boot = nil, boot
}

// full: no more invocations now. The lock is held.
func (f *Function) full() bool { return f.cfg.MaxConcurrency > 0 && f.busy >= f.cfg.MaxConcurrency }

// reserve takes an idle sandbox or makes one. The lock is held.
func (f *Function) reserve() *sandbox {
	f.busy++
	if n := len(f.idle); n > 0 {
		sb := f.idle[n-1]
		f.idle = f.idle[:n-1]
		return sb
	}
	f.made++
	return &sandbox{session: f.cloud.NewSession(fmt.Sprintf("%s/%d", f.cfg.Name, f.made))}
}

// invocation's ctx tells the deadline in simulated time, which is the time its callers know.
type invocationContext struct {
	context.Context
	deadline time.Time
}

func (c invocationContext) Deadline() (time.Time, bool) { return c.deadline, true }

// run invokes a reserved sandbox and calls done, without the lock held, with what came of it.
func (f *Function) run(sb *sandbox, e events.SQSEvent, done func(events.SQSEventResponse, error)) {
	c := f.cloud
	var resp events.SQSEventResponse
	var err error
	base, cancel := context.WithCancel(context.Background())
	c.mu.Lock()
	boot := f.boot
	ctx := invocationContext{base, c.clock().Add(f.cfg.Timeout)}
	c.emit(Event{Kind: Invoked, Actor: sb.session.name, Text: fmt.Sprintf("%d records", len(e.Records))})
	finished := false
	timeout := c.schedule(f.cfg.Timeout, "time-out of "+sb.session.name, func() {
		if !finished {
			cancel()
			sb.session.Kill()
		}
	})
	timeout.open = true
	c.unlock()
	c.spawn(sb.session, func() {
		if sb.handler == nil {
			sb.session.pause(f.cfg.ColdStart)
			sb.handler = boot(sb.session)
		}
		resp, err = sb.handler(ctx, e)
	}, func(crash bool) {
		cancel()
		c.mu.Lock()
		finished = true
		timeout.cancelled = true
		f.busy--
		if crash || sb.session.dead.Load() {
			resp, err = events.SQSEventResponse{}, crashed{sb.session.name}
		} else {
			f.idle = append(f.idle, sb)
		}
		text := ""
		if err != nil {
			text = err.Error()
		}
		c.emit(Event{Kind: Returned, Actor: sb.session.name, Text: text})
		c.unlock()
		done(resp, err)
	})
}

// Invoke calls the function once, outside of any queue, and tells done what came of it.
func (f *Function) Invoke(e events.SQSEvent, done func(events.SQSEventResponse, error)) {
	f.cloud.mu.Lock()
	sb := f.reserve()
	f.cloud.mu.Unlock()
	f.run(sb, e, done)
}

// mapping is an event source mapping with ReportBatchItemFailures.
type mapping struct {
	Mapping
	q    *queue
	f    *Function
	due  bool
	busy int
}

func (m *mapping) full() bool { return m.f.full() || m.Most > 0 && m.busy >= m.Most }

// MapQueue makes the queue call the function with up to batch messages. What the answer lists as failed, and a whole
// batch whose invocation failed, timed out or crashed, comes back after the queue's visibility timeout; FIFO message
// groups go one batch at a time, different groups in parallel (aws-facts 5). It panics when there is no such queue.
func (c *Cloud) MapQueue(queueURL string, f *Function, batch int) {
	c.Map(queueURL, f, Mapping{Batch: batch})
}

// Map is MapQueue with a window and a bound.
func (c *Cloud) Map(queueURL string, f *Function, how Mapping) {
	c.mu.Lock()
	defer c.mu.Unlock()
	q := c.queueByURL(queueURL)
	if q == nil {
		panic("cloudsim: MapQueue: no queue " + queueURL + ": create it first")
	}
	how.Batch = max(how.Batch, 1)
	m := &mapping{Mapping: how, q: q, f: f}
	c.mappings = append(c.mappings, m)
	c.pollSoon(m)
}

// Mapping is how a queue calls a function.
type Mapping struct {
	Batch int
	// Window is for how long messages are collected after the first (Lambda developer guide, "Batching behavior"); a FIFO queue has none.
	Window time.Duration
	// Most is how many invocations the queue has at a time (the same guide, "Setting maximum concurrency"); 0 is unlimited.
	Most int
}

func (c *Cloud) pollSoon(m *mapping) {
	if m.due {
		return
	}
	m.due = true
	c.schedule(c.cfg.Timing.Poll+m.Window, "poll "+m.q.name, func() { c.poll(m) }).open = true
}

// poll starts as many invocations as there are batches.
func (c *Cloud) poll(m *mapping) {
	for {
		c.mu.Lock()
		m.due = false
		var batch []*message
		if !m.full() {
			batch = c.dequeue(m.q, m.Batch, m.q.visibility)
		}
		if len(batch) == 0 {
			c.unlock()
			return
		}
		sb := m.f.reserve()
		m.busy++
		e := c.batchEvent(m.q, batch)
		c.unlock()
		m.f.run(sb, e, func(resp events.SQSEventResponse, err error) { c.settle(m, e, resp, err) })
	}
}

func (c *Cloud) batchEvent(q *queue, batch []*message) events.SQSEvent {
	var e events.SQSEvent
	for _, m := range batch {
		e.Records = append(e.Records, events.SQSMessage{MessageId: m.id, ReceiptHandle: m.receipt, Body: m.body, Md5OfBody: md5Hex(m.body),
			Attributes: m.system(), EventSource: "aws:sqs", EventSourceARN: q.arn, AWSRegion: c.cfg.Region})
	}
	return e
}

// settle deletes what succeeded. An answer that names an unknown message fails the whole batch.
func (c *Cloud) settle(m *mapping, e events.SQSEvent, resp events.SQSEventResponse, err error) {
	c.mu.Lock()
	defer c.unlock()
	m.busy--
	c.pollSoon(m)
	if err != nil {
		return
	}
	known, failed := map[string]bool{}, map[string]bool{}
	for _, r := range e.Records {
		known[r.MessageId] = true
	}
	for _, f := range resp.BatchItemFailures {
		if !known[f.ItemIdentifier] {
			return
		}
		failed[f.ItemIdentifier] = true
	}
	for _, r := range e.Records {
		if !failed[r.MessageId] {
			c.drop(m.q, r.ReceiptHandle)
		}
	}
}
