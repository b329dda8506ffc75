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
	// heededFor is how long after its launch a replacement whose boot needs membership may still be attached: its boot waits for 120 s
	// (userdata.Settings.Await), and what comes later finds that it has gone on.
	heededFor = 100 * time.Second
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
	said := r.rec.Said[s.ID]
	if said.Spoke() {
		return !said.Ready.IsZero() || r.awaited(it) && (!said.Started.IsZero() || !said.Booted.IsZero())
	}
	return s.StatusOK && r.since(s.Launched) >= r.w.Settings.Grace
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

// heedless says why the boot of a replacement that needs membership has gone on without; empty where it has not, or needs none.
func (r *run) heedless(s Instance, attached time.Time) string {
	switch {
	case !r.bootsAsMember():
		return ""
	case r.rec.Said[s.ID].NoMember:
		return "its boot needs membership of the group, and went on without"
	case attached.Sub(s.Launched) > heededFor:
		return "its boot needs membership of the group, which came too late for it"
	}
	return ""
}

// up tells whether the application on a serving member may be counted on: in service says only that EC2 is content. Every witness that exists has to
// agree: spotd, once it was heard, and each load balancer that checks (Instance.Serving knows). Where there is neither, it is the grace: of what the
// group launched by itself, the group's own.
func (r *run) up(i Instance) bool {
	checked := i.Balancer == view.BalancerHealthy
	if said := r.rec.Said[i.ID]; said.Spoke() {
		return !said.Ready.IsZero() || !said.Started.IsZero() || checked && !said.Booted.IsZero()
	}
	if checked {
		return true
	}
	grace, from := r.w.Settings.Grace, i.Launched
	if own := r.w.Group.Grace; !i.Ours && own >= leastGrace {
		grace = own
	}
	w, watched := r.rec.Watched[i.ID]
	if watched && w.Early && w.At.After(from) {
		from = w.At
	}
	return r.since(from) >= grace && (!watched || i.StatusOK)
}

// leastGrace is from when on a group's own grace says anything: the API's default is 0.
const leastGrace = time.Minute

// watch keeps a replacement in the record from now on until its application is up.
func (r *run) watch(it *ledger.Intent, s Instance) {
	if r.rec.Watched == nil {
		r.rec.Watched = map[string]ledger.Watch{}
	}
	r.rec.Watched[s.ID] = ledger.Watch{At: r.now(), Early: !r.ready(it, s)}
}

// watched looks after the replacements that are members and not up yet, whatever became of their debts. One that is not up in time is a failure: it
// is retired, with decrement while its debt is open, else without, so that the group launches its own.
func (r *run) watched() {
	for _, id := range slices.Sorted(maps.Keys(r.rec.Watched)) {
		w, i := r.rec.Watched[id], r.v.Get(id)
		d, open := r.b.Debt(id)
		switch {
		case open && !d.Owed(), !r.v.Stays(id) && !r.v.Ended(id) && !r.v.Shown(w.At):
			continue // its attach is under way, or does not show yet
		case !r.v.Stays(id), !i.Live(), i.Resting(), r.doomed(id), !w.Failed && r.v.Standing(id) == view.Serving && r.up(i):
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
	if why := r.heedless(i, w.At); why != "" {
		return why
	}
	limit := w.At.Add(r.w.Settings.Grace + r.w.Settings.BootLimit)
	if r.now().Before(limit) || r.w.missing(ReadBalancers) || r.w.missing(ReadStatus) {
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
