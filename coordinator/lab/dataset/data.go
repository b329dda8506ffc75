package dataset

import (
	"time"

	"autospotting/coordinator/market"
)

// Data is one region's market.
type Data struct {
	Region      string
	Types       map[string]market.Type
	OnDemandUSD map[string]float64 // per hour, by type
	Prices      map[market.Pool]Series
	Advisor     Advisor
	Traces      []Trace
	// First and Last are the times of the earliest and the latest price.
	First, Last time.Time
	// Files says where each part came from: a file's name, or what was built in.
	Files []Source
	// Assumptions are what no file told, one sentence each.
	Assumptions []string
}

// Source is where one part of the data came from.
type Source struct {
	What string `json:"what"`
	From string `json:"from"`
}

// Series is a price over time, oldest first; each holds until the next.
type Series []Point

// Point is a price from a moment on.
type Point struct {
	At  time.Time
	USD float64 // per hour
}

// Trace is how much of a pool could be had over time, as somebody measured it.
type Trace struct {
	Name  string
	Steps []Step // in order; the first is at 0
	Span  time.Duration
}

// Step is a level from a moment of its trace on: 1 is all that could ever be had, 0 is nothing.
type Step struct {
	At    time.Duration
	Level float64
}

// Bucket is one of the advisor's ranges of how much of a type's running capacity is reclaimed in a month.
type Bucket struct {
	Index    int     // r: 0 to 4
	Label    string  // <5%
	From, To float64 // fractions
}

// Middle is the share that the laboratory takes for the whole range.
func (b Bucket) Middle() float64 { return (b.From + b.To) / 2 }

// Advisor is a bucket per type of one region, Linux.
type Advisor struct {
	Buckets []Bucket
	ByType  map[string]int // index into Buckets
	// Fallback is the bucket of types that the advisor does not list.
	Fallback int
}

// Of is the type's bucket, and whether the advisor lists it.
func (a Advisor) Of(name string) (Bucket, bool) {
	i, listed := a.ByType[name]
	if !listed {
		i = a.Fallback
	}
	return a.Buckets[i], listed
}

// published are the advisor's ranges where a file does not say them. Its last one is open: >20 %, taken to 100.
func published() []Bucket {
	return []Bucket{
		{0, "<5%", 0, 0.05}, {1, "5-10%", 0.05, 0.11}, {2, "10-15%", 0.11, 0.16}, {3, "15-20%", 0.16, 0.22}, {4, ">20%", 0.22, 1},
	}
}

// middling is the bucket taken for what the advisor does not list.
const middling = 2
