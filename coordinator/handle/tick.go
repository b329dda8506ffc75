package handle

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"time"
)

// tickSpread is the longest that a tick holds a group back, so that many groups do not call AWS at once.
const tickSpread = 120

// routeTick asks for every group that has something to do: enabled, holding live instances of ours, or with a record.
func (h *Handler) routeTick(ctx context.Context, e Event, o *Outcome) error {
	var groups []string
	for _, list := range []func(context.Context) ([]string, error){h.Groups.Enabled, h.Groups.GroupsOfOurs, h.Ledger.Known} {
		names, err := list(ctx)
		if err != nil {
			return fmt.Errorf("tick %s: %w", e.ID, err)
		}
		groups = append(groups, names...)
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
		errs = append(errs, h.later(ctx, g, h.Now().Add(delay), 0, nil))
	}
	return errors.Join(errs...)
}

// spread gives each group its own second of the tick, the same at every tick, and none where there is one group only.
func spread(group string, groups int) time.Duration {
	f := fnv.New32a()
	f.Write([]byte(group))
	return time.Duration(int(f.Sum32()%tickSpread)%min(groups, tickSpread)) * time.Second
}
