package emulator

import (
	"context"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
)

// cloud is one AWS account of the emulator, seen through the corrections. The coordinator talks to front, where
// requests are counted and may be cut off; the test and spotd talk to side.
type cloud struct {
	account     string
	front, side *httptest.Server

	memo     memo
	queues   *queues
	history  history
	launches launches

	changed broadcast // something was written at front, or a process was cut off

	mu    sync.Mutex
	seen  map[string]int
	trace []string
	asked []*call // what changes something in EC2 or Auto Scaling
	cut   *cut

	checksTargets bool            // what a fleet launched is healthy behind a target group only when it is in answering
	answering     map[string]bool // instances, under mu

	made     atomic.Int64 // mistakes
	mistake  mutant       // made in front of everything else
	floor    atomic.Int64 // members that our hand must leave in service; 0 until a test sets it
	violated tail
}

// cut ends a process at one of its requests.
type cut struct {
	call   string // service.Action
	number int    // of this call, from 1
	after  bool   // after the emulator did it, so that only the answer is lost
	fire   func() // kills; returns when the process is gone
	fired  atomic.Bool
}

func (c *cut) String() string {
	when := "before"
	if c.after {
		when = "after"
	}
	return fmt.Sprintf("%s %s %d", when, c.call, c.number)
}

var accounts atomic.Int64

// newCloud opens an account that nobody used before.
func newCloud(t *testing.T) *cloud {
	t.Helper()
	c := &cloud{account: fmt.Sprintf("%012d", 100000000000+accounts.Add(1)), seen: map[string]int{}}
	c.queues = newQueues(c)
	corrected := c.corrected()
	c.front = httptest.NewServer(serve(c.counted(c.mistaken(limited(true, corrected)))))
	c.side = httptest.NewServer(serve(limited(false, corrected)))
	t.Cleanup(func() {
		c.queues.close()
		c.front.Close()
		c.side.Close()
	})
	return c
}

// raw speaks to the emulator as it is.
func (c *cloud) raw(ctx context.Context, k *call) (answer, error) {
	return c.memo.ask(ctx, k, func(ctx context.Context, k *call) (answer, error) {
		return home(c.account).forward(ctx, c.account, k)
	})
}

// read asks a question of our own. The emulator's threads trip over one another now and then, which it answers with a page
// of HTML; the SDK's clients ask again then, and so does this.
func (c *cloud) read(ctx context.Context, k *call, into any) error {
	for try := 1; ; try++ {
		a, err := c.raw(ctx, k)
		if err != nil {
			return err
		}
		if a.ok() {
			return xml.Unmarshal(a.body, into)
		}
		if a.status < http.StatusInternalServerError || try == 5 {
			return fmt.Errorf("ask the emulator %s: HTTP %d %.300s", k.action, a.status, a.body)
		}
	}
}

func serve(next transport) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		k, err := readCall(r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		a, err := next(r.Context(), k)
		if err != nil { // to the client a connection that broke
			panic(http.ErrAbortHandler)
		}
		for _, name := range []string{"Content-Type", "X-Amz-Crc32", "X-Amzn-Query-Error"} {
			if v := a.header.Get(name); v != "" {
				w.Header().Set(name, v)
			}
		}
		w.WriteHeader(a.status)
		_, _ = w.Write(a.body)
	})
}

// counted notes every request and cuts where the test wants it. A receive counts when it brings something: how often a
// process asks in vain says nothing.
func (c *cloud) counted(next transport) transport {
	return func(ctx context.Context, k *call) (answer, error) {
		if k.action == "ReceiveMessage" {
			a, err := next(ctx, k)
			if err == nil && len(receipts(a)) > 0 {
				if hit := c.note(k); hit != nil {
					err := hit.now()
					c.changed.tell()
					return answer{}, err
				}
			}
			return a, err
		}
		hit := c.note(k)
		if hit != nil && !hit.after {
			err := hit.now()
			c.changed.tell()
			return answer{}, err
		}
		a, err := next(ctx, k)
		if hit != nil {
			err = hit.now()
		}
		if hit != nil || writes[k.service+"."+k.action] {
			c.changed.tell()
		}
		return a, err
	}
}

// broadcast tells everybody who waits that something happened.
type broadcast struct {
	mu   sync.Mutex
	next chan struct{}
}

// wait returns what is closed at the next tell.
func (b *broadcast) wait() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.next == nil {
		b.next = make(chan struct{})
	}
	return b.next
}

func (b *broadcast) tell() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.next != nil {
		close(b.next)
		b.next = nil
	}
}

func (c *cloud) note(k *call) *cut {
	name := k.service + "." + k.action
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen[name]++
	c.trace = append(c.trace, fmt.Sprintf("%s %d", name, c.seen[name]))
	if changing(name) {
		c.asked = append(c.asked, k)
	}
	if c.cut != nil && c.cut.call == name && c.cut.number == c.seen[name] {
		return c.cut
	}
	return nil
}

func (c *cut) now() error {
	if !c.fired.Swap(true) {
		c.fire()
	}
	return fmt.Errorf("cut %s", c)
}

// distort makes the mistake in every request from now on. It is called before anything is asked.
func (c *cloud) distort(m mutant) { c.mistake = m }

func (c *cloud) mistaken(next transport) transport {
	return func(ctx context.Context, k *call) (answer, error) {
		if c.mistake.call != k.service+"."+k.action {
			return next(ctx, k)
		}
		c.made.Add(1)
		if c.mistake.wrong != nil {
			c.mistake.wrong(k)
		}
		a, err := next(ctx, k)
		if c.mistake.answer != nil {
			a.body = c.mistake.answer(a.body)
		}
		return a, err
	}
}

// arm begins to count anew, and cuts where it is told.
func (c *cloud) arm(where *cut) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen, c.trace, c.cut = map[string]int{}, nil, where
}

// loseAnswer lets the next such call be done and its answer be lost.
func (c *cloud) loseAnswer(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cut = &cut{call: name, number: c.seen[name] + 1, after: true, fire: func() {}}
}

// requests lists what was asked at front, in order, each with its number.
func (c *cloud) requests() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]string(nil), c.trace...)
}

// count tells how often the call was made at front.
func (c *cloud) count(name string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.seen[name]
}
