package main

import (
	"encoding/json"
	"strings"
	"testing"

	"autospotting/pkg/cli"
)

// text is a JSON string that holds JSON.
func text(t *testing.T, body string) string {
	t.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestOnceNamesWhatItDoesNotUnwrap(t *testing.T) {
	alone(t)
	notice := `{"version":"0","id":"e1","detail-type":"EC2 Spot Instance Interruption Warning","source":"aws.ec2","detail":{"instance-id":"i-0123456789abcdef0","instance-action":"terminate"}}`
	newer := `{"version":99}`
	for _, c := range []struct{ name, content, says string }{
		{"a newer report", newer, "got 99, can read 1"},
		{"a newer report in a Lambda event of SNS", `{"Records":[{"Sns":{"Message":` + text(t, newer) + `}}]}`, "Records[0]): unknown message version: field version: got 99"},
		{"a newer report in a Lambda event of SQS", `{"Records":[{"body":` + text(t, newer) + `}]}`, "Records[0]): unknown message version"},
		{"a newer report in what receive-message prints", `{"Messages":[{"Body":` + text(t, newer) + `}]}`, "Messages[0]): unknown message version"},
		{"a newer report in an SNS envelope in a queue", `{"Messages":[{"Body":` + text(t, `{"TopicArn":"arn:x","Message":`+text(t, newer)+`}`) + `}]}`, "unknown message version"},
		{"a newer report on the second line", notice + "\n" + newer, "line 2): unknown message version"},
		{"a newer report wrapped otherwise", `{"data":{"kind":"x","payload":` + text(t, `{"version":2,"kind":"ready"}`) + `}}`, "a report of version 2 at data.payload"},
		{"a newer report in a list of something", `{"data":[1,{"payload":` + text(t, `{"version":2,"kind":"ready"}`) + `}]}`, "a report of version 2 at data[1].payload"},
		{"a notice in a log event", `{"events":[{"timestamp":1,"message":` + text(t, notice) + `}]}`, "an event EC2 Spot Instance Interruption Warning at events[0].message"},
		{"a notice in another event", `{"id":"o1","detail-type":"Something Else","detail":{"original":` + notice + `}}`, "event o1 (Something Else) holds an event EC2 Spot"},
		{"the detail of a notice alone", `{"instance-id":"i-0123456789abcdef0","instance-action":"terminate"}`, "the detail of an interruption"},
		{"an envelope in an envelope", `{"TopicArn":"arn:x","Message":` + text(t, `{"TopicArn":"arn:y","Message":`+text(t, notice)+`}`) + `}`, "an event EC2 Spot"},
		{"a Lambda event of S3", `{"Records":[{"eventSource":"aws:s3","s3":{}}]}`, `Records[0] is neither of SQS (body) nor of SNS (Sns), but of "aws:s3"`},
		{"a Lambda event without records", `{"Records":[]}`, "Records is empty"},
		{"receive-message that received nothing", `{"Messages":[]}`, "Messages is empty"},
		{"a message without a body", `{"Messages":[{"MessageId":"x"}]}`, "Messages[0] has no Body"},
		{"a subscription that waits", `{"Type":"SubscriptionConfirmation","TopicArn":"arn:x","Message":"You have chosen to subscribe"}`, "SubscriptionConfirmation"},
		{"a broken second line", notice + "\n{\"a\":", "line 2"},
		{"two queues in one file", `{"Records":[{"eventSourceARN":"a.fifo","body":"{}"}]}` + "\n" + notice, "another queue"},
	} {
		code, out, errs := call(t, c.content, "once")
		if code == cli.Done || out != "" || !strings.Contains(errs, c.says) {
			t.Errorf("%s: exit %d, stdout %q, stderr %q: want a failure that says %q", c.name, code, out, errs, c.says)
		}
	}
}
