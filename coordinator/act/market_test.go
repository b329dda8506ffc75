package act

import (
	"context"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/market"
)

// zoned is a world of one on-demand member in two zones.
func zoned() decide.World {
	return decide.World{Group: decide.Group{Subnets: map[string]string{"us-east-1b": "subnet-b", "us-east-1a": "subnet-a"}},
		Instances: []decide.Instance{{ID: "i-1", Type: "m5.large", Member: true, Product: "Windows"}}}
}

// sold is the market as the actor reads it for that world, which says what is missing.
func sold(t *testing.T, a *Actor, w decide.World) (market.Catalog, decide.World) {
	t.Helper()
	a.catalog(t.Context(), &w, func() Copy { return Copy{} })
	return w.Catalog, w
}

func TestTheMarketIsReadForTheGroupsZonesAndProduct(t *testing.T) {
	t.Parallel()
	acc := web()
	acc.products = []string{priced(`"USD":"0.19"`)}
	old, unreadable := acc.prices[0], acc.prices[0]
	old.SpotPrice, old.Timestamp = aws.String("0.9"), aws.Time(noon.Add(-time.Hour))
	unreadable.SpotPrice, unreadable.Timestamp = aws.String("much"), aws.Time(noon.Add(time.Hour))
	later := acc.prices[0] // of two of the same moment the one that is told last
	later.SpotPrice = aws.String("0.031")
	acc.prices = append(acc.prices, unreadable, later, old)
	c, read := sold(t, acc.actor(), zoned())
	a, b := market.Pool{Type: "m5.large", Zone: "us-east-1a"}, market.Pool{Type: "m5a.large", Zone: "us-east-1b"}
	for _, one := range []struct {
		name      string
		got, want any
	}{
		{"what is missing", len(read.Missing), 0},
		{"types", []string{c.Types["m5.large"].Name, c.Types["m5a.large"].Name}, []string{"m5.large", "m5a.large"}},
		{"where they are offered", c.Offered, map[market.Pool]bool{a: true, b: true}},
		{"the newest price that can be read", c.SpotUSD, map[market.Pool]float64{a: 0.031, b: 0.02}},
		{"on-demand", c.OnDemandUSD, map[string]float64{"m5.large": 0.19}},
		{"source", c.Source, "types and spot prices of Windows live"},
	} {
		if !reflect.DeepEqual(one.got, one.want) {
			t.Errorf("%s: %v, want %v", one.name, one.got, one.want)
		}
	}
	zones := []string{"us-east-1a", "us-east-1b"}
	offers, prices := inputs[ec2.DescribeInstanceTypeOfferingsInput](acc)[0], inputs[ec2.DescribeSpotPriceHistoryInput](acc)[0]
	if offers.LocationType != types.LocationTypeAvailabilityZone || *offers.Filters[0].Name != "location" || !reflect.DeepEqual(offers.Filters[0].Values, zones) {
		t.Errorf("asked for offerings %+v", offers)
	}
	if !prices.StartTime.Equal(noon) || !prices.EndTime.Equal(noon) || prices.ProductDescriptions[0] != "Windows" || *prices.Filters[0].Name != "availability-zone" || !reflect.DeepEqual(prices.Filters[0].Values, zones) {
		t.Errorf("asked for prices %+v", prices)
	}
}

func TestWhereTheMarketIsSilentWhatWasReadServesOn(t *testing.T) {
	t.Parallel()
	for _, call := range []string{"ec2.DescribeInstanceTypes", "ec2.DescribeInstanceTypeOfferings", "ec2.DescribeSpotPriceHistory"} {
		acc := web()
		actor := acc.actor()
		first, w := sold(t, actor, zoned())
		if len(w.Missing) > 0 {
			t.Fatal(w.Missing)
		}
		acc.now = noon.Add(copyFor - time.Second)
		acc.failing(call, errLost)
		if second, w := sold(t, actor, zoned()); w.Unpriced != "" || len(second.Types) != 2 || !reflect.DeepEqual(second.SpotUSD, first.SpotUSD) || len(w.Missing) != 1 || !w.Missing[0].CopyOf.Equal(noon) {
			t.Errorf("%s: %v, %+v", call, w.Missing, second)
		}
		acc.now = noon.Add(copyFor)
		if _, w := sold(t, actor, zoned()); w.Unpriced == "" || len(w.Missing) != 1 || !w.Missing[0].CopyOf.IsZero() {
			t.Errorf("%s: %+v: after six hours it is too old", call, w.Missing)
		}
		other := zoned()
		other.Group.Subnets = map[string]string{"us-east-1c": "subnet-c"} // of which nothing was read
		if _, w := sold(t, actor, other); w.Unpriced == "" {
			t.Errorf("%s: prices of other zones are no prices", call)
		}
		acc.now, acc.fails, acc.prices[0].SpotPrice = noon.Add(48*time.Hour), nil, aws.String("0.5")
		acc.sold = acc.sold[:1]
		if third, w := sold(t, actor, zoned()); w.Unpriced != "" || third.SpotUSD[market.Pool{Type: "m5.large", Zone: "us-east-1a"}] != 0.5 || len(third.Types) != 1 {
			t.Errorf("%s: once it answers again: %v, %v, %v", call, w.Missing, third.SpotUSD, third.Types)
		}
	}
}

// Several groups are looked at at once: one reads the market, the others wait for what it read.
func TestTheMarketIsReadOnceForMany(t *testing.T) {
	t.Parallel()
	acc := web()
	actor := acc.actor()
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			if _, w := sold(t, actor, zoned()); len(w.Missing) > 0 {
				t.Error(w.Missing)
			}
		})
	}
	all.Wait()
	if n := acc.calls("ec2.DescribeInstanceTypes"); n != len(acc.sold) {
		t.Errorf("%d pages of types were read, and there are %d", n, len(acc.sold))
	}
}

func TestTheGroupsProductIsThatOfItsOldestOnDemandMember(t *testing.T) {
	t.Parallel()
	one := func(id, product string, age time.Duration, spot, member bool) decide.Instance {
		return decide.Instance{ID: id, Product: product, Launched: noon.Add(-age), Spot: spot, Member: member}
	}
	for _, c := range []struct {
		name string
		list []decide.Instance
		want string
	}{
		{"the older", []decide.Instance{one("i-1", "A", 1, false, true), one("i-2", "B", 2, false, true)}, "B"},
		{"the older, told first", []decide.Instance{one("i-1", "A", 2, false, true), one("i-2", "B", 1, false, true)}, "A"},
		{"of the same age the first", []decide.Instance{one("i-1", "A", 1, false, true), one("i-2", "B", 1, false, true)}, "A"},
		{"on-demand before older spot", []decide.Instance{one("i-1", "A", 9, true, true), one("i-2", "B", 1, false, true)}, "B"},
		{"nor does older spot come after it", []decide.Instance{one("i-1", "A", 1, false, true), one("i-2", "B", 9, true, true)}, "A"},
		{"where there is only spot, the older of it", []decide.Instance{one("i-1", "A", 1, true, true), one("i-2", "B", 2, true, true)}, "B"},
		{"the older of it, told first", []decide.Instance{one("i-1", "A", 2, true, true), one("i-2", "B", 1, true, true)}, "A"},
		{"no member counts for nothing", []decide.Instance{one("i-1", "A", 9, false, false), one("i-2", "B", 1, false, true)}, "B"},
		{"nor what EC2 does not show", []decide.Instance{one("i-1", "", 9, false, true), one("i-2", "B", 1, false, true)}, "B"},
		{"nobody runs Linux", nil, "Linux/UNIX"},
	} {
		if got := productOf(c.list); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// priced is one of the Pricing API's texts, with these prices per unit.
func priced(perUnit string) string {
	return `{"terms":{"OnDemand":{"A.B":{"priceDimensions":{"A.B.C":{"unit":"Hrs","pricePerUnit":{` + perUnit + `}}}}}}}`
}

func TestAnHourlyPriceIsReadOutOfWhatThePricingAPISays(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text string
		want       float64
	}{
		{"dollars", priced(`"USD":"0.1880000000"`), 0.188},
		{"China's", priced(`"CNY":"0.7"`), 0.7},
		{"dollars that are free, and China's", priced(`"USD":"0.0000000000","CNY":"0.7"`), 0.7},
		{"no number", priced(`"USD":"much"`), 0},
		{"more than a number holds", priced(`"USD":"1e999"`), 0},
		{"less than nothing", priced(`"USD":"-1"`), 0},
		{"another unit", strings.Replace(priced(`"USD":"0.188"`), "Hrs", "Quantity", 1), 0},
		{"no text of theirs", `{"terms":`, 0},
		{"not as it is documented", priced(`"USD":"0.188","EUR":3`), 0},
	} {
		if got := hourly(c.text); got != c.want {
			t.Errorf("%s: %g, want %g", c.name, got, c.want)
		}
	}
}

func TestOnlyTypesThatASwapIsMeasuredByArePriced(t *testing.T) {
	t.Parallel()
	acc := web()
	acc.products = []string{priced(`"USD":"0"`)}
	w := decide.World{Template: decide.Template{Type: "c5.large"}, Instances: []decide.Instance{{Type: "m5.large", Member: true}, {Type: "r5.large"}, {Type: "x.new", Member: true}, {Type: "t3.large", Member: true, Spot: true}}}
	var c market.Catalog
	acc.actor().priceOnDemand(t.Context(), &c, linux, w)
	if n := acc.calls("pricing.GetProducts"); n != 3 || c.OnDemandUSD["m5.large"] != 0.096 || c.OnDemandUSD["c5.large"] != 0.085 {
		t.Errorf("asked %d times, for the template's type and the two of on-demand members: %v", n, c.OnDemandUSD["m5.large"])
	}
	if _, guessed := c.OnDemandUSD["x.new"]; guessed {
		t.Error("a price that nobody knows was guessed")
	}
	if len(c.Assumptions) != 1 || !strings.Contains(c.Assumptions[0], "of c5.large, m5.large is") || !strings.Contains(c.Source, "on-demand prices of ") {
		t.Errorf("%q, %q", c.Source, c.Assumptions)
	}
	ctx := acc.asked[0].ctx
	if until, ok := ctx.Deadline(); !ok || time.Until(until) > pricingPatience || ctx.Err() != context.Canceled {
		t.Errorf("may take until %s, and after the call %v", until, ctx.Err())
	}
	acc = web()
	acc.actor().priceOnDemand(t.Context(), &c, "Fedora", w)
	if n := acc.calls("pricing.GetProducts"); n != 0 || len(c.OnDemandUSD) != 0 {
		t.Errorf("a product that the Pricing API has no name for was asked for %d times: %v", n, c.OnDemandUSD)
	}
	actor := acc.actor()
	actor.Pricing = nil
	actor.priceOnDemand(t.Context(), &c, linux, w)
	if c.OnDemandUSD["m5.large"] != 0.096 {
		t.Errorf("without the Pricing API: %v", c.OnDemandUSD["m5.large"])
	}
}
