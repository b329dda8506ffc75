package bench

import (
	"testing"
	"time"
)

func TestAStormIsMeasured(t *testing.T) {
	t.Parallel()
	r, err := Storm{Notices: 12, Groups: 2, Latency: 100 * time.Millisecond, Over: 3 * time.Minute, Seed: 1}.Run()
	if err != nil {
		t.Fatal(err)
	}
	if r.Violations > 0 || r.Answered != 1 || r.Bound != 1 || r.P50 == nil || *r.P50 <= 0.3 {
		t.Errorf("%+v", r)
	}
	if r.Calls["EC2.CreateFleet"] == 0 || r.PerNotice != float64(scarce(r.Calls))/12 {
		t.Errorf("%v calls for a notice of %v", r.PerNotice, r.Calls)
	}
}

// The tokens of the resource bucket bound what any coordinator can do, and a fleet that finds none launches nothing.
func TestTheResourceBucketBoundsAStorm(t *testing.T) {
	t.Parallel()
	s := Storm{Notices: 2600, Groups: 2, ResourceBucket: true, Over: time.Second}
	w := &storm{account: &account{groups: []string{"a", "b"}}, Storm: s, notices: map[string][]*notice{}}
	at := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	for _, g := range w.groups {
		for range 1300 {
			w.notices[g] = append(w.notices[g], &notice{at: at})
		}
	}
	// A thousand at once, and two a second for two minutes.
	if got := w.bound(at); got < 1235.0/2600 || got > 1245.0/2600 {
		t.Errorf("%v of 2600", got*2600)
	}
	w.ResourceBucket = false
	if got := w.bound(at); got != 1 {
		t.Errorf("%v without it", got)
	}
}

func TestAStormThatCannotBeIsRefused(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]Storm{
		"no groups":           {Notices: 1, Latency: time.Second},
		"more groups":         {Notices: 1, Groups: 2, Latency: time.Second},
		"too many notices":    {Notices: 1e6, Groups: 2, Latency: time.Second},
		"no latency":          {Notices: 2, Groups: 2},
		"more than its group": {Notices: 20, Groups: 2, Size: 3, Latency: time.Second},
	} {
		if _, err := s.Run(); err == nil {
			t.Errorf("%s: played", name)
		}
	}
}
