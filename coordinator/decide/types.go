package decide

import "autospotting/coordinator/decide/view"

// What the APIs said is the view's to judge; these are its types, under the names that observers and callers of Decide use.
type (
	// Group is the Auto Scaling group as described.
	Group = view.Group
	// Instance is one EC2 instance and, if Member, its place in the group.
	Instance = view.Instance
	// Environment is an Elastic Beanstalk environment.
	Environment = view.Environment
	// Container is what ECS says of an instance that is a host of a cluster.
	Container = view.Container
	// Activity is one scaling activity.
	Activity = view.Activity
	// ActivityKind classifies a scaling activity by its cause.
	ActivityKind = view.ActivityKind
)

// The kinds of scaling activities that matter to a debt.
const (
	UserShrink  = view.UserShrink
	UserReplace = view.UserReplace
	Unhealthy   = view.Unhealthy
	GroupTook   = view.GroupTook
	Attach      = view.Attach
	Resize      = view.Resize
	OtherChange = view.OtherChange
)

// BalancerHealthy is Instance.Balancer of a target that is healthy wherever it is registered.
const BalancerHealthy = view.BalancerHealthy

// BalancerUnknown is Instance.Balancer where a load balancer could not be asked.
const BalancerUnknown = view.BalancerUnknown
