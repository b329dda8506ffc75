package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"autospotting/pkg/cli"
	"autospotting/pkg/message"
)

func report(t *testing.T, instance string) string {
	t.Helper()
	b, err := message.New(message.Ready, message.Source{Account: "123456789012", Region: "us-east-1", Zone: "us-east-1a", Instance: instance, Type: "m5.large",
		Lifecycle: "spot", Group: "web"}, time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC), time.Time{}).Encode()
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// changed is an event of AWS's about an instance.
func changed(instance string) string {
	return `{"id":"e1","detail-type":"EC2 Instance State-change Notification","source":"aws.ec2","detail":{"instance-id":"` + instance + `","state":"running"}}`
}

// text is a JSON string that holds JSON.
func text(t *testing.T, body string) string {
	t.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestOnceOnTheSimulatedCloud(t *testing.T) {
	bare(t, "")
	code, out, errs := call(t, changed("i-0123456789abcdef0"), "once", "--sim")
	if code != cli.Done || !strings.Contains(out, "not ours") || !strings.Contains(out, "i-0123456789abcdef0") {
		t.Errorf("a stranger's event: exit %d, %q, %q", code, out, errs)
	}
	code, out, errs = call(t, report(t, "i-0123456789abcdef0"), "once", "--sim")
	if code != cli.Done || !strings.Contains(out, "no signed identity") || !strings.Contains(out, "dropped") {
		t.Errorf("an unsigned report: exit %d, %q, %q", code, out, errs)
	}
	code, out, errs = call(t, `{"id":"t1","detail-type":"Scheduled Event","source":"aws.events","detail":{}}`, "once", "--sim")
	if code != cli.Done || !strings.Contains(out, "launch spot") {
		t.Errorf("a tick: exit %d, %q, %q", code, out, errs)
	}
}

func TestOnceUnwrapsWhatPeopleHave(t *testing.T) {
	bare(t, "")
	event := changed("i-0123456789abcdef0")
	sns := `{"Type":"Notification","MessageId":"n1","TopicArn":"arn:aws:sns:us-east-1:123456789012:events","Message":` + text(t, event) + `}`
	for name, content := range map[string]string{
		"the event itself":                       event,
		"an SNS envelope":                        sns,
		"an SNS envelope cut out of something":   `{"Message":` + text(t, event) + `}`,
		"what aws sqs receive-message prints":    `{"Messages":[{"MessageId":"m1","ReceiptHandle":"r","MD5OfBody":"d","Body":` + text(t, sns) + `}]}`,
		"a Lambda event of SQS":                  `{"Records":[{"messageId":"m1","eventSource":"aws:sqs","eventSourceARN":"arn:aws:sqs:us-east-1:123456789012:inbox","body":` + text(t, sns) + `}]}`,
		"a Lambda event of SNS":                  `{"Records":[{"EventSource":"aws:sns","Sns":` + sns + `}]}`,
		"a Lambda event of SNS, raw in its body": `{"Records":[{"messageId":"m1","body":` + text(t, event) + `}]}`,
		"the lines of an archive":                strings.Replace(event, `"id":"e1"`, `"id":"e0","replay-name":"again"`, 1) + "\n" + event + "\n",
		"lines of receive-message":               `{"Messages":[{"Body":` + text(t, sns) + `}]}` + "\n" + `{"Messages":[{"Body":` + text(t, event) + `}]}`,
	} {
		code, out, errs := call(t, content, "once", "--sim")
		if code != cli.Done || !strings.Contains(out, "e1 (EC2 Instance State-change Notification): instance i-0123456789abcdef0") {
			t.Errorf("%s: exit %d, %q, %q", name, code, out, errs)
		}
	}
}

// Without --sim the coordinator's command does it, for real.
func TestOnceWithoutSimDoesNothing(t *testing.T) {
	bare(t, "")
	if code, out, errs := call(t, changed("i-0123456789abcdef0"), "once"); code != cli.Bad || out != "" || !strings.Contains(errs, "--sim is needed: coordinator once") {
		t.Errorf("exit %d, %q, %q", code, out, errs)
	}
}
