package handle

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"autospotting/coordinator/decide"
	"autospotting/pkg/message"
)

func TestWhatIsOfNoInterestAsksNobodyAndFailsNothing(t *testing.T) {
	t.Parallel()
	unknown := strings.Replace(report(t), `"kind":"ready"`, `"kind":"bored"`, 1)
	for _, c := range []struct{ name, body, note, id, what string }{
		{"garbage", "garbage", "dropped: message m: not a message: byte 1", "", ""},
		{"JSON of no kind", `{"hello":"world"}`, "ignored: m (neither a report nor an event): of no interest", "", "neither a report nor an event"},
		{"an event of no interest", enveloped(t, topics.Events, `{"id":"e-1","detail-type":"x","detail":{}}`), "ignored: e-1 (x): of no interest, nothing changed", "e-1", "x"},
		{"a report of a later version", enveloped(t, topics.Reports, strings.Replace(report(t), `"version":1`, `"version":2`, 1)), "dropped: message m: ", "", ""},
		{"a report of a kind that nobody knows", enveloped(t, topics.Reports, unknown), "dropped: message m: ", "", ""},
		{"a forged re-check", enveloped(t, topics.Reports, forgedRecheck), "dropped: message m: not a message to be believed: a re-check", "", ""},
		{"maintenance", string(reported(t, message.Maintenance, here, good)), "ignored: ", "", "maintenance"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h, p := handler()
			h.Ledger = nil // asked for anything, it would panic
			outcomes, errs := h.Route(context.Background(), []Message{{ID: "m", Body: []byte(c.body)}})
			if errs[0] != nil || !p.quiet() {
				t.Errorf("error %v, looked up %v, work for %v", errs[0], p.lookedUp, p.work)
			}
			o := outcomes[0]
			if got := texts(o); len(got) != 1 || !strings.HasPrefix(got[0], c.note) {
				t.Errorf("told is %q, want %q", got, c.note)
			}
			if c.id != "" && o.ID != c.id || o.What != c.what {
				t.Errorf("the outcome is of %q, %q", o.ID, o.What)
			}
		})
	}
}

func TestABatchWithOneBadMessageFailsThatOneAlone(t *testing.T) {
	t.Parallel()
	h, p := handler()
	var log bytes.Buffer
	h.Log = zerolog.New(&log).Level(zerolog.ErrorLevel)
	p.groups = map[string]string{"i-00000001": "a", "i-00000002": "b", "i-00000003": "c"}
	p.failAt, h.Actor = "b", nil // a router that cannot look at a group itself
	outcomes, errs := h.Route(context.Background(), []Message{
		{ID: "1", Body: []byte(interruption(t, "i-00000001"))}, {ID: "2", Body: []byte("garbage")}, {ID: "3", Body: []byte(interruption(t, "i-00000002"))},
		{ID: "4", Body: []byte(interruption(t, "i-00000009"))}, {ID: "5", Body: []byte(interruption(t, "i-00000003"))}})
	if !slices.Equal(p.work, []string{"a", "c"}) {
		t.Errorf("work for %v, want a and c", p.work)
	}
	for i, err := range errs {
		if (err != nil) != (i == 2) {
			t.Errorf("message %d: %v", i+1, err)
		}
	}
	var line map[string]string
	if err := json.Unmarshal(log.Bytes(), &line); err != nil || line["msg_id"] != "3" || line["message"] != "not routed: the queue delivers it again" || line["error"] != "the queue is out of reach" {
		t.Errorf("logged is %q, want one line of message 3", log.String())
	}
	want := []string{
		"heard: EC2 Spot Instance Interruption Warning from EventBridge (e)", "dropped: message 2: not a message: byte 1 (line 1): invalid character 'g' looking for beginning of value",
		"heard: EC2 Spot Instance Interruption Warning from EventBridge (e)", "ignored: e (EC2 Spot Instance Interruption Warning): instance i-00000009 is in no group and not ours, nothing changed",
		"heard: EC2 Spot Instance Interruption Warning from EventBridge (e)"}
	for i, o := range outcomes {
		if got := texts(o); len(got) != 1 || got[0] != want[i] {
			t.Errorf("message %d tells %q, want %q", i+1, got, want[i])
		}
	}
	if n := outcomes[0].Notes[0]; n.Group != "a" || n.Instance != "i-00000001" {
		t.Errorf("what is heard is told of %q, %q", n.Group, n.Instance)
	}
	if n := outcomes[3].Notes[0]; n.Group != "" || n.Instance != "i-00000009" {
		t.Errorf("what is nobody's is told of %q, %q", n.Group, n.Instance)
	}
}

func TestARequestSaysWhatWasHeardAndOfWhat(t *testing.T) {
	t.Parallel()
	h, p := handler()
	p.groups = map[string]string{here: "web"}
	route(t, h, reported(t, message.Terminating, here, good))
	r := requests(t, p)[0]
	if r.Group != "web" || r.Cause != "terminating" || r.Try != 0 || len(r.Hints) != 1 || !r.Hints[0].Trusted || r.Hints[0].Kind != decide.HeardTerminating {
		t.Errorf("the request is %+v", r)
	}
}

// lookAgain is a re-check as it lies in the inbox.
func lookAgain(t *testing.T, group string, due time.Time, try int, hints ...decide.Hint) []byte {
	t.Helper()
	b, err := EncodeRecheck(due, Request{Group: group, Try: try, Hints: hints})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestAReCheckBecomesARequestWithAllThatItCarries(t *testing.T) {
	t.Parallel()
	h, p := handler()
	if errs := route(t, h, lookAgain(t, "web", p.now, 2, ready)); errs[0] != nil {
		t.Fatal(errs[0])
	}
	r := requests(t, p)[0]
	if !slices.Equal(p.work, []string{"web"}) || r.Group != "web" || r.Cause != "recheck" || r.Try != 2 || !slices.Equal(r.Hints, []decide.Hint{ready}) {
		t.Errorf("work for %v, %+v", p.work, r)
	}
	if len(p.lookedUp) > 0 {
		t.Errorf("asked for %v: it names its group", p.lookedUp)
	}
	p.failAt, h.Actor = "web", nil
	if errs := route(t, h, lookAgain(t, "web", p.now, 2, ready)); errs[0] == nil {
		t.Error("a re-check that cannot be sent on is lost")
	}
}

// The work queue takes equal keys within five minutes for one request: of a group and a due time one look is enough, but no look of
// another time, nor any that brings something with it, may be swallowed.
func TestReChecksAreOneWhereGroupAndDueTimeAre(t *testing.T) {
	t.Parallel()
	slot := time.Date(2026, 11, 2, 9, 0, 10, 0, time.UTC)
	plain := lookAgain(t, "web", slot, 0)
	for _, c := range []struct {
		name string
		body []byte
		same bool
	}{
		{"the same group and slot", plain, true},
		{"the same moment, told in another zone", lookAgain(t, "web", slot.In(time.FixedZone("", 3600)), 0), true},
		{"the next slot of the group", lookAgain(t, "web", slot.Add(10*time.Second), 0), false},
		{"a moment later", lookAgain(t, "web", slot.Add(1), 0), false},
		{"another group in the slot", lookAgain(t, "api", slot, 0), false},
		{"after a failure", lookAgain(t, "web", slot, 1), true},
		{"with a hint", lookAgain(t, "web", slot, 0, ready), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h, p := handler()
			route(t, h, plain, c.body)
			if (p.keys[0] == p.keys[1]) != c.same {
				t.Errorf("keys %q, want the same: %t", p.keys, c.same)
			}
		})
	}
}

func TestWhatAReCheckBringsIsNotTakenForAnothers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		body func(group string) []byte
	}{
		{"with a hint", func(group string) []byte {
			return lookAgain(t, group, time.Date(2026, 11, 2, 9, 0, 10, 0, time.UTC), 0, ready)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h, p := handler()
			send := func(id, group string) string {
				h.Route(context.Background(), []Message{{ID: id, Body: c.body(group)}})
				return p.keys[len(p.keys)-1]
			}
			first := send("m-1", "web")
			if send("m-1", "web") != first {
				t.Error("the same message, delivered twice, is two requests")
			}
			if send("m-2", "web") == first {
				t.Error("another message is taken for the same")
			}
			if send("m-1", "api") == first {
				t.Error("another group's is taken for the same")
			}
		})
	}
}

func TestARequestHasTheSameKeyInWhateverOrderItWasHeard(t *testing.T) {
	t.Parallel()
	h, p := handler()
	p.groups = map[string]string{here: "web", there: "web"}
	one, other := reported(t, message.Terminating, here, good), reported(t, message.Terminating, there, good)
	route(t, h, one, other)
	route(t, h, other, one)
	if len(p.keys) != 2 || p.keys[0] != p.keys[1] {
		t.Errorf("keys %q: published again, it would be worked on again", p.keys)
	}
	if len(p.keys[0]) != 64 || strings.Trim(p.keys[0], "0123456789abcdef") != "" {
		t.Errorf("key %q: a deduplication id has 128 characters at most, letters, digits and punctuation", p.keys[0])
	}
}

func TestOfTwoThatCannotBeSentTogetherOneIsSent(t *testing.T) {
	t.Parallel()
	h, p := handler()
	p.groups = map[string]string{here: "web", there: "web"}
	p.refuse, h.Actor = func(body []byte) bool { return strings.Contains(string(body), there) }, nil
	if errs := route(t, h, []byte(interruption(t, here)), []byte(interruption(t, there))); errs[0] != nil || errs[1] == nil || len(p.work) != 1 {
		t.Errorf("errors %v, work for %v: want that of the second alone", errs, p.work)
	}
}

func TestWhatIsSentByItselfIsSentOnce(t *testing.T) {
	t.Parallel()
	h, p := handler()
	p.groups, p.failAt, h.Actor = map[string]string{here: "web"}, "web", nil
	if errs := route(t, h, []byte(interruption(t, here))); errs[0] == nil || len(p.asked) != 1 {
		t.Errorf("error %v, %d requests: the queue delivers the message again anyway", errs[0], len(p.asked))
	}
}

func TestChangesWhoseLookCannotBeScheduledComeAgain(t *testing.T) {
	t.Parallel()
	h, p := handler()
	p.groups = map[string]string{here: "web", there: "web"}
	p.fail["later"] = errors.New("out of reach")
	errs := route(t, h, []byte(change(t, here)), []byte(change(t, there)))
	if errs[0] == nil || errs[1] == nil || len(p.later) != 1 {
		t.Errorf("errors %v after %d looks: want both messages again, for one look", errs, len(p.later))
	}
}

func TestWhoeverListensHearsEveryNote(t *testing.T) {
	t.Parallel()
	h, p := handler()
	var log bytes.Buffer
	h.Log = zerolog.New(&log)
	p.groups = map[string]string{here: "web"}
	var told []string
	h.Tell = func(n Note) {
		told = append(told, fmt.Sprintf("%s %s %s", n.At.Format(time.TimeOnly), n.Kind, n.Instance))
	}
	route(t, h, []byte(interruption(t, here)), []byte(interruption(t, there)))
	if want := []string{"09:00:00 heard " + here, "09:00:00 ignored " + there}; !slices.Equal(told, want) {
		t.Errorf("told are %q, want %q", told, want)
	}
	var levels []string
	for _, l := range lines(t, log.String()) {
		levels = append(levels, l[:strings.Index(l, ":")])
	}
	if want := []string{"info heard web", "debug ignored "}; !slices.Equal(levels, want) {
		t.Errorf("logged are %q, want %q: every instance of the account changes state", levels, want)
	}
}
