package decide

import (
	"maps"
	"slices"
	"time"

	"autospotting/coordinator/decide/books"
)

// shield (R12) protects a replacement from scale-in while its debt is open, since the default termination policy would
// choose exactly its zone, and gives it back to the group's default afterwards.
func (r *run) shield() {
	open := map[string]bool{}
	for _, d := range r.b.Debts() {
		s, seen := r.v.Instance(d.Replacement.Instance)
		if !seen || !d.Owed() || d.Kind == books.Reversal {
			continue
		}
		open[s.ID] = true
		if _, done := r.rec.Shielded[s.ID]; done || s.Protected || s.Lifecycle != "InService" || !r.up(s) { // protected before, it would make the group take somebody who serves
			continue
		}
		if r.rec.Shielded == nil {
			r.rec.Shielded = map[string]time.Time{}
		}
		r.rec.Shielded[s.ID] = r.now()
		r.act(Action{Kind: Protect, Instance: s.ID, Why: "until its debt is paid"})
	}
	for _, id := range slices.Sorted(maps.Keys(r.rec.Shielded)) {
		s, seen := r.v.Instance(id)
		switch {
		case open[id]:
		case (!seen || !s.Member) && !r.v.Shown(r.rec.Shielded[id]): // a read from before it was attached
			r.poll()
		case !seen, !s.Member, s.Leaving(), r.w.Group.NewProtected:
			delete(r.rec.Shielded, id)
		case s.Protected && s.Lifecycle == "InService":
			r.act(Action{Kind: Unprotect, Instance: id, Why: "its debt is paid: the group's default again"})
		case r.v.Shown(r.rec.Shielded[id]) && !s.Protected:
			delete(r.rec.Shielded, id)
		default:
			r.poll()
		}
	}
}
