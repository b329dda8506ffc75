package decide

import (
	"slices"
	"strings"
	"time"

	"autospotting/coordinator/ledger"
	"autospotting/coordinator/market"
)

// hear (R1) takes up what was answered by memory, and takes what was heard into the record.
func (r *run) hear() {
	for id, n := range r.rec.Notices {
		n.Hasty = false
		r.rec.Notices[id] = n
	}
	r.listen()
}

// listen takes what was heard into the record. Reports that nobody vouches for change nothing, but that an unsigned "terminating" is believed where the
// spot request's status says the same.
func (r *run) listen() {
	r.rec.Unconfirmed = slices.DeleteFunc(r.rec.Unconfirmed, func(at time.Time) bool { return r.since(at) >= time.Hour })
	for _, h := range r.w.Heard {
		switch h.Kind {
		case HeardHello, HeardStarted, HeardReady:
			r.hearSaid(h)
		case HeardCanDrain:
			r.hearCanDrain(h)
		case HeardDrained:
			r.hearDrained(h)
		case HeardTerminating:
			r.hearTerminating(h)
		case HeardRebalance:
			r.say(h.Instance, "rebalance recommendation noted: often followed by nothing, so it is not acted on")
		}
	}
	for _, id := range r.v.IDs() {
		if i := r.v.Get(id); noticed(i) {
			at := i.SpotStatusAt
			if at.IsZero() {
				at = r.now()
			}
			n := ledger.Notice{At: at, Deadline: at.Add(noticeLead), Action: "terminate", Source: "spot request status " + i.SpotStatus}
			if old, ok := r.notice(id); ok && old.Action == "hibernate" && strings.Contains(i.SpotStatus, "stop") {
				n.Deadline = at // what spotd said before EC2 did is so
			}
			r.doom(i, n)
		}
	}
}

func (r *run) hearSaid(h Hint) {
	if !h.Trusted {
		r.say(h.Instance, "%s ignored: its signature does not verify", h.Kind)
		return
	}
	if i, seen := r.v.Instance(h.Instance); seen && (!i.Ours || !i.Live()) {
		r.say(h.Instance, "%s ignored: the instance is %s", h.Kind, oursOrState(i))
		return
	}
	if r.rec.Said == nil {
		r.rec.Said = map[string]ledger.Said{}
	}
	said := r.rec.Said[h.Instance]
	started := &said.Started
	if h.Action == SaidBoot {
		started = &said.Booted
	}
	for _, f := range []struct {
		kind HintKind
		at   *time.Time
	}{{HeardHello, &said.Hello}, {HeardStarted, started}, {HeardReady, &said.Ready}} {
		if f.kind == h.Kind && f.at.IsZero() {
			*f.at = r.now()
			r.say(h.Instance, "spotd says %s", strings.TrimSpace(string(h.Kind)+" "+h.Action))
		}
	}
	r.rec.Said[h.Instance] = said
}

func oursOrState(i Instance) string {
	if !i.Ours {
		return "not ours"
	}
	return i.State
}

func (r *run) hearTerminating(h Hint) {
	i, seen := r.v.Instance(h.Instance)
	switch {
	case !seen:
		r.say(h.Instance, "notice ignored: no such instance in the group or of ours")
		return
	case !i.Ours || !i.Live():
		r.say(h.Instance, "notice ignored: the instance is %s", oursOrState(i))
		return
	case !h.Trusted && !noticeStatus(i.SpotStatus):
		r.say(h.Instance, "notice ignored: its signature does not verify and the spot request's status is %q", i.SpotStatus)
		return
	case h.Source == FromSpotd && !r.doomed(i.ID) && !noticeStatus(i.SpotStatus) && !r.believes():
		r.say(h.Instance, "notice ignored: only spotd gave it, like %d others of this group within an hour; when EC2 says the same it is believed", len(r.rec.Unconfirmed))
		return
	}
	at := h.At
	if at.IsZero() || at.After(r.now()) {
		at = r.now()
	}
	deadline := h.Deadline
	switch {
	case h.Action == "hibernate": // AWS gives no two minutes for it
		deadline = at
	case deadline.IsZero():
		deadline = at.Add(noticeLead)
	}
	if soonest := r.soonest(i, h); deadline.Before(soonest) {
		deadline = soonest
	}
	if !h.Trusted { // EC2 confirms that it goes, and not how
		h.Action = "terminate"
	}
	r.doom(i, ledger.Notice{At: at, Deadline: deadline, Action: h.Action, Source: h.Source})
}

// soonest is before when the instance cannot go, by what EC2 says, whatever spotd says: whoever holds its identity document can sign any
// time, and reaches no more than an early replacement. Zero leaves it to the notice: EC2 itself gives it, or confirms a hibernation,
// for which there are no two minutes.
func (r *run) soonest(i Instance, h Hint) time.Time {
	switch goes := noticeStatus(i.SpotStatus); {
	case goes && (h.Source != FromSpotd || h.Trusted && h.Action == "hibernate" && strings.Contains(i.SpotStatus, "stop")):
		return time.Time{}
	case goes && !i.SpotStatusAt.IsZero():
		return i.SpotStatusAt.Add(noticeLead)
	case h.Source == FromSpotd || i.SpotStatus == "fulfilled":
		return r.now().Add(noticeLead)
	}
	return time.Time{}
}

// believes tells whether one more notice is taken on spotd's signed word alone, which says it before EC2 does or where EC2's events are
// lost, and notes it. Whoever controls an instance can say so of it, and of each one that replaces it: without a limit that would be a loop of launches.
func (r *run) believes() bool {
	if len(r.rec.Unconfirmed) >= r.mostBelieved() {
		return false
	}
	r.rec.Unconfirmed = append(r.rec.Unconfirmed, r.now())
	return true
}

// mostBelieved is how many notices an hour are.
func (r *run) mostBelieved() int { return max(leastBelieved, r.size()) }

// doom records a notice once; a second channel's copy can only bring the deadline forward.
func (r *run) doom(i Instance, n ledger.Notice) {
	if old, ok := r.notice(i.ID); ok {
		if n.Deadline.Before(old.Deadline) {
			old.Deadline = n.Deadline
			r.rec.Notices[i.ID] = old
		}
		return
	}
	if len(r.rec.Notices) >= mostNotices {
		r.say(i.ID, "notice not noted: %d are open, and EC2 says it again", len(r.rec.Notices))
		r.poll()
		return
	}
	if r.rec.Notices == nil {
		r.rec.Notices = map[string]ledger.Notice{}
	}
	r.rec.Notices[i.ID] = n
	markPool(&r.rec, r.now(), market.Pool{Type: i.Type, Zone: i.Zone}, "interrupted")
	r.say(i.ID, "AWS takes %s in %s: %s by %s, says %s", i.Type, i.Zone, n.Action, n.Deadline.UTC().Format(time.TimeOnly), n.Source)
}

// noticed tells by its spot request alone whether AWS takes the instance of ours.
func noticed(i Instance) bool { return i.Ours && i.Spot && i.Live() && noticeStatus(i.SpotStatus) }
