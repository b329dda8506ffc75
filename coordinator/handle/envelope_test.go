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

func quoted(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// People hand over what they cut out of something: then there are no topics to be known.
func TestAnEnvelopeIsToldFromAMessageThatHasAFieldOfItsName(t *testing.T) {
	t.Parallel()
	in := quoted(t, warning)
	const heard = "EC2 Spot Instance Interruption Warning"
	for _, c := range []struct {
		name, body string
		topics     Topics
		kind       EventKind
		what       string
	}{
		{"an envelope without its topic", `{"Message":` + in + `}`, Topics{}, AWSEvent, heard},
		{"an envelope of whatever topic, where none is known", enveloped(t, "arn:aws:sns:us-east-1:1:x", warning), Topics{}, AWSEvent, heard},
		{"an envelope with more fields than SNS gives it", `{"TopicArn":"` + topics.Events + `","Message":` + in + `,"version":"1","kind":"x","detail-type":"y"}`, topics, AWSEvent, heard},
		{"an envelope with a number that is too large for any of ours", `{"TopicArn":"` + topics.Events + `","Message":` + in + `,"version":1e999}`, topics, AWSEvent, heard},
		{"an envelope whose other fields are null", `{"Message":` + in + `,"version":null,"kind":null,"recheck":null,"detail-type":null}`, Topics{}, AWSEvent, heard},
		{"an event with a message", `{"id":"e","detail-type":"x","message":` + in + `}`, Topics{}, Unrelated, "x"},
		{"a re-check with a message", `{"recheck":{"group":"web"},"message":` + in + `}`, topics, Recheck, "recheck"},
		{"an envelope without a message", `{"TopicArn":"` + topics.Events + `"}`, topics, Unrelated, "neither a report nor an event"},
		{"an interruption where no topic is known", warning, Topics{Reports: topics.Reports}, AWSEvent, heard},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e, err := Decode([]byte(c.body), c.topics)
			if err != nil || e.Kind != c.kind || e.What != c.what {
				t.Errorf("read as %+v, %v; want %s %q", e, err, c.kind, c.what)
			}
		})
	}
}

func TestWhatIsNoMessageIsRefusedWithItsReason(t *testing.T) {
	t.Parallel()
	in := quoted(t, warning)
	events := func(body string) string { return enveloped(t, topics.Events, body) }
	long := strings.Repeat("ä", message.MaxName+1)
	for _, c := range []struct {
		name, body, says string
		is               error
	}{
		{"SNS asks for a subscription", `{"Type":"SubscriptionConfirmation","TopicArn":"` + topics.Events + `","Message":"confirm it"}`, "an SNS SubscriptionConfirmation of topic " + topics.Events, ErrUndecodable},
		{"SNS takes leave", `{"Type":"UnsubscribeConfirmation","TopicArn":"` + topics.Events + `","Message":"confirm it"}`, "an SNS UnsubscribeConfirmation", ErrUndecodable},
		{"an envelope whose message is a number", `{"Message":5}`, "want a JSON object there, not a number", ErrUndecodable},
		{"an envelope around no JSON", events("garbage"), "byte 1 (line 1): invalid character 'g'", ErrUndecodable},
		{"a report with a message, of no version", `{"kind":"ready","message":` + in + `}`, "field version: missing", message.ErrMalformed},
		{"a report of an odd version with a message", `{"version":7,"message":` + in + `}`, "version", message.ErrVersion},
		{"a version alone", `{"version":7}`, "version", message.ErrVersion},
		{"a kind alone", `{"kind":"ready"}`, "field version: missing", message.ErrMalformed},
		{"an event at no time", events(`{"id":"e","detail-type":"EC2 Spot Instance Interruption Warning","time":"noon","detail":{"instance-id":"i-00000001"}}`), "whose envelope is not EventBridge's", ErrUndecodable},
		{"an event without a detail", events(`{"id":"e","detail-type":"EC2 Spot Instance Interruption Warning"}`), "event e (EC2 Spot Instance Interruption Warning) names neither", ErrUndecodable},
		{"an event whose detail is a digit", events(`{"id":"e","detail-type":"EC2 Spot Instance Interruption Warning","detail":5}`), "its detail: json", ErrUndecodable},
		{"an event of something that is no instance", events(`{"id":"e","detail-type":"EC2 Spot Instance Interruption Warning","detail":{"instance-id":"i-1"}}`), `names "i-1", which is no instance id`, ErrUndecodable},
		{"a group whose name is too long", events(`{"id":"e","detail-type":"EC2 Instance Launch Successful","detail":{"AutoScalingGroupName":"` + long + `"}}`), "names a group with more than 255 characters", ErrUndecodable},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e, err := Decode([]byte(c.body), topics)
			if !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%+v, error %v; want %v that says %q", e, err, c.is, c.says)
			}
		})
	}
}

func TestWhatAutoScalingSaysOfAGroupIsHeardWhoeverIsMeant(t *testing.T) {
	t.Parallel()
	longest := strings.Repeat("ä", message.MaxName)
	for _, c := range []struct{ name, group, instance, want string }{
		{"an instance", "web", here, here},
		{"nobody", "web", "", ""},
		{"something that is no instance id", "web", "i-1", ""},
		{"the longest name of a group", longest, here, here},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e, err := Decode([]byte(enveloped(t, topics.Events, `{"id":"e","detail-type":"EC2 Instance Launch Unsuccessful","detail":`+
				quoted(t, map[string]string{"AutoScalingGroupName": c.group, "EC2InstanceId": c.instance})+`}`)), topics)
			if err != nil || e.Group != c.group || e.Hints[0].Instance != c.want || e.Hints[0].Kind != decide.HeardChange {
				t.Errorf("read as %+v, %v; want group %q, instance %q", e, err, c.group, c.want)
			}
		})
	}
}

func TestANoticeSaysWhenAndWhat(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	e, err := Decode(reported(t, message.Terminating, here, good), topics)
	want := decide.Hint{Kind: decide.HeardTerminating, Instance: here, At: at, Deadline: at.Add(2 * time.Minute), Action: message.ActionTerminate, Source: decide.FromSpotd}
	if err != nil || e.Kind != Report || e.Hints[0] != want {
		t.Errorf("spotd's is read as %+v, %v; want %+v", e.Hints, err, want)
	}
	if e, err = Decode(reported(t, message.Ready, here, good), topics); err != nil || !e.Hints[0].Deadline.IsZero() || e.Hints[0].Action != "" {
		t.Errorf("a word of readiness is read with an end: %+v, %v", e.Hints, err)
	}
	for _, c := range []struct {
		kind   message.Kind
		action string
		want   decide.HintKind
	}{
		{message.Hello, message.ActionMember, decide.HeardHello},
		{message.Hello, message.ActionNoMember, decide.HeardHello},
		{message.Hello, "", decide.HeardHello},
		{message.Started, message.ActionBoot, decide.HeardStarted},
		{message.Started, "", decide.HeardStarted},
	} {
		r := message.New(c.kind, message.Source{Instance: here}, at, time.Time{})
		r.Action = c.action
		body, err := r.Encode()
		if err != nil {
			t.Fatal(err)
		}
		want = decide.Hint{Kind: c.want, Instance: here, At: at, Action: c.action, Source: decide.FromSpotd}
		if e, err = Decode([]byte(enveloped(t, topics.Reports, string(body))), topics); err != nil || len(e.Hints) != 1 || e.Hints[0] != want {
			t.Errorf("%s %s is read as %+v, %v; want %+v", c.kind, c.action, e.Hints, err, want)
		}
	}
	odd := strings.Replace(warning, `"instance-action":"terminate"`, `"instance-action":"stop now\u0000"`, 1)
	want = decide.Hint{Kind: decide.HeardTerminating, Instance: "i-00000001", At: at, Action: "stop_now_", Trusted: true, Source: "EventBridge"}
	if e, err = Decode([]byte(enveloped(t, topics.Events, odd)), topics); err != nil || e.Hints[0] != want {
		t.Errorf("EventBridge's is read as %+v, %v; want %+v", e.Hints, err, want)
	}
}

func TestWhatIsWrappedInAWayThatNobodyUnwrapsIsNotPassedOver(t *testing.T) {
	t.Parallel()
	const notice, detail, report = "an event EC2 Spot Instance Interruption Warning", "the detail of an interruption", "a report of version 2"
	for _, c := range []struct{ name, body, what, path string }{
		{"an event in an object", `{"a":{"b":` + warning + `}}`, notice, "a.b"},
		{"an event in a list", `{"a":[1,{"b":[` + warning + `]}]}`, notice, "a[1].b[0]"},
		{"an event as text", `{"a":` + quoted(t, " "+warning) + `}`, notice, "a"},
		{"a list of events as text", `{"a":` + quoted(t, "[0,"+warning+"]") + `}`, notice, "a[1]"},
		{"text in text", `{"a":` + quoted(t, `{"b":`+quoted(t, warning)+`}`) + `}`, notice, "a.b"},
		{"of several the first by name", `{"z":` + warning + `,"a":{"instance-id":"i-1","instance-action":"stop"}}`, detail, "a"},
		{"the detail alone", `{"instance-id":"i-1","instance-action":"stop"}`, detail, ""},
		{"a report of a later version", `{"a":{"version":2,"kind":"x"}}`, report, "a"},
		{"a report without a kind", `{"a":{"version":2,"from":{}}}`, report, "a"},
		{"a report of which nothing but the version is known", `{"a":{"version":2}}`, report, "a"},
		{"an event of no interest", `{"a":{"detail-type":"AWS API Call via CloudTrail"}}`, "", ""},
		{"an event whose type is no text", `{"a":{"detail-type":5}}`, "", ""},
		{"an action without an instance", `{"a":{"instance-action":"stop"}}`, "", ""},
		{"an instance without an action", `{"a":{"instance-id":"i-1"}}`, "", ""},
		{"a version of something else", `{"a":{"version":2,"name":"x"}}`, "", ""},
		{"EventBridge's version", `{"a":{"version":"0","kind":"x"}}`, "", ""},
		{"a kind without a version", `{"a":{"kind":"x","from":{}}}`, "", ""},
		{"text that is no JSON", `{"a":"{no","b":"[no"}`, "", ""},
		{"text that is a number", `{"a":"5"}`, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if what, path := within([]byte(c.body)); what != c.what || path != c.path {
				t.Errorf("it holds %q at %q, want %q at %q", what, path, c.what, c.path)
			}
			for _, body := range []string{`{"own":` + c.body + `}`, enveloped(t, topics.Events, `{"id":"e","detail-type":"x","detail":`+c.body+`}`)} {
				e, err := Decode([]byte(body), topics)
				if c.what == "" && (err != nil || e.Kind != Unrelated) {
					t.Errorf("%s is read as %+v, %v: want it of no interest", body, e, err)
				}
				if c.what != "" && (!errors.Is(err, ErrUndecodable) || !strings.Contains(err.Error(), c.what)) {
					t.Errorf("%s is read as %+v, %v: want an error that names %s", body, e, err, c.what)
				}
			}
		})
	}
}

func TestWhatIsWrappedIsLookedForElevenLevelsDeep(t *testing.T) {
	t.Parallel()
	deep := func(levels int) []byte {
		return []byte(strings.Repeat(`{"a":`, levels) + warning + strings.Repeat("}", levels))
	}
	if what, path := within(deep(11)); what == "" || path != strings.TrimSuffix(strings.Repeat("a.", 11), ".") {
		t.Errorf("eleven deep it is %q at %q", what, path)
	}
	if what, path := within(deep(12)); what+path != "" {
		t.Errorf("twelve deep it is %q at %q: what strangers write is looked into without end", what, path)
	}
	if what, path := within([]byte("garbage")); what+path != "" {
		t.Errorf("garbage holds %q at %q", what, path)
	}
}

func TestWhatAMessageBringsIntoTheLogIsCutAfter128Bytes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, text, want string }{
		{"the longest", strings.Repeat("x", 128), strings.Repeat("x", 128)},
		{"one more", strings.Repeat("x", 129), strings.Repeat("x", 128) + "…"},
		{"half a character at the end", strings.Repeat("x", 127) + "ää", strings.Repeat("x", 127) + "…"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := short(c.text); got != c.want {
				t.Errorf("%d bytes, want %d", len(got), len(c.want))
			}
		})
	}
}

func TestWhatCannotBeWrittenDownIsNotSent(t *testing.T) {
	t.Parallel()
	h, p := handler()
	never := []decide.Hint{{At: time.Date(20000, 1, 1, 0, 0, 0, 0, time.UTC)}} // JSON's years have four digits
	if err := h.work(t.Context(), "k", Request{Group: "web", Hints: never}); err == nil || !strings.Contains(err.Error(), `encode a request for group "web"`) {
		t.Errorf("a request: error %v, want one that names the group", err)
	}
	if err := h.later(t.Context(), p.now, Request{Group: "web", Hints: never}); err == nil || !strings.Contains(err.Error(), `encode a re-check of group "web"`) {
		t.Errorf("a re-check: error %v, want one that names the group", err)
	}
	if !p.quiet() {
		t.Errorf("sent were %q and %q", p.asked, p.bodies)
	}
}
