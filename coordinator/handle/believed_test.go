package handle

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/smithy-go"

	"autospotting/coordinator/ledger"
	"autospotting/pkg/message"
)

var (
	refusal  = &smithy.GenericAPIError{Code: "InvalidInstanceID.NotFound", Message: "does not exist", Fault: smithy.FaultClient}
	throttle = &smithy.GenericAPIError{Code: "Throttling", Message: "Rate exceeded", Fault: smithy.FaultClient}
)

// failing answers err where all of ids are asked for in one call.
func failing(err error, ids ...string) func([]string) error {
	return func(asked []string) error {
		if slices.Equal(asked, ids) {
			return err
		}
		return nil
	}
}

// first gives the error of the first that has one.
func first(of ...func([]string) error) func([]string) error {
	return func(ids []string) error {
		for _, f := range of {
			if err := f(ids); err != nil {
				return err
			}
		}
		return nil
	}
}

// An unsigned notice is believed where its spot request says the same, and comes again where that could not be asked.
func TestAnUnsignedNoticeIsNeverLostForTheSakeOfAnother(t *testing.T) {
	t.Parallel()
	both := [][]string{{here, there}}
	for _, c := range []struct {
		name   string
		check  func([]string) error
		asked  [][]string
		work   []string
		failed []bool // the message of here, of there
	}{
		{"both are answered", failing(nil), both, []string{"web"}, []bool{false, false}},
		{"no answer", failing(errors.New("time-out"), here, there), both, nil, []bool{true, true}},
		{"AWS asks for patience", failing(throttle, here, there), both, nil, []bool{true, true}},
		{"one is refused, the other is answered", first(failing(refusal, here, there), failing(refusal, there)), [][]string{{here, there}, {here}, {there}}, []string{"web"}, []bool{false, false}},
		{"one is refused, the other is not answered", first(failing(refusal, here, there), failing(refusal, there), failing(throttle, here)), [][]string{{here, there}, {here}, {there}}, nil, []bool{true, false}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h, p := handler()
			p.groups, p.taken, p.check = map[string]string{here: "web", there: "api"}, map[string]bool{here: true}, c.check
			p.fail["later"] = errors.New("out of reach") // else it is asked again in a moment
			errs := route(t, h, reported(t, message.Terminating, here, ""), reported(t, message.Terminating, there, "bad"))
			if !slices.EqualFunc(p.checked, c.asked, slices.Equal) || !slices.Equal(p.work, c.work) {
				t.Errorf("asked for %v, work for %v; want %v and %v", p.checked, p.work, c.asked, c.work)
			}
			if got := []bool{errs[0] != nil, errs[1] != nil}; !slices.Equal(got, c.failed) {
				t.Errorf("errors %v, want some: %v", errs, c.failed)
			}
		})
	}
}

// The same for groups: an instance of which AWS could not be asked is none that is in no group.
func TestAMessageWhoseGroupCouldNotBeLookedUpComesAgain(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		lookup func([]string) error
		asked  [][]string
		work   []string
		failed []bool
	}{
		{"no answer", failing(errors.New("time-out"), here, there), [][]string{{here, there}}, nil, []bool{true, true}},
		{"one is refused, the other is not answered", first(failing(refusal, here, there), failing(refusal, there), failing(throttle, here)), [][]string{{here, there}, {here}, {there}}, nil, []bool{true, false}},
		{"one is refused, the other is answered", first(failing(refusal, here, there), failing(refusal, there)), [][]string{{here, there}, {here}, {there}}, []string{"web"}, []bool{false, false}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h, p := handler()
			p.groups, p.lookup = map[string]string{here: "web"}, c.lookup
			p.fail["later"] = errors.New("out of reach")
			outcomes, errs := h.Route(context.Background(), []Message{{ID: "1", Body: []byte(interruption(t, here))}, {ID: "2", Body: []byte(interruption(t, there))}})
			if errs[0] != nil && len(outcomes[0].Notes) > 0 {
				t.Errorf("what was not looked up is told to be %q", texts(outcomes[0]))
			}
			if !slices.EqualFunc(p.lookedUp, c.asked, slices.Equal) || !slices.Equal(p.work, c.work) {
				t.Errorf("asked for %v, work for %v; want %v and %v", p.lookedUp, p.work, c.asked, c.work)
			}
			if got := []bool{errs[0] != nil, errs[1] != nil}; !slices.Equal(got, c.failed) {
				t.Errorf("errors %v, want some: %v", errs, c.failed)
			}
		})
	}
}

func TestAnInstanceThatAWSRefusesIsAskedForOnce(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		body []byte
	}{
		{"its group", []byte(interruption(t, here))},
		{"its spot request", reported(t, message.Terminating, here, "")},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h, p := handler()
			p.lookup, p.check = failing(refusal, here), failing(refusal, here)
			if errs := route(t, h, c.body); errs[0] != nil || len(p.asked) > 0 || len(p.lookedUp)+len(p.checked) != 1 {
				t.Errorf("error %v, asked for groups %v and spot requests %v", errs[0], p.lookedUp, p.checked)
			}
		})
	}
}

func TestAnEventThatNamesItsGroupNeedsNoLookup(t *testing.T) {
	t.Parallel()
	h, p := handler()
	route(t, h, []byte(enveloped(t, topics.Events, `{"id":"e","detail-type":"EC2 Instance Launch Successful","detail":{"AutoScalingGroupName":"web","EC2InstanceId":"`+here+`"}}`)))
	if len(p.lookedUp) > 0 || len(p.later) != 1 {
		t.Errorf("asked for %v, later %v: want one look at web", p.lookedUp, p.later)
	}
}

// A group is what AWS says, never what a report calls its own: that is the sender's word.
func TestAReportIsOfTheGroupThatItsInstanceIsIn(t *testing.T) {
	t.Parallel()
	h, p := handler()
	p.groups = map[string]string{here: "web"}
	r := message.New(message.Ready, message.Source{Instance: here, Group: "victim"}, p.now, time.Time{})
	r.Identity = message.Identity{Document: "{}", Signature: good}
	body, err := r.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if route(t, h, []byte(enveloped(t, topics.Reports, string(body)))); !slices.Equal(p.work, []string{"web"}) {
		t.Errorf("work for %v, want web", p.work)
	}
}

func TestWhoIsNotBelievedIsTold(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		kind     message.Kind
		sign     string
		verifier bool
		note     string
		said     string
	}{
		{"a forged word", message.Ready, "bad", true, "untrusted", "(ready): forged: dropped, nothing changed"},
		{"a forged notice", message.Terminating, "bad", true, "untrusted", ": forged: its spot request is asked"},
		{"a word where no certificate is known", message.Ready, good, false, "untrusted", "(ready): no certificates are configured: dropped, nothing changed"},
		{"a recommendation, though it is signed", message.Rebalance, good, true, "ignored", "(rebalance): often followed by nothing, so it is not acted on"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h, _ := handler()
			if !c.verifier {
				h.Verifier = nil
			}
			outcomes, _ := h.Route(context.Background(), []Message{{ID: "m", Body: reported(t, c.kind, here, c.sign)}})
			n := outcomes[0].Notes[0]
			if n.Kind != c.note || n.Instance != here || !strings.HasSuffix(n.Text, c.said) || !strings.HasPrefix(n.Text, outcomes[0].ID) {
				t.Errorf("told is %+v, want a note %q that ends with %q", n, c.note, c.said)
			}
		})
	}
}

func TestAnUnconfirmedNoticeIsTold(t *testing.T) {
	t.Parallel()
	h, _ := handler()
	outcomes, errs := h.Route(context.Background(), []Message{{ID: "m", Body: reported(t, message.Terminating, here, "")}})
	got := texts(outcomes[0])
	if len(got) != 2 || errs[0] != nil || !strings.HasSuffix(got[1], "neither signed nor confirmed by a spot request, nothing changed") || outcomes[0].Notes[1].Instance != here {
		t.Errorf("told is %q, %v", got, errs[0])
	}
}

// reading counts what is read, and fails where it is told to.
type reading struct {
	*ledger.Memory
	read []string
	err  error
}

func (r *reading) Get(ctx context.Context, group string) (ledger.Record, error) {
	r.read = append(r.read, group)
	if r.err != nil {
		return ledger.Record{}, r.err
	}
	return r.Memory.Get(ctx, group)
}

func TestEveryWordIsHeardOnceByWhoWaitsForIt(t *testing.T) {
	t.Parallel()
	at := time.Unix(1, 0)
	for _, c := range []struct {
		name string
		said ledger.Said
		kind message.Kind
		told bool
	}{
		{"hello", ledger.Said{}, message.Hello, true}, {"hello again", ledger.Said{Hello: at}, message.Hello, false},
		{"started", ledger.Said{Hello: at}, message.Started, true}, {"started again", ledger.Said{Started: at}, message.Started, false},
		{"started, of one that was ready and is up", ledger.Said{Hello: at, Ready: at}, message.Started, false}, {"hello of one", ledger.Said{Ready: at}, message.Hello, false},
		{"ready", ledger.Said{Started: at}, message.Ready, true}, {"ready again", ledger.Said{Ready: at}, message.Ready, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h, p := handler()
			p.groups = map[string]string{here: "web"}
			rec := ledger.Record{Group: "web", Said: map[string]ledger.Said{here: c.said}}
			if _, err := p.ledger.Put(context.Background(), rec); err != nil {
				t.Fatal(err)
			}
			outcomes, _ := h.Route(context.Background(), []Message{{ID: "m", Body: reported(t, c.kind, here, good)}})
			if (len(p.work) == 1) != c.told {
				t.Errorf("work for %v, want some: %t", p.work, c.told)
			}
			last := outcomes[0].Notes[len(outcomes[0].Notes)-1]
			want := "ignored: " + string(c.kind) + " of " + here + ": known already, or of an instance that nothing waits for"
			if told := last.Kind + ": " + last.Text; (told == want) == c.told || last.Group != "web" || last.Instance != here {
				t.Errorf("told is %+v", last)
			}
		})
	}
}

func TestADrainIsHeardOfByWhoAskedForIt(t *testing.T) {
	t.Parallel()
	until := time.Unix(2_000_000_000, 0).UTC()
	open := ledger.Drain{At: until.Add(-time.Hour), Until: until}
	done, given := open, open
	done.Done, given.Over = until, until
	for _, c := range []struct {
		name string
		rec  ledger.Record
		kind message.Kind
		told bool
	}{
		{"a handler that is new", ledger.Record{Group: "web"}, message.CanDrain, true},
		{"one that is known", ledger.Record{Group: "web", CanDrain: map[string]time.Time{here: until}}, message.CanDrain, false},
		{"an answer", ledger.Record{Group: "web", Drains: map[string]ledger.Drain{here: open}}, message.Drained, true},
		{"an answer for the second time", ledger.Record{Group: "web", Drains: map[string]ledger.Drain{here: done}}, message.Drained, false},
		{"an answer that comes too late", ledger.Record{Group: "web", Drains: map[string]ledger.Drain{here: given}}, message.Drained, false},
		{"an answer to another ask", ledger.Record{Group: "web", Drains: map[string]ledger.Drain{here: {At: until, Until: until.Add(time.Hour)}}}, message.Drained, false},
		{"an answer of one whom nobody asked", ledger.Record{Group: "web"}, message.Drained, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h, p := handler()
			p.groups = map[string]string{here: "web"}
			if _, err := p.ledger.Put(context.Background(), c.rec); err != nil {
				t.Fatal(err)
			}
			deadline := time.Time{}
			if c.kind == message.Drained {
				deadline = until
			}
			r := message.New(c.kind, message.Source{Instance: here}, until.Add(-time.Minute), deadline)
			r.Identity = message.Identity{Document: "{}", Signature: good}
			body, err := r.Encode()
			if err != nil {
				t.Fatal(err)
			}
			h.Route(context.Background(), []Message{{ID: "m", Body: body}})
			if (len(p.work) == 1) != c.told {
				t.Fatalf("work for %v, want some: %t", p.work, c.told)
			}
			if c.told && c.kind == message.Drained {
				if hint := requests(t, p)[0].Hints[0]; !hint.Deadline.Equal(until) || !hint.Trusted {
					t.Errorf("%+v", hint)
				}
			}
		})
	}
	h, p := handler() // nobody knows the group yet: it says so again
	p.groups = map[string]string{here: "web"}
	if route(t, h, reported(t, message.CanDrain, here, good)); len(p.work) != 0 {
		t.Errorf("work for %v", p.work)
	}
}

func TestARecordIsReadOnceForABatchAndWhereItCannotBeReadAllIsHeard(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		err   error
		hints int
	}{{"it can be read, and nobody waits", nil, 0}, {"it cannot be read", errors.New("time-out"), 2}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h, p := handler()
			p.groups = map[string]string{here: "web", there: "web"}
			r := &reading{Memory: p.ledger, err: c.err}
			if _, err := r.Put(context.Background(), ledger.Record{Group: "web"}); err != nil {
				t.Fatal(err)
			}
			h.Ledger = r
			errs := route(t, h, reported(t, message.Ready, here, good), reported(t, message.Ready, there, good))
			hints := 0
			for _, q := range requests(t, p) {
				hints += len(q.Hints)
			}
			if hints != c.hints || errs[0] != nil || errs[1] != nil || len(r.read) != 1 {
				t.Errorf("%d hints, read %v, %v; want %d hints of one read", hints, r.read, errs, c.hints)
			}
		})
	}
}
