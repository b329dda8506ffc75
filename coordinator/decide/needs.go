package decide

import (
	"fmt"
	"slices"

	"autospotting/coordinator/settings"
)

// UserNeed is what the owner's user data needs of the group, or does to what others share, and where it says so.
type UserNeed struct {
	Need  string `json:"need"`  // one of settings.Needs
	Where string `json:"where"` // part and line
}

// answer is what a need means for serving the group.
type answer struct {
	need string
	// beside is the need without which this one is none: helpers with a role of their own need no membership.
	beside string
	// attached is met by a replacement that is a member before its boot asks for it.
	attached bool
	// drained needs only that work is drained before an instance ends (Drain).
	drained bool
	// hooked completes a launching hook (hooked).
	hooked bool
	why    string
	step   string // what the owner may do, beside accepting it
	or     string // and what else, where there is room to say so
}

// The steps that are the same for several needs.
const (
	drainHook = "add a terminating lifecycle hook by which the work is drained"
	drainSelf = "; or " + installSpotd + ", and tag the group autospotting:drain-with=command"
	inImage   = "put into the image what does not need it"
)

// answers is the table, from what is most certain to end badly. A replacement is launched outside the group and attached when its application is
// up, so that for minutes both run, and the one that is replaced ends without a word to what runs on it unless a hook tells it.
var answers = []answer{
	{need: "quorum", why: "a replacement would join a quorum that counts the instance that it replaces", step: "leave this group on-demand, and have groups without state served"},
	{need: "address", why: "a replacement would take the address from the instance that it replaces before it serves", step: "put a load balancer before the group"},
	{need: "volume", why: "a replacement cannot attach a volume that the instance which it replaces still has", step: "use a file system or a volume for each instance"},
	{need: "interface", why: "a replacement cannot attach an interface that the instance which it replaces still has", step: "put a load balancer before the group"},
	{need: "route", why: "a replacement would take the route from the instance that it replaces before it serves", step: "use a NAT gateway"},
	{need: "dns", why: "a replacement would take the name from the instance that it replaces before it serves", step: "put a load balancer before the group"},
	{need: "license", why: "a replacement would take a license while the instance that it replaces still has it", step: "use license included images"},
	{need: helpers, beside: membership, attached: true, why: "CloudFormation's helpers need membership of the group", step: "give them a role (cfn-init --role NAME)"},
	{need: membership, attached: true, why: "the boot needs membership of the group", step: inImage},
	{need: launchHook, hooked: true, why: "the boot completes a launching lifecycle hook, which does not run for a replacement", step: "tag the group autospotting:skip-launch-hooks=true if an instance is whole without its launching hooks"},
	{need: "kubernetes", drained: true, why: "a Kubernetes node would end without its pods being moved", step: drainHook + " (AWS Node Termination Handler in queue mode does)", or: drainSelf},
	{need: "ecs", drained: true, why: "an ECS container instance would end without its tasks being moved, since it cannot be told which cluster it registers with", step: nameCluster + ", or " + drainHook + " (managed instance draining of a capacity provider does)"},
	{need: "runner", drained: true, why: "a runner would end in the middle of a job", step: drainHook, or: drainSelf},
	{need: worker, drained: true, why: "a worker would end in the middle of a job", step: drainHook, or: drainSelf},
}

// unmet is the first answer that keeps the group from being served, and where the need stands.
func unmet(w World) (a answer, where string, found bool) {
	list := Needs(w)
	for _, a := range answers {
		i := indexOf(list, a.need)
		if i < 0 || a.beside != "" && indexOf(list, a.beside) < 0 || slices.Contains(w.Settings.Accept, a.need) || a.drained && drains(w, a.need) {
			continue
		}
		where := list[i].Place()
		if a.hooked {
			if a, where = hooked(w, a, where); a.need == "" {
				continue
			}
		}
		if a.attached {
			switch {
			case tooEarly(w) != "":
				a.why += ", which a replacement gets too late: " + tooEarly(w)
			case unproven(w):
				a.why += ", and nothing would tell whether it went well: no spotd, and no load balancer"
				a.step = haveTold
			default:
				continue
			}
		}
		return a, where, true
	}
	return answer{}, "", false
}

func indexOf(list []UserNeed, need string) int {
	return slices.IndexFunc(list, func(n UserNeed) bool { return n.Need == need })
}

const (
	membership = "membership"
	helpers    = "cloudformation-helpers"
)

// needsMembership tells whether the boot asks for membership of the group, and its owner has not answered for that.
func needsMembership(w World) bool {
	return indexOf(Needs(w), membership) >= 0 && !slices.Contains(w.Settings.Accept, membership)
}

// tooEarly says why a replacement could not be a member when its boot asks for it; empty where it can.
func tooEarly(w World) string {
	if w.Settings.Attach == settings.AttachReady {
		return "autospotting:attach is ready"
	}
	return w.Template.Hasty
}

// needsHelpers tells whether the boot is by CloudFormation's helpers, which may not know an instance as soon as it is attached.
func needsHelpers(w World) bool { return indexOf(Needs(w), helpers) >= 0 }

// unproven tells whether nobody would tell whether such a boot went well.
func unproven(w World) bool {
	return needsHelpers(w) && w.Template.Mute && w.Group.Enabled && !w.Group.LoadBalanced
}

// needs refuses a group whose user data needs what a swap does not give.
func needs(w World) string {
	a, where, found := unmet(w)
	if !found {
		return ""
	}
	return fmt.Sprintf("%s (%s): %s; the tag autospotting:accept=%s allows it", a.why, where, a.step, a.need)
}

func needsStep(w World) string {
	a, _, _ := unmet(w)
	return a.step + a.or
}
