package handle

import (
	"context"
	"slices"

	"autospotting/coordinator/act"
)

// answers is what AWS says of instances. One of which it says nothing, or that it takes for no instance at all, is in neither map; one
// of which it could not be asked has an error, so that what names it is heard again.
type answers[T any] struct {
	of   map[string]T
	errs map[string]error
}

// lookUp finds the groups of the instances that some messages name. Where none is named nobody is asked, and there may be nobody to ask.
func (b *batch) lookUp(ctx context.Context, places []int) answers[string] {
	return ask(ctx, b, b.instances(places), func(ctx context.Context, ids []string) (map[string]string, error) { return b.Groups.GroupsOf(ctx, ids) })
}

// ask asks of instances in as few calls as it takes. AWS refuses a whole request for the fault of one id: then each is asked for by
// itself, and who is refused again is nobody's.
func ask[T any](ctx context.Context, b *batch, ids []string, look func(context.Context, []string) (map[string]T, error)) answers[T] {
	out := answers[T]{map[string]T{}, map[string]error{}}
	if len(ids) == 0 {
		return out
	}
	all, err := look(ctx, ids)
	switch {
	case err == nil:
		out.of = all
	case act.Refused(err) && len(ids) > 1:
		b.Log.Warn().Err(err).Int("instances", len(ids)).Msg("not looked up together: looked up one by one")
		for _, id := range ids {
			if one, err := look(ctx, []string{id}); err == nil {
				out.of[id] = one[id]
			} else if !act.Refused(err) {
				out.errs[id] = err
			}
		}
	case !act.Refused(err):
		for _, id := range ids {
			out.errs[id] = err
		}
	}
	return out
}

// instances lists those that messages name which do not name their group, each once.
func (b *batch) instances(places []int) []string {
	var ids []string
	for _, i := range places {
		e := b.events[i]
		if id := e.Hints[0].Instance; e.Group == "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}
