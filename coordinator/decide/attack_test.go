package decide

import (
	"slices"
	"testing"
	"time"

	"autospotting/coordinator/ledger"
	"autospotting/coordinator/market"
)

// What several members use together, or larger ones of before the template changed, is more than any one of a type can have. Its own type runs
// it evidently, and stays.
func TestWhatMembersUseNeverShutsOutAMembersOwnType(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		uses ledger.Uses
	}{
		{"volumes of one and interfaces of another", ledger.Uses{Interfaces: 3, Volumes: 27}},
		{"interfaces of a larger type", ledger.Uses{Interfaces: 8}},
		{"addresses of a larger type", ledger.Uses{IPv4: 30, IPv6: 30}},
		{"volumes of a type that takes more", ledger.Uses{Volumes: 40}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := web()
			x := w.Catalog.Types["m5.large"]
			x.NetworkInterfaces, x.IPv4PerInterface, x.IPv6PerInterface, x.IPv6, x.EBSAttachments, x.EBSShared = 3, 10, 10, true, 27, true
			w.Catalog.Types["m5.large"] = x
			w.at("i-oda").Uses = c.uses
			if rule, no := market.WhyNot(w.Catalog, Need(w, "m5.large"), "m5.large"); no {
				t.Errorf("its own type is refused: %s", rule)
			}
			w.Record.Uses = c.uses
			w.Record.Uses.Of, w.at("i-oda").Uses = w.Template.Hash, ledger.Uses{}
			if rule, no := market.WhyNot(w.Catalog, Need(w, "m5.large"), "m5.large"); no {
				t.Errorf("its own type is refused for what is written down: %s", rule)
			}
		})
	}
}

// A quota that was read an hour ago may be smaller than the one that there is. Members run on their own type, so that it is asked for.
func TestAQuotaThatIsOutOfDateDoesNotShutOutAMembersOwnTypeOnDemand(t *testing.T) {
	t.Parallel()
	w := web()
	w.Catalog.OnDemandVCPU = map[market.Class]int{market.Standard: 1}
	if list := newRun(w).onDemandOverrides("m5.large", []string{"a", "b", "c"}); len(list) == 0 || list[0].Type != "m5.large" {
		t.Errorf("asked for is %v", list)
	}
}

// Where on-demand is short everywhere, one request after another fails. That must not climb to types of a hundred times the price.
func TestAShortageOnDemandDoesNotClimbToWhatCostsAFortune(t *testing.T) {
	t.Parallel()
	w := web()
	for i, usd := range []float64{0.2, 1, 5, 32} {
		x := w.Catalog.Types["m5.large"]
		x.Name = []string{"m5.xlarge", "g4dn.4xlarge", "p3.4xlarge", "p4d.24xlarge"}[i]
		w.Catalog.Types[x.Name], w.Catalog.OnDemandUSD[x.Name] = x, usd
		for _, z := range []string{"a", "b", "c"} {
			w.Catalog.Offered[market.Pool{Type: x.Name, Zone: z}] = true
		}
	}
	w.Record.Pools = map[string]ledger.PoolMark{}
	var asked []string
	for range 10 {
		list := newRun(w).onDemandOverrides("m5.large", []string{"a", "b", "c"})
		if len(list) == 0 {
			t.Fatalf("nothing is asked for after %v", asked)
		}
		for _, o := range list {
			if !slices.Contains(asked, o.Type) {
				asked = append(asked, o.Type)
			}
			w.Record.Pools[MarkKey(market.Pool{Type: o.Type, Zone: o.Zone}, false)] = ledger.PoolMark{Until: w.Now.Add(time.Hour), Failures: 1, Why: "InsufficientInstanceCapacity"}
		}
	}
	for _, typ := range asked {
		if w.Catalog.OnDemandUSD[typ] > 1 {
			t.Errorf("%s for %v USD an hour is asked for in the place of one for %v", typ, w.Catalog.OnDemandUSD[typ], w.Catalog.OnDemandUSD["m5.large"])
		}
	}
}

// Prefixes of addresses, as the CNI of EKS takes them, can be had on Nitro instances alone (EC2 user guide, "Assign prefixes").
func TestMembersWithPrefixesAreReplacedByNitroTypes(t *testing.T) {
	t.Parallel()
	w := web()
	x := w.Catalog.Types["m5a.large"]
	x.NVMe = false
	w.Catalog.Types["m5a.large"] = x
	if got := offered(Decide(w)); !slices.Contains(got, "m5a.large") {
		t.Fatalf("without prefixes %v are offered", got)
	}
	w.at("i-oda").Uses = ledger.Uses{Prefixes: true}
	p := Decide(w)
	if got := offered(p); slices.Contains(got, "m5a.large") || len(got) == 0 || !p.Record.Uses.Prefixes {
		t.Errorf("with prefixes %v are offered, and written down is %+v", got, p.Record.Uses)
	}
	for name, x := range w.Catalog.Types {
		x.NVMe = false
		w.Catalog.Types[name] = x
	}
	if rule, no := market.WhyNot(w.Catalog, Need(w, "m5.large"), "m5.large"); no {
		t.Errorf("a type is not offered in its own place: %s", rule)
	}
}
