package act

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/pricing"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/market"
)

// priceList answers for one type and keeps what it was asked.
type priceList struct {
	asked []map[string]string
	fails bool
}

func (p *priceList) GetProducts(_ context.Context, in *pricing.GetProductsInput, _ ...func(*pricing.Options)) (*pricing.GetProductsOutput, error) {
	q := map[string]string{}
	for _, f := range in.Filters {
		q[aws.ToString(f.Field)] = aws.ToString(f.Value)
	}
	p.asked = append(p.asked, q)
	if p.fails {
		return nil, errors.New("no route to host")
	}
	return &pricing.GetProductsOutput{PriceList: []string{
		`{"product":{"attributes":{"instanceType":"m5.large"}},"terms":{"OnDemand":{"A.B":{"priceDimensions":{"A.B.C":{"unit":"Hrs","pricePerUnit":{"USD":"0.0000000000"}}}}}}}`,
		`{"product":{"attributes":{"instanceType":"m5.large"}},"terms":{"OnDemand":{"A.B":{"priceDimensions":{"A.B.C":{"unit":"Hrs","pricePerUnit":{"USD":"0.1880000000"}}}}}}}`,
	}}, nil
}

func TestOnDemandPricesOfTheGroupsTypesAreReadLiveOnceADay(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	list := &priceList{}
	a := New(Config{Region: "us-east-1", Pricing: list, Now: func() time.Time { return now }})
	w := decide.World{Instances: []decide.Instance{{ID: "i-1", Type: "m5.large", Member: true, Product: "Windows"}, {ID: "i-2", Type: "m5a.large", Member: true, Spot: true, Product: "Windows"}}}
	for range 3 {
		var c market.Catalog
		a.priceOnDemand(t.Context(), &c, productOf(w.Instances), w)
		if c.OnDemandUSD["m5.large"] != 0.188 || len(c.OnDemandUSD) != 1 || len(c.Assumptions) != 0 {
			t.Fatalf("got %+v", c)
		}
	}
	if len(list.asked) != 1 || list.asked[0]["operatingSystem"] != "Windows" || list.asked[0]["regionCode"] != "us-east-1" || list.asked[0]["tenancy"] != "Shared" {
		t.Errorf("asked %v", list.asked)
	}
	now = now.Add(25 * time.Hour)
	var c market.Catalog
	a.priceOnDemand(t.Context(), &c, "Windows", w)
	if len(list.asked) != 2 {
		t.Error("a price of yesterday is not read again")
	}
}

func TestWhereThePricingAPIIsSilentTheBuiltInPriceServesAndIsNamed(t *testing.T) {
	t.Parallel()
	a := New(Config{Region: "us-east-1", Pricing: &priceList{fails: true}})
	w := decide.World{Instances: []decide.Instance{{ID: "i-1", Type: "m5.large", Member: true}}}
	var c market.Catalog
	a.priceOnDemand(t.Context(), &c, linux, w)
	if c.OnDemandUSD["m5.large"] != 0.096 || len(c.Assumptions) != 1 || !strings.Contains(c.Assumptions[0], "built-in") {
		t.Errorf("got %v, %v", c.OnDemandUSD["m5.large"], c.Assumptions)
	}
	a.priceOnDemand(t.Context(), &c, "Windows", w)
	if len(c.OnDemandUSD) != 0 {
		t.Error("a Windows price was guessed from Linux")
	}
}

// The built-in prices are shared by all catalogs: what is read live for one is in that one alone.
func TestALivePriceIsInTheCatalogOfItsGroupAlone(t *testing.T) {
	t.Parallel()
	list := &priceList{}
	a := New(Config{Region: "us-east-1", Pricing: list})
	of := func(name string) (c market.Catalog) {
		a.priceOnDemand(t.Context(), &c, linux, decide.World{Instances: []decide.Instance{{ID: "i-1", Type: name, Member: true}}})
		return c
	}
	first, other := of("m5.large"), of("c5.large")
	for _, c := range []struct {
		name      string
		got, want float64
	}{
		{"read live", first.OnDemandUSD["m5.large"], 0.188},
		{"built in beside it", first.OnDemandUSD["m5a.large"], 0.086},
		{"of another group built in", other.OnDemandUSD["m5.large"], 0.096},
		{"of another group read live", other.OnDemandUSD["c5.large"], 0.188},
		{"of the first as before", first.OnDemandUSD["c5.large"], 0.085},
	} {
		if c.got != c.want {
			t.Errorf("%s: %v, want %v", c.name, c.got, c.want)
		}
	}
}

func TestTheBuiltInPricesAreThoseOfTheActorsOwnRegion(t *testing.T) {
	t.Parallel()
	w := decide.World{Instances: []decide.Instance{{ID: "i-1", Type: "m5.large", Member: true}}}
	for range 2 {
		for region, want := range map[string]float64{"us-east-1": 0.096, "eu-central-1": 0.115, "nowhere-1": 0} {
			var c market.Catalog
			New(Config{Region: region}).priceOnDemand(t.Context(), &c, linux, w)
			if got := c.OnDemandUSD["m5.large"]; got != want {
				t.Errorf("%s: %v, want %v", region, got, want)
			}
		}
	}
}
