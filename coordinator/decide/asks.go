package decide

import (
	"slices"

	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/ledger"
)

// Asks tells whether there is a question now that the scaling activities answer. While replacements that are attached merely boot, and all is as it should
// be, there is none: who named desired meanwhile is asked before anything rests on it.
func Asks(w World) bool {
	r := newRun(w)
	if w.Group.Desired != r.b.Due() || r.b.Doubted() || Vanished(w) || len(r.v.Live()) < w.Group.Desired {
		return true
	}
	return slices.ContainsFunc(r.b.Debts(), func(d books.Debt) bool {
		return d.Phase != books.Attached || !r.v.Stays(d.Replacement.Instance) || !r.v.Stays(d.Victim) || r.doomed(d.Victim) || r.doomed(d.Replacement.Instance)
	})
}

// AttachesUrgently tells whether a replacement runs that somebody waits for, so that it may be attached at any look.
func AttachesUrgently(w World) bool {
	return slices.ContainsFunc(w.Instances, func(i Instance) bool {
		return i.State == "running" && slices.ContainsFunc(w.Record.Intents, func(it ledger.Intent) bool {
			return it.Instance == i.ID && it.Abandoned == "" && !it.Purpose.Gradual()
		})
	})
}
