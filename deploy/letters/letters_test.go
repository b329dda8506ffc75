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
	"autospotting/pkg/message"
)

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
			l.goesBack(body, got.Action)
		})
	}
}

// goesBack holds what a redrive does with the only message against what was said of it.
func (l *lab) goesBack(body, action string) {
	l.t.Helper()
	redriven, err := l.reader(true).Read(l.t.Context(), l.inbox)
	sent, left := l.cloud.Messages(l.inbox.Source), l.cloud.Messages(l.inbox.Dead)
	if action == Redrive {
		if err != nil || redriven[0].Action != Redriven || len(sent) != 1 || len(left) != 0 {
			l.t.Fatalf("%v (%v), sent %q, left %q", redriven, err, sent, left)
		}
		if e, err := handle.Decode([]byte(sent[0]), handle.Topics{Reports: reports, Events: events}); err != nil || e.Kind == handle.Unrelated {
			l.t.Errorf("the coordinator reads %+v, %v", e, err)
		}
	} else if err != nil || redriven[0].Action != action || len(sent) != 0 || !slices.Equal(left, []string{body}) {
		l.t.Errorf("%v (%v), sent %q, left %q", redriven, err, sent, left)
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

func TestARecheckGoesBackWithoutWhatIsStale(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	due := l.cloud.Now().Add(time.Minute).UTC().Truncate(time.Second)
	fresh := l.heard(decide.HeardTerminating, live, time.Hour)
	body, err := handle.EncodeRecheck(due, handle.Request{Group: "web", Try: 2, Hints: []decide.Hint{l.heard(decide.HeardReady, dead, 0), fresh}})
	if err != nil {
		t.Fatal(err)
	}
	l.fail(l.inbox, "", string(body))
	if all, err := l.reader(true).Read(t.Context(), l.inbox); err != nil || len(all) != 1 || all[0].Action != Redriven || all[0].Group != "web" {
		t.Fatalf("%v, %v", all, err)
	}
	e, err := handle.Decode([]byte(l.cloud.Messages(l.inbox.Source)[0]), handle.Topics{Reports: reports, Events: events})
	if err != nil || e.Kind != handle.Recheck || !e.Due.Equal(due) || e.Try != 2 || len(e.Hints) != 1 || e.Hints[0] != fresh {
		t.Errorf("it is %+v now, %v", e, err)
	}
}

func TestWhatSomebodyElseLooksAtIsSaid(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.fail(l.inbox, "", l.report(message.Ready, live, 0))
	if _, err := l.sqs.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &l.inbox.Dead, VisibilityTimeout: 600}); err != nil {
		t.Fatal(err)
	}
	if all, err := l.reader(false).Read(t.Context(), l.inbox); err != nil || len(all) != 0 || !strings.Contains(strings.Join(l.said, ""), "about 1 messages of ") {
		t.Errorf("%v, %v, it said %q", all, err, l.said)
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
