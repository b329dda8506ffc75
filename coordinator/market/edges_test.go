package market

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"autospotting/pkg/snapshot"
)

// priced is the refusal of one other type at a price, where the original costs 0.100 on demand; empty if it is a candidate.
func priced(t *testing.T, usd float64, n Need) Rule {
	t.Helper()
	c := shelf(map[string]float64{"x.x": usd})
	n.Victim, n.Allow = "o.x", []string{"x.x"}
	list, err := Candidates(c, n, "a", nil, nil, 6)
	var none *NoCandidate
	switch {
	case errors.As(err, &none):
		return none.Rule()
	case err != nil || len(list) != 1:
		t.Fatalf("%v, %v", list, err)
	}
	return ""
}

func TestAPriceIsRefusedAtItsBoundAndNotBelow(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		usd  float64
		need Need
		want Rule
	}{
		{"exactly the margin below on-demand", 0.050, Need{Margin: 0.5}, RulePrice},
		{"a little more than the margin below", 0.0499, Need{Margin: 0.5}, ""},
		{"as dear as on-demand, without a margin", 0.100, Need{Margin: NoMargin}, RulePrice},
		{"dearer than on-demand, without a margin, under a maximum that would allow it", 0.150, Need{Margin: NoMargin, MaxPriceUSD: 0.2}, RulePrice},
		{"exactly the maximum", 0.040, Need{MaxPriceUSD: 0.040}, ""},
		{"above the maximum", 0.0401, Need{MaxPriceUSD: 0.040}, RuleMaxPrice},
		{"a price of nothing is no price", 0, Need{}, RulePriceUnknown},
		{"nor is one below nothing", -0.01, Need{}, RulePriceUnknown},
	} {
		if got := priced(t, c.usd, c.need); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestEachRuleThatEmptiedAListHasItsRemedy(t *testing.T) {
	t.Parallel()
	for rule, says := range map[Rule]string{
		RuleBurstable: "allow burstable types", RuleNVMe: "ENA and NVMe drivers", RuleENA: "ENA and NVMe drivers", RuleDenied: "widen the allow list",
		RuleAvoided: "hold-off", RulePriceUnknown: "refresh the catalog", RuleOnDemandUnknown: "refresh the catalog", RuleMemory: "allow more types, or use an original",
	} {
		e := &NoCandidate{Victim: "o.x", Zone: "a", Refusals: Refusals{ByRule: map[Rule]int{rule: 1}}}
		if text := e.Error(); !strings.Contains(text, string(rule)) || !strings.Contains(text, says) {
			t.Errorf("%q: %s", rule, text)
		}
	}
}

// Several instances of a zone are decided by one Fit: they must not see two markets.
func TestAFitLooksAtAZoneOnce(t *testing.T) {
	t.Parallel()
	c := shelf(three)
	f, err := NewFit(c, Need{Victim: "o.x"})
	if err != nil {
		t.Fatal(err)
	}
	before, err := f.Candidates("a", nil, nil, 6)
	if err != nil {
		t.Fatal(err)
	}
	delete(c.Offered, Pool{"cheap.x", "a"})
	after, err := f.Candidates("a", nil, nil, 6)
	if err != nil || names(after) != names(before) {
		t.Errorf("first %s, then %s, %v", names(before), names(after), err)
	}
}

func TestAskingTwiceCountsNoRefusalTwice(t *testing.T) {
	t.Parallel()
	c := shelf(three)
	clear(c.SpotUSD)
	f, err := NewFit(c, Need{Victim: "o.x"})
	if err != nil {
		t.Fatal(err)
	}
	var first, second *NoCandidate
	_, err = f.Candidates("a", nil, nil, 6)
	_, again := f.Candidates("a", nil, nil, 6)
	if !errors.As(err, &first) || !errors.As(again, &second) || first.Refusals.ByRule[RulePriceUnknown] != 4 || !maps.Equal(first.Refusals.ByRule, second.Refusals.ByRule) || len(f.Refusals.ByRule) != 0 {
		t.Errorf("first %v, then %v; the types themselves: %v", err, again, f.Refusals)
	}
}

func TestRefusalsThatDifferByOneReadLargestFirst(t *testing.T) {
	t.Parallel()
	r := newRefusals()
	var want []string
	for i := range 20 { // so many that the sort meets each pair from both sides, whatever order the map has
		rule := Rule(fmt.Sprintf("rule %02d", i))
		r.ByRule[rule] = i + 1
		want = append([]string{fmt.Sprintf("%d %s", i+1, rule)}, want...)
	}
	if got := r.String(); got != strings.Join(want, ", ") {
		t.Errorf("%s", got)
	}
}

func TestAPoolIsATypeAndAZone(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Pool{"m5.large/us-east-1a": {"m5.large", "us-east-1a"}, "a/b/c": {"a", "b/c"}, "": {}, "m5.large": {}, "/us-east-1a": {}, "m5.large/": {}, "/": {}} {
		var got Pool
		err := got.UnmarshalText([]byte(text))
		if got != want || (err == nil) != (want != Pool{}) || err != nil && !strings.Contains(err.Error(), fmt.Sprintf("pool %q: want type/zone", text)) {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
}

func TestPoolsAreOrderedByTypeAndThenByZone(t *testing.T) {
	t.Parallel()
	order := []Pool{{"a", "x"}, {"a", "z"}, {"b", "a"}, {"b", "y"}}
	for i, a := range order {
		for j, b := range order {
			if got, want := ComparePools(a, b), min(1, max(-1, i-j)); got != want {
				t.Errorf("%v and %v: %d, want %d", a, b, got, want)
			}
		}
	}
}

func TestInstancesOfATypeAreCountedOverAllZones(t *testing.T) {
	t.Parallel()
	h := Holding{{"m5.large", "a"}: 2, {"m5.large", "b"}: 3, {"c5.large", "a"}: 7}
	if n := h.OfType("m5.large"); n != 5 {
		t.Errorf("%d", n)
	}
}

func TestCompatibleTypesAreInOrder(t *testing.T) {
	t.Parallel()
	prices := map[string]float64{}
	for i := range 50 { // so many that a map gives them in order by chance never
		prices[fmt.Sprintf("t%02d.x", i*7%50)] = 0.03
	}
	got, _ := Compatible(shelf(prices), Need{Victim: "o.x"})
	if len(got) != 51 || !slices.IsSorted(got) {
		t.Errorf("%v", got)
	}
}

func TestAnUnknownOriginalIsWhyAndAssumesNothing(t *testing.T) {
	t.Parallel()
	c := pair(original(), original())
	if r, no := WhyNot(c, Need{Victim: "z9.huge"}, "x1.large"); !no || r != RuleUnknownVictim {
		t.Errorf("refused by %q", r)
	}
	names, r := Compatible(c, Need{Victim: "z9.huge"})
	if len(names) != 0 || len(r.ByRule) != 1 || len(r.Assumptions) != 0 {
		t.Errorf("compatible %v, refused %v, assumed %v", names, r.ByRule, r.Assumptions)
	}
}

func TestNothingIsAssumedOfDriversThatTheOriginalProves(t *testing.T) {
	t.Parallel()
	_, r := Compatible(pair(original(), original()), Need{Victim: "o1.large", Arch: "x86_64", Virtualization: HVM})
	if len(r.Assumptions) != 0 {
		t.Errorf("the original requires ENA and NVMe, yet it is assumed: %v", r.Assumptions)
	}
}

func TestATypeIsHeldAgainstWhatIsKnownOfTheOriginal(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name        string
		original, x func(*Type)
		need        Need
		want        Rule
	}{
		{"unknown boot modes of an arm type are read as UEFI", func(o *Type) { o.Arch = []string{"arm64"} }, func(x *Type) { x.BootModes = nil }, Need{BootMode: UEFI}, ""},
		{"and not as BIOS", func(o *Type) { o.Arch = []string{"arm64"} }, func(x *Type) { x.BootModes = nil }, Need{BootMode: LegacyBIOS}, RuleBootMode},
		{"an original of no known architecture fits nothing", func(o *Type) { o.Arch = nil }, func(*Type) {}, Need{}, RuleArch},
		{"one of the current generation, where no other is wanted", func(*Type) {}, func(*Type) {}, Need{CurrentOnly: true}, ""},
		{"an original without GPUs asks for no memory of them", func(o *Type) { o.GPUs, o.GPUMemoryMiB = 0, 16384 }, func(x *Type) { x.GPUs, x.GPUMemoryMiB = 1, 8192 }, Need{}, ""},
		{"as many network interfaces as are needed", func(*Type) {}, func(x *Type) { x.NetworkInterfaces = 3 }, Need{Asks: Asks{NetworkInterfaces: 3}}, ""},
	} {
		o := original()
		c.original(&o)
		x := o
		c.x(&x)
		c.need.Victim = o.Name
		if got, _ := WhyNot(pair(o, x), c.need, "x1.large"); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestWhatTheSnapshotHasNoPriceOfIsCounted(t *testing.T) {
	t.Parallel()
	spotless := ""
	for _, p := range snapshot.Prices("us-east-1") {
		if s, ok := snapshot.Lookup(p.Type); ok && !s.Spot && (spotless == "" || p.Type < spotless) {
			spotless = p.Type
		}
	}
	if spotless == "" {
		t.Fatal("the snapshot has no type that is not sold as spot")
	}
	const says = "have no spot price per zone here"
	for _, c := range []struct {
		name   string
		prices []snapshot.Price
		types  int
		says   string
	}{
		{"one with a price", []snapshot.Price{{Type: "m5.large", PerZoneSorted: []float64{0.03}}}, 1, ""},
		{"one without", []snapshot.Price{{Type: "m5.large"}, {Type: "c5.large", PerZoneSorted: []float64{0.02, 0.03}}}, 2, "1 types " + says},
		{"two without", []snapshot.Price{{Type: "m5.large"}, {Type: "c5.large"}}, 2, "2 types " + says},
		{"one that is not sold as spot needs none", []snapshot.Price{{Type: spotless}}, 1, ""},
		{"one that the snapshot does not know is left out", []snapshot.Price{{Type: "z9.huge"}}, 0, ""},
	} {
		got := FromPrices(c.prices, []string{"a", "b"})
		last := got.Assumptions[len(got.Assumptions)-1]
		if len(got.Types) != c.types || len(got.OnDemandUSD) != c.types || strings.Contains(last, says) != (c.says != "") || !strings.Contains(last, c.says) {
			t.Errorf("%s: %d types, %q", c.name, len(got.Types), last)
		}
	}
}
