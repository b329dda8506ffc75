package census

import (
	"maps"
	"slices"
	"strings"

	"autospotting/pkg/cloudsim"
	"autospotting/test/census/app"
)

// steps are what an owner does who takes the step that the product names, found by words of it. What means another product in the place of the
// group, such as a NAT gateway or its own policy's spot, and what only means to leave the group alone, is no step by which the group is served. Nor is one whose condition
// does not hold: an owner who is asked whether instances are whole without their hook tells the truth.
var steps = []struct {
	words string
	where func(Setup) bool
	take  func(Setup) Setup
}{
	{"autospotting:minimal-profile=true", always, func(s Setup) Setup { return s.tagged("autospotting:minimal-profile", "true") }},
	{"delete the warm pool", always, func(s Setup) Setup { s.Group.WarmPool = false; return s }},
	{"terminating lifecycle hook", always, func(s Setup) Setup {
		s.Group.Hooks = append(slices.Clone(s.Group.Hooks), cloudsim.Hook{Name: drainHook, Transition: cloudsim.HookTerminating})
		return s
	}},
	{"give them a role", always, func(s Setup) Setup {
		return s.without(wording{role: " --role app-instance-role"}, app.Stack)
	}},
	{"put a load balancer before the group", always, func(s Setup) Setup {
		s.Group.TargetGroups = []string{targetGroup}
		return s.without(wording{}, app.Address, app.Interface, app.DNS)
	}},
	{"let the script go on where the call fails", always, func(s Setup) Setup {
		s.App.Strict, s.App.Last = false, false
		s.UserData = s.write(s.App.Needs, wording{bears: true})
		return s
	}},
	{"put into the image what does not need it", always, func(s Setup) Setup {
		return s.without(wording{quiet: true}, app.Membership, app.LaunchHook)
	}},
	{"use a file system or a volume for each instance", always, func(s Setup) Setup { return s.without(wording{}, app.Volume) }},
	{"use license included images", always, func(s Setup) Setup { return s.without(wording{}, app.License) }},
	{"--no-capacity-rebalance", always, func(s Setup) Setup { s.Group.CapacityRebalance = false; return s }},
	{"autospotting:skip-launch-hooks=true if an instance is whole without", Setup.whole, func(s Setup) Setup {
		return s.tagged("autospotting:skip-launch-hooks", "true")
	}},
	{"autospotting:allow-max-size-one=true if two may run", Setup.severalMayRun, func(s Setup) Setup {
		return s.tagged("autospotting:allow-max-size-one", "true")
	}},
}

func always(Setup) bool { return true }

func (s Setup) needs(n app.Need) bool { return slices.Contains(s.App.Needs, n) }

// whole tells whether an instance serves without its launching hook as it does with it.
func (s Setup) whole() bool { return !s.needs(app.LaunchHook) && !s.App.Strict }

// severalMayRun tells whether two may run for some minutes.
func (s Setup) severalMayRun() bool {
	return !slices.ContainsFunc([]app.Need{app.Alone, app.Quorum, app.Volume, app.Interface, app.Address, app.Route, app.DNS, app.License}, s.needs)
}

func (s Setup) tagged(key, value string) Setup {
	s.Group.Tags = maps.Clone(s.Group.Tags)
	s.Group.Tags[key] = value
	return s
}

// Take does the step; false where it is none that this package knows how to take.
func (s Setup) Take(step string) (Setup, bool) {
	for _, one := range steps {
		if step != "" && strings.Contains(step, one.words) && one.where(s) {
			return one.take(s), true
		}
	}
	return s, false
}
