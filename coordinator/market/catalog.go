package market

import (
	"fmt"
	"strings"
	"time"
)

// The three values of Type.ENA, spelled as DescribeInstanceTypes spells
// NetworkInfo.EnaSupport.
const (
	ENARequired    = "required"
	ENASupported   = "supported"
	ENAUnsupported = "unsupported"
)

// The values of Type.Virtualization and Need.Virtualization
// (SupportedVirtualizationTypes of DescribeInstanceTypes).
const (
	HVM         = "hvm"
	Paravirtual = "paravirtual"
)

// The values of Type.BootModes (the first two) and of Need.BootMode (all
// three), as in the EC2 API.
const (
	LegacyBIOS    = "legacy-bios"
	UEFI          = "uefi"
	UEFIPreferred = "uefi-preferred"
)

// Type is what an instance type offers. Field names follow
// DescribeInstanceTypes, where each value comes from when read live.
type Type struct {
	Name string // m5.large

	VCPU      int      // VCpuInfo.DefaultVCpus
	MemoryMiB int      // MemoryInfo.SizeInMiB
	Arch      []string // x86_64, arm64, i386, x86_64_mac, arm64_mac
	// Virtualization holds hvm and paravirtual; empty means unknown and is
	// read as hvm, the only kind of every type since 2014.
	Virtualization []string

	GPUs             int
	GPUModel         string // empty when GPUs is 0
	GPUMemoryMiB     int    // of each; 0 is unknown
	Accelerators     int    // inference, training, media accelerators and FPGAs
	AcceleratorModel string

	StorageDisks int    // instance-store disks
	StorageGB    int    // of all of them together
	StorageKind  string // hdd, ssd or nvme (an SSD seen as an NVMe device); empty without disks

	// EBSBaselineMbps is EbsOptimizedInfo.BaselineBandwidthInMbps, megabits per
	// second; 0 where the type has no dedicated EBS bandwidth or it is unknown.
	EBSBaselineMbps int
	EBSOptimized    bool // by default or on request

	ENA string // ENARequired, ENASupported, ENAUnsupported; empty is unknown
	// NVMe says that EBS volumes appear as NVMe devices, that is Hypervisor
	// nitro: an image without the driver boots unreachable.
	NVMe bool
	// BootModes holds legacy-bios and uefi; empty is unknown and is read as
	// the one every type of the architecture has: uefi for arm64, else
	// legacy-bios.
	BootModes []string
	// NetworkInterfaces is MaximumNetworkInterfaces; 0 is unknown, read as 1.
	NetworkInterfaces int

	// Cores and ThreadsPerCore are DefaultCores and DefaultThreadsPerCore of
	// VCpuInfo; 0 is unknown. ValidCores and ValidThreads are what CPU options
	// may ask for; empty: the type takes no CPU options.
	Cores, ThreadsPerCore    int
	ValidCores, ValidThreads []int
	SEVSNP                   bool // ProcessorInfo.SupportedFeatures contains amd-sev-snp
	NestedVirtualization     bool // … contains nested-virtualization

	Enclaves    bool // NitroEnclavesSupport
	Hibernation bool // HibernationSupported
	TPM         bool // NitroTpmSupport

	// CardInterfaces is MaximumNetworkInterfaces of each of NetworkCards, by
	// index; empty is unknown, read as one card that takes NetworkInterfaces.
	CardInterfaces []int
	// BaselineGbps is what all network cards together have always, gigabits
	// per second (BaselineBandwidthInGbps, and no more than a NetworkPerformance
	// that is a plain figure); 0 is unknown.
	BaselineGbps        float64
	IPv4PerInterface    int      // Ipv4AddressesPerInterface; 0 is unknown
	IPv6PerInterface    int      // Ipv6AddressesPerInterface; 0 without IPv6 or unknown
	IPv6                bool     // Ipv6Supported
	EFAInterfaces       int      // EfaInfo.MaximumEfaInterfaces; 0: no EFA
	ENAExpress          bool     // EnaSrdSupported
	BandwidthWeightings []string // default, vpc-1, ebs-1; empty: cannot be weighted
	FlexibleENAQueues   bool     // FlexibleEnaQueuesSupport

	// EBSAttachments is MaximumEbsAttachments: how many volumes, the root's
	// among them, an instance with one network interface takes; 0 is unknown.
	// Instance-store disks, GPUs and that interface are taken off already:
	// m5.large has 27, m5d.large 26 of Nitro's 28. Where it is EBSShared
	// (AttachmentLimitType shared), every further interface takes one more.
	EBSAttachments  int
	EBSShared       bool
	EBSBaselineIOPS int      // EbsOptimizedInfo.BaselineIops; 0 is unknown
	EBSEncryption   bool     // EncryptionSupport
	RootDevices     []string // ebs, instance-store; empty is unknown, read as ebs

	Burstable         bool
	BareMetal         bool
	CurrentGeneration bool
	Spot              bool // SupportedUsageClasses contains spot
}

// Family is the part of the name before the dot: m5 of m5.large.
func (t Type) Family() string {
	family, _, _ := strings.Cut(t.Name, ".")
	return family
}

// Pool is where spot capacity lives and fails: one type in one zone.
type Pool struct{ Type, Zone string }

// String renders the pool as type/zone, for example m5.large/us-east-1a.
func (p Pool) String() string { return p.Type + "/" + p.Zone }

// MarshalText makes a Pool usable as the key of a JSON object.
func (p Pool) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (p *Pool) UnmarshalText(text []byte) error {
	name, zone, _ := strings.Cut(string(text), "/")
	if name == "" || zone == "" {
		return fmt.Errorf("pool %q: want type/zone, for example m5.large/us-east-1a", text)
	}
	p.Type, p.Zone = name, zone
	return nil
}

// ComparePools orders by type, then zone.
func ComparePools(a, b Pool) int {
	if c := strings.Compare(a.Type, b.Type); c != 0 {
		return c
	}
	return strings.Compare(a.Zone, b.Zone)
}

// Catalog is what a region sells, for one product (Linux, default tenancy).
// It is read and never changed by this package; the maps may be shared.
type Catalog struct {
	Types       map[string]Type    // by name
	Offered     map[Pool]bool      // from DescribeInstanceTypeOfferings by zone
	SpotUSD     map[Pool]float64   // per hour; absent is unknown and never guessed
	OnDemandUSD map[string]float64 // per hour, by type; absent is unknown
	// SpotVCPU and OnDemandVCPU are the account's quotas of vCPUs in the
	// region (Service Quotas); absent is unknown.
	SpotVCPU, OnDemandVCPU map[Class]int

	// Source says where the figures come from ("live", "snapshot spring
	// 2025 …"); plans repeat it, so that nobody mistakes old for new.
	Source string
	// AsOf is the moment the figures were true.
	AsOf time.Time
	// Assumptions lists what the source did not know and what was assumed
	// instead, one sentence each.
	Assumptions []string
}

// Holding counts, per pool, the spot instances the group has or is launching.
type Holding map[Pool]int

// OfType counts the instances of a type over all zones.
func (h Holding) OfType(name string) int {
	n := 0
	for p, count := range h {
		if p.Type == name {
			n += count
		}
	}
	return n
}

// Any stands in a Pool for every type, or for every zone.
const Any = "*"

// OfClass is the pool that stands for all types of a class of quotas, in every zone.
func OfClass(c Class) Pool { return Pool{"class:" + string(c), Any} }

// Shunned are the pools to be left out for now; with Any as its zone a type everywhere, with Any as its type a zone, and OfClass.
type Shunned map[Pool]bool

// Has tells whether the pool is to be left out.
func (s Shunned) Has(p Pool) bool {
	return len(s) > 0 && (s[p] || s[Pool{p.Type, Any}] || s[Pool{Any, p.Zone}] || s[OfClass(ClassOf(p.Type))])
}
