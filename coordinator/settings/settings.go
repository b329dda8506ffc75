// Package settings holds what the owner of a group can ask for: one table of settings, from which the installation's flags,
// the tags of a group and docs/configuration.md are made. It is pure: text in, values or an error out.
//
// A value that cannot be read never silently means the default: the error names the tag, the value and what to write, and
// the group is refused with it.
package settings

import "time"

// Settings are the rules' parameters for one group: the installation's defaults with the group's tags over them.
type Settings struct {
	// KeepOnDemand is how many instances stay on-demand: an owner's floor, for savings plans and reserved instances too.
	KeepOnDemand Amount
	// AtOnce is how many gradual replacements may be under way together, one at least.
	AtOnce Amount

	Allow, Deny    []string // instance types with wildcards; Current in Allow stands for the victim's own type
	AllowBurstable bool
	CurrentOnly    bool    // no types of a previous generation for one of the current
	Margin         float64 // the least saving, as a fraction of the on-demand price, that is worth a swap

	Attach    Attach        // what a replacement must have come to before it becomes a member
	DrainWith DrainWith     // how work that runs comes to its end before an instance is retired
	Grace     time.Duration // how long an application that nobody probes is given to come up
	GraceSaid bool          // somebody has set it
	Probe     string        // how spotd asks whether the application is up; empty leaves it to the image
	BootLimit time.Duration // a replacement that is not ready by then, beyond Grace, goes
	Drain     time.Duration // how long the group is given to drain an instance that AWS takes
	Dwell     time.Duration // the least time on on-demand after a fallback, before spot is tried again

	Window Window // when gradual replacement by spot may begin

	AllowMaxOne bool // serve groups of MaxSize 1, which often means "never two"
	SkipHooks   bool // serve groups with launching lifecycle hooks though attach does not run them
	// Accept holds the needs of the group's user data that its owner has answered for.
	Accept    []string
	StatusTag bool // write what is done or refused, and why, to a tag of the group

	// GP2Threshold converts gp2 volumes smaller than so many GiB to gp3; 0 converts none.
	GP2Threshold int

	NoSpotd        bool // what is launched carries no spotd
	MinimalProfile bool // give the installation's instance profile to what is launched for groups that have none
}

// Attach is when a replacement becomes a member.
type Attach string

// The times of an attach.
const (
	// AttachAuto: as soon as it runs where its boot needs membership and where somebody waits for it, else once its boot is over where a load
	// balancer tells whether it serves, else once it is ready.
	AttachAuto    Attach = "auto"
	AttachReady   Attach = "ready"
	AttachRunning Attach = "running"
)

// DrainWith is how work that runs on an instance comes to its end before the instance is retired.
type DrainWith string

// The ways to drain.
const (
	// DrainAuto: by a terminating lifecycle hook where the group has one, else by the ECS API where the instances are hosts of a cluster, else by
	// spotd where it was heard that it can be asked.
	DrainAuto DrainWith = "auto"
	// DrainNone: running work may end.
	DrainNone DrainWith = "none"
	DrainECS  DrainWith = "ecs"
	DrainHook DrainWith = "hook"
	// DrainCommand: spotd on the instance runs its owner's drain handlers when it is asked to.
	DrainCommand DrainWith = "command"
)

// Needs are what user data may need of the group, or do to what others share: the words of Settings.Accept, and of a plan.
func Needs() []string {
	return []string{"membership", "cloudformation-helpers", "launch-hook", "address", "volume", "interface", "route", "dns", "quorum", "kubernetes", "ecs", "runner", "worker", "license"}
}

// Current, in a list of allowed types, stands for the type of the instance that is to be replaced.
const Current = "current"

// Amount is a number of instances or a fraction of the group.
type Amount struct {
	Count    int
	Fraction float64 // 0 to 1; only where Count is 0
}

// Up is the amount of a group of that size, rounded up.
func (a Amount) Up(size int) int {
	n := int(a.Fraction * float64(size))
	if float64(n) < a.Fraction*float64(size)-1e-9 {
		n++
	}
	return a.Count + n
}

// Down is the amount of a group of that size, rounded down.
func (a Amount) Down(size int) int { return a.Count + int(a.Fraction*float64(size)+1e-9) }
