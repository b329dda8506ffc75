package decide

import (
	"slices"
	"strings"
	"time"
)

// launchHook is the need of a boot that completes a launching lifecycle hook.
const launchHook = "launch-hook"

// codeDeployHook is how CodeDeploy names the hook by which it puts a revision on new instances of a group.
const codeDeployHook = "CodeDeploy-managed-automatic-launch-lifecycle-hook"

// launchHooks are all that hold what the group launches itself, whoever hears of them.
func launchHooks(w World) []string {
	return slices.Concat(w.Group.LaunchHooks, w.Group.IdleHooks, w.Group.UnheardHooks)
}

func codeDeploys(w World) bool {
	return slices.ContainsFunc(launchHooks(w), func(h string) bool { return strings.HasPrefix(h, codeDeployHook) })
}

// completesHook tells whether the boot completes a launching hook of the group of which nobody else hears: it gives nothing but that an instance is in
// service when its boot says so.
func completesHook(w World) bool {
	return indexOf(w.Template.Needs, launchHook) >= 0 && len(w.Group.LaunchHooks) == 0 && !w.Group.HooksUnread && len(launchHooks(w)) > 0
}

// StandsForHook tells whether readiness gives what such a hook does, so that it has to be proven: the owner has not said that instances are whole without.
func StandsForHook(w World) bool {
	return completesHook(w) && !w.Settings.SkipHooks && !slices.Contains(w.Settings.Accept, launchHook)
}

// hookWait is how long launching hooks wait that nobody ends. Where the boot completes the only one, and tells when it is over, the hook's timeout says
// nothing of how long that takes.
func hookWait(w World) time.Duration {
	if StandsForHook(w) && len(launchHooks(w)) == 1 {
		return 0
	}
	return w.Group.HookWait
}

// The steps by which a boot can do without its hook.
const (
	bearIt   = "let the script go on where the call fails (|| true)"
	haveTold = "let spotd on board (autospotting:minimal-profile=true where it is an instance profile that is missing), or put a load balancer before the group"
)

// hooked is what keeps a group from being served whose boot completes a launching hook; empty where nothing does. Where it has no such hook, the call
// fails on what the group launches itself, too.
func hooked(w World, a answer, where string) (answer, string) {
	told := w.Group.LoadBalanced || !w.Group.Enabled // what goes back to on-demand is proven by those before it
	switch {
	case w.Settings.SkipHooks, len(launchHooks(w)) == 0 && !w.Group.HooksUnread:
		return answer{}, ""
	case !completesHook(w):
		if w.Group.HookListener != "" {
			a.why += ". " + w.Group.HookListener
		}
	case w.Template.HookStops != "":
		a.why, a.step, where = "the boot would stop, or wait for ever, where it completes a launching lifecycle hook, which does not run for a replacement", bearIt, UserNeed{Where: w.Template.HookStops}.Place()
	case w.Template.Mute && !told:
		a.why, a.step = a.why+", and nothing would tell whether it went well: no spotd, and no load balancer", haveTold
	case w.Template.HookFails != "" && !told && !probed(w):
		a.why = "the boot counts as failed, since what it does last is to complete a launching lifecycle hook, which does not run for a replacement, and nothing else tells whether it went well"
		a.step, where = bearIt+", set autospotting:probe, or put a load balancer before the group", UserNeed{Where: w.Template.HookFails}.Place()
	default:
		return answer{}, ""
	}
	return a, where
}

func probed(w World) bool { return w.Settings.Probe != "" && w.Settings.Probe != "none" }

func hooks(w World) string {
	if codeDeploys(w) {
		return "CodeDeploy deploys to new instances of this group by a lifecycle hook, which does not run for attached instances: they would serve without a revision"
	}
	list := w.Group.LaunchHooks
	if read := w.Template.Hash != "" || w.missing(ReadTemplate); read && indexOf(w.Template.Needs, launchHook) < 0 {
		list = slices.Concat(list, w.Group.UnheardHooks) // somebody completes them, and the user data does not say who
	}
	why := when(len(list) > 0 && !w.Settings.SkipHooks,
		"launching lifecycle hooks (%s) do not run for attached instances: an instance would serve half-made; the tag autospotting:skip-launch-hooks=true allows it",
		strings.Join(list, ", "))
	if why != "" && w.Group.HookListener != "" {
		why += ". " + w.Group.HookListener
	}
	return why
}

func hooksStep(w World) string {
	if codeDeploys(w) {
		return ownPolicy + ": CodeDeploy's hook runs for what the group launches itself"
	}
	step := "tag the group autospotting:skip-launch-hooks=true if an instance is whole without them; else " + ownPolicy + ": hooks run for what the group launches itself"
	if w.Group.HookListener != "" {
		step += ". A rule that does nothing for this group can say so: name its own groups in detail.AutoScalingGroupName"
	}
	return step
}
