package snapshot

import (
	"slices"
	"strings"
)

// xen is the table of everything that does not run on Nitro. A family that is
// not in it is a Nitro one: EBS as NVMe, ENA required. The value is the
// family's ENA support (EC2 user guide, "Enhanced networking"; every type of
// these families has been on sale since before 2018).
var xen = map[string]string{
	"c1": "unsupported", "c3": "unsupported", "c4": "unsupported", "cc2": "unsupported", "cr1": "unsupported",
	"d2": "unsupported", "g2": "unsupported", "hs1": "unsupported", "i2": "unsupported", "m1": "unsupported",
	"m2": "unsupported", "m3": "unsupported", "m4": "unsupported", "r3": "unsupported", "t1": "unsupported",
	"t2": "unsupported",
	"f1": "supported", "g3": "supported", "g3s": "supported", "h1": "supported", "i3": "supported",
	"p2": "supported", "p3": "supported", "r4": "supported", "x1": "supported", "x1e": "supported",
}

// xenExceptions are types that differ from their family.
var xenExceptions = map[string]struct {
	ena  string
	nvme bool
}{
	"m4.16xlarge": {ena: "supported"},            // the only ENA type of m4
	"i3.metal":    {ena: "required", nvme: true}, // Nitro, as every bare metal type
}

// noUEFI are the Nitro families of Intel and AMD that boot from BIOS only
// (EC2 user guide, "Requirements for UEFI boot mode"), besides all Xen types
// and, to be on the safe side, all bare metal.
var noUEFI = []string{"dl1", "g4ad", "p4d", "p4de", "trn1", "trn1n", "u-3tb1", "u-6tb1", "u-9tb1", "u-12tb1", "u-18tb1", "u-24tb1", "vt1"}

// accelerators names what the data leaves out or mislabels: per family the
// model, per type the count where the data has none.
var accelerators = map[string]struct {
	model string
	count map[string]int
}{
	"dl1":   {"Habana Gaudi", map[string]int{"dl1.24xlarge": 8}},
	"f1":    {"FPGA f1", nil},
	"f2":    {"FPGA f2", nil},
	"inf1":  {"AWS Inferentia", nil},
	"inf2":  {"AWS Inferentia2", nil},
	"trn1":  {"AWS Trainium", nil},
	"trn1n": {"AWS Trainium", nil},
	"trn2":  {"AWS Trainium2", map[string]int{"trn2.48xlarge": 16}},
	"vt1":   {"Xilinx U30", map[string]int{"vt1.3xlarge": 1, "vt1.6xlarge": 2, "vt1.24xlarge": 8}},
}

// derive fills what the data lacks from the type's name.
func derive(t *Type, r row) {
	family, size, _ := strings.Cut(t.Name, ".")
	t.Burstable = slices.Contains([]string{"t1", "t2", "t3", "t3a", "t4g"}, family)
	t.BareMetal = strings.HasPrefix(size, "metal")
	t.ENA, t.NVMe = network(t.Name, family)
	t.BootModes = bootModes(*t, family)
	t.GPUs, t.GPUModel = r.GPU, r.GPUModel
	if a, ok := accelerators[family]; ok {
		t.Accelerators, t.AcceleratorModel = max(r.GPU, r.FPGA), a.model
		if n := a.count[t.Name]; n > 0 {
			t.Accelerators = n
		}
		t.GPUs, t.GPUModel = 0, ""
	}
	if len(t.Virtualization) == 0 { // the data names it of old types only; every newer one is HVM
		t.Virtualization = []string{"hvm"}
	}
	processorFacts(t, family)
	networkFacts(t, r, family)
	ebsFacts(t, family, size)
}

func network(name, family string) (ena string, nvme bool) {
	if e, ok := xenExceptions[name]; ok {
		return e.ena, e.nvme
	}
	if ena, ok := xen[family]; ok {
		return ena, false
	}
	return "required", true
}

func bootModes(t Type, family string) []string {
	switch {
	case slices.Contains(t.Arch, "arm64"):
		return []string{"uefi"}
	case !t.NVMe, t.BareMetal, slices.Contains(noUEFI, family):
		return []string{"legacy-bios"}
	}
	return []string{"legacy-bios", "uefi"}
}
