package cloudsim

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"
)

// dedupWindow is how long a FIFO queue swallows a repeated deduplication id (aws-facts 5).
const dedupWindow = 5 * time.Minute

type queue struct {
	name, url, arn string
	fifo, byBody   bool // byBody: ContentBasedDeduplication
	visibility     time.Duration
	delay          time.Duration
	dead           *queue
	maxReceive     int
	messages       []*message
	held           []*message // until the next one has overtaken them
	dedup          map[string]dedupEntry
	waiters        []*coroutine
}

type dedupEntry struct {
	id    string
	until time.Time
}

type message struct {
	id, body, receipt string
	group, dedup      string
	attrs             map[string]string // message attributes, String type
	sent, first       time.Time
	visible           time.Time
	receives          int
	seq               uint64
}

// inFlight: received and neither deleted nor visible again.
func (m *message) inFlight(now time.Time) bool { return m.receives > 0 && m.visible.After(now) }

func (c *Cloud) queueByURL(url string) *queue {
	for _, q := range c.queues {
		if q.url == url || q.arn == url {
			return q
		}
	}
	return nil
}

// enqueue puts a message in, or swallows a repeated one; it returns the id that the sender sees.
func (c *Cloud) enqueue(q *queue, body, group, dedup string, delay time.Duration, attrs map[string]string) *message {
	now := c.clock()
	c.seq++
	m := &message{id: c.uuid(), body: body, group: group, dedup: dedup, attrs: attrs, sent: now, visible: now.Add(delay), seq: c.seq}
	if q.fifo {
		if old, ok := q.dedup[dedup]; ok && now.Before(old.until) {
			m.id = old.id
			return m
		}
		q.dedup[dedup] = dedupEntry{m.id, now.Add(dedupWindow)}
	}
	c.arrive(q, m, delay)
	return m
}

// Fate is what becomes of a message on its way into a standard queue.
type Fate int

// The fates: delivered once, lost, delivered twice, or held until the next one has overtaken it.
const (
	Delivered Fate = iota
	Lost
	Doubled
	Overtaken
)

// OnMessage decides the fate of every message that is sent to a standard queue; n counts them from 1. What cannot be lost, a message
// that a sender was told is stored, is for fn to know. fn runs with the lock held and must not call the cloud.
func (c *Cloud) OnMessage(fn func(n int, queueURL, body string) Fate) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fate = fn
}

func (c *Cloud) arrive(q *queue, m *message, delay time.Duration) {
	fate := Delivered
	if c.fate != nil && !q.fifo {
		c.sent++
		fate = c.fate(c.sent, q.url, m.body)
	}
	switch fate {
	case Lost:
		return
	case Overtaken:
		q.held = append(q.held, m)
		return
	case Doubled:
		twin := *m
		twin.id = c.uuid()
		q.messages = append(q.messages, &twin)
	}
	q.messages = append(q.messages, m)
	c.visibleIn(q, delay)
	for _, late := range q.held {
		late.visible = m.visible.Add(time.Millisecond)
		q.messages = append(q.messages, late)
		c.visibleIn(q, delay+time.Millisecond)
	}
	q.held = nil
}

// visibleIn wakes whoever waits on the queue when something may have become visible.
func (c *Cloud) visibleIn(q *queue, d time.Duration) {
	c.at(d, "visible in "+q.name, func() {
		for _, co := range q.waiters {
			if co.wakeup != nil && !co.wakeup.cancelled && !co.over {
				co.wakeup.cancelled = true
				co.wakeup = c.schedule(0, "message for "+co.session.name, co.resume)
				co.wakeup.open = true
			}
		}
		q.waiters = nil
		for _, m := range c.mappings {
			if m.q == q {
				c.pollSoon(m)
			}
		}
	})
}

// dequeue receives up to n visible messages: for FIFO those of one message group whose earlier messages are not in
// flight. What was received too often goes to the dead-letter queue instead.
func (c *Cloud) dequeue(q *queue, n int, visibility time.Duration) []*message {
	now := c.clock()
	c.bury(q, now)
	var out []*message
	blocked := map[string]bool{}
	group := ""
	for _, m := range q.messages {
		if len(out) == n {
			break
		}
		if q.fifo {
			if blocked[m.group] || (len(out) > 0 && m.group != group) {
				continue
			}
			if m.visible.After(now) || c.locked(q, m.group, now) {
				blocked[m.group] = true
				continue
			}
			group = m.group
		} else if m.visible.After(now) {
			continue
		}
		out = append(out, m)
	}
	for _, m := range out {
		m.receives++
		m.visible = now.Add(visibility)
		m.receipt = c.uuid()
		if m.first.IsZero() {
			m.first = now
		}
	}
	if len(out) > 0 {
		c.visibleIn(q, visibility)
	}
	return out
}

func (c *Cloud) locked(q *queue, group string, now time.Time) bool {
	return slices.ContainsFunc(q.messages, func(m *message) bool { return m.group == group && m.inFlight(now) })
}

// bury moves what has been received maxReceive times and is visible once more.
func (c *Cloud) bury(q *queue, now time.Time) {
	if q.dead == nil || q.maxReceive <= 0 {
		return
	}
	q.messages = slices.DeleteFunc(q.messages, func(m *message) bool {
		if m.receives < q.maxReceive || m.visible.After(now) {
			return false
		}
		q.dead.messages = append(q.dead.messages, m)
		if m.receives = 0; q.fifo {
			m.sent = now // a standard queue keeps it (SQS developer guide, "Using dead-letter queues", retention periods)
		}
		c.emit(Event{Kind: DeadLettered, Actor: "aws", Text: fmt.Sprintf("%s from %s: %s", m.id, q.name, m.body)})
		c.visibleIn(q.dead, 0)
		return true
	})
}

// drop deletes a message by its receipt; an old receipt deletes nothing.
func (c *Cloud) drop(q *queue, receipt string) bool {
	n := len(q.messages)
	q.messages = slices.DeleteFunc(q.messages, func(m *message) bool { return m.receipt == receipt && receipt != "" })
	if len(q.messages) == n {
		return false
	}
	c.visibleIn(q, 0) // a FIFO group may go on
	return true
}

func (m *message) system() map[string]string {
	out := map[string]string{
		"SentTimestamp":                    fmt.Sprint(m.sent.UnixMilli()),
		"ApproximateReceiveCount":          fmt.Sprint(m.receives),
		"ApproximateFirstReceiveTimestamp": fmt.Sprint(m.first.UnixMilli()),
	}
	if m.group != "" {
		out["MessageGroupId"] = m.group
		out["MessageDeduplicationId"] = m.dedup
		out["SequenceNumber"] = fmt.Sprintf("%020d", m.seq)
	}
	return out
}

func md5Hex(s string) string {
	sum := md5.Sum([]byte(s))
	return hex.EncodeToString(sum[:])
}

func sha256Hex(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

func isFIFO(name string) bool { return strings.HasSuffix(name, ".fifo") }

// Messages is the bodies that a queue holds, in order, in flight or not.
func (c *Cloud) Messages(queueURL string) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []string
	if q := c.queueByURL(queueURL); q != nil {
		for _, m := range q.messages {
			out = append(out, m.body)
		}
	}
	return out
}
