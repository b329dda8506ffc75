package market

import (
	"fmt"
	"slices"
)

// Compatible returns, in order of name, the types that could run the
// original's work wherever they are offered, and for every other type the
// rule that threw it out, counted. A type offered in none of n.Zones is refused by
// RuleOffered (n.Zones empty: not asked). An unknown original refuses all.
func Compatible(c Catalog, n Need) ([]string, Refusals) {
	refusals := newRefusals()
	victim, known := c.Types[n.Victim]
	if !known {
		refusals.ByRule[RuleUnknownVictim] = len(c.Types)
		return nil, refusals
	}
	w, assumptions := settle(victim, n)
	refusals.Assumptions = assumptions
	var names []string
	var t Type // one for all: the rules take it by pointer
	for name := range c.Types {
		t = c.Types[name]
		if rule, refused := w.refusesIn(c, &t); refused {
			refusals.add(rule)
		} else {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, refusals
}

// WhyNot returns the rule that keeps a type from standing in for the original, if one does.
func WhyNot(c Catalog, n Need, name string) (Rule, bool) {
	victim, known := c.Types[n.Victim]
	if !known {
		return RuleUnknownVictim, true
	}
	w, _ := settle(victim, n)
	t := c.Types[name]
	return w.refusesIn(c, &t)
}

// refusesIn is refuses, and asks then whether any of the group's zones offers the type.
func (w *wish) refusesIn(c Catalog, t *Type) (Rule, bool) {
	if rule, refused := w.refuses(t); refused {
		return rule, true
	}
	if quota, known := c.SpotVCPU[ClassOf(t.Name)]; known && t.VCPU > quota {
		return RuleQuota, true
	}
	if !offeredAnywhere(c, t.Name, w.Zones) {
		return RuleOffered, true
	}
	return "", false
}

func offeredAnywhere(c Catalog, name string, zones []string) bool {
	if len(zones) == 0 {
		return true
	}
	return slices.ContainsFunc(zones, func(z string) bool { return c.Offered[Pool{name, z}] })
}

// wish is a Need with every unknown settled.
type wish struct {
	Need
	victim         Type
	archs          []string // all of them must be supported
	virtualization string
	ena, nvme      bool // the image has the driver
	bootModes      []string
	disks          int
}

// settle fills what the caller did not know from the original: its image
// evidently runs on its type, so what the type requires, the image has.
func settle(victim Type, n Need) (wish, []string) {
	w := wish{Need: n, victim: victim, archs: []string{n.Arch}, virtualization: n.Virtualization, disks: n.Disks}
	var assumed []string
	assume := func(format string, args ...any) { assumed = append(assumed, fmt.Sprintf(format, args...)) }
	if n.Arch == "" {
		w.archs = victim.Arch
		assume("image architecture unknown: every one that %s supports is asked for", victim.Name)
	}
	if n.Virtualization == "" {
		w.virtualization = virtualization(&victim)[0]
		assume("image virtualization unknown: %s, as %s supports it", w.virtualization, victim.Name)
	}
	w.ena = n.ENA == SupportYes || victim.ENA == ENARequired
	if n.ENA == SupportUnknown && !w.ena {
		assume("image ENA support unknown: none, since %s does not require it", victim.Name)
	}
	w.nvme = n.NVMe == SupportYes || victim.NVMe
	if n.NVMe == SupportUnknown && !w.nvme {
		assume("image NVMe support unknown: none, since %s does without", victim.Name)
	}
	w.bootModes = imageBootModes(n.BootMode, w.archs)
	if n.MemberArch != "" && !slices.Contains(w.archs, n.MemberArch) {
		w.archs = append(slices.Clone(w.archs), n.MemberArch)
	}
	if victim.BaselineGbps == 0 {
		assume("network bandwidth of %s unknown: it is not compared", victim.Name)
	}
	if victim.EBSBaselineIOPS == 0 {
		assume("EBS operations per second of %s unknown: they are not compared", victim.Name)
	}
	if w.disks == 0 {
		w.disks = victim.StorageDisks
	}
	return w, assumed
}

// imageBootModes returns the modes of which the type needs one. An image that
// names none boots in the type's default mode, legacy-bios on Intel and AMD
// and uefi on Graviton (EC2 user guide, "Boot modes").
func imageBootModes(mode string, archs []string) []string {
	switch mode {
	case UEFIPreferred:
		return []string{UEFI, LegacyBIOS}
	case "":
		return defaultBootModes(archs)
	}
	return []string{mode}
}

func defaultBootModes(archs []string) []string {
	if slices.Contains(archs, "arm64") {
		return []string{UEFI}
	}
	return []string{LegacyBIOS}
}

func virtualization(t *Type) []string {
	if len(t.Virtualization) == 0 {
		return []string{HVM}
	}
	return t.Virtualization
}
