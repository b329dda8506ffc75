package offline

import (
	"bytes"
	"testing"

	"autospotting/coordinator/market"
)

// FuzzShelf feeds types and prices of every format, recognised by their content, with anything at all.
func FuzzShelf(f *testing.F) {
	for _, s := range []string{
		`{"SpotPriceHistory": [{"AvailabilityZone": "us-east-1a", "InstanceType": "m5.large", "ProductDescription": "Linux/UNIX", "SpotPrice": "0.02", "Timestamp": "2026-11-20T00:00:00+00:00"}]}`,
		"instance_type,availability_zone,timestamp,spot_price\nm5.large,us-east-1a,2026-11-20T00:00:00Z,0.0200\n",
		"instance_type,region,ondemand,spot_avg,spot_min,spot_max,spot_per_az_sorted,pct_interrupt,pct_savings_od\nm5.large,us-east-1,0.096,0.02,0.02,0.02,0.0200,<5%,70\n",
		`{"InstanceTypes": [{"InstanceType": "m5.large", "VCpuInfo": {"DefaultVCpus": 2}, "MemoryInfo": {"SizeInMiB": 8192}}]}`,
		`{"instance_type":"m5.large","arch":["x86_64"],"vCPU":2,"memory":8}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		s := shelf{spot: map[string]map[market.Pool]float64{}}
		if err := s.readPrices(bytes.NewReader(body), noon); err == nil {
			for product, prices := range s.spot {
				for p, usd := range prices {
					if !(usd > 0) {
						t.Errorf("%s of %s costs %v", p, product, usd)
					}
				}
			}
		}
		if err := s.readTypes(bytes.NewReader(body)); err == nil && len(s.types) == 0 {
			t.Error("no types, and no error")
		}
	})
}
