package app

import (
	"time"

	"autospotting/pkg/cloudsim"
)

// unread is how long after the beginning of an update nobody can have known of it.
const unread = 5 * time.Second

// updates holds what the coordinator does against the updates of the group's Elastic Beanstalk environment: who is launched, attached or taken out of
// service meanwhile is somebody on whom the update does not reckon. What it began before it may end: the victim of who was attached goes, or who was
// attached.
func (a *Application) updates(e cloudsim.Event, n *node) {
	v, is := a.cloud.Environment(a.group)
	switch {
	case !is:
		return
	case e.Kind == cloudsim.StatusMoved && v.Status != cloudsim.EnvironmentReady:
		a.updated = e.At
		return
	case e.Kind == cloudsim.StatusMoved:
		a.deployed(v)
		return
	case !a.ours(e.Actor):
		return
	}
	if n == nil {
		n = &node{id: e.Instance}
	}
	during := v.Status != cloudsim.EnvironmentReady && e.At.Sub(v.Since) > unread
	i, _ := a.cloud.Instance(e.Instance)
	switch {
	case e.Kind == cloudsim.Pending:
		if n.entered = e.At; during {
			a.harm(Update, n, "was attached while the environment was updated")
		}
	case e.Kind == cloudsim.Launched && during:
		a.harm(Update, n, "was launched while the environment was updated")
	case v.Temporary != "" && e.Group == v.Temporary && e.Kind != cloudsim.Tagged:
		a.harm(Update, n, "%s in the group of the update", e.Kind)
	case e.Kind == cloudsim.Terminating && during && i.NoticeAt.IsZero() && !a.ours(i.LaunchedBy) && !a.paid(v.Since):
		a.harm(Update, n, "was retired while the environment was updated, and nobody came for it before")
	}
}

// paid tells whether somebody was attached just before.
func (a *Application) paid(before time.Time) bool {
	for _, n := range a.order {
		if !n.entered.IsZero() && before.Sub(n.entered) < deadMembers {
			return true
		}
	}
	return false
}

// deployed is the end of an update: whom the coordinator attached while it ran must not be of the version of before.
func (a *Application) deployed(v cloudsim.EnvironmentView) {
	for id, by := range v.Stale {
		if n := a.nodes[id]; n != nil && a.ours(by) && n.entered.After(a.updated.Add(unread)) {
			a.harm(Update, n, "serves the version of before an update")
		}
	}
}
