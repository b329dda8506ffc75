package bench

import (
	"fmt"
	"maps"
	"time"

	"autospotting/pkg/cloudsim"
)

// Tick is an account whose groups are all on spot, and of which nothing is to be done.
type Tick struct {
	Groups, Size int
	Seed         int64
}

// TickResult is what the ticks of such an account cost.
type TickResult struct {
	Groups int `json:"groups"`
	Size   int `json:"size"`
	// Calls are the coordinator's for one tick, by service and operation, and what follows from it: the mean of the twelve of an hour, since each has its part
	// of what is done once an hour, rounded up.
	Calls map[string]int `json:"calls"`
	// Scarce are those of EC2, Auto Scaling and Elastic Load Balancing, of all operations together, rounded up once; Most is those of the dearest of the twelve.
	Scarce     int      `json:"scarce_calls"`
	Most       int      `json:"scarce_calls_most"`
	Violations int      `json:"violations"`
	Assumed    []string `json:"assumed"`
}

const (
	tickEvery = 5 * time.Minute
	ticks     = 12 // of an hour
)

// Run plays it.
func (s Tick) Run() (TickResult, error) {
	if s.Groups < 1 || s.Groups > 10_000 || s.Size < 1 || s.Size > 10_000 {
		return TickResult{}, fmt.Errorf("%d groups of %d: give 1 to 10000 of each", s.Groups, s.Size)
	}
	a, err := open(s.Groups, 1, nil, s.Seed)
	if err != nil {
		return TickResult{}, err
	}
	defer a.close()
	if err := a.grow(s.Size); err != nil {
		return TickResult{}, err
	}
	if err := a.until(2*settles, a.calm); err != nil {
		return TickResult{}, err
	}
	a.watch()
	a.dear(100*time.Millisecond, cloudsim.Buckets{})
	a.cloud.RunUntil(a.cloud.Now().Truncate(tickEvery).Add(tickEvery - time.Second))
	r := TickResult{Groups: s.Groups, Size: s.Size, Calls: map[string]int{}, Assumed: []string{
		"groups in three zones, all on spot, of which nothing is to be done; nobody changes anything",
		"the mean of the twelve ticks of an hour, each with its part of what is done once an hour or once a day",
	}}
	for range ticks {
		a.count()
		a.cloud.RunUntil(a.cloud.Now().Add(tickEvery))
		r.Most = max(r.Most, scarce(a.calls))
		r.Scarce += scarce(a.calls)
		for call, n := range a.calls {
			r.Calls[call] += n
		}
	}
	mean := func(n int) int { return (n + ticks - 1) / ticks }
	for call := range maps.Keys(r.Calls) {
		r.Calls[call] = mean(r.Calls[call])
	}
	r.Scarce, r.Violations = mean(r.Scarce), len(a.violations())
	return r, nil
}

// calm tells whether ticks pass the group over.
func (a *account) calm(group string) bool {
	r, err := a.stage.Record(group)
	return err == nil && a.allSpot(group) && r.Calm.Print != "" && r.Calm.Until.IsZero() && a.cloud.Now().Sub(r.Calm.Since) > 3*tickEvery
}
