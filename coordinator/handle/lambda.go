package handle

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/aws/aws-lambda-go/events"
)

// Invoke is the Lambda handler. Failures are answered per message where the batch came from a queue, and as one error
// elsewhere.
func (h *Handler) Invoke(ctx context.Context, payload json.RawMessage) (events.SQSEventResponse, error) {
	b, err := Split(payload)
	if err != nil { // and the batch is empty
		h.Log.Warn().Err(err).Msg("dropped: it would fail again")
	}
	failed, errs := h.Batch(ctx, b)
	if !b.Queue {
		return events.SQSEventResponse{}, errors.Join(errs...)
	}
	return failures(failed), nil
}

// SQS handles a batch of either queue, as the event source mapping hands it over.
func (h *Handler) SQS(ctx context.Context, e events.SQSEvent) (events.SQSEventResponse, error) {
	var b Batch
	for _, r := range e.Records {
		b.Queue, b.Work = true, strings.HasSuffix(r.EventSourceARN, ".fifo")
		b.Messages = append(b.Messages, Message{ID: r.MessageId, Body: []byte(r.Body)})
	}
	failed, _ := h.Batch(ctx, b)
	return failures(failed), nil
}

func failures(ids []string) (out events.SQSEventResponse) {
	for _, id := range ids {
		out.BatchItemFailures = append(out.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: id})
	}
	return out
}

// Batch handles all messages and names those to be delivered again. In the work queue nothing after a failure is handled, since
// a FIFO queue keeps the order.
func (h *Handler) Batch(ctx context.Context, b Batch) (failed []string, errs []error) {
	if !b.Work {
		_, all := h.Route(ctx, b.Messages)
		for i, err := range all {
			if err != nil {
				failed, errs = append(failed, b.Messages[i].ID), append(errs, err)
			}
		}
		return failed, errs
	}
	for i, m := range b.Messages {
		if _, err := h.Reconcile(ctx, m.Body); err != nil {
			h.Log.Error().Err(err).Str("msg_id", m.ID).Msg("not handled: the queue delivers it again")
			for _, rest := range b.Messages[i:] {
				failed = append(failed, rest.ID)
			}
			return failed, []error{err}
		}
	}
	return nil, nil
}
