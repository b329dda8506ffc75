package simulate

import (
	"container/heap"
	"time"
)

// event is something due at a time; those of one time happen in the order they were asked for.
type event struct {
	at  time.Duration
	seq int
	fn  func()
}

type events []event

func (h events) Len() int { return len(h) }
func (h events) Less(i, j int) bool {
	return h[i].at < h[j].at || h[i].at == h[j].at && h[i].seq < h[j].seq
}
func (h events) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *events) Push(x any)   { *h = append(*h, x.(event)) }
func (h *events) Pop() any {
	old := *h
	e := old[len(old)-1]
	old[len(old)-1] = event{}
	*h = old[:len(old)-1]
	return e
}

// after does fn once d has passed.
func (c *cloud) after(d time.Duration, fn func()) {
	c.seq++
	heap.Push(&c.heap, event{at: c.now + max(d, 0), seq: c.seq, fn: fn})
}

// run lets the whole period pass. Between events nothing changes, so the time between them costs nothing. What the
// market does comes before what is due at the same moment.
func (c *cloud) run(progress func(done time.Duration)) {
	next := 0
	told := time.Duration(0)
	for {
		at := c.w.span
		market := next < len(c.w.changes) && c.w.changes[next].at < at
		if market {
			at = c.w.changes[next].at
		}
		if len(c.heap) > 0 && c.heap[0].at < at {
			at, market = c.heap[0].at, false
		} else if !market {
			break
		}
		c.now = at
		if market {
			c.moved(c.w.changes[next])
			next++
		} else {
			heap.Pop(&c.heap).(event).fn()
		}
		if at-told > c.w.span/200 {
			told = at
			progress(at)
		}
	}
	c.now = c.w.span
	c.meter.flush(c.now)
}
