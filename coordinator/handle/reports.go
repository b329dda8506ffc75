package handle

import (
	"context"
	"errors"
	"fmt"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/ledger"
)

// judge tells whether a report is believed. It is dropped, before anything is asked of AWS, where it is not signed and not
// "terminating", which the spot request can confirm; and where it is a rebalance recommendation, after which nothing is done.
func (h *Handler) judge(e Event, o *Outcome) Event {
	err := errors.New("no certificates are configured")
	if h.Verifier != nil {
		err = h.Verifier.VerifyReport(e.Report)
	}
	hint := &e.Hints[0]
	hint.Trusted = err == nil
	switch {
	case err != nil && hint.Kind != decide.HeardTerminating:
		h.note(o, Note{Instance: hint.Instance, Kind: "untrusted", Text: fmt.Sprintf("%s (%s): %v: dropped, nothing changed", e.ID, e.What, err)})
		e.Kind = Unrelated
	case err != nil:
		h.note(o, Note{Instance: hint.Instance, Kind: "untrusted", Text: fmt.Sprintf("%s: %v: its spot request is asked", e.ID, err)})
	case hint.Kind == decide.HeardRebalance:
		h.note(o, Note{Instance: hint.Instance, Kind: "ignored", Text: fmt.Sprintf("%s (%s): often followed by nothing, so it is not acted on", e.ID, e.What)})
		e.Kind = Unrelated
	}
	return e
}

// confirmed keeps of the unsigned notices those whose spot request says the same. Of the others nothing more is asked.
func (b *batch) confirmed(ctx context.Context, places []int) []int {
	ids := b.instances(places)
	taken := ask(ctx, b, ids, func(ctx context.Context, ids []string) (map[string]bool, error) { return b.Groups.Taken(ctx, ids) })
	var out []int
	for _, i := range places {
		e := b.events[i]
		switch id := e.Hints[0].Instance; {
		case taken.errs[id] != nil:
			b.errs[i] = b.again(ctx, i, taken.errs[id])
		case taken.of[id]:
			out = append(out, i)
		default:
			b.note(&b.outcomes[i], Note{Instance: id, Kind: "ignored", Text: fmt.Sprintf("%s (%s): neither signed nor confirmed by a spot request, nothing changed", e.ID, e.What)})
		}
	}
	return out
}

// news keeps of what is signed what tells a group's record something, so that saying it again and again keeps no group busy.
// Where the record cannot be read, all is kept.
func (b *batch) news(ctx context.Context, words []heard) []heard {
	var out []heard
	records := map[string]*ledger.Record{}
	for _, x := range words {
		rec, read := records[x.group]
		if !read {
			if r, err := b.Ledger.Get(ctx, x.group); err == nil {
				rec = &r
			}
			records[x.group] = rec
		}
		if rec == nil || tells(*rec, x.hint) {
			out = append(out, x)
			continue
		}
		b.note(&b.outcomes[x.place], Note{Group: x.group, Instance: x.hint.Instance, Kind: "ignored", Text: fmt.Sprintf("%s of %s: known already, or of an instance that nothing waits for", x.what, x.hint.Instance)})
	}
	return out
}

// tells is true where a word is new and something may wait for it: the answer to a drain, or a word of readiness of a launch whose instance is not known yet, an instance
// that is to replace another, one that has replaced another lately, or one that has said less before.
func tells(rec ledger.Record, h decide.Hint) bool {
	said, spoke := rec.Said[h.Instance]
	switch h.Kind {
	case decide.HeardCanDrain: // it is said again: a group that is not served yet needs no look for it
		_, known := rec.CanDrain[h.Instance]
		return !known && rec.Revision > 0
	case decide.HeardDrained:
		d := rec.Drains[h.Instance]
		return d.Open() && d.Until.Equal(h.Deadline) && d.Done.IsZero()
	case decide.HeardHello:
		if !said.Hello.IsZero() {
			return false
		}
	case decide.HeardStarted:
		if !said.Started.IsZero() || h.Action == decide.SaidBoot && !said.Booted.IsZero() {
			return false
		}
	case decide.HeardReady:
		if !said.Ready.IsZero() {
			return false
		}
	}
	_, proving := rec.Proving[h.Instance]
	if h.Kind != decide.HeardReady && !said.Ready.IsZero() { // who was ready before says less now
		proving, spoke = false, false
	}
	if _, watched := rec.Watched[h.Instance]; watched || proving || spoke || rec.Revision == 0 {
		return true // without a record nothing is known of anybody
	}
	for _, it := range rec.Intents {
		if it.Instance == "" || it.Instance == h.Instance {
			return true
		}
	}
	return rec.Books.Replacing(h.Instance)
}
