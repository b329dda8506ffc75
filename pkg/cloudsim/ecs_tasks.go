package cloudsim

import (
	"cmp"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

type task struct {
	service  *ServiceSpec // nil of one that runs by itself
	on       *host
	running  bool
	stopping bool
	ended    bool
}

// active lists the hosts that take tasks.
func (k *cluster) active() []*host {
	return slices.DeleteFunc(slices.Clone(k.hosts), func(h *host) bool { return h.status != types.ContainerInstanceStatusActive })
}

func (k *cluster) on(h *host) int {
	n := 0
	for _, t := range k.tasks {
		if t.on == h && !t.ended {
			n++
		}
	}
	return n
}

func (k *cluster) emptiest() *host {
	all := k.active()
	if len(all) == 0 {
		return nil
	}
	return slices.MinFunc(all, func(a, b *host) int { return cmp.Or(cmp.Compare(k.on(a), k.on(b)), cmp.Compare(a.i.id, b.i.id)) })
}

func (k *cluster) place(s *ServiceSpec, h *host) *task {
	t := &task{service: s, on: h}
	k.tasks = append(k.tasks, t)
	return t
}

// scheduleTasks is what the schedulers of a cluster's services do now and then. Tasks on a host that is DRAINING are started elsewhere first and stopped
// then, as with a minimum of 100 % healthy (ECS developer guide, Draining container instances).
func (c *Cloud) scheduleTasks(k *cluster) {
	c.cause = cause{actor: "ecs"}
	for n := range k.Services {
		s := &k.Services[n]
		if s.Daemon {
			c.scheduleDaemon(k, s)
		} else {
			c.scheduleService(k, s)
		}
	}
	c.at(scheduleEach, "scheduler of "+k.Name, func() { c.scheduleTasks(k) })
}

func (c *Cloud) scheduleDaemon(k *cluster, s *ServiceSpec) {
	for _, h := range k.hosts {
		i := slices.IndexFunc(k.tasks, func(t *task) bool { return t.service == s && t.on == h && !t.stopping })
		switch draining := h.status != types.ContainerInstanceStatusActive; {
		case i < 0 && !draining:
			c.startTask(k.place(s, h))
		case i >= 0 && draining:
			c.stopTask(k.tasks[i])
		}
	}
}

func (c *Cloud) scheduleService(k *cluster, s *ServiceSpec) {
	stays, running := 0, 0
	var moves []*task
	for _, t := range k.tasks {
		switch {
		case t.service != s || t.stopping:
		case t.on.status != types.ContainerInstanceStatusActive:
			moves = append(moves, t)
		default:
			if stays++; t.running {
				running++
			}
		}
	}
	for range s.Tasks - stays {
		h := k.emptiest()
		if h == nil {
			break
		}
		c.startTask(k.place(s, h))
	}
	for _, t := range moves[:min(len(moves), max(0, len(moves)+running-s.Tasks))] {
		c.stopTask(t)
	}
}

func (c *Cloud) startTask(t *task) {
	c.touchHost(t.on)
	c.at(t.service.Start, "task starts on "+t.on.i.id, func() {
		if !t.ended {
			t.running = true
			c.touchHost(t.on)
		}
	})
}

func (c *Cloud) stopTask(t *task) {
	t.stopping = true
	c.at(t.service.Stop, "task stops on "+t.on.i.id, func() { c.endTask(t) })
}

func (c *Cloud) endTask(t *task) {
	if t.ended {
		return
	}
	t.ended, t.running = true, false
	k, h := c.hostOf(t.on.i.id)
	if h == t.on {
		k.tasks = slices.DeleteFunc(k.tasks, func(x *task) bool { return x == t })
		c.touchHost(h)
	}
}
