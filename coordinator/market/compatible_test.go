package market

import (
	"slices"
	"strings"
	"testing"
)

// original is a type with a bit of everything, so that each rule has
// something to hold on to.
func original() Type {
	return Type{Name: "o1.large", VCPU: 2, MemoryMiB: 8192, Arch: []string{"x86_64"}, Virtualization: []string{HVM},
		GPUs: 1, GPUModel: "T4", GPUMemoryMiB: 16384, Accelerators: 1, AcceleratorModel: "A1", StorageDisks: 2, StorageGB: 200, StorageKind: "ssd",
		EBSBaselineMbps: 650, EBSOptimized: true, ENA: ENARequired, NVMe: true, BootModes: []string{LegacyBIOS, UEFI},
		NetworkInterfaces: 3, BaselineGbps: 0.75, EBSBaselineIOPS: 3600, EBSEncryption: true, IPv4PerInterface: 10, CurrentGeneration: true, Spot: true}
}

// modest is an original that needs no ENA, no NVMe, no accelerator.
func modest() Type {
	return Type{Name: "o1.large", VCPU: 2, MemoryMiB: 8192, Arch: []string{"x86_64"}, ENA: ENASupported, Spot: true}
}

// pair is a catalog of an original and one other, both offered in a and b.
func pair(o, other Type) Catalog {
	other.Name = "x1.large"
	c := Catalog{Types: map[string]Type{o.Name: o, other.Name: other}, Offered: map[Pool]bool{}, SpotUSD: map[Pool]float64{},
		OnDemandUSD: map[string]float64{o.Name: 0.10, other.Name: 0.10}, Source: "test"}
	for name := range c.Types {
		for _, zone := range []string{"a", "b"} {
			c.Offered[Pool{name, zone}], c.SpotUSD[Pool{name, zone}] = true, 0.04
		}
	}
	return c
}

func TestEachRuleRefusesWhatBreaksItAndNothingElse(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		modest bool // start from the modest original
		change func(*Type)
		need   Need
		want   Rule // empty: accepted
	}{
		{name: "its own twin is accepted", change: func(*Type) {}},
		{name: "more of everything is accepted", change: func(x *Type) {
			x.VCPU, x.MemoryMiB, x.GPUs, x.Accelerators, x.EBSBaselineMbps, x.NetworkInterfaces = 96, 1<<20, 8, 8, 19000, 15
			x.StorageDisks, x.StorageGB = 4, 8000
		}, need: Need{UsesInstanceStore: true, Asks: Asks{NetworkInterfaces: 3}}},
		{name: "a denied name", change: func(*Type) {}, need: Need{Deny: []string{"x1.*"}}, want: RuleDenied},
		{name: "a name that the allow list lacks", change: func(*Type) {}, need: Need{Allow: []string{"m?.*", "o1.large"}}, want: RuleDenied},
		{name: "deny wins over allow", change: func(*Type) {}, need: Need{Allow: []string{"x*"}, Deny: []string{"*.large"}}, want: RuleDenied},
		{name: "an allowed name is accepted", change: func(*Type) {}, need: Need{Allow: []string{"x1.*"}, Deny: []string{"y*"}}},
		{name: "a malformed deny pattern denies", change: func(*Type) {}, need: Need{Deny: []string{"[y"}}, want: RuleDenied},
		{name: "a malformed allow pattern allows nothing", change: func(*Type) {}, need: Need{Allow: []string{"[x"}}, want: RuleDenied},
		{name: "not sold as spot", change: func(x *Type) { x.Spot = false }, want: RuleSpot},
		{name: "arm for an x86 image", change: func(x *Type) { x.Arch = []string{"arm64"} }, need: Need{Arch: "x86_64"}, want: RuleArch},
		{name: "arm for an unknown image of an x86 original", change: func(x *Type) { x.Arch = []string{"arm64"} }, want: RuleArch},
		{name: "x86 among others is accepted", change: func(x *Type) { x.Arch = []string{"i386", "x86_64"} }, need: Need{Arch: "x86_64"}},
		{name: "no architecture at all", change: func(x *Type) { x.Arch = nil }, want: RuleArch},
		{name: "paravirtual for an HVM image", change: func(x *Type) { x.Virtualization = []string{Paravirtual} }, need: Need{Virtualization: HVM}, want: RuleVirtualization},
		{name: "HVM for a paravirtual image", change: func(*Type) {}, need: Need{Virtualization: Paravirtual}, want: RuleVirtualization},
		{name: "unknown virtualization is read as HVM", change: func(x *Type) { x.Virtualization = nil }, need: Need{Virtualization: HVM}},
		{name: "bare metal for a virtual original", change: func(x *Type) { x.BareMetal = true }, want: RuleBareMetal},
		{name: "burstable for a steady original", change: func(x *Type) { x.Burstable = true }, want: RuleBurstable},
		{name: "burstable where allowed is accepted", change: func(x *Type) { x.Burstable = true }, need: Need{AllowBurstable: true}},
		{name: "ENA type for an image without ENA", modest: true, change: func(x *Type) { x.ENA = ENARequired }, need: Need{ENA: SupportNo}, want: RuleENA},
		{name: "ENA type for an image of unknown ENA", modest: true, change: func(x *Type) { x.ENA = ENARequired }, want: RuleENA},
		{name: "ENA type for an image with ENA is accepted", modest: true, change: func(x *Type) { x.ENA = ENARequired }, need: Need{ENA: SupportYes}},
		{name: "NVMe type for an image never seen on one", modest: true, change: func(x *Type) { x.NVMe = true }, need: Need{ENA: SupportYes}, want: RuleNVMe},
		{name: "NVMe type for an image that has the driver is accepted", modest: true, change: func(x *Type) { x.NVMe = true }, need: Need{NVMe: SupportYes}},
		{name: "a UEFI image on a BIOS type", change: func(x *Type) { x.BootModes = []string{LegacyBIOS} }, need: Need{BootMode: UEFI}, want: RuleBootMode},
		{name: "a BIOS image on a UEFI type", change: func(x *Type) { x.BootModes = []string{UEFI} }, need: Need{BootMode: LegacyBIOS}, want: RuleBootMode},
		{name: "an image that prefers UEFI boots on BIOS too", change: func(x *Type) { x.BootModes = []string{LegacyBIOS} }, need: Need{BootMode: UEFIPreferred}},
		{name: "an x86 image without boot mode needs BIOS", change: func(x *Type) { x.BootModes = []string{UEFI} }, want: RuleBootMode},
		{name: "unknown boot modes of an x86 type are read as BIOS", change: func(x *Type) { x.BootModes = nil }, need: Need{BootMode: UEFI}, want: RuleBootMode},
		{name: "one vCPU less", change: func(x *Type) { x.VCPU-- }, want: RuleVCPU},
		{name: "one MiB less", change: func(x *Type) { x.MemoryMiB-- }, want: RuleMemory},
		{name: "one GPU less", change: func(x *Type) { x.GPUs, x.GPUModel = 0, "" }, want: RuleGPU},
		{name: "more GPUs of another model", change: func(x *Type) { x.GPUs, x.GPUModel = 8, "V100" }, want: RuleGPU},
		{name: "the same GPU with half the memory", change: func(x *Type) { x.GPUMemoryMiB = 8192 }, want: RuleGPU},
		{name: "a GPU whose memory is not known is accepted", change: func(x *Type) { x.GPUMemoryMiB = 0 }},
		{name: "GPUs that nobody asked for are accepted", modest: true, change: func(x *Type) { x.GPUs, x.GPUModel = 1, "T4" }},
		{name: "an accelerator less", change: func(x *Type) { x.Accelerators = 0 }, want: RuleAccelerator},
		{name: "another accelerator", change: func(x *Type) { x.AcceleratorModel = "A2" }, want: RuleAccelerator},
		{name: "no disks where none are used is accepted", change: func(x *Type) { x.StorageDisks, x.StorageGB, x.StorageKind = 0, 0, "" }},
		{name: "one disk less where they are used", change: func(x *Type) { x.StorageDisks = 1 }, need: Need{UsesInstanceStore: true}, want: RuleStorage},
		{name: "smaller disks where they are used", change: func(x *Type) { x.StorageGB-- }, need: Need{UsesInstanceStore: true}, want: RuleStorage},
		{name: "more but smaller disks", change: func(x *Type) { x.StorageDisks, x.StorageGB = 4, 300 }, need: Need{UsesInstanceStore: true}, want: RuleStorage},
		{name: "slower disks", change: func(x *Type) { x.StorageKind = "hdd" }, need: Need{UsesInstanceStore: true}, want: RuleStorage},
		{name: "one disk where only one is needed is accepted", change: func(x *Type) { x.StorageDisks, x.StorageGB = 1, 100 }, need: Need{UsesInstanceStore: true, Disks: 1}},
		{name: "less EBS throughput", change: func(x *Type) { x.EBSBaselineMbps = 584 }, want: RuleEBS},
		{name: "a tenth less of it is alike", change: func(x *Type) { x.EBSBaselineMbps = 585 }},
		{name: "not EBS-optimized", change: func(x *Type) { x.EBSOptimized = false }, want: RuleEBS},
		{name: "too few network interfaces", change: func(x *Type) { x.NetworkInterfaces = 2 }, need: Need{Asks: Asks{NetworkInterfaces: 3}}, want: RuleNetworkInterfaces},
		{name: "an unknown number of interfaces is one", change: func(x *Type) { x.NetworkInterfaces = 0 }, need: Need{Asks: Asks{NetworkInterfaces: 1}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := original()
			if tt.modest {
				o = modest()
			}
			x := o
			tt.change(&x)
			tt.need.Victim = o.Name
			names, _ := Compatible(pair(o, x), tt.need)
			if got, _ := WhyNot(pair(o, x), tt.need, "x1.large"); got != tt.want {
				t.Errorf("refused by %q, want %q", got, tt.want)
			}
			if slices.Contains(names, "x1.large") != (tt.want == "") {
				t.Errorf("compatible: %v", names)
			}
		})
	}
}

func TestAPreviousGenerationIsRefusedOnlyWhereTheOwnerSaysSo(t *testing.T) {
	t.Parallel()
	o, x := original(), original()
	o.CurrentGeneration, x.CurrentGeneration = true, false
	n := Need{Victim: o.Name}
	if r, no := WhyNot(pair(o, x), n, "x1.large"); no {
		t.Errorf("refused by %q though nobody asked", r)
	}
	n.CurrentOnly = true
	if r, no := WhyNot(pair(o, x), n, "x1.large"); !no || r != RuleGeneration {
		t.Errorf("refused by %q, want %q", r, RuleGeneration)
	}
	o.CurrentGeneration = false
	if r, no := WhyNot(pair(o, x), n, "x1.large"); no {
		t.Errorf("an old original's like is refused by %q", r)
	}
}

func TestABurstableOriginalAcceptsBurstableAndSteadyTypes(t *testing.T) {
	t.Parallel()
	o := original()
	o.Burstable = true
	steady := original()
	if names, r := Compatible(pair(o, steady), Need{Victim: o.Name}); len(names) != 2 {
		t.Errorf("compatible %v, refused %v", names, r)
	}
}

func TestATypeOfferedInNoZoneOfTheGroupIsRefused(t *testing.T) {
	t.Parallel()
	c := pair(original(), original())
	delete(c.Offered, Pool{"x1.large", "a"})
	if names, _ := Compatible(c, Need{Victim: "o1.large", Zones: []string{"a", "b"}}); !slices.Contains(names, "x1.large") {
		t.Error("offered in b, yet refused")
	}
	delete(c.Offered, Pool{"x1.large", "b"})
	if r, no := WhyNot(c, Need{Victim: "o1.large", Zones: []string{"a", "b"}}, "x1.large"); !no || r != RuleOffered {
		t.Errorf("refused by %q, want %q", r, RuleOffered)
	}
}

func TestAnUnknownOriginalRefusesEverything(t *testing.T) {
	t.Parallel()
	names, r := Compatible(pair(original(), original()), Need{Victim: "z9.huge"})
	if len(names) != 0 || r.ByRule[RuleUnknownVictim] != 2 {
		t.Errorf("compatible %v, refused %v", names, r)
	}
}

func TestWhatTheCallerDidNotKnowIsNamed(t *testing.T) {
	t.Parallel()
	_, r := Compatible(pair(modest(), modest()), Need{Victim: "o1.large"})
	all := strings.Join(r.Assumptions, "\n")
	for _, word := range []string{"architecture", "virtualization", "ENA", "NVMe", "network bandwidth", "EBS operations"} {
		if !strings.Contains(all, word) {
			t.Errorf("no assumption about %s in:\n%s", word, all)
		}
	}
	known := modest()
	known.BaselineGbps, known.EBSBaselineIOPS = 0.75, 3600
	_, r = Compatible(pair(known, known), Need{Victim: "o1.large", Arch: "x86_64", Virtualization: HVM, ENA: SupportNo, NVMe: SupportNo})
	if len(r.Assumptions) != 0 {
		t.Errorf("everything known, yet assumed: %v", r.Assumptions)
	}
}

func TestRefusalsReadLargestFirst(t *testing.T) {
	t.Parallel()
	r := newRefusals()
	for _, rule := range []Rule{RuleMemory, RuleVCPU, RuleArch, RuleMemory} {
		r.add(rule)
	}
	if got, want := r.String(), "2 less memory, 1 fewer vCPUs, 1 other architecture"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
