// Package snapshot holds the instance types of EC2 and their Linux prices as
// they were in spring 2025, built into the binary: the fallback where no API
// can be reached, and the goods of the simulated cloud.
//
// The data is that of the Go module github.com/cristim/ec2-instances-info
// (MIT, see LICENSE-instance-data). It is parsed once, at first use; results
// are shared, so callers must not change them.
package snapshot

import (
	"slices"
	"strings"
	"sync"
	"time"
)

// Date says, in words, when the figures were true.
const Date = "spring 2025"

// AsOf is a moment within Date. The origin does not name the day.
var AsOf = time.Date(2025, time.April, 1, 0, 0, 0, 0, time.UTC)

// Type is what an instance type offers. Values and units are those of
// DescribeInstanceTypes.
type Type struct {
	Name string

	VCPU           int
	MemoryMiB      int
	Arch           []string // x86_64, arm64, i386, x86_64_mac, arm64_mac
	Virtualization []string // hvm, paravirtual; hvm where the data does not say

	GPUs             int
	GPUModel         string
	GPUMemoryMiB     int // of each; 0 is unknown, as it is here
	Accelerators     int // inference, training, media accelerators and FPGAs
	AcceleratorModel string

	StorageDisks int
	StorageGB    int    // all disks together
	StorageKind  string // hdd, ssd, nvme; empty without disks

	EBSBaselineMbps int // megabits per second; 0 where none or unknown
	EBSOptimized    bool

	ENA               string // required, supported, unsupported; derived
	NVMe              bool   // EBS volumes appear as NVMe devices (Nitro); derived
	BootModes         []string
	NetworkInterfaces int // 0 where unknown

	// What follows is derived from the type's name where nothing else is said;
	// the meaning of each is that of the field of the same name of market.Type.

	Cores, ThreadsPerCore    int
	ValidCores, ValidThreads []int
	SEVSNP                   bool
	NestedVirtualization     bool

	Enclaves    bool
	Hibernation bool
	TPM         bool

	CardInterfaces      []int
	BaselineGbps        float64 // from the data where it is a plain figure
	IPv4PerInterface    int     // from the data
	IPv6PerInterface    int
	IPv6                bool // from the data
	EFAInterfaces       int
	ENAExpress          bool
	BandwidthWeightings []string
	FlexibleENAQueues   bool

	EBSAttachments  int
	EBSShared       bool
	EBSBaselineIOPS int
	EBSEncryption   bool
	RootDevices     []string

	Burstable         bool // derived
	BareMetal         bool // derived
	CurrentGeneration bool
	Spot              bool // a spot price is known in at least one region
}

// Price is what a type costs in a region, Linux, default tenancy, USD per
// hour. Figures that the data lacks are 0 or nil.
type Price struct {
	Type        string
	OnDemandUSD float64

	SpotAvgUSD float64
	SpotMinUSD float64
	SpotMaxUSD float64
	// PerZoneSorted has one spot price per zone, in rising order; the data
	// does not say which zone has which.
	PerZoneSorted []float64
	// InterruptBucket is the Spot Instance Advisor's share of instances
	// interrupted in a trailing month: <5%, 5-10%, 10-15%, 15-20%, >20%.
	InterruptBucket string
	// ZoneIDs names the zones that offered the type (use1-az1, …), sorted.
	// Which zone name an ID has differs from account to account.
	ZoneIDs []string
}

type data struct {
	types  []Type             // by name
	prices map[string][]Price // by region, each by type
}

// load parses the embedded files. They are part of the binary, so a failure
// is a fault of the build and panics; the tests read every row.
var load = sync.OnceValue(func() data {
	d, err := parse()
	if err != nil {
		panic("snapshot: embedded data: " + err.Error())
	}
	return d
})

// Types returns every known instance type, by name.
func Types() []Type { return load().types }

// Lookup returns the type of that name.
func Lookup(name string) (Type, bool) {
	types := load().types
	i, ok := slices.BinarySearchFunc(types, name, func(t Type, name string) int { return strings.Compare(t.Name, name) })
	if !ok {
		return Type{}, false
	}
	return types[i], true
}

// Prices returns what a region (us-east-1) sells, by type; nil for a region
// that is not in the data. Local and wavelength zones count as regions of
// their own (us-east-1-bos-1).
func Prices(region string) []Price { return load().prices[region] }

// Regions returns the names that Prices knows, sorted.
func Regions() []string {
	prices := load().prices
	names := make([]string, 0, len(prices))
	for name := range prices {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
