package simulate

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"autospotting/coordinator/act"
	"autospotting/coordinator/decide"
	"autospotting/coordinator/ledger"
	"autospotting/coordinator/market"
	"autospotting/coordinator/settings"
)

// What act's caches keep, and the size of EC2's pages: the API calls are counted as act would make them.
const (
	pricesFor   = 5 * time.Minute
	typesFor    = 6 * time.Hour
	pricesAPage = 1000
	idsACall    = 50
	// How many of the oldest are asked for termination protection, and how long the answer is kept.
	checkOldest   = 5
	protectionFor = 5 * time.Minute
	filterIDs     = 200
	// describedFor is how long a terminated instance is still described.
	describedFor = time.Hour
	// shortMemory is how far back the activities of a group in trouble are read.
	shortMemory = 30 * time.Minute
)

// actor is handle's Actor and Groups over the light cloud: what package act does over AWS, without the wire.
type actor struct {
	c        *cloud
	g        *group
	defaults settings.Settings
	byID     map[string]*instance
	subnets  map[string]string
	template decide.Template
	launched map[string][]*instance // by client token
	pricesAt time.Duration
	typesAt  time.Duration
	spot     map[market.Pool]float64
	first    int    // the oldest instance that may still be described
	status   string // the group's status tag
	checked  map[string]time.Duration
	seldom   *time.Duration // when what seldom changes was read; nil where it is to be read anew
	tagged   *time.Duration // when what carries our tag was looked for
}

func newActor(c *cloud, g *group, defaults settings.Settings) *actor {
	a := &actor{c: c, g: g, defaults: defaults, byID: map[string]*instance{}, subnets: map[string]string{}, launched: map[string][]*instance{}, spot: map[market.Pool]float64{}, checked: map[string]time.Duration{}, pricesAt: -pricesFor, typesAt: -typesFor}
	for _, z := range g.zones {
		a.subnets[z] = "subnet-" + z
	}
	need := c.w.need
	need.Victim, need.Zones, need.UsesInstanceStore = "", nil, false // decide fills what is the victim's
	a.template = decide.Template{Hash: "template", ID: "lt-0", Version: "1", Need: need, Type: c.w.victim}
	return a
}

func (a *actor) clock() time.Time { return a.c.w.from.Add(a.c.now) }

func (a *actor) call(name string, n int) {
	if n > 0 {
		a.c.calls[name] += n
	}
}

// Observe is handle.Actor.
func (a *actor) Observe(_ context.Context, group string, rec ledger.Record, heard []decide.Hint) (decide.World, error) {
	w := decide.World{Now: a.clock(), Settings: a.defaults, Record: rec, Heard: heard, Template: a.template}
	w.Group = decide.Group{Name: group, Found: true, Enabled: true, Min: a.g.min, Max: a.g.max, Desired: a.g.desired, Subnets: a.subnets, HasTemplate: true}
	w.Group.StatusTag = a.status
	anew := a.seldom == nil
	a.call("DescribeAutoScalingGroups", 1)
	w.Instances = a.instances(rec, anew)
	if !anew && slices.ContainsFunc(w.Instances, func(i decide.Instance) bool { return i.Ours && i.Live() && (i.Spot || !i.Member) }) {
		w.Cached = append(w.Cached, decide.ReadMembership)
	}
	if decide.Calm(w) {
		w.Group.Print = a.print()
	}
	if !decide.Idle(w) {
		if anew || a.c.now-*a.seldom >= seldomFor {
			a.call("DescribeLifecycleHooks", 1)
			a.call("DescribeInstanceRefreshes", 1)
			a.call("DescribeLaunchTemplateVersions", 1)
			now := a.c.now
			a.seldom = &now
		} else {
			w.Cached = append(w.Cached, decide.ReadTemplate)
		}
		a.protections(w.Instances, rec)
		w.Catalog = a.catalog()
	}
	a.activities(&w, anew)
	return w, nil
}

// Refresh is handle.Actor.
func (a *actor) Refresh(string) { a.seldom = nil }

// protections asks whom EC2 protects from termination: nobody here, but it is asked, and only of the oldest, as act does it.
func (a *actor) protections(list []decide.Instance, rec ledger.Record) {
	var order []*decide.Instance
	for n := range list {
		if m := &list[n]; m.Member && !m.Spot && m.Live() && !m.Leaving() {
			order = append(order, m)
		}
	}
	slices.SortStableFunc(order, func(x, y *decide.Instance) int {
		return cmp.Or(x.Launched.Compare(y.Launched), cmp.Compare(x.ID, y.ID))
	})
	checked := 0
	for _, m := range order {
		victim := rec.Books.Retiring(m.ID)
		if !victim && checked >= checkOldest {
			m.Unchecked = true
			continue
		}
		checked++
		if at, known := a.checked[m.ID]; victim || !known || a.c.now-at >= protectionFor {
			a.call("DescribeInstanceAttribute", 1)
			a.checked[m.ID] = a.c.now
		}
	}
}

// activities are read as act reads them: while a debt is open, the group is short of members, or a replacement left before it had proved itself.
func (a *actor) activities(w *decide.World, anew bool) {
	since, short := w.Now, a.g.active() < a.g.desired
	for _, d := range w.Record.Books.Debts() {
		if d.At.Before(since) {
			since = d.At
		}
	}
	paid, gone := decide.LastProof(*w)
	if gone && paid.Before(since) {
		since = paid
	}
	if !w.Record.Books.Any() && !short && !gone {
		return
	}
	if !anew && !decide.Asks(*w) {
		w.Cached = append(w.Cached, decide.ReadActivities)
		return
	}
	a.call("DescribeScalingActivities", 1)
	for _, one := range a.g.history {
		if one.At.Before(since.Add(-shortMemory)) {
			break
		}
		w.Activities = append(w.Activities, one)
	}
}

// instances describes the members and all that is ours, ended ones for an hour.
func (a *actor) instances(rec ledger.Record, anew bool) []decide.Instance {
	var out []decide.Instance
	loose, mute, spot := 0, 0, 0
	for a.first < len(a.c.all) && a.forgotten(a.c.all[a.first]) {
		a.first++
	}
	for _, i := range a.c.all[a.first:] {
		if !i.member && i.nonce == "" || a.forgotten(i) {
			continue
		}
		out = append(out, a.describe(i))
		if i.nonce != "" && i.live() {
			spot += one(i.spot())
			loose += one(!i.member)
			said := rec.Said[i.id]
			mute += one(!i.member && said.Hello.IsZero() && said.Ready.IsZero())
		}
	}
	if a.tagged == nil || a.c.now-*a.tagged >= taggedFor || slices.ContainsFunc(rec.Intents, func(it ledger.Intent) bool { return it.Instance == "" }) {
		a.call("DescribeInstances", 1)
		now := a.c.now
		a.tagged = &now
	}
	a.call("DescribeInstances", calls(len(out), filterIDs))
	if anew {
		a.call("DescribeAutoScalingInstances", calls(loose, idsACall))
		a.call("DescribeSpotInstanceRequests", min(spot, 1))
	}
	a.call("DescribeInstanceStatus", calls(mute, 100))
	return out
}

// How long what was read serves, as act has it.
const (
	seldomFor = time.Minute
	taggedFor = 150 * time.Second
)

// print tells the group as it is described.
func (a *actor) print() string {
	var b strings.Builder
	fmt.Fprint(&b, a.g.min, a.g.max, a.g.desired, a.status)
	for _, i := range a.c.all[a.first:] {
		if i.member {
			fmt.Fprint(&b, i.id, i.lifecycle, i.unhealthy, i.protected)
		}
	}
	return b.String()
}

func (a *actor) forgotten(i *instance) bool {
	return !i.member && i.state == dead && a.c.now-i.ended > describedFor
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

func calls(n, most int) int { return (n + most - 1) / most }

func (a *actor) describe(i *instance) decide.Instance {
	a.byID[i.id] = i
	d := decide.Instance{
		ID: i.id, Type: i.typ, Zone: i.zone, Spot: i.spot(), State: string(i.state), Launched: a.c.w.from.Add(i.launched),
		StatusOK: i.ready, Ours: i.nonce != "", Nonce: i.nonce,
		Member: i.member, Listed: i.member,
	}
	if i.member {
		d.Lifecycle, d.Healthy, d.Protected = i.lifecycle, !i.unhealthy, i.protected
	}
	if i.spot() {
		d.SpotStatus = "fulfilled"
		if i.doomed() { // changes at the notice, while the instance still runs
			d.SpotStatus, d.SpotStatusAt = "instance-terminated-no-capacity", a.c.w.from.Add(i.notice)
		}
	}
	if i.launched == 0 && i.nonce == "" {
		d.Launched = a.c.w.from.Add(-24 * time.Hour) // there before the period
	}
	return d
}

// catalog is what is sold now, as old as act lets it grow.
func (a *actor) catalog() market.Catalog {
	cat := a.c.w.catalog
	if a.c.now-a.typesAt >= typesFor {
		a.typesAt = a.c.now
		a.call("DescribeInstanceTypes", calls(len(cat.Types), 100))
		a.call("DescribeInstanceTypeOfferings", calls(len(cat.Offered), pricesAPage))
	}
	if a.c.now-a.pricesAt >= pricesFor {
		a.pricesAt = a.c.now
		a.call("DescribeSpotPriceHistory", calls(len(cat.Offered), pricesAPage))
		for _, p := range a.c.w.pools {
			if usd := p.usdAt(a.c.now); usd > 0 {
				a.spot[p.Pool] = usd
			}
		}
	}
	cat.SpotUSD, cat.AsOf = a.spot, a.clock()
	return cat
}

// Enabled and GroupsOf are handle.Groups.
func (a *actor) Enabled(context.Context) ([]string, error) {
	a.call("DescribeAutoScalingGroups", 1)
	return []string{groupName}, nil
}

// GroupsOf knows the one group.
func (a *actor) GroupsOf(_ context.Context, ids []string) (map[string]string, error) {
	a.call("DescribeAutoScalingInstances", calls(len(ids), idsACall))
	out := map[string]string{}
	for _, id := range ids {
		out[id] = groupName
	}
	return out, nil
}

// Taken knows the spot requests.
func (a *actor) Taken(_ context.Context, ids []string) (map[string]bool, error) {
	a.call("DescribeSpotInstanceRequests", 1)
	out := map[string]bool{}
	for _, id := range ids {
		if i := a.byID[id]; i != nil {
			out[id] = i.notice >= 0 && a.c.now >= i.notice
		}
	}
	return out, nil
}

// TakenSince reads the spot requests of the whole account; who is taken hears of it otherwise here.
func (a *actor) TakenSince(context.Context, time.Time) ([]decide.Hint, error) {
	a.call("DescribeSpotInstanceRequests", 1)
	return nil, nil
}

// Survey shows the one group.
func (a *actor) Survey(context.Context, []string) ([]act.Surveyed, []error) {
	a.call("DescribeAutoScalingGroups", 1)
	a.call("DescribeInstances", 1)
	return []act.Surveyed{{Name: groupName, Print: a.print()}}, nil
}

// Tempting leaves it to a look.
func (a *actor) Tempting(context.Context, act.Surveyed) bool { return true }

func (a *actor) find(id string) (*instance, error) {
	if i := a.byID[id]; i != nil {
		return i, nil
	}
	return nil, fmt.Errorf("no instance %s", id)
}
