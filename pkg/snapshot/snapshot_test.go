package snapshot

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestEveryRowIsReadAndSorted(t *testing.T) {
	t.Parallel()
	types := Types()
	if len(types) != 929 {
		t.Errorf("%d types, want 929", len(types))
	}
	if !slices.IsSortedFunc(types, func(a, b Type) int { return strings.Compare(a.Name, b.Name) }) {
		t.Error("types are not sorted by name")
	}
	rows := 0
	for _, region := range Regions() {
		prices := Prices(region)
		rows += len(prices)
		if !slices.IsSortedFunc(prices, func(a, b Price) int { return strings.Compare(a.Type, b.Type) }) {
			t.Errorf("prices of %s are not sorted by type", region)
		}
	}
	if rows != 16615 {
		t.Errorf("%d price rows, want 16615", rows)
	}
}

func TestEveryRowIsPlausible(t *testing.T) {
	t.Parallel()
	for _, ty := range Types() {
		if ty.VCPU < 1 || ty.MemoryMiB < 256 || len(ty.Arch) == 0 || ty.ENA == "" || len(ty.BootModes) == 0 {
			t.Errorf("implausible type %+v", ty)
		}
		if (ty.StorageDisks == 0) != (ty.StorageKind == "") || (ty.GPUs == 0) != (ty.GPUModel == "") || (ty.Accelerators == 0) != (ty.AcceleratorModel == "") {
			t.Errorf("half-filled type %+v", ty)
		}
	}
	for _, region := range Regions() {
		for _, p := range Prices(region) {
			if _, ok := Lookup(p.Type); !ok || p.OnDemandUSD <= 0 || !slices.IsSorted(p.PerZoneSorted) {
				t.Errorf("%s: implausible price %+v", region, p)
			}
			if n := len(p.PerZoneSorted); n > 0 && (p.PerZoneSorted[0] != p.SpotMinUSD || p.PerZoneSorted[n-1] != p.SpotMaxUSD) {
				t.Errorf("%s: prices per zone of %s do not span minimum to maximum", region, p.Type)
			}
		}
	}
}

func TestKnownTypesReadAsAWSDescribesThem(t *testing.T) {
	t.Parallel()
	both, bios, uefi := []string{"legacy-bios", "uefi"}, []string{"legacy-bios"}, []string{"uefi"}
	x86, hvm, ebs := []string{"x86_64"}, []string{"hvm"}, []string{"ebs"}
	for _, want := range []Type{
		{Name: "m5d.large", VCPU: 2, MemoryMiB: 8192, Arch: x86, Virtualization: hvm, StorageDisks: 1, StorageGB: 75, StorageKind: "nvme",
			EBSBaselineMbps: 650, EBSOptimized: true, ENA: "required", NVMe: true, BootModes: both, NetworkInterfaces: 3,
			Cores: 1, ThreadsPerCore: 2, ValidCores: []int{1}, ValidThreads: []int{1, 2}, Hibernation: true, TPM: true,
			CardInterfaces: []int{3}, BaselineGbps: 0.75, IPv4PerInterface: 10, IPv6PerInterface: 10, IPv6: true,
			EBSAttachments: 26, EBSShared: true, EBSBaselineIOPS: 3600, EBSEncryption: true, RootDevices: ebs, CurrentGeneration: true, Spot: true},
		{Name: "m1.small", VCPU: 1, MemoryMiB: 1741, Arch: []string{"i386", "x86_64"}, Virtualization: []string{"paravirtual"}, StorageDisks: 1, StorageGB: 160,
			StorageKind: "hdd", ENA: "unsupported", BootModes: bios, NetworkInterfaces: 2, Cores: 1, ThreadsPerCore: 1, CardInterfaces: []int{2}, BaselineGbps: 0.3,
			IPv4PerInterface: 4, EBSAttachments: 39, EBSShared: true, EBSEncryption: true, RootDevices: []string{"ebs", "instance-store"}, Spot: true},
		{Name: "t4g.micro", VCPU: 2, MemoryMiB: 1024, Arch: []string{"arm64"}, Virtualization: hvm, EBSBaselineMbps: 87, EBSOptimized: true, ENA: "required", NVMe: true,
			BootModes: uefi, NetworkInterfaces: 2, Cores: 2, ThreadsPerCore: 1, ValidCores: []int{1, 2}, ValidThreads: []int{1}, Hibernation: true, TPM: true,
			CardInterfaces: []int{2}, BaselineGbps: 0.064, IPv4PerInterface: 2, IPv6PerInterface: 2, IPv6: true,
			EBSAttachments: 27, EBSShared: true, EBSBaselineIOPS: 500, EBSEncryption: true, RootDevices: ebs, Burstable: true, CurrentGeneration: true, Spot: true},
		{Name: "g4ad.xlarge", VCPU: 4, MemoryMiB: 16384, Arch: x86, Virtualization: hvm, GPUs: 1, GPUModel: "AMD Radeon Pro V520", StorageDisks: 1, StorageGB: 150, StorageKind: "nvme",
			EBSBaselineMbps: 400, EBSOptimized: true, ENA: "required", NVMe: true, BootModes: bios, NetworkInterfaces: 2,
			Cores: 2, ThreadsPerCore: 2, ValidCores: []int{2}, ValidThreads: []int{1, 2}, CardInterfaces: []int{2}, BaselineGbps: 2, IPv4PerInterface: 4, IPv6PerInterface: 4, IPv6: true,
			EBSAttachments: 25, EBSShared: true, EBSBaselineIOPS: 1700, EBSEncryption: true, RootDevices: ebs, CurrentGeneration: true, Spot: true},
		{Name: "inf1.xlarge", VCPU: 4, MemoryMiB: 8192, Arch: x86, Virtualization: hvm, Accelerators: 1, AcceleratorModel: "AWS Inferentia", EBSBaselineMbps: 1190, EBSOptimized: true,
			ENA: "required", NVMe: true, BootModes: both, NetworkInterfaces: 4, Cores: 2, ThreadsPerCore: 2, ValidCores: []int{2}, ValidThreads: []int{1, 2}, Enclaves: true, TPM: true,
			CardInterfaces: []int{4}, BaselineGbps: 5, IPv4PerInterface: 10, IPv6PerInterface: 10, IPv6: true,
			EBSAttachments: 26, EBSShared: true, EBSBaselineIOPS: 4000, EBSEncryption: true, RootDevices: ebs, CurrentGeneration: true, Spot: true},
	} {
		got, ok := Lookup(want.Name)
		if !ok || !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\n got %+v\nwant %+v", want.Name, got, want)
		}
	}
}

func TestMacAndUnsoldTypesHaveNoSpot(t *testing.T) {
	t.Parallel()
	for _, ty := range Types() {
		if strings.HasPrefix(ty.Name, "mac") && ty.Spot {
			t.Errorf("%s is sold on dedicated hosts only, yet reads as spot", ty.Name)
		}
	}
}

func TestDerivedFactsFollowTheHypervisor(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]struct {
		ena  string
		nvme bool
	}{
		"m4.large": {"unsupported", false}, "m4.16xlarge": {"supported", false}, "i3.large": {"supported", false},
		"i3.metal": {"required", true}, "p3.2xlarge": {"supported", false}, "p3dn.24xlarge": {"required", true}, "m7i-flex.large": {"required", true},
	} {
		if got, ok := Lookup(name); !ok || got.ENA != want.ena || got.NVMe != want.nvme {
			t.Errorf("%s: ENA %q, NVMe %v; want %q, %v", name, got.ENA, got.NVMe, want.ena, want.nvme)
		}
	}
}

func TestAKnownPriceIsReadWhole(t *testing.T) {
	t.Parallel()
	prices := Prices("us-east-1")
	i := slices.IndexFunc(prices, func(p Price) bool { return p.Type == "m5.large" })
	want := Price{Type: "m5.large", OnDemandUSD: 0.096, SpotAvgUSD: 0.03168, SpotMinUSD: 0.0315, SpotMaxUSD: 0.0383,
		PerZoneSorted: []float64{0.0315, 0.0323, 0.0324, 0.036, 0.0383}, InterruptBucket: "10-15%",
		ZoneIDs: []string{"use1-az1", "use1-az2", "use1-az4", "use1-az5", "use1-az6"}}
	if i < 0 || !reflect.DeepEqual(prices[i], want) {
		t.Errorf("m5.large in us-east-1:\n got %+v\nwant %+v", prices[i], want)
	}
	if Prices("moon-1") != nil {
		t.Error("an unknown region has prices")
	}
}

func TestBrokenDataIsNamedByItsPlace(t *testing.T) {
	t.Parallel()
	if _, err := price([]string{"m5.large", "us-east-1", "x", "", "", "", "", "", ""}); err == nil || !strings.Contains(err.Error(), `"x"`) {
		t.Errorf("a price that is no number: %v", err)
	}
	if _, err := price([]string{"m5.large"}); err == nil {
		t.Error("a short record is accepted")
	}
}
