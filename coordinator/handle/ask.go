package handle

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"autospotting/coordinator/decide"
)

// Request asks for one group to be reconciled.
type Request struct {
	Group string        `json:"group"`
	Hints []decide.Hint `json:"hints,omitempty"`
	Cause string        `json:"cause,omitempty"`
	Try   int           `json:"try,omitempty"`
	// Until is until when a notice that is known of the group waits: as long, a look that failed is repeated soon.
	Until time.Time `json:"until,omitzero"`
}

// encode writes JSON as it is: Go would write <, > and & as six bytes each, and a body is bounded in bytes.
func encode(v any) ([]byte, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), err
}

func (h *Handler) work(ctx context.Context, key string, r Request) error {
	body, err := encode(r)
	if err != nil {
		return fmt.Errorf("encode a request for group %q: %w", r.Group, err)
	}
	sum := sha256.Sum256([]byte(key)) // a deduplication id holds 128 characters of a narrow alphabet
	return h.Queues.Work(ctx, r.Group, hex.EncodeToString(sum[:]), body)
}

// longestDelay is the longest that SQS holds a message back (SendMessage, DelaySeconds).
const longestDelay = 15 * time.Minute

// later looks again at the due time, or as late as the queue can.
func (h *Handler) later(ctx context.Context, due time.Time, r Request) error {
	due = sooner(due, h.Now().Add(longestDelay)) // also in the message: two for one due time would be taken for one
	body, err := EncodeRecheck(due, r)
	if err != nil {
		return err
	}
	delay := due.Sub(h.Now()).Round(time.Millisecond)
	return h.Queues.Later(ctx, body, max(delay, time.Second))
}
