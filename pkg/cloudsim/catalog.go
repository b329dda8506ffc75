package cloudsim

import (
	"fmt"
	"math"
	"sort"
	"strconv"
	"time"
)

// TypeSpec is one instance type: the fields that DescribeInstanceTypes answers and the on-demand price of the region
// in USD per hour (Linux, shared tenancy).
type TypeSpec struct {
	Name           string
	VCPU           int
	MemoryMiB      int
	Arch           string // x86_64, arm64
	Manufacturer   string // Intel, AMD, AWS
	Hypervisor     string // nitro, xen
	ENA            string // required, supported, unsupported
	NVMe           string // of EBS: required, supported, unsupported
	BootModes      []string
	EBSMbps        int // baseline
	EBSMaxMbps     int
	Disks, DiskGB  int // local storage: number and size of each
	Interfaces     int
	IPv4           int
	Network        string
	Burstable      bool
	OldGeneration  bool
	NoSpot         bool
	GPUs           int
	GPUModel       string
	MissingInZones []string // zones that don't offer it
	OnDemandUSD    float64
}

// intelNitro is a type of the current generation. nics is how many interfaces it takes, and how many IPv4 addresses each.
func intelNitro(name string, vcpu, mem, ebs int, nics [2]int, usd float64) TypeSpec {
	return TypeSpec{Name: name, VCPU: vcpu, MemoryMiB: mem, Arch: "x86_64", Manufacturer: "Intel", Hypervisor: "nitro",
		ENA: "required", NVMe: "required", BootModes: []string{"legacy-bios", "uefi"}, EBSMbps: ebs, EBSMaxMbps: 4750,
		Interfaces: nics[0], IPv4: nics[1], Network: "Up to 10 Gigabit", OnDemandUSD: usd}
}

func (t TypeSpec) with(change func(*TypeSpec)) TypeSpec { change(&t); return t }

// SampleTypes is the built-in sample: real types with us-east-1's on-demand Linux prices (2025) and the properties
// that EC2 reports for them.
func SampleTypes() []TypeSpec {
	amd := func(t *TypeSpec) { t.Manufacturer, t.EBSMaxMbps = "AMD", 2880 }
	faster := func(t *TypeSpec) { t.Network, t.EBSMaxMbps = "Up to 12.5 Gigabit", 10000 }
	return []TypeSpec{
		intelNitro("m5.large", 2, 8192, 650, [2]int{3, 10}, 0.096),
		intelNitro("m5a.large", 2, 8192, 650, [2]int{3, 10}, 0.086).with(amd),
		intelNitro("m4.large", 2, 8192, 450, [2]int{2, 10}, 0.10).with(func(t *TypeSpec) {
			t.Hypervisor, t.ENA, t.NVMe, t.BootModes = "xen", "unsupported", "unsupported", []string{"legacy-bios"}
			t.EBSMaxMbps, t.Network = 450, "Moderate"
		}),
		intelNitro("m6i.large", 2, 8192, 650, [2]int{3, 10}, 0.096).with(faster),
		intelNitro("m6a.large", 2, 8192, 650, [2]int{3, 10}, 0.0864).with(faster).with(func(t *TypeSpec) { t.Manufacturer = "AMD" }),
		intelNitro("m5d.large", 2, 8192, 650, [2]int{3, 10}, 0.113).with(func(t *TypeSpec) { t.Disks, t.DiskGB = 1, 75 }),
		intelNitro("m5n.large", 2, 8192, 650, [2]int{3, 10}, 0.119).with(func(t *TypeSpec) { t.Network = "Up to 25 Gigabit" }),
		intelNitro("c5.large", 2, 4096, 650, [2]int{3, 10}, 0.085),
		intelNitro("r5.large", 2, 16384, 650, [2]int{3, 10}, 0.126),
		intelNitro("r5a.large", 2, 16384, 650, [2]int{3, 10}, 0.113).with(amd),
		intelNitro("t3.large", 2, 8192, 695, [2]int{3, 12}, 0.0832).with(func(t *TypeSpec) {
			t.Burstable, t.Network, t.EBSMaxMbps = true, "Up to 5 Gigabit", 2780
		}),
		intelNitro("m6g.large", 2, 8192, 630, [2]int{3, 10}, 0.077).with(func(t *TypeSpec) {
			t.Arch, t.Manufacturer, t.BootModes = "arm64", "AWS", []string{"uefi"}
		}),
		intelNitro("m5.xlarge", 4, 16384, 1150, [2]int{4, 15}, 0.192),
		intelNitro("m5a.xlarge", 4, 16384, 1085, [2]int{4, 15}, 0.172).with(amd),
		intelNitro("c5.xlarge", 4, 8192, 1150, [2]int{4, 15}, 0.17),
		intelNitro("r5.xlarge", 4, 32768, 1150, [2]int{4, 15}, 0.252),
	}
}

type poolKey struct{ typ, zone string }

// pool is one type in one zone: what AWS calls a capacity pool.
type pool struct {
	typ, zone string
	spotUSD   float64
	since     time.Time // of the present price
	previous  float64   // the price before, 0 when it never changed
	depth     int       // how many spot instances the pool can hold
	live      int       // spot instances in it
	noSpot    time.Time // no spot capacity before
	noOD      time.Time // no on-demand capacity before
}

func (c *Cloud) buildCatalog() {
	c.types, c.pools = map[string]*TypeSpec{}, map[poolKey]*pool{}
	for i := range c.cfg.Types {
		t := c.cfg.Types[i]
		c.types[t.Name] = &t
		c.typeNames = append(c.typeNames, t.Name)
	}
	sort.Strings(c.typeNames)
	for _, name := range c.typeNames {
		for _, zone := range c.cfg.Zones {
			c.addPool(c.types[name], zone)
		}
	}
}

// addPool draws the pool's price, 30 to 40 % of on-demand, and its depth.
func (c *Cloud) addPool(t *TypeSpec, zone string) {
	ratio, depth := 0.30+0.10*c.rng.Float64(), 8+c.rng.IntN(40)
	for _, z := range t.MissingInZones {
		if z == zone {
			return
		}
	}
	c.pools[poolKey{t.Name, zone}] = &pool{typ: t.Name, zone: zone, depth: depth,
		spotUSD: math.Round(t.OnDemandUSD*ratio*1e4) / 1e4, since: c.now.Add(-6 * time.Hour)}
}

// poolList is every pool in the order of type and zone.
func (c *Cloud) poolList() []*pool {
	var out []*pool
	for _, name := range c.typeNames {
		for _, zone := range c.cfg.Zones {
			if p := c.pools[poolKey{name, zone}]; p != nil {
				out = append(out, p)
			}
		}
	}
	return out
}

// OnDemandUSD is the on-demand price per hour of a type, 0 when it is unknown.
func (c *Cloud) OnDemandUSD(typ string) float64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.onDemand(typ)
}

func (c *Cloud) onDemand(typ string) float64 {
	if t := c.types[typ]; t != nil {
		return t.OnDemandUSD
	}
	return 0
}

// SpotUSD is the present spot price per hour of a pool, 0 when the pool does not exist.
func (c *Cloud) SpotUSD(typ, zone string) float64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	if p := c.pools[poolKey{typ, zone}]; p != nil {
		return p.spotUSD
	}
	return 0
}

// SetSpotPrice moves a pool's price; running instances pay it from now on.
func (c *Cloud) SetSpotPrice(typ, zone string, usd float64) error {
	c.mu.Lock()
	defer c.unlock()
	p := c.pools[poolKey{typ, zone}]
	if p == nil {
		return fmt.Errorf("cloudsim: no pool %s in %s: see Config.Types and Zones", typ, zone)
	}
	for _, i := range c.instances {
		if i.spot && i.typ == typ && i.zone == zone {
			c.accrue(i)
		}
	}
	c.emit(Event{Kind: PriceMoved, Actor: "aws", Text: fmt.Sprintf("%s in %s from %g to %g", typ, zone, p.spotUSD, usd)})
	p.previous, p.spotUSD, p.since = p.spotUSD, usd, c.clock()
	return nil
}

// SetDepth says how many spot instances a pool can hold.
func (c *Cloud) SetDepth(typ, zone string, depth int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if p := c.pools[poolKey{typ, zone}]; p != nil {
		p.depth = depth
	}
}

// NoCapacity closes a pool for spot or on-demand launches until a time; one that has passed opens it again. An empty
// type or zone means every one.
func (c *Cloud) NoCapacity(typ, zone string, spot bool, until time.Time) {
	c.mu.Lock()
	defer c.unlock()
	for _, p := range c.poolList() {
		if (typ != "" && typ != p.typ) || (zone != "" && zone != p.zone) {
			continue
		}
		if spot {
			p.noSpot = until
		} else {
			p.noOD = until
		}
	}
	c.emit(Event{Kind: CapacityMoved, Actor: "aws", Text: fmt.Sprintf("none for %q in %q, spot %t, until %s", typ, zone, spot, stamp(until))})
}

func price(usd float64) string { return strconv.FormatFloat(usd, 'f', 6, 64) }

// stamp is a time as AWS writes it.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }
