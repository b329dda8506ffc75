package handle

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/ledger"
	"autospotting/coordinator/metrics"
	"autospotting/coordinator/metrics/conform"
)

func TestATickAsksOnlyForGroupsThatHaveSomethingToDo(t *testing.T) {
	t.Parallel()
	h, p := handler()
	if _, err := p.ledger.Put(context.Background(), ledger.Record{Group: "open", Books: books.Edited(func(k *books.Stored) { k.Lease = &books.StoredLease{} })}); err != nil {
		t.Fatal(err)
	}
	_, errs := h.Route(context.Background(), []Message{{ID: "1", Body: []byte(enveloped(t, topics.Events, `{"id":"t","detail-type":"Scheduled Event","detail":{}}`))}})
	if errs[0] != nil {
		t.Fatal(errs[0])
	}
	if got := len(p.work) + len(p.later); got != 4 { // a, b, gone, open
		t.Errorf("%d requests (%v, %v), want one for each of four groups", got, p.work, p.later)
	}
	for _, d := range p.later {
		if d > 2*time.Minute {
			t.Errorf("a group is held back for %s", d)
		}
	}
}

func TestOneFailingMessageDoesNotTakeTheOthersWithIt(t *testing.T) {
	t.Parallel()
	h, p := handler()
	p.groups = map[string]string{"i-00000001": "x", "i-00000002": "y"}
	p.failAt, h.Actor = "x", nil
	event := func(id string) string {
		return interruption(t, id)
	}
	res, err := h.SQS(context.Background(), events.SQSEvent{Records: []events.SQSMessage{
		{MessageId: "1", Body: event("i-00000001"), EventSourceARN: "inbox"}, {MessageId: "2", Body: event("i-00000002"), EventSourceARN: "inbox"},
		{MessageId: "3", Body: "garbage", EventSourceARN: "inbox"}, {MessageId: "4", Body: event("i-00000009"), EventSourceARN: "inbox"}}})
	if err != nil || len(res.BatchItemFailures) != 1 || res.BatchItemFailures[0].ItemIdentifier != "1" {
		t.Errorf("failures %v, %v: want message 1 alone", res.BatchItemFailures, err)
	}
	if len(p.work) != 1 || p.work[0] != "y" {
		t.Errorf("work for %v, want y alone", p.work)
	}
}

func TestAnAWSErrorIsLookedAtAgainWithWhatWasHeard(t *testing.T) {
	t.Parallel()
	h, p := handler()
	p.observe = errors.New("throttled")
	hint := decide.Hint{Kind: decide.HeardReady, Instance: "i-00000001", Trusted: true}
	for try, want := range []time.Duration{5 * time.Second, 10 * time.Second, 20 * time.Second} {
		body, _ := json.Marshal(Request{Group: "web", Hints: []decide.Hint{hint}, Try: try})
		if _, err := h.Reconcile(context.Background(), body); err != nil {
			t.Fatalf("the message failed: %v", err)
		}
		if got := p.later[try]; got != want {
			t.Errorf("try %d looks again after %s, want %s", try, got, want)
		}
		e, err := Decode(p.bodies[try], topics)
		if err != nil || len(e.Hints) != 1 || e.Hints[0] != hint || e.Try != try+1 {
			t.Errorf("the look carries %+v, %v: what was heard must not be lost", e, err)
		}
	}
}

func TestARunEndsAndTheRestIsLookedAtLater(t *testing.T) {
	t.Parallel()
	h, p := handler()
	p.fast = true
	if _, err := h.Reconcile(context.Background(), []byte(`{"group":"web"}`)); err != nil {
		t.Fatal(err)
	}
	if p.applied != maxRounds || len(p.later) != 1 || p.later[0] != time.Second {
		t.Errorf("%d actions, looks %v: want %d and one look after a second", p.applied, p.later, maxRounds)
	}
}

func TestEveryReconcileOfAServedGroupWritesOneLineOfMetrics(t *testing.T) {
	t.Parallel()
	h, p := handler()
	var out bytes.Buffer
	h.Metrics = metrics.NewEMF(&out, false)
	for _, c := range []struct {
		set  func()
		want map[string]float64
	}{
		{func() { p.fast = true }, map[string]float64{"OrphansTerminated": 1, "Failures": 0, "OpenDebts": 0}}, // shown as running in every round
		{func() { p.fast, p.observe = false, errors.New("throttled") }, map[string]float64{"OrphansTerminated": 0, "Failures": 1}},
	} {
		out.Reset()
		c.set()
		if _, err := h.Reconcile(context.Background(), []byte(`{"group":"web"}`)); err != nil {
			t.Fatal(err)
		}
		if err := conform.Check(out.Bytes()); err != nil {
			t.Fatalf("%q: %v", out.String(), err)
		}
		var line map[string]any
		if err := json.Unmarshal(out.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
		for k, v := range c.want {
			if line[k] != v {
				t.Errorf("%s is %v, want %v", k, line[k], v)
			}
		}
	}
}

func TestAConflictStopsTheRun(t *testing.T) {
	t.Parallel()
	h, p := handler()
	p.fast = true
	h.Ledger = racing{p.ledger}
	if _, err := h.Reconcile(context.Background(), []byte(`{"group":"web"}`)); err != nil {
		t.Fatal(err)
	}
	if p.applied != 0 || len(p.later) != 1 {
		t.Errorf("%d actions after the record was lost to somebody else, looks %v", p.applied, p.later)
	}
}

// racing lets somebody else write between every read and write.
type racing struct{ *ledger.Memory }

func (r racing) Put(_ context.Context, rec ledger.Record) (ledger.Record, error) {
	return rec, ledger.ErrConflict
}

func TestLambdaTakesSNSRecordsAndBareEvents(t *testing.T) {
	t.Parallel()
	h, p := handler()
	p.groups = map[string]string{"i-00000001": "web"}
	payload, _ := json.Marshal(map[string]any{"Records": []any{map[string]any{"EventSource": "aws:sns", "Sns": map[string]any{
		"MessageId": "s1", "TopicArn": topics.Events, "Message": warning}}}})
	if res, err := h.Invoke(context.Background(), payload); err != nil || len(res.BatchItemFailures) != 0 {
		t.Fatalf("%v, %v", res, err)
	}
	p.failAt, h.Actor = "web", nil
	if _, err := h.Invoke(context.Background(), payload); err == nil {
		t.Error("what could not be handled was swallowed: nobody sends it again")
	}
	if _, err := h.Invoke(context.Background(), json.RawMessage(`{"Records":[{"s3":{}}]}`)); err != nil {
		t.Errorf("poison: %v", err)
	}
	if len(p.work) != 1 || p.work[0] != "web" {
		t.Errorf("work for %v", p.work)
	}
}
