package cloudsim

import (
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// GroupSpec describes an Auto Scaling group to create. Zones and Subnets name the same thing: give either, or neither
// for every subnet that exists.
type GroupSpec struct {
	Name              string
	Min, Max, Desired int
	LaunchTemplate    string // id or name
	Version           string // $Default by default
	Zones             []string
	Subnets           []string
	ZonesOnly         bool              // it names no subnets: it launches into the default subnets of its zones
	Tags              map[string]string // propagate at launch
	LocalTags         map[string]string // don't
	HealthCheckType   string            // EC2 by default
	Grace             time.Duration     // the API's default is 0
	Hooks             []Hook
	ProtectNew        bool
	CapacityRebalance bool
	TargetGroups      []string // ARNs
	Suspended         []string // processes, such as AZRebalance
	Mixed             *MixedPolicy
	WarmPool          bool // the group has a warm pool, and nothing waits in it
}

// as runs fn under the lock with the owner (or AWS) as the actor.
func (c *Cloud) as(actor string, fn func() error) error {
	c.mu.Lock()
	defer c.unlock()
	c.cause = cause{actor: actor, owner: true}
	defer func() { c.cause = cause{} }()
	return fn()
}

// CreateImage registers an image and returns its id. arch is x86_64 by default; ENA is supported.
func (c *Cloud) CreateImage(arch string) string {
	return c.RegisterImage(Image{Architecture: arch, BootMode: "uefi-preferred"})
}

// RegisterImage registers an image with what a launch can depend on, and returns its id.
func (c *Cloud) RegisterImage(i Image) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	im := &image{Image: i, id: c.id("ami")}
	c.images = append(c.images, im)
	return im.id
}

// DeregisterImage makes an image disappear: launches from it fail, and what came from it can't be attached.
func (c *Cloud) DeregisterImage(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if im := c.image(id); im != nil {
		im.gone = true
	}
}

// CreateSubnets makes one subnet per zone and returns their ids in the zones' order.
func (c *Cloud) CreateSubnets() []string { return c.createSubnets(false) }

// CreateDefaultSubnets makes the default subnet of every zone, of which each has one at most.
func (c *Cloud) CreateDefaultSubnets() []string { return c.createSubnets(true) }

func (c *Cloud) createSubnets(standard bool) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var ids []string
	for _, z := range c.cfg.Zones {
		s := &subnet{id: c.id("subnet"), zone: z, standard: standard}
		c.subnets = append(c.subnets, s)
		ids = append(ids, s.id)
	}
	return ids
}

// CreateGroup makes a group, which then launches its on-demand instances.
func (c *Cloud) CreateGroup(s GroupSpec) error {
	return c.as("owner", func() error {
		g, err := c.newGroup(s)
		if err != nil {
			return err
		}
		c.groups = append(c.groups, g)
		c.touchGroup(g)
		c.emit(Event{Kind: GroupAltered, Group: g.name, Text: fmt.Sprintf("created: min %d, max %d, desired %d", g.min, g.max, g.desired)})
		c.reactNow(g)
		return nil
	})
}

func (c *Cloud) newGroup(s GroupSpec) (*group, error) {
	lt, err := c.template(&s.LaunchTemplate, nil)
	if err != nil {
		lt, err = c.template(nil, &s.LaunchTemplate)
	}
	if err != nil {
		return nil, fmt.Errorf("cloudsim: group %s: launch template %q: %w", s.Name, s.LaunchTemplate, err)
	}
	if c.group(s.Name) != nil {
		return nil, apiError("AlreadyExists", "AutoScalingGroup by this name already exists - A group with the name %s already exists", s.Name)
	}
	if s.Min > s.Desired || s.Desired > s.Max {
		return nil, validation("Desired capacity:%d must be between the specified min size:%d and max size:%d", s.Desired, s.Min, s.Max)
	}
	g := &group{name: s.Name, created: c.clock(), min: s.Min, max: s.Max, desired: s.Desired, template: lt, version: s.Version,
		healthType: s.HealthCheckType, grace: s.Grace, hooks: slices.Clone(s.Hooks), newProtected: s.ProtectNew,
		capacityRebalance: s.CapacityRebalance, targetGroups: slices.Clone(s.TargetGroups), suspended: slices.Clone(s.Suspended), zonesOnly: s.ZonesOnly, mixed: s.Mixed, warmPool: s.WarmPool, baselineAt: c.clock()}
	if g.version == "" {
		g.version = "$Default"
	}
	if g.healthType == "" {
		g.healthType = "EC2"
	}
	for n := range g.hooks {
		g.hooks[n] = g.hooks[n].withDefaults()
	}
	for _, k := range sortedKeys(s.Tags) {
		g.setTag(groupTag{k, s.Tags[k], true})
	}
	for _, k := range sortedKeys(s.LocalTags) {
		g.setTag(groupTag{k, s.LocalTags[k], false})
	}
	for _, sub := range c.subnets {
		if s.ZonesOnly && !sub.standard {
			continue
		}
		if len(s.Zones)+len(s.Subnets) == 0 || slices.Contains(s.Zones, sub.zone) || slices.Contains(s.Subnets, sub.id) {
			g.zones, g.subnets = append(g.zones, sub.zone), append(g.subnets, sub.id)
		}
	}
	if len(g.zones) == 0 {
		return nil, fmt.Errorf("cloudsim: group %s has no subnet: call CreateSubnets first", s.Name)
	}
	return g, nil
}

func (c *Cloud) ownersGroup(name string) (*group, error) {
	if g := c.group(name); g != nil {
		return g, nil
	}
	return nil, fmt.Errorf("cloudsim: no group %q", name)
}

// SetDesired is the owner's or a policy's SetDesiredCapacity.
func (c *Cloud) SetDesired(name string, n int) error {
	return c.as("owner", func() error {
		g, err := c.ownersGroup(name)
		if err != nil {
			return err
		}
		return c.setDesired(g, n)
	})
}

// SetMax is the owner's UpdateAutoScalingGroup(MaxSize), with AWS's effect on desired; SetMin its sibling.
func (c *Cloud) SetMax(name string, n int) error {
	return c.as("owner", func() error {
		g, err := c.ownersGroup(name)
		if err != nil {
			return err
		}
		return c.applySizes(g, nil, aws.Int32(int32(n)), nil)
	})
}

// SetSizes is the owner's UpdateAutoScalingGroup with all three sizes; a negative desired is not named.
func (c *Cloud) SetSizes(name string, lo, hi, desired int) error {
	return c.as("owner", func() error {
		g, err := c.ownersGroup(name)
		if err != nil {
			return err
		}
		var want *int32
		if desired >= 0 {
			want = aws.Int32(int32(desired))
		}
		return c.applySizes(g, aws.Int32(int32(lo)), aws.Int32(int32(hi)), want)
	})
}

// SetMin is the owner's UpdateAutoScalingGroup(MinSize): it may raise desired.
func (c *Cloud) SetMin(name string, n int) error {
	return c.as("owner", func() error {
		g, err := c.ownersGroup(name)
		if err != nil {
			return err
		}
		return c.applySizes(g, aws.Int32(int32(n)), nil, nil)
	})
}

// PutHook puts a lifecycle hook on a group; one of the same name is replaced.
func (c *Cloud) PutHook(name string, h Hook) error {
	return c.as("owner", func() error {
		g, err := c.ownersGroup(name)
		if err != nil {
			return err
		}
		g.hooks = append(slices.DeleteFunc(g.hooks, func(old Hook) bool { return old.Name == h.Name }), h.withDefaults())
		return nil
	})
}

// SetGroupTag changes a tag of the group, DeleteGroupTag removes it.
func (c *Cloud) SetGroupTag(name, key, value string) error {
	return c.as("owner", func() error {
		g, err := c.ownersGroup(name)
		if err != nil {
			return err
		}
		g.setTag(groupTag{key, value, true})
		c.touchGroup(g)
		c.emit(Event{Kind: Tagged, Group: name, Text: key + "=" + value})
		return nil
	})
}

// DeleteGroupTag removes a tag of the group.
func (c *Cloud) DeleteGroupTag(name, key string) error {
	return c.as("owner", func() error {
		g, err := c.ownersGroup(name)
		if err != nil {
			return err
		}
		g.tags = slices.DeleteFunc(g.tags, func(t groupTag) bool { return t.key == key })
		c.touchGroup(g)
		c.emit(Event{Kind: Tagged, Group: name, Text: key + " deleted"})
		return nil
	})
}
