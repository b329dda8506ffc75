package cloudsim

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
)

// Every code in every shape, with words that name the type and words that do not.
func TestOnePoisonedTypeSpoilsAFleetInEachShape(t *testing.T) {
	t.Parallel()
	for _, e := range PoisonErrors() {
		for _, words := range []string{e.Named, e.Plain} {
			for _, shape := range []Shape{WholeFleet, OneOverride, EveryOverride} {
				t.Run(e.Code+" "+string(shape), func(t *testing.T) {
					t.Parallel()
					r := newRig(t, Config{}, six())
					r.Poison(Poison{Type: "m5a.large", Shape: shape, Code: e.Code, Text: words})
					before := len(r.instances)
					out, err := r.fleet(true, 40, nil, "m5a.large", "m6i.large", "c5.large")
					launched := len(r.instances) - before
					switch shape {
					case WholeFleet:
						wantCode(t, err, e.Code, "")
						if launched != 0 {
							t.Errorf("%d launched", launched)
						}
					case OneOverride:
						must(t, err)
						if got := codes(out); got["m5a.large"] != e.Code || launched == 0 || got["c5.large"] == e.Code && e.Code != "InsufficientInstanceCapacity" {
							t.Errorf("%v, %d launched", got, launched)
						}
					case EveryOverride:
						must(t, err)
						if got := codes(out); len(got) != 3 || got["c5.large"] != e.Code || launched != 0 || len(out.Instances) != 0 {
							t.Errorf("%v, %d launched", got, launched)
						}
						if text := *out.Errors[0].ErrorMessage; strings.Contains(text, "{") || (strings.Contains(words, "{type}") && !strings.Contains(text, "m5a.large")) {
							t.Errorf("the words do not name the culprit: %s", text)
						}
					}
					out, err = r.fleet(true, 1, nil, "m6i.large", "c5.large")
					must(t, err)
					if len(out.Instances) != 1 {
						t.Errorf("a fleet without the type: %v", codes(out))
					}
					if got := r.PoisonedCalls(); !slices.Equal(got, []int{1}) {
						t.Errorf("%v calls with the type", got)
					}
				})
			}
		}
	}
}

func TestAPoisonMayBeOfAClassOfASubnetOrOfAMarket(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{}, six())
	yes := true
	r.Poison(Poison{Subnet: r.subnets[0], Shape: OneOverride, Code: "InsufficientFreeAddressesInSubnet", Text: "subnet '{subnet}' is full"})
	r.Poison(Poison{Class: QuotaP, Spot: &yes, Shape: WholeFleet, Code: "MaxSpotInstanceCountExceeded", Text: "Max spot instance count exceeded"})
	r.Poison(Poison{Shape: WholeFleet, Code: "Nothing", Text: "names nothing, so that it matches nothing"})
	out, err := r.fleet(true, 1, nil, "m5a.large", "c5.large")
	must(t, err)
	if got := codes(out); len(got) != 2 || got["c5.large"] != "InsufficientFreeAddressesInSubnet" || *out.Errors[0].ErrorMessage != "subnet '"+r.subnets[0]+"' is full" {
		t.Errorf("%v", got)
	}
	out, err = r.fleet(true, 1, func(in *ec2.CreateFleetInput) {
		in.LaunchTemplateConfigs[0].Overrides[0].SubnetId = aws.String(r.subnets[1])
	}, "m5a.large")
	must(t, err)
	if len(out.Instances) != 1 {
		t.Errorf("the other subnet: %v", codes(out))
	}
	_, err = r.fleet(true, 1, nil, "p4d.24xlarge")
	wantCode(t, err, "MaxSpotInstanceCountExceeded", "")
	_, err = r.fleet(false, 1, nil, "p4d.24xlarge")
	must(t, err)
	if got := r.PoisonedCalls(); !slices.Equal(got, []int{3, 1, 0}) {
		t.Errorf("%v", got)
	}
	r.Unpoison()
	if out, err = r.fleet(true, 1, nil, "m5a.large"); err != nil || len(out.Instances) != 1 {
		t.Errorf("without poison: %v, %v", out, err)
	}
}

func TestACallAnsweredFromItsTokenIsNotCountedTwice(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{}, six())
	r.Poison(Poison{Type: "m5a.large", Shape: EveryOverride, Code: "UnsupportedOperation", Text: "no"})
	for range 2 {
		out, err := r.fleet(true, 1, func(in *ec2.CreateFleetInput) { in.ClientToken = aws.String("same") }, "m5a.large", "c5.large")
		must(t, err)
		if len(out.Errors) != 2 {
			t.Errorf("%v", codes(out))
		}
	}
	if got := r.PoisonedCalls(); got[0] != 1 {
		t.Errorf("%v", got)
	}
}
