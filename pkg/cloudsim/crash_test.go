package cloudsim

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

func TestACrashBeforeHasNoEffectAndACrashAfterHasItAndTheMessageComesBack(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		before bool
		want   string // the item while the first sandbox is dead
	}{{"before", true, "none"}, {"after", false, "1"}} {
		t.Run(tc.name, func(t *testing.T) {
			c := New(Config{})
			s := c.NewSession("setup")
			newTable(t, s)
			url := newQueue(t, s, "in", map[string]string{"VisibilityTimeout": "40"})
			once := func(call Call) Verdict {
				if call.Op == "PutItem" && call.Session == "f/1" {
					return Crash
				}
				return GoOn
			}
			if tc.before {
				c.OnCall(once, nil)
			} else {
				c.OnCall(nil, once)
			}
			var ran []string
			f := c.Function(FunctionConfig{Name: "f"}, func(s *Session) Handler {
				return func(ctx context.Context, e events.SQSEvent) (events.SQSEventResponse, error) {
					defer func() { ran = append(ran, s.Name()+" deferred") }()
					err := putCount(ctx, s, e.Records[0].Attributes["ApproximateReceiveCount"])
					ran = append(ran, s.Name()+" wrote")
					return events.SQSEventResponse{}, err
				}
			})
			send(t, s, url, "x", "", "")
			c.MapQueue(url, f, 1)
			c.RunUntil(c.Now().Add(30 * time.Second))
			if got := getCount(t, s); got != tc.want {
				t.Errorf("after the crash the item holds %s, want %s", got, tc.want)
			}
			c.RunUntil(c.Now().Add(30 * time.Second))
			if got := getCount(t, s); got != "2" {
				t.Errorf("after redelivery the item holds %s, want 2", got)
			}
			want := []string{"f/1 deferred", "f/2 wrote", "f/2 deferred"}
			if !reflect.DeepEqual(ran, want) {
				t.Errorf("ran %v, want %v", ran, want)
			}
		})
	}
}

func TestATimeoutKillsTheInvocation(t *testing.T) {
	t.Parallel()
	c := New(Config{})
	s := c.NewSession("setup")
	url := newQueue(t, s, "in", map[string]string{"VisibilityTimeout": "40"})
	calls, ends := 0, 0
	f := c.Function(FunctionConfig{Name: "f", Timeout: 5 * time.Second}, func(s *Session) Handler {
		return func(ctx context.Context, e events.SQSEvent) (events.SQSEventResponse, error) {
			defer func() { ends++ }()
			if d, ok := ctx.Deadline(); !ok || d.Sub(c.Now()) > 5*time.Second {
				t.Errorf("deadline %v is not the simulated one", d)
			}
			for {
				calls++
				_ = touch(ctx, s)
			}
		}
	})
	send(t, s, url, "x", "", "")
	c.MapQueue(url, f, 1)
	c.RunUntil(c.Now().Add(30 * time.Second))
	if ends != 1 || calls < 100 || calls > 200 {
		t.Errorf("%d calls of 30 ms in 5 s, ended %d times", calls, ends)
	}
}

func TestADeadSessionNeverActsAgainAndGuardTellsIt(t *testing.T) {
	t.Parallel()
	c := New(Config{})
	s := c.NewSession("setup")
	newTable(t, s)
	victim := c.NewSession("victim")
	c.OnCall(func(call Call) Verdict {
		if call.Session == "victim" {
			return Crash
		}
		return GoOn
	}, nil)
	for range 2 {
		if !Guard(func() { _ = putCount(bg, victim, "1") }) {
			t.Fatal("the call of a crashed session returned")
		}
	}
	if got := getCount(t, s); got != "none" {
		t.Errorf("the crashed call had an effect: %s", got)
	}
	fail := errors.New("no route")
	c2 := New(Config{})
	c2.OnCall(nil, func(Call) Verdict { return Fail(fail) })
	if err := touch(bg, c2.NewSession("x")); !errors.Is(err, fail) {
		t.Errorf("Fail gave %v", err)
	}
}

func TestAProcessPollsInSimulatedTime(t *testing.T) {
	t.Parallel()
	c := New(Config{})
	s := c.NewSession("setup")
	url := newQueue(t, s, "in", nil)
	var got []string
	c.Process("serve", func(ctx context.Context, s *Session) {
		for ctx.Err() == nil {
			out, err := s.SQS().ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: aws.String(url), WaitTimeSeconds: 20})
			if err != nil {
				t.Error(err)
				return
			}
			for _, m := range out.Messages {
				got = append(got, fmt.Sprintf("%s@%s", *m.Body, c.Now().Sub(c.cfg.Start).Round(time.Second)))
				_, _ = s.SQS().DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: aws.String(url), ReceiptHandle: m.ReceiptHandle})
			}
		}
	}, nil)
	c.After(7*time.Second, "send", func() { send(t, s, url, "hi", "", "") })
	c.After(50*time.Second, "send", func() { send(t, s, url, "ho", "", "") })
	c.RunUntil(c.Now().Add(2 * time.Minute))
	c.Close()
	if want := []string{"hi@7s", "ho@50s"}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
