package demo

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"autospotting/coordinator/decide"
)

// Result is what the demo came to; the names are a contract.
type Result struct {
	Desired           int   `json:"desired"`
	OnDemandBefore    int   `json:"on_demand_before"`
	SpotAfter         int   `json:"spot_after"`
	LowestReadyByUs   int   `json:"lowest_ready_caused_by_us"`
	SpotdReady        int   `json:"spotd_ready"` // instances whose spotd was believed to be ready
	Interruptions     int   `json:"interruptions"`
	NoticeToRequestMS int64 `json:"notice_to_request_ms"`
	// LowestReadyAfterNotice is the fewest ready from the notice until the group was whole again.
	LowestReadyAfterNotice int            `json:"lowest_ready_after_notice"`
	Probed                 bool           `json:"probed"`
	LoadBalanced           bool           `json:"load_balanced"`
	MaxSizeRestored        bool           `json:"max_size_restored"`
	Orphans                int            `json:"orphans"`
	OnDemandKept           int            `json:"on_demand_kept"`  // after the owner asked for one
	DeniedLaunched         int            `json:"denied_launched"` // instances of the family that the owner denied
	SavingsPercent         float64        `json:"savings_percent"`
	HourlySavingPercent    float64        `json:"hourly_savings_percent_at_end"`
	Seed                   int64          `json:"seed"`
	Virtual                bool           `json:"virtual"`
	SimulatedSeconds       int64          `json:"simulated_seconds"`
	CostUSD                float64        `json:"cost_usd"`
	OnDemandCostUSD        float64        `json:"on_demand_cost_usd"`
	InstanceTypes          map[string]int `json:"instance_types"`
	ReadyByMinute          []int          `json:"lowest_ready_by_minute"`
	Violations             []string       `json:"violations"`
}

// count tells what the swap and the interruption came to.
func (s *show) count() {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, cloud := &s.result, s.stage.Cloud
	r.SpotAfter = s.stage.Serving(true)
	r.InstanceTypes = map[string]int{}
	var hourly float64
	for _, i := range cloud.Instances() {
		if i.Group == group && (i.State == "pending" || i.State == "running") {
			r.InstanceTypes[i.Type]++
			hourly += cloud.SpotUSD(i.Type, i.Zone)
		}
	}
	bill := cloud.Bill(group, nil)
	r.CostUSD, r.OnDemandCostUSD, r.SavingsPercent = round(bill.SpentUSD, 4), round(bill.OnDemandUSD, 4), round(bill.SavingsPercent(), 1)
	r.HourlySavingPercent = round(100*(1-hourly/(6*cloud.OnDemandUSD("m5.large"))), 1)
	r.SimulatedSeconds = int64(cloud.Now().Sub(s.minutes.start).Seconds())
	r.ReadyByMinute = slices.Clone(s.minutes.lowest)
}

// close fails where a promise was broken.
func (s *show) close() (Result, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, cloud := &s.result, s.stage.Cloud
	g, _ := cloud.Group(group)
	rec, err := s.stage.Record(group)
	if err != nil {
		return *r, err
	}
	r.OnDemandKept = s.stage.Serving(false)
	r.LowestReadyByUs = s.check.LowestCausedByUs()
	r.MaxSizeRestored = g.Max == 6 && !rec.Books.Lease().Open()
	for _, i := range cloud.Instances() {
		if i.Tags[decide.TagGroup] == group && i.Group == "" && (i.State == "pending" || i.State == "running") {
			r.Orphans++
		}
		if strings.HasPrefix(i.Type, denied+".") {
			r.DeniedLaunched++
		}
	}
	r.Violations = []string{}
	for _, v := range s.check.Violations() {
		r.Violations = append(r.Violations, v.String())
	}
	return *r, r.broken()
}

// broken says which promise a result breaks.
func (r Result) broken() error {
	var errs []error
	fail := func(bad bool, format string, args ...any) {
		if bad {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	fail(r.LowestReadyByUs < r.Desired, "an action of ours left %d of %d ready", r.LowestReadyByUs, r.Desired)
	fail(r.LoadBalanced && r.LowestReadyAfterNotice < r.Desired, "the notice left %d of %d ready, and a load balancer tells who is", r.LowestReadyAfterNotice, r.Desired)
	fail(r.SpotdReady == 0, "no spotd was heard to be ready: does the binary run?")
	fail(!r.MaxSizeRestored, "MaxSize was not given back")
	fail(r.Orphans > 0, "%d instances are left that nobody wants", r.Orphans)
	fail(r.SpotAfter != r.Desired, "%d of %d are spot", r.SpotAfter, r.Desired)
	fail(r.OnDemandKept != 1, "%d on-demand where the owner wants one", r.OnDemandKept)
	fail(r.DeniedLaunched > 0, "%d instances of a family that the owner denied", r.DeniedLaunched)
	for _, v := range r.Violations {
		errs = append(errs, errors.New(v))
	}
	return errors.Join(errs...)
}

// typesList renders what the group consists of, most first.
func (r Result) typesList() string {
	names := slices.SortedFunc(maps.Keys(r.InstanceTypes), func(a, b string) int {
		return cmp.Or(r.InstanceTypes[b]-r.InstanceTypes[a], strings.Compare(a, b))
	})
	var parts []string
	for _, n := range names {
		parts = append(parts, fmt.Sprintf("%d × %s", r.InstanceTypes[n], n))
	}
	return strings.Join(parts, ", ")
}
