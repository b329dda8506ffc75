package cloudsim

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	ddb "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

func newQueue(t testing.TB, s *Session, name string, attrs map[string]string) string {
	t.Helper()
	if attrs == nil {
		attrs = map[string]string{}
	}
	if isFIFO(name) {
		attrs["FifoQueue"] = "true"
	}
	out, err := s.SQS().CreateQueue(bg, &sqs.CreateQueueInput{QueueName: aws.String(name), Attributes: attrs})
	must(t, err)
	return *out.QueueUrl
}

func send(t *testing.T, s *Session, url, body, group, dedup string) {
	t.Helper()
	in := &sqs.SendMessageInput{QueueUrl: aws.String(url), MessageBody: aws.String(body)}
	if group != "" {
		in.MessageGroupId, in.MessageDeduplicationId = aws.String(group), aws.String(dedup)
	}
	_, err := s.SQS().SendMessage(bg, in)
	must(t, err)
}

func touch(ctx context.Context, s *Session) error {
	_, err := s.SQS().GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: aws.String("in")})
	return err
}

func bodies(e events.SQSEvent) string {
	var all []string
	for _, r := range e.Records {
		all = append(all, r.Body)
	}
	return strings.Join(all, ",")
}

func TestInvocationsInterleaveAtCallsAndTimePasses(t *testing.T) {
	t.Parallel()
	c := New(Config{Latency: 100 * time.Millisecond})
	s := c.NewSession("setup")
	url := newQueue(t, s, "in", nil)
	var trace []string
	f := c.Function(FunctionConfig{Name: "f", ColdStart: -1}, func(s *Session) Handler {
		return func(ctx context.Context, e events.SQSEvent) (events.SQSEventResponse, error) {
			start := c.Now()
			for n := range 3 {
				trace = append(trace, fmt.Sprint(s.Name(), " ", n))
				if err := touch(ctx, s); err != nil {
					t.Error(err)
				}
			}
			if took := c.Now().Sub(start); took != 300*time.Millisecond {
				t.Errorf("three calls of 100 ms took %s", took)
			}
			return events.SQSEventResponse{}, nil
		}
	})
	send(t, s, url, "a", "", "")
	send(t, s, url, "b", "", "")
	c.MapQueue(url, f, 1)
	c.RunUntil(c.Now().Add(time.Minute))
	want := []string{"f/1 0", "f/2 0", "f/1 1", "f/2 1", "f/1 2", "f/2 2"}
	if !reflect.DeepEqual(trace, want) {
		t.Errorf("trace %v, want %v", trace, want)
	}
	if left := c.Messages(url); len(left) != 0 {
		t.Errorf("messages left after success: %v", left)
	}
}

func TestSandboxesAreReusedOneAfterTheOther(t *testing.T) {
	t.Parallel()
	c := New(Config{})
	s := c.NewSession("setup")
	url := newQueue(t, s, "in", nil)
	boots := 0
	f := c.Function(FunctionConfig{Name: "f"}, func(s *Session) Handler {
		boots++
		return func(ctx context.Context, e events.SQSEvent) (events.SQSEventResponse, error) {
			return events.SQSEventResponse{}, touch(ctx, s)
		}
	})
	c.MapQueue(url, f, 10)
	for range 3 {
		send(t, s, url, "x", "", "")
		c.RunUntil(c.Now().Add(time.Minute))
	}
	if boots != 1 {
		t.Errorf("booted %d times for three calls in a row, want once", boots)
	}
}

// aws-facts 5: what is listed as failed returns after the visibility timeout, the rest is deleted.
func TestOnlyFailedRecordsComeBackAndThenGoToTheDeadLetterQueue(t *testing.T) {
	t.Parallel()
	c := New(Config{})
	s := c.NewSession("setup")
	dead := newQueue(t, s, "dead", nil)
	url := newQueue(t, s, "in", map[string]string{"VisibilityTimeout": "40",
		"RedrivePolicy": `{"deadLetterTargetArn":"` + c.arn("sqs", "dead") + `","maxReceiveCount":"3"}`})
	var seen []string
	f := c.Function(FunctionConfig{Name: "f"}, func(*Session) Handler {
		return func(ctx context.Context, e events.SQSEvent) (resp events.SQSEventResponse, err error) {
			seen = append(seen, fmt.Sprintf("%s@%d", bodies(e), int(c.Now().Sub(c.cfg.Start).Seconds())))
			for _, r := range e.Records {
				if r.Body == "bad" {
					resp.BatchItemFailures = append(resp.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: r.MessageId})
				}
			}
			return resp, nil
		}
	})
	send(t, s, url, "good", "", "")
	send(t, s, url, "bad", "", "")
	c.MapQueue(url, f, 10)
	c.RunUntil(c.Now().Add(10 * time.Minute))
	if want := []string{"good,bad@0", "bad@40", "bad@80"}; !reflect.DeepEqual(seen, want) {
		t.Errorf("seen %v, want %v", seen, want)
	}
	if got := c.Messages(dead); len(got) != 1 || got[0] != "bad" {
		t.Errorf("dead letters %v", got)
	}
}

// SQS developer guide, "Using dead-letter queues": the time at which a message was sent is that of the original in a standard queue, and
// begins anew in a FIFO queue.
func TestADeadLetterOfAFIFOQueueIsSentAnew(t *testing.T) {
	t.Parallel()
	for suffix, want := range map[string]time.Duration{"": 0, ".fifo": 41 * time.Second} {
		c := New(Config{})
		s := c.NewSession("setup")
		dead := newQueue(t, s, "dead"+suffix, nil)
		url := newQueue(t, s, "in"+suffix, map[string]string{"VisibilityTimeout": "40", "RedrivePolicy": `{"deadLetterTargetArn":"` + c.arn("sqs", "dead"+suffix) + `","maxReceiveCount":"1"}`})
		group := strings.TrimPrefix(suffix, ".")
		send(t, s, url, "bad", group, group)
		for range 2 {
			_, err := s.SQS().ReceiveMessage(bg, &sqs.ReceiveMessageInput{QueueUrl: &url})
			must(t, err)
			c.RunUntil(c.Now().Add(41 * time.Second))
		}
		out, err := s.SQS().ReceiveMessage(bg, &sqs.ReceiveMessageInput{QueueUrl: &dead, MessageSystemAttributeNames: []sqstypes.MessageSystemAttributeName{"All"}})
		must(t, err)
		if got := out.Messages[0].Attributes["SentTimestamp"]; got != fmt.Sprint(c.cfg.Start.Add(want).UnixMilli()) {
			t.Errorf("in a queue in%s it was sent at %s", suffix, got)
		}
	}
}

// aws-facts 5: groups of a FIFO queue go in parallel, one group one batch at a time.
func TestFIFOGroupsAreLockedWhileTheirBatchIsInFlight(t *testing.T) {
	t.Parallel()
	c := New(Config{Latency: time.Second})
	s := c.NewSession("setup")
	newQueue(t, s, "in", nil)
	url := newQueue(t, s, "work.fifo", nil)
	active, most, order := map[string]int{}, 0, ""
	f := c.Function(FunctionConfig{Name: "f"}, func(s *Session) Handler {
		return func(ctx context.Context, e events.SQSEvent) (events.SQSEventResponse, error) {
			g := e.Records[0].Attributes["MessageGroupId"]
			active[g]++
			most = max(most, len(active))
			if active[g] > 1 {
				t.Errorf("group %s runs twice at once", g)
			}
			order += e.Records[0].Body + " "
			err := touch(ctx, s)
			if active[g]--; active[g] == 0 {
				delete(active, g)
			}
			return events.SQSEventResponse{}, err
		}
	})
	for n, g := range []string{"a", "a", "b", "a"} {
		send(t, s, url, fmt.Sprint(g, n), g, fmt.Sprint(n))
	}
	send(t, s, url, "again", "a", "0") // the same deduplication id within 5 minutes
	c.MapQueue(url, f, 1)
	c.RunUntil(c.Now().Add(time.Minute))
	if order != "a0 b2 a1 a3 " || most != 2 {
		t.Errorf("order %q with %d groups at once", order, most)
	}
	_, err := s.SQS().SendMessage(bg, &sqs.SendMessageInput{QueueUrl: aws.String(url), MessageBody: aws.String("x"), MessageGroupId: aws.String("a"), MessageDeduplicationId: aws.String("9"), DelaySeconds: 5})
	wantCode(t, err, "InvalidParameterValue", "DelaySeconds")
}

func putCount(ctx context.Context, s *Session, n string) error {
	_, err := s.DynamoDB().PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String("t"),
		Item: map[string]ddb.AttributeValue{"id": &ddb.AttributeValueMemberS{Value: "k"}, "n": &ddb.AttributeValueMemberN{Value: n}}})
	return err
}

func newTable(t *testing.T, s *Session) {
	t.Helper()
	_, err := s.DynamoDB().CreateTable(bg, &dynamodb.CreateTableInput{TableName: aws.String("t"),
		KeySchema: []ddb.KeySchemaElement{{AttributeName: aws.String("id"), KeyType: ddb.KeyTypeHash}}})
	must(t, err)
}

func getCount(t *testing.T, s *Session) string {
	t.Helper()
	out, err := s.DynamoDB().GetItem(bg, &dynamodb.GetItemInput{TableName: aws.String("t"), ConsistentRead: aws.Bool(true),
		Key: map[string]ddb.AttributeValue{"id": &ddb.AttributeValueMemberS{Value: "k"}}})
	must(t, err)
	if n, ok := out.Item["n"].(*ddb.AttributeValueMemberN); ok {
		return n.Value
	}
	return "none"
}

// Lambda developer guide, "Batching behavior": with a window messages are collected from the first on.
func TestABatchingWindowCollects(t *testing.T) {
	t.Parallel()
	c := New(Config{})
	s := c.NewSession("setup")
	url := newQueue(t, s, "in", nil)
	var seen []string
	f := c.Function(FunctionConfig{Name: "f", ColdStart: -1}, func(*Session) Handler {
		return func(_ context.Context, e events.SQSEvent) (events.SQSEventResponse, error) {
			seen = append(seen, fmt.Sprintf("%s@%d", bodies(e), int(c.Now().Sub(c.cfg.Start).Seconds())))
			return events.SQSEventResponse{}, nil
		}
	})
	c.Map(url, f, Mapping{Batch: 100, Window: 5 * time.Second})
	for n := range 3 {
		c.RunUntil(c.cfg.Start.Add(time.Duration(10+2*n) * time.Second))
		send(t, s, url, fmt.Sprint(n), "", "")
	}
	c.RunUntil(c.cfg.Start.Add(time.Minute))
	if want := []string{"0,1,2@15"}; !slices.Equal(seen, want) {
		t.Errorf("seen %q, want %q", seen, want)
	}
}
