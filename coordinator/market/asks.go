package market

import "strings"

// Asks is what a template, an image or a running instance asks of a type, beyond what the original's own type is like. The zero value asks
// nothing. Fields are named after what the type has to offer (see Type).
type Asks struct {
	// MemberArch is the architecture of the instance to be replaced, which need not be that of the image that the group launches by now.
	MemberArch string

	Cores, ThreadsPerCore int // CPU options; 0: not set
	SEVSNP                bool
	NestedVirtualization  bool
	Enclaves              bool
	TPM                   bool
	Paravirtual           bool // a kernel or a RAM disk of its own
	Nitro                 bool // something that only Nitro instances do, IMDS over IPv6, say
	SameVCPU              bool // licences are counted by vCPU: not more than the original has

	NetworkInterfaces  int   // in all; 0 and 1 fit every type
	CardInterfaces     []int // by network card, where another than the first is asked for
	EFAInterfaces      int
	IPv4PerInterface   int // the most of one interface; a prefix takes the place of one address
	IPv6PerInterface   int
	IPv6               bool
	ENAExpress         bool
	ENAQueues          bool   // queues allotted by interface
	BandwidthWeighting string // vpc-1, ebs-1

	Volumes           int // EBS volumes, that of the root among them; 0 and 1 fit every type
	EncryptedVolumes  bool
	EBSOptimized      bool
	InstanceStoreRoot bool
	// DeviceNames says that somebody knows disks by their names: there are several, or a script names one. An NVMe disk is called otherwise
	// than a Xen one (EC2 user guide, "Device names for volumes").
	DeviceNames bool
}

// And is what asks for both.
func (a Asks) And(b Asks) Asks {
	if a.MemberArch == "" {
		a.MemberArch = b.MemberArch
	}
	if a.Cores == 0 && a.ThreadsPerCore == 0 {
		a.Cores, a.ThreadsPerCore = b.Cores, b.ThreadsPerCore
	}
	if a.BandwidthWeighting == "" {
		a.BandwidthWeighting = b.BandwidthWeighting
	}
	for _, flag := range []struct {
		to   *bool
		from bool
	}{{&a.SEVSNP, b.SEVSNP}, {&a.NestedVirtualization, b.NestedVirtualization}, {&a.Enclaves, b.Enclaves},
		{&a.TPM, b.TPM}, {&a.Paravirtual, b.Paravirtual}, {&a.Nitro, b.Nitro}, {&a.SameVCPU, b.SameVCPU}, {&a.IPv6, b.IPv6}, {&a.ENAExpress, b.ENAExpress}, {&a.ENAQueues, b.ENAQueues},
		{&a.EncryptedVolumes, b.EncryptedVolumes}, {&a.EBSOptimized, b.EBSOptimized}, {&a.InstanceStoreRoot, b.InstanceStoreRoot}, {&a.DeviceNames, b.DeviceNames}} {
		*flag.to = *flag.to || flag.from
	}
	for _, n := range []struct {
		to   *int
		from int
	}{{&a.NetworkInterfaces, b.NetworkInterfaces}, {&a.EFAInterfaces, b.EFAInterfaces}, {&a.IPv4PerInterface, b.IPv4PerInterface},
		{&a.IPv6PerInterface, b.IPv6PerInterface}, {&a.Volumes, b.Volumes}} {
		*n.to = max(*n.to, n.from)
	}
	cards := make([]int, max(len(a.CardInterfaces), len(b.CardInterfaces)))
	for i := range cards {
		cards[i] = max(at(a.CardInterfaces, i), at(b.CardInterfaces, i))
	}
	if len(cards) > 0 {
		a.CardInterfaces = cards
	}
	return a
}

func at(list []int, i int) int {
	if i < len(list) {
		return list[i]
	}
	return 0
}

// Flex tells whether the type gives its full CPU only most of the time (EC2 user guide, "Flex instances").
func (t Type) Flex() bool { return strings.HasSuffix(t.Family(), "-flex") }

// Class is the name of the quota that counts the type's vCPUs, of spot and of on-demand instances alike (EC2 user guide, "Amazon EC2
// instance quotas").
type Class string

// The classes. A type of none of them, a mac1 say, has no quota of vCPUs.
const (
	Standard   Class = "Standard (A, C, D, H, I, M, R, T, Z)"
	ClassDL    Class = "DL"
	ClassF     Class = "F"
	ClassG     Class = "G and VT"
	ClassHPC   Class = "HPC"
	HighMemory Class = "High Memory"
	ClassInf   Class = "Inf"
	ClassP     Class = "P"
	ClassTrn   Class = "Trn"
	ClassX     Class = "X"
	NoClass    Class = ""
)

// classes holds the letters that families begin with; the longest that fits counts.
var classes = map[string]Class{
	"a": Standard, "c": Standard, "d": Standard, "h": Standard, "i": Standard, "m": Standard, "r": Standard, "t": Standard, "z": Standard,
	"dl": ClassDL, "f": ClassF, "g": ClassG, "vt": ClassG, "hpc": ClassHPC, "u": HighMemory, "inf": ClassInf, "p": ClassP, "trn": ClassTrn, "x": ClassX,
	"mac": NoClass,
}

// ClassOf finds the class of a type by its name.
func ClassOf(name string) Class {
	for n := min(len(name), 3); n > 0; n-- {
		if c, known := classes[name[:n]]; known {
			return c
		}
	}
	return NoClass
}
