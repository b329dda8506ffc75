package decide

import (
	"maps"
	"slices"
	"time"

	"autospotting/coordinator/ledger"
)

// shield protects a replacement from scale-in while its debt is open, since the default termination policy would
// choose exactly its zone, and gives it back to the group's default afterwards.
func (r *run) shield() {
	open := map[string]bool{}
	for _, p := range r.rec.Pairs {
		s, seen := r.byID[p.Intent.Instance]
		if !seen || !p.Owed() || p.Victim == s.ID {
			continue
		}
		open[s.ID] = true
		if _, done := r.rec.Shielded[s.ID]; done || s.Protected || s.Lifecycle != "InService" {
			continue
		}
		if r.rec.Shielded == nil {
			r.rec.Shielded = map[string]time.Time{}
		}
		r.rec.Shielded[s.ID] = r.now()
		r.act(Action{Kind: Protect, Instance: s.ID, Why: "until its debt is paid"})
	}
	for _, id := range slices.Sorted(maps.Keys(r.rec.Shielded)) {
		s, seen := r.byID[id]
		switch {
		case open[id]:
		case (!seen || !s.Member) && r.since(r.rec.Shielded[id]) <= staleFor: // a read from before it was attached
			r.poll()
		case !seen, !s.Member, s.Leaving(), r.w.Group.NewProtected:
			delete(r.rec.Shielded, id)
		case s.Protected && s.Lifecycle == "InService":
			r.act(Action{Kind: Unprotect, Instance: id, Why: "its debt is paid: the group's default again"})
		case r.since(r.rec.Shielded[id]) > staleFor && !s.Protected:
			delete(r.rec.Shielded, id)
		default:
			r.poll()
		}
	}
}

// sweep terminates what is ours by both marks, belongs to no group, and is wanted by no record, seen so twice.
func (r *run) sweep() {
	wanted := map[string]bool{}
	for _, it := range r.rec.Intents {
		wanted[it.Instance], wanted[it.Launch.Nonce] = true, true
	}
	for _, p := range r.rec.Pairs {
		wanted[p.Intent.Instance], wanted[p.Intent.Launch.Nonce] = true, true
	}
	strays := map[string]time.Time{}
	for _, id := range r.ids {
		i := r.byID[id]
		if !i.Ours || !i.Live() || i.Member || i.Foreign || wanted[id] || i.Nonce != "" && wanted[i.Nonce] {
			continue
		}
		first, known := r.rec.Strays[id]
		if !known {
			first = r.now()
		}
		strays[id] = first
		if r.since(first) < strayFor {
			r.say(id, "is ours, in no group and wanted by nothing: goes if it stays so")
			r.lookAt(first.Add(strayFor))
			continue
		}
		r.act(Action{Kind: Terminate, Instance: id, Why: "ours, in no group, and wanted by no record"})
	}
	r.rec.Strays = strays
	if len(strays) == 0 {
		r.rec.Strays = nil
	}
}

// status writes what the owner is told.
func (r *run) status() {
	switch now := r.w.Group.Desired - r.rec.Owed(); {
	case r.voided:
		r.rec.Excess.Desired = now
	case now != r.rec.Excess.Desired && !r.stale() && !r.attaching() && r.rec.Doubt.Since.IsZero(): // somebody has set it since
		r.rec.Excess = ledger.Excess{}
	}
	code, reason := r.statusNow()
	if r.rec.Status.Code != code || r.rec.Status.Reason != reason {
		r.rec.Status.Code, r.rec.Status.Reason, r.rec.Status.At = code, reason, r.now()
	}
	r.rec.Group = r.w.Group.Name
	r.tagStatus()
}

func (r *run) statusNow() (code, reason string) {
	g := r.w.Group
	switch {
	case !g.Found:
		return "gone", ""
	case !g.Enabled:
		return "not-enabled", ""
	case r.refusal != "":
		return "refused", r.refusal
	case r.w.Glance && r.rec.Status.Code == "refused": // what refused it was not read now
		return "refused", r.rec.Status.Reason
	case r.now().Before(r.rec.PausedUntil):
		return "paused", r.rec.Cause
	}
	return "managed", r.rec.Excess.Why
}
