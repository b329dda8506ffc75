package snapshot

import "slices"

// known says that this package knows the type beyond the data: what a document
// lists by exception holds of no other.
func known(name string) bool { _, ok := cpuOptions()[name]; return ok }

// singleThreaded are the types of other processors than arm64 with one thread
// per core: those of one family, or one of a family (EC2 user guide,
// "Supported CPU options", column Default threads per core).
var singleThreaded = []string{"c1", "c7a", "hpc6a", "hpc6id", "hpc7a", "m1", "m2", "m7a", "mac2-m1ultra", "mac2-m2", "mac2-m2pro", "r7a", "t1", "t2",
	"m3.medium", "u-6tb1.56xlarge"}

// sevSNP lists the types with AMD SEV-SNP (EC2 user guide, "AMD SEV-SNP",
// requirements: M6a up to 8xlarge, C6a up to 16xlarge, R6a up to 4xlarge).
var sevSNP = newTable(`
c6a m6a r6a: large,xlarge,2xlarge,4xlarge=1
c6a m6a: 8xlarge=1
c6a: 12xlarge,16xlarge=1
`)

// nested are the families that run virtual machines without being bare metal
// (EC2 user guide, "Nested virtualization"; ProcessorInfo.SupportedFeatures).
var nested = []string{"c7i", "c7i-flex", "i7ie", "m7i", "m7i-flex", "r7i", "r7iz"}

// noEnclaves are the Nitro families without Nitro Enclaves (Nitro Enclaves
// user guide, "Requirements").
var noEnclaves = []string{"a1", "c7gn", "c7i-flex", "g4ad", "g5g", "hpc6a", "hpc6id", "hpc7a", "hpc7g", "im4gn", "is4gen", "m7i-flex", "t3", "t3a", "t4g",
	"trn1", "trn1n", "u-12tb1", "u-18tb1", "u-24tb1", "u-3tb1", "u-6tb1", "u-9tb1", "u7i-12tb", "u7i-6tb", "u7i-8tb", "u7in-16tb", "u7in-24tb", "u7in-32tb", "vt1"}

// noTPM are the Nitro families without NitroTPM (EC2 user guide,
// "Requirements for using NitroTPM").
var noTPM = []string{"a1", "dl1", "g4ad", "g5g", "hpc7a", "hpc7g", "i4g", "is4gen", "p3dn", "p4d", "p4de", "trn1", "trn1n",
	"u-12tb1", "u-18tb1", "u-24tb1", "u-3tb1", "u-6tb1", "u-9tb1", "vt1", "x2gd"}

// hibernating are the families that hibernate, up to hibernationMiB of memory
// (EC2 user guide, "Prerequisites for EC2 instance hibernation").
var hibernating = []string{"c3", "c4", "c5", "c5d", "c6a", "c6g", "c6gd", "c6gn", "c6i", "c6id", "c6in", "c7a", "c7g", "c7gd", "c7gn", "c7i", "c7i-flex", "c8g", "c8gd",
	"i3", "i3en", "i4g", "i7ie", "i8g", "im4gn", "is4gen",
	"m3", "m4", "m5", "m5a", "m5ad", "m5d", "m6a", "m6g", "m6gd", "m6i", "m6id", "m6idn", "m6in", "m7a", "m7g", "m7gd", "m7i", "m7i-flex", "m8g", "m8gd",
	"r3", "r4", "r5", "r5a", "r5ad", "r5d", "r6a", "r6g", "r6gd", "r6idn", "r6in", "r7a", "r7g", "r7gd", "r7i", "r7iz", "r8g", "r8gd",
	"t2", "t3", "t3a", "t4g", "x2gd"}

const hibernationMiB = 150 << 10 // less than 150 GiB

// processorFacts fills what a type's processor and hypervisor can do.
func processorFacts(t *Type, family string) {
	options, ok := cpuOptions()[t.Name]
	if !ok {
		return
	}
	t.ThreadsPerCore = 2
	if slices.Contains(t.Arch, "arm64") || slices.Contains(singleThreaded, family) || slices.Contains(singleThreaded, t.Name) {
		t.ThreadsPerCore = 1
	}
	t.Cores = t.VCPU / t.ThreadsPerCore
	if options != "-" {
		t.ValidCores, t.ValidThreads = integers(options), []int{1, 2}[:t.ThreadsPerCore]
	}
	_, t.SEVSNP = sevSNP()[t.Name]
	t.NestedVirtualization = slices.Contains(nested, family) && !t.BareMetal
	small := t.MemoryMiB < hibernationMiB && t.Name != "c6a.12xlarge" || family == "m7i-flex" // the two that the service excepts
	t.Hibernation = slices.Contains(hibernating, family) && !t.BareMetal && small
	nitro := t.NVMe && !t.BareMetal
	t.TPM = nitro && !slices.Contains(noTPM, family)
	// The parent keeps a core to itself: two threads of two, or one of one.
	cpus := 4
	if slices.Contains(t.Arch, "arm64") {
		cpus = 2
	}
	t.Enclaves = nitro && t.VCPU >= cpus && !slices.Contains(noEnclaves, family)
}
