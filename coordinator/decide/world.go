// Package decide turns what is known about one group into what to do next. It is pure: a World in, a Plan out;
// no I/O, no clock, no SDK, no logging. The exact rules are those of the protocol (docs/protocol.md).
//
// Decide is called in rounds: observe, decide, write the record, apply the actions, learn from the answers,
// and observe again. A plan therefore holds only steps that are right on the world it was given, and no step
// relies on the success of an earlier one of the same plan.
package decide

import (
	"strings"
	"time"

	"autospotting/coordinator/ledger"
	"autospotting/coordinator/market"
	"autospotting/coordinator/settings"
)

// World is all that a decision may depend on.
type World struct {
	Now       time.Time
	Settings  settings.Settings
	Group     Group
	Instances []Instance // the group's members and every instance that carries our group tag
	Record    ledger.Record
	Heard     []Hint
	// Glance says that nothing but the group's description and its members was read, since nothing has to be done (see Idle).
	Glance   bool
	Template Template
	Catalog  market.Catalog
	Unpriced string // why there is no Catalog now; empty if there is
	// Activities are the group's scaling activities since the oldest open pair, newest first; read only while
	// a pair is open or the group is short of members. Unread tells that they were wanted and could not be read.
	Activities []Activity
	Unread     bool
}

// Group is the Auto Scaling group as described.
type Group struct {
	Name              string
	Found             bool
	Enabled           bool   // the owner opted in
	BadTag            string // why a setting's tag cannot be read
	Deleting          bool
	Min, Max, Desired int
	Subnets           map[string]string // by zone
	NoSubnets         bool              // the description names none
	NewProtected      bool              // new instances are protected from scale-in
	Tags              map[string]string // those that are propagated at launch

	HasTemplate       bool     // launched from a launch template
	LaunchHooks       []string // lifecycle hooks that run at launch
	Suspended         []string // processes
	MixedInstances    bool
	CapacityRebalance bool
	WarmPool          bool
	Weighted          bool   // sizes count something else than instances
	PlacementGroup    string // its name, where the group has one
	PlacementStrategy string // cluster, partition or spread; empty where it is not known
	LoadBalanced      bool   // behind target groups or classic load balancers
	Refreshing        bool   // an instance refresh is under way
	Stack             string // id of the CloudFormation stack that the group belongs to
	StackStatus       string // of that stack
	Unseen            string // what would have to be known to serve the group and could not be read, for good
	OtherOwner        string // a service that manages the group itself: EKS, Batch, Elastic Beanstalk …
	StatusTag         string // what our status tag says now
}

// Instance is one EC2 instance and, if Member, its place in the group.
type Instance struct {
	ID, Type, Zone string
	Spot           bool
	State          string // EC2's: pending, running, shutting-down, terminated, stopping, stopped
	Launched       time.Time
	StatusOK       bool   // both EC2 status checks passed
	SpotStatus     string // status code of the spot request
	SpotStatusAt   time.Time
	Ours           bool   // our tag and the reserved fleet or template tag that only AWS can set
	Nonce          string // of the launch, from our tag

	Member      bool
	Listed      bool   // in the group's own description, which shows desired capacity as of the same moment
	Lifecycle   string // Auto Scaling's lifecycle state
	Healthy     bool
	Balancer    string // health in the load balancers: healthy, or what is against it; empty where none is known
	Protected   bool   // from scale-in
	Undeletable bool   // EC2 termination protection
	Unchecked   bool   // whether EC2 protects it from termination was not read
	Product     string // by which spot is priced: Linux/UNIX, Windows …
	Tenancy     string // default, dedicated or host; empty is default
	Reserved    bool   // runs in a capacity reservation, which is paid for anyhow
	Foreign     bool   // a member of another group
}

// Live tells whether the instance exists and is not on its way out.
func (i Instance) Live() bool { return i.State == "pending" || i.State == "running" }

// Serving tells whether the instance counts as capacity: in service, healthy, also in the load balancers, and running.
func (i Instance) Serving() bool {
	return i.Member && i.Lifecycle == "InService" && i.Healthy && i.State == "running" && (i.Balancer == "" || i.Balancer == BalancerHealthy)
}

// BalancerHealthy is Instance.Balancer of a target that is healthy wherever it is registered.
const BalancerHealthy = "healthy"

// Leaving tells whether the group has already let the member go.
func (i Instance) Leaving() bool {
	switch i.Lifecycle {
	case "Terminated", "Detaching", "Detached":
		return true
	}
	return strings.HasPrefix(i.Lifecycle, "Terminating") // :Wait, :Proceed, :Retained
}

// Resting tells whether its owner took the member out of service without letting it go: it is no capacity, and nobody's to retire.
func (i Instance) Resting() bool { return i.Lifecycle == "Standby" || i.Lifecycle == "EnteringStandby" }

// HintKind is what a message was about.
type HintKind string

// The kinds of hints. A hint says where to look and what was heard; facts come from the APIs.
const (
	HeardHello       HintKind = "hello"
	HeardStarted     HintKind = "started"
	HeardReady       HintKind = "ready"
	HeardTerminating HintKind = "terminating"
	HeardRebalance   HintKind = "rebalance"
	HeardChange      HintKind = "change" // an instance or the group changed: look
)

// FromSpotd is the source of what a report said.
const FromSpotd = "spotd"

// Hint is one message about the group, already decoded and checked for who said it.
type Hint struct {
	Kind     HintKind  `json:"kind"`
	Instance string    `json:"instance,omitempty"`
	At       time.Time `json:"at,omitzero"`
	Deadline time.Time `json:"deadline,omitzero"`
	Action   string    `json:"action,omitempty"`
	// Trusted is set for a verified signature, and for what came from EventBridge.
	Trusted bool   `json:"trusted,omitempty"`
	Source  string `json:"source,omitempty"`
}

// Template is what a replacement would be launched from.
type Template struct {
	// Hash identifies source template, resolved version, image and user data.
	Hash string
	// Type is the instance type that the owner's template names; empty where it names none.
	Type string
	// ID and Version are our own template made from it; empty until it exists.
	ID, Version string
	// Need is what the image and the block devices ask of an instance type; its victim fields are filled here.
	Need market.Need
	// Unreadable is the reason why there is no template; empty if there is one.
	Unreadable string
	// Notes say how what is launched differs from what the owner's template says, and why spotd is not on board.
	Notes []string
}

// ActivityKind classifies a scaling activity by its cause.
type ActivityKind string

// The kinds of scaling activities that matter to a debt.
const (
	UserShrink  ActivityKind = "user-shrink"  // retired by a request that lowered desired
	UserReplace ActivityKind = "user-replace" // retired by a request that kept desired
	Unhealthy   ActivityKind = "unhealthy"    // replaced after a failed health check or an interruption
	GroupTook   ActivityKind = "group-took"   // taken out by the group itself: scale-in, zone rebalancing
	Attach      ActivityKind = "attach"       // attached by request
	Resize      ActivityKind = "resize"       // desired was named by an owner or a schedule
	OtherChange ActivityKind = "other"
)

// Activity is one scaling activity.
type Activity struct {
	Instance string
	Kind     ActivityKind
	// At is when it began; for Resize when desired was named, which may be long before an instance followed.
	At     time.Time
	Failed bool
	// Launching is set where the group launched, or tried to, whatever the cause.
	Launching bool
	// Desired is the capacity that the cause says desired was changed to, 0 if it says nothing of it. DesiredAt is when, which may be
	// before At; zero where it is not told.
	Desired   int
	DesiredAt time.Time
}

// named is when desired was changed.
func (a Activity) named() time.Time {
	if a.DesiredAt.IsZero() {
		return a.At
	}
	return a.DesiredAt
}
