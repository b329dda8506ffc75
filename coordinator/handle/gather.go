package handle

import (
	"context"
	"slices"
	"strings"

	"autospotting/coordinator/decide"
)

// gathered holds what a batch of messages says of each group: one request for all of it, since a group's requests are worked on one
// after the other, and a notice must not wait behind hundreds of changes of state.
type gathered struct{ list []*said }

// said is what was heard of one group.
type said struct {
	req Request
	ids []string // of the messages
	of  []int    // their places in the batch
}

// of gathers for the message in that place of the batch.
func (g *gathered) of(place int) func(group, id string, e Event) {
	return func(group, id string, e Event) {
		i := slices.IndexFunc(g.list, func(s *said) bool { return s.req.Group == group })
		if i < 0 {
			i = len(g.list)
			g.list = append(g.list, &said{req: Request{Group: group, Cause: e.What}})
		}
		s := g.list[i]
		s.req.Hints, s.ids, s.of = append(s.req.Hints, e.Hints...), append(s.ids, id), append(s.of, place)
	}
}

// hand gives the request to the work queue. Where something merely changed, the group is looked at in the next slot, once for all such
// changes: what has changed is read then.
func (h *Handler) hand(ctx context.Context, s *said) error {
	if !slices.ContainsFunc(s.req.Hints, func(hint decide.Hint) bool { return hint.Kind != decide.HeardChange }) {
		return h.later(ctx, s.req.Group, decide.Slot(h.Now()), 0, nil)
	}
	return h.work(ctx, strings.Join(append(s.ids, s.req.Group), "|"), s.req)
}
