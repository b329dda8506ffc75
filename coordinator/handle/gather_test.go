package handle

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"testing"
	"time"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/ledger"
)

func interruption(t *testing.T, id string) string {
	return enveloped(t, topics.Events, `{"id":"e","detail-type":"EC2 Spot Instance Interruption Warning","detail":{"instance-id":"`+id+`","instance-action":"terminate"}}`)
}

func change(t *testing.T, id string) string {
	return enveloped(t, topics.Events, `{"id":"e","detail-type":"EC2 Instance State-change Notification","detail":{"instance-id":"`+id+`","state":"running"}}`)
}

func TestWhatABatchSaysOfAGroupIsOneRequestAndTicksComeLast(t *testing.T) {
	t.Parallel()
	h, p := handler()
	p.groups = map[string]string{"i-00000001": "web", "i-00000002": "web", "i-00000003": "api", "i-00000004": "web"}
	_, errs := h.Route(context.Background(), []Message{
		{ID: "t", Body: []byte(enveloped(t, topics.Events, `{"id":"t","detail-type":"Scheduled Event","detail":{}}`))},
		{ID: "1", Body: []byte(interruption(t, "i-00000001"))}, {ID: "2", Body: []byte(interruption(t, "i-00000002"))},
		{ID: "3", Body: []byte(interruption(t, "i-00000003"))}, {ID: "4", Body: []byte(change(t, "i-00000004"))}})
	for i, err := range errs {
		if err != nil {
			t.Errorf("message %d: %v", i, err)
		}
	}
	if len(p.work) < 2 || p.work[0] != "web" || p.work[1] != "api" {
		t.Fatalf("work for %v, want web and api before those of the tick", p.work)
	}
	var r Request
	if err := json.Unmarshal(p.asked[0], &r); err != nil || len(r.Hints) != 3 {
		t.Errorf("%s, %v: want three hints in one request", p.asked[0], err)
	}
}

func TestMereChangesAreLookedAtInTheNextSlot(t *testing.T) {
	t.Parallel()
	h, p := handler()
	p.now = p.now.Add(3 * time.Second)
	p.groups = map[string]string{"i-00000001": "web", "i-00000002": "web"}
	h.Route(context.Background(), []Message{{ID: "1", Body: []byte(change(t, "i-00000001"))}, {ID: "2", Body: []byte(change(t, "i-00000002"))}})
	if len(p.work) != 0 || len(p.later) != 1 || p.later[0] != 7*time.Second {
		t.Errorf("work for %v, later %v: want one look in 7 s", p.work, p.later)
	}
}

// meeting holds every launch until so many are under way.
type meeting struct {
	*parts
	here sync.WaitGroup
}

func (m *meeting) Apply(_ context.Context, _ string, a decide.Action, _ time.Time) decide.Result {
	if a.Kind == decide.LaunchOne {
		m.here.Done()
		m.here.Wait()
	}
	return decide.Result{Detail: a.Instance}
}

func TestLaunchesOfAPlanAreAskedForTogetherAndAnsweredInOrder(t *testing.T) {
	t.Parallel()
	h, p := handler()
	m := &meeting{parts: p}
	m.here.Add(3)
	h.Actor, h.Together = m, 3
	launch := func(id string) decide.Action {
		return decide.Action{Kind: decide.LaunchOne, Instance: id, Launch: &ledger.Launch{}}
	}
	left := []decide.Action{{Kind: decide.Protect, Instance: "p"}, launch("a"), launch("b"), launch("c"), launch("d"), {Kind: decide.Retire, Instance: "r"}}
	for _, want := range [][]string{{"p"}, {"a", "b", "c"}} {
		some := left[:h.together(left)]
		left = left[len(some):]
		var got []string
		for _, res := range h.call(context.Background(), "web", some, p.now) {
			got = append(got, res.Detail)
		}
		if !slices.Equal(got, want) {
			t.Errorf("called together: %v, want %v", got, want)
		}
	}
}
