package cloudsim

import (
	"fmt"
	"strings"
	"testing"

	"autospotting/pkg/snapshot"
)

// The seeds of every simulation draw from these, in this order.
func TestTheSampleSellsTheSameTypesAtTheSamePrices(t *testing.T) {
	t.Parallel()
	var have []string
	for _, s := range SampleTypes() {
		have = append(have, fmt.Sprintf("%s %s %s %d %g", s.Name, s.Arch, s.Manufacturer, s.EBSMbps, s.OnDemandUSD))
	}
	want := `m5.large x86_64 Intel 650 0.096
m5a.large x86_64 AMD 650 0.086
m4.large x86_64 Intel 450 0.1
m6i.large x86_64 Intel 650 0.096
m6a.large x86_64 AMD 650 0.0864
m5d.large x86_64 Intel 650 0.113
m5n.large x86_64 Intel 650 0.119
c5.large x86_64 Intel 650 0.085
r5.large x86_64 Intel 650 0.126
r5a.large x86_64 AMD 650 0.113
t3.large x86_64 Intel 695 0.0832
m6g.large arm64 AWS 630 0.077
m5.xlarge x86_64 Intel 1150 0.192
m5a.xlarge x86_64 AMD 1085 0.172
c5.xlarge x86_64 Intel 1150 0.17
r5.xlarge x86_64 Intel 1150 0.252`
	if got := strings.Join(have, "\n"); got != want {
		t.Errorf("\n got\n%s\nwant\n%s", got, want)
	}
}

func TestATypeOfTheSnapshotHasItsMakerAndHypervisor(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"m7a.large": "AMD nitro x86_64", "g5.xlarge": "AMD nitro x86_64", "hpc6a.48xlarge": "AMD nitro x86_64", "g4ad.xlarge": "AMD nitro x86_64",
		"a1.large": "AWS nitro arm64", "c8gd.metal-24xl": "AWS  arm64", "mac2.metal": "Apple  arm64_mac", "mac1.metal": "Intel  x86_64_mac",
		"m1.small": "Intel xen x86_64", "i3.metal": "Intel  x86_64", "u7i-12tb.224xlarge": "Intel nitro x86_64", "m7i-flex.large": "Intel nitro x86_64",
	} {
		s, ok := snapshot.Lookup(name)
		spec := FromSnapshot(s, 1)
		if got := spec.Manufacturer + " " + spec.Hypervisor + " " + spec.Arch; !ok || got != want || spec.I386 != (name == "m1.small") {
			t.Errorf("%s: %s, i386 %t; want %s", name, got, spec.I386, want)
		}
	}
}
