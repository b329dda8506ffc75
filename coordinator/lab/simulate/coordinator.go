package simulate

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/rs/zerolog"

	"autospotting/coordinator/handle"
	"autospotting/coordinator/ledger"
	"autospotting/coordinator/settings"
	"autospotting/pkg/message"
)

const (
	groupName = "group"
	tickEvery = 5 * time.Minute
	busDelay  = 200 * time.Millisecond // EventBridge or SNS to the queue
	pollDelay = 20 * time.Millisecond  // a message to the function being called
	// sameWork is how long a FIFO queue takes an equal deduplication id for the same message.
	sameWork = 5 * time.Minute
)

// coordinator is the product on the light cloud: the real handler, with its route and reconcile, its decisions, and its
// record; an actor that observes and calls the light cloud; and queues that deliver in simulated time.
type coordinator struct {
	c       *cloud
	actor   *actor
	handler *handle.Handler
	ledger  *countedLedger
	seen    map[string]time.Duration // deduplication ids
	n       int                      // of messages
	err     error
}

func inTurn(calls ...func()) {
	for _, call := range calls {
		call()
	}
}

// runCoordinator installs the product on a group that runs on demand.
func runCoordinator(c *cloud, g *group, defaults settings.Settings) *coordinator {
	k := &coordinator{c: c, seen: map[string]time.Duration{}, actor: newActor(c, g, defaults), ledger: &countedLedger{c: c}}
	k.handler = &handle.Handler{
		Actor: k.actor, Groups: k.actor, Ledger: k.ledger, Queues: k, Verifier: believer{},
		Now: k.actor.clock, Log: zerolog.Nop(), Side: inTurn, // the light cloud is one thread's
	}
	g.begin()
	c.onNotice = func(i *instance) {
		k.aws("EC2 Spot Instance Interruption Warning", i)
		if i.nonce != "" && i.state == running {
			k.report(i, message.Terminating, c.w.from.Add(i.end), "terminate")
		}
	}
	c.onAdvice = func(i *instance) { k.aws("EC2 Instance Rebalance Recommendation", i) }
	c.onRunning = func(i *instance) { k.says(i, message.Hello) }
	c.onReady = func(i *instance) {
		k.says(i, message.Started)
		k.says(i, message.Ready)
	}
	k.tick()
	return k
}

func (k *coordinator) tick() {
	k.inbox([]byte(fmt.Sprintf(`{"detail-type":"Scheduled Event","source":"aws.scheduler","id":"tick-%d","detail":{}}`, k.n)), busDelay)
	k.c.after(tickEvery, k.tick)
}

// aws is an event on the bus.
func (k *coordinator) aws(detailType string, i *instance) {
	detail := map[string]string{"instance-id": i.id, "instance-action": "terminate"}
	body, err := json.Marshal(map[string]any{"id": fmt.Sprintf("event-%d", k.n), "detail-type": detailType, "source": "aws.ec2", "time": k.actor.clock(), "detail": detail})
	k.failed(err)
	k.inbox(body, busDelay)
}

// says is spotd on an instance of ours, which carries it from birth.
func (k *coordinator) says(i *instance, kind message.Kind) {
	if i.nonce == "" {
		return
	}
	k.c.after(hearing, func() {
		if i.live() {
			k.report(i, kind, time.Time{}, "")
		}
	})
}

func (k *coordinator) report(i *instance, kind message.Kind, deadline time.Time, action string) {
	from := message.Source{Account: "123456789012", Region: "simulated-1", Zone: i.zone, Instance: i.id, Type: i.typ, Lifecycle: "spot", Group: groupName}
	r := message.New(kind, from, k.actor.clock().Truncate(time.Millisecond), deadline.Truncate(time.Millisecond))
	r.Action = action
	body, err := r.Encode()
	k.failed(err)
	k.inbox(body, busDelay)
}

func (k *coordinator) failed(err error) {
	if err != nil && k.err == nil {
		k.err = fmt.Errorf("coordinator, at %s: %w", k.actor.clock().Format(time.RFC3339), err)
	}
}

// inbox delivers to the route function.
func (k *coordinator) inbox(body []byte, delay time.Duration) {
	k.n++
	id := fmt.Sprintf("m%d", k.n)
	k.c.after(delay+pollDelay, func() {
		_, errs := k.handler.Route(context.Background(), []handle.Message{{ID: id, Body: body}})
		k.failed(errs[0])
	})
}

// Later and Work are handle.Queues.
func (k *coordinator) Later(_ context.Context, body []byte, delay time.Duration) error {
	k.c.calls["SendMessage"]++
	k.inbox(body, delay)
	return nil
}

// Work delivers to the reconcile function, once for equal keys.
func (k *coordinator) Work(_ context.Context, _, key string, body []byte) error {
	k.c.calls["SendMessage"]++
	if at, known := k.seen[key]; known && k.c.now-at < sameWork {
		return nil
	}
	if len(k.seen) > 10_000 {
		clear(k.seen)
	}
	k.seen[key] = k.c.now
	k.c.after(pollDelay, func() {
		_, err := k.handler.Reconcile(context.Background(), body)
		k.failed(err)
	})
	return nil
}

// believer stands for the identity documents' signatures: nobody lies here.
type believer struct{}

func (believer) VerifyReport(message.Report) error { return nil }

// countedLedger is the ledger in memory, counting what DynamoDB would be asked.
type countedLedger struct {
	ledger.Memory
	c *cloud
}

// Get counts a read.
func (l *countedLedger) Get(ctx context.Context, group string) (ledger.Record, error) {
	l.c.calls["GetItem"]++
	return l.Memory.Get(ctx, group)
}

// Put counts a write.
func (l *countedLedger) Put(ctx context.Context, r ledger.Record) (ledger.Record, error) {
	l.c.calls["PutItem"]++
	return l.Memory.Put(ctx, r)
}

// Calm counts a scan.
func (l *countedLedger) Calm(ctx context.Context) (map[string]ledger.Calm, error) {
	l.c.calls["Scan"]++
	return l.Memory.Calm(ctx)
}
