package handle

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/ledger"
)

// hasten answers the notices among some messages whose groups are remembered, before anything is described: two reads of our own table and a
// conditional write stand before the launch. The look that follows makes of it what else there is to make. It returns the places of the messages that are
// left, which are looked up as ever.
func (b *batch) hasten(ctx context.Context, places []int) []int {
	swift := slices.DeleteFunc(slices.Clone(places), func(i int) bool {
		h := b.events[i].Hints[0]
		return h.Kind != decide.HeardTerminating || !h.Trusted || b.events[i].Group != ""
	})
	if b.Memory == nil || b.Actor == nil || len(swift) == 0 {
		return places
	}
	of, err := b.Memory.Indexed(ctx, b.instances(swift))
	if err != nil {
		b.Log.Warn().Err(err).Msg("not remembered: looked up")
		return places
	}
	var all []heard
	for _, i := range swift {
		if h := b.events[i].Hints[0]; of[h.Instance] != "" {
			all = append(all, heard{of[h.Instance], i, b.events[i].What, h, false})
		}
	}
	list := b.gather(all)
	calls := make([]func(), len(list))
	for n, s := range list {
		calls[n] = func() { s.hasty(ctx, b) }
	}
	b.side(calls...)
	var done []int
	for _, s := range list {
		if len(s.heard) == 0 {
			continue
		}
		for _, x := range s.heard {
			done = append(done, x.place)
		}
		if s.heard = slices.DeleteFunc(s.heard, func(x heard) bool { return x.again }); len(s.heard) > 0 {
			b.pursue(ctx, s)
		}
	}
	return slices.DeleteFunc(slices.Clone(places), func(i int) bool { return slices.Contains(done, i) })
}

// pursue hands over what was answered by memory, for the look that follows; what is to be answered with others goes back into the inbox until then.
func (b *batch) pursue(ctx context.Context, s *said) {
	at := b.outcomes[s.heard[0].place].gather
	if at.IsZero() {
		b.hand(ctx, s)
		return
	}
	r, _ := b.request(s.group, s.heard)
	err := b.later(ctx, at, r)
	for _, x := range s.heard {
		b.errs[x.place] = err
	}
}

// hasty answers what was heard of one group by memory. What could not be is taken out of s.heard.
func (s *said) hasty(ctx context.Context, b *batch) {
	var hints []decide.Hint
	for _, x := range s.heard {
		hints = append(hints, x.hint)
	}
	o := &b.outcomes[s.heard[0].place]
	rec, err := b.recall(ctx, s.group, hints, o)
	if err != nil {
		b.Log.Warn().Err(err).Str("group", s.group).Msg("not answered by memory: after a look")
	}
	var kept []heard
	for _, x := range s.heard {
		if x.again = decide.TakenUp(rec, x.hint); x.again {
			b.note(&b.outcomes[x.place], Note{Group: s.group, Instance: x.hint.Instance, Kind: "heard", Text: fmt.Sprintf("%s from %s (%s): taken up already", x.what, x.hint.Source, orID(b.events[x.place].ID, b.messages[x.place].ID))})
		}
		if _, noted := rec.Notices[x.hint.Instance]; noted {
			kept = append(kept, x)
		}
	}
	s.heard = kept
}

const (
	mostRecalls = 16 // plans that one run makes by memory: each launches no more than one plan may
	mostCrossed = 8  // of them are crossed by somebody else's write, before what was heard waits its turn
	// recallsFor is until when a run begins another: it has a look to make as well, and fleets take seconds.
	recallsFor = 8 * time.Second
)

// recall launches for the notices by memory alone. It returns the group's record as it is then: a notice that stands in it is answered, or a look will.
func (h *Handler) recall(ctx context.Context, group string, hints []decide.Hint, o *Outcome) (ledger.Record, error) {
	began, conflicts := h.Now(), 0
	w, known, err := h.Memory.Recall(ctx, group)
	if err != nil {
		return w.Record, err
	}
	rec := w.Record
	for n := 0; known && n < mostRecalls && h.Now().Before(began.Add(recallsFor)); n++ {
		w.Record, w.Heard, w.Now = rec, hints, h.Now()
		plan := decide.Hasten(w)
		o.gather = plan.Gather
		if len(plan.Actions) == 0 && !(plan.Changed && !plan.Gather.IsZero()) {
			break
		}
		written, err := h.Ledger.Put(ctx, plan.Record)
		if errors.Is(err, ledger.ErrConflict) { // somebody works on it, and finds what is written here at its own next write
			if rec, err = h.Ledger.Get(ctx, group); err != nil || conflicts == mostCrossed {
				return rec, err
			}
			conflicts++
			continue
		}
		if err != nil {
			return rec, err
		}
		rec = written
		if halt, err := h.launchAll(ctx, &rec, plan, w, began, o); halt || err != nil {
			return rec, err
		}
	}
	return rec, nil
}

// launchAll makes the launches of a plan that was made by memory, and tells of it as of any other, and whether no more is to be asked for now.
func (h *Handler) launchAll(ctx context.Context, rec *ledger.Record, plan decide.Plan, w decide.World, began time.Time, o *Outcome) (halt bool, err error) {
	var told Outcome
	told.run.Decided(w, plan)
	h.explain(&told, rec.Group, plan)
	halt, err = h.apply(ctx, rec, plan, began.Add(h.budget()), &told)
	o.Notes = append(o.Notes, told.Notes...)
	if err := h.Metrics.Write(rec.Group, &told.run, h.Now()); err != nil {
		h.Log.Warn().Err(err).Msg("not measured")
	}
	return halt, err
}

// begin reads the record that a run begins with. Where it was asked for because of notices that can be trusted, they are answered by memory first, all
// that were heard together.
func (h *Handler) begin(ctx context.Context, r Request, o *Outcome) (ledger.Record, error) {
	swift := slices.ContainsFunc(r.Hints, func(x decide.Hint) bool { return x.Kind == decide.HeardTerminating && x.Trusted })
	if h.Memory == nil || !swift {
		return h.Ledger.Get(ctx, r.Group)
	}
	rec, err := h.recall(ctx, r.Group, r.Hints, o)
	if err != nil {
		h.Log.Warn().Err(err).Str("group", r.Group).Msg("not answered by memory: after a look")
		return h.Ledger.Get(ctx, r.Group)
	}
	return rec, nil
}
