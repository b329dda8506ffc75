package cloudsim

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// ClusterSpec describes an ECS cluster. Its hosts are the instances whose user data has ECS_CLUSTER and its name; they register when their boot is over.
type ClusterSpec struct {
	Name     string
	Services []ServiceSpec
	// GuestsRegister leaves it to Guest.RegisterHost when a host registers.
	GuestsRegister bool
	// Unregistered is the share (0 to 1) of instances whose agent never registers, as where its image is broken.
	Unregistered float64
}

// ServiceSpec is a service of a cluster: tasks that its scheduler keeps running.
type ServiceSpec struct {
	Name  string
	Tasks int // of a daemon one on each host that is ACTIVE
	// Daemon services have a task on each host. They leave one that is DRAINING too.
	Daemon bool
	// Start is from a task's placement to its running, Stop how long one that is stopped still runs, as its load balancer's deregistration delay.
	Start, Stop time.Duration
}

// How long ECS takes for what.
const (
	registers    = 15 * time.Second // from the end of the boot to the host being registered
	scheduleEach = 5 * time.Second
)

type cluster struct {
	ClusterSpec
	hosts []*host
	tasks []*task
}

// host is a container instance.
type host struct {
	i          *instance
	arn        string
	status     types.ContainerInstanceStatus
	registered time.Time
	drainingAt time.Time
	past       history[types.ContainerInstance]
}

// CreateCluster makes a cluster with its services.
func (c *Cloud) CreateCluster(s ClusterSpec) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k := &cluster{ClusterSpec: s}
	c.clusters = append(c.clusters, k)
	c.at(scheduleEach, "scheduler of "+s.Name, func() { c.scheduleTasks(k) })
}

// RunTask starts a task that belongs to no service, on the host that has fewest, and reports whether there was one. It ends by itself after so long,
// and nothing moves it.
func (c *Cloud) RunTask(clusterName string, lasts time.Duration) bool {
	c.mu.Lock()
	defer c.unlock()
	k := c.clusterNamed(clusterName)
	if k == nil {
		return false
	}
	h := k.emptiest()
	if h == nil {
		return false
	}
	t := k.place(nil, h)
	t.running = true
	c.touchHost(h)
	c.at(lasts, "task ends", func() { c.endTask(t) })
	return true
}

// HostView is a host as it is now.
type HostView struct {
	Status     string    // ACTIVE or DRAINING
	DrainingAt time.Time // since when it is DRAINING; zero where it is not
	Running    int       // tasks that run on it
}

// Host shows the host that an instance is; false where it is none.
func (c *Cloud) Host(instanceID string) (HostView, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k, h := c.hostOf(instanceID)
	if h == nil {
		return HostView{}, false
	}
	v := HostView{Status: string(h.status), DrainingAt: h.drainingAt}
	for _, t := range k.tasks {
		if t.on == h && t.running {
			v.Running++
		}
	}
	return v, true
}

// DrainHost sets a host DRAINING, or ACTIVE again, as its owner does.
func (c *Cloud) DrainHost(instanceID string, draining bool) error {
	return c.withInstance("owner", instanceID, func(i *instance) error {
		if _, h := c.hostOf(i.id); h != nil {
			c.setHost(h, draining)
		}
		return nil
	})
}

func (c *Cloud) clusterNamed(name string) *cluster {
	for _, k := range c.clusters {
		if k.Name == name {
			return k
		}
	}
	return nil
}

func (c *Cloud) hostOf(id string) (*cluster, *host) {
	for _, k := range c.clusters {
		for _, h := range k.hosts {
			if h.i.id == id {
				return k, h
			}
		}
	}
	return nil, nil
}

// registerHost lets the agent of an instance register, if its user data has it do so.
func (c *Cloud) registerHost(i *instance) {
	if i.guest == nil {
		return
	}
	for _, k := range c.clusters {
		if !k.GuestsRegister && joins(i.guest.userData, k.Name) && !c.chance(k.Unregistered) {
			c.at(registers, "registers "+i.id, func() { c.addHost(k, i) })
		}
	}
}

// joins tells whether user data has the agent register with a cluster.
func joins(userData []byte, cluster string) bool {
	_, rest, found := bytes.Cut(userData, []byte("ECS_CLUSTER="+cluster))
	return found && (len(rest) == 0 || bytes.ContainsRune([]byte(" \n'\""), rune(rest[0])))
}

// RegisterHost makes the instance a host of the cluster. It is for clusters whose guests register (ClusterSpec.GuestsRegister).
func (g *Guest) RegisterHost(cluster string) {
	g.cloud.mu.Lock()
	defer g.cloud.unlock()
	if k := g.cloud.clusterNamed(cluster); k != nil {
		g.cloud.addHost(k, g.i)
	}
}

func (c *Cloud) addHost(k *cluster, i *instance) {
	if _, known := c.hostOf(i.id); known != nil || !i.live() {
		return
	}
	h := &host{i: i, arn: c.arn("ecs", "container-instance/"+k.Name+"/"+c.uuid()), status: types.ContainerInstanceStatusActive, registered: c.clock()}
	k.hosts = append(k.hosts, h)
	c.touchHost(h)
	c.emit(Event{Kind: HostChanged, Actor: "ecs", Instance: i.id, Group: i.groupName(), Text: "registered with " + k.Name})
}

// loseHost is the end of a host: ECS deregisters what its agent no longer speaks for, and the tasks on it are gone.
func (c *Cloud) loseHost(i *instance) {
	if i.jobs > 0 {
		c.emit(Event{Kind: TasksCut, Instance: i.id, Group: i.groupName(), Text: fmt.Sprintf("jobs that ran on it: %d", i.jobs)})
		i.jobs = 0
	}
	k, h := c.hostOf(i.id)
	if h == nil {
		return
	}
	cut := 0
	for _, t := range k.tasks {
		if t.on == h && !t.ended {
			if t.running {
				cut++
			}
			t.ended, t.running = true, false
		}
	}
	k.tasks = slices.DeleteFunc(k.tasks, func(t *task) bool { return t.ended })
	k.hosts = slices.DeleteFunc(k.hosts, func(x *host) bool { return x == h })
	if cut > 0 {
		c.emit(Event{Kind: TasksCut, Instance: i.id, Group: i.groupName(), Text: fmt.Sprintf("tasks that ran on it: %d", cut)})
	}
}

func (c *Cloud) setHost(h *host, draining bool) {
	to := types.ContainerInstanceStatusActive
	if draining {
		to = types.ContainerInstanceStatusDraining
	}
	if h.status == to {
		return
	}
	h.status, h.drainingAt = to, time.Time{}
	if draining {
		h.drainingAt = c.clock()
	}
	c.touchHost(h)
	c.emit(Event{Kind: HostChanged, Instance: h.i.id, Group: h.i.groupName(), Text: string(to)})
}

func (c *Cloud) describeHost(h *host) types.ContainerInstance {
	out := types.ContainerInstance{ContainerInstanceArn: aws.String(h.arn), Ec2InstanceId: aws.String(h.i.id), Status: aws.String(string(h.status)),
		AgentConnected: h.i.live(), RegisteredAt: aws.Time(h.registered)}
	k, _ := c.hostOf(h.i.id)
	if k == nil {
		return out
	}
	for _, t := range k.tasks {
		switch {
		case t.on != h || t.ended:
		case t.running:
			out.RunningTasksCount++
		default:
			out.PendingTasksCount++
		}
	}
	return out
}

// touchHost keeps what a host looks like from now on, so that a read can be stale.
func (c *Cloud) touchHost(h *host) {
	if c.cfg.Faults.ReadLag > 0 {
		h.past.add(c.clock(), c.cfg.Faults.ReadLag, c.describeHost(h))
	}
}

func (c *Cloud) seenHost(h *host, t time.Time) (types.ContainerInstance, bool) {
	if c.cfg.Faults.ReadLag <= 0 {
		return c.describeHost(h), true
	}
	return h.past.asOf(t)
}
