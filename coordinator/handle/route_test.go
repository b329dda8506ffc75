package handle

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/smithy-go"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/ledger"
	"autospotting/pkg/message"
)

const (
	here  = "i-00000000000000001"
	there = "i-00000000000000002"
	loose = "i-00000000000000003"
)

// reported is a report as it comes through its topic; the signature good verifies.
func reported(t *testing.T, kind message.Kind, instance, signature string) []byte {
	t.Helper()
	at := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	var deadline time.Time
	if kind == message.Terminating {
		deadline = at.Add(2 * time.Minute)
	}
	r := message.New(kind, message.Source{Instance: instance, Group: strings.Repeat("<", message.MaxName)}, at, deadline)
	r.Identity = message.Identity{Document: "{}", Signature: signature}
	if kind == message.Terminating {
		r.Action = message.ActionTerminate
	}
	b, err := r.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return []byte(enveloped(t, topics.Reports, string(b)))
}

func route(t *testing.T, h *Handler, bodies ...[]byte) []error {
	t.Helper()
	var messages []Message
	for i, b := range bodies {
		messages = append(messages, Message{ID: fmt.Sprint(i), Body: b})
	}
	_, errs := h.Route(context.Background(), messages)
	return errs
}

func requests(t *testing.T, p *parts) (out []Request) {
	t.Helper()
	for _, b := range p.asked {
		var r Request
		if err := json.Unmarshal(b, &r); err != nil {
			t.Fatal(err)
		}
		out = append(out, r)
	}
	return out
}

func TestWhatIsUnsignedCostsNoCall(t *testing.T) {
	t.Parallel()
	h, p := handler()
	h.Ledger = nil // asked for anything, it would panic
	p.groups = map[string]string{here: "web"}
	for _, err := range route(t, h, reported(t, message.Hello, here, ""), reported(t, message.Started, here, "bad"), reported(t, message.Ready, here, ""),
		reported(t, message.Rebalance, here, ""), reported(t, message.Rebalance, here, good), reported(t, message.Maintenance, here, good)) {
		if err != nil {
			t.Error(err)
		}
	}
	if len(p.lookedUp)+len(p.checked)+len(p.asked)+len(p.later) > 0 {
		t.Errorf("asked for groups %v, requests %v, work %q", p.lookedUp, p.checked, p.asked)
	}
}

func TestAnUnsignedNoticeCostsOneLookAtItsSpotRequest(t *testing.T) {
	t.Parallel()
	h, p := handler()
	p.groups = map[string]string{here: "web", there: "web"}
	p.taken = map[string]bool{there: true}
	route(t, h, reported(t, message.Terminating, here, ""))
	if !slices.EqualFunc(p.checked, [][]string{{here}}, slices.Equal) || len(p.lookedUp)+len(p.asked) > 0 {
		t.Errorf("of a notice that EC2 does not confirm: checked %v, looked up %v, work %q", p.checked, p.lookedUp, p.asked)
	}
	route(t, h, reported(t, message.Terminating, there, "bad"))
	got := requests(t, p)
	if len(got) != 1 || len(got[0].Hints) != 1 || got[0].Hints[0].Trusted || got[0].Hints[0].Instance != there {
		t.Errorf("of one that EC2 confirms: %+v", got)
	}
}

func TestAWSGoesFirstThenWhatIsSignedThenTheRest(t *testing.T) {
	t.Parallel()
	h, p := handler()
	p.groups = map[string]string{here: "signed", there: "aws", loose: "unsigned"}
	p.taken = map[string]bool{loose: true}
	tick := enveloped(t, topics.Events, `{"id":"t","detail-type":"Scheduled Event","detail":{}}`)
	route(t, h, []byte(tick), reported(t, message.Terminating, loose, ""), reported(t, message.Ready, here, good), reported(t, message.Terminating, here, good), []byte(interruption(t, there)))
	if want := []string{"aws", "signed", "signed", "unsigned"}; len(p.work) < 4 || !slices.Equal(p.work[:4], want) {
		t.Errorf("work for %v, want %v and then the tick's", p.work, want)
	}
	if want := [][]string{{there}, {here}, {loose}}; len(p.lookedUp) != 3 || !slices.EqualFunc(p.lookedUp, want, slices.Equal) {
		t.Errorf("looked up %v, want %v", p.lookedUp, want)
	}
	if r := requests(t, p); r[1].Hints[0].Kind != decide.HeardTerminating || r[2].Hints[0].Kind != decide.HeardReady {
		t.Errorf("the notice does not go before the word: %+v", r[1:3])
	}
}

func TestALookupThatIsRefusedFailsNobodyElse(t *testing.T) {
	t.Parallel()
	refused := &smithy.GenericAPIError{Code: "ValidationError", Message: "1 validation error detected", Fault: smithy.FaultClient}
	for _, c := range []struct {
		name   string
		err    error
		groups []string // that are asked for
		failed int
	}{
		{"one id at fault", refused, []string{"signed"}, 0},
		{"AWS asks for patience", &smithy.GenericAPIError{Code: "Throttling", Message: "Rate exceeded", Fault: smithy.FaultClient}, nil, 2},
		{"the credentials are old", &smithy.GenericAPIError{Code: "ExpiredToken", Message: "expired", Fault: smithy.FaultClient}, nil, 2},
		{"no answer", errors.New("time-out"), nil, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h, p := handler()
			p.groups = map[string]string{here: "signed", there: "aws"}
			p.fail["later"] = errors.New("out of reach") // else it is asked again in a moment
			p.lookup = func(ids []string) error {
				if slices.Contains(ids, loose) {
					return c.err
				}
				return nil
			}
			failed := 0
			for _, err := range route(t, h, reported(t, message.Terminating, loose, good), reported(t, message.Terminating, here, good), []byte(interruption(t, there))) {
				if err != nil {
					failed++
				}
			}
			if want := append([]string{"aws"}, c.groups...); !slices.Equal(p.work, want) || failed != c.failed {
				t.Errorf("work for %v, %d messages come again; want %v and %d", p.work, failed, want, c.failed)
			}
		})
	}
}

func TestWhatCannotBeSentTogetherIsSentOneByOne(t *testing.T) {
	t.Parallel()
	h, p := handler()
	p.groups = map[string]string{here: "web", there: "web", loose: "web"}
	p.refuse, h.Actor = func(body []byte) bool { return strings.Contains(string(body), there) }, nil
	errs := route(t, h, []byte(interruption(t, here)), []byte(interruption(t, there)), []byte(interruption(t, loose)))
	if errs[0] != nil || errs[1] == nil || errs[2] != nil {
		t.Errorf("errors %v: want that of the second alone", errs)
	}
	if len(p.work) != 2 {
		t.Errorf("work for %v, want two of three", p.work)
	}
}

func TestAReportThatIsSaidAgainIsTheSameRequest(t *testing.T) {
	t.Parallel()
	h, p := handler()
	p.groups = map[string]string{here: "web", there: "web"}
	route(t, h, reported(t, message.Terminating, here, good))
	again := message.New(message.Terminating, message.Source{Instance: here}, p.now.Add(time.Minute), p.now.Add(time.Hour))
	again.Action, again.Identity = message.ActionTerminate, message.Identity{Document: "{}", Signature: good}
	body, err := again.Encode()
	if err != nil {
		t.Fatal(err)
	}
	route(t, h, []byte(enveloped(t, topics.Reports, string(body))), []byte(enveloped(t, topics.Reports, string(body))))
	route(t, h, reported(t, message.Terminating, there, good))
	if len(p.keys) != 3 || p.keys[0] != p.keys[1] || p.keys[1] == p.keys[2] {
		t.Errorf("keys %v: want the first two equal, and the third another", p.keys)
	}
	if r := requests(t, p); len(r[1].Hints) != 1 {
		t.Errorf("said twice in one batch it is %+v", r[1].Hints)
	}
}

func TestAWordThatTellsNothingKeepsNoGroupBusy(t *testing.T) {
	t.Parallel()
	long := ledger.Said{Hello: time.Unix(1, 0), Started: time.Unix(1, 0), Ready: time.Unix(1, 0)}
	for _, c := range []struct {
		name   string
		record ledger.Record
		tells  bool
	}{
		{"known already", ledger.Record{Said: map[string]ledger.Said{here: long}}, false},
		{"of an instance that nothing waits for", ledger.Record{Intents: []ledger.Intent{{Instance: there}}}, false},
		{"hello was heard and ready not yet", ledger.Record{Said: map[string]ledger.Said{here: {Hello: time.Unix(1, 0)}}}, true},
		{"of a launch", ledger.Record{Intents: []ledger.Intent{{Instance: here}}}, true},
		{"of a launch that was not answered, perhaps", ledger.Record{Intents: []ledger.Intent{{}}}, true},
		{"of a replacement", ledger.Record{Books: books.Edited(func(k *books.Stored) {
			k.Pairs = []books.StoredDebt{{Phase: books.Attached, Intent: books.StoredLaunch{Instance: here}}}
		})}, true},
		{"of a replacement that is watched", ledger.Record{Watched: map[string]ledger.Watch{here: {At: time.Unix(1, 0)}}}, true},
		{"of a replacement that has paid", ledger.Record{Proving: map[string]time.Time{here: time.Unix(1, 0)}}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h, p := handler()
			c.record.Group = "web"
			if _, err := p.ledger.Put(context.Background(), c.record); err != nil {
				t.Fatal(err)
			}
			p.groups = map[string]string{here: "web"}
			if errs := route(t, h, reported(t, message.Ready, here, good)); errs[0] != nil || (len(p.work) == 1) != c.tells {
				t.Errorf("work for %v, %v; want some: %t", p.work, errs[0], c.tells)
			}
		})
	}
	h, p := handler()
	p.groups = map[string]string{here: "web"}
	if route(t, h, reported(t, message.Ready, here, good)); len(p.work) != 1 {
		t.Error("a group without a record does not hear what is said")
	}
}

func TestTheLargestRequestFitsItsQueue(t *testing.T) {
	t.Parallel()
	h, p := handler()
	group := strings.Repeat("<", message.MaxName)
	p.groups = map[string]string{}
	var bodies [][]byte
	for i := range 10 {
		id := fmt.Sprintf("i-%017x", i)
		p.groups[id] = group
		bodies = append(bodies, reported(t, message.Terminating, id, good))
	}
	route(t, h, bodies...)
	if len(p.asked) != 1 || len(p.asked[0]) > 8*1024 || strings.Contains(string(p.asked[0]), `\u003c`) {
		t.Errorf("%d requests, the first of %d bytes", len(p.asked), len(p.asked[0]))
	}
}

func TestStrangersWordsDoNotFillTheLog(t *testing.T) {
	t.Parallel()
	h, p := handler()
	said := 0
	h.Tell = func(n Note) { said = max(said, len(n.Text)) }
	long := strings.Repeat("x", 200*1024)
	for _, body := range []string{long, `{"detail-type":"` + long + `"}`, `{"version":1,"kind":"` + long + `"}`, `{"version":` + strings.Repeat("9", 2000) + `}`,
		`{"version":1,"kind":"ready","id":"` + long + `","at":"` + long + `","from":{"instance":"` + long + `"}}`, `{"recheck":` + strings.Repeat("9", 2000) + `}`} {
		route(t, h, []byte(enveloped(t, topics.Reports, body)))
		route(t, h, []byte(enveloped(t, topics.Events, body)), []byte(body))
	}
	if said > 700 || len(p.lookedUp) > 0 {
		t.Errorf("a note of %d bytes; looked up %v", said, p.lookedUp)
	}
}
