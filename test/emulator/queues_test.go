package emulator

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"path"
	"sync"
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
	news  broadcast // something was sent, deleted or made visible, or its delay is over
	lanes map[string]*lane
	held  map[string][]string // receipts by queue URL, taken at front and not yet deleted
	dead  int                 // processes that were killed: what is taken for them goes back
}

func newQueues(c *cloud) *queues {
	ctx, stop := context.WithCancel(context.Background())
	return &queues{cloud: c, ctx: ctx, stop: stop, lanes: map[string]*lane{}, held: map[string][]string{}}
}

func (q *queues) close() { q.stop() }

// lookAgain is how long something may go unseen that nobody told of: a visibility timeout that ran out.
const lookAgain = 5 * time.Second

// lane lets one client of a queue ask at a time; who waited while another found nothing need not ask again.
type lane struct {
	sync.Mutex
	empty <-chan struct{} // the news before which nothing was there
}

func (q *queues) correct(next transport) transport {
	return func(ctx context.Context, k *call) (answer, error) {
		switch {
		case k.service == "sqs" && k.action == "ReceiveMessage":
			return q.receive(ctx, k, next)
		case k.service == "sqs" && k.action == "DeleteMessage":
			q.release(k)
		}
		a, err := next(ctx, k)
		if k.service == "sqs" || k.service == "sns" && k.action == "Publish" {
			q.news.tell()
		}
		if delay, _ := k.doc["DelaySeconds"].(float64); delay > 0 {
			time.AfterFunc(time.Duration(delay)*time.Second+100*time.Millisecond, q.news.tell)
		}
		return a, err
	}
}

func (q *queues) lane(url string) *lane {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.lanes[url] == nil {
		q.lanes[url] = &lane{}
	}
	return q.lanes[url]
}

// receive waits up to WaitTimeSeconds for something to come.
func (q *queues) receive(ctx context.Context, k *call, next transport) (answer, error) {
	wait, _ := k.doc["WaitTimeSeconds"].(float64)
	url, _ := k.doc["QueueUrl"].(string)
	short := *k
	short.doc = map[string]any{}
	for key, v := range k.doc {
		short.doc[key] = v
	}
	short.doc["WaitTimeSeconds"] = 0
	end := time.NewTimer(time.Duration(wait) * time.Second)
	defer end.Stop()
	late := false
	for {
		news := q.news.wait()
		q.mu.Lock()
		dead := q.dead
		q.mu.Unlock()
		a, err := q.take(ctx, url, &short, next, dead, news, late)
		if err != nil || len(receipts(a)) > 0 || !a.ok() {
			return a, err
		}
		again := time.NewTimer(lookAgain)
		select {
		case <-end.C:
			again.Stop()
			return a, nil
		case <-ctx.Done():
			again.Stop()
			return answer{}, ctx.Err()
		case <-q.ctx.Done():
			again.Stop()
			return answer{}, q.ctx.Err()
		case <-news:
			late = false
		case <-again.C:
			late = true
		}
		again.Stop()
	}
}

// nothing is what a queue answers that has nothing to give.
var nothing = answer{http.StatusOK, http.Header{"Content-Type": {"application/x-amz-json-1.0"}}, []byte("{}")}

// take asks once. What comes for a client that is gone, or of a process that was killed, goes back.
func (q *queues) take(ctx context.Context, url string, k *call, next transport, dead int, news <-chan struct{}, late bool) (answer, error) {
	lane := q.lane(url)
	lane.Lock()
	defer lane.Unlock()
	if ctx.Err() != nil {
		return answer{}, ctx.Err()
	}
	if lane.empty == news && !late {
		return nothing, nil
	}
	a, err := next(ctx, k)
	if err != nil {
		return a, err
	}
	handles := receipts(a)
	if lane.empty = nil; len(handles) == 0 {
		lane.empty = news
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
	}
	q.news.tell()
}

func (q *queues) release(k *call) {
	url, _ := k.doc["QueueUrl"].(string)
	handle, _ := k.doc["ReceiptHandle"].(string)
	q.mu.Lock()
	defer q.mu.Unlock()
	for i, h := range q.held[url] {
		if h == handle {
			q.held[url] = append(q.held[url][:i:i], q.held[url][i+1:]...)
			return
		}
	}
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
