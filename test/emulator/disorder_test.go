package emulator

import (
	"context"
	"slices"
	"testing"

	"autospotting/pkg/message"
)

// SNS and SQS deliver at least once and in any order (aws-facts 5).
func TestRepeatedAndReorderedMessagesChangeNothing(t *testing.T) {
	t.Parallel()
	for _, one := range []struct {
		name  string
		speak func(*account) func(context.Context, instance) error
	}{
		{"every report five times", func(a *account) func(context.Context, instance) error {
			return func(ctx context.Context, i instance) error {
				return a.say(ctx, i, slices.Repeat([]message.Kind{message.Ready}, 5)...)
			}
		}},
		{"ready before started before hello, and all of it again", func(a *account) func(context.Context, instance) error {
			return func(ctx context.Context, i instance) error {
				return a.say(ctx, i, message.Ready, message.Started, message.Hello, message.Hello, message.Started, message.Ready)
			}
		}},
		{"ticks and changes between all reports", func(a *account) func(context.Context, instance) error {
			return func(ctx context.Context, i instance) error {
				noise := a.eventBody("EC2 Instance State-change Notification", "aws.ec2", map[string]string{"instance-id": i.id, "state": "pending"})
				tick := a.eventBody("Scheduled Event", "aws.events", nil)
				for _, body := range [][]byte{noise, tick, noise, tick} {
					if err := a.publish(ctx, a.events, body); err != nil {
						return err
					}
				}
				return a.say(ctx, i, message.Hello, message.Ready)
			}
		}},
	} {
		t.Run(one.name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t)
			want := size{1, 2, 2}
			a.newGroup("web", want, "a")
			a.tick()
			a.tick()
			a.serve(lab.coordinator)
			a.guests(one.speak(a))
			victim := a.settles("web", want).spot[0]
			a.interrupt(victim)
			a.interrupt(victim)
			a.replaced("web", victim, want)
			if n := a.count("ec2.CreateFleet"); n != 3 {
				t.Errorf("%d launches for two swaps and one interruption", n)
			}
		})
	}
}

// say publishes a signed report of each kind, in that order.
func (a *account) say(ctx context.Context, i instance, kinds ...message.Kind) error {
	for _, k := range kinds {
		body, err := a.report(k, i)
		if err != nil {
			return err
		}
		if err := a.publish(ctx, a.reports, body); err != nil {
			return err
		}
	}
	return nil
}

// The reports topic proves nothing: whoever may publish there could name any instance.
func TestAReportIsBelievedOnlyIfItsSignatureVerifies(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	want := size{1, 1, 2}
	a.newGroup("web", want, "a")
	forged := make(chan instance, 1)
	a.guests(func(ctx context.Context, i instance) error {
		body, err := a.unsigned(message.Ready, i)
		if err != nil {
			return err
		}
		forged <- i
		return a.publish(ctx, a.reports, body)
	})
	a.serve(lab.coordinator)
	a.tick()
	i := <-forged
	// What follows on the same queue is handled; the forgery before it has changed nothing.
	heard := a.count("sqs.ReceiveMessage")
	a.tick()
	a.until("web", func(l look) string {
		switch {
		case a.count("sqs.ReceiveMessage") < heard+3:
			return "the messages were not all taken"
		case len(l.loose) != 1 || l.group.Desired != 1:
			return "a replacement was attached on an unsigned word"
		}
		return ""
	})
	if err := a.ready(t.Context(), i); err != nil {
		t.Fatal(err)
	}
	a.settles("web", want)
}

// unsigned is a report with the identity of the test's choice and no signature.
func (a *account) unsigned(kind message.Kind, i instance) ([]byte, error) {
	body, err := a.report(kind, i)
	if err != nil {
		return nil, err
	}
	r, err := message.Decode(body)
	if err != nil {
		return nil, err
	}
	r.Identity = message.Identity{}
	return r.Encode()
}
