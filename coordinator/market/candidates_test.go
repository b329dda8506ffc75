package market

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// shelf is a catalog of equal types named by their price in thousandths of a
// dollar, in zones a, b and c; the original costs 0.100 on demand.
func shelf(prices map[string]float64) Catalog {
	c := Catalog{Types: map[string]Type{}, Offered: map[Pool]bool{}, SpotUSD: map[Pool]float64{}, OnDemandUSD: map[string]float64{"o.x": 0.100}, Source: "test"}
	all := maps.Clone(prices)
	all["o.x"] = 0.099
	for name, price := range all {
		o := modest()
		o.Name = name
		c.Types[name] = o
		for _, zone := range []string{"a", "b", "c"} {
			c.Offered[Pool{name, zone}], c.SpotUSD[Pool{name, zone}] = true, price
		}
	}
	return c
}

func names(list []Candidate) string {
	var out []string
	for _, c := range list {
		out = append(out, c.Type)
	}
	return strings.Join(out, " ")
}

var three = map[string]float64{"cheap.x": 0.030, "middle.x": 0.040, "dear.x": 0.050}

func TestCandidatesSpreadFirstAndThenSave(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		held  Holding
		avoid map[Pool]bool
		need  Need
		size  int
		want  string
	}{
		{name: "an empty group takes the cheapest first", size: 6, want: "cheap.x middle.x dear.x"},
		{name: "a pool at its share is left out", size: 6, held: Holding{{"cheap.x", "a"}: 1}, want: "middle.x dear.x"},
		{name: "the same type in another zone sorts later", size: 6, held: Holding{{"cheap.x", "b"}: 1}, want: "middle.x dear.x cheap.x"},
		{name: "the type held more often elsewhere sorts last", size: 12,
			held: Holding{{"cheap.x", "b"}: 2, {"cheap.x", "c"}: 2, {"middle.x", "b"}: 2}, want: "dear.x middle.x cheap.x"},
		{name: "a type with half of the group is left out", size: 6, held: Holding{{"cheap.x", "b"}: 2, {"cheap.x", "c"}: 1}, want: "middle.x dear.x"},
		{name: "of two wanted in a zone a pool holds one", size: 2, need: Need{Zones: []string{"a"}}, held: Holding{{"cheap.x", "a"}: 1}, want: "middle.x dear.x"},
		{name: "of ten wanted in a zone a pool holds up to five", size: 10, need: Need{Zones: []string{"a"}}, held: Holding{{"cheap.x", "a"}: 4}, want: "middle.x dear.x cheap.x"},
		{name: "in a large group price decides within a quarter of the share", size: 300, held: Holding{{"cheap.x", "a"}: 12, {"middle.x", "a"}: 13}, want: "cheap.x dear.x middle.x"},
		{name: "a type over its share goes before a pool over its share", size: 4, need: Need{Zones: []string{"a", "b"}, Allow: []string{"cheap.x", "middle.x"}},
			held: Holding{{"cheap.x", "a"}: 1, {"middle.x", "b"}: 2}, want: "middle.x"},
		{name: "when nothing else remains, pools over their share return", size: 3, need: Need{Allow: []string{"cheap.x"}}, held: Holding{{"cheap.x", "a"}: 1}, want: "cheap.x"},
		{name: "an avoided pool is left out", size: 6, avoid: map[Pool]bool{{"cheap.x", "a"}: true, {"dear.x", "b"}: true}, want: "middle.x dear.x"},
		{name: "an avoided pool stays out even when the rest is over its share", size: 3, avoid: map[Pool]bool{{"cheap.x", "a"}: true},
			need: Need{Allow: []string{"cheap.x", "middle.x"}}, held: Holding{{"middle.x", "a"}: 1}, want: "middle.x"},
		{name: "a wider margin drops what saves too little", size: 6, need: Need{Margin: 0.55}, want: "cheap.x middle.x"},
		{name: "a maximum price drops what is above", size: 6, need: Need{MaxPriceUSD: 0.040}, want: "cheap.x middle.x"},
		{name: "without margin everything below on-demand serves", size: 6, need: Need{Margin: NoMargin}, want: "cheap.x middle.x dear.x o.x"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.need.Victim = "o.x"
			if tt.need.Zones == nil {
				tt.need.Zones = []string{"a", "b", "c"}
			}
			got, err := Candidates(shelf(three), tt.need, "a", tt.held, tt.avoid, tt.size)
			if err != nil || names(got) != tt.want {
				t.Errorf("got %q, %v; want %q", names(got), err, tt.want)
			}
		})
	}
}

func TestOneOverItsShareSaysSo(t *testing.T) {
	t.Parallel()
	n := Need{Victim: "o.x", Zones: []string{"a", "b"}, Allow: []string{"cheap.x"}}
	got, err := Candidates(shelf(three), n, "a", Holding{{"cheap.x", "a"}: 1}, nil, 2)
	if err != nil || len(got) != 1 || got[0].Crowding.Over != OverPoolShare || !strings.HasSuffix(got[0].Why(), "over the pool's share, nothing else is left") {
		t.Errorf("got %+v, %v", got, err)
	}
	got, err = Candidates(shelf(three), n, "b", Holding{{"cheap.x", "a"}: 1}, nil, 2)
	if err != nil || len(got) != 1 || got[0].Crowding.Over != OverTypeShare || !strings.HasSuffix(got[0].Why(), "over the type's share, nothing else is left") {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestACandidateSaysItsPriceAndItsBid(t *testing.T) {
	t.Parallel()
	n := Need{Victim: "o.x", Zones: []string{"a", "b", "c"}}
	got, err := Candidates(shelf(three), n, "b", nil, nil, 6)
	const why = "0.0300 USD/h, 70 % below on-demand; holds 0 of 1 in the zone, its type 0 of 3"
	if err != nil || got[0].Pool != (Pool{"cheap.x", "b"}) || got[0].SpotUSD != 0.030 || got[0].MaxUSD != 0.100 || got[0].Why() != why {
		t.Errorf("got %+v (%s), %v", got, got[0].Why(), err)
	}
	n.MaxPriceUSD = 0.08
	if got, _ = Candidates(shelf(three), n, "b", nil, nil, 6); got[0].MaxUSD != 0.08 {
		t.Errorf("bid %v, want the maximum price 0.08", got[0].MaxUSD)
	}
}

func TestAnEmptyListNamesTheRuleThatEmptiedIt(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(*Catalog, *Need)
		avoid  map[Pool]bool
		want   Rule
		says   string
	}{
		{name: "denied", change: func(_ *Catalog, n *Need) { n.Allow = []string{"m5.*"} }, want: RuleDenied, says: "widen the allow list"},
		{name: "not offered in this zone", change: func(c *Catalog, _ *Need) {
			maps.DeleteFunc(c.Offered, func(p Pool, _ bool) bool { return p.Zone == "a" })
		}, want: RuleOffered, says: "in a"},
		{name: "prices unknown", change: func(c *Catalog, _ *Need) { clear(c.SpotUSD) }, want: RulePriceUnknown, says: "refresh the catalog"},
		{name: "on-demand price unknown", change: func(c *Catalog, _ *Need) { clear(c.OnDemandUSD) }, want: RuleOnDemandUnknown, says: "refresh the catalog"},
		{name: "not cheaper by the margin", change: func(_ *Catalog, n *Need) { n.Margin = 0.75 }, want: RulePrice, says: "below 0.0250 USD/h, on-demand 0.1000 less 75 %"},
		{name: "above the maximum price", change: func(_ *Catalog, n *Need) { n.MaxPriceUSD, n.Margin = 0.01, NoMargin }, want: RuleMaxPrice, says: "0.0100 USD/h: raise it"},
		{name: "all avoided", change: func(_ *Catalog, n *Need) { n.Deny = []string{"o.x"} },
			avoid: map[Pool]bool{{"cheap.x", "a"}: true, {"middle.x", "a"}: true, {"dear.x", "a"}: true}, want: RuleAvoided, says: "hold-off"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, n := shelf(three), Need{Victim: "o.x", Zones: []string{"a", "b", "c"}}
			tt.change(&c, &n)
			got, err := Candidates(c, n, "a", nil, tt.avoid, 6)
			var none *NoCandidate
			if !errors.As(err, &none) || len(got) != 0 {
				t.Fatalf("got %v, %v; want *NoCandidate", got, err)
			}
			if none.Rule() != tt.want || !strings.Contains(err.Error(), tt.says) || !strings.Contains(err.Error(), "o.x") {
				t.Errorf("rule %q, want %q; error %q should say %q", none.Rule(), tt.want, err, tt.says)
			}
		})
	}
}

func TestANeedThatCannotBeMeantIsAnError(t *testing.T) {
	t.Parallel()
	for name, n := range map[string]Need{
		`"z9.huge" is not among`:     {Victim: "z9.huge"},
		"margin 1":                   {Victim: "o.x", Margin: 1},
		"margin -0.5":                {Victim: "o.x", Margin: -0.5},
		"-1 USD per hour":            {Victim: "o.x", MaxPriceUSD: -1},
		`pattern "[m" is malformed`:  {Victim: "o.x", Allow: []string{"[m"}},
		`pattern "m\\" is malformed`: {Victim: "o.x", Deny: []string{`m\`}},
	} {
		if _, err := Candidates(shelf(three), n, "a", nil, nil, 1); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("got %v, want %s", err, name)
		}
	}
}

func TestPoolsAreKeysOfJSON(t *testing.T) {
	t.Parallel()
	held := Holding{{"m5.large", "us-east-1a"}: 2}
	text, err := json.Marshal(held)
	if err != nil || string(text) != `{"m5.large/us-east-1a":2}` {
		t.Fatalf("%s, %v", text, err)
	}
	var back Holding
	if err := json.Unmarshal(text, &back); err != nil || !maps.Equal(back, held) {
		t.Errorf("read back %v, %v", back, err)
	}
	if err := json.Unmarshal([]byte(`{"m5.large":2}`), &back); err == nil {
		t.Error("a pool without zone is accepted")
	}
}

func TestAPoolIsLeftOutByItselfByItsTypeItsZoneOrItsClass(t *testing.T) {
	t.Parallel()
	p := Pool{"m5.large", "a"}
	for _, c := range []struct {
		by   Pool
		want bool
	}{{p, true}, {Pool{"m5.large", Any}, true}, {Pool{Any, "a"}, true}, {OfClass(Standard), true}, {Pool{"m5.large", "b"}, false},
		{Pool{"m5a.large", Any}, false}, {Pool{Any, "b"}, false}, {OfClass(ClassG), false}} {
		if got := (Shunned{c.by: true}).Has(p); got != c.want {
			t.Errorf("by %s: %t", c.by, got)
		}
		var read Pool
		if text, _ := c.by.MarshalText(); read.UnmarshalText(text) != nil || read != c.by {
			t.Errorf("%s is read back as %s", c.by, read)
		}
	}
	if Shunned(nil).Has(p) {
		t.Error("left out by nothing")
	}
}

func TestEqualPricesAreOrderedByName(t *testing.T) {
	t.Parallel()
	prices := map[string]float64{}
	for i := range 100 { // enough, and mixed enough, for an unstable sort to show
		prices[fmt.Sprintf("t%02d.x", i)] = []float64{0.03, 0.02, 0.04}[i*i%3]
	}
	got, err := Candidates(shelf(prices), Need{Victim: "o.x"}, "a", nil, nil, 1)
	ordered := slices.IsSortedFunc(got, func(a, b Candidate) int {
		return cmp.Or(cmp.Compare(a.SpotUSD, b.SpotUSD), ComparePools(a.Pool, b.Pool))
	})
	if err != nil || len(got) != len(prices) || !ordered {
		t.Errorf("got %q, %v", names(got), err)
	}
}
