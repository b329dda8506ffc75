package cloudsim

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"
)

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
			if asksFor(in, k) {
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

// asksFor tells whether a receive asks for a system attribute, by its name of today or by the older one, which SQS still takes.
func asksFor(in *sqs.ReceiveMessageInput, name string) bool {
	//lint:ignore SA1019 SQS still takes it, and so does this.
	older := in.AttributeNames
	return slices.Contains(in.MessageSystemAttributeNames, sqstypes.MessageSystemAttributeNameAll) || slices.Contains(in.MessageSystemAttributeNames, sqstypes.MessageSystemAttributeName(name)) ||
		slices.Contains(older, sqstypes.QueueAttributeNameAll) || slices.Contains(older, sqstypes.QueueAttributeName(name))
}
