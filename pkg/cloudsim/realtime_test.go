package cloudsim

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

func TestRealTimeRunsTheSameHeapAndServesGoroutines(t *testing.T) {
	t.Parallel()
	c := New(Config{})
	s := c.NewSession("setup")
	in, out := newQueue(t, s, "in", nil), newQueue(t, s, "out", nil)
	f := c.Function(FunctionConfig{Name: "f"}, func(s *Session) Handler {
		return func(ctx context.Context, e events.SQSEvent) (events.SQSEventResponse, error) {
			_, err := s.SQS().SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: aws.String(out), MessageBody: aws.String("done " + e.Records[0].Body), DelaySeconds: 60})
			return events.SQSEventResponse{}, err
		}
	})
	c.MapQueue(in, f, 1)
	ctx, cancel := context.WithCancel(bg)
	ended := make(chan error, 1)
	go func() { ended <- c.RunRealtime(ctx, 600) }() // a minute in 100 ms
	send(t, s, in, "x", "", "")
	got, err := s.SQS().ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: aws.String(out), WaitTimeSeconds: 20})
	must(t, err)
	for len(got.Messages) == 0 {
		got, err = s.SQS().ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: aws.String(out), WaitTimeSeconds: 20})
		must(t, err)
	}
	if *got.Messages[0].Body != "done x" || c.Now().Sub(c.cfg.Start) < time.Minute {
		t.Errorf("%q after %s simulated", *got.Messages[0].Body, c.Now().Sub(c.cfg.Start))
	}
	sim := c.Now()
	if back := c.Sim(c.Wall(sim)); back.Sub(sim).Abs() > time.Millisecond {
		t.Errorf("Sim(Wall(t)) is off by %s", back.Sub(sim))
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("RunRealtime ended with %v", err)
	}
}

// transcript runs a busy day with every fault on and returns all that happened.
func transcript(t *testing.T, seed int64) []Event {
	r := newRig(t, Config{Seed: seed, Faults: Faults{Throttle: 0.1, AnswerLost: 0.05, NoCapacity: 0.2, Partial: 0.2, DiePending: 0.1, Duplicate: 0.2,
		Reorder: 0.2, LoseEvent: 0.1, ReadLag: 5 * time.Second, Interrupted: 2}}.onlyAfterSetup(), six())
	var all []Event
	r.OnEvent(func(e Event) { all = append(all, e) })
	url := newQueue(t, r.s, "in", nil)
	r.cfg.Faults.Throttle, r.cfg.Faults.AnswerLost = 0.1, 0.05
	f := r.Function(FunctionConfig{Name: "f"}, func(s *Session) Handler {
		return func(ctx context.Context, e events.SQSEvent) (events.SQSEventResponse, error) {
			other := *r
			other.s = s
			_, err := other.fleet(true, 3, nil, "m5a.large", "m6i.large", "r5.large")
			return events.SQSEventResponse{}, err
		}
	})
	r.MapQueue(url, f, 1)
	for range 20 {
		_, _ = r.s.SQS().SendMessage(bg, &sqs.SendMessageInput{QueueUrl: aws.String(url), MessageBody: aws.String("go")})
		r.pass(5 * time.Minute)
	}
	return all
}

// onlyAfterSetup leaves out the faults that would break the setup's own calls.
func (cfg Config) onlyAfterSetup() Config {
	cfg.Faults.Throttle, cfg.Faults.AnswerLost = 0, 0
	return cfg
}

func TestTheSameSeedGivesTheSameTranscript(t *testing.T) {
	t.Parallel()
	a, b, other := transcript(t, 7), transcript(t, 7), transcript(t, 8)
	if !reflect.DeepEqual(a, b) {
		for n := range min(len(a), len(b)) {
			if a[n] != b[n] {
				t.Fatalf("event %d differs:\n%+v\n%+v", n, a[n], b[n])
			}
		}
		t.Fatalf("%d and %d events", len(a), len(b))
	}
	if reflect.DeepEqual(a, other) {
		t.Error("another seed gives the same transcript")
	}
	kinds := map[Kind]int{}
	for _, e := range a {
		kinds[e.Kind]++
	}
	for _, k := range []Kind{Launched, Running, AppUp, Notice, Terminated, LaunchFailed, Invoked, Returned} {
		if kinds[k] == 0 {
			t.Errorf("no event %s in a day with every fault: %v", k, kinds)
		}
	}
}
