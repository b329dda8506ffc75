package view

import (
	"strings"
	"time"

	"autospotting/coordinator/ledger"
)

// Group is the Auto Scaling group as described.
type Group struct {
	Name              string
	Found             bool
	Enabled           bool   // the owner opted in
	BadTag            string // why a setting's tag cannot be read
	Deleting          bool
	Min, Max, Desired int
	Subnets           map[string]string // by zone
	NoSubnets         string            // why it is not known in which subnets replacements could be
	NewProtected      bool              // new instances are protected from scale-in
	Tags              map[string]string // those that are propagated at launch

	HasTemplate       bool          // launched from a launch template
	LaunchHooks       []string      // lifecycle hooks that run at launch
	IdleHooks         []string      // and those that only wait, and of which nobody hears
	UnheardHooks      []string      // and those that end an instance unless somebody completes them, and of which nobody hears: who completes them is on the instance
	HookWait          time.Duration // how long launching hooks wait at most that tell nobody, where nobody says that instances are whole without them
	HookListener      string        // who may hear of launch hooks that else would only wait, or why that is not known
	DrainHooks        []string      // lifecycle hooks that run before an instance ends
	HooksUnread       bool          // it is not known which hooks there are
	Suspended         []string      // processes
	MixedInstances    bool          // by a policy that buys spot itself
	Policy            bool          // it launches by a mixed instances policy
	Types             []string      // the types that the owner's policy lists, in its order; empty where it lists none
	OnDemandBase      int           // how many the owner's policy keeps on-demand
	CapacityRebalance bool
	WarmPool          bool
	Weighted          bool          // sizes count something else than instances
	PlacementGroup    string        // its name, where the group has one
	PlacementStrategy string        // cluster, partition or spread; empty where it is not known
	Grace             time.Duration // the group's own health check grace period
	LoadBalanced      bool          // behind load balancers of any kind, or VPC Lattice
	SlowStart         time.Duration // how long a target that has become healthy gets less than its share; the longest of its target groups
	Refreshing        bool          // an instance refresh is under way
	Stack             string        // id of the CloudFormation stack that the group belongs to
	StackStatus       string        // of that stack
	NoCluster         string        // why there is no ECS cluster to ask; empty where there is, or none is needed
	Unseen            string        // what would have to be known to serve the group and could not be read, for good
	NearMiss          string        // how the opt-in tag is written that is nearly the one; empty where there is none such
	Unservable        string        // why a field of its description keeps it from being served
	UnservableStep    string        // what its owner can do about that
	OtherOwner        string        // a service that manages the group itself: EKS, Batch …
	Environment       Environment   // of Elastic Beanstalk, that the group belongs to
	Print             string        // fingerprint of its description, where nothing is to be done for it as far as that tells
	StatusTag         string        // what our status tag says now
}

// Environment is an Elastic Beanstalk environment.
type Environment struct {
	ID, Name  string // by the group's tags; both empty where it belongs to none
	Temporary string // why the group is not the environment's own but one for the time of an update; empty where it is its own
	Status    string // Ready, Updating …; empty where it was not asked
	Busy      bool   // an update or a deployment is under way that could be aborted
	Worker    bool   // its tier is that of workers, which take messages from a queue
	Single    bool   // it is of one instance, with an address of its own
	Unread    string // why its status is not known
}

// Is tells whether there is one.
func (e Environment) Is() bool { return e.ID != "" || e.Name != "" }

// Instance is one EC2 instance and, if Member, its place in the group.
type Instance struct {
	ID, Type, Zone  string
	Spot            bool
	State           string // EC2's: pending, running, shutting-down, terminated, stopping, stopped
	Launched        time.Time
	EndedBy         string // code of EC2's state reason, once it is on its way out
	StatusOK        bool   // both EC2 status checks passed
	SpotStatus      string // status code of the spot request
	SpotStatusAt    time.Time
	Ours            bool   // our tags, and the reserved ones that only AWS sets: of a fleet, and of a launch template of ours of this group
	Unproven        bool   // all of these marks, but for that nothing says that the template is ours
	Unasked         bool   // and whether it is could not be read now
	Template        string // id of the launch template that it was launched from, by AWS's reserved tag
	Nonce           string // of the launch, from our tag
	TemplateVersion string // and its version, so too

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
	LaunchedBy  string // another tool, by its tag
	Arch        string // of its processor, as the image was made for
	Uses        ledger.Uses
	Reserved    bool // runs in a capacity reservation, which is paid for anyhow
	Foreign     bool // a member of another group
	Container   Container
	Ask         string // value of the tag by which spotd on it is asked to drain it; empty where it has none
}

// Container is what ECS says of an instance that is a host of a cluster, a container instance in AWS's words.
type Container struct {
	Asked bool // whether the clusters of the group know the instance
	// Cluster and ARN are empty where none knows it.
	Cluster, ARN string
	Status       string // ACTIVE, DRAINING, REGISTERING …
	Connected    bool   // its agent speaks to ECS
	Tasks        int    // that run on it, or are to
}

// Known tells whether a cluster knows the instance.
func (c Container) Known() bool { return c.ARN != "" }

// Live tells whether the instance exists and is not on its way out.
func (i Instance) Live() bool { return i.State == "pending" || i.State == "running" }

// Serving tells whether the instance counts as capacity: in service, healthy, also in the load balancers, and running.
func (i Instance) Serving() bool {
	return i.Member && i.Lifecycle == "InService" && i.Healthy && i.State == "running" && (i.Balancer == "" || i.Balancer == BalancerHealthy)
}

// BalancerUnknown is Instance.Balancer where a load balancer could not be asked: the member counts as no capacity, and as no failure.
const BalancerUnknown = "unknown"

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

// Present tells whether the instance is a member that lives, is not on its way out, and was not taken out of service by its owner.
func (i Instance) Present() bool { return i.Member && !i.Leaving() && !i.Resting() && i.Live() }

// Resting tells whether its owner took the member out of service without letting it go: it is no capacity, and nobody's to retire.
func (i Instance) Resting() bool { return i.Lifecycle == "Standby" || i.Lifecycle == "EnteringStandby" }
