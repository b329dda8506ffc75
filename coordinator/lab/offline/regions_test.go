package offline

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"autospotting/coordinator/market"
	"autospotting/coordinator/plan"
)

func TestGroupsOfOneNameInTwoRegionsAreKeptApart(t *testing.T) {
	t.Parallel()
	here := strings.Replace(group("", ""), `"MinSize"`, `"AutoScalingGroupARN": "arn:aws:autoscaling:us-east-1:1:autoScalingGroup:u:autoScalingGroupName/web", "MinSize"`, 1)
	there := strings.NewReplacer("us-east-1", "eu-west-1", "i-a", "i-c", "i-b", "i-d", "subnet-", "subnet-e").Replace(here)
	tagged := strings.ReplaceAll(instances, `"EnaSupport"`, `"Tags": [{"Key": "aws:autoscaling:groupName", "Value": "web"}], "EnaSupport"`)
	f := files(t, here+there+here, tagged+strings.NewReplacer("us-east-1", "eu-west-1", "i-a", "i-c", "i-b", "i-d", "subnet-", "subnet-e").Replace(tagged))
	worlds, err := Worlds(f, atNoon(), nil)
	if err != nil || len(worlds) != 2 {
		t.Fatalf("%d worlds: %v", len(worlds), err)
	}
	for n, want := range []string{"i-a", "i-c"} {
		w := worlds[n]
		if w.Err != nil || len(w.Instances) != 2 || w.Instances[0].ID != want || !strings.Contains(strings.Join(w.Assumed, "\n"), "the files have 2 groups of this name") {
			t.Errorf("%+v, %v, assumed %q", w.Instances, w.Err, w.Assumed)
		}
	}
	if a, b := worlds[0].Catalog.OnDemandUSD["m5.large"], worlds[1].Catalog.OnDemandUSD["m5.large"]; a == b || a*b == 0 {
		t.Errorf("an m5.large costs %v and %v", a, b)
	}
}

func TestQuotasAreThoseOfTheGroupsRegion(t *testing.T) {
	t.Parallel()
	const quota = `{"Quotas": [{"QuotaArn": "arn:aws:servicequotas:us-east-1:1:ec2/L-34B43A08", "QuotaCode": "L-34B43A08", "Value": %g}, {"QuotaArn": "arn:aws:servicequotas:eu-west-1:1:ec2/L-34B43A08", "QuotaCode": "L-34B43A08", "Value": 7}]}`
	for _, c := range []struct {
		name   string
		more   []string
		vcpus  int
		offers bool // types of that quota
	}{
		{"none told", nil, 0, true},
		{"enough", []string{fmt.Sprintf(quota, 32.0)}, 32, true},
		{"too small for anything", []string{fmt.Sprintf(quota, 1.0)}, 1, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := withMore(t, group("", ""), instances, c.more...)
			worlds, err := Worlds(f, atNoon(), nil)
			if err != nil {
				t.Fatal(err)
			}
			if got := worlds[0].Catalog.SpotVCPU[market.Standard]; got != c.vcpus {
				t.Errorf("%d vCPUs of spot, want %d", got, c.vcpus)
			}
			got := planned(t, f)
			offers := slices.ContainsFunc(got.Pools, func(p plan.Pool) bool { return market.ClassOf(p.Type) == market.Standard })
			if named := strings.Contains(strings.Join(got.Why, "\n"), "vCPU quotas"); offers != c.offers || named != (c.more == nil) {
				t.Errorf("offers them: %v, %q", offers, got.Why)
			}
		})
	}
}
