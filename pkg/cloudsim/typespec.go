package cloudsim

import (
	"fmt"
	"slices"
	"strings"

	"autospotting/pkg/snapshot"
)

// TypeSpec is one instance type: the fields that DescribeInstanceTypes answers and the on-demand price of the region
// in USD per hour (Linux, shared tenancy). What is zero or empty it leaves out, where the service may.
type TypeSpec struct {
	Name           string
	VCPU           int
	MemoryMiB      int
	Arch           string // x86_64, arm64, x86_64_mac, arm64_mac
	I386           bool   // i386 beside Arch
	Manufacturer   string // Intel, AMD, AWS, Apple
	Hypervisor     string // nitro, xen; empty on bare metal
	BareMetal      bool
	Virtualization []string // hvm, paravirtual; empty is hvm
	BootModes      []string
	Burstable      bool
	OldGeneration  bool
	NoSpot         bool
	MissingInZones []string // zones that don't offer it
	OnDemandUSD    float64

	Cores, ThreadsPerCore    int
	ValidCores, ValidThreads []int
	SEVSNP                   bool
	NestedVirtualization     bool
	Enclaves                 bool
	Hibernation              bool
	TPM                      bool

	ENA                 string // required, supported, unsupported
	Network             string // NetworkPerformance, "Up to 10 Gigabit"
	Interfaces          int
	CardInterfaces      []int // of each network card
	BaselineGbps        float64
	IPv4                int // addresses per interface
	IPv6                bool
	IPv6PerInterface    int
	EFAInterfaces       int
	ENAExpress          bool
	BandwidthWeightings []string
	FlexibleENAQueues   bool

	NVMe            string // of EBS: required, supported, unsupported
	EBSOptimized    bool
	EBSMbps         int // baseline
	EBSMaxMbps      int
	EBSBaselineIOPS int
	EBSAttachments  int
	EBSShared       bool // the limit of attachments
	EBSEncryption   bool
	RootDevices     []string

	Disks, DiskGB    int    // local storage: number and size of each
	DiskKind         string // hdd, ssd, nvme; empty is nvme
	GPUs             int
	GPUModel         string
	GPUMemoryMiB     int // of each
	Accelerators     int
	AcceleratorModel string
}

// FromSnapshot is a type of the built-in data at an on-demand price. The data does not name the network performance and
// the most that EBS bursts to: Network and EBSMaxMbps stay empty.
func FromSnapshot(t snapshot.Type, onDemandUSD float64) TypeSpec {
	out := TypeSpec{Name: t.Name, VCPU: t.VCPU, MemoryMiB: t.MemoryMiB, I386: slices.Contains(t.Arch, "i386"),
		Manufacturer: manufacturer(t), BareMetal: t.BareMetal, Hypervisor: "xen", NVMe: "unsupported", ENA: t.ENA,
		Virtualization: t.Virtualization, BootModes: t.BootModes, Burstable: t.Burstable, OldGeneration: !t.CurrentGeneration, NoSpot: !t.Spot, OnDemandUSD: onDemandUSD,

		Cores: t.Cores, ThreadsPerCore: t.ThreadsPerCore, ValidCores: t.ValidCores, ValidThreads: t.ValidThreads,
		SEVSNP: t.SEVSNP, NestedVirtualization: t.NestedVirtualization, Enclaves: t.Enclaves, Hibernation: t.Hibernation, TPM: t.TPM,

		Interfaces: t.NetworkInterfaces, CardInterfaces: t.CardInterfaces, BaselineGbps: t.BaselineGbps,
		IPv4: t.IPv4PerInterface, IPv6: t.IPv6, IPv6PerInterface: t.IPv6PerInterface, EFAInterfaces: t.EFAInterfaces, ENAExpress: t.ENAExpress,
		BandwidthWeightings: t.BandwidthWeightings, FlexibleENAQueues: t.FlexibleENAQueues,

		EBSOptimized: t.EBSOptimized, EBSMbps: t.EBSBaselineMbps, EBSBaselineIOPS: t.EBSBaselineIOPS,
		EBSAttachments: t.EBSAttachments, EBSShared: t.EBSShared, EBSEncryption: t.EBSEncryption, RootDevices: t.RootDevices,

		Disks: t.StorageDisks, DiskKind: t.StorageKind, GPUs: t.GPUs, GPUModel: t.GPUModel, GPUMemoryMiB: t.GPUMemoryMiB,
		Accelerators: t.Accelerators, AcceleratorModel: t.AcceleratorModel}
	for _, arch := range t.Arch {
		if arch != "i386" {
			out.Arch = arch
		}
	}
	if t.StorageDisks > 0 {
		out.DiskGB = t.StorageGB / t.StorageDisks
	}
	if t.NVMe {
		out.Hypervisor, out.NVMe = "nitro", "required"
	}
	if t.BareMetal {
		out.Hypervisor = ""
	}
	return out
}

// amd are the families of AMD processors whose name does not say it with an a after the generation.
var amd = []string{"f2", "g5", "g6", "g6e", "gr6", "inf2", "p5", "p5e"}

func manufacturer(t snapshot.Type) string {
	family, _, _ := strings.Cut(t.Name, ".")
	attributes := strings.TrimLeft(strings.TrimLeft(family, "abcdefghijklmnopqrstuvwxyz"), "0123456789")
	switch {
	case slices.Contains(t.Arch, "arm64_mac"):
		return "Apple"
	case slices.Contains(t.Arch, "arm64"):
		return "AWS"
	case strings.HasPrefix(attributes, "a"), slices.Contains(amd, family):
		return "AMD"
	}
	return "Intel"
}

// SampleTypes is the built-in sample: real types with us-east-1's on-demand Linux prices (2025) and the properties
// that EC2 reports for them.
func SampleTypes() []TypeSpec {
	const ten, twelve = "Up to 10 Gigabit", "Up to 12.5 Gigabit"
	var out []TypeSpec
	for _, s := range []struct {
		name, network string
		ebsMaxMbps    int
		usd           float64
	}{
		{"m5.large", ten, 4750, 0.096},
		{"m5a.large", ten, 2880, 0.086},
		{"m4.large", "Moderate", 450, 0.10},
		{"m6i.large", twelve, 10000, 0.096},
		{"m6a.large", twelve, 10000, 0.0864},
		{"m5d.large", ten, 4750, 0.113},
		{"m5n.large", "Up to 25 Gigabit", 4750, 0.119},
		{"c5.large", ten, 4750, 0.085},
		{"r5.large", ten, 4750, 0.126},
		{"r5a.large", ten, 2880, 0.113},
		{"t3.large", "Up to 5 Gigabit", 2780, 0.0832},
		{"m6g.large", ten, 4750, 0.077},
		{"m5.xlarge", ten, 4750, 0.192},
		{"m5a.xlarge", ten, 2880, 0.172},
		{"c5.xlarge", ten, 4750, 0.17},
		{"r5.xlarge", ten, 4750, 0.252},
	} {
		t, ok := snapshot.Lookup(s.name)
		if !ok {
			panic(fmt.Sprintf("cloudsim: the sample's %s is not in the snapshot", s.name))
		}
		spec := FromSnapshot(t, s.usd)
		spec.Network, spec.EBSMaxMbps = s.network, s.ebsMaxMbps
		out = append(out, spec)
	}
	return out
}
