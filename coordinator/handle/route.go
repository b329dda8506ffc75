package handle

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"time"

	"autospotting/coordinator/decide"
)

// Message is one message of the inbox.
type Message struct {
	ID   string // the queue's
	Body []byte
}

// Request asks for one group to be reconciled.
type Request struct {
	Group string        `json:"group"`
	Hints []decide.Hint `json:"hints,omitempty"`
	Cause string        `json:"cause,omitempty"`
	Try   int           `json:"try,omitempty"`
}

// tickSpread is the longest that a tick holds a group back, so that many groups do not call AWS at once.
const tickSpread = 120

// Route sends every message's requests to the work queue. The errors are per message, nil for what is done with: handled, of
// no interest, or undecodable (logged, and never poison). The outcomes are in the messages' order.
func (h *Handler) Route(ctx context.Context, messages []Message) ([]Outcome, []error) {
	outcomes, errs := make([]Outcome, len(messages)), make([]error, len(messages))
	events := make([]Event, len(messages))
	for i, m := range messages {
		e, err := Decode(m.Body, h.Topics)
		outcomes[i] = Outcome{ID: e.ID, What: e.What}
		if err != nil {
			h.note(&outcomes[i], Note{Kind: "dropped", Text: fmt.Sprintf("message %s: %v", m.ID, err)})
			e.Kind = Unrelated
		}
		events[i] = e
	}
	groups, lookup := h.groupsOf(ctx, events)
	var heard gathered
	for i, e := range events {
		if e.Kind != Tick {
			errs[i] = h.routeOne(ctx, messages[i], e, groups, lookup, &outcomes[i], heard.of(i))
		}
	}
	for _, g := range heard.list {
		err := h.hand(ctx, g)
		for _, i := range g.of {
			errs[i] = err
		}
	}
	for i, e := range events { // a tick may mean many requests, and a notice must not wait for them
		if e.Kind == Tick {
			errs[i] = h.routeTick(ctx, e, &outcomes[i])
		}
	}
	for i, err := range errs {
		if err != nil {
			h.Log.Error().Err(err).Str("msg_id", messages[i].ID).Msg("not routed: the queue delivers it again")
		}
	}
	return outcomes, errs
}

// groupsOf looks up the groups of all instances that the events name, in as few calls as it takes.
func (h *Handler) groupsOf(ctx context.Context, events []Event) (map[string]string, error) {
	var ids []string
	for _, e := range events {
		if e.Group != "" {
			continue
		}
		for _, hint := range e.Hints {
			if hint.Instance != "" && !slices.Contains(ids, hint.Instance) {
				ids = append(ids, hint.Instance)
			}
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	return h.Groups.GroupsOf(ctx, ids)
}

func (h *Handler) routeOne(ctx context.Context, m Message, e Event, groups map[string]string, lookup error, o *Outcome, gather func(group, id string, e Event)) error {
	switch e.Kind {
	case Unrelated:
		if e.What != "" {
			h.note(o, Note{Kind: "ignored", Text: fmt.Sprintf("%s (%s): of no interest, nothing changed", orID(e.ID, m.ID), e.What)})
		}
		return nil
	case Recheck:
		key := e.Group + "|" + e.Due.UTC().Format(time.RFC3339Nano) // slots are whole seconds and merge; an exact time is its own
		if len(e.Hints) > 0 || e.Try > 0 {
			key = m.ID + "|" + e.Group
		}
		return h.work(ctx, key, Request{Group: e.Group, Hints: e.Hints, Cause: "recheck", Try: e.Try})
	}
	if e.Kind == Report {
		e.Hints[0].Trusted = h.trusts(e, o)
	}
	group := e.Group
	if group == "" {
		if lookup != nil {
			return lookup
		}
		group = groups[e.Hints[0].Instance]
	}
	if group == "" {
		h.note(o, Note{Instance: e.Hints[0].Instance, Kind: "ignored", Text: fmt.Sprintf("%s (%s): instance %s is in no group and not ours, nothing changed", orID(e.ID, m.ID), e.What, e.Hints[0].Instance)})
		return nil
	}
	h.note(o, Note{Group: group, Instance: e.Hints[0].Instance, Kind: "heard", Text: fmt.Sprintf("%s from %s (%s)", e.What, e.Hints[0].Source, orID(e.ID, m.ID))})
	gather(group, m.ID, e)
	return nil
}

func orID(id, queue string) string {
	if id != "" {
		return id
	}
	return queue
}

func (h *Handler) trusts(e Event, o *Outcome) bool {
	err := errors.New("no certificates are configured")
	if h.Verifier != nil {
		err = h.Verifier.VerifyReport(e.Report)
	}
	if err != nil {
		h.note(o, Note{Instance: e.Report.From.Instance, Kind: "untrusted", Text: fmt.Sprintf("%s: %v", e.ID, err)})
	}
	return err == nil
}

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

func (h *Handler) work(ctx context.Context, key string, r Request) error {
	body, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("encode a request for group %q: %w", r.Group, err)
	}
	sum := sha256.Sum256([]byte(key)) // a deduplication id holds 128 characters of a narrow alphabet
	return h.Queues.Work(ctx, r.Group, hex.EncodeToString(sum[:]), body)
}

// longestDelay is the longest that SQS holds a message back (SendMessage, DelaySeconds).
const longestDelay = 15 * time.Minute

// later looks again at the due time, or as late as the queue can.
func (h *Handler) later(ctx context.Context, group string, due time.Time, try int, hints []decide.Hint) error {
	due = sooner(due, h.Now().Add(longestDelay)) // also in the message: two for one due time would be taken for one
	body, err := EncodeRecheck(group, due, try, hints)
	if err != nil {
		return err
	}
	delay := due.Sub(h.Now()).Round(time.Millisecond)
	return h.Queues.Later(ctx, body, max(delay, time.Second))
}
