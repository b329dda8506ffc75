// Package app is what runs on the instances of a group of the census: applications with the needs that real groups have. It tells the harm that
// befalls them from the cloud's truth alone. It shares no code with the recogniser of needs and none with the decisions: a test of the imports
// keeps it so.
package app

import (
	"fmt"
	"hash/fnv"
	"slices"
	"time"

	"autospotting/pkg/cloudsim"
)

// Need is what an application needs of its surroundings; the same word names the harm where it is not given.
type Need string

// The needs, and the harm that is none of a need.
const (
	Membership Need = "membership"             // the script asks for its own group when it starts
	Stack      Need = "cloudformation-helpers" // cfn-init without a role of its own
	LaunchHook Need = "launch-hook"            // it is made whole while its launching hook waits
	Address    Need = "address"
	Volume     Need = "volume"
	Interface  Need = "interface"
	Route      Need = "route"
	DNS        Need = "dns"
	License    Need = "license"
	Quorum     Need = "quorum"
	Kubernetes Need = "kubernetes"
	ECS        Need = "ecs"
	Runner     Need = "runner"
	Worker     Need = "worker"
	Alone      Need = "alone" // two at once do what must be done once: a cron on the one instance of a group of one

	// Update is the harm of what is done to an Elastic Beanstalk environment while it is updated.
	Update Need = "update"
	// Capacity is the harm of fewer applications up than the owner wants, by our hand.
	Capacity Need = "capacity"
)

// Needs lists all of them.
func Needs() []Need {
	return []Need{Membership, Stack, LaunchHook, Address, Volume, Interface, Route, DNS, License, Quorum, Kubernetes, ECS, Runner, Worker, Alone}
}

// Spec describes an application.
type Spec struct {
	Needs []Need
	// Boot is from running to where user data is run, Script how long the owner's takes.
	Boot, Script time.Duration
	// Provider: the tasks of its ECS cluster come by a capacity provider, which places none on what was attached (aws-facts 9 #4).
	Provider bool
	// Patient: it asks for its group again until there is one, instead of ending where there is none.
	Patient bool
	// Completes: the script completes its launching hook at its end, and nobody else does. Strict: it ends where that fails, before its work is done.
	// Last: the call is the last thing that it does, so that the boot counts as failed with it.
	Completes, Strict, Last bool
}

func (s Spec) needs(n Need) bool { return slices.Contains(s.Needs, n) }

// How long what runs on an instance takes to come and go.
const (
	memberWait  = 120 * time.Second // our part of the boot waits at most so long for the metadata item
	memberPoll  = time.Second
	takeRetry   = 15 * time.Second // a script tries again to get what somebody else still holds
	takeAtMost  = 15 * time.Minute
	askAgain    = 5 * time.Second // a patient script asks for its group
	podsMove    = 60 * time.Second
	tasksStart  = 20 * time.Second
	tasksStop   = 60 * time.Second // a load balancer's deregistration delay
	tasksLook   = 5 * time.Second
	cleanUp     = 10 * time.Second // what has nothing to drain tells its hook so
	deadMembers = 30 * time.Minute // who serves nothing for so long, stays
	// release is how long before its end who has a notice may be taken out of service: it is AWS's hand by then.
	release = 46 * time.Second
)

// cluster is the ECS cluster of applications that are tasks, as the groups' user data calls it.
const cluster = "app"

// Harm is one thing that went wrong for the owner by the hand of the coordinator.
type Harm struct {
	At       time.Time
	Kind     Need
	Instance string
	Text     string
}

func (h Harm) String() string {
	return fmt.Sprintf("%s %s: %s %s", h.At.UTC().Format(time.TimeOnly), h.Kind, h.Instance, h.Text)
}

// Application is the one of a group, on all of its instances.
type Application struct {
	cloud *cloudsim.Cloud
	group string
	spec  Spec
	ours  func(session string) bool
	waits func(*cloudsim.Guest) bool

	nodes map[string]*node
	order []*node // as they booted
	held  map[Need][]*node
	votes []*node // the voters that the cluster counts, also dead ones that nobody has removed yet
	// hooked are the instances whose launching hook has run.
	hooked map[string]bool
	harms  []Harm
	told   map[string]bool
	most   int // applications up at one time
	// updated is when the last update of the group's environment began.
	updated time.Time
}

// node is the application on one instance.
type node struct {
	g    *cloudsim.Guest
	id   string
	mine bool // launched by the coordinator
	// failed is why it never comes up.
	failed  Need
	lacks   Need // what it waits for, that somebody else still holds
	up      bool
	ended   bool
	leaving bool // it drains
	drained bool
	taken   bool      // by the coordinator, out of service
	robbed  bool      // it served until somebody took what it needs
	entered time.Time // when the coordinator attached it
	half    bool      // it serves, but was not made whole
	busy    bool      // a job runs
	jobs    int
	pods    int
	cut     string // the tasks that ran on it when it ended
}

// Run puts the application on every instance that boots from now on. ours tells the coordinator's sessions by name. waits tells whether the
// coordinator's part of the user data has the owner's wait until the instance is a member.
func Run(c *cloudsim.Cloud, group string, s Spec, ours func(string) bool, waits func(*cloudsim.Guest) bool) *Application {
	a := &Application{cloud: c, group: group, spec: s, ours: ours, waits: waits, nodes: map[string]*node{}, held: map[Need][]*node{}, hooked: map[string]bool{}, told: map[string]bool{}}
	if s.needs(ECS) {
		g, _ := c.Group(group)
		c.CreateCluster(cloudsim.ClusterSpec{Name: cluster, GuestsRegister: true, Services: []cloudsim.ServiceSpec{
			{Name: "tasks", Tasks: 2 * g.Desired, Start: tasksStart, Stop: tasksStop}, {Name: "agent", Daemon: true, Start: tasksStart, Stop: tasksStop}}})
	}
	c.OnBoot(a.boot)
	c.OnEvent(a.event)
	return a
}

// Harms are those so far.
func (a *Application) Harms() []Harm { return slices.Clone(a.harms) }

// Up counts the applications that are up on members in service.
func (a *Application) Up() int { return a.working("") }

func (a *Application) harm(kind Need, n *node, format string, args ...any) {
	if key := string(kind) + " " + n.id; !a.told[key] {
		a.told[key] = true
		a.harms = append(a.harms, Harm{a.cloud.Now(), kind, n.id, fmt.Sprintf(format, args...)})
	}
}

// wanted is how many instances the owner wants: desired without what the coordinator added.
func (a *Application) wanted() int {
	g, _ := a.cloud.Group(a.group)
	return g.Desired - g.Net
}

// working counts the members in service whose application is up, and whom AWS is not about to take; one is left out.
func (a *Application) working(but string) int {
	n := 0
	g, _ := a.cloud.Group(a.group)
	for _, m := range g.Members {
		if x := a.nodes[m.ID]; m.ID != but && m.State == "InService" && x != nil && x.up && !a.atItsEnd(m.Instance) {
			n++
		}
	}
	return n
}

// atItsEnd tells whether AWS takes the instance so soon that it may be taken out of service.
func (a *Application) atItsEnd(i cloudsim.InstanceView) bool {
	return !i.NoticeAt.IsZero() && !a.cloud.Now().Before(i.EndsAt.Add(-release))
}

func (a *Application) member(id string) (cloudsim.MemberView, bool) {
	g, _ := a.cloud.Group(a.group)
	for _, m := range g.Members {
		if m.ID == id {
			return m, true
		}
	}
	return cloudsim.MemberView{}, false
}

// boot is an instance that reaches running, of this group or on its way to it.
func (a *Application) boot(g *cloudsim.Guest) {
	i, _ := a.cloud.Instance(g.Instance())
	n := &node{g: g, id: i.ID, mine: a.ours(i.LaunchedBy)}
	a.nodes[n.id] = n
	a.order = append(a.order, n)
	g.SetBoot(cloudsim.BootRuns)
	g.After(a.spec.Boot, func() {
		if a.waits(g) {
			a.await(n, a.cloud.Now().Add(memberWait))
			return
		}
		a.script(n)
	})
}

// await is the coordinator's part of the boot: what comes after it waits until the instance's metadata says that it is a member.
func (a *Application) await(n *node, until time.Time) {
	if _, found := n.g.Metadata("meta-data/autoscaling/target-lifecycle-state"); found || !a.cloud.Now().Before(until) {
		a.script(n)
		return
	}
	n.g.After(memberPoll, func() { a.await(n, until) })
}

// script is the owner's user data: it asks for what it needs when it starts, and the application is up when it ends.
func (a *Application) script(n *node) {
	if _, in := n.g.Member(); a.spec.needs(Membership) && !in {
		if n.lacks = Membership; a.spec.Patient {
			n.g.After(askAgain, func() { a.script(n) })
			return
		}
		a.fail(n, Membership, "asked for its own group and was in none")
		return
	}
	n.lacks = ""
	if a.spec.needs(Stack) && !n.g.StackMember() {
		a.fail(n, Stack, "was not taken for a member of its stack")
		return
	}
	if a.spec.needs(License) {
		a.license(n)
	}
	a.takeAll(n, a.cloud.Now().Add(takeAtMost), func() { n.g.After(a.spec.Script, func() { a.start(n) }) })
}

// fail is an application that never comes up. Where it stays a member that stands for a working one, that is harm.
func (a *Application) fail(n *node, why Need, text string) {
	n.failed = why
	n.g.SetBoot(cloudsim.BootFailed)
	if !n.mine {
		return
	}
	a.cloud.After(deadMembers, "dead member "+n.id, func() {
		if m, in := a.member(n.id); in && !n.ended && m.State == "InService" {
			a.harm(why, n, "%s, and has been a member that serves nothing for %v since", text, deadMembers)
		}
	})
}

// start is when the owner's script is through.
func (a *Application) start(n *node) {
	if n.leaving { // whoever drains it has told the scheduler
		return
	}
	completed := true
	if a.spec.needs(LaunchHook) || a.spec.Completes {
		if completed = a.complete(n); !completed && a.spec.Strict {
			a.fail(n, LaunchHook, "had no launching hook to complete, and ended")
			return
		}
	}
	if a.spec.needs(Alone) {
		a.alone(n)
	}
	if a.spec.needs(Quorum) {
		a.join(n)
	}
	if a.spec.needs(ECS) {
		m, in := a.member(n.id)
		if a.spec.Provider && in && m.Attached {
			a.fail(n, ECS, "was attached, so that the capacity provider places no task on it")
			return
		}
		n.g.RegisterHost(cluster)
	}
	n.up, n.pods = true, 3
	if n.g.SetBoot(cloudsim.BootDone); a.spec.Last && !completed {
		n.g.SetBoot(cloudsim.BootFailed)
	}
	n.g.Serve(true)
	a.most = max(a.most, a.Up())
	a.serves(n)
	a.nextJob(n)
}

// complete is the application completing its launching hook by itself. Who needs the hook is made whole in it.
func (a *Application) complete(n *node) (done bool) {
	done = n.g.CompleteHook("CONTINUE") == nil
	n.half = a.spec.needs(LaunchHook) && !a.hooked[n.id]
	return done
}

// alone looks for another that does what only one may do.
func (a *Application) alone(n *node) {
	for _, other := range a.order {
		if other != n && other.up && n.mine && !other.leaving {
			a.harm(Alone, n, "does at once with %s what only one may do", other.id)
		}
	}
}

// serves looks whether who is up and in service should be.
func (a *Application) serves(n *node) {
	if m, in := a.member(n.id); in && m.State == "InService" && n.up && n.half && n.mine {
		a.harm(LaunchHook, n, "serves half-made: its launching hook did not run")
	}
}

// chance draws for an instance, always the same.
func chance(id string, k int, from, to time.Duration) time.Duration {
	h := fnv.New64a()
	fmt.Fprintf(h, "%s %d", id, k)
	return from + time.Duration(h.Sum64()%uint64(to-from))
}
