package bench

import (
	"testing"
	"time"
)

// What is remembered of a group that nothing happens to is kept young enough to answer by.
func TestANoticeAfterAQuietDayIsAnsweredByMemory(t *testing.T) {
	t.Parallel()
	s := Storm{Notices: 2, Groups: 2, Latency: 100 * time.Millisecond, Over: time.Minute, Seed: 1, Size: 6}
	a, err := open(s.Groups, 1, nil, s.Seed)
	if err != nil {
		t.Fatal(err)
	}
	defer a.close()
	if err := a.grow(s.Size); err != nil {
		t.Fatal(err)
	}
	a.cloud.RunUntil(a.cloud.Now().Add(26 * time.Hour))
	r, err := (&storm{account: a, Storm: s, notices: map[string][]*notice{}, sent: map[int]time.Time{}}).play()
	if err != nil {
		t.Fatal(err)
	}
	if r.P99 == nil || *r.P99 > 1 || r.Violations > 0 {
		t.Errorf("answered after %v s, %v", r.P99, r.Violated)
	}
}
