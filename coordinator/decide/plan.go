package decide

import (
	"time"

	"autospotting/coordinator/ledger"
)

// Plan is what to do next. The record is written first, if it changed; then the actions are applied in order,
// none of them after Deadline.
type Plan struct {
	Record  ledger.Record
	Changed bool
	Actions []Action
	// Fresh says that something gradual is to be done, which must not rest on what was read before: observe again with everything read anew, and decide
	// again with what was heard.
	Fresh bool
	// Gather says until when Hasten leaves the launches, so that more notices go into one; zero if it does not.
	Gather time.Time
	// Look is when to decide again even if nothing is heard; zero leaves it to the next tick.
	Look time.Time
	// Why says what was decided and what was not, with the reason, for people.
	Why []Line
	// Forget says that nothing of ours is left, so that the record itself can go.
	Forget bool
}

// Line is one reason. Instance is empty for the group as a whole.
type Line struct {
	Instance string `json:"instance,omitempty"`
	Text     string `json:"text"`
	// Heed says that somebody has to do something about it, also where the group is not served.
	Heed bool `json:"-"`
}

// ActionKind names an action.
type ActionKind string

// The actions. Each is one mutating call.
const (
	MakeTemplate ActionKind = "make-template"
	LaunchOne    ActionKind = "launch"
	RaiseMax     ActionKind = "raise-max"
	AttachSome   ActionKind = "attach"
	Retire       ActionKind = "retire" // TerminateInstanceInAutoScalingGroup
	RestoreMax   ActionKind = "restore-max"
	Protect      ActionKind = "protect"
	Unprotect    ActionKind = "unprotect"
	Terminate    ActionKind = "terminate" // ec2:TerminateInstances, for what is no member
	SetDesired   ActionKind = "set-desired"
	TagStatus    ActionKind = "tag-status"
	UntagStatus  ActionKind = "untag-status"
	Untag        ActionKind = "untag"         // our tags, from members that stay
	DropTemplate ActionKind = "drop-template" // ours
	SetDraining  ActionKind = "drain"         // ecs:UpdateContainerInstancesState
	SetActive    ActionKind = "undrain"       // the same, back again
	AskDrain     ActionKind = "ask-drain"     // ec2:CreateTags: spotd on the instance sees it
	AskNoMore    ActionKind = "ask-no-more"   // ec2:DeleteTags
)

// Action is one mutating call to make.
type Action struct {
	Kind      ActionKind     `json:"kind"`
	Instance  string         `json:"instance,omitempty"`
	Instances []string       `json:"instances,omitempty"` // attach and untag only, and several protected by one call
	Decrement bool           `json:"decrement,omitempty"` // retire only
	Max       int            `json:"max,omitempty"`
	Desired   int            `json:"desired,omitempty"` // set-desired only
	Text      string         `json:"text,omitempty"`    // tag-status and ask-drain only
	Launch    *ledger.Launch `json:"launch,omitempty"`
	Again     bool           `json:"again,omitempty"`     // launch only: it was sent before, and may have been made
	Cluster   string         `json:"cluster,omitempty"`   // drain and undrain only
	Container string         `json:"container,omitempty"` // ARN of the container instance; drain and undrain only
	Why       string         `json:"why"`
}

// Whom lists the instances that an action is about.
func (a Action) Whom() []string {
	if len(a.Instances) > 0 {
		return a.Instances
	}
	return []string{a.Instance}
}

// Failure classifies a refused or lost call.
type Failure string

// The classes of failure that a decision depends on.
const (
	Done          Failure = ""               // it worked
	NotMember     Failure = "not-member"     // "is not part of Auto Scaling group"
	AlreadyMember Failure = "already-member" // "is already part of AutoScalingGroup"
	AtMax         Failure = "at-max"         // attach would pass MaxSize
	AtMin         Failure = "at-min"         // "desiredSize equals minSize"
	Gone          Failure = "gone"           // the instance, template or group does not exist
	Mismatch      Failure = "mismatch"       // IdempotentParameterMismatch
	Throttled     Failure = "throttled"      // or the account is at a limit: later
	Invalid       Failure = "invalid"        // it will not work however often it is sent
	Lost          Failure = "lost"           // no answer: it may have worked
	Expired       Failure = "expired"        // not sent: the plan's deadline had passed
)

// Result is the answer to an action.
type Result struct {
	Failure  Failure
	Detail   string
	Launched []LaunchedOne // launch only
	Refused  []RefusedPool // launch only
	// Suspect says that a launch failed as a whole, with an error that may be one type's alone. Detail has the error.
	Suspect bool
	// Untried says that a launch failed as a whole, for the fault of what Refused names: the rest of it was not tried.
	Untried bool
}

// LaunchedOne is an instance that a launch brought.
type LaunchedOne struct{ ID, Type, Zone string }

// Owner says whose fault an error of a launch is, and so what is to be avoided after it.
type Owner string

// The owners.
const (
	OfPool     Owner = "pool"     // the type in the zone: no capacity, a price
	OfType     Owner = "type"     // the type, wherever
	OfZone     Owner = "zone"     // the subnet that there is in it, for every type
	OfTemplate Owner = "template" // whatever type is asked for
	OfQuota    Owner = "quota"    // the account's, of the type's class
	OfAccount  Owner = "account"  // the account's, whatever is asked for
	OfMoment   Owner = "moment"   // later it works
	OfUnknown  Owner = "unknown"
)

// RefusedPool is a pool that a launch could not use, with EC2's error code.
type RefusedPool struct {
	Type, Zone, Code string
	Owner            Owner
}
