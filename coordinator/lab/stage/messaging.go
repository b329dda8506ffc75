package stage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"autospotting/coordinator/handle"
	"autospotting/pkg/cloudsim"
)

// ChangesWindow is for how long changes are collected.
const ChangesWindow = 5 * time.Second

// messaging makes the two topics and the three queues with the settings that the protocol asks for, and their dead-letter queues.
func (s *Stage) messaging(ctx context.Context) error {
	for _, t := range []struct {
		name string
		arn  *string
	}{{"autospotting-reports", &s.ReportsARN}, {"autospotting-events", &s.EventsARN}} {
		out, err := s.owner.SNS().CreateTopic(ctx, &sns.CreateTopicInput{Name: &t.name})
		if err != nil {
			return fmt.Errorf("create topic %s: %w", t.name, err)
		}
		*t.arn = aws.ToString(out.TopicArn)
	}
	letters, err := s.queue(ctx, "autospotting-inbox-dead-letters", nil)
	if err != nil {
		return err
	}
	workLetters, err := s.queue(ctx, "autospotting-work-dead-letters.fifo", map[string]string{"FifoQueue": "true"})
	if err != nil {
		return err
	}
	for _, q := range []struct {
		url        *string
		name, dead string
		attributes map[string]string
	}{
		{&s.InboxURL, "autospotting-inbox", letters, map[string]string{}}, {&s.ChangesURL, "autospotting-changes", letters, map[string]string{}},
		{&s.WorkURL, "autospotting-work.fifo", workLetters, map[string]string{"FifoQueue": "true"}},
	} {
		arn, err := s.arn(ctx, q.dead)
		if err != nil {
			return err
		}
		q.attributes["VisibilityTimeout"] = "40"
		q.attributes["RedrivePolicy"] = fmt.Sprintf(`{"deadLetterTargetArn":%q,"maxReceiveCount":"5"}`, arn)
		if *q.url, err = s.queue(ctx, q.name, q.attributes); err != nil {
			return err
		}
	}
	reports, events := lane{"kind", handle.SlowReports}, lane{"detail-type", handle.SlowEvents}
	return errors.Join(s.subscribe(ctx, s.ReportsARN, s.InboxURL, reports.others()), s.subscribe(ctx, s.ReportsARN, s.ChangesURL, reports.only()),
		s.subscribe(ctx, s.EventsARN, s.InboxURL, events.others()), s.subscribe(ctx, s.EventsARN, s.ChangesURL, events.only()))
}

func (s *Stage) queue(ctx context.Context, name string, attributes map[string]string) (url string, err error) {
	out, err := s.owner.SQS().CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: &name, Attributes: attributes})
	if err != nil {
		return "", fmt.Errorf("create queue %s: %w", name, err)
	}
	return aws.ToString(out.QueueUrl), nil
}

// lane is what a filter policy tells apart: by a key of the body, and the values of it that are slow.
type lane struct {
	key  string
	slow []string
}

func (l lane) only() map[string]any { return map[string]any{l.key: l.slow} }

func (l lane) others() map[string]any {
	return map[string]any{l.key: []any{map[string]any{"anything-but": l.slow}}}
}

func (s *Stage) subscribe(ctx context.Context, topic, url string, filter map[string]any) error {
	arn, err := s.arn(ctx, url)
	if err != nil {
		return err
	}
	policy, err := json.Marshal(filter)
	if err != nil {
		return err
	}
	if _, err := s.owner.SNS().Subscribe(ctx, &sns.SubscribeInput{TopicArn: &topic, Protocol: aws.String("sqs"), Endpoint: &arn,
		Attributes: map[string]string{"FilterPolicyScope": "MessageBody", "FilterPolicy": string(policy)}}); err != nil {
		return fmt.Errorf("subscribe %s to %s: %w", url, topic, err)
	}
	return nil
}

func (s *Stage) arn(ctx context.Context, url string) (string, error) {
	out, err := s.owner.SQS().GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: &url, AttributeNames: []sqstypes.QueueAttributeName{sqstypes.QueueAttributeNameQueueArn}})
	if err != nil {
		return "", fmt.Errorf("read the ARN of %s: %w", url, err)
	}
	return out.Attributes["QueueArn"], nil
}

// rules has EventBridge deliver what AWS says, as the stack's rules do: what is urgent straight into the inbox.
func (s *Stage) rules() error {
	inbox, err := s.arn(context.Background(), s.InboxURL)
	if err != nil {
		return err
	}
	s.Cloud.Rule(inbox, handle.UrgentEvents...)
	s.Cloud.Rule(s.EventsARN, slices.Concat(handle.SlowEvents, []string{"EC2 Instance-launch Lifecycle Action", "EC2 Instance-terminate Lifecycle Action"})...)
	return nil
}

// deploy starts the coordinator as the stack does: one function on each queue, with per-record failures.
func (s *Stage) deploy() {
	s.Route = s.Cloud.Function(cloudsim.FunctionConfig{Name: RouteFunction}, s.boot)
	s.Reconcile = s.Cloud.Function(cloudsim.FunctionConfig{Name: ReconcileFunction}, s.boot)
	s.Cloud.MapQueue(s.InboxURL, s.Route, 10)
	s.Cloud.Map(s.ChangesURL, s.Route, cloudsim.Mapping{Batch: 1000, Window: ChangesWindow, Most: 5})
	s.Cloud.Map(s.WorkURL, s.Reconcile, cloudsim.Mapping{Batch: 1, Most: 100})
}
