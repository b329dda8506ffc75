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
