package handle

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/rs/zerolog"
)

// worked is a batch of the work queue in the forms in which it is handed over.
func worked(groups ...string) (b Batch, e events.SQSEvent, payload json.RawMessage) {
	b.Work, b.Queue = true, true
	var list []map[string]string
	for _, g := range groups {
		body := `{"group":"` + g + `"}`
		b.Messages = append(b.Messages, Message{ID: "of-" + g, Body: []byte(body)})
		e.Records = append(e.Records, events.SQSMessage{MessageId: "of-" + g, Body: body, EventSourceARN: "arn:aws:sqs:r:a:work.fifo"})
		list = append(list, map[string]string{"messageId": "of-" + g, "body": body, "eventSourceARN": "arn:aws:sqs:r:a:work.fifo"})
	}
	payload, _ = json.Marshal(map[string]any{"Records": list})
	return b, e, payload
}

// only fails the looks of one group.
type only struct {
	*parts
	group string
}

func (o only) Later(ctx context.Context, body []byte, d time.Duration) error {
	if strings.Contains(string(body), `"group":"`+o.group+`"`) {
		return errors.New("out of reach")
	}
	return o.parts.Later(ctx, body, d)
}

func TestInTheWorkQueueNothingAfterAFailureIsHandled(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, fails string
		failed      []string
		looks       int
	}{
		{"none fails", "", nil, 3},
		{"the first", "a", []string{"of-a", "of-b", "of-c"}, 0},
		{"the second", "b", []string{"of-b", "of-c"}, 1},
		{"the last", "c", []string{"of-c"}, 2},
	} {
		b, event, payload := worked("a", "b", "c")
		for _, way := range []struct {
			name string
			do   func(*testing.T, *Handler) []string
		}{
			{"as a batch", func(t *testing.T, h *Handler) []string {
				failed, errs := h.Batch(context.Background(), b)
				if len(errs) != min(1, len(c.failed)) {
					t.Errorf("errors %v", errs)
				}
				return failed
			}},
			{"as the event source mapping's event", func(t *testing.T, h *Handler) []string {
				res, err := h.SQS(context.Background(), event)
				return identifiers(t, res, err)
			}},
			{"as a payload", func(t *testing.T, h *Handler) []string {
				res, err := h.Invoke(context.Background(), payload)
				return identifiers(t, res, err)
			}},
		} {
			t.Run(c.name+" "+way.name, func(t *testing.T) {
				t.Parallel()
				h, p := handler()
				p.observe, h.Queues = errors.New("throttled"), only{p, c.fails} // so that every group is looked at again
				if got := way.do(t, h); !slices.Equal(got, c.failed) || len(p.later) != c.looks {
					t.Errorf("%q come again after %d groups, want %q after %d", got, len(p.later), c.failed, c.looks)
				}
			})
		}
	}
}

func identifiers(t *testing.T, res events.SQSEventResponse, err error) (out []string) {
	t.Helper()
	if err != nil {
		t.Errorf("the whole batch fails: %v", err)
	}
	for _, f := range res.BatchItemFailures {
		out = append(out, f.ItemIdentifier)
	}
	return out
}

func TestAFailedMessageOfTheInboxComesAgainWithItsError(t *testing.T) {
	t.Parallel()
	h, p := handler()
	p.groups, p.failAt, h.Actor = map[string]string{here: "web", there: "api"}, "web", nil
	failed, errs := h.Batch(context.Background(), Batch{Messages: []Message{{ID: "1", Body: []byte(interruption(t, here))}, {ID: "2", Body: []byte(interruption(t, there))}}})
	if !slices.Equal(failed, []string{"1"}) || len(errs) != 1 || !strings.Contains(errs[0].Error(), "out of reach") {
		t.Errorf("%q come again, %v", failed, errs)
	}
}

func TestWhatNoFunctionIsInvokedWithIsDropped(t *testing.T) {
	t.Parallel()
	for _, payload := range []string{"garbage", `[1]`, `{"Records":[]}`, `{"Records":[{"s3":{}}]}`, `{"Records":5}`} {
		t.Run(payload, func(t *testing.T) {
			t.Parallel()
			h, p := handler()
			var log bytes.Buffer
			h.Log = zerolog.New(&log)
			res, err := h.Invoke(context.Background(), json.RawMessage(payload))
			if got := lines(t, log.String()); !slices.Equal(got, []string{"warn  : dropped: it would fail again"}) {
				t.Errorf("logged are %q", got)
			}
			if err != nil || len(res.BatchItemFailures) > 0 || !p.quiet() {
				t.Errorf("%+v, %v: it would fail again", res, err)
			}
		})
	}
}

func TestSplitTakesWhatPeopleHaveInAFile(t *testing.T) {
	t.Parallel()
	record := func(arn string) string {
		return `{"Records":[{"messageId":"r","body":"{}","eventSourceARN":"` + arn + `"}]}`
	}
	for _, c := range []struct {
		name, payload string
		ids           []string
		work, queue   bool
	}{
		{"one message", `{"a":1}`, []string{"direct"}, false, false},
		{"several, one a line", "\n{\"a\":1}\n\n{\"b\":2} {\"c\":3}\n", []string{"line 2", "line 4", "line 4"}, false, false},
		{"what receive-message prints", `{"Messages":[{"MessageId":"m","Body":"x"},{"Body":"y"}]}`, []string{"m", "Messages[1]"}, false, false},
		{"the inbox's records", `{"Records":[{"messageId":"m","body":"x","eventSourceARN":"inbox"},{"body":"y","eventSourceARN":"inbox"}]}`, []string{"m", "Records[1]"}, false, true},
		{"the work queue's", record("work.fifo"), []string{"r"}, true, true},
		{"the work queue's, twice", record("work.fifo") + "\n" + record("work.fifo"), []string{"r", "r"}, true, true},
		{"records of a queue, and then a message", record("inbox") + "\n" + `{"a":1}`, []string{"r", "line 2"}, false, true},
		{"a message, and then records of a queue", `{"a":1}` + "\n" + record("inbox"), []string{"line 1", "r"}, false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b, err := Split([]byte(c.payload))
			if err != nil {
				t.Fatal(err)
			}
			var ids []string
			for _, m := range b.Messages {
				ids = append(ids, m.ID)
			}
			if !slices.Equal(ids, c.ids) || b.Work != c.work || b.Queue != c.queue {
				t.Errorf("%q, work %t, queue %t; want %q, %t, %t", ids, b.Work, b.Queue, c.ids, c.work, c.queue)
			}
		})
	}
	b, err := Split([]byte("{\"a\":1}\n{\"b\":2}"))
	if err != nil || string(b.Messages[0].Body) != `{"a":1}` || string(b.Messages[1].Body) != `{"b":2}` {
		t.Errorf("%q, %v", b.Messages, err)
	}
	if b, err = Split([]byte(`{"Messages":[{"Body":"x"}]}`)); err != nil || string(b.Messages[0].Body) != "x" {
		t.Errorf("%q, %v", b.Messages, err)
	}
}

func TestSplitRefusesWithThePlace(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, payload, says string }{
		{"nothing", "", "byte 0 (line 1): unexpected end"},
		{"white space", " \n ", "line 2"},
		{"garbage", "\ngarbage", "byte 2 (line 2)"},
		{"garbage after two", "{}\n{}\n\n  garbage", "after 2 documents, from byte 9 on (line 4): invalid character 'g'"},
		{"garbage after one", "{}\ngarbage", "after 1 documents, from byte 3 on (line 2)"},
		{"half of the second", "{}\n{\"a\":", "after 1 documents, from byte 3 on (line 2): unexpected EOF"},
		{"records that are none", `{"Records":5}`, "want a JSON object there, not a number"},
		{"a second document that is none", "{}\n[1]", "want a JSON object there, not a array"},
		{"no records", `{"Records":[]}`, "Records is empty"},
		{"no messages", `{"Messages":[]}`, "Messages is empty"},
		{"a message without a body", `{"Messages":[{"Body":"x"},{"MessageId":"m"}]}`, "Messages[1] has no Body"},
		{"a record of something else", `{"Records":[{"eventSource":"aws:s3"}]}`, `Records[0] is neither of SQS (body) nor of SNS (Sns), but of "aws:s3"`},
		{"two queues", `{"Records":[{"body":"{}","eventSourceARN":"inbox"}]}` + "\n" + `{"Records":[{"body":"{}","eventSourceARN":"work.fifo"}]}`, "line 2 is of another queue"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b, err := Split([]byte(c.payload))
			if !errors.Is(err, ErrUndecodable) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%+v, error %v; want one that says %q", b, err, c.says)
			}
		})
	}
}
