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
	{RuleVirtualization, func(w *wish, t *Type) bool { return slices.Contains(virtualization(t), w.virtualization) }},
	{RuleBareMetal, func(w *wish, t *Type) bool { return t.BareMetal == w.victim.BareMetal }},
	{RuleBurstable, func(w *wish, t *Type) bool { return !t.Burstable || w.victim.Burstable || w.AllowBurstable }},
	{RuleGeneration, func(w *wish, t *Type) bool {
		return !w.CurrentOnly || t.CurrentGeneration || !w.victim.CurrentGeneration
	}},
	{RuleENA, func(w *wish, t *Type) bool { return t.ENA != ENARequired || w.ena }},
	{RuleNVMe, func(w *wish, t *Type) bool { return !t.NVMe || w.nvme }},
	{RuleBootMode, boots},
	{RuleVCPU, func(w *wish, t *Type) bool { return t.VCPU >= w.victim.VCPU }},
	{RuleMemory, func(w *wish, t *Type) bool { return t.MemoryMiB >= w.victim.MemoryMiB }},
	{RuleGPU, func(w *wish, t *Type) bool {
		return enough(w.victim.GPUs, w.victim.GPUModel, t.GPUs, t.GPUModel) && (t.GPUMemoryMiB == 0 || t.GPUMemoryMiB >= w.victim.GPUMemoryMiB || w.victim.GPUs == 0)
	}},
	{RuleAccelerator, func(w *wish, t *Type) bool {
		return enough(w.victim.Accelerators, w.victim.AcceleratorModel, t.Accelerators, t.AcceleratorModel)
	}},
	{RuleStorage, stores},
	{RuleEBS, func(w *wish, t *Type) bool {
		return t.EBSBaselineMbps >= w.victim.EBSBaselineMbps && (t.EBSOptimized || !w.victim.EBSOptimized)
	}},
	{RuleNetworkInterfaces, func(w *wish, t *Type) bool { return max(t.NetworkInterfaces, 1) >= w.NetworkInterfaces }},
}

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

// storageRank orders the kinds by speed. NVMe stands above SSD since its
// device names differ: an SSD original's disks are found as NVMe ones only
// by images that look for them, which RuleNVMe has settled.
var storageRank = map[string]int{"": 0, "hdd": 1, "ssd": 2, "nvme": 3}
