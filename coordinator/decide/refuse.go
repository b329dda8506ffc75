package decide

import (
	"fmt"
	"slices"
	"strings"
)

// Refusal gives the reason why an enabled group cannot be served safely, empty if it can.
func Refusal(w World) string {
	g := w.Group
	switch {
	case !g.Found || !g.Enabled:
		return ""
	case g.OtherOwner != "":
		return g.OtherOwner + " manages this group and would undo what we do: use its own spot settings"
	case g.MixedInstances:
		return "the group has a mixed instances policy: it chooses between on-demand and spot itself"
	case g.CapacityRebalance:
		return "capacity rebalancing is on: two controllers would answer the same signal; turn it off to be served"
	case g.WarmPool:
		return "the group has a warm pool, which cannot hold spot instances"
	case !g.HasTemplate:
		return "the group has no launch template"
	case w.Template.Unreadable != "":
		return w.Template.Unreadable
	case len(g.LaunchHooks) > 0 && !w.Settings.SkipHooks:
		return fmt.Sprintf("launching lifecycle hooks (%s) do not run for attached instances: an instance would serve half-made", strings.Join(g.LaunchHooks, ", "))
	case g.Max == 1 && !w.Settings.AllowMaxOne:
		return "MaxSize is 1, which often means that two must never run: a swap needs two for a while"
	case g.Refreshing:
		return "an instance refresh is under way"
	}
	for _, p := range []string{"Launch", "Terminate", "AddToLoadBalancer", "HealthCheck", "ReplaceUnhealthy"} {
		if slices.Contains(g.Suspended, p) {
			return "the process " + p + " is suspended: a replacement could not be put in service or watched"
		}
	}
	return ""
}
