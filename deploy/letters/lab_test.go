package letters

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"autospotting/coordinator/handle"
	"autospotting/pkg/cloudsim"
	"autospotting/pkg/message"
)

const (
	reports = "arn:aws:sns:us-east-1:123456789012:reports"
	events  = "arn:aws:sns:us-east-1:123456789012:events"
	live    = "i-0aaaaaaaaaaaaaaa1" // in group web
	dead    = "i-0aaaaaaaaaaaaaaa2"
	loose   = "i-0aaaaaaaaaaaaaaa3" // runs, and is nobody's
)

// lab is an installation's queues in the simulated cloud, where the messages have failed already.
type lab struct {
	t     *testing.T
	cloud *cloudsim.Cloud
	sqs   *cloudsim.SQS
	inbox Queue
	work  Queue
	said  []string
	refused
}

// refused are calls that fail, by name.
type refused struct {
	SQS
	fails map[string]int // how often yet
	after func(name string)
}

func (r *refused) call(name string) error {
	if r.fails[name] > 0 {
		r.fails[name]--
		return errors.New(name + " is down")
	}
	return nil
}

func (r *refused) SendMessage(ctx context.Context, in *sqs.SendMessageInput, o ...func(*sqs.Options)) (*sqs.SendMessageOutput, error) {
	if err := r.call("SendMessage"); err != nil {
		return nil, err
	}
	out, err := r.SQS.SendMessage(ctx, in, o...)
	r.then("SendMessage")
	return out, err
}

func (r *refused) ReceiveMessage(ctx context.Context, in *sqs.ReceiveMessageInput, o ...func(*sqs.Options)) (*sqs.ReceiveMessageOutput, error) {
	if r.after != nil {
		defer func() {
			if ctx.Err() != nil {
				panic("a look was cut off, and what it hid is known to nobody")
			}
		}()
	}
	out, err := r.SQS.ReceiveMessage(ctx, in, o...)
	r.then("ReceiveMessage")
	return out, err
}

func (r *refused) DeleteMessage(ctx context.Context, in *sqs.DeleteMessageInput, o ...func(*sqs.Options)) (*sqs.DeleteMessageOutput, error) {
	if err := errors.Join(r.call("DeleteMessage"), ctx.Err()); err != nil {
		return nil, err
	}
	return r.SQS.DeleteMessage(ctx, in, o...)
}

func (r *refused) ChangeMessageVisibility(ctx context.Context, in *sqs.ChangeMessageVisibilityInput, o ...func(*sqs.Options)) (*sqs.ChangeMessageVisibilityOutput, error) {
	if err := errors.Join(r.call("ChangeMessageVisibility"), ctx.Err()); err != nil {
		return nil, err
	}
	return r.SQS.ChangeMessageVisibility(ctx, in, o...)
}

func (r *refused) then(name string) {
	if r.after != nil {
		r.after(name)
	}
}

// fleet knows one group with one instance.
type fleet struct{ err error }

func (f fleet) GroupsOf(_ context.Context, ids []string) (map[string]string, error) {
	return map[string]string{live: "web", dead: "web"}, f.err
}

func (f fleet) Live(context.Context, []string) (map[string]bool, error) {
	return map[string]bool{live: true, loose: true}, nil
}

func newLab(t *testing.T) *lab {
	t.Helper()
	l := &lab{t: t, cloud: cloudsim.New(cloudsim.Config{})}
	l.sqs = l.cloud.NewSession("test").SQS()
	l.refused = refused{SQS: l.sqs, fails: map[string]int{}}
	l.inbox, l.work = l.pair("inbox", ""), l.pair("work", ".fifo")
	return l
}

func (l *lab) pair(name, suffix string) Queue {
	l.t.Helper()
	make := func(name string, attributes map[string]string) string {
		if suffix != "" {
			attributes["FifoQueue"] = "true"
		}
		out, err := l.sqs.CreateQueue(l.t.Context(), &sqs.CreateQueueInput{QueueName: aws.String(name + suffix), Attributes: attributes})
		if err != nil {
			l.t.Fatal(err)
		}
		return *out.QueueUrl
	}
	dead := make(name+"-dead-letters", map[string]string{})
	arn, err := l.sqs.GetQueueAttributes(l.t.Context(), &sqs.GetQueueAttributesInput{QueueUrl: &dead, AttributeNames: []types.QueueAttributeName{"QueueArn"}})
	if err != nil {
		l.t.Fatal(err)
	}
	source := make(name, map[string]string{"VisibilityTimeout": "1", "RedrivePolicy": fmt.Sprintf(`{"deadLetterTargetArn":%q,"maxReceiveCount":1}`, arn.Attributes["QueueArn"])})
	return Queue{Dead: dead, Source: source, Work: suffix != ""}
}

// fail puts messages into the source queue and has each fail, so that SQS itself moves them.
func (l *lab) fail(q Queue, group string, bodies ...string) {
	l.t.Helper()
	for i, body := range bodies {
		in := &sqs.SendMessageInput{QueueUrl: &q.Source, MessageBody: &body}
		if q.Work {
			in.MessageGroupId, in.MessageDeduplicationId = &group, aws.String(fmt.Sprintf("%s-%d-%d", group, i, len(l.cloud.Messages(q.Dead))))
		}
		if _, err := l.sqs.SendMessage(l.t.Context(), in); err != nil {
			l.t.Fatal(err)
		}
		for range 2 {
			if _, err := l.sqs.ReceiveMessage(l.t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &q.Source}); err != nil {
				l.t.Fatal(err)
			}
			l.cloud.RunUntil(l.cloud.Now().Add(2 * time.Second))
		}
	}
	if n := len(l.cloud.Messages(q.Source)); n > 0 {
		l.t.Fatalf("%d messages did not fail", n)
	}
}

func (l *lab) reader(redrive bool) Reader {
	return Reader{SQS: &l.refused, Instances: fleet{}, Topics: handle.Topics{Reports: reports, Events: events}, Now: l.cloud.Now, Redrive: redrive,
		Tell: func(f string, a ...any) { l.said = append(l.said, fmt.Sprintf(f, a...)) }}
}

// visible is how many messages a reader would be given.
func (l *lab) visible(q Queue) string {
	l.t.Helper()
	out, err := l.sqs.GetQueueAttributes(l.t.Context(), &sqs.GetQueueAttributesInput{QueueUrl: &q.Dead, AttributeNames: []types.QueueAttributeName{"All"}})
	if err != nil {
		l.t.Fatal(err)
	}
	return out.Attributes["ApproximateNumberOfMessages"]
}

func enveloped(topic, text string) string {
	b, _ := json.Marshal(map[string]string{"Type": "Notification", "TopicArn": topic, "Message": text})
	return string(b)
}

func (l *lab) report(kind message.Kind, instance string, deadline time.Duration) string {
	l.t.Helper()
	var end time.Time
	if deadline != 0 {
		end = l.cloud.Now().Add(deadline).Truncate(time.Second)
	}
	r := message.New(kind, message.Source{Instance: instance}, l.cloud.Now(), end)
	if kind == message.Terminating {
		r.Action = message.ActionTerminate
	}
	b, err := r.Encode()
	if err != nil {
		l.t.Fatal(err)
	}
	return enveloped(reports, string(b))
}

func (l *lab) event(id, detailType, detail string, ago time.Duration) string {
	return fmt.Sprintf(`{"version":"0","id":%q,"detail-type":%q,"source":"aws.ec2","time":%q,"detail":%s}`, id, detailType, l.cloud.Now().Add(-ago).UTC().Format(time.RFC3339), detail)
}

const warning = "EC2 Spot Instance Interruption Warning"

func interrupted(instance string) string {
	return fmt.Sprintf(`{"instance-id":%q,"instance-action":"terminate"}`, instance)
}
