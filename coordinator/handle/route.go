package handle

import (
	"context"
	"fmt"
	"slices"
	"time"

	"autospotting/coordinator/decide"
)

// Message is one message of the inbox.
type Message struct {
	ID   string // the queue's
	Body []byte
}

// batch is what one invocation takes out of the inbox, and what became of each message. The slices go by the same places.
type batch struct {
	*Handler
	messages []Message
	events   []Event
	outcomes []Outcome
	errs     []error
	began    time.Time
}

// Route sends every message's requests to the work queue. The errors are per message, nil for what is done with: handled, of
// no interest, or undecodable (logged, and never poison). The outcomes are in the messages' order.
//
// Anybody in the account may publish reports, so what AWS says goes first, then what is signed, each looked up apart from the
// rest; what is unsigned costs a call only where it says "terminating", and comes last but for the ticks, which are many requests.
func (h *Handler) Route(ctx context.Context, messages []Message) ([]Outcome, []error) {
	b := &batch{h, messages, make([]Event, len(messages)), make([]Outcome, len(messages)), make([]error, len(messages)), h.Now()}
	for i := range messages {
		b.read(i)
	}
	told := b.hasten(ctx, b.places(func(e Event) bool {
		return e.Kind == AWSEvent || (e.Kind == Report || e.groupless()) && e.Hints[0].Trusted
	}))
	b.pass(ctx, of(told, func(i int) bool { return b.events[i].Kind != Report }), b.notices)
	b.pass(ctx, of(told, func(i int) bool { return b.events[i].Kind == Report }), b.words)
	for _, i := range b.places(func(e Event) bool { return e.Kind == Recheck && !e.groupless() }) {
		b.errs[i] = b.recheck(ctx, messages[i], b.events[i])
	}
	b.pass(ctx, b.confirmed(ctx, b.places(func(e Event) bool { return (e.Kind == Report || e.groupless()) && !e.Hints[0].Trusted })), b.notices)
	for _, i := range b.places(func(e Event) bool { return e.Kind == Tick }) {
		b.errs[i] = h.routeTick(ctx, b.events[i], &b.outcomes[i])
	}
	for i, err := range b.errs {
		if err != nil {
			h.Log.Error().Err(err).Str("msg_id", messages[i].ID).Msg("not routed: the queue delivers it again")
		}
	}
	return b.outcomes, b.errs
}

// read decodes a message and tells who said it, without asking AWS for anything. What is dropped is of no kind, or Unrelated.
func (b *batch) read(i int) {
	m, o := b.messages[i], &b.outcomes[i]
	e, err := Decode(m.Body, b.Topics)
	*o = Outcome{ID: e.ID, What: e.What}
	switch {
	case err != nil:
		b.note(o, Note{Kind: "dropped", Text: fmt.Sprintf("message %s: %v", m.ID, err)})
	case e.Kind == Unrelated:
		b.note(o, Note{Kind: "ignored", Text: fmt.Sprintf("%s (%s): of no interest, nothing changed", orID(e.ID, m.ID), e.What)})
	case e.Kind == Report:
		e = b.judge(e, o)
	}
	b.events[i] = e
}

// of are the places that fit.
func of(places []int, fits func(int) bool) (list []int) {
	for _, i := range places {
		if fits(i) {
			list = append(list, i)
		}
	}
	return list
}

// places lists where the events are that fit.
func (b *batch) places(fits func(Event) bool) []int {
	var out []int
	for i, e := range b.events {
		if fits(e) {
			out = append(out, i)
		}
	}
	return out
}

// pass finds the groups of some messages and has what they say handed to those. The lookup is one, unless it is refused.
func (b *batch) pass(ctx context.Context, places []int, hand func(context.Context, []heard)) {
	found := b.lookUp(ctx, places)
	var all []heard
	for _, i := range places {
		e, o, id := b.events[i], &b.outcomes[i], b.events[i].Hints[0].Instance
		group := e.Group
		if group == "" {
			if err := found.errs[id]; err != nil {
				b.errs[i] = b.again(ctx, i, err)
				continue
			}
			group = found.of[id]
		}
		if group == "" {
			b.note(o, Note{Instance: id, Kind: "ignored", Text: fmt.Sprintf("%s (%s): instance %s is in no group and not ours, nothing changed", orID(e.ID, b.messages[i].ID), e.What, id)})
			continue
		}
		b.note(o, Note{Group: group, Instance: id, Kind: "heard", Text: fmt.Sprintf("%s from %s (%s)", e.What, e.Hints[0].Source, orID(e.ID, b.messages[i].ID))})
		all = append(all, heard{group, i, e.What, e.Hints[0], false})
	}
	hand(ctx, all)
}

// heard is what one message says of one group.
type heard struct {
	group string
	place int
	what  string
	hint  decide.Hint
	again bool // a look has taken it up
}

// notices hands over all that was heard, the groups first in which an instance goes.
func (b *batch) notices(ctx context.Context, all []heard) {
	list := b.gather(all)
	for _, s := range list {
		if s.urgent() {
			b.hand(ctx, s)
		}
	}
	for _, s := range list {
		if !s.urgent() {
			b.hand(ctx, s)
		}
	}
}

// words hands over what is signed: the notices, and then such words of readiness as the group has a use for.
func (b *batch) words(ctx context.Context, all []heard) {
	var rest []heard
	b.notices(ctx, slices.DeleteFunc(slices.Clone(all), func(x heard) bool {
		word := x.hint.Kind != decide.HeardTerminating
		if word {
			rest = append(rest, x)
		}
		return word
	}))
	b.notices(ctx, b.news(ctx, rest))
}

func (b *batch) recheck(ctx context.Context, m Message, e Event) error {
	key := e.Group + "|" + e.Due.UTC().Format(time.RFC3339Nano) // slots are whole seconds and merge, those of failed looks too; an exact time is its own
	if len(e.Hints) > 0 {
		key = m.ID + "|" + e.Group
	}
	r := Request{Group: e.Group, Hints: e.Hints, Cause: "recheck", Try: e.Try, Until: e.Until}
	if err := b.work(ctx, key, r); err != nil {
		return b.here(ctx, r, err)
	}
	return nil
}

func orID(id, queue string) string {
	if id != "" {
		return id
	}
	return queue
}
