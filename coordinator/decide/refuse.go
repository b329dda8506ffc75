package decide

import (
	"fmt"
	"iter"
	"slices"
	"strings"
)

// Rung is what may be done for a group in its state, from everything down to nothing (docs/protocol.md, The ladder).
type Rung int

// The rungs of the ladder. Each includes what those below it allow.
const (
	CloseOnly Rung = iota // what was opened is closed: debts, lease, protection, orphans
	Release               // and who has a notice is released in time, so that the group replaces and drains it
	Answer                // and notices are answered by replacements
	Serve                 // and swaps are begun, and what the group lacks is filled
)

// Refusal gives the reason why a group cannot be served safely, empty if it can. The first that holds is given; the order is
// from what is certain to what may pass.
func Refusal(w World) string {
	_, why := rungOf(w)
	return why
}

// Step is what the owner of a refused group can do about the reason that Refusal gives; empty where nothing is known to help.
func Step(w World) string {
	for _, r := range refusals {
		if w.Group.Found && r.why(w) != "" {
			return r.step(w)
		}
	}
	return ""
}

// rungOf is on which rung the group stands, and why it is not the highest. Where several reasons hold, the lowest rung counts.
func rungOf(w World) (rung Rung, reason string) {
	rung = Serve
	if !w.Group.Found {
		return rung, ""
	}
	for _, r := range refusals {
		why := r.why(w)
		if why == "" {
			continue
		}
		if reason == "" {
			reason = why
		}
		rung = min(rung, r.rung)
	}
	return rung, reason
}

// refusal is one reason not to serve a group, what may be done for it all the same, and what its owner can do about it.
type refusal struct {
	rung Rung
	why  func(World) string
	step func(World) string
}

// refusals is the table of reasons, asked in order. What passes by itself, or with a correction, leaves notices answered. Where a replacement of
// ours could not be put in service, the group's own is the better one.
var refusals = []refusal{
	{Answer, func(w World) string { return when(w.Group.BadTag != "", "%s", w.Group.BadTag) }, always("correct the tag that the reason names")},
	{CloseOnly, func(w World) string { return when(w.Group.Deleting, "the group is being deleted") }, always("")},
	{Release, func(w World) string {
		return when(w.Group.OtherOwner != "", "%s manages this group and would undo what we do: use its own spot settings", w.Group.OtherOwner)
	}, ownersStep},
	{CloseOnly, func(w World) string { return w.Group.Environment.Temporary }, always("tag the environment's own group instead, or the environment")},
	{Release, single, singleStep},
	{Release, func(w World) string { return w.Group.Unservable }, func(w World) string { return w.Group.UnservableStep }},
	{Release, otherTool, always("take the group out of the other tool's care; if the tool is gone, take its tags off the instance")},
	{Release, func(w World) string {
		return when(w.Group.MixedInstances, "the group has a mixed instances policy: it chooses between on-demand and spot itself")
	}, always(ownPolicy + ", or set it to 100 to have us choose")},
	{Release, func(w World) string {
		return when(w.Group.Weighted, "the group counts capacity in weights, not in instances: one instance cannot stand for another")
	}, always("remove the weights, and let the group count units; or keep them, and " + ownPolicy)},
	{Release, func(w World) string {
		return when(w.Group.CapacityRebalance, "capacity rebalancing is on: two controllers would answer the same signal; turn it off to be served")
	}, always("turn it off: aws autoscaling update-auto-scaling-group --no-capacity-rebalance")},
	{Release, func(w World) string {
		return when(w.Group.WarmPool, "the group has a warm pool, which cannot hold spot instances")
	}, always("delete the warm pool (aws autoscaling delete-warm-pool), or leave the group on-demand: AWS combines warm pools with no kind of spot")},
	{Release, func(w World) string {
		return when(!w.Group.HasTemplate, "the group has no launch template or launch configuration")
	}, always("give the group a launch template")},
	{Answer, func(w World) string { return when(w.Template.Unreadable != "", "%s", w.Template.Unreadable) }, func(w World) string { return w.Template.Step }},
	{Answer, func(w World) string { return when(w.Group.Unseen != "", "%s", w.Group.Unseen) }, always("give the function the right that the reason names: the stack and the module have it, spotctl up again")},
	{Release, needs, needsStep},
	{Release, undrainable, undrainableStep},
	{Answer, unheard, always(installSpotd)},
	{Release, tenancy, always("launch with default tenancy, and into no capacity reservation")},
	{Release, placement, always("use a spread or partition placement group, or none")},
	{Release, hooks, hooksStep},
	{Release, maxOne, always("set MaxSize to 2, or tag the group autospotting:" + allowMaxOne + " if two may run for minutes")},
	{CloseOnly, suspended("Launch", "Terminate"), resume}, // released, nobody would come in its place, or it would not go
	{Release, suspended("AddToLoadBalancer", "HealthCheck", "ReplaceUnhealthy"), resume},
	{Release, func(w World) string {
		return when(w.Group.NoSubnets != "", "%s", w.Group.NoSubnets)
	}, always("name the group's subnets (VPCZoneIdentifier)")},
	{Answer, func(w World) string {
		return when(w.Group.Refreshing, "an instance refresh is under way: it replaces the instances itself")
	}, always("wait until the instance refresh is over")},
	{Answer, stack, always("wait until the stack is done")},
	{Release, environment, environmentStep},
}

// ownPolicy is the native way to spot: the group launches it itself, so that its hooks, weights and deployments work.
const ownPolicy = "set OnDemandPercentageAboveBaseCapacity of the group's own mixed instances policy"

// ownersSpot is how those who manage groups buy spot themselves.
var ownersSpot = map[string]string{
	"EKS":                      "give the node group the capacity type SPOT, or use Karpenter",
	"AWS Batch":                "use a compute environment of type SPOT",
	"an ECS capacity provider": "give the provider's group a mixed instances policy, and turn the provider's managed instance draining on",
	"EMR":                      "use instance fleets or groups with spot capacity",
	"GameLift":                 "use a fleet of type SPOT; for FleetIQ, the balancing strategy SPOT_PREFERRED",
}

func ownersStep(w World) string { return ownersSpot[w.Group.OtherOwner] }

func always(text string) func(World) string { return func(World) string { return text } }

func when(holds bool, format string, args ...any) string {
	if !holds {
		return ""
	}
	return fmt.Sprintf(format, args...)
}

// launchTags are set by other tools on the spot instances that they launch. What people set on groups, settings and the opt-in tag, is no sign:
// the predecessor's opt-in tag is ours too.
var launchTags = map[string]string{
	"launched-by-autospotting": "AutoSpotting", "launched-for-asg": "AutoSpotting", "spotinst:aws:ec2:group:id": "Spot by Flexera (Elastigroup)",
	"spotinst:ocean:id": "Spot by Flexera (Ocean)", "xosphere:instance-orchestrator:authorized": "Xosphere", "karpenter.sh/nodepool": "Karpenter", "karpenter.sh/provisioner-name": "Karpenter",
}

// otherTool refuses a group in which another tool has launched a member that lives: two would take turns in undoing each other.
func otherTool(w World) string {
	for _, i := range w.Instances {
		if i.LaunchedBy != "" && i.Member && i.Live() {
			return fmt.Sprintf("%s launched %s in this group: two controllers would undo each other's work; take the group out of its care to be served, and if it is gone from the account already, take its tags off the instance", i.LaunchedBy, i.ID)
		}
	}
	return ""
}

// LaunchedBy names the tool whose tag an instance carries, given the keys of its tags; empty where there is none.
func LaunchedBy(keys iter.Seq[string]) string {
	first := ""
	for key := range keys {
		if launchTags[key] != "" && (first == "" || key < first) {
			first = key
		}
	}
	return launchTags[first]
}

// tenancy refuses groups whose members are bought in a way that spot does not know.
func tenancy(w World) string {
	for _, i := range w.Instances {
		switch {
		case !i.Member:
		case i.Tenancy == "dedicated" || i.Tenancy == "host":
			return fmt.Sprintf("%s runs with %s tenancy, and so would its replacement have to", i.ID, i.Tenancy)
		case i.Reserved:
			return i.ID + " runs in a capacity reservation, which is paid for whether it is used or not"
		}
	}
	return ""
}

// placement refuses what other types may not enter. Cluster placement groups take few types, and not all of them together.
func placement(w World) string {
	name, strategy := w.Group.PlacementGroup, w.Group.PlacementStrategy
	if name == "" || strategy == "spread" || strategy == "partition" {
		return ""
	}
	if strategy == "" {
		return fmt.Sprintf("the placement group %s may not hold other instance types, and its strategy could not be read", name)
	}
	return fmt.Sprintf("the placement group %s (%s) cannot be relied on to hold other instance types", name, strategy)
}

const allowMaxOne = "allow-max-size-one=true"

// alone are the needs with which two instances at once break something, whoever of them is a member. What a terminating hook drains is among them: in
// a group of one the owner has seen to it that there is one worker.
var alone = []string{"address", "volume", "interface", "route", "dns", "quorum", "license", "worker", "runner"}

// maxOne refuses a group of one where it is not known that two may run for minutes. Behind a load balancer they may: it is made for several. Elsewhere
// what the user data does tells. Before it was looked at there is nothing to say.
func maxOne(w World) string {
	const often = "MaxSize is 1, which often means that two must never run, and a swap needs two for a while. The tag autospotting:" + allowMaxOne + " allows it"
	t, list := w.Template, Needs(w)
	switch {
	case w.Group.Max != 1 || w.Settings.AllowMaxOne || w.Group.LoadBalanced:
		return ""
	case t.Hash == "":
		return when(w.missing(ReadTemplate), often+". The launch template, which would tell, cannot be read")
	case t.NeedsUnread != "":
		return often + ". What the user data does is not known: " + t.NeedsUnread
	}
	for _, name := range alone {
		if i := indexOf(list, name); i >= 0 && !slices.Contains(w.Settings.Accept, name) {
			return fmt.Sprintf(often+", and so does autospotting:accept=%s: there is the need for it (%s)", name, list[i].Place())
		}
	}
	return when(t.Clocked != "", often+". Something runs by the clock (user data, %s), and would run twice", t.Clocked)
}

func resume(w World) string {
	return "resume what is suspended: aws autoscaling resume-processes --auto-scaling-group-name " + w.Group.Name
}

// suspended refuses a group of which one of these processes is suspended. Without load balancers there is nothing to be added to.
func suspended(processes ...string) func(World) string {
	return func(w World) string {
		for _, p := range processes {
			if slices.Contains(w.Group.Suspended, p) && (p != "AddToLoadBalancer" || w.Group.LoadBalanced) {
				return "the process " + p + " is suspended: a replacement could not be put in service or watched; resume it to be served"
			}
		}
		return ""
	}
}

// stack refuses a group whose CloudFormation stack is changing: a rolling update replaces the instances itself.
func stack(w World) string {
	s := w.Group.StackStatus
	if !strings.HasSuffix(s, "_IN_PROGRESS") {
		return ""
	}
	return fmt.Sprintf("its CloudFormation stack is changing (%s): a rolling update replaces the instances itself", s)
}

// Launches tells whether something may have to be launched for the group as it stands, so that its template and the market are to be read. For a
// group that is refused this is so only where AWS takes an instance, or something is under way.
func Launches(w World) bool {
	rung, _ := rungOf(w)
	if rung != Answer {
		return rung == Serve
	}
	return len(w.Record.Notices) > 0 || len(w.Record.Intents) > 0 || slices.ContainsFunc(w.Instances, noticed) ||
		slices.ContainsFunc(w.Heard, func(h Hint) bool { return h.Kind == HeardTerminating })
}
