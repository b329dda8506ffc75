package handle

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// SQSAPI is what Queues needs of SQS.
type SQSAPI interface {
	SendMessage(context.Context, *sqs.SendMessageInput, ...func(*sqs.Options)) (*sqs.SendMessageOutput, error)
}

var _ SQSAPI = (*sqs.Client)(nil)

// SQS sends to the two queues.
type SQS struct {
	API               SQSAPI
	InboxURL, WorkURL string
}

var _ Queues = SQS{}

// Later sends to the inbox: a FIFO queue has no delay of single messages.
func (q SQS) Later(ctx context.Context, body []byte, delay time.Duration) error {
	seconds := int32((delay + time.Second - 1) / time.Second)
	_, err := q.API.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: &q.InboxURL, MessageBody: aws.String(string(body)), DelaySeconds: seconds})
	if err != nil {
		return fmt.Errorf("send to the inbox %s: %w", q.InboxURL, err)
	}
	return nil
}

// Work sends to the work queue; the message group is the Auto Scaling group.
func (q SQS) Work(ctx context.Context, group, key string, body []byte) error {
	_, err := q.API.SendMessage(ctx, &sqs.SendMessageInput{
		QueueUrl: &q.WorkURL, MessageBody: aws.String(string(body)),
		MessageGroupId: aws.String(messageGroup(group)), MessageDeduplicationId: &key,
	})
	if err != nil {
		return fmt.Errorf("send to the work queue %s: %w", q.WorkURL, err)
	}
	return nil
}

// messageGroup fits a group's name into a message group id: 128 characters of ASCII letters, digits and punctuation, while a
// group's name may have 255 of any kind. Two names that meet share a lane, and nothing else.
func messageGroup(group string) string {
	b := []byte(group)
	for i, c := range b {
		if c <= ' ' || c > '~' {
			b[i] = '_'
		}
	}
	return string(b[:min(len(b), 128)])
}
