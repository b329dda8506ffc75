package market

import (
	"testing"
)

// breakers break one rule each, in the order in which the rules are documented, for an original that breaks none.
var breakers = []struct {
	rule Rule
	do   func(x *Type, n *Need)
}{
	{RuleDenied, func(_ *Type, n *Need) { n.Deny = []string{"x1*"} }},
	{RuleSpot, func(x *Type, _ *Need) { x.Spot = false }},
	{RuleArch, func(x *Type, _ *Need) { x.Arch = []string{"arm64"} }},
	{RuleVirtualization, func(x *Type, _ *Need) { x.Virtualization = []string{Paravirtual} }},
	{RuleBareMetal, func(x *Type, _ *Need) { x.BareMetal = true }},
	{RuleBurstable, func(x *Type, _ *Need) { x.Burstable = true }},
	{RuleFlex, func(x *Type, _ *Need) { x.Name = "x1-flex.large" }},
	{RuleGeneration, func(x *Type, n *Need) { x.CurrentGeneration, n.CurrentOnly = false, true }},
	{RuleENA, func(x *Type, _ *Need) { x.ENA = ENARequired }},
	{RuleDeviceNames, func(x *Type, n *Need) { x.NVMe, n.DeviceNames = true, true }},
	{RuleNVMe, func(x *Type, _ *Need) { x.NVMe = true }},
	{RuleNitro, func(_ *Type, n *Need) { n.Nitro = true }},
	{RuleBootMode, func(x *Type, _ *Need) { x.BootModes = []string{UEFI} }},
	{RuleTPM, func(_ *Type, n *Need) { n.TPM = true }},
	{RuleRootDevice, func(_ *Type, n *Need) { n.InstanceStoreRoot = true }},
	{RuleCPUOptions, func(_ *Type, n *Need) { n.Cores = 1 }},
	{RuleSEVSNP, func(_ *Type, n *Need) { n.SEVSNP = true }},
	{RuleNested, func(_ *Type, n *Need) { n.NestedVirtualization = true }},
	{RuleEnclaves, func(_ *Type, n *Need) { n.Enclaves = true }},
	{RuleVCPU, func(x *Type, _ *Need) { x.VCPU-- }},
	{RuleLicence, func(x *Type, n *Need) {
		n.SameVCPU = true
		if x.VCPU == original().VCPU { // fewer is another rule
			x.VCPU = 3
		}
	}},
	{RuleMemory, func(x *Type, _ *Need) { x.MemoryMiB-- }},
	{RuleGPU, func(x *Type, _ *Need) { x.GPUs = 0 }},
	{RuleAccelerator, func(x *Type, _ *Need) { x.Accelerators = 0 }},
	{RuleStorage, func(x *Type, n *Need) { x.StorageDisks, n.UsesInstanceStore = 0, true }},
	{RuleEBS, func(x *Type, _ *Need) { x.EBSBaselineMbps /= 2 }},
	{RuleEBSIOPS, func(x *Type, _ *Need) { x.EBSBaselineIOPS /= 2 }},
	{RuleVolumes, func(x *Type, n *Need) { x.EBSAttachments, n.Volumes = 1, 2 }},
	{RuleEncryption, func(x *Type, n *Need) { x.EBSEncryption, n.EncryptedVolumes = false, true }},
	{RuleBandwidth, func(x *Type, _ *Need) { x.BaselineGbps = 0.1 }},
	{RuleNetworkInterfaces, func(x *Type, n *Need) { x.NetworkInterfaces, n.NetworkInterfaces = 1, 3 }},
	{RuleNetworkCards, func(_ *Type, n *Need) { n.CardInterfaces = []int{1, 1} }},
	{RuleAddresses, func(_ *Type, n *Need) { n.IPv4PerInterface = 50 }},
	{RuleEFA, func(_ *Type, n *Need) { n.EFAInterfaces = 1 }},
	{RuleENAExpress, func(_ *Type, n *Need) { n.ENAExpress = true }},
	{RuleENAQueues, func(_ *Type, n *Need) { n.ENAQueues = true }},
	{RuleWeighting, func(_ *Type, n *Need) { n.BandwidthWeighting = "vpc-1" }},
}

// Refusals count a type once. Which rule that is for one that breaks two must not change: owners compare the counts over weeks.
func TestATypeThatBreaksTwoRulesIsCountedByTheFirst(t *testing.T) {
	t.Parallel()
	if len(breakers) != len(rules) {
		t.Fatalf("%d rules, and %d are broken here", len(rules), len(breakers))
	}
	for i, first := range breakers {
		for j := i; j < len(breakers); j++ {
			o := original()
			o.ENA, o.NVMe = ENASupported, false
			x := o
			n := Need{Victim: o.Name, Arch: "x86_64", Virtualization: HVM, BootMode: LegacyBIOS, ENA: SupportNo, NVMe: SupportNo}
			first.do(&x, &n)
			breakers[j].do(&x, &n)
			c := pair(o, x)
			if x.Name != o.Name {
				c.Types["x1.large"] = x // by its name it is another
			}
			if got, _ := WhyNot(c, n, "x1.large"); got != first.rule {
				t.Errorf("breaks %q and %q: refused by %q", first.rule, breakers[j].rule, got)
			}
		}
	}
}

// Of several rules that refused, the last one asked emptied the list: what passed all others would have been a candidate.
func TestTheLastRuleThatRefusedOneEmptiedTheList(t *testing.T) {
	t.Parallel()
	var order []Rule
	for _, b := range breakers {
		order = append(order, b.rule)
	}
	order = append(order, RuleOffered, RuleOnDemandUnknown, RulePriceUnknown, RulePrice, RuleMaxPrice, RuleAvoided)
	for i, earlier := range order {
		for _, later := range order[i:] {
			e := NoCandidate{Refusals: Refusals{ByRule: map[Rule]int{earlier: 1, later: 1}}}
			if got := e.Rule(); got != later {
				t.Errorf("%q and %q refused one each: %q emptied the list", earlier, later, got)
			}
		}
	}
	if got := (&NoCandidate{}).Rule(); got != RuleSpot {
		t.Errorf("an empty catalog: %q", got)
	}
}
