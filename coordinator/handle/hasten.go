package handle

import (
	"context"
	"errors"
	"fmt"
	"slices"

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
			b.hand(ctx, s)
		}
	}
	return slices.DeleteFunc(slices.Clone(places), func(i int) bool { return slices.Contains(done, i) })
}

// hasty answers what was heard of one group by memory. What could not be is taken out of s.heard.
func (s *said) hasty(ctx context.Context, b *batch) {
	var hints []decide.Hint
	for _, x := range s.heard {
		hints = append(hints, x.hint)
	}
	o := &b.outcomes[s.heard[0].place]
	rec, answered, err := b.recall(ctx, s.group, hints, o)
	if err != nil {
		b.Log.Warn().Err(err).Str("group", s.group).Msg("not answered by memory: after a look")
	}
	var kept []heard
	for _, x := range s.heard {
		if x.again = decide.TakenUp(rec, x.hint); x.again {
			b.note(&b.outcomes[x.place], Note{Group: s.group, Instance: x.hint.Instance, Kind: "heard", Text: fmt.Sprintf("%s from %s (%s): taken up already", x.what, x.hint.Source, orID(b.events[x.place].ID, b.messages[x.place].ID))})
		}
		if x.again || answered[x.hint.Instance] {
			kept = append(kept, x)
		}
	}
	s.heard = kept
}

// recall launches for the notices by memory alone. It returns the group's record as it is then, and of which instances it says that they are spoken for.
func (h *Handler) recall(ctx context.Context, group string, hints []decide.Hint, o *Outcome) (ledger.Record, map[string]bool, error) {
	w, known, err := h.Memory.Recall(ctx, group)
	if err != nil || !known {
		return w.Record, nil, err
	}
	began := h.Now()
	w.Heard = hints
	plan := decide.Hasten(w)
	if len(plan.Actions) == 0 {
		return w.Record, nil, nil
	}
	rec, err := h.Ledger.Put(ctx, plan.Record)
	if errors.Is(err, ledger.ErrConflict) {
		return w.Record, nil, nil // somebody works on it: what was heard goes to them
	}
	if err != nil {
		return w.Record, nil, err
	}
	var told Outcome
	told.run.Decided(w, plan)
	h.explain(&told, group, plan)
	_, err = h.apply(ctx, &rec, plan, began.Add(h.budget()), &told)
	o.Notes = append(o.Notes, told.Notes...)
	if err := h.Metrics.Write(group, &told.run, h.Now()); err != nil {
		h.Log.Warn().Err(err).Msg("not measured")
	}
	answered := map[string]bool{}
	for _, a := range plan.Actions {
		answered[a.Instance] = true
	}
	return rec, answered, err
}
