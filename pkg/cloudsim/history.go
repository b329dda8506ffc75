package cloudsim

import (
	"time"

	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"autospotting/pkg/beanstalk"
)

// history keeps what a resource looked like during the last Faults.ReadLag, so that a read can be stale.
type history[T any] struct {
	views []view[T]
}

type view[T any] struct {
	since time.Time
	value T
}

func (h *history[T]) add(now time.Time, lag time.Duration, v T) {
	for len(h.views) > 1 && h.views[1].since.Before(now.Add(-lag)) {
		h.views = h.views[1:]
	}
	if n := len(h.views); n > 0 && h.views[n-1].since.Equal(now) {
		h.views[n-1].value = v
		return
	}
	h.views = append(h.views, view[T]{now, v})
}

// asOf is the newest view not younger than t; false when the resource did not exist yet for such a reader.
func (h *history[T]) asOf(t time.Time) (T, bool) {
	for n := len(h.views) - 1; n >= 0; n-- {
		if !h.views[n].since.After(t) {
			return h.views[n].value, true
		}
	}
	var none T
	return none, false
}

// readTime is the moment whose state the next read shows.
func (c *Cloud) readTime() time.Time {
	if c.cfg.Faults.ReadLag <= 0 {
		return c.clock()
	}
	return c.clock().Add(-c.between(0, c.cfg.Faults.ReadLag))
}

// touch records an instance's new look, and its group's.
func (c *Cloud) touch(i *instance) {
	if c.cfg.Faults.ReadLag > 0 {
		i.past.add(c.clock(), c.cfg.Faults.ReadLag, c.describe(i))
	}
}

// seen is the instance as a reader of moment t sees it.
func (c *Cloud) seen(i *instance, t time.Time) (ec2types.Instance, bool) {
	if i.gone {
		return ec2types.Instance{}, false
	}
	if c.cfg.Faults.ReadLag <= 0 {
		return c.describe(i), true
	}
	return i.past.asOf(t)
}

// SetFaults replaces the faults from now on, so that a run may end on a kind day.
func (c *Cloud) SetFaults(f Faults) {
	c.mu.Lock()
	defer c.mu.Unlock()
	before := c.cfg.Faults.ReadLag
	c.cfg.Faults = f
	if before > 0 || f.ReadLag <= 0 {
		return
	}
	for _, i := range c.instances { // nobody kept their past: it begins with what they are now
		i.past.views = []view[ec2types.Instance]{{value: c.describe(i)}}
	}
	for _, k := range c.clusters {
		for _, h := range k.hosts {
			h.past.views = []view[ecstypes.ContainerInstance]{{value: c.describeHost(h)}}
		}
	}
	for _, e := range c.environs {
		e.past.views = []view[beanstalk.EnvironmentDescription]{{value: c.describeEnvironment(e)}}
	}
	for _, g := range c.groups {
		g.past.views = []view[astypes.AutoScalingGroup]{{value: c.describeGroup(g)}}
	}
}

func (c *Cloud) touchGroup(g *group) {
	if c.cfg.Faults.ReadLag > 0 {
		g.past.add(c.clock(), c.cfg.Faults.ReadLag, c.describeGroup(g))
	}
}

func (c *Cloud) seenGroup(g *group, t time.Time) (astypes.AutoScalingGroup, bool) {
	if c.cfg.Faults.ReadLag <= 0 {
		return c.describeGroup(g), true
	}
	return g.past.asOf(t)
}

func ptr[T any](v T) *T { return &v }
