package handle

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"autospotting/coordinator/decide"
)

// said is what was heard of one group: one request for all of it, since a group's requests are worked on one after the other, and
// a notice must not wait behind hundreds of changes of state.
type said struct {
	group string
	heard []heard
}

func (b *batch) gather(all []heard) []*said {
	var list []*said
	for _, x := range all {
		i := slices.IndexFunc(list, func(s *said) bool { return s.group == x.group })
		if i < 0 {
			i = len(list)
			list = append(list, &said{group: x.group})
		}
		list[i].heard = append(list[i].heard, x)
	}
	return list
}

// urgent tells whether somebody says that an instance goes.
func (s *said) urgent() bool {
	return slices.ContainsFunc(s.heard, func(x heard) bool { return x.hint.Kind == decide.HeardTerminating })
}

// merely tells whether something only changed, and nothing was said.
func (s *said) merely() bool {
	return !slices.ContainsFunc(s.heard, func(x heard) bool { return x.hint.Kind != decide.HeardChange })
}

// hand gives the request to the work queue. Where something merely changed, the group is looked at in the next slot, once for all such
// changes: what has changed is read then. What cannot be sent together is sent one by one, so that no hint fails another.
func (b *batch) hand(ctx context.Context, s *said) {
	if s.merely() {
		err := b.later(ctx, decide.Slot(b.Now()), Request{Group: s.group})
		for _, x := range s.heard {
			b.errs[x.place] = err
		}
		return
	}
	err := b.send(ctx, s.group, s.heard)
	if err == nil {
		return
	}
	unsent := s.heard
	if len(s.heard) > 1 {
		b.Log.Warn().Err(err).Str("group", s.group).Int("hints", len(s.heard)).Msg("not sent together: sent one by one")
		unsent = nil
		for _, x := range s.heard {
			if one := b.send(ctx, s.group, []heard{x}); one != nil {
				err, unsent = one, append(unsent, x)
			}
		}
	}
	if len(unsent) == 0 {
		return
	}
	r, _ := b.request(s.group, unsent)
	err = b.here(ctx, r, err)
	for _, x := range unsent {
		b.errs[x.place] = err
	}
}

func (b *batch) send(ctx context.Context, group string, all []heard) error {
	r, key := b.request(group, all)
	return b.work(ctx, key, r)
}

// request is that for a group of which this was heard, each thing once, and its key.
func (b *batch) request(group string, all []heard) (Request, string) {
	r, key := Request{Group: group, Cause: all[0].what}, []string{group}
	for _, x := range all {
		if k := b.key(x); !slices.Contains(key, k) {
			r.Hints, key = append(r.Hints, x.hint), append(key, k)
		}
	}
	slices.Sort(key[1:])
	return r, strings.Join(key, "|")
}

// key tells what was heard from what else is heard within five minutes, in which the work queue takes equal requests for one. A
// report is told by what it says, however often it is published and with whatever times.
func (b *batch) key(x heard) string {
	if x.hint.Source == decide.FromSpotd {
		key := fmt.Sprintf("%s %s %s %t", x.hint.Instance, x.hint.Kind, x.hint.Action, x.hint.Trusted)
		if x.hint.Kind == decide.HeardDrained {
			key += " " + x.hint.Deadline.UTC().Format(time.RFC3339)
		}
		return key
	}
	return b.messages[x.place].ID
}
