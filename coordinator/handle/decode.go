// Package handle takes one message in and gives one result out: route finds the groups that a message of the inbox
// belongs to, reconcile brings one group of the work queue a step further.
package handle

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"autospotting/coordinator/decide"
	"autospotting/pkg/message"
)

// ErrUndecodable says that the bytes are no message of any kind.
var ErrUndecodable = errors.New("not a message")

// EventKind is what a message of the inbox is.
type EventKind string

// The kinds of messages.
const (
	Report    EventKind = "report"    // spotd speaks
	AWSEvent  EventKind = "aws-event" // EventBridge speaks of an instance or a group
	Tick      EventKind = "tick"
	Recheck   EventKind = "recheck"   // our own delayed message
	Unrelated EventKind = "unrelated" // well-formed, and of no interest
)

// Event is one decoded message.
type Event struct {
	Kind   EventKind
	ID     string // the sender's own id
	What   string // detail-type or report kind, for the log
	Group  string // where the message names one
	Hints  []decide.Hint
	Report message.Report // for Kind Report
	Due    time.Time      // for Kind Recheck
	Try    int            // for Kind Recheck: failed looks before
	Until  time.Time      // for Kind Recheck: see Request
}

// Topics are the ARNs of the topics. Who may publish differs, so what is believed does: of Ticks, another account's, ticks alone.
type Topics struct{ Reports, Events, Ticks string }

// envelope is SNS's JSON around a message in a queue (SNS developer guide, "Message formats").
type envelope struct {
	Type, TopicArn, Message string
}

// awsEvent is EventBridge's envelope.
type awsEvent struct {
	ID         string          `json:"id"`
	DetailType string          `json:"detail-type"`
	Source     string          `json:"source"`
	Time       time.Time       `json:"time"`
	Detail     json.RawMessage `json:"detail"`
}

type recheck struct {
	Group string        `json:"group"`
	Due   time.Time     `json:"due"`
	Try   int           `json:"try,omitempty"`
	Hints []decide.Hint `json:"hints,omitempty"`
	Until time.Time     `json:"until,omitzero"`
}

// Decode reads the body of a message of the inbox or of the changes: an SNS envelope, a bare report of spotd, a bare EventBridge event, or a re-check of
// our own. Bare are what EventBridge's rules and we ourselves put there, as the queues' policies have it. A re-check in an envelope is refused; where topics
// are known, so is an envelope from another one, and an AWS event that came through the reports topic. Errors wrap ErrUndecodable, message.ErrVersion or message.ErrKind.
func Decode(body []byte, topics Topics) (Event, error) {
	var env outer
	if err := json.Unmarshal(body, &env); err != nil {
		return Event{}, undecodable(body, err)
	}
	if !env.wraps() {
		return decodeBare(body, true, true)
	}
	switch {
	case env.Type == "SubscriptionConfirmation" || env.Type == "UnsubscribeConfirmation":
		return Event{}, fmt.Errorf("%w: an SNS %s of topic %s, which says nothing of an instance", ErrUndecodable, short(env.Type), short(env.TopicArn))
	case topics == Topics{}:
		return decodeBare([]byte(env.Message), true, false)
	case env.TopicArn == topics.Events:
		return decodeBare([]byte(env.Message), true, false)
	case env.TopicArn == topics.Reports:
		return decodeBare([]byte(env.Message), false, false)
	case env.TopicArn == topics.Ticks:
		return onlyTick(decodeBare([]byte(env.Message), true, false))
	}
	return Event{}, fmt.Errorf("%w for us: it came through topic %s", ErrUndecodable, short(env.TopicArn))
}

// outer is what may be an envelope, with what tells that it is a message itself.
type outer struct {
	envelope
	DetailType             *json.RawMessage `json:"detail-type"`
	Kind, Version, Recheck *json.RawMessage
}

// wraps tells whether it is an envelope at all. People have such without the topic, cut out of something.
func (o outer) wraps() bool {
	itself := o.DetailType != nil || o.Kind != nil || o.Version != nil || o.Recheck != nil
	return o.Message != "" && (o.TopicArn != "" || !itself)
}

// onlyTick refuses whatever else the generator of another account says: it knows nothing of our instances.
func onlyTick(e Event, err error) (Event, error) {
	if err == nil && e.Kind != Tick {
		return Event{}, fmt.Errorf("%w to be believed: %s came from a generator, which may only tick", ErrUndecodable, e.What)
	}
	return e, err
}

// undecodable names the place where the bytes stop being JSON.
func undecodable(body []byte, err error) error {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		line := 1 + bytes.Count(body[:min(int(syntax.Offset), len(body))], []byte("\n"))
		return fmt.Errorf("%w: byte %d (line %d): %v", ErrUndecodable, syntax.Offset, line, err)
	}
	var kind *json.UnmarshalTypeError
	if errors.As(err, &kind) {
		return fmt.Errorf("%w: byte %d: want a JSON object there, not a %s", ErrUndecodable, kind.Offset, short(kind.Value))
	}
	return fmt.Errorf("%w: %s", ErrUndecodable, short(err.Error()))
}

// decodeBare reads what stood in the queue by itself (own), or in the envelope of a topic.
func decodeBare(body []byte, fromAWS, own bool) (Event, error) {
	var probe struct {
		DetailType *string  `json:"detail-type"`
		Version    any      `json:"version"`
		Kind       *string  `json:"kind"`
		Recheck    *recheck `json:"recheck"`
	}
	if err := json.Unmarshal(body, &probe); err != nil {
		return Event{}, undecodable(body, err)
	}
	switch {
	case probe.Recheck != nil && !own: // it carries hints as already checked
		return Event{}, fmt.Errorf("%w to be believed: a re-check came through a topic, and ours go straight into the inbox", ErrUndecodable)
	case probe.Recheck != nil:
		r := probe.Recheck
		return Event{Kind: Recheck, ID: r.Group + "@" + r.Due.UTC().Format(time.RFC3339), What: "recheck", Group: r.Group, Hints: r.Hints, Due: r.Due, Try: r.Try, Until: r.Until}, nil
	case probe.DetailType != nil:
		if !fromAWS {
			return Event{}, fmt.Errorf("%w to be believed: an AWS event (%s) came from where anybody in the account may publish", ErrUndecodable, short(*probe.DetailType))
		}
		return decodeAWS(body)
	case probe.Kind != nil || probe.Version != nil:
		return decodeReport(body)
	}
	if what, where := within(body); what != "" {
		return Event{}, fmt.Errorf("%w as it is wrapped: it holds %s at %s: hand over that by itself", ErrUndecodable, what, short(where))
	}
	return Event{Kind: Unrelated, What: "neither a report nor an event"}, nil
}

func decodeReport(body []byte) (Event, error) {
	r, err := message.Decode(body)
	if err != nil {
		return Event{}, err
	}
	h := decide.Hint{Kind: reportHints[r.Kind], Instance: r.From.Instance, At: r.At, Source: decide.FromSpotd}
	switch h.Kind {
	case decide.HeardTerminating, decide.HeardDrained: // a drained one says which ask it answers
		h.Deadline, h.Action = r.Deadline, r.Action
	case decide.HeardHello, decide.HeardStarted: // whether the boot waited for membership, and whether it is only the boot that is over
		h.Action = r.Action
	}
	e := Event{Kind: Report, ID: r.ID, What: string(r.Kind), Report: r, Hints: []decide.Hint{h}}
	if h.Kind == "" { // maintenance: nothing is done for it yet
		e.Kind, e.Hints = Unrelated, nil
	}
	return e, nil
}

var reportHints = map[message.Kind]decide.HintKind{
	message.Hello:       decide.HeardHello,
	message.Started:     decide.HeardStarted,
	message.Ready:       decide.HeardReady,
	message.CanDrain:    decide.HeardCanDrain,
	message.Drained:     decide.HeardDrained,
	message.Terminating: decide.HeardTerminating,
	message.Rebalance:   decide.HeardRebalance,
}

// awsEvents are the events that say something about an instance or a group.
var awsEvents = map[string]bool{
	"EC2 Spot Instance Interruption Warning": true, "EC2 Instance Rebalance Recommendation": true, "EC2 Instance State-change Notification": true,
	"EC2 Instance Launch Successful": true, "EC2 Instance Launch Unsuccessful": true, "EC2 Instance Terminate Successful": true,
	"EC2 Instance Terminate Unsuccessful": true, "EC2 Instance-launch Lifecycle Action": true, "EC2 Instance-terminate Lifecycle Action": true,
}

func decodeAWS(body []byte) (Event, error) {
	var a awsEvent
	if err := json.Unmarshal(body, &a); err != nil {
		return Event{}, fmt.Errorf("%w: an event whose envelope is not EventBridge's: %s", ErrUndecodable, short(err.Error()))
	}
	a.ID, a.DetailType = short(a.ID), short(a.DetailType)
	e := Event{Kind: AWSEvent, ID: a.ID, What: a.DetailType}
	// Before the detail is read: the Scheduler's own default is a string there.
	if a.DetailType == "Scheduled Event" {
		return Event{Kind: Tick, ID: a.ID, What: a.DetailType}, nil
	}
	if !awsEvents[a.DetailType] {
		if what, where := within(a.Detail); what != "" {
			return Event{}, fmt.Errorf("%w as it is wrapped: event %s (%s) holds %s in its detail %s: hand over that by itself", ErrUndecodable, a.ID, a.DetailType, what, short(where))
		}
		return Event{Kind: Unrelated, ID: a.ID, What: a.DetailType}, nil
	}
	var d struct {
		Instance    string `json:"instance-id"`
		Action      string `json:"instance-action"`
		Group       string `json:"AutoScalingGroupName"`
		ASGInstance string `json:"EC2InstanceId"`
	}
	if len(a.Detail) > 0 {
		if err := json.Unmarshal(a.Detail, &d); err != nil {
			return Event{}, fmt.Errorf("%w: event %s (%s): its detail: %s", ErrUndecodable, a.ID, a.DetailType, short(err.Error()))
		}
	}
	h := decide.Hint{Instance: d.Instance, At: a.Time, Action: d.Action, Trusted: true, Source: "EventBridge", Kind: decide.HeardChange}
	switch a.DetailType {
	case "EC2 Spot Instance Interruption Warning":
		h.Kind = decide.HeardTerminating
	case "EC2 Instance Rebalance Recommendation":
		h.Kind = decide.HeardRebalance
	case "EC2 Instance State-change Notification":
	default: // Auto Scaling's
		h.Instance, e.Group = d.ASGInstance, d.Group
	}
	if h.Instance == "" && e.Group == "" {
		return Event{}, fmt.Errorf("%w: event %s (%s) names neither an instance nor a group", ErrUndecodable, a.ID, a.DetailType)
	}
	switch {
	case message.IsInstanceID(h.Instance):
	case e.Group != "": // the group is looked at, whoever is meant
		h.Instance = ""
	default:
		return Event{}, fmt.Errorf("%w: event %s (%s) names %q, which is no instance id: want i- and 8 or 17 hexadecimal digits", ErrUndecodable, a.ID, a.DetailType, short(h.Instance))
	}
	if utf8.RuneCountInString(e.Group) > message.MaxName {
		return Event{}, fmt.Errorf("%w: event %s (%s) names a group with more than %d characters", ErrUndecodable, a.ID, a.DetailType, message.MaxName)
	}
	h.Action = message.Code(h.Action)
	e.Hints = []decide.Hint{h}
	return e, nil
}

// short bounds what a message brings into the log.
func short(text string) string {
	const most = 128
	if len(text) > most {
		return strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}

// EncodeRecheck is the body of a delayed message of our own.
func EncodeRecheck(due time.Time, r Request) ([]byte, error) {
	b, err := encode(map[string]recheck{"recheck": {Group: r.Group, Due: due.UTC(), Try: r.Try, Hints: r.Hints, Until: r.Until}})
	if err != nil {
		return nil, fmt.Errorf("encode a re-check of group %q: %w", r.Group, err)
	}
	return b, nil
}
