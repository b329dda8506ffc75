package simulate

import (
	"math"
	"time"

	"autospotting/coordinator/lab/dataset"
)

// Result is one run of the laboratory. The names of its fields are a contract.
type Result struct {
	Strategies []Strategy `json:"strategies"`
	// BestPoolPercent is what the cheapest pool of each zone alone would have saved, at every moment, with nothing in the way.
	BestPoolPercent float64          `json:"best_pool_percent"`
	Groups          []Simulated      `json:"groups"`
	Region          string           `json:"region"`
	From            time.Time        `json:"from"`
	To              time.Time        `json:"to"`
	Seed            int64            `json:"seed"`
	BootSeconds     float64          `json:"boot_seconds"`
	Storm           float64          `json:"storm"`
	Files           []dataset.Source `json:"files"`
	Assumptions     []string         `json:"assumptions"`
}

// Simulated is one group of a run.
type Simulated struct {
	dataset.Group
	Size        int     `json:"size"`
	OnDemandUSD float64 `json:"on_demand_usd_hour"`
	Pools       int     `json:"pools"`
	Outages     int     `json:"outages"` // times that a pool lost capacity
}

// Strategy is what one way to run the groups came to.
type Strategy struct {
	Name           string  `json:"name"`
	CostUSD        float64 `json:"cost_usd"`
	SavingsPercent float64 `json:"savings_percent"` // against on-demand
	// Captured is its saving as a fraction of the oracle's.
	Captured float64 `json:"captured"`
	// Availability is capacity-seconds ready and in service over those desired, capped at each moment.
	Availability       float64        `json:"availability"`
	DeficitSeconds     float64        `json:"deficit_seconds"` // capacity-seconds missing
	DeficitByUsSeconds float64        `json:"deficit_by_us_seconds"`
	Interruptions      int            `json:"interruptions"`
	Swaps              int            `json:"swaps"`
	APICalls           map[string]int `json:"api_calls"`

	course course
}

// course is what the report draws of a strategy: per column, over the period.
type course struct {
	lowest []float64          // least capacity that served
	spent  []float64          // USD in the column
	mix    map[string]float64 // instance-hours by type, and on-demand's together
}

// The strategies' names, in order.
const (
	OnDemand        = "on-demand"
	Native          = "native"
	NativeRebalance = "native-rebalance"
	LowestPrice     = "lowest-price"
	Predecessor     = "predecessor"
	Coordinator     = "coordinator"
	Oracle          = "oracle"
)

// Names lists all strategies in the order of the result.
func Names() []string {
	return []string{OnDemand, Native, NativeRebalance, LowestPrice, Predecessor, Coordinator, Oracle}
}

func round(x float64, digits int) float64 {
	f := math.Pow(10, float64(digits))
	return math.Round(x*f) / f
}
