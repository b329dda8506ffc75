package act

import (
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// fill sets every field at random, to any depth.
func fill(v reflect.Value, rng *rand.Rand) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), rng)
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.Unix(rng.Int64N(1e9), 0).UTC()))
			return
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(v.Field(i), rng)
			}
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1+rng.IntN(2), 2))
		for i := range v.Len() {
			fill(v.Index(i), rng)
		}
	case reflect.String:
		v.SetString(string('a'+rune(rng.IntN(26))) + "x")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int32, reflect.Int64:
		v.SetInt(1 + rng.Int64N(1000))
	case reflect.Float64:
		v.SetFloat(1 + rng.Float64())
	default:
		panic("no filler for " + v.Kind().String())
	}
}

func TestEveryFieldOfATemplateIsTakenOver(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		in := &types.ResponseLaunchTemplateData{}
		fill(reflect.ValueOf(in).Elem(), rng)
		out, dropped := convert(in)
		for _, name := range dropped {
			t.Errorf("%s is dropped and not listed with its reason", name)
		}
		v := reflect.ValueOf(in).Elem()
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if !f.IsExported() || answersOnly[f.Name] != "" {
				continue
			}
			if reflect.ValueOf(out).Elem().FieldByName(f.Name).IsZero() {
				t.Errorf("%s is lost without being listed", f.Name)
			}
		}
	}
}

func TestWhatContradictsAnOverrideIsTakenOut(t *testing.T) {
	t.Parallel()
	out := &types.RequestLaunchTemplateData{
		Placement:         &types.LaunchTemplatePlacementRequest{AvailabilityZone: aws.String("a"), Tenancy: types.TenancyDefault},
		NetworkInterfaces: []types.LaunchTemplateInstanceNetworkInterfaceSpecificationRequest{{SubnetId: aws.String("subnet-1"), Groups: []string{"sg-1"}}},
		TagSpecifications: []types.LaunchTemplateTagSpecificationRequest{{ResourceType: types.ResourceTypeSpotInstancesRequest}, {ResourceType: types.ResourceTypeVolume}},
	}
	if names := dropFrom(out); len(names) != 0 {
		t.Errorf("it is said though nothing is lost: %v", names)
	}
	if out.Placement.AvailabilityZone != nil || out.Placement.Tenancy != types.TenancyDefault {
		t.Errorf("placement %+v", out.Placement)
	}
	if n := out.NetworkInterfaces[0]; n.SubnetId != nil || n.Groups[0] != "sg-1" {
		t.Errorf("network interface %+v", n)
	}
	if len(out.TagSpecifications) != 1 || out.TagSpecifications[0].ResourceType != types.ResourceTypeVolume {
		t.Errorf("tag specifications %+v", out.TagSpecifications)
	}
}
