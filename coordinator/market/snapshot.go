package market

import (
	"fmt"
	"strings"

	"autospotting/pkg/snapshot"
)

// FromSnapshot makes a Catalog of the built-in data for a region's zones
// (names, us-east-1a). The data has one spot price per zone that offers a
// type, in rising order and without names: they are given to the zones in the
// order of the argument, so the first zone is the cheapest and offers the
// most types. Source and Assumptions say so. The error names an unknown region.
func FromSnapshot(region string, zones []string) (Catalog, error) {
	prices := snapshot.Prices(region)
	if prices == nil {
		return Catalog{}, fmt.Errorf("region %q is not in the built-in snapshot of %s: use the live catalog, or one of %s",
			region, snapshot.Date, strings.Join(snapshot.Regions(), ", "))
	}
	if len(zones) == 0 {
		return Catalog{}, fmt.Errorf("catalog of %s: no zones given: name the group's zones, for example %sa", region, region)
	}
	c := FromPrices(prices, zones)
	c.Source, c.AsOf = "snapshot "+snapshot.Date+", zones assumed in order of price", snapshot.AsOf
	return c, nil
}

// FromPrices makes a Catalog of one region's prices in the snapshot's form, and of the types that the snapshot knows.
func FromPrices(prices []snapshot.Price, zones []string) Catalog {
	c := Catalog{Types: map[string]Type{}, Offered: map[Pool]bool{}, SpotUSD: map[Pool]float64{}, OnDemandUSD: map[string]float64{}}
	unpriced := 0
	for _, p := range prices {
		t, ok := snapshot.Lookup(p.Type)
		if !ok {
			continue
		}
		c.Types[p.Type], c.OnDemandUSD[p.Type] = Type(t), p.OnDemandUSD
		c.offer(p, zones)
		if t.Spot && len(p.PerZoneSorted) == 0 {
			unpriced++
		}
	}
	c.Assumptions = snapshotAssumptions(unpriced)
	return c
}

// offer enters a type for as many zones as offered it.
func (c Catalog) offer(p snapshot.Price, zones []string) {
	for i, zone := range zones[:min(len(zones), max(len(p.PerZoneSorted), len(p.ZoneIDs)))] {
		pool := Pool{p.Type, zone}
		c.Offered[pool] = true
		if i < len(p.PerZoneSorted) {
			c.SpotUSD[pool] = p.PerZoneSorted[i]
		}
	}
}

func snapshotAssumptions(unpriced int) []string {
	out := []string{
		"spot prices are of " + snapshot.Date + ", sorted and without zone names: the cheapest is taken for the first zone",
		"ENA, NVMe, boot modes, burstable and bare metal are derived from the type's family, what processor, network and EBS can do from AWS's tables of 2026",
		"virtualization, where the data does not say, is hvm",
	}
	if unpriced > 0 {
		out = append(out, fmt.Sprintf("%d types have no spot price per zone here and are no candidates", unpriced))
	}
	return out
}
