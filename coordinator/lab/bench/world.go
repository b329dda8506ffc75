// Package bench measures on the simulated cloud how much the coordinator asks of AWS and how soon it answers: the product as it is
// deployed, on groups of any size, with calls that take their time and the request tokens that an account has. Everything is in virtual time, and the
// checker of the promises watches.
package bench

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/handle"
	"autospotting/coordinator/lab/invariant"
	"autospotting/coordinator/lab/stage"
	"autospotting/coordinator/ledger"
	"autospotting/coordinator/settings"
	"autospotting/pkg/cloudsim"
)

const (
	begin    = 9 * time.Hour
	grace    = 45 * time.Second
	together = 5 // launches of one plan at a time, as the function is deployed (config.launchesTogether)
	settles  = 2 * time.Hour
	// fleets take as long as so many other calls: EC2 answers once it has accepted the instances.
	fleets = 3
)

// account is the simulated account under measure.
type account struct {
	stage  *stage.Stage
	cloud  *cloudsim.Cloud
	groups []string
	checks []*invariant.Checker
	calls  map[string]int // by service and operation, while counted
	counts bool
}

// open makes an account of so many groups of on-demand instances with an installed coordinator. An at-once of zero is the product's own.
func open(groups, size int, tags map[string]string, seed int64) (*account, error) {
	a := &account{calls: map[string]int{}}
	var specs []cloudsim.GroupSpec
	for i := range groups {
		of := map[string]string{"spot-enabled": "true"}
		for k, v := range tags {
			of[k] = v
		}
		a.groups = append(a.groups, fmt.Sprintf("group-%04d", i))
		specs = append(specs, cloudsim.GroupSpec{Name: a.groups[i], Min: 0, Max: most, Desired: size, Tags: of})
	}
	defaults := settings.Defaults()
	defaults.Grace = grace
	var err error
	a.stage, err = stage.New(stage.Config{
		Cloud: cloudsim.Config{Seed: seed, Timing: cloudsim.Timing{BootMin: 20 * time.Second, BootMax: 30 * time.Second, AppStart: 10 * time.Second}, Start: time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC).Add(begin)},
		Group: specs[0], More: specs[1:], Defaults: defaults,
		ReleaseURL: "https://releases.example.com/spotd", SHA256: map[string]string{"amd64": strings.Repeat("ab", 32)},
		Alter: func(h *handle.Handler) { h.Together = together },
	})
	if err != nil {
		return nil, err
	}
	a.cloud = a.stage.Cloud
	a.cloud.SetDepths(1 << 20) // a pool that is empty is another measurement
	a.cloud.OnBoot(a.stage.Speak)
	a.cloud.OnCall(a.called, nil)
	return a, nil
}

// most is the MaxSize of the groups.
const most = 15_000

func (a *account) close() { a.cloud.Close() }

func ours(session string) bool { return strings.HasPrefix(session, "coordinator") }

func (a *account) called(c cloudsim.Call) cloudsim.Verdict {
	if a.counts && ours(c.Session) {
		a.calls[c.Service+"."+c.Op]++
	}
	return cloudsim.GoOn
}

// count begins to count calls anew.
func (a *account) count() { a.calls, a.counts = map[string]int{}, true }

// limited tells of a call whether it takes one of the tokens that are scarce: those of EC2, Auto Scaling and Elastic Load Balancing.
func limited(call string) bool {
	return strings.HasPrefix(call, "EC2.") || strings.HasPrefix(call, "Auto Scaling.") || strings.HasPrefix(call, "Elastic Load Balancing")
}

// scarce adds up the calls that are counted as scarce.
func scarce(calls map[string]int) (n int) {
	for call, times := range calls {
		if limited(call) {
			n += times
		}
	}
	return n
}

// watch lets the checkers watch from now on.
func (a *account) watch() {
	for _, g := range a.groups {
		a.checks = append(a.checks, invariant.Watch(a.cloud, g, ours, func() (ledger.Record, error) { return a.stage.Record(g) }, 0))
	}
}

// violations are the promises that were broken, by group.
func (a *account) violations() (list []string) {
	for i, c := range a.checks {
		for _, v := range c.Violations() {
			list = append(list, a.groups[i]+" "+v.String())
		}
	}
	return list
}

// dear makes calls take their time, and tokens run out.
func (a *account) dear(latency time.Duration, buckets cloudsim.Buckets) {
	a.cloud.SetLatency(latency, fleets*latency)
	a.cloud.SetFaults(cloudsim.Faults{Buckets: buckets})
}

// until runs on until every group is as wanted; it is looked at every ten seconds.
func (a *account) until(limit time.Duration, wanted func(group string) bool) error {
	end := a.cloud.Now().Add(limit)
	left := a.groups
	for a.cloud.Now().Before(end) {
		a.cloud.RunUntil(a.cloud.Now().Add(10 * time.Second))
		var not []string
		for _, g := range left {
			if !wanted(g) {
				not = append(not, g)
			}
		}
		if left = not; len(left) == 0 {
			return nil
		}
	}
	r, _ := a.stage.Record(left[0])
	g, _ := a.cloud.Group(left[0])
	return fmt.Errorf("%d of %d groups did not get there within %s, %s for one: desired %d, %d on spot, status %s: %s", len(left), len(a.groups), limit, left[0],
		g.Desired, a.stage.ServingOf(left[0], true), r.Status.Code, r.Status.Reason)
}

// allSpot tells whether a group serves with spot alone, and nothing is open.
func (a *account) allSpot(group string) bool {
	g, _ := a.cloud.Group(group)
	r, err := a.stage.Record(group)
	there := slices.DeleteFunc(slices.Clone(g.Members), func(m cloudsim.MemberView) bool { return m.State == "Terminating" })
	return err == nil && !r.Open() && len(there) == g.Desired && a.stage.ServingOf(group, true) == g.Desired
}

// grow makes every group so large on spot of ours, as if it had been so for long: its one member is replaced by the coordinator, and others of its kind
// stand beside it at once: of these types, or else of the one that it was replaced by.
func (a *account) grow(size int, kinds ...string) error {
	if err := a.until(settles, a.allSpot); err != nil {
		return err
	}
	for i, group := range a.groups {
		g, _ := a.cloud.Group(group)
		kinds := kinds
		if len(kinds) == 0 {
			kinds = []string{g.Members[0].Instance.Type}
		}
		var more []cloudsim.Stocked
		for n := len(g.Members); n < size; n++ {
			more = append(more, cloudsim.Stocked{Type: kinds[n/len(g.Zones)%len(kinds)], Zone: g.Zones[n%len(g.Zones)],
				Tags: map[string]string{decide.TagLaunch: fmt.Sprintf("%032x", i*mostMembers+n)}})
		}
		if err := a.cloud.Stock(g.Members[0].ID, more); err != nil {
			return fmt.Errorf("stock group %s: %w", group, err)
		}
	}
	return a.until(settles, a.allSpot)
}

// kinds are the types of what groups are stocked with.
var kinds = []string{"m5.large", "m5a.large", "m6i.large", "m6a.large"}

// mostMembers is beyond the size of any group.
const mostMembers = 1_000_000
