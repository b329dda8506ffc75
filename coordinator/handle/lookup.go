package handle

import (
	"context"
	"slices"

	"autospotting/coordinator/act"
)

// found is the groups of instances; an instance without a group is in neither map.
type found struct {
	groups map[string]string
	errs   map[string]error
}

// lookUp finds the groups of the instances that some messages name, in as few calls as it takes. AWS refuses a whole request for the
// fault of one id: then each is asked for by itself, and who is refused again is nobody's.
func (b *batch) lookUp(ctx context.Context, places []int) found {
	out := found{map[string]string{}, map[string]error{}}
	ids := b.instances(places)
	if len(ids) == 0 {
		return out
	}
	groups, err := b.Groups.GroupsOf(ctx, ids)
	switch {
	case err == nil:
		out.groups = groups
	case act.Refused(err) && len(ids) > 1:
		b.Log.Warn().Err(err).Int("instances", len(ids)).Msg("not looked up together: looked up one by one")
		for _, id := range ids {
			if groups, err := b.Groups.GroupsOf(ctx, []string{id}); err == nil {
				out.groups[id] = groups[id]
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
		if id := e.Hints[0].Instance; e.Group == "" && id != "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}
