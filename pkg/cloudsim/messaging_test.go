package cloudsim

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	ddb "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

func TestPublishedMessagesArriveRawOrInSNSsEnvelope(t *testing.T) {
	t.Parallel()
	c := New(Config{})
	s := c.NewSession("setup")
	raw, wrapped := newQueue(t, s, "raw", nil), newQueue(t, s, "wrapped", nil)
	topic, err := s.SNS().CreateTopic(bg, &sns.CreateTopicInput{Name: aws.String("reports")})
	must(t, err)
	for name, attrs := range map[string]map[string]string{"raw": {"RawMessageDelivery": "true"}, "wrapped": nil} {
		_, err := s.SNS().Subscribe(bg, &sns.SubscribeInput{TopicArn: topic.TopicArn, Protocol: aws.String("sqs"), Endpoint: aws.String(c.arn("sqs", name)), Attributes: attrs})
		must(t, err)
	}
	_, err = s.SNS().Publish(bg, &sns.PublishInput{TopicArn: topic.TopicArn, Message: aws.String(`{"a":"<&>"}`)})
	must(t, err)
	c.RunUntil(c.Now().Add(time.Second))
	if got := c.Messages(raw); len(got) != 1 || got[0] != `{"a":"<&>"}` {
		t.Errorf("raw: %v", got)
	}
	if got := c.Messages(wrapped); len(got) != 1 || !strings.Contains(got[0], `"Message":"{\"a\":\"<&>\"}"`) || !strings.Contains(got[0], `"TopicArn":"`+*topic.TopicArn+`"`) {
		t.Errorf("wrapped: %v", got)
	}
}

func TestConditionsGuardWrites(t *testing.T) {
	t.Parallel()
	num := func(n string) ddb.AttributeValue { return &ddb.AttributeValueMemberN{Value: n} }
	it := map[string]ddb.AttributeValue{"v": num("3"), "s": &ddb.AttributeValueMemberS{Value: "x"}}
	vals := map[string]ddb.AttributeValue{":three": num("3.0"), ":four": num("4"), ":x": &ddb.AttributeValueMemberS{Value: "x"}}
	for expr, want := range map[string]bool{
		"attribute_not_exists(v)": false, "attribute_exists(v)": true, "#v = :three": true, "v = :four": false,
		"attribute_not_exists(v) OR v = :three": true, "v = :three AND s = :x": true, "v < :four AND NOT s = :x": false,
		"(v = :four OR s=:x) AND v<>:four": true, "nothere = :x": false, "v = :x": false,
	} {
		got, err := evalCondition(expr, map[string]string{"#v": "v"}, vals, it)
		if err != nil || got != want {
			t.Errorf("%s: %t, %v; want %t", expr, got, err, want)
		}
	}
	for _, expr := range []string{"v = ", "v = :nope", "#nope = :x", "v ~ :x", "(v = :three", "v = :three v"} {
		if _, err := evalCondition(expr, nil, vals, it); err == nil {
			t.Errorf("%s: no error", expr)
		}
	}
	c := New(Config{})
	s := c.NewSession("test")
	newTable(t, s)
	put := &dynamodb.PutItemInput{TableName: aws.String("t"), ConditionExpression: aws.String("attribute_not_exists(id)"),
		Item: map[string]ddb.AttributeValue{"id": &ddb.AttributeValueMemberS{Value: "k"}, "n": num("1")}}
	_, err := s.DynamoDB().PutItem(bg, put)
	must(t, err)
	_, err = s.DynamoDB().PutItem(bg, put)
	var failed *ddb.ConditionalCheckFailedException
	if !errors.As(err, &failed) {
		t.Errorf("the second conditional put gave %v", err)
	}
}

// A FIFO group stays locked as long as any of its messages is in flight, even behind one that came back early.
func TestAFIFOGroupWaitsForEveryMessageInFlight(t *testing.T) {
	t.Parallel()
	c := New(Config{})
	s := c.NewSession("test")
	url := newQueue(t, s, "work.fifo", nil)
	send(t, s, url, "1", "a", "1")
	send(t, s, url, "2", "a", "2")
	receive := func() []sqstypes.Message {
		out, err := s.SQS().ReceiveMessage(bg, &sqs.ReceiveMessageInput{QueueUrl: aws.String(url), MaxNumberOfMessages: 2})
		must(t, err)
		return out.Messages
	}
	both := receive()
	if len(both) != 2 {
		t.Fatalf("%d messages, want both of the group", len(both))
	}
	_, err := s.SQS().ChangeMessageVisibility(bg, &sqs.ChangeMessageVisibilityInput{QueueUrl: aws.String(url), ReceiptHandle: both[0].ReceiptHandle, VisibilityTimeout: 0})
	must(t, err)
	if again := receive(); len(again) != 0 {
		t.Errorf("message %s was given out while the other is in flight", *again[0].Body)
	}
	_, err = s.SQS().DeleteMessage(bg, &sqs.DeleteMessageInput{QueueUrl: aws.String(url), ReceiptHandle: both[1].ReceiptHandle})
	must(t, err)
	if again := receive(); len(again) != 1 || *again[0].Body != "1" {
		t.Errorf("after the other is done: %v, want message 1", again)
	}
}

// SNS developer guide, "Payload-based message filtering": one of a key's conditions has to hold, and what is no JSON object or lacks a key is not delivered.
func TestASubscriptionsFilterLooksAtTheBody(t *testing.T) {
	t.Parallel()
	c := New(Config{})
	s := c.NewSession("s")
	topic, err := s.SNS().CreateTopic(bg, &sns.CreateTopicInput{Name: aws.String("t")})
	must(t, err)
	policies := map[string]string{"some": `{"kind":["hello","ready"]}`, "others": `{"kind":[{"anything-but":["hello","ready"]}]}`, "but-one": `{"kind":[{"anything-but":"hello"}]}`}
	subscribe := func(name, policy, scope string) error {
		_, err := s.SNS().Subscribe(bg, &sns.SubscribeInput{TopicArn: topic.TopicArn, Protocol: aws.String("sqs"), Endpoint: aws.String(c.arn("sqs", name)),
			Attributes: map[string]string{"RawMessageDelivery": "true", "FilterPolicy": policy, "FilterPolicyScope": scope}})
		return err
	}
	urls := map[string]string{}
	for name, policy := range policies {
		q, err := s.SQS().CreateQueue(bg, &sqs.CreateQueueInput{QueueName: &name})
		must(t, err)
		urls[name] = *q.QueueUrl
		must(t, subscribe(name, policy, "MessageBody"))
	}
	for policy, scope := range map[string]string{`{`: "MessageBody", `{"kind":[{"prefix":"a"}]}`: "MessageBody", `{"kind":["a"]}`: "MessageAttributes"} {
		if subscribe("some", policy, scope) == nil {
			t.Errorf("%s by %s is taken", policy, scope)
		}
	}
	for _, body := range []string{`{"kind":"hello"}`, `{"kind":"ready"}`, `{"kind":"terminating"}`, `{"kind":1}`, `{"other":"hello"}`, `hello`} {
		_, err := s.SNS().Publish(bg, &sns.PublishInput{TopicArn: topic.TopicArn, Message: &body})
		must(t, err)
	}
	c.RunUntil(c.Now().Add(time.Minute))
	for name, want := range map[string][]string{"some": {`{"kind":"hello"}`, `{"kind":"ready"}`}, "others": {`{"kind":"terminating"}`}, "but-one": {`{"kind":"ready"}`, `{"kind":"terminating"}`}} {
		out, err := s.SQS().ReceiveMessage(bg, &sqs.ReceiveMessageInput{QueueUrl: aws.String(urls[name]), MaxNumberOfMessages: 10})
		must(t, err)
		var got []string
		for _, m := range out.Messages {
			got = append(got, *m.Body)
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}
