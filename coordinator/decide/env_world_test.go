package decide

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"autospotting/coordinator/market"
	"autospotting/coordinator/settings"
)

// group changes the group as described.
func (e *env) group(t *testing.T, d *datadriven.TestData) {
	t.Helper()
	g := &e.w.Group
	numbers := map[string]*int{"min": &g.Min, "max": &g.Max, "desired": &g.Desired}
	texts := map[string]*string{"bad-tag": &g.BadTag, "other-owner": &g.OtherOwner, "placement-group": &g.PlacementGroup, "placement-strategy": &g.PlacementStrategy,
		"stack-status": &g.StackStatus, "unseen": &g.Unseen, "no-subnets": &g.NoSubnets, "status-tag": &g.StatusTag}
	lists := map[string]*[]string{"launch-hooks": &g.LaunchHooks, "drain-hooks": &g.DrainHooks, "suspended": &g.Suspended}
	flags := map[string]*bool{"deleting": &g.Deleting, "mixed-instances": &g.MixedInstances, "weighted": &g.Weighted, "rebalancing": &g.CapacityRebalance,
		"warm-pool": &g.WarmPool, "refreshing": &g.Refreshing, "balanced": &g.LoadBalanced, "protects-new": &g.NewProtected,
		"opted-in": &g.Enabled, "template": &g.HasTemplate, "found": &g.Found}
	unset := map[string]*bool{"opted-out": &g.Enabled, "no-template": &g.HasTemplate, "gone": &g.Found, "refreshed": &g.Refreshing}
	for _, a := range d.CmdArgs {
		switch {
		case numbers[a.Key] != nil:
			d.ScanArgs(t, a.Key, numbers[a.Key])
		case texts[a.Key] != nil:
			*texts[a.Key] = a.FirstVal(t)
		case lists[a.Key] != nil:
			*lists[a.Key] = a.Vals
		case flags[a.Key] != nil:
			*flags[a.Key] = true
		case unset[a.Key] != nil:
			*unset[a.Key] = false
		case a.Key == "slow-start":
			g.SlowStart = span(t, a.FirstVal(t))
		case a.Key == "grace":
			g.Grace = span(t, a.FirstVal(t))
		case a.Key == "all-spot":
			e.w.allSpot()
		case a.Key == "no-members":
			e.w.Instances = nil
		case a.Key == "members":
			e.w.Instances = slices.DeleteFunc(e.w.Instances, func(i Instance) bool { return !slices.Contains(a.Vals, i.ID) })
		case a.Key == "zones":
			for z := range g.Subnets {
				if !slices.Contains(a.Vals, z) {
					delete(g.Subnets, z)
				}
			}
		default:
			t.Fatalf("%s: a group has no %q", d.Pos, a.Key)
		}
	}
}

// settings lays the owner's tags over what is set already.
func (e *env) settings(t *testing.T, d *datadriven.TestData) {
	t.Helper()
	tags := map[string]string{}
	for _, a := range d.CmdArgs {
		if a.Key == "schedule" {
			tags["autospotting_cron_schedule"] = a.FirstVal(t)
			continue
		}
		tags["autospotting:"+a.Key] = strings.Join(a.Vals, ",")
	}
	s, err := settings.FromTags(e.w.Settings, tags)
	if err != nil {
		t.Fatalf("%s: %v", d.Pos, err)
	}
	e.w.Settings = s
}

func (e *env) template(t *testing.T, d *datadriven.TestData) {
	t.Helper()
	tm := &e.w.Template
	tm.Hash = value(t, d, "hash", tm.Hash)
	tm.Type = value(t, d, "type", tm.Type)
	tm.Unreadable, tm.NeedsUnread = value(t, d, "unreadable", ""), value(t, d, "unread", "")
	tm.Windows = d.HasArg("windows")
	tm.Hasty, tm.Clocked, tm.Mute, tm.Cluster = value(t, d, "hasty", tm.Hasty), value(t, d, "clocked", tm.Clocked), d.HasArg("mute"), value(t, d, "cluster", tm.Cluster)
	if a, ok := d.Arg("needs"); ok {
		tm.Needs = nil
		for _, name := range a.Vals {
			tm.Needs = append(tm.Needs, UserNeed{Need: name, Where: "line 3"})
		}
	}
	if d.HasArg("unlooked") { // nobody has looked what it is
		*tm = Template{}
	}
	if d.HasArg("none") {
		tm.ID, tm.Version = "", ""
	}
}

// host changes what ECS says of an instance.
func (e *env) host(t *testing.T, d *datadriven.TestData) {
	t.Helper()
	const api = ReadContainers
	e.w.Missing = slices.DeleteFunc(e.w.Missing, func(m Missing) bool { return m.What == api })
	switch id := d.CmdArgs[0].Key; {
	case id == "read":
	case id == "unread":
		e.w.Missing = append(e.w.Missing, Missing{What: api, Class: Prudence, Why: "Throttling"})
	case d.HasArg("gone"):
		e.w.at(id).Container = Container{}
	default:
		c := &e.w.at(id).Container
		c.Cluster, c.ARN, c.Connected, c.Status = "prod", "arn:"+id, !d.HasArg("disconnected"), cmp.Or(c.Status, "ACTIVE")
		if d.HasArg("draining") {
			c.Status = "DRAINING"
		}
		if d.HasArg("active") {
			c.Status = "ACTIVE"
		}
		d.MaybeScanArgs(t, "tasks", &c.Tasks)
	}
}

// asked has ECS asked of the instances of which it is, if it can be.
func (e *env) asked() {
	hosts := Hosts(e.w)
	for n := range e.w.Instances {
		i := &e.w.Instances[n]
		i.Container.Asked = !e.w.missing(ReadContainers) && len(Clusters(e.w)) > 0 && slices.Contains(hosts, i.ID)
	}
}

// market changes what is to be had: a price of a pool is that of spot, one of a type that of on-demand.
func (e *env) market(t *testing.T, d *datadriven.TestData) {
	t.Helper()
	c := &e.w.Catalog
	e.w.Unpriced = value(t, d, "unread", "")
	for _, a := range d.CmdArgs {
		switch a.Key {
		case "unread", "read":
		case "none", "unoffered":
			for p := range c.Offered {
				if a.Vals[0] != p.Zone {
					continue
				}
				if delete(c.SpotUSD, p); a.Key == "unoffered" {
					c.Offered[p] = false
				}
			}
		case "no-prices":
			clear(c.OnDemandUSD)
		default:
			usd, err := strconv.ParseFloat(a.FirstVal(t), 64)
			if err != nil {
				t.Fatalf("%s: %v", d.Pos, err)
			}
			var p market.Pool
			if p.UnmarshalText([]byte(a.Key)) == nil {
				c.SpotUSD[p] = usd
			} else {
				c.OnDemandUSD[a.Key] = usd
			}
		}
	}
}

// instance makes or changes one.
func (e *env) instance(t *testing.T, d *datadriven.TestData) {
	t.Helper()
	id := d.CmdArgs[0].Key
	if d.HasArg("gone") {
		e.w.Instances = slices.DeleteFunc(e.w.Instances, func(i Instance) bool { return i.ID == id })
		return
	}
	if !slices.ContainsFunc(e.w.Instances, func(i Instance) bool { return i.ID == id }) {
		i := member(id, value(t, d, "zone", "a"))
		i.Launched = e.w.Now.Add(-moveAfter)
		e.w.add(i)
	}
	i := e.w.at(id)
	texts := map[string]*string{"zone": &i.Zone, "type": &i.Type, "lifecycle": &i.Lifecycle, "state": &i.State, "balancer": &i.Balancer, "tenancy": &i.Tenancy}
	flags := map[string]*bool{"spot": &i.Spot, "healthy": &i.Healthy, "protected": &i.Protected, "undeletable": &i.Undeletable, "unchecked": &i.Unchecked,
		"reserved": &i.Reserved, "passed-checks": &i.StatusOK, "listed": &i.Listed}
	unset := map[string]*bool{"unhealthy": &i.Healthy, "unprotected": &i.Protected, "failed-checks": &i.StatusOK, "unlisted": &i.Listed, "foreign-tag": &i.Ours,
		"on-demand": &i.Spot, "checked": &i.Unchecked}
	for _, a := range d.CmdArgs[1:] {
		switch {
		case texts[a.Key] != nil:
			*texts[a.Key] = a.FirstVal(t)
		case flags[a.Key] != nil:
			*flags[a.Key] = true
		case unset[a.Key] != nil:
			*unset[a.Key] = false
		case a.Key == "ours":
			i.Spot, i.Ours, i.Nonce, i.Type = true, true, "n-"+id, value(t, d, "type", "m5a.large")
		case a.Key == "outside": // no member
			i.Member, i.Listed, i.Lifecycle, i.Healthy = false, false, "", false
		case a.Key == "foreign":
			i.Member, i.Listed, i.Foreign = false, false, true
		case a.Key == "member":
			i.Member, i.Listed, i.Lifecycle, i.Healthy = true, true, "InService", true
		case a.Key == "spot-status":
			i.SpotStatus, i.SpotStatusAt = a.FirstVal(t), e.w.Now
		case a.Key == "age":
			i.Launched = e.w.Now.Add(-span(t, a.FirstVal(t)))
		default:
			t.Fatalf("%s: an instance has no %q", d.Pos, a.Key)
		}
	}
}

func (e *env) activity(t *testing.T, d *datadriven.TestData) {
	t.Helper()
	switch d.CmdArgs[0].Key {
	case "unread":
		e.w.Unread = true
		return
	case "read":
		e.w.Unread = false
		return
	}
	a := Activity{Kind: ActivityKind(d.CmdArgs[0].Key), At: e.w.Now.Add(-span(t, value(t, d, "ago", "0s")))}
	if named := value(t, d, "named-ago", ""); named != "" {
		a.DesiredAt = e.w.Now.Add(-span(t, named))
	}
	for _, arg := range d.CmdArgs[1:] {
		switch {
		case arg.Key == "failed":
			a.Failed = true
		case arg.Key == "launching":
			a.Launching = true
		case arg.Key == "desired":
			d.ScanArgs(t, "desired", &a.Desired)
		case strings.HasPrefix(arg.Key, "i-"):
			a.Instance = arg.Key
		case arg.Key != "ago" && arg.Key != "named-ago":
			t.Fatalf("%s: an activity has no %q", d.Pos, arg.Key)
		}
	}
	e.w.Activities = append([]Activity{a}, e.w.Activities...)
}

func (e *env) heard(t *testing.T, d *datadriven.TestData) {
	t.Helper()
	kinds := map[string]HintKind{"notice": HeardTerminating, "hello": HeardHello, "started": HeardStarted, "ready": HeardReady, "rebalance": HeardRebalance, "change": HeardChange,
		"can-drain": HeardCanDrain, "drained": HeardDrained}
	kind, known := kinds[d.CmdArgs[0].Key]
	if !known {
		t.Fatalf("%s: no message %q", d.Pos, d.CmdArgs[0].Key)
	}
	h := Hint{Kind: kind, Instance: d.CmdArgs[1].Key, At: e.w.Now, Trusted: !d.HasArg("unsigned"), Source: value(t, d, "from", "EventBridge"), Action: value(t, d, "action", "")}
	if kind == HeardTerminating && h.Action == "" {
		h.Action = "terminate"
	}
	if kind == HeardDrained { // the answer to the ask that is open
		h.Deadline = e.w.Record.Drains[h.Instance].Until
	}
	if in := value(t, d, "in", ""); in != "" {
		h.Deadline = e.w.Now.Add(span(t, in))
	}
	h.At = h.At.Add(-span(t, value(t, d, "given-ago", "0s")))
	e.w.Heard = append(e.w.Heard, h)
}
