package decide

import (
	"slices"
	"time"

	"autospotting/coordinator/decide/view"
	"autospotting/coordinator/ledger"
	"autospotting/coordinator/settings"
)

const (
	// heededFor is how long after its launch a replacement whose boot needs membership may still be attached: its boot waits (userdata.Settings.Await),
	// and what comes later finds that it has gone on.
	heededFor = 100 * time.Second
	// waitsFor is how long it waits where it sees no sign of membership.
	waitsFor = 2 * time.Minute
	// lastMoment is how long before a doomed instance is taken out of the group its replacement is attached, ready or not.
	lastMoment = 10 * time.Second
)

// ready tells whether the application on s, which is no member yet, is up. Once spotd was heard, only spotd can say so; a mute instance is
// believed after its grace, so that a daemon that cannot speak never makes a loop of launches. Where somebody waits for it, the end of the boot
// is enough to attach it. Where readiness stands for a launching hook, and no load balancer will tell, the grace proves nothing.
func (r *run) ready(it *ledger.Intent, s Instance) bool {
	if s.State != "running" {
		return false
	}
	if r.bootsAsMember() {
		return false // before it is a member its application has not even begun
	}
	said := r.rec.Said[s.ID]
	over := !said.Started.IsZero() || !said.Booted.IsZero()
	switch {
	case said.Spoke() && StandsForHook(r.w) && !r.w.Group.LoadBalanced && !over:
		return false
	case said.Spoke():
		return r.saidReady(s) || r.awaited(it) && over
	case StandsForHook(r.w) && !r.w.Group.LoadBalanced && r.w.Group.Enabled:
		return false
	}
	return s.StatusOK && !r.w.Group.HooksUnread && r.since(s.Launched) >= r.muteGrace()
}

// grace is how long an application is given to come up of which nothing tells when it is: the setting, or as long as the launching hooks wait that do
// nothing else. They are how an owner without a probe gives it time.
func (r *run) grace() time.Duration { return max(r.w.Settings.Grace, hookWait(r.w)) }

// windowsGrace is what Windows is given of whose boot nobody tells, unless somebody has set the grace: it sets itself up anew at its first boot, often
// with a restart, and then runs the user data.
const windowsGrace = 15 * time.Minute

// muteGrace is what is launched now is given where nobody tells of its boot. One that completes its launching hook has as long as the hook would have
// waited for it: on the way back to on-demand nobody tells.
func (r *run) muteGrace() time.Duration {
	if StandsForHook(r.w) {
		return max(r.tellingGrace(), r.w.Group.HookWait)
	}
	return r.tellingGrace()
}

func (r *run) tellingGrace() time.Duration {
	if r.w.Template.Windows && !r.w.Settings.GraceSaid {
		return max(r.grace(), windowsGrace)
	}
	return r.grace()
}

// patience is when a replacement is given up that is not up, after its launch or its attach.
func (r *run) patience() time.Duration {
	if r.w.Group.Enabled { // spotd or a load balancer tells of a boot that completes its launching hook
		return r.tellingGrace() + r.w.Settings.BootLimit
	}
	return r.muteGrace() + r.w.Settings.BootLimit
}

// told tells whether somebody tells of it when the application on s is up: spotd, or nobody before the grace is over that counts from then.
func (r *run) told(s Instance, grace time.Duration, from time.Time) bool {
	if r.rec.Said[s.ID].Spoke() || s.State != "running" { // EventBridge tells when it runs
		return true
	}
	over := from.Add(grace)
	r.lookAfter(over)
	return r.now().Before(over)
}

// lookAfter asks to decide again at that time, if it is still to come.
func (r *run) lookAfter(t time.Time) {
	if t.After(r.now()) {
		r.lookAt(t)
	}
}

// saidReady tells whether spotd said that the application on s is up. Without a probe spotd goes by the time alone, and knows nothing of hooks.
func (r *run) saidReady(s Instance) bool {
	said := r.rec.Said[s.ID]
	return !said.Ready.IsZero() && (!said.Started.IsZero() || !r.w.Group.HooksUnread && r.since(s.Launched) >= hookWait(r.w))
}

// awaited tells whether somebody waits for the replacement: AWS takes an instance, or the group lacks one.
func (r *run) awaited(it *ledger.Intent) bool {
	return !it.Purpose.Gradual() || r.doomed(it.Victim)
}

// AttachMode is what a replacement must have come to before it becomes a member.
type AttachMode string

// The modes, in the words of a plan.
const (
	WhenReady   AttachMode = "ready"
	WhenStarted AttachMode = "started" // its boot is over: a load balancer tells whether it serves
	WhenRunning AttachMode = "running" // EC2 says so
)

// Mode is when a replacement that nobody waits for becomes a member (docs/protocol.md, When a replacement becomes a member).
func Mode(w World) AttachMode { return newRun(w).mode() }

func (r *run) mode() AttachMode {
	switch {
	case r.bootsAsMember(), r.w.Settings.Attach == settings.AttachRunning, r.worksEarly():
		return WhenRunning
	case r.w.Settings.Attach == settings.AttachAuto && r.balancersTell():
		return WhenStarted
	}
	return WhenReady
}

// bootsAsMember tells whether the boot needs membership, and is given it.
func (r *run) bootsAsMember() bool {
	w := r.w
	return needsMembership(w) && w.Template.Hasty == "" && w.Settings.Attach != settings.AttachReady
}

// balancersTell tells whether load balancers check this group's members. One that was idle for long tells nothing.
func (r *run) balancersTell() bool {
	return r.w.Group.LoadBalanced && slices.ContainsFunc(r.v.Live(), func(i Instance) bool { return i.Balancer == view.BalancerHealthy })
}

// attachable tells whether a replacement has come to what its attach needs.
func (r *run) attachable(it *ledger.Intent, s Instance) bool {
	if s.State != "running" {
		return false
	}
	mode := r.mode()
	if r.awaited(it) && r.w.Settings.Attach == settings.AttachAuto {
		mode = WhenRunning
	}
	said := r.rec.Said[s.ID]
	switch {
	case mode == WhenRunning, r.atLast(it):
		return true
	case !r.awaited(it) && !r.registered(s):
		return false
	case mode == WhenStarted && (!said.Started.IsZero() || !said.Booted.IsZero()):
		return true
	}
	return r.ready(it, s)
}

// atLast tells whether the instance that the replacement is for is about to be taken out of the group.
func (r *run) atLast(it *ledger.Intent) bool {
	n, doomed := r.notice(it.Victim)
	if !doomed || !n.Released.IsZero() {
		return false
	}
	due := r.release(n).Add(-lastMoment)
	if r.now().Before(due) {
		r.lookAt(due)
		return false
	}
	return true
}

// heedless says why the boot of a replacement that needs membership will not find it; empty where it does, or needs none. That it says it went on without
// proves nothing: AWS documents the metadata item for what the group launches itself, and may not show it to what is attached (aws-facts 9 #5).
func heedless(s Instance, member bool, attached time.Time) string {
	if member && attached.Sub(s.Launched) > heededFor {
		return "its boot needs membership of the group, which came too late for it"
	}
	return ""
}

// up tells whether the application on a serving member may be counted on: in service says only that EC2 is content. Every witness that exists has to
// agree: spotd, once it was heard, and each load balancer that checks (Instance.Serving knows). Where there is neither, it is the grace: of what the
// group launched by itself, the group's own. Of a boot by CloudFormation's helpers the grace says nothing: it may have failed, since CloudFormation may
// not know the attached instance yet (aws-facts 9 #3). Nor does it of one that completes its launching hook, which tells when it is over. What goes back to on-demand carries no spotd: its like was proven when the group went to spot.
func (r *run) up(i Instance) bool {
	checked := i.Balancer == view.BalancerHealthy
	w, watched := r.rec.Watched[i.ID]
	member := watched && w.Member
	if watched && r.startsSlowly(i, w) {
		return false
	}
	if said := r.rec.Said[i.ID]; said.Spoke() {
		ready := r.saidReady(i) && (!w.Unproven || checked || !said.Booted.IsZero())
		return ready || !said.Started.IsZero() || checked && !said.Booted.IsZero()
	}
	if checked || w.Unproven {
		return checked
	}
	grace, from := r.muteGrace(), i.Launched
	if own := r.w.Group.Grace; !i.Ours && own >= leastGrace {
		grace = own
	}
	if watched && w.Early && w.At.After(from) {
		from = w.At
	}
	if over := i.Launched.Add(waitsFor); member && over.After(from) {
		from = over // of what goes back without spotd it is not known whether it saw that it is a member
	}
	if i.Ours && r.w.Group.HooksUnread {
		return false
	}
	return r.since(from) >= grace && (!watched || i.StatusOK)
}

// startsSlowly tells whether a target group gives the member less than its share yet.
func (r *run) startsSlowly(i Instance, w ledger.Watch) bool {
	slow := r.w.Group.SlowStart
	return slow > 0 && i.Balancer == view.BalancerHealthy && (w.Healthy.IsZero() || r.since(w.Healthy) < slow)
}

// leastGrace is from when on a group's own grace says anything: the API's default is 0.
const leastGrace = time.Minute
