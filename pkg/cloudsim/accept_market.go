package cloudsim

import (
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// What spot and on-demand do not have.
var marketRows = []rule{
	{Reason{"usage-class", "Unsupported", "EC2 API, SupportedUsageClasses; EC2 user guide, Troubleshooting instance launch issues: a purchasing option may not be supported"}, func(a *ask) string {
		want := ec2types.UsageClassTypeOnDemand
		if a.Spot {
			want = ec2types.UsageClassTypeSpot
		}
		have := a.Type.SupportedUsageClasses
		return when(len(have) > 0 && !slices.Contains(have, want), unsupportedText)
	}},
	{Reason{"spot-termination-protection", "UnsupportedOperation", "EC2 user guide, Change instance termination protection: not for spot; cloud-custodian#2083 (code; words: ours)"}, func(a *ask) string {
		return when(a.Spot && aws.ToBool(a.Data.DisableApiTermination), "'disableApiTermination' is not supported for spot instances.")
	}},
	{Reason{"spot-stop-protection", "UnsupportedOperation", "† EC2 user guide, Enable stop protection: not for spot (code and words: ours)"}, func(a *ask) string {
		return when(a.Spot && aws.ToBool(a.Data.DisableApiStop), "'disableApiStop' is not supported for spot instances.")
	}},
	{Reason{"spot-host", "InvalidParameterCombination", "EC2 API, SpotPlacement.Tenancy: host is not supported for Spot Instances (code: ours)"}, func(a *ask) string {
		return when(a.Spot && tenancy(a) == ec2types.TenancyHost, "The 'host' tenancy is not supported for Spot Instances.")
	}},
	{Reason{"spot-reservation", "InvalidParameterCombination", "† EC2 user guide, Capacity Reservations: they are used by On-Demand Instances alone (code and words: ours)"}, func(a *ask) string {
		s := a.Data.CapacityReservationSpecification
		return when(a.Spot && s != nil && (targeted(s) || s.CapacityReservationPreference == ec2types.CapacityReservationPreferenceCapacityReservationsOnly),
			"Capacity Reservations cannot be used by Spot Instances.")
	}},
}

// Where the instance is placed, and with what.
var placementRows = []rule{
	{Reason{"dedicated", "Unsupported", "rancher/os#1964, hashicorp/terraform#18215 (words): t2 on dedicated tenancy; EC2 user guide, Dedicated Instances"}, func(a *ask) string {
		return when(tenancy(a) == ec2types.TenancyDedicated && a.is("t1", "t2"), unsupportedText)
	}},
	{Reason{"dedicated-host", "Unsupported", "† EC2 API, DedicatedHostsSupported; EC2 user guide, Dedicated Hosts: of burstable types T3 (words of the general case)"}, func(a *ask) string {
		return when(tenancy(a) == ec2types.TenancyHost && (denied(a.Type.DedicatedHostsSupported) || a.is("t1", "t2")), unsupportedText)
	}},
	{Reason{"host-group", "InvalidParameterCombination", "crossplane-contrib/provider-aws#1538 (words)"}, func(a *ask) string {
		p := a.Data.Placement
		return when(tenancy(a) == ec2types.TenancyHost && (aws.ToString(p.GroupName) != "" || aws.ToString(p.GroupId) != ""),
			"You cannot launch an instance with a tenancy of 'host' into a placement group. Either remove the placement group from the request, or specify a different tenancy.")
	}},
	{Reason{"placement-strategy", "InvalidParameterCombination", "public reports of t2.micro and t2.medium (words); EC2 API, PlacementGroupInfo; EC2 user guide, Cluster placement groups: no burstable, no Mac"}, func(a *ask) string {
		s := strategy(a)
		return when(s != "" && !placed(a, s), fmt.Sprintf("%s placement groups are not supported by the '%s' instance type. Specify a supported instance type or change the placement group strategy, and try again.",
			map[ec2types.PlacementStrategy]string{ec2types.PlacementStrategyCluster: "Cluster", ec2types.PlacementStrategySpread: "Spread", ec2types.PlacementStrategyPartition: "Partition"}[s], a.typ))
	}},
	{Reason{"reservation-target", "InvalidParameterCombination", "† EC2 user guide, Capacity Reservations: type, platform and zone must match the reservation (code and words: ours)"}, func(a *ask) string {
		s := a.Data.CapacityReservationSpecification
		if a.Spot || s == nil || !targeted(s) || s.CapacityReservationTarget.CapacityReservationId == nil {
			return ""
		}
		return when(a.Data.InstanceType != "" && string(a.Data.InstanceType) != a.typ,
			fmt.Sprintf("The instance type %s does not match that of the Capacity Reservation %s.", a.typ, *s.CapacityReservationTarget.CapacityReservationId))
	}},
	{Reason{"accelerators", "UnsupportedOperation", "EC2 API, RequestLaunchTemplateData: Elastic Graphics and Elastic Inference have ended (code and words: ours)"}, func(a *ask) string {
		//lint:ignore SA1019 a template may have them still
		return when(len(a.Data.ElasticGpuSpecifications)+len(a.Data.ElasticInferenceAccelerators) > 0, "Elastic Graphics and Elastic Inference accelerators are not available.")
	}},
}

func tenancy(a *ask) ec2types.Tenancy {
	if p := a.Data.Placement; p != nil {
		return p.Tenancy
	}
	return ""
}

func targeted(s *ec2types.LaunchTemplateCapacityReservationSpecificationRequest) bool {
	t := s.CapacityReservationTarget
	return t != nil && (t.CapacityReservationId != nil || t.CapacityReservationResourceGroupArn != nil)
}

// strategy is that of the placement group; a partition number shows it where the group is not known.
func strategy(a *ask) ec2types.PlacementStrategy {
	if p := a.Data.Placement; a.Strategy == "" && p != nil && p.PartitionNumber != nil {
		return ec2types.PlacementStrategyPartition
	}
	return a.Strategy
}

func placed(a *ask, s ec2types.PlacementStrategy) bool {
	if info := a.Type.PlacementGroupInfo; info != nil && len(info.SupportedStrategies) > 0 {
		return slices.Contains(info.SupportedStrategies, ec2types.PlacementGroupStrategy(s))
	}
	return s != ec2types.PlacementStrategyCluster || !aws.ToBool(a.Type.BurstablePerformanceSupported)
}
