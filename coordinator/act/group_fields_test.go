package act

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/ledger"
	"autospotting/coordinator/settings"
)

// wholes are fields that are judged by their being there, whatever is in them.
var wholes = []string{"MixedInstancesPolicy.LaunchTemplate.Overrides.InstanceRequirements", "WarmPoolConfiguration"}

func TestEveryFieldOfAGroupsDescriptionHasARow(t *testing.T) {
	t.Parallel()
	var rows, sdk []string
	for _, f := range groupFields {
		rows = append(rows, f.name)
	}
	for _, name := range leaves(reflect.TypeFor[types.AutoScalingGroup](), "") {
		for _, whole := range wholes {
			if strings.HasPrefix(name, whole+".") {
				name = whole
			}
		}
		if !slices.Contains(sdk, name) {
			sdk = append(sdk, name)
		}
	}
	for _, name := range sdk {
		if !slices.Contains(rows, name) {
			t.Errorf("%s has no row in the table of fields: say what it means to us", name)
		}
	}
	for i, name := range rows {
		if !slices.Contains(sdk, name) || slices.Contains(rows[:i], name) {
			t.Errorf("the row %s is of no field, or is not the only one", name)
		}
	}
	if !slices.IsSorted(rows) {
		t.Error("the rows are not in order")
	}
}

func TestWhatAGroupsFieldsForbid(t *testing.T) {
	t.Parallel()
	reserved := func(p types.CapacityReservationPreference) func(*types.AutoScalingGroup) {
		return func(g *types.AutoScalingGroup) {
			g.CapacityReservationSpecification = &types.CapacityReservationSpecification{CapacityReservationPreference: p}
		}
	}
	healthy := func(desired, most int32) func(*types.AutoScalingGroup) {
		return func(g *types.AutoScalingGroup) {
			g.DesiredCapacity, g.InstanceMaintenancePolicy = &desired, &types.InstanceMaintenancePolicy{MaxHealthyPercentage: &most, MinHealthyPercentage: aws.Int32(90)}
		}
	}
	for _, c := range []struct {
		name   string
		change func(*types.AutoScalingGroup)
		says   string
	}{
		{"nothing", func(*types.AutoScalingGroup) {}, ""},
		{"reservations only", reserved("capacity-reservations-only"), "capacity-reservations-only"},
		{"reservations first", reserved("capacity-reservations-first"), "capacity-reservations-first"},
		{"no reservations", reserved("none"), ""},
		{"open ones as they come", reserved("default"), ""},
		{"a reservation by name", func(g *types.AutoScalingGroup) {
			g.CapacityReservationSpecification = &types.CapacityReservationSpecification{CapacityReservationTarget: &types.CapacityReservationTarget{CapacityReservationIds: []string{"cr-1"}}}
		}, "capacity reservations"},
		{"an empty target", func(g *types.AutoScalingGroup) {
			g.CapacityReservationSpecification = &types.CapacityReservationSpecification{CapacityReservationTarget: &types.CapacityReservationTarget{}}
		}, ""},
		{"no more than desired at any time", healthy(4, 100), "set MaxHealthyPercentage to 125 or more"},
		{"a quarter more of four is one", healthy(4, 125), ""},
		{"less than one more", healthy(4, 124), "allows 124 % of 4"},
		{"a tenth more of ten is one", healthy(10, 110), ""},
		{"one instance needs twice as much", healthy(1, 150), "set MaxHealthyPercentage to 200"},
		{"no bound", healthy(4, -1), ""},
		{"nobody wanted", healthy(0, 100), ""},
		{"another service's", func(g *types.AutoScalingGroup) {
			g.Operator = &types.Operator{Principal: aws.String("eks.amazonaws.com")}
		}, "eks.amazonaws.com manages"},
		{"a list of types", overridden(types.LaunchTemplateOverrides{InstanceType: aws.String("m5.large")}), ""},
		{"types by attributes", overridden(types.LaunchTemplateOverrides{InstanceRequirements: &types.InstanceRequirements{}}), "by attributes"},
		{"a template for a type", overridden(types.LaunchTemplateOverrides{InstanceType: aws.String("m6g.large"), LaunchTemplateSpecification: &types.LaunchTemplateSpecification{}}), "launch template of its own"},
		{"an image for a type", overridden(types.LaunchTemplateOverrides{InstanceType: aws.String("m6g.large"), ImageId: aws.String("ami-2")}), "image of its own"},
		{"reserved capacity first", func(g *types.AutoScalingGroup) {
			g.MixedInstancesPolicy = &types.MixedInstancesPolicy{InstancesDistribution: &types.InstancesDistribution{DistributionSegments: []types.DistributionSegment{
				{TargetCapacityTypes: []types.TargetCapacityType{types.TargetCapacityTypeOnDemand, types.TargetCapacityTypeCapacityBlock}}}}}
		}, "capacity-block"},
	} {
		var g types.AutoScalingGroup
		c.change(&g)
		got, _ := ToGroup(g, settings.Scope{}, settings.Defaults())
		if (got.Unservable == "") != (c.says == "") || !strings.Contains(got.Unservable, c.says) {
			t.Errorf("%s: %q, want it to say %q", c.name, got.Unservable, c.says)
		}
		if (got.UnservableStep == "") != (c.says == "") {
			t.Errorf("%s: %q, and the step is %q", c.name, got.Unservable, got.UnservableStep)
		}
	}
}

// overridden is a group whose policy has this row.
func overridden(o types.LaunchTemplateOverrides) func(*types.AutoScalingGroup) {
	return func(g *types.AutoScalingGroup) {
		g.MixedInstancesPolicy = &types.MixedInstancesPolicy{InstancesDistribution: &types.InstancesDistribution{OnDemandPercentageAboveBaseCapacity: aws.Int32(100)},
			LaunchTemplate: &types.LaunchTemplate{LaunchTemplateSpecification: &types.LaunchTemplateSpecification{LaunchTemplateId: aws.String("lt-owner")},
				Overrides: []types.LaunchTemplateOverrides{{InstanceType: aws.String("m5.large")}, o}}}
	}
}

func TestAPolicyIsServedWhereItBuysNoSpot(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name            string
		change          func(*types.InstancesDistribution)
		mixed, weighted bool
		base            int
	}{
		{"all on-demand", func(*types.InstancesDistribution) {}, false, false, 0},
		{"a base", func(d *types.InstancesDistribution) { d.OnDemandBaseCapacity = aws.Int32(2) }, false, false, 2},
		{"a spot share", func(d *types.InstancesDistribution) { d.OnDemandPercentageAboveBaseCapacity = aws.Int32(99) }, true, false, 0},
		{"no share told", func(d *types.InstancesDistribution) { d.OnDemandPercentageAboveBaseCapacity = nil }, true, false, 0},
	} {
		var g types.AutoScalingGroup
		overridden(types.LaunchTemplateOverrides{InstanceType: aws.String("m5a.large")})(&g)
		g.MixedInstancesPolicy.LaunchTemplate.Overrides = append(g.MixedInstancesPolicy.LaunchTemplate.Overrides, types.LaunchTemplateOverrides{InstanceType: aws.String("m5a.large")})
		c.change(g.MixedInstancesPolicy.InstancesDistribution)
		got, _ := ToGroup(g, settings.Scope{}, settings.Defaults())
		if got.MixedInstances != c.mixed || got.OnDemandBase != c.base || !got.Policy || !got.HasTemplate || fmt.Sprint(got.Types) != "[m5.large m5a.large]" {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
	for weight, want := range map[string]bool{"": false, "1": false, "2": true} {
		var g types.AutoScalingGroup
		overridden(types.LaunchTemplateOverrides{WeightedCapacity: aws.String(weight)})(&g)
		if got, _ := ToGroup(g, settings.Scope{}, settings.Defaults()); got.Weighted != want {
			t.Errorf("a weight of %q: weighted %t", weight, got.Weighted)
		}
	}
}

func TestAPoliciesTemplateIsWhatIsLaunchedFrom(t *testing.T) {
	t.Parallel()
	acc := web()
	g := acc.group()
	overridden(types.LaunchTemplateOverrides{InstanceType: aws.String("m5a.large")})(g)
	g.MixedInstancesPolicy.LaunchTemplate.Overrides[0].InstanceType, g.LaunchTemplate = aws.String("r5.large"), nil
	g.MixedInstancesPolicy.LaunchTemplate.LaunchTemplateSpecification.Version = aws.String(latestVersion)
	w := look(t, acc, ledger.Record{})
	if why := decide.Refusal(w); why != "" || w.Template.Hash == "" || w.Template.Type != "r5.large" {
		t.Errorf("%q, %+v", why, w.Template)
	}
	g.MixedInstancesPolicy.LaunchTemplate.Overrides = nil
	if w = look(t, acc, ledger.Record{}); decide.Refusal(w) != "" || w.Template.Type != "m5.large" {
		t.Errorf("without a list: %q, %+v", decide.Refusal(w), w.Template)
	}
}

func TestTrafficSourcesAreLoadBalancersHoweverTheyWereAttached(t *testing.T) {
	t.Parallel()
	source := func(kind, id string) types.TrafficSourceIdentifier {
		return types.TrafficSourceIdentifier{Type: &kind, Identifier: &id}
	}
	g := types.AutoScalingGroup{TargetGroupARNs: []string{"tg-1"}, TrafficSources: []types.TrafficSourceIdentifier{source("elbv2", "tg-1"), source("elbv2", "tg-2"), source("elb", "classic"), source("vpc-lattice", "lattice")}}
	if got := fmt.Sprint(targetGroupsOf(g), balancersOf(g)); got != "[tg-1 tg-2] [classic]" {
		t.Errorf("asked are %s", got)
	}
	if len(g.TargetGroupARNs) != 1 {
		t.Error("the description was changed")
	}
	for name, c := range map[string]struct {
		g    types.AutoScalingGroup
		want bool
	}{
		"none": {types.AutoScalingGroup{}, false}, "a lattice": {types.AutoScalingGroup{TrafficSources: []types.TrafficSourceIdentifier{source("vpc-lattice", "l")}}, true},
	} {
		if got, _ := ToGroup(c.g, settings.Scope{}, settings.Defaults()); got.LoadBalanced != c.want {
			t.Errorf("%s: load balanced %t", name, got.LoadBalanced)
		}
	}
}
