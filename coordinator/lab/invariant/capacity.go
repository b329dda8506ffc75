package invariant

import (
	"slices"
	"time"

	"autospotting/pkg/cloudsim"
)

// capacity compares the members that serve before and after the event.
func (c *Checker) capacity(ch change) {
	before := standing(c.serving, ch.At) // those of before, as of now: time alone is nobody's hand
	was := c.serving
	c.serving = serving(ch.now)
	now := standing(c.serving, ch.At)
	// A number above the owner's own MaxSize could only be set because of our lease: it is taken back.
	want := min(ch.now.Desired-c.net(ch.now), c.ownerMax)
	lost := ch.Kind == cloudsim.Stopping || ch.Kind == cloudsim.Terminating // perhaps of one that has become healthy by time alone
	if !ch.mine && (now < before || want > c.wanted || ch.Kind == cloudsim.SizeChanged || lost) {
		c.others = ch.At
	}
	c.wanted = want
	if !ch.mine || now >= before {
		return
	}
	ready := c.cloud.Ready(c.group)
	if !c.caused || ready < c.lowest {
		c.lowest, c.caused = ready, true
	}
	if now < c.stillWanted(want, now) {
		c.broken(breach{Event: ch.Event, invariant: Capacity}, "%s of %s by %s left %d of %d in service", ch.Kind, ch.Instance, ch.Actor, now, want)
		return
	}
	c.undoomed(ch, was, want)
}

// stillWanted is what is wanted less what was taken off desired and is forgiven, also while debts are open on top of it, as far as have is short of it.
func (c *Checker) stillWanted(want, have int) int {
	forgiven := min(c.below.total(), want-have)
	if forgiven <= 0 {
		return want
	}
	return want - forgiven + c.spend(c.below, forgiven, "too little of desired is left")
}

// undoomed holds a retirement of somebody healthy against what will be left once AWS has taken those whose notice is written in the
// ledger.
func (c *Checker) undoomed(ch change, was []cloudsim.InstanceView, want int) {
	rec, err := c.record()
	if err != nil || len(rec.Notices) == 0 {
		return
	}
	// short tells how many are left where the notices count that were given by then, and whether those are too few by this event.
	short := func(by time.Time) (int, bool) {
		doomed := func(i cloudsim.InstanceView) bool {
			n, ok := rec.Notices[i.ID]
			return ok && !n.At.After(by)
		}
		fit := func(list []cloudsim.InstanceView) int {
			return len(slices.DeleteFunc(slices.Clone(list), doomed))
		}
		now := fit(c.serving)
		return now, now < fit(was) && now < want
	}
	b := breach{Event: ch.Event, invariant: Capacity}
	left, broken := short(ch.At)
	if broken {
		want = c.stillWanted(want, left)
		left, broken = short(ch.At)
	}
	if known, early := short(ch.At.Add(-c.race - 1)); early {
		left, broken = known, true
	} else if broken {
		b.since = ch.At
	}
	if broken {
		c.broken(b, "%s of %s by %s left %d of %d in service that AWS is not taking", ch.Kind, ch.Instance, ch.Actor, left, want)
	}
}

// drain is how long before its end a member under notice may be taken out by us: before that it is capacity like any
// other, and taking it out would open now the hole that AWS opens later. It is the 45 s of the protocol, and one more since
// notices tell whole seconds.
const drain = 46 * time.Second

// serving lists the members that are ready and in service, also as their load balancers see it: those that check them. One to which a new version is
// deployed at this moment, and which its load balancers still send requests, is out by its owner's hand, and nobody could know.
func serving(g cloudsim.GroupView) []cloudsim.InstanceView {
	var out []cloudsim.InstanceView
	for _, m := range g.Members {
		if m.State == "InService" && m.Healthy && (m.Target == "" || m.Target == "healthy") && (m.Instance.AppReady || m.Instance.Deploying && m.Target != "") && m.Instance.State == "running" {
			out = append(out, m.Instance)
		}
	}
	return out
}

// standing counts those of them that we may not take away yet.
func standing(list []cloudsim.InstanceView, now time.Time) int {
	n := 0
	for _, i := range list {
		if i.NoticeAt.IsZero() || now.Before(i.EndsAt.Add(-drain)) {
			n++
		}
	}
	return n
}
