package app

import "time"

// Cluster is an ECS cluster: container instances, and the tasks on them.
type Cluster struct {
	after func(d time.Duration, name string, fn func())
	of    map[string]*container
}

type container struct {
	draining bool
	tasks    int
}

// register makes an instance a container instance. The scheduler soon has tasks on it.
func (c *Cluster) register(id string) { c.of[id] = &container{tasks: 2} }

// Drain is UpdateContainerInstancesState with DRAINING: the tasks are started elsewhere, and then stopped here. It reports whether there is such a
// container instance.
func (c *Cluster) Drain(id string) bool {
	one := c.of[id]
	if one == nil || one.draining {
		return one != nil
	}
	one.draining = true
	c.after(tasksMove, "tasks of "+id, func() { one.tasks = 0 })
	return true
}

func (c *Cluster) tasks(id string) int {
	if one := c.of[id]; one != nil {
		return one.tasks
	}
	return 0
}

// gone takes an instance out of the cluster that has ended.
func (c *Cluster) gone(id string) { delete(c.of, id) }
