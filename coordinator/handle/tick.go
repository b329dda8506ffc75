package handle

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"time"

	"autospotting/coordinator/decide"
)

// tickSpread is the longest that a tick holds a group back, so that many groups do not call AWS at once.
const tickSpread = 120

// routeTick asks for every group that has something to do: enabled, holding live instances of ours, or with a record. Where one list fails, the
// groups of the others are looked at all the same; the next tick finds the rest.
func (h *Handler) routeTick(ctx context.Context, e Event, o *Outcome) error {
	lists := []func(context.Context) ([]string, error){h.Groups.Enabled, h.Groups.GroupsOfOurs, h.Ledger.Known}
	var groups []string
	var failed []error
	for _, list := range lists {
		names, err := list(ctx)
		if err != nil {
			failed = append(failed, fmt.Errorf("tick %s: %w", e.ID, err))
			h.note(o, Note{Kind: "error", Failure: decide.Lost, Text: fmt.Sprintf("not all groups could be listed: %v", err)})
			continue
		}
		groups = append(groups, names...)
	}
	if len(failed) == len(lists) {
		return errors.Join(failed...)
	}
	slices.Sort(groups)
	groups = slices.Compact(groups)
	h.note(o, Note{Kind: "heard", Text: fmt.Sprintf("tick: %d groups have something to do", len(groups))})
	var errs []error
	for _, g := range groups {
		delay := spread(g, len(groups))
		if delay == 0 {
			errs = append(errs, h.work(ctx, e.ID+"|"+g, Request{Group: g, Cause: "tick"}))
			continue
		}
		errs = append(errs, h.later(ctx, h.Now().Add(delay), Request{Group: g}))
	}
	return errors.Join(errs...)
}

// spread gives each group its own second of the tick, the same at every tick, and none where there is one group only.
func spread(group string, groups int) time.Duration {
	f := fnv.New32a()
	f.Write([]byte(group))
	return time.Duration(int(f.Sum32()%tickSpread)%min(groups, tickSpread)) * time.Second
}
