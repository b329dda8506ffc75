package cloudsim

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"
)

// SQS is a session's SQS client.
type SQS struct{ s *Session }

// maxMessage is SNS's and SQS's limit of a body.
const maxMessage = 256 * 1024

func (c *Cloud) mustQueue(url *string) (*queue, error) {
	if q := c.queueByURL(aws.ToString(url)); q != nil {
		return q, nil
	}
	return nil, &sqstypes.QueueDoesNotExist{Message: aws.String("The specified queue does not exist: " + aws.ToString(url))}
}

// CreateQueue makes a queue, or answers the one of that name. Attributes: VisibilityTimeout, DelaySeconds, FifoQueue,
// ContentBasedDeduplication, RedrivePolicy.
func (s *SQS) CreateQueue(ctx context.Context, in *sqs.CreateQueueInput, _ ...func(*sqs.Options)) (*sqs.CreateQueueOutput, error) {
	return call(ctx, s.s, request{svcSQS, "CreateQueue", true}, in, func(in *sqs.CreateQueueInput) (*sqs.CreateQueueOutput, error) {
		c, name := s.s.cloud, aws.ToString(in.QueueName)
		url := "https://sqs." + c.cfg.Region + ".amazonaws.com/" + c.cfg.Account + "/" + name
		if q := c.queueByURL(url); q != nil {
			return &sqs.CreateQueueOutput{QueueUrl: aws.String(url)}, nil
		}
		q := &queue{name: name, url: url, arn: c.arn("sqs", name), fifo: isFIFO(name), visibility: 30 * time.Second, dedup: map[string]dedupEntry{}}
		if (in.Attributes["FifoQueue"] == "true") != q.fifo {
			return nil, apiError("InvalidParameterValue", "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix, and FifoQueue must be true")
		}
		if err := c.queueAttributes(q, in.Attributes); err != nil {
			return nil, err
		}
		c.queues = append(c.queues, q)
		return &sqs.CreateQueueOutput{QueueUrl: aws.String(url)}, nil
	})
}

func (c *Cloud) queueAttributes(q *queue, attrs map[string]string) error {
	q.byBody = attrs["ContentBasedDeduplication"] == "true"
	for key, to := range map[string]*time.Duration{"VisibilityTimeout": &q.visibility, "DelaySeconds": &q.delay} {
		if v := attrs[key]; v != "" {
			n, err := strconv.Atoi(v)
			if err != nil || n < 0 {
				return apiError("InvalidAttributeValue", "Invalid value for the parameter %s.", key)
			}
			*to = time.Duration(n) * time.Second
		}
	}
	if v := attrs["RedrivePolicy"]; v != "" {
		var p struct {
			Target string      `json:"deadLetterTargetArn"`
			Max    json.Number `json:"maxReceiveCount"`
		}
		if err := json.Unmarshal([]byte(v), &p); err != nil {
			return apiError("InvalidParameterValue", "Value %s for parameter RedrivePolicy is invalid. Reason: %v", v, err)
		}
		n, _ := strconv.Atoi(p.Max.String())
		dead := c.queueByURL(p.Target)
		if dead == nil || dead.fifo != q.fifo || n < 1 {
			return apiError("InvalidParameterValue", "Value %s for parameter RedrivePolicy is invalid. Reason: the dead-letter queue must exist and be of the same type.", v)
		}
		q.dead, q.maxReceive = dead, n
	}
	return nil
}

// GetQueueUrl finds a queue by name.
func (s *SQS) GetQueueUrl(ctx context.Context, in *sqs.GetQueueUrlInput, _ ...func(*sqs.Options)) (*sqs.GetQueueUrlOutput, error) {
	return call(ctx, s.s, request{svcSQS, "GetQueueUrl", false}, in, func(in *sqs.GetQueueUrlInput) (*sqs.GetQueueUrlOutput, error) {
		for _, q := range s.s.cloud.queues {
			if q.name == aws.ToString(in.QueueName) {
				return &sqs.GetQueueUrlOutput{QueueUrl: aws.String(q.url)}, nil
			}
		}
		return nil, &sqstypes.QueueDoesNotExist{Message: aws.String("The specified queue does not exist: " + aws.ToString(in.QueueName))}
	})
}

// GetQueueAttributes answers the ARN, the counts, VisibilityTimeout and the like, whichever are asked for.
func (s *SQS) GetQueueAttributes(ctx context.Context, in *sqs.GetQueueAttributesInput, _ ...func(*sqs.Options)) (*sqs.GetQueueAttributesOutput, error) {
	return call(ctx, s.s, request{svcSQS, "GetQueueAttributes", false}, in, func(in *sqs.GetQueueAttributesInput) (*sqs.GetQueueAttributesOutput, error) {
		c := s.s.cloud
		q, err := c.mustQueue(in.QueueUrl)
		if err != nil {
			return nil, err
		}
		var visible, flying, delayed int
		for _, m := range q.messages {
			switch now := c.clock(); {
			case m.inFlight(now):
				flying++
			case m.visible.After(now):
				delayed++
			default:
				visible++
			}
		}
		all := map[string]string{"QueueArn": q.arn, "VisibilityTimeout": fmt.Sprint(int(q.visibility.Seconds())), "DelaySeconds": fmt.Sprint(int(q.delay.Seconds())),
			"ApproximateNumberOfMessages": fmt.Sprint(visible), "ApproximateNumberOfMessagesNotVisible": fmt.Sprint(flying), "ApproximateNumberOfMessagesDelayed": fmt.Sprint(delayed)}
		out := &sqs.GetQueueAttributesOutput{Attributes: map[string]string{}}
		for k, v := range all {
			if slices.Contains(in.AttributeNames, sqstypes.QueueAttributeNameAll) || slices.Contains(in.AttributeNames, sqstypes.QueueAttributeName(k)) {
				out.Attributes[k] = v
			}
		}
		return out, nil
	})
}

// SendMessage takes a delay of at most 900 s, and none per message on a FIFO queue (aws-facts 5).
func (s *SQS) SendMessage(ctx context.Context, in *sqs.SendMessageInput, _ ...func(*sqs.Options)) (*sqs.SendMessageOutput, error) {
	return call(ctx, s.s, request{svcSQS, "SendMessage", true}, in, func(in *sqs.SendMessageInput) (*sqs.SendMessageOutput, error) {
		c := s.s.cloud
		q, err := c.mustQueue(in.QueueUrl)
		if err != nil {
			return nil, err
		}
		body, group, dedup := aws.ToString(in.MessageBody), aws.ToString(in.MessageGroupId), aws.ToString(in.MessageDeduplicationId)
		if err := checkSend(q, in, body, group, dedup); err != nil {
			return nil, err
		}
		if q.fifo && dedup == "" {
			dedup = sha256Hex(body)
		}
		delay := q.delay
		if in.DelaySeconds > 0 {
			delay = time.Duration(in.DelaySeconds) * time.Second
		}
		attrs := map[string]string{}
		for k, v := range in.MessageAttributes {
			attrs[k] = aws.ToString(v.StringValue)
		}
		m := c.enqueue(q, body, group, dedup, delay, attrs)
		return &sqs.SendMessageOutput{MessageId: aws.String(m.id), MD5OfMessageBody: aws.String(md5Hex(body))}, nil
	})
}

func checkSend(q *queue, in *sqs.SendMessageInput, body, group, dedup string) error {
	switch {
	case body == "":
		return apiError("MissingParameter", "The request must contain the parameter MessageBody.")
	case len(body) > maxMessage:
		return apiError("InvalidParameterValue", "One or more parameters are invalid. Reason: Message must be shorter than 262144 bytes.")
	case in.DelaySeconds < 0 || in.DelaySeconds > 900:
		return apiError("InvalidParameterValue", "Value %d for parameter DelaySeconds is invalid. Reason: must be >= 0 and <= 900.", in.DelaySeconds)
	case q.fifo && in.DelaySeconds != 0:
		return apiError("InvalidParameterValue", "Value %d for parameter DelaySeconds is invalid. Reason: The request include parameter that is not valid for this queue type.", in.DelaySeconds)
	case q.fifo && group == "":
		return apiError("MissingParameter", "The request must contain the parameter MessageGroupId.")
	case q.fifo && dedup == "" && !q.byBody:
		return apiError("InvalidParameterValue", "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly")
	case !q.fifo && dedup != "":
		return apiError("InvalidParameterValue", "Value %s for parameter MessageDeduplicationId is invalid. Reason: The request includes a parameter that is not valid for this queue type.", dedup)
	}
	return nil
}

// ReceiveMessage takes up to 10 messages. A long poll waits in simulated time in a process or in real time; elsewhere
// in virtual mode, where nobody would move the clock, it answers at once.
func (s *SQS) ReceiveMessage(ctx context.Context, in *sqs.ReceiveMessageInput, _ ...func(*sqs.Options)) (*sqs.ReceiveMessageOutput, error) {
	deadline := s.s.cloud.Now().Add(time.Duration(in.WaitTimeSeconds) * time.Second)
	var q *queue
	receive := func(in *sqs.ReceiveMessageInput) (out *sqs.ReceiveMessageOutput, err error) {
		if q, err = s.s.cloud.mustQueue(in.QueueUrl); err != nil {
			return nil, err
		}
		return s.s.cloud.receive(q, in)
	}
	out, err := call(ctx, s.s, request{svcSQS, "ReceiveMessage", false}, in, receive)
	for err == nil && len(out.Messages) == 0 && s.s.await(ctx, q, deadline) {
		s.s.cloud.mu.Lock()
		out, err = s.s.cloud.receive(q, in)
		s.s.cloud.unlock()
	}
	if err == nil && ctx.Err() != nil && len(out.Messages) == 0 {
		return nil, &smithy.OperationError{ServiceID: svcSQS, OperationName: "ReceiveMessage", Err: &smithy.CanceledError{Err: ctx.Err()}}
	}
	return out, err
}

func (c *Cloud) receive(q *queue, in *sqs.ReceiveMessageInput) (*sqs.ReceiveMessageOutput, error) {
	n, visibility := int(in.MaxNumberOfMessages), q.visibility
	if n == 0 {
		n = 1
	}
	if n < 0 || n > 10 {
		return nil, apiError("InvalidParameterValue", "Value %d for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided.", n)
	}
	if in.VisibilityTimeout > 0 {
		visibility = time.Duration(in.VisibilityTimeout) * time.Second
	}
	out := &sqs.ReceiveMessageOutput{}
	for _, m := range c.dequeue(q, n, visibility) {
		x := sqstypes.Message{MessageId: aws.String(m.id), Body: aws.String(m.body), ReceiptHandle: aws.String(m.receipt),
			MD5OfBody: aws.String(md5Hex(m.body)), Attributes: map[string]string{}}
		sys := m.system()
		for _, k := range sortedKeys(sys) {
			if slices.Contains(in.MessageSystemAttributeNames, sqstypes.MessageSystemAttributeNameAll) || slices.Contains(in.AttributeNames, sqstypes.QueueAttributeNameAll) ||
				slices.Contains(in.MessageSystemAttributeNames, sqstypes.MessageSystemAttributeName(k)) || slices.Contains(in.AttributeNames, sqstypes.QueueAttributeName(k)) {
				x.Attributes[k] = sys[k]
			}
		}
		out.Messages = append(out.Messages, x)
	}
	return out, nil
}

// await waits for the queue until the deadline and reports whether another look is worth it.
func (s *Session) await(ctx context.Context, q *queue, deadline time.Time) bool {
	c := s.cloud
	c.mu.Lock()
	left, realtime := deadline.Sub(c.clock()), c.realtimeOn
	if left <= 0 || ctx.Err() != nil || (s.co == nil && !realtime) {
		c.mu.Unlock()
		return false
	}
	if s.co != nil {
		q.waiters = append(q.waiters, s.co)
	}
	c.mu.Unlock()
	if s.co != nil {
		s.pause(left)
		return true
	}
	// Real time: look five times a simulated second, but no more than 500 times a real one.
	wait := time.NewTimer(max(s.cloud.wallDuration(200*time.Millisecond), 2*time.Millisecond))
	defer wait.Stop()
	select {
	case <-ctx.Done():
	case <-wait.C:
	}
	return !s.dead.Load()
}

// DeleteMessage is idempotent; an outdated receipt deletes nothing.
func (s *SQS) DeleteMessage(ctx context.Context, in *sqs.DeleteMessageInput, _ ...func(*sqs.Options)) (*sqs.DeleteMessageOutput, error) {
	return call(ctx, s.s, request{svcSQS, "DeleteMessage", true}, in, func(in *sqs.DeleteMessageInput) (*sqs.DeleteMessageOutput, error) {
		q, err := s.s.cloud.mustQueue(in.QueueUrl)
		if err != nil {
			return nil, err
		}
		s.s.cloud.drop(q, aws.ToString(in.ReceiptHandle))
		return &sqs.DeleteMessageOutput{}, nil
	})
}

// ChangeMessageVisibility sets when a held message comes back, 0 to 43200 s from now.
func (s *SQS) ChangeMessageVisibility(ctx context.Context, in *sqs.ChangeMessageVisibilityInput, _ ...func(*sqs.Options)) (*sqs.ChangeMessageVisibilityOutput, error) {
	return call(ctx, s.s, request{svcSQS, "ChangeMessageVisibility", true}, in, func(in *sqs.ChangeMessageVisibilityInput) (*sqs.ChangeMessageVisibilityOutput, error) {
		c := s.s.cloud
		q, err := c.mustQueue(in.QueueUrl)
		if err != nil {
			return nil, err
		}
		if in.VisibilityTimeout < 0 || in.VisibilityTimeout > 43200 {
			return nil, apiError("InvalidParameterValue", "Value %d for parameter VisibilityTimeout is invalid. Reason: Must be between 0 and 43200.", in.VisibilityTimeout)
		}
		for _, m := range q.messages {
			if m.receipt == aws.ToString(in.ReceiptHandle) && m.inFlight(c.clock()) {
				d := time.Duration(in.VisibilityTimeout) * time.Second
				m.visible = c.clock().Add(d)
				c.visibleIn(q, d)
				return &sqs.ChangeMessageVisibilityOutput{}, nil
			}
		}
		return nil, &sqstypes.MessageNotInflight{Message: aws.String("Value for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available for visibility timeout change.")}
	})
}
