package letters

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/handle"
	"autospotting/pkg/cloudsim"
	"autospotting/pkg/message"
)

const (
	reports = "arn:aws:sns:us-east-1:123456789012:reports"
	events  = "arn:aws:sns:us-east-1:123456789012:events"
	live    = "i-0aaaaaaaaaaaaaaa1" // in group web
	dead    = "i-0aaaaaaaaaaaaaaa2"
	loose   = "i-0aaaaaaaaaaaaaaa3" // runs, and is nobody's
)

// lab is an installation's queues in the simulated cloud, where the messages have failed already.
type lab struct {
	t     *testing.T
	cloud *cloudsim.Cloud
	sqs   *cloudsim.SQS
	inbox Queue
	work  Queue
	said  []string
	refused
}

// refused are calls that fail, by name.
type refused struct {
	SQS
	fails map[string]int // how often yet
	after func(name string)
}

func (r *refused) call(name string) error {
	if r.fails[name] > 0 {
		r.fails[name]--
		return errors.New(name + " is down")
	}
	return nil
}

func (r *refused) SendMessage(ctx context.Context, in *sqs.SendMessageInput, o ...func(*sqs.Options)) (*sqs.SendMessageOutput, error) {
	if err := r.call("SendMessage"); err != nil {
		return nil, err
	}
	out, err := r.SQS.SendMessage(ctx, in, o...)
	r.then("SendMessage")
	return out, err
}

func (r *refused) ReceiveMessage(ctx context.Context, in *sqs.ReceiveMessageInput, o ...func(*sqs.Options)) (*sqs.ReceiveMessageOutput, error) {
	if r.after != nil {
		defer func() {
			if ctx.Err() != nil {
				panic("a look was cut off, and what it hid is known to nobody")
			}
		}()
	}
	out, err := r.SQS.ReceiveMessage(ctx, in, o...)
	r.then("ReceiveMessage")
	return out, err
}

func (r *refused) DeleteMessage(ctx context.Context, in *sqs.DeleteMessageInput, o ...func(*sqs.Options)) (*sqs.DeleteMessageOutput, error) {
	if err := errors.Join(r.call("DeleteMessage"), ctx.Err()); err != nil {
		return nil, err
	}
	return r.SQS.DeleteMessage(ctx, in, o...)
}

func (r *refused) ChangeMessageVisibility(ctx context.Context, in *sqs.ChangeMessageVisibilityInput, o ...func(*sqs.Options)) (*sqs.ChangeMessageVisibilityOutput, error) {
	if err := errors.Join(r.call("ChangeMessageVisibility"), ctx.Err()); err != nil {
		return nil, err
	}
	return r.SQS.ChangeMessageVisibility(ctx, in, o...)
}

func (r *refused) then(name string) {
	if r.after != nil {
		r.after(name)
	}
}

// fleet knows one group with one instance.
type fleet struct{ err error }

func (f fleet) GroupsOf(_ context.Context, ids []string) (map[string]string, error) {
	return map[string]string{live: "web", dead: "web"}, f.err
}

func (f fleet) Live(context.Context, []string) (map[string]bool, error) {
	return map[string]bool{live: true, loose: true}, nil
}

func newLab(t *testing.T) *lab {
	t.Helper()
	l := &lab{t: t, cloud: cloudsim.New(cloudsim.Config{})}
	l.sqs = l.cloud.NewSession("test").SQS()
	l.refused = refused{SQS: l.sqs, fails: map[string]int{}}
	l.inbox, l.work = l.pair("inbox", ""), l.pair("work", ".fifo")
	return l
}

func (l *lab) pair(name, suffix string) Queue {
	l.t.Helper()
	make := func(name string, attributes map[string]string) string {
		if suffix != "" {
			attributes["FifoQueue"] = "true"
		}
		out, err := l.sqs.CreateQueue(l.t.Context(), &sqs.CreateQueueInput{QueueName: aws.String(name + suffix), Attributes: attributes})
		if err != nil {
			l.t.Fatal(err)
		}
		return *out.QueueUrl
	}
	dead := make(name+"-dead-letters", map[string]string{})
	arn, err := l.sqs.GetQueueAttributes(l.t.Context(), &sqs.GetQueueAttributesInput{QueueUrl: &dead, AttributeNames: []types.QueueAttributeName{"QueueArn"}})
	if err != nil {
		l.t.Fatal(err)
	}
	source := make(name, map[string]string{"VisibilityTimeout": "1", "RedrivePolicy": fmt.Sprintf(`{"deadLetterTargetArn":%q,"maxReceiveCount":1}`, arn.Attributes["QueueArn"])})
	return Queue{Dead: dead, Source: source, Work: suffix != ""}
}

// fail puts messages into the source queue and has each fail, so that SQS itself moves them.
func (l *lab) fail(q Queue, group string, bodies ...string) {
	l.t.Helper()
	for i, body := range bodies {
		in := &sqs.SendMessageInput{QueueUrl: &q.Source, MessageBody: &body}
		if q.Work {
			in.MessageGroupId, in.MessageDeduplicationId = &group, aws.String(fmt.Sprintf("%s-%d-%d", group, i, len(l.cloud.Messages(q.Dead))))
		}
		if _, err := l.sqs.SendMessage(l.t.Context(), in); err != nil {
			l.t.Fatal(err)
		}
		for range 2 {
			if _, err := l.sqs.ReceiveMessage(l.t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &q.Source}); err != nil {
				l.t.Fatal(err)
			}
			l.cloud.RunUntil(l.cloud.Now().Add(2 * time.Second))
		}
	}
	if n := len(l.cloud.Messages(q.Source)); n > 0 {
		l.t.Fatalf("%d messages did not fail", n)
	}
}

func (l *lab) reader(redrive bool) Reader {
	return Reader{SQS: &l.refused, Instances: fleet{}, Topics: handle.Topics{Reports: reports, Events: events}, Now: l.cloud.Now, Redrive: redrive,
		Tell: func(f string, a ...any) { l.said = append(l.said, fmt.Sprintf(f, a...)) }}
}

// visible is how many messages a reader would be given.
func (l *lab) visible(q Queue) string {
	l.t.Helper()
	out, err := l.sqs.GetQueueAttributes(l.t.Context(), &sqs.GetQueueAttributesInput{QueueUrl: &q.Dead, AttributeNames: []types.QueueAttributeName{"All"}})
	if err != nil {
		l.t.Fatal(err)
	}
	return out.Attributes["ApproximateNumberOfMessages"]
}

func enveloped(topic, text string) string {
	b, _ := json.Marshal(map[string]string{"Type": "Notification", "TopicArn": topic, "Message": text})
	return string(b)
}

func (l *lab) report(kind message.Kind, instance string, deadline time.Duration) string {
	l.t.Helper()
	var end time.Time
	if deadline != 0 {
		end = l.cloud.Now().Add(deadline).Truncate(time.Second)
	}
	r := message.New(kind, message.Source{Instance: instance}, l.cloud.Now(), end)
	if kind == message.Terminating {
		r.Action = message.ActionTerminate
	}
	b, err := r.Encode()
	if err != nil {
		l.t.Fatal(err)
	}
	return enveloped(reports, string(b))
}

func (l *lab) event(id, detailType, detail string, ago time.Duration) string {
	return fmt.Sprintf(`{"version":"0","id":%q,"detail-type":%q,"source":"aws.ec2","time":%q,"detail":%s}`, id, detailType, l.cloud.Now().Add(-ago).UTC().Format(time.RFC3339), detail)
}

const warning = "EC2 Spot Instance Interruption Warning"

func interrupted(instance string) string {
	return fmt.Sprintf(`{"instance-id":%q,"instance-action":"terminate"}`, instance)
}

func TestADeadLetterSaysWhatItIsAndWhetherItIsStillTrue(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, kind, group, action string
		body                      func(*lab) string
	}{
		{"a ready of a live member", "ready", "web", Redrive, func(l *lab) string { return l.report(message.Ready, live, 0) }},
		{"a ready of a dead instance", "ready", "web", "stale: instance " + dead, func(l *lab) string { return l.report(message.Ready, dead, 0) }},
		{"a hello of an instance that is nobody's", "hello", Unknown, "stale: instance " + loose + " is in no group", func(l *lab) string { return l.report(message.Hello, loose, 0) }},
		{"a notice before its end", "terminating", "web", Redrive, func(l *lab) string { return l.report(message.Terminating, live, 90*time.Second) }},
		{"a notice past its end", "terminating", "web", "stale: the notice of instance " + live + " ended", func(l *lab) string { return l.report(message.Terminating, live, time.Second) }},
		{"a notice of an instance that is gone before its end", "terminating", "web", "stale: instance " + dead, func(l *lab) string { return l.report(message.Terminating, dead, 90*time.Second) }},
		{"a rebalance recommendation", "rebalance", "web", Redrive, func(l *lab) string { return l.report(message.Rebalance, live, 0) }},
		{"a maintenance, of which nothing is made", "maintenance", Unknown, "stale: of no interest", func(l *lab) string { return l.report(message.Maintenance, live, 0) }},
		{"AWS's notice, a minute old", warning, "web", Redrive, func(l *lab) string {
			return enveloped(events, l.event("e1", warning, interrupted(live), time.Minute))
		}},
		{"AWS's notice, which has no end in it, past its two minutes", warning, "web", "stale: the notice", func(l *lab) string {
			return enveloped(events, l.event("e1", warning, interrupted(live), 2*time.Minute))
		}},
		{"AWS's notice that a rule could not deliver", warning, "web", Redrive, func(l *lab) string { return l.event("e1", warning, interrupted(live), time.Minute) }},
		{"a change of a group", "EC2 Instance Launch Successful", "db", Redrive, func(l *lab) string {
			return enveloped(events, l.event("e2", "EC2 Instance Launch Successful", `{"AutoScalingGroupName":"db","EC2InstanceId":"`+dead+`"}`, time.Hour))
		}},
		{"a tick", "tick", Unknown, "stale: a tick", func(l *lab) string { return enveloped(events, l.event("t1", "Scheduled Event", `{}`, 0)) }},
		{"a tick that the Scheduler could not deliver", "tick", Unknown, "stale: a tick", func(l *lab) string { return l.event("t1", "Scheduled Event", `{}`, 0) }},
		{"a re-check", "recheck", "web", "stale: it only asks for a look", func(l *lab) string {
			b, _ := handle.EncodeRecheck(l.cloud.Now(), handle.Request{Group: "web"})
			return string(b)
		}},
		{"an event through a topic of somebody else", "unreadable", Unknown, "unreadable: not a message for us", func(l *lab) string {
			return enveloped("arn:aws:sns:us-east-1:999999999999:theirs", l.event("e1", warning, interrupted(live), 0))
		}},
		{"an event that somebody published as a report", "unreadable", Unknown, "unreadable: ", func(l *lab) string {
			return enveloped(reports, l.event("e1", warning, interrupted(live), 0))
		}},
		{"no JSON", "unreadable", Unknown, "unreadable: not a message: byte 1", func(*lab) string { return "what?" }},
		{"of no kind", "unrelated", Unknown, "stale: of no interest", func(*lab) string { return `{"a":1}` }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			body := c.body(l)
			l.fail(l.inbox, "", body)
			all, err := l.reader(false).Read(t.Context(), l.inbox)
			if err != nil || len(all) != 1 {
				t.Fatalf("%v, %v", all, err)
			}
			got := all[0]
			if got.Kind != c.kind || got.Group != c.group || !strings.HasPrefix(got.Action, c.action) || c.action == Redrive && got.Action != Redrive || got.ID == "" {
				t.Errorf("%+v", got)
			}
			if n := l.visible(l.inbox); n != "1" {
				t.Errorf("%s messages are visible after it", n)
			}
			if after := l.cloud.Messages(l.inbox.Dead); !slices.Equal(after, []string{body}) {
				t.Errorf("the message is %q now", after)
			}
			redriven, err := l.reader(true).Read(t.Context(), l.inbox)
			sent, left := l.cloud.Messages(l.inbox.Source), l.cloud.Messages(l.inbox.Dead)
			if c.action == Redrive {
				if err != nil || redriven[0].Action != Redriven || len(sent) != 1 || len(left) != 0 {
					t.Fatalf("%v (%v), sent %q, left %q", redriven, err, sent, left)
				}
				if e, err := handle.Decode([]byte(sent[0]), handle.Topics{Reports: reports, Events: events}); err != nil || e.Kind == handle.Unrelated {
					t.Errorf("the coordinator reads %+v, %v", e, err)
				}
			} else if err != nil || redriven[0].Action != got.Action || len(sent) != 0 || !slices.Equal(left, []string{body}) {
				t.Errorf("%v (%v), sent %q, left %q", redriven, err, sent, left)
			}
		})
	}
}

func request(hints ...decide.Hint) string {
	b, _ := json.Marshal(handle.Request{Group: "web", Hints: hints, Cause: "test"})
	return string(b)
}

func (l *lab) heard(kind decide.HintKind, instance string, end time.Duration) decide.Hint {
	h := decide.Hint{Kind: kind, Instance: instance, At: l.cloud.Now().Add(-time.Minute).UTC(), Trusted: true}
	if end != 0 {
		h.Deadline = l.cloud.Now().Add(end).UTC()
	}
	return h
}

func TestARequestGoesBackInItsOrderWithoutWhatIsStale(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	ended, fresh := l.heard(decide.HeardTerminating, live, time.Second), l.heard(decide.HeardTerminating, live, time.Hour)
	ready := l.heard(decide.HeardReady, live, 0)
	l.fail(l.work, "lane", request(ended), request(fresh), request(ended, ready), request(), `{"group":""}`)
	all, err := l.reader(true).Read(t.Context(), l.work)
	var actions []string
	for _, a := range all {
		actions = append(actions, a.Kind+" "+strings.SplitN(a.Action, ":", 2)[0])
	}
	if want := []string{"request stale", "request redriven", "request redriven", "request stale", "unreadable unreadable"}; err != nil || !slices.Equal(actions, want) {
		t.Fatalf("%v, %v", actions, err)
	}
	if got, want := l.cloud.Messages(l.work.Source), []string{request(fresh), request(ready)}; len(got) != 2 || got[0] != want[0] || !strings.Contains(got[1], `"ready"`) || strings.Contains(got[1], "terminating") {
		t.Errorf("sent back are %q", got)
	}
	if all[1].Age < 60 {
		t.Errorf("what was heard a minute before is %d s old: SQS's own time began anew among the dead letters", all[1].Age)
	}
	out, err := l.sqs.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &l.work.Source, MessageSystemAttributeNames: []types.MessageSystemAttributeName{"All"}})
	if err != nil || len(out.Messages) == 0 || out.Messages[0].Attributes["MessageGroupId"] != "lane" {
		t.Errorf("it lost its message group: %v, %v", out, err)
	}
}

func TestWhatAGroupHasBehindTenIsSaid(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	var bodies []string
	for i := range 13 {
		bodies = append(bodies, request(l.heard(decide.HeardReady, fmt.Sprintf("i-%017d", i), 0)))
	}
	l.fail(l.work, "web", bodies...)
	all, err := l.reader(false).Read(t.Context(), l.work)
	if err != nil || len(all) != 10 || !strings.Contains(strings.Join(l.said, ""), "about 3 messages more") {
		t.Errorf("%d messages, %v, it said %q", len(all), err, l.said)
	}
	if n := l.visible(l.work); n != "13" {
		t.Errorf("%s messages are visible after it", n)
	}
}

func TestWhatIsThereTwiceIsShownAndSentOnce(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	report := l.report(message.Ready, live, 0)
	l.fail(l.inbox, "", report, report)
	if all, err := l.reader(false).Read(t.Context(), l.inbox); err != nil || len(all) != 1 {
		t.Fatalf("%v, %v", all, err)
	}
	if all, err := l.reader(true).Read(t.Context(), l.inbox); err != nil || len(all) != 1 || all[0].Action != Redriven {
		t.Fatalf("%v, %v", all, err)
	}
	if sent, left := l.cloud.Messages(l.inbox.Source), l.cloud.Messages(l.inbox.Dead); len(sent) != 1 || len(left) != 0 {
		t.Errorf("sent %q, left %q", sent, left)
	}
}

func TestNothingIsLostOrHiddenWhateverFails(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name          string
		fails         map[string]int
		fleet         fleet
		cancelAfter   string
		says          string
		visible, sent int // of three
		letters       int
	}{
		{"nothing", nil, fleet{}, "", "", 0, 3, 3},
		{"the groups cannot be looked up", nil, fleet{errors.New("no answer")}, "", "no answer", 3, 0, 0},
		{"nothing can be sent", map[string]int{"SendMessage": 9}, fleet{}, "", "stays a dead letter", 3, 0, 1},
		{"^C after what is there was read", nil, fleet{}, "ReceiveMessage", "cancel", 3, 0, 0},
		{"^C between sending and deleting", nil, fleet{}, "SendMessage", "cancel", 2, 1, 2},
		{"deleting fails twice", map[string]int{"DeleteMessage": 2}, fleet{}, "", "", 0, 3, 3},
		{"deleting fails", map[string]int{"DeleteMessage": 9}, fleet{}, "", "run this again within five minutes", 2, 1, 1},
		{"one cannot be given back", map[string]int{"SendMessage": 9, "ChangeMessageVisibility": 1}, fleet{}, "", "stays hidden for up to 1m0s", 2, 0, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			for i := range 3 {
				l.fail(l.work, "web", request(l.heard(decide.HeardReady, live, time.Duration(i))))
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			l.fails = c.fails
			l.after = func(name string) {
				if name == c.cancelAfter {
					cancel()
				}
			}
			r := l.reader(true)
			r.Instances = c.fleet
			all, err := r.Read(ctx, l.work)
			if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
				t.Errorf("it said %v", err)
			}
			if n := l.visible(l.work); n != fmt.Sprint(c.visible) || len(l.cloud.Messages(l.work.Source)) != c.sent || len(all) != c.letters {
				t.Errorf("%s are visible, %d sent, %d shown; want %d, %d, %d", n, len(l.cloud.Messages(l.work.Source)), len(all), c.visible, c.sent, c.letters)
			}
			// The same again does the rest, and nothing twice.
			l.fails, l.after = nil, nil
			l.cloud.RunUntil(l.cloud.Now().Add(hold + time.Second))
			if _, err := l.reader(true).Read(t.Context(), l.work); err != nil {
				t.Fatal(err)
			}
			if sent, left := l.cloud.Messages(l.work.Source), l.cloud.Messages(l.work.Dead); len(sent) != 3 || len(left) != 0 {
				t.Errorf("in the end %d are sent and %d left", len(sent), len(left))
			}
		})
	}
}

func FuzzAnyBodyIsListedAndGivenBack(f *testing.F) {
	f.Add(`{"group":"web"}`, true)
	f.Add(`{"recheck":{"group":"web","hints":[{"kind":"terminating","instance":"i-0aaaaaaaaaaaaaaa1"}]}}`, false)
	f.Add("\xff", false)
	f.Fuzz(func(t *testing.T, body string, work bool) {
		p := &pass{Reader: Reader{Now: func() time.Time { return time.Unix(1e9, 0) }, Instances: fleet{}, Topics: handle.Topics{Reports: reports, Events: events}}, queue: Queue{Work: work}}
		l := p.decode(types.Message{MessageId: aws.String("m"), Body: &body})
		if err := p.judge(t.Context(), []*letter{l}); err != nil || l.Kind == "" || l.Group == "" || l.Age < 0 ||
			l.Action != Redrive && !strings.HasPrefix(l.Action, "stale: ") && !strings.HasPrefix(l.Action, "unreadable: ") {
			t.Errorf("%+v, %v", l.Letter, err)
		}
	})
}
