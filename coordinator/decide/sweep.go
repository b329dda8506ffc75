package decide

import "time"

// sweep (R18) terminates what is ours by both marks, belongs to no group, and is wanted by no record, seen so twice; and sets hosts of ECS ACTIVE again
// that stay.
func (r *run) sweep() {
	wanted := map[string]bool{}
	for _, it := range r.rec.Intents {
		wanted[it.Instance] = true
		if it.Instance == "" { // whichever of those that were launched together
			wanted[it.Launch.Nonce] = true
		}
	}
	for _, d := range r.b.Debts() {
		wanted[d.Replacement.Instance] = true
	}
	r.proveNone()
	unread := r.w.missing(ReadMembership)
	orphans := map[string]time.Time{}
	for _, id := range r.v.IDs() {
		i := r.v.Get(id)
		if !i.Ours || !i.Live() || i.Member || i.Foreign || wanted[id] || i.Nonce != "" && wanted[i.Nonce] {
			continue
		}
		first, known := r.rec.Orphans[id]
		if !known {
			first = r.now()
		}
		orphans[id] = first
		if r.since(first) < orphanFor {
			r.wait(id, "is ours, in no group and wanted by nothing: goes if it stays so")
			r.lookAt(first.Add(orphanFor))
			continue
		}
		if r.w.hold {
			continue
		}
		if unread {
			r.say(id, "not ended yet: it cannot be read whether it is a member of a group")
			continue
		}
		if ok, why := r.emptied(id, ""); !ok {
			r.wait(id, "is ours, in no group and wanted by nothing: %s", why)
			continue
		}
		r.act(Action{Kind: Terminate, Instance: id, Why: "ours, in no group, and wanted by no record"})
	}
	r.rec.Orphans = orphans
	if len(orphans) == 0 {
		r.rec.Orphans = nil
	}
	r.wake()
}
