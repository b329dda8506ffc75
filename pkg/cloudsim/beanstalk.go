package cloudsim

import (
	"context"
	"fmt"
	"slices"
	"time"

	"autospotting/pkg/beanstalk"
)

const svcBeanstalk = "Elastic Beanstalk"

// Beanstalk is a session's client for Elastic Beanstalk's environments (CreateEnvironment).
type Beanstalk struct{ s *Session }

// Beanstalk is the session's client for environments.
func (s *Session) Beanstalk() *Beanstalk { return &Beanstalk{s} }

// EnvironmentSpec describes an environment of Elastic Beanstalk around a group that exists. The tags by which Beanstalk marks a group are the spec's of the
// group to have.
type EnvironmentSpec struct {
	ID, Name string
	Group    string
	Tier     string // WebServer by default, or Worker
	// Endpoint is what EndpointURL tells: a load balancer's name by default, the address of its instance where an environment has one.
	Endpoint string
}

// environment is an environment as it is. Its versions count up from 1.
type environment struct {
	EnvironmentSpec
	status        string
	since         time.Time // when it was Ready last, or is again
	version, next int
	updates       int
	max           int               // of the group as its owner configured it
	temporary     string            // the group of an update under way; empty where there is none
	listed        map[string]bool   // whom the deployment under way deploys to
	versions      map[string]int    // of the application on each instance
	by            map[string]string // who put an instance into the group, where it was attached
	past          history[beanstalk.EnvironmentDescription]
}

// The statuses of an environment that are played.
const (
	EnvironmentReady       = "Ready"
	EnvironmentUpdating    = "Updating"
	EnvironmentTerminating = "Terminating"
)

// CreateEnvironment makes an environment, which is Ready.
func (c *Cloud) CreateEnvironment(s EnvironmentSpec) error {
	return c.as("owner", func() error {
		g, err := c.ownersGroup(s.Group)
		if err != nil {
			return err
		}
		if s.Tier == "" {
			s.Tier = "WebServer"
		}
		if s.Endpoint == "" && s.Tier == "WebServer" {
			s.Endpoint = "awseb-" + s.ID + ".elb.amazonaws.com"
		}
		e := &environment{EnvironmentSpec: s, status: EnvironmentReady, since: c.clock(), version: 1, next: 1, max: g.max, listed: map[string]bool{}, versions: map[string]int{}, by: map[string]string{}}
		c.environs = append(c.environs, e)
		c.touchEnvironment(e)
		return nil
	})
}

// EnvironmentView is what an environment is now.
type EnvironmentView struct {
	ID, Status string
	Since      time.Time // of the status
	// Temporary is the group of an update under way, whose instances will be the environment's; empty where there is none.
	Temporary string
	// Stale are members whose application is of another version than the environment's, by who attached them; empty of what the group launched itself.
	Stale map[string]string
}

// Environment shows the environment of a group; false where it has none.
func (c *Cloud) Environment(group string) (EnvironmentView, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.environmentOf(group)
	if e == nil {
		return EnvironmentView{}, false
	}
	v := EnvironmentView{ID: e.ID, Status: e.status, Since: e.since, Temporary: e.temporary, Stale: map[string]string{}}
	if g := c.group(e.Group); g != nil {
		for _, m := range g.members {
			if n, up := e.versions[m.i.id]; up && n != e.version && !m.terminating() {
				v.Stale[m.i.id] = e.by[m.i.id]
			}
		}
	}
	return v, true
}

// environmentOf is the environment of a group, or of the temporary one of its update.
func (c *Cloud) environmentOf(group string) *environment {
	for _, e := range c.environs {
		if group != "" && (e.Group == group || e.temporary == group) {
			return e
		}
	}
	return nil
}

// setStatus moves an environment on, and tells.
func (c *Cloud) setStatus(e *environment, status string) {
	e.status, e.since = status, c.clock()
	c.touchEnvironment(e)
	c.emit(Event{Kind: StatusMoved, Actor: "beanstalk", Group: e.Group, Text: status})
}

// deploysTo notes which version the application on an instance is of that answers for the first time: what its environment deploys now if it is of a
// deployment's instances, else the one that was deployed last (Elastic Beanstalk developer guide, "Deployment policies").
func (c *Cloud) deploysTo(i *instance) {
	e := c.environmentOf(i.groupName())
	if e == nil {
		return
	}
	if _, known := e.versions[i.id]; known {
		return
	}
	e.versions[i.id] = e.version
	if e.listed[i.id] || e.temporary != "" && i.groupName() == e.temporary {
		e.versions[i.id] = e.next
	}
}

func (c *Cloud) describeEnvironment(e *environment) beanstalk.EnvironmentDescription {
	return beanstalk.EnvironmentDescription{EnvironmentId: e.ID, EnvironmentName: e.Name, Status: e.status, AbortableOperationInProgress: e.status == EnvironmentUpdating,
		EndpointURL: e.Endpoint, Tier: beanstalk.EnvironmentTier{Name: e.Tier}}
}

func (c *Cloud) touchEnvironment(e *environment) {
	if c.cfg.Faults.ReadLag > 0 {
		e.past.add(c.clock(), c.cfg.Faults.ReadLag, c.describeEnvironment(e))
	}
}

func (c *Cloud) seenEnvironment(e *environment, t time.Time) (beanstalk.EnvironmentDescription, bool) {
	if c.cfg.Faults.ReadLag <= 0 || len(e.past.views) == 0 {
		return c.describeEnvironment(e), true
	}
	return e.past.asOf(t)
}

// DescribeEnvironments describes those that are named. Unknown ones are left out, without an error.
func (b *Beanstalk) DescribeEnvironments(ctx context.Context, in *beanstalk.DescribeEnvironmentsInput) (*beanstalk.DescribeEnvironmentsOutput, error) {
	return call(ctx, b.s, request{svcBeanstalk, "DescribeEnvironments", false}, in, func(in *beanstalk.DescribeEnvironmentsInput) (*beanstalk.DescribeEnvironmentsOutput, error) {
		c, out := b.s.cloud, &beanstalk.DescribeEnvironmentsOutput{}
		now := c.readTime()
		for _, e := range c.environs {
			if len(in.EnvironmentIds) > 0 && !slices.Contains(in.EnvironmentIds, e.ID) || len(in.EnvironmentNames) > 0 && !slices.Contains(in.EnvironmentNames, e.Name) {
				continue
			}
			if one, seen := c.seenEnvironment(e, now); seen {
				out.Environments = append(out.Environments, one)
			}
		}
		return out, nil
	})
}

// The updates of an environment.
const (
	// DeployAtOnce and the next two deploy a version in place: to all instances at once, or by batches that take no requests meanwhile, with another batch
	// launched for the time if capacity is to stay as it is.
	DeployAtOnce     = "all-at-once"
	DeployRolling    = "rolling"
	DeployAdditional = "additional-batch"
	// UpdateImmutable launches new instances in a second group, moves them to the environment's, and ends those that were there before. It deploys
	// versions and configurations, and is how the platform is updated.
	UpdateImmutable = "immutable"
	// UpdateRolling replaces the instances by batches, for a new configuration.
	UpdateRolling = "replacing"
)

// Updates are all of them.
var Updates = []string{DeployAtOnce, DeployRolling, DeployAdditional, UpdateImmutable, UpdateRolling}

// UpdateEnvironment is the owner's, or a managed update. It is refused while the environment is not Ready.
func (c *Cloud) UpdateEnvironment(id, kind string) error {
	return c.as("beanstalk", func() error {
		at := slices.IndexFunc(c.environs, func(e *environment) bool { return e.ID == id })
		if at < 0 {
			return apiError("InvalidParameterValue", "No Environment found for EnvironmentId = '%s'.", id)
		}
		e := c.environs[at]
		g := c.group(e.Group)
		if e.status != EnvironmentReady || g == nil {
			return apiError("InvalidParameterValue", "Environment named %s is in an invalid state for this operation. Must be Ready.", e.Name)
		}
		e.updates++
		u := &update{c: c, e: e, g: g, begun: c.clock()}
		c.setStatus(e, EnvironmentUpdating)
		begin := map[string]func(){DeployAtOnce: u.inPlace(1), DeployRolling: u.inPlace(0.3), DeployAdditional: u.additional, UpdateImmutable: u.immutable, UpdateRolling: u.replace}[kind]
		if begin == nil {
			return fmt.Errorf("cloudsim: no update is called %q: choose one of %v", kind, Updates)
		}
		c.at(updateBegins, kind+" update of "+e.ID, begin)
		return nil
	})
}

// EndEnvironment has the environment terminated, as far as its status tells: its group is the test's to delete.
func (c *Cloud) EndEnvironment(id string) error {
	return c.as("beanstalk", func() error {
		for _, e := range c.environs {
			if e.ID == id {
				c.setStatus(e, EnvironmentTerminating)
			}
		}
		return nil
	})
}
