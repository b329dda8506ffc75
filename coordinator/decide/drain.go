package decide

import (
	"slices"
	"time"

	"autospotting/coordinator/settings"
)

const (
	// drainFor is how long the work on a victim is given to end: the tasks of a host, or its drain handlers. The scheduler starts those of services elsewhere and then stops them, which
	// takes the start of a container and the load balancer's deregistration delay, 5 minutes by default. What runs longer is a job, of which nobody
	// knows the end.
	drainFor = 15 * time.Minute
	// drainUnwanted is how long those of an instance of ours are given that nobody wants: what AWS gives everything on spot.
	drainUnwanted = 2 * time.Minute
	// registersFor is how long after its launch an instance that its cluster does not know may still be about to register, and to get tasks.
	registersFor = 5 * time.Minute
	// passedFor is how long a victim is passed over whose tasks did not end; it doubles each time.
	passedFor, passedAtMost = time.Hour, 24 * time.Hour
)

// ecs is the need of a host of an ECS cluster.
const ecs = "ecs"

// DrainMode is how work that runs on an instance comes to its end before the instance is retired.
type DrainMode string

// The modes, in the words of a plan.
const (
	DrainNone DrainMode = "none" // nothing runs on it that must be waited for, or its owner lets it end
	DrainECS  DrainMode = "ecs"  // its host is set DRAINING before it is retired
	DrainHook DrainMode = "hook" // a terminating lifecycle hook holds it
	// DrainCommand has spotd on it run its owner's drain handlers before it is retired.
	DrainCommand DrainMode = "command"
)

// Drain is how the group's instances are drained. What a hook drains is its owner's: a capacity provider's managed draining has one too.
func Drain(w World) DrainMode {
	switch w.Settings.DrainWith {
	case settings.DrainNone:
		return DrainNone
	case settings.DrainHook:
		return DrainHook
	case settings.DrainECS:
		return DrainECS
	case settings.DrainCommand:
		return DrainCommand
	}
	switch {
	case len(w.Group.DrainHooks) > 0 || w.Group.HooksUnread:
		return DrainHook
	case cluster(w) != "" && !slices.Contains(w.Settings.Accept, ecs):
		return DrainECS
	case w.Record.Drainable && (runsWork(w) || w.Template.Hash == ""):
		return DrainCommand
	}
	return DrainNone
}

// awaitsWork tells whether instances are drained by us before they are retired.
func awaitsWork(w World) bool {
	mode := Drain(w)
	return mode == DrainECS || mode == DrainCommand
}

// drains tells whether the work that the need is about is drained before an instance of the group ends, or may end with it.
func drains(w World, need string) bool {
	switch Drain(w) {
	case DrainHook, DrainCommand:
		return true
	case DrainECS:
		return need == ecs && cluster(w) != ""
	}
	return w.Settings.DrainWith == settings.DrainNone
}

// worksEarly tells whether work that a terminating hook drains reaches a replacement as soon as its boot is over. No hook runs for what is no member: the
// work would be cut off where it is given up before its attach.
func (r *run) worksEarly() bool {
	w := r.w
	return w.Settings.Attach != settings.AttachReady && Drain(w) == DrainHook && slices.ContainsFunc(answers, func(a answer) bool {
		return a.drained && indexOf(w.Template.Needs, a.need) >= 0 && !slices.Contains(w.Settings.Accept, a.need)
	})
}

// cluster is the ECS cluster whose hosts the instances are; the last one known where the template was not read. It is empty where there is none, or
// it cannot be told which.
func cluster(w World) string {
	switch n := len(w.Record.Clusters); {
	case w.Template.Hash != "":
		return w.Template.Cluster
	case n > 0:
		return w.Record.Clusters[n-1]
	}
	return ""
}

// undrainable refuses a group whose owner wants it drained in a way that it has not.
func undrainable(w World) string {
	switch {
	case w.Settings.DrainWith == settings.DrainHook && len(w.Group.DrainHooks) == 0 && !w.Group.HooksUnread:
		return "drain-with is hook, and the group has no terminating lifecycle hook"
	case Drain(w) != DrainECS:
	case w.Template.Hash != "" && cluster(w) == "":
		return "drain-with is ecs, and the user data does not tell which ECS cluster the instances register with"
	case w.Group.NoCluster != "":
		return w.Group.NoCluster
	}
	return ""
}

func undrainableStep(w World) string {
	if w.Settings.DrainWith == settings.DrainHook {
		return drainHook
	}
	return nameCluster + ", or " + drainHook
}

const nameCluster = "write the name of the cluster into the user data (ECS_CLUSTER=NAME)"

// Clusters are the ECS clusters in which the group's instances may be hosts, the likeliest first; none where nobody has to be drained.
func Clusters(w World) []string {
	var out []string
	if Drain(w) == DrainECS {
		if name := cluster(w); name != "" {
			out = append(out, name)
		}
	} else if w.Record.Draining() == 0 {
		return nil
	}
	for _, name := range slices.Backward(w.Record.Clusters) { // what was launched before a deploy is in the one of then
		if !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// mostClusters is how many clusters are remembered: deploys that name another one are rare.
const mostClusters = 3

// clusters keeps the cluster that the instances register with, so that it is known also where the template is not read.
func (r *run) clusters() {
	name := r.w.Template.Cluster
	switch known := r.rec.Clusters; {
	case r.w.Template.Hash == "" || !r.w.Template.CopyOf.IsZero():
	case name == "" || Drain(r.w) != DrainECS:
		if r.rec.Draining() == 0 {
			r.rec.Clusters = nil
		}
	case len(known) == 0 || known[len(known)-1] != name:
		known = append(slices.DeleteFunc(known, func(n string) bool { return n == name }), name)
		r.rec.Clusters = known[max(0, len(known)-mostClusters):]
	}
}
