package invariant

import (
	"slices"
	"time"

	"autospotting/coordinator/decide/books"
	"autospotting/pkg/cloudsim"
	"autospotting/pkg/message"
)

// hostAPIs are those without which nobody can be drained: what nobody wants is ended all the same.
var hostAPIs = []string{"ECS.ListContainerInstances", "ECS.DescribeContainerInstances", "ECS.UpdateContainerInstancesState"}

// spotGets is how long AWS gives tasks on spot to end. An instance of ours that nobody wants any more is ended with what still runs on it then.
const spotGets = 2 * time.Minute

// drained holds every end by our hand against the work that runs on the instance, and counts those that we drain at one time. What AWS takes is
// AWS's hand, and an owner may let running work end. Jobs on spot have what AWS gives them.
func (c *Checker) drained(ch change) {
	if slices.ContainsFunc(hostAPIs, c.cloud.Down) {
		c.mute = ch.At
	}
	if ch.now.Tags["autospotting:drain-with"] == "none" || !ch.mine {
		return
	}
	i, _ := c.cloud.Instance(ch.Instance)
	h, is := c.cloud.Host(ch.Instance)
	ours := i.Tags[tagGroup] == c.group && c.ours(i.LaunchedBy)
	late := ours && !c.couldStay(i.ID) && (!h.DrainingAt.IsZero() && ch.At.Sub(h.DrainingAt) >= spotGets-c.race || ch.At.Sub(c.mute) < spotGets+time.Minute)
	switch {
	case !i.NoticeAt.IsZero():
	case ch.Kind == cloudsim.HostChanged && h.Status == "DRAINING":
		c.drainsOne(ch)
	case ch.Kind == cloudsim.Terminating && is && h.Running > 0 && !late:
		c.report(Drained, "%s is retired by %s while %d tasks run on it, which is %s", i.ID, ch.Actor, h.Running, h.Status)
	case ch.Kind == cloudsim.TasksCut && i.EverIn == "" && ours && ch.At.Sub(c.draining[i.ID]) < spotGets-c.race && !late:
		c.report(Drained, "%s is ended by %s: %s", i.ID, ch.Actor, ch.Text)
	}
	if ch.Kind == cloudsim.Terminating && i.Jobs > 0 && !i.Spot && i.NoticeAt.IsZero() && (!ours || c.couldStay(i.ID)) {
		c.report(Drained, "%s is retired by %s while %d jobs run on it, which it was asked to end until %q", i.ID, ch.Actor, i.Jobs, i.Tags[message.DrainTag])
	}
	if ch.Kind == cloudsim.Tagged && i.Tags[message.DrainTag] != "" {
		c.asksOne(ch)
	}
	if ch.Kind == cloudsim.HostChanged {
		c.draining[i.ID] = h.DrainingAt
	}
}

// couldStay tells whether the instance is retired for a replacement, in whose place another victim could be taken.
func (c *Checker) couldStay(id string) bool {
	rec, err := c.record()
	return err == nil && slices.ContainsFunc(rec.Books.Debts(), func(d books.Debt) bool { return d.Victim == id && d.Kind != books.Reversal })
}

// drainsOne counts the members on-demand that are DRAINING: the cluster has room for what one of them holds.
func (c *Checker) drainsOne(ch change) {
	n := 0
	for _, m := range ch.now.Members {
		if h, is := c.cloud.Host(m.ID); is && h.Status == "DRAINING" && m.State == "InService" && !m.Instance.Spot {
			n++
		}
	}
	if n > 1 {
		c.report(Drained, "%d hosts on-demand are DRAINING at one time", n)
	}
}

// asksOne counts the members on-demand that are asked to drain.
func (c *Checker) asksOne(ch change) {
	n := 0
	for _, m := range ch.now.Members {
		if m.State == "InService" && m.Instance.State == "running" && !m.Instance.Spot && m.Instance.Tags[message.DrainTag] != "" {
			n++
		}
	}
	if n > 1 {
		c.report(Drained, "%d members on-demand are asked to drain at one time", n)
	}
}
