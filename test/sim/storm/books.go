package storm

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"autospotting/coordinator/decide/books"
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
			if text := account(w.Record(g)); text != last[g] {
				last[g] = text
				w.Say("ledger", "%s %s", g, text)
			}
		}
	})
}

// account is what a record says about desired and MaxSize, in one line.
func account(rec ledger.Record) string {
	b := rec.Books
	clock := func(t time.Time) string { return t.UTC().Format(time.TimeOnly) }
	out := []string{fmt.Sprintf("desired is due %d, %d of it ours", b.Due(), b.Owed())}
	for _, d := range b.Debts() {
		out = append(out, fmt.Sprintf("%s %s for %s", d.Phase, cmp.Or(d.Replacement.Instance, "nobody"), cmp.Or(d.Victim, "whoever comes")))
	}
	if d := b.Doubt(); b.Doubted() {
		out = append(out, fmt.Sprintf("in doubt since %s: read as %+d (%s)", clock(d.Since), d.More, d.State))
	}
	if l := b.Lease(); l.State != books.NoLease {
		out = append(out, fmt.Sprintf("MaxSize lent %d for the owner's %d (%s)", l.Leased, l.Owner, l.State))
	}
	return strings.Join(out, "; ")
}
