package cloudsim

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"
)

// SNS is a session's SNS client.
type SNS struct{ s *Session }

type topic struct {
	arn  string
	subs []subscription
}

type subscription struct {
	arn    string
	queue  *queue
	raw    bool
	filter bodyFilter
}

// CreateTopic is idempotent by name; FIFO topics are not simulated.
func (s *SNS) CreateTopic(ctx context.Context, in *sns.CreateTopicInput, _ ...func(*sns.Options)) (*sns.CreateTopicOutput, error) {
	return call(ctx, s.s, request{svcSNS, "CreateTopic", true}, in, func(in *sns.CreateTopicInput) (*sns.CreateTopicOutput, error) {
		c, name := s.s.cloud, aws.ToString(in.Name)
		if name == "" || isFIFO(name) {
			return nil, &snstypes.InvalidParameterException{Message: aws.String("Invalid parameter: Topic Name (cloudsim has standard topics only)")}
		}
		arn := c.arn("sns", name)
		if c.topics[arn] == nil {
			c.topics[arn] = &topic{arn: arn}
		}
		return &sns.CreateTopicOutput{TopicArn: aws.String(arn)}, nil
	})
}

// Subscribe takes the protocol sqs, with the attributes RawMessageDelivery and FilterPolicy, the latter in the scope MessageBody and of keys at the top of
// the body; a FIFO queue can't subscribe.
func (s *SNS) Subscribe(ctx context.Context, in *sns.SubscribeInput, _ ...func(*sns.Options)) (*sns.SubscribeOutput, error) {
	return call(ctx, s.s, request{svcSNS, "Subscribe", true}, in, func(in *sns.SubscribeInput) (*sns.SubscribeOutput, error) {
		c := s.s.cloud
		t, err := c.mustTopic(aws.ToString(in.TopicArn))
		if err != nil {
			return nil, err
		}
		q := c.queueByURL(aws.ToString(in.Endpoint))
		if aws.ToString(in.Protocol) != "sqs" || q == nil || q.fifo {
			return nil, &snstypes.InvalidParameterException{Message: aws.String("Invalid parameter: the endpoint must be the ARN of a standard SQS queue, protocol sqs")}
		}
		filter, err := newBodyFilter(in.Attributes)
		if err != nil {
			return nil, err
		}
		sub := subscription{arn: t.arn + ":" + c.uuid(), queue: q, raw: in.Attributes["RawMessageDelivery"] == "true", filter: filter}
		t.subs = append(t.subs, sub)
		return &sns.SubscribeOutput{SubscriptionArn: aws.String(sub.arn)}, nil
	})
}

// Publish delivers to every subscribed queue after Timing.BusDelay, at least once and in no promised order.
func (s *SNS) Publish(ctx context.Context, in *sns.PublishInput, _ ...func(*sns.Options)) (*sns.PublishOutput, error) {
	return call(ctx, s.s, request{svcSNS, "Publish", true}, in, func(in *sns.PublishInput) (*sns.PublishOutput, error) {
		arn := aws.ToString(in.TopicArn)
		if arn == "" {
			arn = aws.ToString(in.TargetArn)
		}
		attrs := map[string]string{}
		for k, v := range in.MessageAttributes {
			attrs[k] = aws.ToString(v.StringValue)
		}
		id, err := s.s.cloud.publish(arn, aws.ToString(in.Message), aws.ToString(in.Subject), attrs)
		if err != nil {
			return nil, err
		}
		return &sns.PublishOutput{MessageId: aws.String(id)}, nil
	})
}

func (c *Cloud) mustTopic(arn string) (*topic, error) {
	if t := c.topics[arn]; t != nil {
		return t, nil
	}
	return nil, &snstypes.NotFoundException{Message: aws.String("Topic does not exist: " + arn)}
}

func (c *Cloud) publish(arn, body, subject string, attrs map[string]string) (id string, err error) {
	t, err := c.mustTopic(arn)
	if err != nil {
		return "", err
	}
	switch {
	case body == "":
		return "", &snstypes.InvalidParameterException{Message: aws.String("Invalid parameter: Empty message")}
	case len(body) > maxMessage:
		return "", &snstypes.InvalidParameterException{Message: aws.String("Invalid parameter: Message too long")}
	case len(subject) >= 100:
		return "", &snstypes.InvalidParameterException{Message: aws.String("Invalid parameter: Subject")}
	}
	id = c.uuid()
	for _, sub := range t.subs {
		if !sub.filter.passes(body) {
			continue
		}
		out := body
		if !sub.raw {
			out = c.envelope(t, sub, id, body, subject, attrs)
		}
		copies := 1
		if c.chance(c.cfg.Faults.Duplicate) {
			copies = 2
		}
		for range copies {
			delay := c.cfg.Timing.BusDelay
			if c.chance(c.cfg.Faults.Reorder) {
				delay += c.between(0, 30*time.Second)
			}
			c.at(delay, "deliver to "+sub.queue.name, func() { c.enqueue(sub.queue, out, "", "", sub.queue.delay, nil) })
		}
	}
	return id, nil
}

// envelope is the JSON that SNS wraps around a message for SQS.
func (c *Cloud) envelope(t *topic, sub subscription, id, body, subject string, attrs map[string]string) string {
	type attribute struct{ Type, Value string }
	e := struct {
		Type              string
		MessageId         string
		TopicArn          string
		Subject           string `json:",omitempty"`
		Message           string
		Timestamp         string
		SignatureVersion  string
		Signature         string
		SigningCertURL    string
		UnsubscribeURL    string
		MessageAttributes map[string]attribute `json:",omitempty"`
	}{Type: "Notification", MessageId: id, TopicArn: t.arn, Subject: subject, Message: body,
		Timestamp: c.clock().UTC().Format("2006-01-02T15:04:05.000Z"), SignatureVersion: "1", Signature: "c2ltdWxhdGVk",
		SigningCertURL:    "https://sns." + c.cfg.Region + ".amazonaws.com/SimpleNotificationService-0000000000000000000000.pem",
		UnsubscribeURL:    "https://sns." + c.cfg.Region + ".amazonaws.com/?Action=Unsubscribe&SubscriptionArn=" + sub.arn,
		MessageAttributes: map[string]attribute{}}
	for k, v := range attrs {
		e.MessageAttributes[k] = attribute{"String", v}
	}
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(e); err != nil {
		panic("cloudsim: SNS envelope: " + err.Error())
	}
	return strings.TrimSpace(b.String())
}
