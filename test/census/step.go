package census

import (
	"slices"
	"strings"

	"autospotting/pkg/cloudsim"
	"autospotting/test/census/app"
)

// steps are what an owner does who takes the step that the product names, found by words of it. What means another product in the place of the
// group, such as a NAT gateway, and what only means to leave the group alone, is no step by which the group is served.
var steps = []struct {
	words string
	take  func(Setup) Setup
}{
	{"terminating lifecycle hook", func(s Setup) Setup {
		s.Group.Hooks = append(slices.Clone(s.Group.Hooks), cloudsim.Hook{Name: drainHook, Transition: cloudsim.HookTerminating})
		return s
	}},
	{"give them a role", func(s Setup) Setup {
		return s.without(wording{role: " --role app-instance-role"}, app.Stack)
	}},
	{"put a load balancer before the group", func(s Setup) Setup {
		s.Group.TargetGroups = []string{targetGroup}
		return s.without(wording{}, app.Address, app.Interface, app.DNS)
	}},
	{"put into the image what does not need it", func(s Setup) Setup {
		return s.without(wording{quiet: true}, app.Membership, app.LaunchHook)
	}},
	{"use a file system or a volume for each instance", func(s Setup) Setup { return s.without(wording{}, app.Volume) }},
	{"use license included images", func(s Setup) Setup { return s.without(wording{}, app.License) }},
	{"capacity rebalancing", func(s Setup) Setup { s.Group.CapacityRebalance = false; return s }},
}

// Take does the step; false where it is none that this package knows how to take.
func (s Setup) Take(step string) (Setup, bool) {
	for _, one := range steps {
		if step != "" && strings.Contains(step, one.words) {
			return one.take(s), true
		}
	}
	return s, false
}
