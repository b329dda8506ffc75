package cloudsim

import (
	"maps"
	"time"

	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// GroupView is what a group is now, without any read lag.
type GroupView struct {
	Name              string
	Min, Max, Desired int
	// Net is how much of Desired comes from sessions: attached minus taken with decrement, since the owner last named
	// desired. Desired - Net is what it would be without them.
	Net       int
	Zones     []string
	Tags      map[string]string
	Members   []MemberView
	Suspended []string
	// RefreshingSince is when the instance refresh began that is in progress; zero where none is.
	RefreshingSince time.Time
}

// MemberView is a member as DescribeAutoScalingGroups shows it, Instance what it is.
type MemberView struct {
	ID        string
	Zone      string
	State     string // lifecycle state
	Healthy   bool
	Protected bool
	Attached  bool   // not launched by the group itself
	Target    string // the worst that its load balancers say of it; empty where none checks it
	Instance  InstanceView
}

// InstanceView is what an instance is now.
type InstanceView struct {
	ID, Type, Zone string
	Spot           bool
	State          string // pending, running, shutting-down, terminated, stopped
	StateReason    string
	Launched       time.Time
	Running        time.Time // since when; zero while pending
	Ended          time.Time // left running for good; zero while it lives
	AppReady       bool      // the application on it answers
	Deploying      bool      // it does not, since a new version is deployed to it
	NoticeAt       time.Time // of the spot interruption
	EndsAt         time.Time // of the notice
	Group          string    // whose member it is now
	EverIn         string    // whose member it was last
	Fleet          string    // that launched it; a group's own launches have one too
	LaunchedBy     string    // the session that asked for it, "autoscaling" or "owner"
	Tags           map[string]string
	Jobs           int     // that run on it, as its guest says (Guest.Works)
	CostUSD        float64 // so far
}

func (c *Cloud) view(i *instance) InstanceView {
	c.accrue(i)
	return InstanceView{ID: i.id, Type: i.typ, Zone: i.zone, Spot: i.spot, State: string(i.state), StateReason: i.reasonCode,
		Launched: i.launched, Running: i.running, Ended: i.ended, AppReady: i.appReady, Deploying: i.deploying, NoticeAt: i.notice, EndsAt: i.end,
		Group: i.groupName(), EverIn: i.everIn, Fleet: i.fleet, LaunchedBy: i.launchedBy, Tags: maps.Clone(i.tags), Jobs: i.jobs, CostUSD: i.cost}
}

// Group shows a group; false when it does not exist.
func (c *Cloud) Group(name string) (GroupView, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	g := c.group(name)
	if g == nil {
		return GroupView{}, false
	}
	v := GroupView{Name: g.name, Min: g.min, Max: g.max, Desired: g.desired, Net: g.net, Zones: append([]string(nil), g.zones...),
		Tags: make(map[string]string, len(g.tags)), Members: make([]MemberView, 0, len(g.members)), Suspended: append([]string(nil), g.suspended...)}
	if g.refresh == astypes.InstanceRefreshStatusInProgress {
		v.RefreshingSince = g.refreshed
	}
	for _, t := range g.tags {
		v.Tags[t.key] = t.value
	}
	for _, m := range g.members {
		v.Members = append(v.Members, MemberView{ID: m.i.id, Zone: m.i.zone, State: string(m.state), Healthy: !m.unhealthy,
			Protected: m.protected, Attached: m.attached, Target: c.asked(g, m), Instance: c.view(m.i)})
	}
	return v, true
}

// Groups lists the groups' names in the order of creation.
func (c *Cloud) Groups() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []string
	for _, g := range c.groups {
		if !g.deleted {
			out = append(out, g.name)
		}
	}
	return out
}

// Concerns tells whether an instance is or was a member of the group, or carries its name in that tag.
func (c *Cloud) Concerns(instance, group, tag string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := c.byID[instance]
	return i == nil || i.groupName() == group || i.everIn == group || i.tags[tag] == group
}

// Tagged lists of all instances that ever were those that carry the tag now, in the order of launch.
func (c *Cloud) Tagged(key, value string) []InstanceView {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []InstanceView
	for _, i := range c.everTagged(key, value) {
		if v, ok := i.tags[key]; ok && v == value {
			out = append(out, c.view(i))
		}
	}
	return out
}

// Instances lists every instance that ever was, in the order of launch.
func (c *Cloud) Instances() []InstanceView {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := make([]InstanceView, 0, len(c.instances))
	for _, i := range c.instances {
		out = append(out, c.view(i))
	}
	return out
}

// Instance shows one instance; false when it never was.
func (c *Cloud) Instance(id string) (InstanceView, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if i := c.byID[id]; i != nil {
		return c.view(i), true
	}
	return InstanceView{}, false
}

// Ready counts the group's members that are InService and healthy, still run, and whose application is up; those
// under notice count.
func (c *Cloud) Ready(name string) int { return c.count(name, func(*instance) bool { return true }) }

// Undoomed is Ready without the instances under an interruption notice.
func (c *Cloud) Undoomed(name string) int {
	return c.count(name, func(i *instance) bool { return i.notice.IsZero() })
}

func (c *Cloud) count(name string, keep func(*instance) bool) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	g, n := c.group(name), 0
	if g == nil {
		return 0
	}
	for _, m := range g.members {
		if m.state == "InService" && !m.unhealthy && m.i.appReady && m.i.state == ec2types.InstanceStateNameRunning && keep(m.i) {
			n++
		}
	}
	return n
}

// Bill is what was spent, in USD. OnDemandUSD is what the owner's desired capacity would have cost on demand; Spot and
// OnDemand split SpentUSD by how the instances were bought.
type Bill struct {
	SpentUSD, SpotUSD, OnDemandPartUSD float64
	OnDemandUSD                        float64
}

// SavingsPercent is 100 x (1 - spent / on-demand), 0 while nothing would have been spent.
func (b Bill) SavingsPercent() float64 {
	if b.OnDemandUSD == 0 {
		return 0
	}
	return 100 * (1 - b.SpentUSD/b.OnDemandUSD)
}

// Bill adds up what every instance that ever was in the group has cost so far, and of the others those that mine says
// belong to it (ours that were never attached); mine may be nil.
func (c *Cloud) Bill(name string, mine func(InstanceView) bool) Bill {
	c.mu.Lock()
	defer c.mu.Unlock()
	var b Bill
	for _, i := range c.instances {
		if v := c.view(i); v.EverIn == name || (v.EverIn == "" && mine != nil && mine(v)) {
			b.SpentUSD += v.CostUSD
			if v.Spot {
				b.SpotUSD += v.CostUSD
			} else {
				b.OnDemandPartUSD += v.CostUSD
			}
		}
	}
	for _, g := range c.groups {
		if g.name == name {
			if !g.deleted {
				c.accrueBaseline(g)
			}
			b.OnDemandUSD += g.baselineUSD
		}
	}
	return b
}
