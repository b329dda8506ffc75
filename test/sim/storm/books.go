package storm

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"autospotting/coordinator/ledger"
	"autospotting/pkg/cloudsim"
)

// openBooks puts into the transcript what each group's record says about desired whenever that has changed.
func (w *World) openBooks() {
	last := map[string]string{}
	w.Cloud.OnEvent(func(e cloudsim.Event) {
		if e.Kind != cloudsim.TableWritten {
			return
		}
		for _, g := range w.Groups {
			if text := books(w.Record(g)); text != last[g] {
				last[g] = text
				w.Say("ledger", "%s %s", g, text)
			}
		}
	})
}

// books is what a record says about desired and MaxSize, in one line.
func books(rec ledger.Record) string {
	clock := func(t time.Time) string { return t.UTC().Format(time.TimeOnly) }
	out := []string{fmt.Sprintf("desired is due %d, %d of it ours", rec.Desired0+rec.Owed(), rec.Owed())}
	for _, p := range rec.Pairs {
		out = append(out, fmt.Sprintf("%s %s for %s", p.Phase, cmp.Or(p.Intent.Instance, "nobody"), cmp.Or(p.Victim, "whoever comes")))
	}
	if d := rec.Doubt; !d.Since.IsZero() {
		out = append(out, fmt.Sprintf("in doubt since %s: read as %+d (back %v, old %v)", clock(d.Since), d.More, d.Back, d.Old))
	}
	if l := rec.Lease; l != nil {
		out = append(out, fmt.Sprintf("MaxSize lent %d for the owner's %d (returned %v)", l.Leased, l.Owner, l.Returned))
	}
	return strings.Join(out, "; ")
}
