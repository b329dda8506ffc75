package act

import (
	"reflect"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"autospotting/coordinator/ledger"
	"autospotting/coordinator/market"
)

// A plan wants to see what a group with nothing to do could have; a run does not.
func TestAGroupWithNothingToDoIsReadWholeOnlyForAPlan(t *testing.T) {
	t.Parallel()
	for _, thorough := range []bool{false, true} {
		c := web()
		c.instances = c.instances[:2]
		c.groups[0].DesiredCapacity = aws.Int32(2)
		c.groups[0].Tags = append(c.groups[0].Tags, c.groups[0].Tags[0])
		c.groups[0].Tags[3].Key, c.groups[0].Tags[3].Value = aws.String("autospotting:keep-on-demand"), aws.String("100%")
		a := c.actor()
		a.Thorough = thorough
		w, err := a.Observe(t.Context(), "web", ledger.Record{Group: "web"}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if w.Glance == thorough || (w.Template.Hash != "") != thorough || (len(w.Catalog.Types) > 0) != thorough {
			t.Errorf("thorough %v: glance %v, template %q, %d types", thorough, w.Glance, w.Template.Hash, len(w.Catalog.Types))
		}
	}
}

// Where the market is told, nothing is asked of it, and what is told is what the group sees.
func TestAMarketThatIsToldIsNotRead(t *testing.T) {
	t.Parallel()
	c := web()
	a := c.actor()
	var zones []string
	var product string
	told := market.Catalog{Source: "told"}
	a.Market = func(z []string, p string) market.Catalog { zones, product = z, p; return told }
	w, err := a.Observe(t.Context(), "web", ledger.Record{Group: "web"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(w.Catalog, told) || !slices.Equal(zones, []string{"us-east-1a", "us-east-1b"}) || product != linux {
		t.Errorf("got %+v for %v of %q", w.Catalog, zones, product)
	}
	for _, call := range []string{"ec2.DescribeInstanceTypes", "ec2.DescribeInstanceTypeOfferings", "ec2.DescribeSpotPriceHistory", "pricing.GetProducts"} {
		if n := c.calls(call); n > 0 {
			t.Errorf("%s was called %d times", call, n)
		}
	}
}
