package market_test

import (
	"fmt"

	"autospotting/coordinator/market"
)

// What may stand in for an m5.large in us-east-1a, while the group has one spot instance already?
func Example() {
	pool := func(name string) market.Pool { return market.Pool{Type: name, Zone: "us-east-1a"} }
	catalog := market.Catalog{Types: map[string]market.Type{}, Offered: map[market.Pool]bool{}, SpotUSD: map[market.Pool]float64{},
		OnDemandUSD: map[string]float64{"m5.large": 0.096}}
	for _, t := range []struct {
		name      string
		vcpu, mib int
		arch      string
		spot      float64
	}{
		{"m5.large", 2, 8192, "x86_64", 0.040},
		{"m5a.large", 2, 8192, "x86_64", 0.035},
		{"m6i.large", 2, 8192, "x86_64", 0.038},
		{"m7i.large", 2, 8192, "x86_64", 0.095}, // less than a tenth cheaper than on-demand
		{"c5.large", 2, 4096, "x86_64", 0.030},  // less memory
		{"m6g.large", 2, 8192, "arm64", 0.030},  // another architecture
	} {
		catalog.Types[t.name] = market.Type{Name: t.name, VCPU: t.vcpu, MemoryMiB: t.mib, Arch: []string{t.arch}, Virtualization: []string{market.HVM},
			ENA: market.ENARequired, NVMe: true, BootModes: []string{market.LegacyBIOS, market.UEFI}, CurrentGeneration: true, Spot: true}
		catalog.Offered[pool(t.name)], catalog.SpotUSD[pool(t.name)] = true, t.spot
	}
	need := market.Need{Victim: "m5.large", Zones: []string{"us-east-1a"}, Arch: "x86_64", Virtualization: market.HVM, ENA: market.SupportYes}

	candidates, err := market.Candidates(catalog, need, "us-east-1a", market.Holding{pool("m5a.large"): 1}, nil, 4)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, c := range candidates {
		fmt.Printf("%s: %s\n", c.Type, c.Why())
	}
	for _, name := range []string{"c5.large", "m6g.large"} {
		rule, _ := market.WhyNot(catalog, need, name)
		fmt.Printf("not %s: %s\n", name, rule)
	}
	// Output:
	// m6i.large: 0.0380 USD/h, 60 % below on-demand; holds 0 of 2 in the zone, its type 0 of 2
	// m5.large: 0.0400 USD/h, 58 % below on-demand; holds 0 of 2 in the zone, its type 0 of 2
	// m5a.large: 0.0350 USD/h, 64 % below on-demand; holds 1 of 2 in the zone, its type 1 of 2
	// not c5.large: less memory
	// not m6g.large: other architecture
}
