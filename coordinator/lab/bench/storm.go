package bench

import (
	"fmt"
	"slices"
	"time"

	"autospotting/coordinator/decide"
	"autospotting/pkg/cloudsim"
)

// Storm is a loss of many spot instances at once: in each group those of one zone within seconds, and the groups one after the other.
type Storm struct {
	Notices, Groups int
	Latency         time.Duration // of a call; a fleet takes three times as long
	// ResourceBucket lets fleets draw on the bucket of instances that RunInstances has, which AWS leaves open.
	ResourceBucket bool
	Over           time.Duration // between the first group's notices and the last one's
	Size           int           // members of a group; three times its notices if zero, as of a group in three zones that loses one
	Seed           int64
}

// Result is what came of a storm.
type Result struct {
	Notices int `json:"notices"`
	Groups  int `json:"groups"`
	// Answered is the part of the notices for which a replacement was launched by the coordinator within two minutes, a replacement counting for the first
	// notice of its group that has none; Bound is the most that the tokens allow, with one fleet for each group.
	Answered float64 `json:"answered_120s"`
	Bound    float64 `json:"bound"`
	// P50 and P99 are the seconds from a notice to the request for its replacement; null where so many notices had none.
	P50 *float64 `json:"p50_s"`
	P99 *float64 `json:"p99_s"`
	// Calls are the coordinator's, by service and operation, until every group is whole again and nothing is open.
	Calls map[string]int `json:"calls"`
	// PerNotice are those of EC2, Auto Scaling and Elastic Load Balancing.
	PerNotice  float64  `json:"calls_per_notice"`
	Open       int      `json:"open"` // groups that are not back on spot alone an hour after the last end
	Violations int      `json:"violations"`
	Violated   []string `json:"violated,omitempty"`
	// Assumed says what is taken for granted.
	Assumed []string `json:"assumed"`
}

const (
	window = 2 * time.Minute // from a notice to the end
	spread = 2 * time.Second // between the first notice of a group and its last
	quiet  = time.Hour       // after the last end, in which everything has to be closed
	worst  = 20              // violations that are shown
)

// notice is one of the storm's, and when its replacement was asked for.
type notice struct {
	at, answered time.Time
}

// storm is one under way.
type storm struct {
	*account
	Storm
	notices map[string][]*notice // by group, oldest first
	sent    map[int]time.Time    // fleets, by call
}

func (s Storm) check() error {
	switch {
	case s.Groups < 1 || s.Groups > 10_000:
		return fmt.Errorf("%d groups: give 1 to 10000", s.Groups)
	case s.Notices < s.Groups || s.Notices > 100_000:
		return fmt.Errorf("%d notices for %d groups: give one to each at least, and 100000 at most", s.Notices, s.Groups)
	case s.Latency < time.Millisecond || s.Latency > 10*time.Second:
		return fmt.Errorf("latency %s: give 1ms to 10s", s.Latency)
	case s.Size != 0 && s.Size < s.each(0):
		return fmt.Errorf("groups of %d, of which %d get a notice: leave the size out, or make it larger", s.Size, s.each(0))
	}
	return nil
}

// each is how many notices a group gets.
func (s Storm) each(group int) int {
	n := s.Notices / s.Groups
	if group < s.Notices%s.Groups {
		n++
	}
	return n
}

// Run plays it.
func (s Storm) Run() (Result, error) {
	if err := s.check(); err != nil {
		return Result{}, err
	}
	if s.Size == 0 {
		s.Size = 3 * s.each(0)
	}
	a, err := open(s.Groups, 1, nil, s.Seed)
	if err != nil {
		return Result{}, err
	}
	defer a.close()
	if err := a.grow(s.Size); err != nil {
		return Result{}, err
	}
	w := &storm{account: a, Storm: s, notices: map[string][]*notice{}, sent: map[int]time.Time{}}
	return w.play()
}

func (w *storm) buckets() cloudsim.Buckets {
	b := cloudsim.Published()
	if w.ResourceBucket {
		b.Instances = cloudsim.ResourceBucket()
	}
	return b
}

func (w *storm) play() (Result, error) {
	w.cloud.OnCall(w.fleet, nil)
	w.cloud.OnEvent(w.happened)
	w.watch()
	w.dear(w.Latency, w.buckets())
	w.count()
	start := w.cloud.Now()
	for i, group := range w.groups {
		w.cloud.RunUntil(start.Add(w.Over * time.Duration(i) / time.Duration(len(w.groups))))
		if err := w.strike(group, w.each(i)); err != nil {
			return Result{}, err
		}
	}
	w.cloud.RunUntil(w.cloud.Now().Add(window))
	_ = w.until(quiet, w.allSpot) // the result counts who did not get there
	w.counts = false
	return w.result(start), nil
}

// strike gives so many members of the group their notice, those of its first zones first.
func (w *storm) strike(group string, n int) error {
	g, _ := w.cloud.Group(group)
	members := slices.DeleteFunc(g.Members, func(m cloudsim.MemberView) bool {
		return m.State != "InService" || !m.Instance.Spot || !m.Instance.NoticeAt.IsZero()
	})
	slices.SortStableFunc(members, func(a, b cloudsim.MemberView) int {
		return slices.Index(g.Zones, a.Zone) - slices.Index(g.Zones, b.Zone)
	})
	if len(members) < n {
		return fmt.Errorf("group %s has %d spot members without a notice, not %d", group, len(members), n)
	}
	for _, m := range members[:n] {
		if err := w.cloud.Interrupt(m.ID, "terminate"); err != nil {
			return err
		}
		w.notices[group] = append(w.notices[group], &notice{at: w.cloud.Now()})
	}
	return nil
}

// fleet notes when each request for instances was sent.
func (w *storm) fleet(c cloudsim.Call) cloudsim.Verdict {
	if c.Op == "CreateFleet" && ours(c.Session) {
		w.sent[c.N] = w.cloud.Now().Add(-fleets * w.Latency) // hooks run when the call's time has passed
	}
	return cloudsim.GoOn
}

// happened takes a launch of ours for the first notice of its group that has none.
func (w *storm) happened(e cloudsim.Event) {
	if e.Kind != cloudsim.Launched || !ours(e.Actor) {
		return
	}
	i, _ := w.cloud.Instance(e.Instance)
	for _, n := range w.notices[i.Tags[decide.TagGroup]] {
		if n.answered.IsZero() {
			n.answered = w.sent[e.Call]
			return
		}
	}
}

func (w *storm) result(start time.Time) Result {
	r := Result{Notices: w.Notices, Groups: w.Groups, Calls: w.calls, PerNotice: float64(scarce(w.calls)) / float64(w.Notices), Bound: w.bound(start),
		Assumed: []string{
			fmt.Sprintf("groups of %d in three zones, all on spot; a group's notices come at once, the groups' over %s", w.Size, w.Over),
			fmt.Sprintf("a call takes %s, a fleet %s", w.Latency, fleets*w.Latency),
			"each API has 100 tokens for reads and 20 more a second, 50 for writes and 5 more a second",
		}}
	if w.ResourceBucket {
		r.Assumed = append(r.Assumed, "fleets may launch 1,000 instances and 2 more a second")
	}
	var took []float64
	for _, list := range w.notices {
		for _, n := range list {
			if n.answered.IsZero() {
				continue
			}
			took = append(took, n.answered.Sub(n.at).Seconds())
			if n.answered.Sub(n.at) <= window {
				r.Answered++
			}
		}
	}
	r.Answered /= float64(w.Notices)
	slices.Sort(took)
	r.P50, r.P99 = percentile(took, w.Notices, 0.5), percentile(took, w.Notices, 0.99)
	for _, g := range w.groups {
		if !w.allSpot(g) {
			r.Open++
		}
	}
	broken := w.violations()
	r.Violations, r.Violated = len(broken), broken[:min(len(broken), worst)]
	return r
}

// percentile is that of n times of which the longest may be missing; nil where it is one of those.
func percentile(sorted []float64, n int, p float64) *float64 {
	i := int(p * float64(n-1))
	if i >= len(sorted) {
		return nil
	}
	return &sorted[i]
}

// bound is the most that could be answered in time: each group by one fleet, which waits for nobody, as tokens come; those first whose time is up first.
func (w *storm) bound(start time.Time) float64 {
	b := w.buckets()
	fleets, instances := b.EC2Writes.Burst, b.Instances.Burst
	answered := 0
	type group struct {
		at   time.Time
		left int
	}
	var waiting []group
	for _, list := range w.notices {
		waiting = append(waiting, group{list[0].at, len(list)})
	}
	slices.SortFunc(waiting, func(x, y group) int { return x.at.Compare(y.at) })
	for at := start; len(waiting) > 0; at = at.Add(time.Second) {
		for len(waiting) > 0 && !waiting[0].at.After(at) && fleets >= 1 {
			g := &waiting[0]
			n := g.left
			if w.ResourceBucket {
				n = min(n, int(instances))
			}
			if late := at.Sub(g.at) > window; late {
				waiting = waiting[1:]
				continue
			}
			if n == 0 {
				break
			}
			fleets--
			instances -= float64(n)
			answered += n
			if g.left -= n; g.left == 0 {
				waiting = waiting[1:]
			}
		}
		fleets = min(fleets+b.EC2Writes.PerSecond, b.EC2Writes.Burst)
		instances = min(instances+b.Instances.PerSecond, b.Instances.Burst)
	}
	return float64(answered) / float64(w.Notices)
}
