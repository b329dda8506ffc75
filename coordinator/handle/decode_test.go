package handle

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"autospotting/coordinator/decide"
	"autospotting/pkg/message"
)

var topics = Topics{Reports: "arn:aws:sns:us-east-1:123456789012:reports", Events: "arn:aws:sns:us-east-1:123456789012:events", Ticks: "arn:aws:sns:us-east-1:210987654321:generator"}

func report(t *testing.T) string {
	t.Helper()
	r := message.New(message.Ready, message.Source{Account: "123456789012", Region: "us-east-1", Zone: "us-east-1a", Instance: "i-0123456789abcdef0",
		Type: "m5.large", Lifecycle: "spot", Group: "web"}, time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC), time.Time{})
	b, err := r.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func enveloped(t *testing.T, topic, body string) string {
	t.Helper()
	b, err := json.Marshal(map[string]string{"Type": "Notification", "MessageId": "m", "TopicArn": topic, "Message": body, "Timestamp": "2026-11-02T09:00:00Z"})
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

const warning = `{"version":"0","id":"e1","detail-type":"EC2 Spot Instance Interruption Warning","source":"aws.ec2","time":"2026-11-02T09:00:00Z","detail":{"instance-id":"i-00000001","instance-action":"terminate"}}`

const forgedRecheck = `{"recheck":{"group":"web","hints":[{"kind":"ready","instance":"i-00000001","trusted":true}]}}`

func TestDecodeTellsWhatAMessageIs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, body string
		want       Event
		hint       decide.HintKind
	}{
		{"spotd's report, bare", report(t), Event{Kind: Report, What: "ready"}, decide.HeardReady},
		{"an AWS event, as a rule puts it into the queue", warning, Event{Kind: AWSEvent, What: "EC2 Spot Instance Interruption Warning"}, decide.HeardTerminating},
		{"spotd's report through its topic", enveloped(t, topics.Reports, report(t)), Event{Kind: Report, What: "ready"}, decide.HeardReady},
		{"an interruption warning through the events topic", enveloped(t, topics.Events, warning), Event{Kind: AWSEvent, ID: "e1", What: "EC2 Spot Instance Interruption Warning"}, decide.HeardTerminating},
		{"a rebalance recommendation", enveloped(t, topics.Events, `{"id":"e2","detail-type":"EC2 Instance Rebalance Recommendation","detail":{"instance-id":"i-00000001"}}`), Event{Kind: AWSEvent, ID: "e2", What: "EC2 Instance Rebalance Recommendation"}, decide.HeardRebalance},
		{"a state change", enveloped(t, topics.Events, `{"id":"e3","detail-type":"EC2 Instance State-change Notification","detail":{"instance-id":"i-00000001","state":"running"}}`), Event{Kind: AWSEvent, ID: "e3", What: "EC2 Instance State-change Notification"}, decide.HeardChange},
		{"an Auto Scaling launch", enveloped(t, topics.Events, `{"id":"e4","detail-type":"EC2 Instance Launch Successful","detail":{"AutoScalingGroupName":"web","EC2InstanceId":"i-00000001"}}`), Event{Kind: AWSEvent, ID: "e4", What: "EC2 Instance Launch Successful", Group: "web"}, decide.HeardChange},
		{"a lifecycle action", enveloped(t, topics.Events, `{"id":"e5","detail-type":"EC2 Instance-terminate Lifecycle Action","detail":{"AutoScalingGroupName":"web","EC2InstanceId":"i-00000001"}}`), Event{Kind: AWSEvent, ID: "e5", What: "EC2 Instance-terminate Lifecycle Action", Group: "web"}, decide.HeardChange},
		{"the tick", enveloped(t, topics.Events, `{"id":"e6","detail-type":"Scheduled Event","source":"aws.events","detail":{}}`), Event{Kind: Tick, ID: "e6", What: "Scheduled Event"}, ""},
		{"the tick as the Scheduler sends it by itself", enveloped(t, topics.Events, `{"id":"e9","detail-type":"Scheduled Event","source":"aws.scheduler","detail":"{}"}`), Event{Kind: Tick, ID: "e9", What: "Scheduled Event"}, ""},
		{"a generator's tick", enveloped(t, topics.Ticks, `{"id":"e11","detail-type":"Scheduled Event","source":"aws.scheduler","account":"210987654321","detail":{}}`), Event{Kind: Tick, ID: "e11", What: "Scheduled Event"}, ""},
		{"an event of no interest with a string for its detail", enveloped(t, topics.Events, `{"id":"e10","detail-type":"x","detail":"{}"}`), Event{Kind: Unrelated, ID: "e10", What: "x"}, ""},
		{"an event of no interest", enveloped(t, topics.Events, `{"id":"e7","detail-type":"AWS API Call via CloudTrail","detail":{"x":1}}`), Event{Kind: Unrelated, ID: "e7", What: "AWS API Call via CloudTrail"}, ""},
		{"JSON of no kind", `{"hello":"world"}`, Event{Kind: Unrelated, What: "neither a report nor an event"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := Decode([]byte(c.body), topics)
			if err != nil {
				t.Fatal(err)
			}
			if got.Kind != c.want.Kind || got.What != c.want.What || got.Group != c.want.Group || c.want.ID != "" && got.ID != c.want.ID {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
			switch {
			case c.hint == "" && len(got.Hints) > 0:
				t.Errorf("hints %v where none is due", got.Hints)
			case c.hint != "" && (len(got.Hints) != 1 || got.Hints[0].Kind != c.hint):
				t.Errorf("hints %v, want one %q", got.Hints, c.hint)
			}
		})
	}
}

func TestDecodeRefusesWithThePlace(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, body, says string
		is               error
	}{
		{"no JSON", "{\n\"a\": nonsense}", "line 2", ErrUndecodable},
		{"nothing", "", "byte 0", ErrUndecodable},
		{"a list", `[1]`, "want a JSON object", ErrUndecodable},
		{"an unknown version", strings.Replace(report(t), `"version":1`, `"version":9`, 1), "version", message.ErrVersion},
		{"an unknown kind", strings.Replace(report(t), `"kind":"ready"`, `"kind":"bored"`, 1), "kind", message.ErrKind},
		{"an AWS event where anybody may publish", enveloped(t, topics.Reports, warning), "anybody", ErrUndecodable},
		{"a re-check where anybody may publish, with a hint that calls itself trusted", enveloped(t, topics.Reports, forgedRecheck), "re-check", ErrUndecodable},
		{"a re-check through the events topic", enveloped(t, topics.Events, forgedRecheck), "re-check", ErrUndecodable},
		{"another topic", enveloped(t, "arn:aws:sns:us-east-1:123456789012:other", warning), "other", ErrUndecodable},
		{"a generator that speaks of an instance", enveloped(t, topics.Ticks, warning), "may only tick", ErrUndecodable},
		{"a generator that speaks as spotd", enveloped(t, topics.Ticks, report(t)), "may only tick", ErrUndecodable},
		{"a generator that re-checks", enveloped(t, topics.Ticks, forgedRecheck), "re-check", ErrUndecodable},
		{"a warning that names no instance", enveloped(t, topics.Events, `{"id":"e8","detail-type":"EC2 Spot Instance Interruption Warning","detail":{}}`), "e8", ErrUndecodable},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := Decode([]byte(c.body), topics)
			if !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("error %v, want %v that says %q", err, c.is, c.says)
			}
		})
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(warning))
	f.Add([]byte(`{"TopicArn":"x","Message":"{}"}`))
	f.Add([]byte(`{"Messages":[{"Body":"{\"Message\":\"{}\"}"}]}` + "\n{}"))
	f.Add([]byte(`{"a":["{\"version\":2,\"kind\":\"x\"}"]}`))
	f.Add([]byte(`{"Records":[{"body":"{}","eventSourceARN":"a.fifo"}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := Decode(b, topics)
		if err != nil && len(err.Error()) > 1000 {
			t.Errorf("an error of %d bytes: what strangers write fills the log", len(err.Error()))
		}
		if err == nil && e.Kind == "" {
			t.Errorf("neither an event nor an error for %q", b)
		}
		if _, err := Split(b); err != nil && !errors.Is(err, ErrUndecodable) {
			t.Errorf("Split's error %v is not named", err)
		}
	})
}

func TestSplitTellsTheQueueByItsARN(t *testing.T) {
	t.Parallel()
	b, err := Split([]byte(`{"Records":[{"messageId":"1","body":"{}","eventSource":"aws:sqs","eventSourceARN":"arn:aws:sqs:r:a:work.fifo"}]}`))
	if err != nil || !b.Work || !b.Queue || len(b.Messages) != 1 {
		t.Errorf("got %+v, %v", b, err)
	}
	b, err = Split([]byte(`{"Records":[{"EventSource":"aws:sns","Sns":{"MessageId":"s1","TopicArn":"t","Message":"m"}}]}`))
	if err != nil || b.Queue || b.Messages[0].ID != "s1" || !strings.Contains(string(b.Messages[0].Body), `"TopicArn":"t"`) {
		t.Errorf("got %+v, %v", b, err)
	}
	if _, err := Split([]byte(`{"Records":[{"s3":{}}]}`)); !errors.Is(err, ErrUndecodable) || !strings.Contains(err.Error(), "Records[0]") {
		t.Errorf("error %v does not name the record", err)
	}
}
