package offline

import (
	"bytes"
	"testing"
)

// FuzzFile feeds one file of any kind, recognised by its content, with anything at all: what is read has names and prices, and what cannot be
// read is an error, never a panic.
func FuzzFile(f *testing.F) {
	for _, s := range []string{
		`{"SpotPriceHistory": [{"AvailabilityZone": "us-east-1a", "InstanceType": "m5.large", "ProductDescription": "Linux/UNIX", "SpotPrice": "0.02", "Timestamp": "2026-11-20T00:00:00+00:00"}]}`,
		"instance_type,availability_zone,timestamp,spot_price\nm5.large,us-east-1a,2026-11-20T00:00:00Z,0.0200\n",
		"instance_type,region,ondemand,spot_avg,spot_min,spot_max,spot_per_az_sorted,pct_interrupt,pct_savings_od\nm5.large,us-east-1,0.096,0.02,0.02,0.02,0.0200,<5%,70\n",
		`{"InstanceTypes": [{"InstanceType": "m5.large", "VCpuInfo": {"DefaultVCpus": 2}, "MemoryInfo": {"SizeInMiB": 8192}}]}`,
		`{"instance_type":"m5.large","arch":["x86_64"],"vCPU":2,"memory":8}`,
		`[[{"InstanceId": "i-a", "InstanceType": "m5.large"}], [null]]`,
		"AutoScalingGroups:\n- AutoScalingGroupName: web\n  MinSize: 1\n  Tags: []\n",
		"- Images: []\n  NextToken: more\n",
		"\xff\xfe{\x00}\x00", "\xef\xbb\xbf[]", "a: &a [1]\nb: *a\n",
		`{"InstanceId": "i-a", "DisableApiTermination": {"Value": true}}`,
	} {
		f.Add([]byte(s), uint8(0))
		f.Add([]byte(s), uint8(4))
	}
	f.Fuzz(func(t *testing.T, body []byte, flag uint8) {
		keys := []string{"", keyGroups, keyReservations, keyTypes, keyPrices, keyHooks, keyVersions, keyConfigurations, keyImages}
		d := newDump(noon)
		if err := d.read("file", keys[int(flag)%len(keys)], bytes.NewReader(body), noon); err != nil {
			return
		}
		d.index()
		if err := d.shelf.fill(d, noon); err != nil {
			return
		}
		for product, prices := range d.shelf.spot {
			for p, usd := range prices {
				if !(usd > 0) {
					t.Errorf("%s of %s costs %v", p, product, usd)
				}
			}
		}
		if d.told[keyTypes] && len(d.shelf.types) == 0 {
			t.Error("no types, and no error")
		}
		for _, g := range d.groups {
			if *g.AutoScalingGroupName == "" {
				t.Error("a group without a name")
			}
		}
	})
}
