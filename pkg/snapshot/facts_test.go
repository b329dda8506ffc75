package snapshot

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// The figures are those that DescribeInstanceTypes answered and that the documents named in the tables have.
func TestKnownTypesHaveTheFiguresOfTheDocuments(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name           string
		cores, threads int
		gbps           float64
		cards          string // cards x interfaces of the first
		addresses, efa int
		volumes, iops  int
		can            string
	}{
		{"a1.large", 2, 1, 0.75, "1x3", 10, 0, 27, 4000, "shared"},
		{"t2.micro", 1, 1, 0.064, "1x2", 2, 0, 40, 0, "hibernation shared"},
		{"t2.2xlarge", 8, 1, 1, "1x3", 15, 0, 40, 0, "hibernation shared"},
		{"t3.nano", 1, 2, 0.032, "1x2", 2, 0, 27, 250, "hibernation tpm shared"},
		{"t3.large", 1, 2, 0.512, "1x3", 12, 0, 27, 4000, "hibernation tpm shared"},
		{"t3a.xlarge", 2, 2, 1.024, "1x4", 15, 0, 27, 4000, "hibernation tpm shared"},
		{"t4g.micro", 2, 1, 0.064, "1x2", 2, 0, 27, 500, "hibernation tpm shared"},
		{"m4.large", 1, 2, 0.45, "1x2", 10, 0, 40, 3600, "hibernation shared"},
		{"m4.16xlarge", 32, 2, 25, "1x8", 30, 0, 40, 65000, "shared"},
		{"m5.large", 1, 2, 0.75, "1x3", 10, 0, 27, 3600, "hibernation tpm shared"},
		{"m5.xlarge", 2, 2, 1.25, "1x4", 15, 0, 27, 6000, "enclaves hibernation tpm shared"},
		{"m5.24xlarge", 48, 2, 25, "1x15", 50, 0, 27, 80000, "enclaves tpm shared"},
		{"m5.metal", 48, 2, 25, "1x15", 50, 0, 31, 80000, "shared"},
		{"m5d.large", 1, 2, 0.75, "1x3", 10, 0, 26, 3600, "hibernation tpm shared"},
		{"m5d.24xlarge", 48, 2, 25, "1x15", 50, 0, 23, 80000, "enclaves tpm shared"},
		{"m5a.8xlarge", 16, 2, 7.5, "1x8", 30, 0, 27, 20000, "enclaves hibernation tpm shared"},
		{"m5n.large", 1, 2, 2.1, "1x3", 10, 0, 27, 3600, "tpm shared"},
		{"m5n.24xlarge", 48, 2, 100, "1x15", 50, 1, 27, 80000, "enclaves tpm shared"},
		{"m5zn.12xlarge", 24, 2, 100, "1x15", 50, 1, 27, 80000, "enclaves tpm shared"},
		{"m6i.large", 1, 2, 0.781, "1x3", 10, 0, 27, 3600, "hibernation tpm flexible-queues shared"},
		{"m6i.32xlarge", 64, 2, 50, "1x15", 50, 1, 27, 160000, "enclaves tpm ena-express flexible-queues shared"},
		{"m6a.large", 1, 2, 0.781, "1x3", 10, 0, 27, 3600, "hibernation tpm sev-snp shared"},
		{"m6a.48xlarge", 96, 2, 50, "1x15", 50, 1, 27, 240000, "enclaves tpm ena-express shared"},
		{"m6g.medium", 1, 1, 0.5, "1x2", 4, 0, 27, 2500, "hibernation tpm shared"},
		{"m6g.16xlarge", 64, 1, 25, "1x15", 50, 0, 27, 80000, "enclaves tpm shared"},
		{"m6gd.large", 2, 1, 0.75, "1x3", 10, 0, 26, 3600, "enclaves hibernation tpm shared"},
		{"m6in.large", 1, 2, 3.125, "1x3", 10, 0, 27, 6250, "hibernation tpm flexible-queues shared"},
		{"m7i.large", 1, 2, 0.781, "1x3", 10, 0, 32, 3600, "hibernation tpm nested"},
		{"m7i.48xlarge", 96, 2, 50, "1x15", 50, 1, 128, 240000, "enclaves tpm nested ena-express"},
		{"m7i.metal-24xl", 48, 2, 37.5, "1x15", 50, 0, 39, 120000, "ena-express"},
		{"m7i-flex.large", 1, 2, 0.39, "1x3", 10, 0, 32, 2500, "hibernation tpm nested"},
		{"m7a.medium", 1, 1, 0.39, "1x2", 4, 0, 32, 2500, "hibernation tpm"},
		{"m7a.large", 2, 1, 0.781, "1x3", 10, 0, 32, 3600, "hibernation tpm"},
		{"m7g.large", 2, 1, 0.937, "1x3", 10, 0, 27, 3600, "enclaves hibernation tpm shared"},
		{"m8g.large", 2, 1, 0.937, "1x3", 10, 0, 32, 3600, "enclaves hibernation tpm weighting"},
		{"m8g.24xlarge", 96, 1, 40, "1x15", 50, 1, 64, 120000, "enclaves tpm ena-express weighting"},
		{"c4.large", 1, 2, 0.625, "1x3", 10, 0, 40, 4000, "hibernation shared"},
		{"c5.large", 1, 2, 0.75, "1x3", 10, 0, 27, 4000, "hibernation tpm shared"},
		{"c5.12xlarge", 24, 2, 12, "1x8", 30, 0, 27, 40000, "enclaves hibernation tpm shared"},
		{"c5n.9xlarge", 18, 2, 50, "1x8", 30, 1, 27, 40000, "enclaves tpm shared"},
		{"c5n.18xlarge", 36, 2, 100, "1x15", 50, 1, 27, 80000, "enclaves tpm shared"},
		{"c6g.medium", 1, 1, 0.5, "1x2", 4, 0, 27, 2500, "hibernation tpm shared"},
		{"c6gn.16xlarge", 64, 1, 100, "1x15", 50, 1, 27, 160000, "enclaves hibernation tpm ena-express shared"},
		{"c6i.large", 1, 2, 0.781, "1x3", 10, 0, 27, 3600, "hibernation tpm flexible-queues shared"},
		{"c6in.32xlarge", 64, 2, 200, "2x8", 50, 2, 27, 400000, "enclaves tpm ena-express flexible-queues shared"},
		{"c7g.xlarge", 4, 1, 1.876, "1x4", 15, 0, 27, 6000, "enclaves hibernation tpm shared"},
		{"c7gn.medium", 1, 1, 3.125, "1x2", 4, 0, 27, 2083, "hibernation tpm shared"},
		{"c8g.xlarge", 4, 1, 1.875, "1x4", 15, 0, 32, 6000, "enclaves hibernation tpm weighting"},
		{"r4.large", 1, 2, 0.75, "1x3", 10, 0, 40, 3000, "hibernation shared"},
		{"r5.large", 1, 2, 0.75, "1x3", 10, 0, 27, 3600, "hibernation tpm shared"},
		{"r5b.large", 1, 2, 0.75, "1x3", 10, 0, 27, 5417, "tpm shared"},
		{"r6i.large", 1, 2, 0.781, "1x3", 10, 0, 27, 3600, "tpm flexible-queues shared"},
		{"r7iz.metal-32xl", 64, 2, 50, "1x15", 50, 1, 79, 160000, "ena-express"},
		{"r8g.metal-48xl", 192, 1, 50, "1x15", 50, 1, 79, 240000, "ena-express weighting"},
		{"x1.32xlarge", 64, 2, 25, "1x8", 30, 0, 40, 80000, "shared instance-store-root"},
		{"x2idn.32xlarge", 64, 2, 100, "1x15", 50, 1, 25, 260000, "enclaves tpm ena-express shared"},
		{"x2iedn.xlarge", 2, 2, 1.875, "1x4", 15, 0, 26, 8125, "enclaves tpm shared"},
		{"z1d.large", 1, 2, 0.75, "1x3", 10, 0, 26, 3333, "tpm shared"},
		{"i3.large", 1, 2, 0.75, "1x3", 10, 0, 40, 3000, "hibernation shared"},
		{"i3.16xlarge", 32, 2, 25, "1x15", 50, 0, 40, 65000, "shared"},
		{"i3en.24xlarge", 48, 2, 100, "1x15", 50, 1, 19, 80000, "enclaves tpm shared"},
		{"i4i.large", 1, 2, 0.781, "1x3", 10, 0, 26, 2500, "tpm shared"},
		{"i4i.32xlarge", 64, 2, 75, "1x15", 50, 1, 19, 160000, "enclaves tpm ena-express shared"},
		{"i7ie.large", 1, 2, 2.083, "1x3", 10, 0, 32, 2500, "hibernation tpm nested"},
		{"i8g.large", 2, 1, 1.172, "1x3", 10, 0, 32, 2500, "enclaves hibernation tpm"},
		{"im4gn.16xlarge", 64, 1, 100, "1x15", 50, 1, 23, 160000, "tpm ena-express shared"},
		{"d3.8xlarge", 16, 2, 25, "1x3", 20, 0, 3, 30000, "enclaves tpm shared"},
		{"g4dn.xlarge", 2, 2, 5, "1x3", 10, 0, 25, 3000, "enclaves tpm shared"},
		{"g4dn.metal", 48, 2, 100, "1x15", 50, 1, 31, 80000, "shared"},
		{"g5.xlarge", 2, 2, 2.5, "1x4", 15, 0, 25, 3000, "enclaves tpm shared"},
		{"g5.48xlarge", 96, 2, 100, "1x7", 50, 1, 9, 80000, "enclaves tpm shared"},
		{"g6.xlarge", 2, 2, 2.5, "1x4", 15, 0, 32, 4000, "enclaves tpm"},
		{"g6e.48xlarge", 96, 2, 400, "4x10", 50, 4, 128, 240000, "enclaves tpm ena-express"},
		{"p4d.24xlarge", 48, 2, 400, "4x15", 50, 4, 28, 80000, "enclaves"},
		{"p5.48xlarge", 96, 2, 3200, "32x2", 50, 32, 64, 260000, "enclaves tpm ena-express"},
		{"inf1.xlarge", 2, 2, 5, "1x4", 10, 0, 26, 4000, "enclaves tpm shared"},
		{"inf2.xlarge", 2, 2, 2.083, "1x4", 15, 0, 26, 6000, "enclaves tpm shared"},
		{"trn1.32xlarge", 64, 2, 800, "8x5", 50, 8, 28, 260000, "shared"},
		{"hpc7a.96xlarge", 192, 1, 300, "2x2", 50, 2, 27, 0, ""},
		{"u7i-12tb.224xlarge", 448, 2, 100, "1x15", 50, 1, 128, 420000, "tpm ena-express"},
		{"mac2.metal", 4, 2, 10, "1x8", 30, 0, 10, 55000, "shared"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, ok := Lookup(c.name)
			if !ok || len(got.CardInterfaces) == 0 {
				t.Fatalf("not in the data, or without network cards: %+v", got)
			}
			cards := fmt.Sprintf("%dx%d", len(got.CardInterfaces), got.CardInterfaces[0])
			have := fmt.Sprintln(got.Cores, got.ThreadsPerCore, got.BaselineGbps, cards, got.IPv4PerInterface, got.EFAInterfaces, got.EBSAttachments, got.EBSBaselineIOPS, can(got))
			if want := fmt.Sprintln(c.cores, c.threads, c.gbps, c.cards, c.addresses, c.efa, c.volumes, c.iops, c.can); have != want {
				t.Errorf("\n got %swant %s", have, want)
			}
		})
	}
}

// can lists what a type has, of all that it may have or not.
func can(t Type) string {
	var out []string
	for _, f := range []struct {
		name string
		has  bool
	}{{"enclaves", t.Enclaves}, {"hibernation", t.Hibernation}, {"tpm", t.TPM}, {"sev-snp", t.SEVSNP}, {"nested", t.NestedVirtualization}, {"ena-express", t.ENAExpress},
		{"weighting", len(t.BandwidthWeightings) == 3}, {"flexible-queues", t.FlexibleENAQueues}, {"shared", t.EBSShared},
		{"instance-store-root", slices.Contains(t.RootDevices, "instance-store")}} {
		if f.has {
			out = append(out, f.name)
		}
	}
	return strings.Join(out, " ")
}

func TestCPUOptionsAreThoseOfTheUserGuide(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]struct{ cores, threads []int }{
		"m5.large":        {[]int{1}, []int{1, 2}},
		"m5.xlarge":       {[]int{2}, []int{1, 2}},
		"m5a.24xlarge":    {[]int{12, 18, 24, 36, 48}, []int{1, 2}},
		"c5.4xlarge":      {[]int{2, 4, 6, 8}, []int{1, 2}},
		"c6i.2xlarge":     {[]int{2, 4}, []int{1, 2}},
		"c7a.4xlarge":     {[]int{1, 2, 4, 6, 8, 10, 12, 14, 16}, []int{1}},
		"m6g.xlarge":      {[]int{1, 2, 3, 4}, []int{1}},
		"m6g.medium":      {nil, nil},
		"m5.metal":        {nil, nil},
		"t2.large":        {nil, nil},
		"g5.xlarge":       {nil, nil},
		"p5.48xlarge":     {[]int{12, 24, 36, 48, 60, 72, 84, 96}, []int{1, 2}},
		"g4ad.16xlarge":   {[]int{2, 4, 8, 16, 32}, []int{1, 2}},
		"r6a.32xlarge":    {[]int{8, 12, 16, 20, 24, 28, 32, 64}, []int{1, 2}},
		"u-6tb1.56xlarge": {integers("16-224/8"), []int{1}},
		"m7i.metal-24xl":  {nil, nil},
		"vt1.24xlarge":    {[]int{6, 12, 48}, []int{1, 2}},
		"r8g.48xlarge":    {integers("4-192/2"), []int{1}},
		"i2.large":        {nil, nil},
		"x2iedn.xlarge":   {[]int{1, 2}, []int{1, 2}},
		"c5a.16xlarge":    {[]int{1, 2, 3, 4, 8, 12, 16, 20, 24, 28, 32}, []int{1, 2}},
	} {
		if got, _ := Lookup(name); !slices.Equal(got.ValidCores, want.cores) || !slices.Equal(got.ValidThreads, want.threads) {
			t.Errorf("%s: cores %v, threads %v; want %v, %v", name, got.ValidCores, got.ValidThreads, want.cores, want.threads)
		}
	}
}

func TestFactsOfEveryTypeAgreeWithEachOther(t *testing.T) {
	t.Parallel()
	for _, ty := range Types() {
		for fault, is := range map[string]bool{
			"cores x threads is not the vCPUs":                     ty.Cores > 0 && ty.Cores*ty.ThreadsPerCore != ty.VCPU,
			"cores without threads":                                (ty.Cores == 0) != (ty.ThreadsPerCore == 0),
			"the default is no CPU option":                         len(ty.ValidCores) > 0 && (ty.ValidCores[len(ty.ValidCores)-1] != ty.Cores || !slices.IsSorted(ty.ValidCores)),
			"CPU options of cores without threads":                 (len(ty.ValidCores) == 0) != (len(ty.ValidThreads) == 0),
			"bare metal with what the hypervisor gives":            ty.BareMetal && (ty.Enclaves || ty.TPM || ty.Hibernation || ty.SEVSNP || ty.NestedVirtualization || len(ty.ValidCores) > 0 || ty.FlexibleENAQueues),
			"Xen with what Nitro gives":                            !ty.NVMe && (ty.Enclaves || ty.TPM || ty.SEVSNP || ty.NestedVirtualization || ty.EFAInterfaces > 0 || ty.ENAExpress || ty.FlexibleENAQueues),
			"NitroTPM without UEFI":                                ty.TPM && !slices.Contains(ty.BootModes, "uefi"),
			"hibernates 150 GiB":                                   ty.Hibernation && ty.MemoryMiB >= hibernationMiB && !strings.HasPrefix(ty.Name, "m7i-flex."),
			"SEV-SNP, yet arm64":                                   ty.SEVSNP && !slices.Contains(ty.Arch, "x86_64"),
			"the cards do not take the interfaces":                 sum(ty.CardInterfaces) != ty.NetworkInterfaces,
			"more EFA than interfaces":                             ty.EFAInterfaces > ty.NetworkInterfaces,
			"interfaces without addresses":                         (ty.NetworkInterfaces == 0) != (ty.IPv4PerInterface == 0),
			"IPv6 addresses without IPv6":                          ty.IPv6PerInterface > 0 && !ty.IPv6,
			"a Nitro type without IPv6":                            ty.NVMe && !ty.IPv6,
			"a Nitro type without baseline bandwidth":              ty.NVMe && ty.BaselineGbps == 0,
			"a virtual Nitro type without a limit of volumes":      ty.NVMe && !ty.BareMetal && ty.EBSAttachments == 0,
			"a baseline of EBS without its operations":             (ty.EBSBaselineMbps == 0) != (ty.EBSBaselineIOPS == 0),
			"shared with others, yet above the 28, 31 or 40 of it": ty.EBSShared && ty.EBSAttachments > 40 && !strings.HasPrefix(ty.Name, "i7ie.metal"),
			"cannot encrypt volumes":                               !ty.EBSEncryption,
			"a Nitro type that starts from the instance store":     ty.NVMe && !slices.Equal(ty.RootDevices, []string{"ebs"}),
		} {
			if is {
				t.Errorf("%s: %s: %+v", ty.Name, fault, ty)
			}
		}
	}
}

func sum(list []int) int {
	n := 0
	for _, v := range list {
		n += v
	}
	return n
}

func TestALargerSizeOfAFamilyIsNoSlower(t *testing.T) {
	t.Parallel()
	families := map[string][]Type{}
	for _, ty := range Types() {
		family, _, _ := strings.Cut(ty.Name, ".")
		families[family] = append(families[family], ty)
	}
	for _, list := range families {
		slices.SortFunc(list, func(a, b Type) int { return a.VCPU - b.VCPU })
		for i, larger := range list[1:] {
			smaller := list[i]
			if smaller.VCPU == larger.VCPU || smaller.GPUs > larger.GPUs { // g5.12xlarge has four, g5.16xlarge one
				continue
			}
			for what, v := range map[string][2]float64{
				"network": {smaller.BaselineGbps, larger.BaselineGbps}, "operations": {float64(smaller.EBSBaselineIOPS), float64(larger.EBSBaselineIOPS)},
				"interfaces": {float64(smaller.EFAInterfaces), float64(larger.EFAInterfaces)},
			} {
				if v[0] > 0 && v[1] > 0 && v[0] > v[1] {
					t.Errorf("%s has less than %s: %s %v, %v", larger.Name, smaller.Name, what, v[1], v[0])
				}
			}
		}
	}
}

func TestATypeThatNoTableKnowsHasOnlyWhatTheDataSays(t *testing.T) {
	t.Parallel()
	list, err := ReadTypes(strings.NewReader(`{"instance_type":"m99x.large","generation":"current","arch":["x86_64"],"vCPU":2,"memory":8,"network_performance":"25 Gigabit",` +
		`"ebs_optimized":true,"ebs_baseline_throughput":81.25,"ipv6_support":true,"vpc":{"ips_per_eni":10,"max_enis":3}}`))
	want := Type{Name: "m99x.large", VCPU: 2, MemoryMiB: 8192, Arch: []string{"x86_64"}, Virtualization: []string{"hvm"}, EBSBaselineMbps: 650, EBSOptimized: true,
		ENA: "required", NVMe: true, BootModes: []string{"legacy-bios", "uefi"}, NetworkInterfaces: 3, CardInterfaces: []int{3}, BaselineGbps: 25,
		IPv4PerInterface: 10, IPv6PerInterface: 10, IPv6: true, EBSEncryption: true, RootDevices: []string{"ebs"}, CurrentGeneration: true, Spot: true}
	if err != nil || len(list) != 1 || !reflect.DeepEqual(list[0], want) {
		t.Errorf("%v\n got %+v\nwant %+v", err, list, want)
	}
}
