package storm

import (
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"autospotting/pkg/cloudsim"
)

// Small are the scenarios in which every call is crashed at, and every message lost, doubled and overtaken.
var Small = []Script{
	small("swap", 1, 4, 2),
	small("swap at desired = max", 2, 2, 2),
	small("interruption", 1, 4, 2, Deed{At: 8 * time.Minute, Kind: "notice"}),
	drained(small("drained hosts", 1, 4, 2)),
	commanded(small("drain handlers", 1, 4, 2)),
	ofStack(small("boots by CloudFormation's helpers", 1, 4, 2, Deed{At: 8 * time.Minute, Kind: "notice"})),
	small("back to on-demand", 1, 4, 2, Deed{At: 7 * time.Minute, Kind: "famine of spot"}, Deed{At: 8 * time.Minute, Kind: "notice"}),
}

func small(name string, lo, hi, desired int, deeds ...Deed) Script {
	long := 7 * time.Minute
	if len(deeds) > 0 {
		long = 14 * time.Minute
	}
	return Script{Scenario: name, Seed: 1, Small: true, Alone: true, For: long, Deeds: deeds, Groups: []cloudsim.GroupSpec{{Name: "web", Min: lo, Max: hi, Desired: desired,
		Tags: map[string]string{"spot-enabled": "true", "autospotting:dwell": "10m"}}}}
}

// ofStack makes the boots need that CloudFormation knows the instance, and nobody but spotd tells how they went.
func ofStack(s Script) Script {
	s.For += 7 * time.Minute
	s.Boots = &Boots{Slow: 10 * time.Second, Member: true, Stack: true}
	return s
}

// commanded has spotd drain the instances, by its owner's handlers.
func commanded(s Script) Script {
	s.For += 7 * time.Minute
	s.Commands = &Commands{Takes: 20 * time.Second}
	return s
}

// drained makes the instances hosts of a cluster, with services whose tasks move.
func drained(s Script) Script {
	s.For += 7 * time.Minute
	s.Hosts = &cloudsim.ClusterSpec{Name: clusterName, Services: []cloudsim.ServiceSpec{
		{Name: "shop", Tasks: 3, Start: 5 * time.Second, Stop: 15 * time.Second}, {Name: "agent", Daemon: true, Start: 5 * time.Second, Stop: 5 * time.Second}}}
	return s
}

// Counts are the coordinator's calls and the messages to its inbox, as an undisturbed play has them.
type Counts struct {
	Calls    []string
	Messages int
}

// Count plays the script undisturbed.
func Count(s Script) (Counts, Result, error) {
	var c Counts
	r, err := PlayWith(s, nil, func(w *World) {
		w.Cloud.OnCall(func(call cloudsim.Call) cloudsim.Verdict {
			if coordinators(call.Session) {
				c.Calls = append(c.Calls, call.Service+"."+call.Op)
			}
			return cloudsim.GoOn
		}, nil)
		w.Cloud.OnMessage(func(n int, _, _ string) cloudsim.Fate {
			c.Messages = n
			return cloudsim.Delivered
		})
	})
	return c, r, err
}

// CrashAt kills the coordinator at its n-th call, before the effect or after it.
func CrashAt(n int, after bool) func(*World) {
	return func(w *World) {
		seen, done := 0, false
		hook := func(counts bool) func(cloudsim.Call) cloudsim.Verdict {
			return func(call cloudsim.Call) cloudsim.Verdict {
				if !coordinators(call.Session) || done {
					return cloudsim.GoOn
				}
				if counts {
					seen++
				}
				if done = seen == n && counts != after; done {
					return cloudsim.Crash
				}
				return cloudsim.GoOn
			}
		}
		w.Cloud.OnCall(hook(true), hook(false))
	}
}

// SecondAt gives the message that is being worked on to a second sandbox at the coordinator's n-th call, as a queue does whose
// visibility timeout ended too early. From then on the two take turns at every call.
func SecondAt(n int) func(*World) {
	return func(w *World) {
		seen, body := 0, `{"group":"web"}`
		w.Cloud.OnCall(func(call cloudsim.Call) cloudsim.Verdict {
			if in, ok := call.Input.(*sqs.SendMessageInput); ok && aws.ToString(in.QueueUrl) == w.Stage.WorkURL {
				body = aws.ToString(in.MessageBody)
			}
			if !coordinators(call.Session) {
				return cloudsim.GoOn
			}
			if seen++; seen == n {
				record := events.SQSMessage{MessageId: "second", Body: body, EventSource: "aws:sqs", EventSourceARN: "arn:aws:sqs:us-east-1:123456789012:autospotting-work.fifo"}
				w.Cloud.After(0, "second", func() {
					w.Stage.Reconcile.Invoke(events.SQSEvent{Records: []events.SQSMessage{record}}, func(events.SQSEventResponse, error) {})
				})
			}
			return cloudsim.GoOn
		}, nil)
	}
}

// MessageTo gives the n-th message to the inbox that fate. What the coordinator itself has stored cannot be lost.
func MessageTo(n int, fate cloudsim.Fate) func(*World) {
	return func(w *World) {
		w.Cloud.OnMessage(func(k int, _, body string) cloudsim.Fate {
			if k != n || fate == cloudsim.Lost && !strings.Contains(body, "TopicArn") {
				return cloudsim.Delivered
			}
			return fate
		})
	}
}
