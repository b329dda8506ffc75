package simulate

import (
	"slices"

	"autospotting/coordinator/decide"
)

// attach is AttachInstances: desired grows by one each, and may not pass MaxSize.
func (g *group) attach(list []*instance) error {
	for _, i := range list {
		if i.state != running {
			return errNotRuning
		}
	}
	list = slices.DeleteFunc(slices.Clone(list), func(i *instance) bool { return i.member })
	if g.desired+len(list) > g.max {
		return errAtMax
	}
	for _, i := range list {
		g.desired++
		g.note(i.id, decide.Attach, 0)
		g.join(i)
	}
	g.react(groupReacts)
	return nil
}

// terminate is TerminateInstanceInAutoScalingGroup.
func (g *group) terminate(i *instance, decrement bool, by hand) error {
	switch {
	case !i.member:
		return errNotMember
	case i.lifecycle == terminating:
		return errLeaving
	case decrement && g.desired <= g.min:
		return errAtMin
	}
	kind := decide.UserReplace
	if decrement {
		g.desired--
		kind = decide.UserShrink
	}
	g.note(i.id, kind, 0)
	g.takeOut(i, by)
	return nil
}

// setMax is UpdateAutoScalingGroup with MaxSize alone: below desired it lowers desired, and scale-in chooses.
func (g *group) setMax(n int) {
	g.max = n
	if g.desired > n {
		g.desired = n
		g.react(groupReacts)
	}
}

// setDesired is SetDesiredCapacity, within the group's limits.
func (g *group) setDesired(n int) error {
	if n < g.min || n > g.max {
		return errLimits
	}
	g.desired = n
	g.note("", decide.Resize, n)
	g.react(groupReacts)
	return nil
}
