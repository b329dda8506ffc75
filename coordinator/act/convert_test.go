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

// notTaken lists what a launch template tells and none can be created with, or what overrides forbid; each with its reason.
var notTaken = map[string]string{
	"InstanceMarketOptions": "refused: the template asks for spot itself",
	"InstanceRequirements":  "refused: only a mixed instances policy uses it",
}

func TestEveryFieldOfATemplateIsTakenOver(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		in := &types.ResponseLaunchTemplateData{}
		fill(reflect.ValueOf(in).Elem(), rng)
		in.InstanceMarketOptions, in.InstanceRequirements, in.DisableApiTermination = nil, nil, aws.Bool(false)
		out, dropped, why := convert(in)
		if why != "" {
			t.Fatal(why)
		}
		for _, name := range dropped {
			t.Errorf("%s is dropped and not listed with its reason", name)
		}
		v := reflect.ValueOf(in).Elem()
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if !f.IsExported() || notTaken[f.Name] != "" || answersOnly[f.Name] != "" {
				continue
			}
			if reflect.ValueOf(out).Elem().FieldByName(f.Name).IsZero() {
				t.Errorf("%s is lost without being listed", f.Name)
			}
		}
	}
}

func TestTerminationProtectionIsNotTakenOverAndSaid(t *testing.T) {
	t.Parallel()
	out, dropped, why := convert(&types.ResponseLaunchTemplateData{DisableApiTermination: aws.Bool(true)})
	if out.DisableApiTermination != nil || len(dropped) != 1 || dropped[0] != "DisableApiTermination" || why != "" {
		t.Errorf("%v, %v, %q", out.DisableApiTermination, dropped, why)
	}
}

func TestATemplateThatAsksForSpotIsRefused(t *testing.T) {
	t.Parallel()
	if _, _, why := convert(&types.ResponseLaunchTemplateData{InstanceMarketOptions: &types.LaunchTemplateInstanceMarketOptions{}}); why == "" {
		t.Error("taken over")
	}
}

func TestWhatContradictsAnOverrideIsTakenOut(t *testing.T) {
	t.Parallel()
	out, _, _ := convert(&types.ResponseLaunchTemplateData{
		Placement:         &types.LaunchTemplatePlacement{AvailabilityZone: aws.String("a"), Tenancy: types.TenancyDefault},
		NetworkInterfaces: []types.LaunchTemplateInstanceNetworkInterfaceSpecification{{SubnetId: aws.String("subnet-1"), Groups: []string{"sg-1"}}},
		TagSpecifications: []types.LaunchTemplateTagSpecification{{ResourceType: types.ResourceTypeSpotInstancesRequest}, {ResourceType: types.ResourceTypeVolume}},
	})
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
