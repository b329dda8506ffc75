package act

import (
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
)

// meaning is what a field of a group's description is to us.
type meaning string

const (
	// honoured: what we do depends on it.
	honoured meaning = "honoured"
	// forbids: with some values the group is not served.
	forbids meaning = "refused"
	// freeOf: it makes no difference to what we do.
	freeOf meaning = "no matter"
)

// groupField is a row of the table: one field of DescribeAutoScalingGroups, by its path.
type groupField struct {
	name string
	is   meaning
	why  string
	// refuse, of one that forbids, tells why the group cannot be served; empty where the value is harmless. Where it is nil, another part of the
	// description or decide judges it.
	refuse func(types.AutoScalingGroup) string
}

// groupFields is the table. A test enumerates the SDK's type and fails for a field without a row (Auto Scaling API reference, AutoScalingGroup).
var groupFields = []groupField{
	{"AutoScalingGroupARN", freeOf, "the name is enough", nil},
	{"AutoScalingGroupName", honoured, "which group it is", nil},
	{"AvailabilityZoneDistribution.CapacityDistributionStrategy", freeOf, "Gradual swaps stay in their zone. For a notice, a replacement in another zone is better than none; the group balances its zones itself afterwards.", nil},
	{"AvailabilityZoneIds", freeOf, "the zones' names are enough", nil},
	{"AvailabilityZoneImpairmentPolicy.ImpairedZoneHealthCheckBehavior", freeOf, "Whether the group replaces unhealthy members of an impaired zone is its own matter.", nil},
	{"AvailabilityZoneImpairmentPolicy.ZonalShiftEnabled", freeOf, "While a zone is shifted away, the group launches in the others; replacements follow what can be launched.", nil},
	{"AvailabilityZones", honoured, "where replacements may be", nil},
	{"CapacityRebalance", forbids, "two controllers would answer the same signal", nil},
	{"CapacityReservationSpecification.CapacityReservationPreference", forbids, "A reservation is paid for whether it is used or not.", reservedGroup},
	{"CapacityReservationSpecification.CapacityReservationTarget.CapacityReservationIds", forbids, "A reservation is paid for whether it is used or not.", reservedGroup},
	{"CapacityReservationSpecification.CapacityReservationTarget.CapacityReservationResourceGroupArns", forbids, "A reservation is paid for whether it is used or not.", reservedGroup},
	{"Context", freeOf, "reserved by AWS", nil},
	{"CreatedTime", freeOf, "", nil},
	{"DefaultCooldown", freeOf, "Attaching starts no cooldown.", nil},
	{"DefaultInstanceWarmup", freeOf, "It keeps new members out of the metrics of scaling policies.", nil},
	{"DeletionProtection", freeOf, "It concerns the deletion of the group alone.", nil},
	{"DesiredCapacity", honoured, "", nil},
	{"DesiredCapacityType", forbids, "Sizes in vCPUs or memory count no instances.", nil},
	{"EnabledMetrics.Granularity", freeOf, "", nil},
	{"EnabledMetrics.Metric", freeOf, "", nil},
	{"HealthCheckGracePeriod", honoured, "Without a probe, a replacement is given at least this time.", nil},
	{"HealthCheckType", freeOf, "The group judges its members; load balancers are asked directly.", nil},
	{"InstanceLifecyclePolicy.RetentionTriggers.TerminateHookAbandon", freeOf, "A member that is retained after its hook was abandoned is on its way out, and left alone.", nil},
	{"InstanceMaintenancePolicy.MaxHealthyPercentage", forbids, "If it leaves no room for one instance more than desired, a swap would break it.", noRoomAbove},
	{"InstanceMaintenancePolicy.MinHealthyPercentage", freeOf, "A swap never goes below desired.", nil},
	{"Instances.AvailabilityZone", honoured, "", nil},
	{"Instances.AvailabilityZoneId", freeOf, "", nil},
	{"Instances.HealthStatus", honoured, "", nil},
	{"Instances.ImageId", freeOf, "EC2 describes the instance.", nil},
	{"Instances.InstanceId", honoured, "", nil},
	{"Instances.InstanceType", honoured, "", nil},
	{"Instances.LaunchConfigurationName", freeOf, "Which template a member is of shows in what replaces it.", nil},
	{"Instances.LaunchTemplate.LaunchTemplateId", freeOf, "Which template a member is of shows in what replaces it.", nil},
	{"Instances.LaunchTemplate.LaunchTemplateName", freeOf, "Which template a member is of shows in what replaces it.", nil},
	{"Instances.LaunchTemplate.Version", freeOf, "Which template a member is of shows in what replaces it.", nil},
	{"Instances.LifecycleState", honoured, "", nil},
	{"Instances.ProtectedFromScaleIn", honoured, "A protected instance is never retired for a swap.", nil},
	{"Instances.WeightedCapacity", forbids, "One instance cannot stand for another of another weight.", nil},
	{"LaunchConfigurationName", honoured, "what replacements are launched from", nil},
	{"LaunchTemplate.LaunchTemplateId", honoured, "what replacements are launched from", nil},
	{"LaunchTemplate.LaunchTemplateName", honoured, "what replacements are launched from", nil},
	{"LaunchTemplate.Version", honoured, "what replacements are launched from", nil},
	{"LoadBalancerNames", honoured, "readiness", nil},
	{"MaxInstanceLifetime", freeOf, "The group replaces what is too old, ours too.", nil},
	{"MaxSize", honoured, "It is raised for a while if it leaves no room.", nil},
	{"MinSize", honoured, "", nil},
	{"MixedInstancesPolicy.InstancesDistribution.DistributionSegments.TargetCapacityTypes", forbids, "Reserved capacity is paid for whether it is used or not.", segmented},
	{"MixedInstancesPolicy.InstancesDistribution.OnDemandAllocationStrategy", freeOf, "How the group chooses among its own on-demand types. We take what is best of the list.", nil},
	{"MixedInstancesPolicy.InstancesDistribution.OnDemandBaseCapacity", honoured, "So many stay on-demand; if keep-on-demand is more, that counts.", nil},
	{"MixedInstancesPolicy.InstancesDistribution.OnDemandPercentageAboveBaseCapacity", forbids, "Below 100 the group buys spot itself.", nil},
	{"MixedInstancesPolicy.InstancesDistribution.SpotAllocationStrategy", freeOf, "At 100 % on-demand the group buys no spot.", nil},
	{"MixedInstancesPolicy.InstancesDistribution.SpotInstancePools", freeOf, "At 100 % on-demand the group buys no spot.", nil},
	{"MixedInstancesPolicy.InstancesDistribution.SpotMaxPrice", freeOf, "At 100 % on-demand the group buys no spot.", nil},
	{"MixedInstancesPolicy.LaunchTemplate.LaunchTemplateSpecification.LaunchTemplateId", honoured, "what replacements are launched from", nil},
	{"MixedInstancesPolicy.LaunchTemplate.LaunchTemplateSpecification.LaunchTemplateName", honoured, "what replacements are launched from", nil},
	{"MixedInstancesPolicy.LaunchTemplate.LaunchTemplateSpecification.Version", honoured, "what replacements are launched from", nil},
	{"MixedInstancesPolicy.LaunchTemplate.Overrides.ImageId", forbids, "Replacements are launched from one template.", ownImages},
	{"MixedInstancesPolicy.LaunchTemplate.Overrides.InstanceRequirements", forbids, "Which types the owner wants is not listed.", byRequirements},
	{"MixedInstancesPolicy.LaunchTemplate.Overrides.InstanceType", honoured, "Replacements are of these types only.", nil},
	{"MixedInstancesPolicy.LaunchTemplate.Overrides.LaunchTemplateSpecification.LaunchTemplateId", forbids, "Replacements are launched from one template.", ownTemplates},
	{"MixedInstancesPolicy.LaunchTemplate.Overrides.LaunchTemplateSpecification.LaunchTemplateName", forbids, "Replacements are launched from one template.", nil},
	{"MixedInstancesPolicy.LaunchTemplate.Overrides.LaunchTemplateSpecification.Version", forbids, "Replacements are launched from one template.", nil},
	{"MixedInstancesPolicy.LaunchTemplate.Overrides.WeightedCapacity", forbids, "One instance cannot stand for another of another weight.", nil},
	{"NewInstancesProtectedFromScaleIn", honoured, "A replacement is protected like the group's own.", nil},
	{"Operator.Principal", forbids, "Another AWS service manages the group.", operatedGroup},
	{"PlacementGroup", forbids, "A cluster placement group takes few types.", nil},
	{"PredictedCapacity", freeOf, "What predictive scaling does shows in desired.", nil},
	{"ServiceLinkedRoleARN", freeOf, "The group's own calls need it.", nil},
	{"Status", honoured, "A group that is being deleted is left to it.", nil},
	{"SuspendedProcesses.ProcessName", forbids, "Some processes are needed to put a replacement in service.", nil},
	{"SuspendedProcesses.SuspensionReason", freeOf, "", nil},
	{"Tags.Key", honoured, "opt-in, settings, and what replacements carry", nil},
	{"Tags.PropagateAtLaunch", honoured, "what replacements carry", nil},
	{"Tags.ResourceId", freeOf, "", nil},
	{"Tags.ResourceType", freeOf, "", nil},
	{"Tags.Value", honoured, "opt-in, settings, and what replacements carry", nil},
	{"TargetGroupARNs", honoured, "readiness", nil},
	{"TerminationPolicies", freeOf, "The coordinator names whom it retires.", nil},
	{"TrafficSources.Identifier", honoured, "readiness", nil},
	{"TrafficSources.Type", honoured, "readiness", nil},
	{"VPCZoneIdentifier", honoured, "where replacements may be", nil},
	{"WarmPoolConfiguration", forbids, "A warm pool cannot hold spot instances.", nil},
	{"WarmPoolSize", freeOf, "", nil},
}

// unservableGroup tells why what a group's description says cannot be served, and what its owner can do; empty if it can, as far as this table knows.
func unservableGroup(g types.AutoScalingGroup) (why, step string) {
	for _, f := range groupFields {
		if f.refuse != nil {
			if why := f.refuse(g); why != "" {
				return why, groupSteps[f.name]
			}
		}
	}
	return "", ""
}

func reservedGroup(g types.AutoScalingGroup) string {
	c := g.CapacityReservationSpecification
	if c == nil {
		return ""
	}
	switch c.CapacityReservationPreference {
	case types.CapacityReservationPreferenceCapacityReservationsOnly, types.CapacityReservationPreferenceCapacityReservationsFirst:
		return fmt.Sprintf("the group launches into capacity reservations (%s), which are paid for whether they are used or not", c.CapacityReservationPreference)
	}
	if t := c.CapacityReservationTarget; t != nil && len(t.CapacityReservationIds)+len(t.CapacityReservationResourceGroupArns) > 0 {
		return "the group names capacity reservations, which are paid for whether they are used or not"
	}
	return ""
}

// noRoomAbove: the policy bounds how many may be in service while instances are replaced, in percent of desired; -1 is no bound.
func noRoomAbove(g types.AutoScalingGroup) string {
	p := g.InstanceMaintenancePolicy
	if p == nil || p.MaxHealthyPercentage == nil || *p.MaxHealthyPercentage < 0 {
		return ""
	}
	most, desired := int(*p.MaxHealthyPercentage), int(aws.ToInt32(g.DesiredCapacity))
	if desired == 0 || desired*most >= 100*(desired+1) {
		return ""
	}
	need := (100*(desired+1) + desired - 1) / desired
	return fmt.Sprintf("the instance maintenance policy allows %d %% of %d instances at a time, and a swap needs one more for a while: set MaxHealthyPercentage to %d or more to be served", most, desired, min(need, 200))
}

func operatedGroup(g types.AutoScalingGroup) string {
	if o := g.Operator; o != nil && aws.ToString(o.Principal) != "" {
		return fmt.Sprintf("%s manages this group and would undo what we do", aws.ToString(o.Principal))
	}
	return ""
}

// targetGroupsOf are the group's target groups, however they were attached; balancersOf its classic load balancers; latticeOf VPC Lattice's target groups.
func targetGroupsOf(g types.AutoScalingGroup) []string { return sources(g.TargetGroupARNs, g, "elbv2") }
func balancersOf(g types.AutoScalingGroup) []string    { return sources(g.LoadBalancerNames, g, "elb") }
func latticeOf(g types.AutoScalingGroup) []string      { return sources(nil, g, "vpc-lattice") }

func sources(list []string, g types.AutoScalingGroup, kind string) []string {
	all := slices.Clone(list)
	for _, s := range g.TrafficSources {
		if id := aws.ToString(s.Identifier); aws.ToString(s.Type) == kind && !slices.Contains(all, id) {
			all = append(all, id)
		}
	}
	return all
}
