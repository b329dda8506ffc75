package act

import (
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
)

// buysSpot tells whether a mixed instances policy has a spot share. AWS's descriptions always say the percentage, 100 where its owner named none (Auto
// Scaling API, InstancesDistribution). Where a description does not, it was cut, and nobody knows.
func buysSpot(g types.AutoScalingGroup) bool {
	share := distribution(g).OnDemandPercentageAboveBaseCapacity
	return g.MixedInstancesPolicy != nil && (share == nil || *share < 100)
}

func distribution(g types.AutoScalingGroup) types.InstancesDistribution {
	if p := g.MixedInstancesPolicy; p != nil && p.InstancesDistribution != nil {
		return *p.InstancesDistribution
	}
	return types.InstancesDistribution{}
}

// overrides are the rows of a mixed instances policy's list.
func overrides(g types.AutoScalingGroup) []types.LaunchTemplateOverrides {
	if p := g.MixedInstancesPolicy; p != nil && p.LaunchTemplate != nil {
		return p.LaunchTemplate.Overrides
	}
	return nil
}

// listedTypes are the types of a mixed instances policy, in its order; none where it leaves the type to the template.
func listedTypes(g types.AutoScalingGroup) (list []string) {
	for _, o := range overrides(g) {
		if name := aws.ToString(o.InstanceType); name != "" && !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	return list
}

// source is the launch template that the group launches from, by itself or by its policy.
func source(g types.AutoScalingGroup) *types.LaunchTemplateSpecification {
	if p := g.MixedInstancesPolicy; p != nil && p.LaunchTemplate != nil && p.LaunchTemplate.LaunchTemplateSpecification != nil {
		return p.LaunchTemplate.LaunchTemplateSpecification
	}
	return g.LaunchTemplate
}

func anyOverride(g types.AutoScalingGroup, has func(types.LaunchTemplateOverrides) bool, why string) string {
	for _, o := range overrides(g) {
		if has(o) {
			return "the group's mixed instances policy " + why
		}
	}
	return ""
}

func byRequirements(g types.AutoScalingGroup) string {
	return anyOverride(g, func(o types.LaunchTemplateOverrides) bool { return o.InstanceRequirements != nil },
		"chooses instance types by attributes (InstanceRequirements): which types its owner wants is not listed")
}

func ownTemplates(g types.AutoScalingGroup) string {
	return anyOverride(g, func(o types.LaunchTemplateOverrides) bool { return o.LaunchTemplateSpecification != nil },
		"has a launch template of its own for some types, and replacements are launched from one")
}

func ownImages(g types.AutoScalingGroup) string {
	return anyOverride(g, func(o types.LaunchTemplateOverrides) bool { return aws.ToString(o.ImageId) != "" },
		"has an image of its own for some types, and replacements are launched from one")
}

// segmented tells of a policy that launches into reserved capacity first.
func segmented(g types.AutoScalingGroup) string {
	for _, s := range distribution(g).DistributionSegments {
		for _, kind := range s.TargetCapacityTypes {
			if kind != types.TargetCapacityTypeOnDemand {
				return fmt.Sprintf("the group's mixed instances policy launches into reserved capacity (%s), which is paid for whether it is used or not", kind)
			}
		}
	}
	return ""
}

// groupSteps are what the owner can do about a field of the description that refuses, by its name.
var groupSteps = map[string]string{
	"CapacityReservationSpecification.CapacityReservationPreference":                                  noReservation,
	"CapacityReservationSpecification.CapacityReservationTarget.CapacityReservationIds":               noReservation,
	"CapacityReservationSpecification.CapacityReservationTarget.CapacityReservationResourceGroupArns": noReservation,
	"InstanceMaintenancePolicy.MaxHealthyPercentage":                                                  "raise MaxHealthyPercentage as the reason says",
	"MixedInstancesPolicy.InstancesDistribution.DistributionSegments.TargetCapacityTypes":             "let the policy's segments name on-demand only",
	"MixedInstancesPolicy.LaunchTemplate.Overrides.ImageId":                                           oneTemplate,
	"MixedInstancesPolicy.LaunchTemplate.Overrides.InstanceRequirements":                              "list instance types in the overrides; or keep the attributes, and set OnDemandPercentageAboveBaseCapacity of the group's own policy",
	"MixedInstancesPolicy.LaunchTemplate.Overrides.LaunchTemplateSpecification.LaunchTemplateId":      oneTemplate,
	"Operator.Principal": "use the spot settings of the service that manages the group",
}

const (
	noReservation = "let the group name no capacity reservation"
	oneTemplate   = "launch all types from one template; or keep them, and set OnDemandPercentageAboveBaseCapacity of the group's own policy"
)
