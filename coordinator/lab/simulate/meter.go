package simulate

import "time"

// hand is who changed the capacity.
type hand bool

const (
	notOurs hand = false
	ours    hand = true
)

// columnsInReport is how many moments the report's pictures have.
const columnsInReport = 480

// meter measures capacity: what is ready and in service against what the owner wants, moment by moment.
type meter struct {
	wanted  int
	serving int
	byHand  int // of what is missing, how much our own hand took
	since   time.Duration
	deficit float64 // capacity-seconds missing; what is too many at a moment makes up for nothing
	byUs    float64
	span    time.Duration
	lowest  []int // per column: the least that served
}

func newMeter(span time.Duration, wanted int) meter {
	m := meter{wanted: wanted, span: span, lowest: make([]int, columnsInReport)}
	for i := range m.lowest {
		m.lowest[i] = -1
	}
	return m
}

// flush accounts for the time until now.
func (m *meter) flush(now time.Duration) {
	now = min(now, m.span)
	if now <= m.since {
		return
	}
	d := (now - m.since).Seconds()
	have := min(m.serving, m.wanted)
	m.deficit += float64(m.wanted-have) * d
	m.byUs += float64(m.byHand) * d
	last := m.column(now - 1)
	for i := m.column(m.since); i <= last; i++ {
		if m.lowest[i] < 0 || have < m.lowest[i] {
			m.lowest[i] = have
		}
	}
	m.since = now
}

func (m *meter) column(t time.Duration) int {
	return min(int(float64(t)/float64(m.span)*columnsInReport), columnsInReport-1)
}

// change is one more or one less that serves.
func (m *meter) change(now time.Duration, by int, whose hand) {
	m.flush(now)
	before := max(0, m.wanted-m.serving)
	m.serving += by
	missing := max(0, m.wanted-m.serving)
	if whose == ours && missing > before {
		m.byHand += missing - before
	}
	m.byHand = min(m.byHand, missing)
}

// count brings the meter up to date with one instance.
func (c *cloud) count(i *instance, by hand) {
	counts := i.member && i.lifecycle == inService && i.state == running && i.ready
	switch {
	case counts && !i.counts:
		c.meter.change(c.now, 1, by)
	case !counts && i.counts:
		c.meter.change(c.now, -1, by)
	}
	i.counts = counts
}
