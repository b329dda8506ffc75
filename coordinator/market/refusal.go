package market

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Rule names one reason to refuse a type or a pool.
type Rule string

// The rules, in the order they are asked; the first that refuses is the one
// that is counted. Those from RuleOffered on depend on the
// zone, RuleQuota on the account.
const (
	RuleDenied            Rule = "denied by the owner's lists"
	RuleSpot              Rule = "not sold as spot"
	RuleArch              Rule = "other architecture"
	RuleVirtualization    Rule = "other virtualization"
	RuleBareMetal         Rule = "bare metal against virtual"
	RuleBurstable         Rule = "burstable"
	RuleFlex              Rule = "flex, so not steady"
	RuleGeneration        Rule = "of a previous generation"
	RuleENA               Rule = "needs ENA, which the image lacks"
	RuleDeviceNames       Rule = "names its disks otherwise"
	RuleNVMe              Rule = "needs NVMe, which the image may lack"
	RuleNitro             Rule = "not Nitro, which the template needs"
	RuleBootMode          Rule = "cannot boot the image's mode"
	RuleTPM               Rule = "no NitroTPM"
	RuleRootDevice        Rule = "other kind of root device"
	RuleCPUOptions        Rule = "does not take the template's CPU options"
	RuleSEVSNP            Rule = "no AMD SEV-SNP"
	RuleNested            Rule = "no nested virtualization"
	RuleEnclaves          Rule = "no Nitro Enclaves"
	RuleVCPU              Rule = "fewer vCPUs"
	RuleLicence           Rule = "more vCPUs than the licences are for"
	RuleMemory            Rule = "less memory"
	RuleGPU               Rule = "fewer or other GPUs"
	RuleAccelerator       Rule = "fewer or other accelerators"
	RuleStorage           Rule = "less instance storage"
	RuleEBS               Rule = "less EBS throughput"
	RuleEBSIOPS           Rule = "fewer EBS operations per second"
	RuleVolumes           Rule = "takes fewer volumes"
	RuleEncryption        Rule = "takes no encrypted volumes"
	RuleBandwidth         Rule = "less network bandwidth"
	RuleNetworkInterfaces Rule = "fewer network interfaces"
	RuleNetworkCards      Rule = "fewer network cards"
	RuleAddresses         Rule = "fewer addresses per interface"
	RuleEFA               Rule = "fewer EFA interfaces"
	RuleENAExpress        Rule = "no ENA Express"
	RuleENAQueues         Rule = "no ENA queues by interface"
	RuleWeighting         Rule = "cannot weight its bandwidth"
	RuleQuota             Rule = "over the account's quota of spot vCPUs"
	RuleOffered           Rule = "not offered in the zone"
	RulePriceUnknown      Rule = "spot price unknown"
	RulePrice             Rule = "not cheaper by the margin"
	RuleMaxPrice          Rule = "above the maximum price"
	RuleAvoided           Rule = "failed or interrupted lately"
	RuleOnDemandUnknown   Rule = "original's on-demand price unknown"
	RuleUnknownVictim     Rule = "original's type unknown"
)

// Refusals counts what each rule threw out, and says what had to be assumed.
type Refusals struct {
	ByRule      map[Rule]int
	Assumptions []string // one sentence each, in a fixed order
}

func newRefusals() Refusals { return Refusals{ByRule: make(map[Rule]int, len(rules))} }

func (r Refusals) clone() Refusals {
	r.ByRule = maps.Clone(r.ByRule)
	return r
}

func (r Refusals) add(rule Rule) { r.ByRule[rule]++ }

// String lists the counts, largest first: "12 less memory, 3 burstable".
func (r Refusals) String() string {
	rules := make([]Rule, 0, len(r.ByRule))
	for rule := range r.ByRule {
		rules = append(rules, rule)
	}
	slices.SortFunc(rules, func(a, b Rule) int {
		if d := r.ByRule[b] - r.ByRule[a]; d != 0 {
			return d
		}
		return strings.Compare(string(a), string(b))
	})
	parts := make([]string, len(rules))
	for i, rule := range rules {
		parts[i] = fmt.Sprintf("%d %s", r.ByRule[rule], rule)
	}
	return strings.Join(parts, ", ")
}
