package storm

import (
	"strings"
	"time"

	"autospotting/coordinator/lab/invariant"
	"autospotting/pkg/cloudsim"
	"autospotting/pkg/message"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
)

// Settled tells whether the group is whole, on spot and on-demand as its owner wants it, with nothing open.
func (w *World) Settled(group string) bool {
	g, _ := w.Cloud.Group(group)
	keep := g.Desired
	if g.Tags["spot-enabled"] == "true" {
		keep = invariant.Keep(g.Tags["autospotting:keep-on-demand"], g.Desired)
	}
	return len(g.Members) == g.Desired && !w.Record(group).Open() &&
		w.Stage.ServingOf(group, true) == g.Desired-keep && w.Stage.ServingOf(group, false) == keep
}

// AllSettled is Settled of every group.
func (w *World) AllSettled() bool {
	for _, g := range w.Groups {
		if !w.Settled(g) {
			return false
		}
	}
	return true
}

// Orphans lists live instances of ours that are no members.
func (w *World) Orphans(group string) []string {
	var out []string
	for _, i := range w.Cloud.Instances() {
		if i.Tags["autospotting-group"] == group && coordinators(i.LaunchedBy) && i.Group == "" && (i.State == "pending" || i.State == "running") {
			out = append(out, i.ID)
		}
	}
	return out
}

// end checks what must hold of every group when all is quiet.
func (w *World) end() {
	for n, name := range w.Groups {
		g, _ := w.Cloud.Group(name)
		if !w.Settled(name) {
			w.report(Converge, "%s is not what its owner wants: desired %d, %d members, %d on spot and %d on-demand in service, open: %t", name, g.Desired,
				len(g.Members), w.Stage.ServingOf(name, true), w.Stage.ServingOf(name, false), w.Record(name).Open())
		}
		if net := w.Checks[n].Net(); net < 0 || net > w.Checks[n].Voidable() {
			w.report(invariant.Debt, "%s: desired %d has %d of ours in it at the end", name, g.Desired, net)
		}
		if owners := w.Checks[n].OwnersMax(); g.Max != owners {
			w.report(invariant.MaxSize, "%s: MaxSize is %d at the end, the owner's is %d", name, g.Max, owners)
		}
		if s := w.Orphans(name); len(s) > 0 {
			w.report(Leftover, "%s: left behind: %v", name, s)
		}
		w.asleep(g)
		w.asked(g)
		for _, m := range g.Members {
			if m.Protected {
				w.report(Leftover, "%s: %s is still protected from scale-in", name, m.ID)
			}
		}
	}
}

// late is how long after the end of the grace spotd may say ready: it looks every two seconds, and the boot may have taken longer.
const late = 5 * time.Second

// Waited says when the boot of an instance went on that waited for membership, for worlds whose guests are not those of Boots.
func (w *World) Waited(instance string) { w.waitedUntil(instance, w.Cloud.Now()) }

func (w *World) waitedUntil(instance string, over time.Time) {
	if w.waited == nil {
		w.waited = map[string]time.Time{}
	}
	w.waited[instance] = over
}

// saidReady holds every ready that an instance publishes against the time of its launch.
func (w *World) saidReady(c cloudsim.Call) cloudsim.Verdict {
	in, ok := c.Input.(*sns.PublishInput)
	if !ok || !strings.HasPrefix(c.Session, "i-") {
		return cloudsim.GoOn
	}
	r, err := message.Decode([]byte(aws.ToString(in.Message)))
	if err != nil || r.Kind != message.Ready || r.Detail == message.DetailAgain {
		return cloudsim.GoOn
	}
	i, _ := w.Cloud.Instance(c.Session)
	due := i.Launched.Add(grace)
	if over, waited := w.waited[i.ID]; waited { // the boot, and so the grace, begins when the wait for membership is over
		due = over.Add(grace)
	}
	if at, told := w.booted[i.ID]; told && at.After(due) { // spotd holds ready back as long as cloud-init runs
		due = at
	}
	if i.Running.Add(time.Second).After(due) {
		due = i.Running.Add(time.Second)
	}
	if now := w.Cloud.Now(); now.Before(due.Add(-time.Second)) || // its document tells whole seconds
		now.After(due.Add(late)) {
		w.report(Grace, "%s says ready %s after its launch, with a grace of %s", i.ID, now.Sub(i.Launched).Round(time.Second), grace)
	}
	return cloudsim.GoOn
}
