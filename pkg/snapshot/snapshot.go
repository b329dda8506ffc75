// Package snapshot holds the instance types of EC2 and their Linux prices as
// they were in spring 2025, built into the binary: the fallback where no API
// can be reached, and the goods of the simulated cloud.
//
// The data is that of the Go module github.com/cristim/ec2-instances-info
// (MIT, see LICENSE-instance-data). It is read in place: a type, and the prices
// of a region, when somebody asks for them. Results are kept and shared, so
// callers must not change them.
package snapshot

import "time"

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
