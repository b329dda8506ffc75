package emulator

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// queues answers long polls. The emulator's own would take a message for a client that was killed meanwhile, and keep it
// for the whole visibility timeout; and a hundred of them keep it busy. So the emulator is only ever asked what is there
// now, one client after the other, when something may have come.
type queues struct {
	cloud *cloud
	ctx   context.Context
	stop  context.CancelFunc

	mu    sync.Mutex
	lanes map[string]*lane
	held  map[string][]string // receipts by queue URL, taken at front and not yet deleted
	dead  int                 // processes that were killed: what is taken for them goes back
}

func newQueues(c *cloud) *queues {
	ctx, stop := context.WithCancel(context.Background())
	return &queues{cloud: c, ctx: ctx, stop: stop, lanes: map[string]*lane{}, held: map[string][]string{}}
}

func (q *queues) close() { q.stop() }

// visibility of both queues, as the stack sets it.
const visibility = 40 * time.Second

// lane lets one client of a queue ask at a time; who waited while another found nothing need not ask again.
type lane struct {
	sync.Mutex
	news  broadcast       // something was sent to the queue or made visible, or a FIFO queue's next message is free
	empty <-chan struct{} // the news before which nothing was there
	due   atomic.Int64    // messages that may be there at most: while there are none, nobody need ask
}

// bring notes that n messages may have come.
func (l *lane) bring(n int) {
	if n == 0 {
		return
	}
	l.due.Add(int64(n))
	l.news.tell()
}

func (q *queues) correct(next transport) transport {
	return func(ctx context.Context, k *call) (answer, error) {
		if k.service == "sqs" && k.action == "ReceiveMessage" {
			return q.receive(ctx, k, next)
		}
		a, err := next(ctx, k)
		if k.service == "sqs" && k.action == "DeleteMessage" {
			q.release(k) // not before: until then it hides the next of its message group
		}
		q.announce(k)
		return a, err
	}
}

// announce tells who waits at a queue what a call may have brought there.
func (q *queues) announce(k *call) {
	url, _ := k.doc["QueueUrl"].(string)
	switch k.service + "." + k.action {
	case "sns.Publish", "events.PutEvents":
		for _, lane := range q.all(func(url string) bool { return !fifo(url) }) {
			lane.bring(1)
		}
	case "sqs.DeleteMessage":
		if fifo(url) { // the next of its message group
			q.lane(url).news.tell()
		}
	case "sqs.SendMessage":
		lane := q.lane(url)
		if delay, _ := k.doc["DelaySeconds"].(float64); delay > 0 {
			time.AfterFunc(time.Duration(delay)*time.Second+slack, func() { lane.bring(1) })
			return
		}
		lane.bring(1)
	}
}

// slack is between our clock and the emulator's, which are the same.
const slack = 100 * time.Millisecond

func fifo(url string) bool { return strings.HasSuffix(url, ".fifo") }

func (q *queues) lane(url string) *lane {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.lanes[url] == nil {
		q.lanes[url] = &lane{}
	}
	return q.lanes[url]
}

func (q *queues) all(which func(url string) bool) (out []*lane) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for url, lane := range q.lanes {
		if which(url) {
			out = append(out, lane)
		}
	}
	return out
}

// idle tells whether all that is due was taken and dealt with.
func (q *queues) idle() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	for url, lane := range q.lanes {
		if lane.due.Load() > 0 || len(q.held[url]) > 0 {
			return false
		}
	}
	return true
}

// receive waits up to WaitTimeSeconds for something to come.
func (q *queues) receive(ctx context.Context, k *call, next transport) (answer, error) {
	wait, _ := k.doc["WaitTimeSeconds"].(float64)
	url, _ := k.doc["QueueUrl"].(string)
	short := *k
	short.doc = maps.Clone(k.doc)
	short.doc["WaitTimeSeconds"] = 0
	end := time.NewTimer(time.Duration(wait) * time.Second)
	defer end.Stop()
	lane := q.lane(url)
	for {
		news := lane.news.wait()
		q.mu.Lock()
		dead := q.dead
		q.mu.Unlock()
		a, err := q.take(ctx, url, &short, next, dead, news)
		if err != nil || len(receipts(a)) > 0 || !a.ok() {
			return a, err
		}
		select {
		case <-end.C:
			return a, nil
		case <-ctx.Done():
			return answer{}, ctx.Err()
		case <-q.ctx.Done():
			return answer{}, q.ctx.Err()
		case <-news:
		}
	}
}

// holds tells whether somebody has a message of the queue.
func (q *queues) holds(url string) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.held[url]) > 0
}

// nothing is what a queue answers that has nothing to give.
var nothing = answer{http.StatusOK, http.Header{"Content-Type": {"application/x-amz-json-1.0"}}, []byte("{}")}

// take asks once. What comes for a client that is gone, or of a process that was killed, goes back.
func (q *queues) take(ctx context.Context, url string, k *call, next transport, dead int, news <-chan struct{}) (answer, error) {
	lane := q.lane(url)
	lane.Lock()
	defer lane.Unlock()
	if ctx.Err() != nil {
		return answer{}, ctx.Err()
	}
	if lane.empty == news || lane.due.Load() <= 0 {
		return nothing, nil
	}
	due, free := lane.due.Load(), !q.holds(url)
	a, err := next(ctx, k)
	if err != nil {
		return a, err
	}
	handles := receipts(a)
	if lane.empty = nil; len(handles) == 0 {
		lane.empty = news
		if free && !q.holds(url) { // nothing hides them: they were duplicates, of which a FIFO queue keeps one
			lane.due.Add(-due)
		}
	}
	if len(handles) > 0 { // what nobody deletes comes again
		lane.due.Add(int64(-len(handles)))
		time.AfterFunc(visibility+slack, func() { lane.bring(q.forget(url, handles)) })
	}
	q.mu.Lock()
	q.held[url] = append(q.held[url], handles...)
	gone := q.dead != dead
	q.mu.Unlock()
	if (gone || ctx.Err() != nil) && len(handles) > 0 {
		q.giveBack()
		return answer{}, fmt.Errorf("the client of queue %s is gone", path.Base(url))
	}
	return a, nil
}

// killed gives back what the dead process held, at once: that is what the visibility timeout of 40 s does, without its
// 40 s.
func (q *queues) killed() {
	q.mu.Lock()
	q.dead++
	q.mu.Unlock()
	q.giveBack()
}

func (q *queues) giveBack() {
	q.mu.Lock()
	held := q.held
	q.held = map[string][]string{}
	q.mu.Unlock()
	for url, handles := range held {
		for _, handle := range handles {
			back := call{service: "sqs", action: "ChangeMessageVisibility", header: signed("sqs"),
				doc: map[string]any{"QueueUrl": url, "ReceiptHandle": handle, "VisibilityTimeout": 0}}
			back.header.Set("X-Amz-Target", "AmazonSQS.ChangeMessageVisibility")
			back.header.Set("Content-Type", "application/x-amz-json-1.0")
			// A message that was deleted meanwhile is refused, which is right.
			_, _ = q.cloud.raw(context.Background(), &back)
		}
		q.lane(url).bring(len(handles))
	}
}

func (q *queues) release(k *call) {
	url, _ := k.doc["QueueUrl"].(string)
	handle, _ := k.doc["ReceiptHandle"].(string)
	q.forget(url, []string{handle})
}

// forget takes the handles from what is held and tells how many of them were.
func (q *queues) forget(url string, handles []string) int {
	q.mu.Lock()
	defer q.mu.Unlock()
	before := len(q.held[url])
	q.held[url] = slices.DeleteFunc(q.held[url], func(h string) bool { return slices.Contains(handles, h) })
	return before - len(q.held[url])
}

func receipts(a answer) []string {
	var body struct {
		Messages []struct{ ReceiptHandle string }
	}
	if !a.ok() || json.Unmarshal(a.body, &body) != nil {
		return nil
	}
	var out []string
	for _, m := range body.Messages {
		out = append(out, m.ReceiptHandle)
	}
	return out
}
