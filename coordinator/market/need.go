package market

import (
	"fmt"
	"path"
	"slices"
)

// Support is what is known of an image's drivers: SupportUnknown is settled
// by the original, whose image evidently boots on its own type.
type Support string

// The values of Support.
const (
	SupportUnknown Support = ""
	SupportYes     Support = "yes"
	SupportNo      Support = "no"
)

// DefaultMargin is the part of the on-demand price that a spot instance must
// save before a swap is worth its trouble.
const DefaultMargin = 0.10

// NoMargin, as Need.Margin, accepts any spot price below on-demand.
const NoMargin = -1

// Need is what a replacement must be able to do: the hardware is the
// original's (Victim, looked up in the Catalog), the rest is what its image,
// its options, the members and the group's owner ask for. The zero value of every
// field but Victim is usable.
type Need struct {
	Victim string   // type of the on-demand instance to be replaced
	Zones  []string // the group's zones; the share of a zone is size ÷ zones

	// From the image (DescribeImages). Empty fields are settled by what the
	// original's type implies, strictly, and named in Refusals.Assumptions.
	Arch           string  // x86_64, arm64, i386
	Virtualization string  // HVM or Paravirtual
	ENA            Support // EnaSupport
	NVMe           Support // not in the API; only the owner can know better than the original
	BootMode       string  // LegacyBIOS, UEFI, UEFIPreferred; empty: the image names none

	// UsesInstanceStore asks for at least the original's instance-store
	// disks. Note that NVMe instance-store disks never show in block device
	// mappings (EC2 user guide, "NVMe instance store volumes"): for such
	// originals set it unless the owner says the disks are not used.
	UsesInstanceStore bool
	Disks             int // needed; 0: as many as the original has

	// Asks is what template, image and members ask for besides.
	Asks

	// Allow and Deny hold type names with wildcards (path.Match: m5.*). An
	// empty Allow allows all; Deny wins.
	Allow, Deny    []string
	AllowBurstable bool // accept t* for an original that is not burstable
	CurrentOnly    bool // refuse types of a previous generation, for an original of the current one

	Margin      float64 // 0: DefaultMargin; NoMargin: none
	MaxPriceUSD float64 // per hour; 0: the original's on-demand price
}

// Validate reports what makes the need unusable: an unknown original, a
// margin outside 0 to 1, a malformed pattern.
func (n Need) Validate(c Catalog) error {
	if _, ok := c.Types[n.Victim]; !ok {
		return fmt.Errorf("original's type %q is not among the %d types of the catalog (%s): use a newer catalog", n.Victim, len(c.Types), c.Source)
	}
	if n.Margin != NoMargin && (n.Margin < 0 || n.Margin >= 1) {
		return fmt.Errorf("margin %v: want a fraction from 0 up to 1, for example 0.10", n.Margin)
	}
	if n.MaxPriceUSD < 0 {
		return fmt.Errorf("maximum price %v USD per hour is negative", n.MaxPriceUSD)
	}
	for _, p := range slices.Concat(n.Allow, n.Deny) {
		if _, err := path.Match(p, ""); err != nil {
			return fmt.Errorf("type pattern %q is malformed: write a type with * and ?, for example m5.*", p)
		}
	}
	return nil
}

// margin is the effective fraction to be saved.
func (n Need) margin() float64 {
	switch n.Margin {
	case 0:
		return DefaultMargin
	case NoMargin:
		return 0
	}
	return n.Margin
}

// matches reports whether any pattern matches; a malformed pattern counts as
// the given answer, so that a typing error never widens what is allowed.
func matches(patterns []string, name string, malformed bool) bool {
	for _, p := range patterns {
		ok, err := path.Match(p, name)
		if ok || (err != nil && malformed) {
			return true
		}
	}
	return false
}
