package handle

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"time"

	"autospotting/coordinator/act"
	"autospotting/coordinator/decide"
	"autospotting/coordinator/ledger"
)

// tickSpread is the longest that a tick holds a group back, so that many groups do not call AWS at once.
const tickSpread = 120

// routeTick asks for every group that has something to do: one that is not as it was when nothing was left to do for it. One pass over the account shows
// all of them; where a part of it fails, the groups of the others are looked at all the same, and the next tick finds the rest.
func (h *Handler) routeTick(ctx context.Context, e Event, o *Outcome) error {
	calm, err := h.Ledger.Calm(ctx)
	all, failed := h.Groups.Survey(ctx, slices.Sorted(maps.Keys(calm)))
	if err != nil {
		failed = append(failed, err)
	}
	for _, err := range failed {
		h.note(o, Note{Kind: "error", Failure: decide.Lost, Text: fmt.Sprintf("not all groups could be listed: %v", err)})
	}
	if len(all) == 0 && len(failed) > 0 {
		return fmt.Errorf("tick %s: %w", e.ID, errors.Join(failed...))
	}
	errs := []error{h.routeTaken(ctx, e, o)}
	looks := 0
	for _, g := range all {
		delay := spread(g.Name, len(all))
		if h.passes(ctx, g, calm[g.Name], h.Now().Add(delay)) {
			continue
		}
		looks++
		if delay == 0 {
			errs = append(errs, h.work(ctx, e.ID+"|"+g.Name, Request{Group: g.Name, Cause: "tick"}))
			continue
		}
		errs = append(errs, h.later(ctx, h.Now().Add(delay), Request{Group: g.Name}))
	}
	h.note(o, Note{Kind: "heard", Text: fmt.Sprintf("tick: %d of %d groups have something to do", looks, len(all))})
	return errors.Join(errs...)
}

// passes tells whether a group need not be looked at: it is for long as it was when nothing was left to do for it, and spot is not to be had cheaper.
func (h *Handler) passes(ctx context.Context, g act.Surveyed, calm ledger.Calm, at time.Time) bool {
	switch {
	case g.Print == "" || g.Print != calm.Print || at.Sub(calm.Since) < decide.CalmAfter, !calm.Until.IsZero() && !at.Before(calm.Until), decide.LookDue(g.Name, at):
		return false
	}
	return !calm.Ours || !decide.PricesDue(g.Name, at) || !h.Groups.Tempting(ctx, g)
}

// takenFor is how long ago a spot request may have changed for its instance to live still: AWS leaves it two minutes.
const takenFor = 3 * time.Minute

// routeTaken asks for the groups of instances that AWS takes and of which nobody may have told: both channels may have lost it. Where that cannot be read,
// the channels have to do.
func (h *Handler) routeTaken(ctx context.Context, e Event, o *Outcome) error {
	taken, err := h.Groups.TakenSince(ctx, h.Now().Add(-takenFor))
	ids := make([]string, len(taken))
	for i, t := range taken {
		ids[i] = t.Instance
	}
	var of map[string]string
	if err == nil && len(ids) > 0 {
		of, err = h.Groups.GroupsOf(ctx, ids)
	}
	if err != nil {
		h.note(o, Note{Kind: "error", Failure: decide.Lost, Text: fmt.Sprintf("it is not known what AWS takes: %v", err)})
		return nil
	}
	said := map[string][]decide.Hint{}
	for _, t := range taken {
		if g := of[t.Instance]; g != "" {
			h.note(o, Note{Group: g, Instance: t.Instance, Kind: "heard", Text: "AWS takes it, says its " + t.Source})
			said[g] = append(said[g], t)
		}
	}
	var errs []error
	for _, g := range slices.Sorted(maps.Keys(said)) {
		for some := range slices.Chunk(said[g], takenHints) {
			errs = append(errs, h.work(ctx, e.ID+"|"+g+"|"+some[0].Instance, Request{Group: g, Hints: some, Cause: "tick"}))
		}
	}
	return errors.Join(errs...)
}

// takenHints is how many of them go into one message, which holds 256 KB.
const takenHints = 500

// spread gives each group its own second of the tick, the same at every tick, and none where there is one group only.
func spread(group string, groups int) time.Duration {
	f := fnv.New32a()
	f.Write([]byte(group))
	return time.Duration(int(f.Sum32()%tickSpread)%min(groups, tickSpread)) * time.Second
}
