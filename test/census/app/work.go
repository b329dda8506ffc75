package app

import (
	"time"

	"autospotting/pkg/cloudsim"
)

// nextJob has a job begin after a pause, and another after that, as long as the instance takes any.
func (a *Application) nextJob(n *node) {
	if !a.spec.needs(Runner) && !a.spec.needs(Worker) {
		return
	}
	n.jobs++
	k := n.jobs
	n.g.After(chance(n.id, 2*k, 30*time.Second, 2*time.Minute), func() {
		if n.leaving || !n.up {
			return
		}
		n.busy = true
		n.g.After(chance(n.id, 2*k+1, 4*time.Minute, 12*time.Minute), func() {
			if n.busy = false; n.leaving {
				a.done(n)
				return
			}
			a.nextJob(n)
		})
	})
}

// drain is what the owner's terminating hook starts: no new work, what runs is finished or moved, and then the hook is told.
func (a *Application) drain(n *node) {
	n.leaving = true
	switch {
	case !n.up: // the cluster does not know it, so that there is nothing to move
		n.g.After(cleanUp, func() { a.done(n) })
	case a.spec.needs(Kubernetes):
		n.g.After(podsMove, func() { n.pods = 0; a.done(n) })
	case a.spec.needs(ECS):
		_ = a.cloud.DrainHost(n.id, true)
		a.drainTasks(n)
	case !n.busy:
		n.g.After(cleanUp, func() { a.done(n) })
	}
}

// drainTasks tells the hook once no task is left.
func (a *Application) drainTasks(n *node) {
	if h, is := a.cloud.Host(n.id); is && h.Running > 0 {
		n.g.After(tasksLook, func() { a.drainTasks(n) })
		return
	}
	a.done(n)
}

// done completes the terminating hook, unless a job still runs.
func (a *Application) done(n *node) {
	if n.busy {
		return
	}
	n.drained = true
	if m, in := a.member(n.id); in && m.State == "Terminating:Wait" {
		_ = a.cloud.CompleteHook(n.id, "CONTINUE")
	}
}

// lost is an instance that ends by the coordinator's hand: what still ran on it is harm.
func (a *Application) lost(n *node) {
	switch {
	case n.busy && a.spec.needs(Runner):
		a.harm(Runner, n, "was ended while its job ran")
	case n.busy && a.spec.needs(Worker):
		a.harm(Worker, n, "was ended while its job ran")
	}
	if a.spec.needs(Kubernetes) && n.up && n.pods > 0 {
		a.harm(Kubernetes, n, "was ended with %d pods on it, which nobody had moved", n.pods)
	}
	if n.cut != "" {
		a.harm(ECS, n, "was ended before its tasks were moved: %s", n.cut)
	}
}

// event follows what the cloud does with the instances.
func (a *Application) event(e cloudsim.Event) {
	n := a.nodes[e.Instance]
	a.updates(e, n)
	switch e.Kind {
	case cloudsim.TasksCut:
		if n != nil {
			n.cut = e.Text
		}
	case cloudsim.HookWaits:
		m, in := a.member(e.Instance)
		switch {
		case in && m.State == "Pending:Wait":
			a.hooked[e.Instance] = true
			a.made(e.Instance)
		case in && n != nil:
			a.drain(n)
		}
	case cloudsim.InService:
		if n != nil {
			a.serves(n)
		}
	case cloudsim.Terminating:
		if n != nil && a.ours(e.Actor) {
			a.retired(n)
		}
	case cloudsim.Stopping:
		a.stopped(n, e.Actor)
	}
}

// made completes the launching hook of an application that does not do so itself: somebody else's function does, after a while.
func (a *Application) made(id string) {
	if a.spec.needs(LaunchHook) || a.spec.Completes {
		return
	}
	a.cloud.After(time.Minute, "hook of "+id, func() {
		if m, in := a.member(id); in && m.State == "Pending:Wait" {
			_ = a.cloud.CompleteHook(id, "CONTINUE")
		}
	})
}

// retired is a member that the coordinator takes out of service: as many as the owner wants must be up without it.
func (a *Application) retired(n *node) {
	i, _ := a.cloud.Instance(n.id)
	n.taken = true
	if !n.up || a.atItsEnd(i) {
		return
	}
	if a.spec.needs(Quorum) {
		a.majority(n)
	}
	if left, want := a.working(n.id), a.wanted(); left < want {
		kind, who := a.hole()
		a.harm(kind, n, "was retired, and %d of %d applications are up%s", left, want, who)
	}
}

// hole names the need for want of which a replacement is not up.
func (a *Application) hole() (Need, string) {
	for _, n := range a.order {
		if m, in := a.member(n.id); in && n.mine && m.State == "InService" && n.failed != "" {
			return n.failed, ": " + n.id + " never comes up"
		} else if in && n.mine && n.lacks != "" {
			return n.lacks, ": " + n.id + " waits for what it has not got"
		}
	}
	return Capacity, ""
}

// stopped is an instance that leaves running, by whomever.
func (a *Application) stopped(n *node, actor string) {
	if n == nil || n.ended {
		return
	}
	// What AWS has given notice of, is AWS's, whoever is quicker.
	if i, _ := a.cloud.Instance(n.id); (n.taken || a.ours(actor)) && i.NoticeAt.IsZero() {
		a.lost(n)
	}
	n.ended, n.up = true, false
}
