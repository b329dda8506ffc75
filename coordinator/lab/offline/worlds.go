package offline

import (
	"context"
	"errors"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"

	"autospotting/coordinator/act"
	"autospotting/coordinator/decide"
	"autospotting/coordinator/ledger"
	"autospotting/coordinator/market"
)

// World is one group as the files show it, with what had to be assumed. Where Err is set nothing else is but the group's name.
type World struct {
	decide.World
	Assumed []string
	Err     error
}

// Worlds reads the files and makes a world of every group that is wanted, in the files' order, as of c.Now. Of c, what an installation goes by
// counts: scope, defaults, spotd and its instance profile; the clients are the files. An error is one of a file; what is wrong with one
// group only is in its world.
func Worlds(f Files, c act.Config, wanted func(name string) bool) ([]World, error) {
	now := c.Now()
	d, err := readAll(f, now)
	if err != nil {
		return nil, err
	}
	var groups []asg
	for _, g := range d.groups {
		if wanted == nil || wanted(*g.AutoScalingGroupName) {
			groups = append(groups, g)
		}
	}
	m := maker{dump: d, config: c, catalogs: catalogs{shelf: d.shelf, now: now, made: map[string]market.Catalog{}}}
	out := make([]World, len(groups))
	var next atomic.Int64
	var all sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		all.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(groups)); i = next.Add(1) - 1 {
				out[i] = m.world(groups[i])
			}
		})
	}
	all.Wait()
	return out, nil
}

// maker makes worlds of what was read.
type maker struct {
	*dump
	config   act.Config
	catalogs catalogs
}

// world observes one group as it would be observed live, with the files for an account.
func (m *maker) world(g asg) World {
	name := *g.AutoScalingGroupName
	if g.broken != nil {
		return failed(name, g.broken)
	}
	a := &account{dump: m.dump, group: g}
	a.choose()
	a.mend()
	c := m.config
	c.EC2, c.AutoScaling, c.Stacks, c.Quotas, c.Rules, c.Environments, c.Region, c.Thorough = a, scaling{a}, stacks{a}, quotas{a}, rules{a}, environments{a}, a.region(), true
	c.EventsTopic = ""
	c.Inspector, c.TargetGroups, c.Balancers, c.Lattice, c.Containers, c.Pricing, c.Shelf = nil, nil, nil, nil, nil, nil, nil
	c.Market = func(zones []string, product string) market.Catalog { return m.catalogs.of(c.Region, product, zones) }
	w, err := act.New(c).Observe(context.Background(), name, ledger.Record{Group: name}, nil)
	if err != nil {
		return failed(name, err)
	}
	if len(w.Missing) > 0 {
		return failed(name, errors.New(w.Missing[0].Why))
	}
	if w.Template.Hash != "" && a.unreadData != "" {
		w.Template.NeedsUnread = a.unreadData
	}
	if decide.Drain(w) == decide.DrainECS {
		a.none("the hosts of its ECS cluster")
	}
	if w.Group.LoadBalanced {
		a.none("load balancers' opinion of members")
	}
	if len(a.unseen) > 0 {
		a.assume("%s: no file tells any of this group, so none stands in the way", strings.Join(a.unseen, ", "))
	}
	if m.made.named[name] > 1 {
		a.assume("the files have %d groups of this name: hooks, refreshes and activities do not say their region, and count for each", m.made.named[name])
	}
	for _, key := range sorted(m.cut) {
		a.assume("%s has not all %s, since it ends with a NextToken: the rest does not count", m.cut[key], key)
	}
	return World{World: w, Assumed: a.assumed}
}

func failed(name string, err error) World {
	return World{World: decide.World{Group: decide.Group{Name: name}}, Err: err}
}

// inRegion finds the region in a zone's name: us-east-1a is in us-east-1, and so is the local zone us-east-1-bos-1a.
var inRegion = regexp.MustCompile(`^[a-z]+(?:-[a-z]+)+-\d+`)

// region is the group's: its ARN says it, or a zone.
func (a *account) region() string {
	if parts := strings.Split(aws.ToString(a.group.AutoScalingGroupARN), ":"); len(parts) > 3 && parts[3] != "" {
		return parts[3]
	}
	if zones := slices.DeleteFunc(a.zonesOf(), func(z string) bool { return !inRegion.MatchString(z) }); len(zones) > 0 {
		return inRegion.FindString(zones[0])
	}
	return ""
}
