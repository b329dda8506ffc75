package cloudsim

import (
	"container/heap"
	"time"
)

// event is one entry of the heap. Open events run without the lock, so they may call clients.
type event struct {
	at        time.Time
	seq       uint64
	name      string
	fn        func()
	open      bool
	cause     cause
	cancelled bool
}

type eventHeap []*event

func (h eventHeap) Len() int { return len(h) }
func (h eventHeap) Less(i, j int) bool {
	if h[i].at.Equal(h[j].at) {
		return h[i].seq < h[j].seq
	}
	return h[i].at.Before(h[j].at)
}
func (h eventHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *eventHeap) Push(x any)   { *h = append(*h, x.(*event)) }
func (h *eventHeap) Pop() any {
	old := *h
	ev := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	return ev
}

// Now is the simulated time.
func (c *Cloud) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.clock()
}

// clock is Now with the lock held.
func (c *Cloud) clock() time.Time {
	if c.realtimeOn {
		if t := c.real.sim(time.Now()); t.After(c.now) {
			c.now = t
		}
	}
	return c.now
}

// After schedules fn at Now()+d; name is for people who read the transcript. fn runs without any lock held and may
// call clients; in real time it must not block, since every later event waits for it.
func (c *Cloud) After(d time.Duration, name string, fn func()) {
	c.mu.Lock()
	c.schedule(d, name, fn).open = true
	c.mu.Unlock()
}

// at schedules an internal step; fn runs with the lock held and inherits the present cause.
func (c *Cloud) at(d time.Duration, name string, fn func()) *event {
	return c.schedule(d, name, fn)
}

func (c *Cloud) schedule(d time.Duration, name string, fn func()) *event {
	c.seq++
	ev := &event{at: c.clock().Add(max(d, 0)), seq: c.seq, name: name, fn: fn, cause: c.cause}
	heap.Push(&c.heap, ev)
	select { // real time: the driver may be waiting for a later event
	case c.wake <- struct{}{}:
	default:
	}
	return ev
}

// peek drops cancelled events and returns the next one, nil when there is none.
func (c *Cloud) peek() *event {
	for len(c.heap) > 0 {
		if ev := c.heap[0]; !ev.cancelled {
			return ev
		}
		heap.Pop(&c.heap)
	}
	return nil
}

// Step runs the next event and reports whether there was one.
func (c *Cloud) Step() bool {
	c.mu.Lock()
	if c.peek() == nil {
		c.unlock()
		return false
	}
	c.runNext()
	return true
}

// runNext takes the first event off the heap and runs it; it is called with the lock held and returns without it.
func (c *Cloud) runNext() {
	ev := heap.Pop(&c.heap).(*event)
	if ev.at.After(c.now) {
		c.now = ev.at
	}
	if ev.open {
		c.unlock()
		ev.fn()
		return
	}
	c.cause = ev.cause
	ev.fn()
	c.cause = cause{}
	c.unlock()
}

// RunUntil runs every event up to and including t and leaves the clock at t.
func (c *Cloud) RunUntil(t time.Time) {
	for c.stepBefore(t) {
	}
	c.mu.Lock()
	if t.After(c.now) {
		c.now = t
	}
	c.mu.Unlock()
}

// RunWhile runs events while cond holds and none lies beyond limit. It reports whether cond turned false; cond is
// asked without any lock held.
func (c *Cloud) RunWhile(cond func() bool, limit time.Time) bool {
	for cond() {
		if !c.stepBefore(limit) {
			return !cond()
		}
	}
	return true
}

func (c *Cloud) stepBefore(limit time.Time) bool {
	c.mu.Lock()
	if ev := c.peek(); ev == nil || ev.at.After(limit) {
		c.unlock()
		return false
	}
	c.runNext()
	return true
}
