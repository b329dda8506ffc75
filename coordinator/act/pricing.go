package act

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/pricing"
	"github.com/aws/aws-sdk-go-v2/service/pricing/types"
)

// Pricing is what the coordinator calls of the Pricing API, which exists in few regions and tells the prices of all.
type Pricing interface {
	GetProducts(context.Context, *pricing.GetProductsInput, ...func(*pricing.Options)) (*pricing.GetProductsOutput, error)
}

var _ Pricing = (*pricing.Client)(nil)

// On-demand prices change by the year; one that could not be read is tried again sooner. A notice must not wait for it.
const (
	onDemandFor     = 24 * time.Hour
	noOnDemandFor   = 10 * time.Minute
	pricingPatience = 3 * time.Second
)

type onDemandPrice struct {
	usd float64
	err error
	at  time.Time
}

func (p onDemandPrice) believed() time.Duration {
	if p.err != nil {
		return noOnDemandFor
	}
	return onDemandFor
}

var errNoPricing = errors.New("no Pricing API is configured")

// onDemandUSD is the price per hour of a type, above 0, with the default tenancy, in the Actor's region.
func (a *Actor) onDemandUSD(ctx context.Context, product, name string) (float64, error) {
	if a.Pricing == nil {
		return 0, errNoPricing
	}
	key := product + "|" + name
	if p := a.cache.onDemand[key]; a.young(p.at, p.believed()) {
		return p.usd, p.err
	}
	ctx, cancel := context.WithTimeout(ctx, pricingPatience)
	defer cancel()
	usd, err := a.readOnDemand(ctx, product, name)
	keep(&a.cache.onDemand, key, onDemandPrice{usd, err, a.Now()})
	return usd, err
}

// systems are the Pricing API's names of the products by which spot is priced.
var systems = map[string]string{
	linux: "Linux", "Windows": "Windows", "Red Hat Enterprise Linux": "RHEL", "SUSE Linux": "SUSE", "Ubuntu Pro": "Ubuntu Pro",
	"Red Hat Enterprise Linux with HA": "Red Hat Enterprise Linux with HA",
}

func (a *Actor) readOnDemand(ctx context.Context, product, name string) (float64, error) {
	system, known := systems[product]
	if !known {
		return 0, fmt.Errorf("the Pricing API's name of %q is not known", product)
	}
	in := &pricing.GetProductsInput{ServiceCode: aws.String("AmazonEC2"), MaxResults: aws.Int32(20)}
	for field, value := range map[string]string{
		"regionCode": a.Region, "instanceType": name, "operatingSystem": system, "tenancy": "Shared", "preInstalledSw": "NA", "capacitystatus": "Used",
		"licenseModel": "No License required", "marketoption": "OnDemand", // else Windows is listed with one's own license as well
	} {
		in.Filters = append(in.Filters, types.Filter{Type: types.FilterTypeTermMatch, Field: aws.String(field), Value: aws.String(value)})
	}
	out, err := a.Pricing.GetProducts(ctx, in)
	if err != nil {
		return 0, fmt.Errorf("read the on-demand price of %s: %w", name, err)
	}
	for _, text := range out.PriceList {
		if usd := hourly(text); usd > 0 {
			return usd, nil
		}
	}
	return 0, fmt.Errorf("the Pricing API lists no %s in %s", name, a.Region)
}

// hourly reads the price out of one of the API's JSON texts: the terms are keyed by codes that say nothing. China is priced in
// its own currency, as its spot is.
func hourly(text string) float64 {
	var doc struct {
		Terms struct {
			OnDemand map[string]struct {
				PriceDimensions map[string]struct {
					Unit         string            `json:"unit"`
					PricePerUnit map[string]string `json:"pricePerUnit"`
				} `json:"priceDimensions"`
			}
		} `json:"terms"`
	}
	if json.Unmarshal([]byte(text), &doc) != nil {
		return 0
	}
	for _, term := range doc.Terms.OnDemand {
		for _, d := range term.PriceDimensions {
			for _, currency := range []string{"USD", "CNY"} {
				if usd, err := strconv.ParseFloat(d.PricePerUnit[currency], 64); err == nil && usd > 0 && d.Unit == "Hrs" {
					return usd
				}
			}
		}
	}
	return 0
}
