package market

import "slices"

// rules is the table of what makes a type compatible, asked in order. A later
// rule is one line more.
var rules = []struct {
	rule Rule
	ok   func(w *wish, t *Type) bool
}{
	{RuleDenied, allowed},
	{RuleSpot, func(_ *wish, t *Type) bool { return t.Spot }},
	{RuleArch, sameArch},
	{RuleVirtualization, func(w *wish, t *Type) bool {
		return slices.Contains(virtualization(t), w.virtualization) && (!w.Paravirtual || w.virtualization == Paravirtual)
	}},
	{RuleBareMetal, func(w *wish, t *Type) bool { return t.BareMetal == w.victim.BareMetal }},
	{RuleBurstable, func(w *wish, t *Type) bool { return !t.Burstable || w.victim.Burstable || w.AllowBurstable }},
	{RuleFlex, func(w *wish, t *Type) bool {
		return !t.Flex() || w.victim.Flex() || w.victim.Burstable || w.AllowBurstable
	}},
	{RuleGeneration, func(w *wish, t *Type) bool {
		return !w.CurrentOnly || t.CurrentGeneration || !w.victim.CurrentGeneration
	}},
	{RuleENA, func(w *wish, t *Type) bool { return t.ENA != ENARequired || w.ena }},
	{RuleDeviceNames, sameDeviceNames},
	{RuleNVMe, func(w *wish, t *Type) bool { return !t.NVMe || w.nvme }},
	{RuleNitro, func(w *wish, t *Type) bool { return t.NVMe || !w.Nitro }},
	{RuleBootMode, boots},
	{RuleTPM, func(w *wish, t *Type) bool { return t.TPM || !w.TPM }},
	{RuleRootDevice, sameRootDevice},
	{RuleCPUOptions, takesCPUOptions},
	{RuleSEVSNP, func(w *wish, t *Type) bool { return t.SEVSNP || !w.SEVSNP }},
	{RuleNested, func(w *wish, t *Type) bool { return t.NestedVirtualization || t.BareMetal || !w.NestedVirtualization }},
	{RuleEnclaves, func(w *wish, t *Type) bool { return t.Enclaves || !w.Enclaves }},
	{RuleVCPU, func(w *wish, t *Type) bool { return w.vcpu(t) >= w.vcpu(&w.victim) }},
	{RuleLicence, func(w *wish, t *Type) bool { return !w.SameVCPU || w.vcpu(t) <= w.vcpu(&w.victim) }},
	{RuleMemory, func(w *wish, t *Type) bool { return t.MemoryMiB >= w.victim.MemoryMiB }},
	{RuleGPU, func(w *wish, t *Type) bool {
		return enough(w.victim.GPUs, w.victim.GPUModel, t.GPUs, t.GPUModel) && (t.GPUMemoryMiB == 0 || t.GPUMemoryMiB >= w.victim.GPUMemoryMiB || w.victim.GPUs == 0)
	}},
	{RuleAccelerator, func(w *wish, t *Type) bool {
		return enough(w.victim.Accelerators, w.victim.AcceleratorModel, t.Accelerators, t.AcceleratorModel)
	}},
	{RuleStorage, stores},
	{RuleEBS, func(w *wish, t *Type) bool {
		return float64(t.EBSBaselineMbps) >= alike*float64(w.victim.EBSBaselineMbps) && (t.EBSOptimized || !w.victim.EBSOptimized && !w.EBSOptimized)
	}},
	{RuleEBSIOPS, func(w *wish, t *Type) bool {
		return t.EBSBaselineIOPS == 0 || float64(t.EBSBaselineIOPS) >= alike*float64(w.victim.EBSBaselineIOPS)
	}},
	{RuleVolumes, takesVolumes},
	{RuleEncryption, func(w *wish, t *Type) bool { return t.EBSEncryption || !w.EncryptedVolumes }},
	{RuleBandwidth, func(w *wish, t *Type) bool {
		return t.BaselineGbps == 0 || t.BaselineGbps >= alike*w.victim.BaselineGbps
	}},
	{RuleNetworkInterfaces, func(w *wish, t *Type) bool { return max(t.NetworkInterfaces, 1) >= w.NetworkInterfaces }},
	{RuleNetworkCards, takesCards},
	{RuleAddresses, takesAddresses},
	{RuleEFA, func(w *wish, t *Type) bool { return t.EFAInterfaces >= w.EFAInterfaces }},
	{RuleENAExpress, func(w *wish, t *Type) bool { return t.ENAExpress || !w.ENAExpress }},
	{RuleENAQueues, func(w *wish, t *Type) bool { return t.FlexibleENAQueues || !w.ENAQueues }},
	{RuleWeighting, func(w *wish, t *Type) bool {
		return w.BandwidthWeighting == "" || slices.Contains(t.BandwidthWeightings, w.BandwidthWeighting)
	}},
}

// Rules lists the rules in the order in which they are asked, the zone's last.
func Rules() []Rule {
	var list []Rule
	for _, r := range rules {
		list = append(list, r.rule)
	}
	return append(append(list, RuleQuota), zoneRules...)
}

// alike is the part of the original's network bandwidth, EBS throughput and EBS operations that still counts as the same: generations and makers
// differ by a few hundredths (m5.large has 0.75 Gbit/s, m6i.large 0.781; m5.xlarge 1,150 Mbit/s to EBS, m5a.xlarge 1,085; EC2 user guide, "Network
// specifications", "EBS optimization").
const alike = 0.9

// refuses returns the first rule that the type breaks.
func (w *wish) refuses(t *Type) (Rule, bool) {
	for _, r := range rules {
		if !r.ok(w, t) {
			return r.rule, true
		}
	}
	return "", false
}

func allowed(w *wish, t *Type) bool {
	if len(w.Allow) > 0 && !matches(w.Allow, t.Name, false) {
		return false
	}
	return !matches(w.Deny, t.Name, true)
}

func sameArch(w *wish, t *Type) bool {
	for _, a := range w.archs {
		if !slices.Contains(t.Arch, a) {
			return false
		}
	}
	return len(w.archs) > 0
}

func boots(w *wish, t *Type) bool {
	modes := t.BootModes
	if len(modes) == 0 {
		modes = defaultBootModes(t.Arch)
	}
	return slices.ContainsFunc(w.bootModes, func(m string) bool { return slices.Contains(modes, m) })
}

// enough asks for at least as many of the same model; wanting none accepts all.
func enough(want int, wantModel string, have int, haveModel string) bool {
	return want == 0 || (have >= want && haveModel == wantModel)
}

// stores asks for the number of disks, for the original's size per disk on
// each and in all, and for nothing slower in kind.
func stores(w *wish, t *Type) bool {
	if !w.UsesInstanceStore || w.victim.StorageDisks == 0 {
		return true
	}
	each := w.victim.StorageGB / w.victim.StorageDisks
	return t.StorageDisks >= w.disks && t.StorageGB >= each*t.StorageDisks &&
		storageRank[t.StorageKind] >= storageRank[w.victim.StorageKind]
}

// storageRank orders the kinds by speed. That the device names of NVMe disks
// differ is for RuleDeviceNames.
var storageRank = map[string]int{"": 0, "hdd": 1, "ssd": 2, "nvme": 3}

// vcpu is how many a type has with the template's CPU options. Which cores are asked for is the same for all.
func (w *wish) vcpu(t *Type) int {
	switch {
	case w.Cores > 0:
		return w.Cores * max(w.ThreadsPerCore, 1)
	case w.ThreadsPerCore > 0 && t.Cores > 0:
		return t.Cores * w.ThreadsPerCore
	}
	return t.VCPU
}

func takesCPUOptions(w *wish, t *Type) bool {
	return (w.Cores == 0 || slices.Contains(t.ValidCores, w.Cores)) && (w.ThreadsPerCore == 0 || slices.Contains(t.ValidThreads, w.ThreadsPerCore))
}

// sameDeviceNames holds disks that somebody knows by name against how the type calls them: volumes, and instance-store disks that were no NVMe
// devices. An owner who says that the image knows NVMe has answered for one that was made for Xen.
func sameDeviceNames(w *wish, t *Type) bool {
	if w.NVMe == SupportYes && t.NVMe {
		return true
	}
	disks := w.UsesInstanceStore && w.victim.StorageDisks > 0
	return (!w.DeviceNames || t.NVMe == w.victim.NVMe) && (!disks || t.StorageKind != "nvme" || w.victim.StorageKind == "nvme")
}

func sameRootDevice(w *wish, t *Type) bool {
	kind := "ebs"
	if w.InstanceStoreRoot {
		kind = "instance-store"
	}
	if len(t.RootDevices) == 0 {
		return !w.InstanceStoreRoot
	}
	return slices.Contains(t.RootDevices, kind)
}

// fewestAttachments is what a type takes of which it is not known.
const fewestAttachments = 20

// takesVolumes counts with them, where the type's limit is for all of them together, the network interfaces beside the first one; what a type
// has itself is off its limit already (DescribeInstanceTypes, MaximumEbsAttachments; EC2 user guide, "Amazon EBS volume limits").
func takesVolumes(w *wish, t *Type) bool {
	n := max(w.Volumes, 1)
	if t.EBSShared {
		n += max(w.NetworkInterfaces-1, 0)
	}
	return n <= VolumesOf(*t)
}

// VolumesOf is how many EBS volumes an instance of the type with one network interface takes.
func VolumesOf(t Type) int {
	if t.EBSAttachments == 0 {
		return fewestAttachments
	}
	return t.EBSAttachments
}

// takesCards asks each network card for the interfaces that are to be on it.
func takesCards(w *wish, t *Type) bool {
	for card, n := range w.CardInterfaces {
		have := at(t.CardInterfaces, card)
		if len(t.CardInterfaces) == 0 && card == 0 {
			have = max(t.NetworkInterfaces, 1)
		}
		if have < n {
			return false
		}
	}
	return true
}

func takesAddresses(w *wish, t *Type) bool {
	return (t.IPv4PerInterface == 0 || t.IPv4PerInterface >= w.IPv4PerInterface) && t.IPv6PerInterface >= w.IPv6PerInterface && (t.IPv6 || !w.IPv6)
}
