package decide

import (
	"maps"
	"slices"
	"time"

	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/decide/view"
	"autospotting/coordinator/ledger"
	"autospotting/coordinator/market"
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
// is enough to attach it.
func (r *run) ready(it *ledger.Intent, s Instance) bool {
	if s.State != "running" {
		return false
	}
	if r.bootsAsMember() {
		return false // before it is a member its application has not even begun
	}
	said := r.rec.Said[s.ID]
	if said.Spoke() {
		return r.saidReady(s) || r.awaited(it) && (!said.Started.IsZero() || !said.Booted.IsZero())
	}
	return s.StatusOK && !r.w.Group.HooksUnread && r.since(s.Launched) >= r.grace()
}

// grace is how long an application is given to come up of which nothing tells when it is: the setting, or as long as the launching hooks wait that do
// nothing else. They are how an owner without a probe gives it time.
func (r *run) grace() time.Duration { return max(r.w.Settings.Grace, r.w.Group.HookWait) }

// saidReady tells whether spotd said that the application on s is up. Without a probe spotd goes by the time alone, and knows nothing of hooks.
func (r *run) saidReady(s Instance) bool {
	said := r.rec.Said[s.ID]
	return !said.Ready.IsZero() && (!said.Started.IsZero() || !r.w.Group.HooksUnread && r.since(s.Launched) >= r.w.Group.HookWait)
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
	case r.bootsAsMember(), r.w.Settings.Attach == settings.AttachRunning:
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
// group launched by itself, the group's own. Of a boot that needs membership the grace says nothing: it may have failed for want of it, as where
// CloudFormation does not know the attached instance yet (aws-facts 9 #3). What goes back to on-demand carries no spotd: its like was proven when the
// group went to spot.
func (r *run) up(i Instance) bool {
	checked := i.Balancer == view.BalancerHealthy
	w, watched := r.rec.Watched[i.ID]
	member := watched && w.Member
	if watched && r.startsSlowly(i, w) {
		return false
	}
	if said := r.rec.Said[i.ID]; said.Spoke() {
		ready := r.saidReady(i) && (!member || checked || !said.Booted.IsZero())
		return ready || !said.Started.IsZero() || checked && !said.Booted.IsZero()
	}
	if checked || w.Unproven {
		return checked
	}
	grace, from := r.grace(), i.Launched
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

// watch keeps a replacement in the record from now on until its application is up.
func (r *run) watch(it *ledger.Intent, s Instance) {
	if r.rec.Watched == nil {
		r.rec.Watched = map[string]ledger.Watch{}
	}
	w := ledger.Watch{At: r.now(), Early: !r.ready(it, s), Member: r.bootsAsMember()}
	w.Unproven = w.Member && (r.w.Group.Enabled || r.unprovable())
	r.rec.Watched[s.ID] = w
}

// unprovable tells whether nothing speaks for what goes back to on-demand with a boot that needs membership: it carries no spotd, and nobody who came to
// the group by an attach is up.
func (r *run) unprovable() bool {
	return r.bootsAsMember() && !r.w.Group.Enabled && !slices.ContainsFunc(r.v.Live(), r.proven)
}

// proven tells whether the member came to the group by an attach, and is up.
func (r *run) proven(i Instance) bool {
	_, watched := r.rec.Watched[i.ID]
	return i.Ours && !watched && r.v.Stays(i.ID) && r.up(i)
}

// watched looks after the replacements that are members and not up yet, whatever became of their debts. One that is not up in time is a failure: it
// is retired, with decrement while its debt is open, else without, so that the group launches its own.
func (r *run) watched() {
	for _, id := range slices.Sorted(maps.Keys(r.rec.Watched)) {
		w, i := r.rec.Watched[id], r.v.Get(id)
		if i.Balancer == view.BalancerHealthy && w.Healthy.IsZero() {
			w.Healthy = r.now()
			r.rec.Watched[id] = w
		}
		d, open := r.b.Debt(id)
		switch {
		case open && !d.Owed(), !r.v.Stays(id) && !r.v.Ended(id) && !r.v.Shown(w.At):
			continue // its attach is under way, or does not show yet
		case r.v.Stays(id) && i.Live() && !i.Resting() && r.doomed(id):
			continue // it goes anyway, and was never up
		case !r.v.Stays(id), !i.Live(), i.Resting(), !w.Failed && r.v.Standing(id) == view.Serving && r.up(i):
			delete(r.rec.Watched, id)
			continue
		}
		r.poll()
		if open && d.Kind != books.Reversal && r.v.Unpaid(d) && r.stopped(d) {
			r.say(id, "is not up yet, and the group is not served now: it goes, and %s stays", d.Victim)
			r.b.Retarget(d.Name(), id)
			continue
		}
		if why := r.failing(i, w); why != "" {
			r.giveUp(i, w, why)
		}
	}
}

// stopped tells whether a replacement that is a member would not be launched now.
func (r *run) stopped(d books.Debt) bool {
	p := d.Replacement.Purpose
	return r.v.Stays(d.Victim) && !r.doomed(d.Victim) && (!r.may(wanted(p)) || !r.w.Group.Enabled && p == ledger.Swap)
}

// failing says why a member that is watched is given up; empty where it has time.
func (r *run) failing(i Instance, w ledger.Watch) string {
	if w.Failed {
		return "it was not up in time"
	}
	if why := heedless(i, w.Member, w.At); why != "" {
		return why
	}
	limit := w.At.Add(r.grace() + r.w.Settings.BootLimit + r.w.Group.SlowStart)
	if r.now().Before(limit) || r.w.missing(ReadBalancers) || r.w.missing(ReadStatus) || r.w.Group.HooksUnread {
		r.awaits(i.ID, "is a member, and has until %s to be up", limit.UTC().Format(time.TimeOnly))
		return ""
	}
	return "it was not up " + r.since(w.At).Round(time.Second).String() + " after its attach"
}

// giveUp takes a replacement out of the group that is not up in time.
func (r *run) giveUp(i Instance, w ledger.Watch, why string) {
	d, owed := r.b.Debt(i.ID)
	switch {
	case r.guarded(i) || i.Undeletable:
		r.wait(i.ID, "%s; its owner protects it, and it stays", why)
		delete(r.rec.Watched, i.ID)
		return
	case owed && r.v.Unanswered(d):
		return // its victim may be gone already
	case !w.Failed:
		w.Failed = true
		delete(r.rec.Proving, i.ID)
		r.notUp(i, why)
	}
	if owed && d.Kind != books.Reversal {
		r.b.Retarget(d.Name(), i.ID)
	}
	if !owed && r.v.Mostly(w.Released) {
		if ok, tasks := r.emptied(i.ID, ""); !ok {
			r.wait(i.ID, "is to go (%s): %s", why, tasks)
			r.rec.Watched[i.ID] = w
			return
		}
		w.Released = r.now()
		r.act(Action{Kind: Retire, Instance: i.ID, Decrement: false, Why: why + ": the group starts its own"})
	}
	r.rec.Watched[i.ID] = w
}

// notUp counts the failure.
func (r *run) notUp(i Instance, why string) {
	r.say(i.ID, "%s: %s in %s is avoided for a while", why, i.Type, i.Zone)
	if i.Spot {
		markPool(&r.rec, r.now(), market.Pool{Type: i.Type, Zone: i.Zone}, "not up in time")
	}
	failed(&r.rec, r.now(), "a replacement was not up in time")
	r.rec.Sick = append(r.rec.Sick, r.now())
	r.rec.Ailing++
}
