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

	"autospotting/coordinator/decide"
	"autospotting/coordinator/ledger"
)

func ticked(t *testing.T) []byte {
	return []byte(enveloped(t, topics.Events, `{"id":"t-1","detail-type":"Scheduled Event","detail":{}}`))
}

// listing is a ledger that knows some groups.
type listing struct {
	*ledger.Memory
	groups []string
	calm   ledger.Calm // of each
	err    error
}

func (l listing) Calm(context.Context) (map[string]ledger.Calm, error) {
	if l.err != nil {
		return nil, l.err
	}
	calm := map[string]ledger.Calm{}
	for _, g := range l.groups {
		calm[g] = l.calm
	}
	return calm, nil
}

func TestATickForOneGroupAsksForItAtOnce(t *testing.T) {
	t.Parallel()
	h, p := handler()
	p.enabled, p.ours = []string{"web"}, nil
	outcomes, errs := h.Route(context.Background(), []Message{{ID: "m", Body: ticked(t)}})
	if errs[0] != nil || !slices.Equal(p.work, []string{"web"}) || len(p.later) > 0 {
		t.Fatalf("work for %v, later %v, %v: want web at once", p.work, p.later, errs[0])
	}
	if string(p.asked[0]) != `{"group":"web","cause":"tick"}` {
		t.Errorf("asked for %s", p.asked[0])
	}
	if got := texts(outcomes[0]); !slices.Equal(got, []string{"heard: tick: 1 of 1 groups have something to do"}) || outcomes[0].ID != "t-1" || outcomes[0].What != "Scheduled Event" {
		t.Errorf("told is %q of %+v", got, outcomes[0])
	}
	route(t, h, ticked(t))
	if p.keys[0] != p.keys[1] {
		t.Error("the same tick, delivered twice, is two requests")
	}
	route(t, h, []byte(strings.Replace(string(ticked(t)), "t-1", "t-2", 1)))
	if p.keys[0] == p.keys[2] {
		t.Error("the next tick would be swallowed as the same request")
	}
}

func TestATickAsksForEachGroupOnceWhoeverNamesIt(t *testing.T) {
	t.Parallel()
	h, p := handler()
	p.enabled, p.ours = []string{"c", "a"}, []string{"b", "a"}
	h.Ledger = listing{groups: []string{"a", "c", "d"}}
	if errs := route(t, h, ticked(t)); errs[0] != nil {
		t.Fatal(errs[0])
	}
	got := slices.Clone(p.work)
	for _, b := range p.bodies {
		e, err := Decode(b, topics)
		if err != nil || len(e.Hints) > 0 || e.Try != 0 {
			t.Errorf("%s is read as %+v, %v", b, e, err)
		}
		got = append(got, e.Group)
	}
	slices.Sort(got)
	if !slices.Equal(got, []string{"a", "b", "c", "d"}) {
		t.Errorf("asked for %q, want each of a, b, c and d once", got)
	}
}

func TestATickSpreadsTheGroupsOverTwoMinutesEachInItsOwnSecond(t *testing.T) {
	t.Parallel()
	h, p := handler()
	p.enabled, p.ours = nil, nil
	for i := range 500 {
		p.enabled = append(p.enabled, fmt.Sprintf("group-%d", i))
	}
	if errs := route(t, h, ticked(t)); errs[0] != nil {
		t.Fatal(errs[0])
	}
	seconds := map[time.Duration]int{0: len(p.work)}
	for _, d := range p.later {
		seconds[d]++
	}
	most := 0
	for d, n := range seconds {
		if most = max(most, n); d < 0 || d >= 120*time.Second || d%time.Second != 0 {
			t.Errorf("%d groups are held back for %s", n, d)
		}
	}
	if len(seconds) < 100 || most > 20 {
		t.Errorf("500 groups fall into %d seconds, %d into one", len(seconds), most)
	}
	first := slices.Clone(p.later)
	p.later = nil
	if route(t, h, ticked(t)); !slices.Equal(p.later, first) {
		t.Error("at the next tick the groups have other seconds")
	}
}

// One list that fails passes nobody over whom another one names; only where all fail the tick comes again.
func TestATickLooksAtTheGroupsThatItCanList(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		fail []string
		want int // groups that are looked at
	}{{[]string{"enabled"}, 2}, {[]string{"ours"}, 2}, {[]string{"known"}, 3}, {[]string{"enabled", "known"}, 2}, {[]string{"enabled", "ours", "known"}, 0}} {
		t.Run(strings.Join(c.fail, " and "), func(t *testing.T) {
			t.Parallel()
			h, p := handler()
			failure := errors.New("Throttling")
			for _, list := range c.fail {
				p.fail[list] = failure
				if list == "known" {
					h.Ledger = listing{err: failure}
				}
			}
			outcomes, errs := h.Route(t.Context(), []Message{{ID: "t", Body: ticked(t)}})
			if got := len(p.work) + len(p.later); got != c.want {
				t.Errorf("%d groups are looked at, want %d", got, c.want)
			}
			if c.want == 0 && (!errors.Is(errs[0], failure) || !strings.Contains(errs[0].Error(), "tick t-1")) || c.want > 0 && errs[0] != nil {
				t.Errorf("error %v", errs[0])
			}
			if told := strings.Join(texts(outcomes[0]), "\n"); strings.Count(told, "not all groups could be listed: Throttling") != len(c.fail) {
				t.Errorf("told is %q", told)
			}
		})
	}
}

// A group that is for long as it was when nothing was left to do for it is passed over, unless its prices are due and tempt.
func TestATickPassesOverWhatIsCalm(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		change  func(*parts, *ledger.Calm)
		looks   bool
		tempted bool
	}{
		{"as it was", func(*parts, *ledger.Calm) {}, false, false},
		{"described otherwise", func(p *parts, _ *ledger.Calm) { p.prints = map[string]string{"web": "other"} }, true, false},
		{"not described", func(p *parts, c *ledger.Calm) { c.Print = "" }, true, false},
		{"calm for a moment", func(p *parts, c *ledger.Calm) { c.Since = p.now.Add(time.Second - decide.CalmAfter) }, true, false},
		{"something in its record is over", func(p *parts, c *ledger.Calm) { c.Until = p.now }, true, false},
		{"something will be", func(p *parts, c *ledger.Calm) { c.Until = p.now.Add(time.Second) }, false, false},
		{"nothing known", func(_ *parts, c *ledger.Calm) { *c = ledger.Calm{} }, true, false},
		{"its prices are due, and do not tempt", func(p *parts, _ *ledger.Calm) { p.now = due(p.now) }, false, true},
		{"they tempt", func(p *parts, _ *ledger.Calm) { p.now, p.tempting = due(p.now), true }, true, true},
		{"they are due, and nothing of ours is there", func(p *parts, c *ledger.Calm) { p.now, p.tempting, c.Ours = due(p.now), true, false }, false, false},
		{"its hour of the day", func(p *parts, _ *ledger.Calm) {
			for !decide.LookDue("web", p.now) {
				p.now = p.now.Add(time.Minute)
			}
		}, true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h, p := handler()
			p.enabled, p.ours, p.now = []string{"web"}, nil, undue(p.now)
			calm := ledger.Calm{Print: "web", Since: p.now.Add(-time.Hour), Ours: true}
			c.change(p, &calm)
			h.Ledger = listing{groups: []string{"web"}, calm: calm}
			errs := route(t, h, ticked(t))
			if got := len(p.work) > 0; errs[0] != nil || got != c.looks || len(p.tempted) > 0 != c.tempted {
				t.Errorf("looked at: %t, asked for prices %v, %v", got, p.tempted, errs[0])
			}
		})
	}
}

// due is the first minute from then on in which the prices of web are, and it is not looked at anyway; undue one in which they are not.
func due(at time.Time) time.Time {
	for !decide.PricesDue("web", at) || decide.LookDue("web", at) {
		at = at.Add(time.Minute)
	}
	return at
}

func undue(at time.Time) time.Time {
	for decide.PricesDue("web", at) {
		at = at.Add(time.Minute)
	}
	return at
}

// What AWS takes while both channels are silent is told to its group by a tick.
func TestATickTellsGroupsWhatAWSTakes(t *testing.T) {
	t.Parallel()
	h, p := handler()
	p.enabled, p.ours = []string{"web"}, nil
	taken := func(id string, ago time.Duration) decide.Hint {
		return decide.Hint{Kind: decide.HeardTerminating, Instance: id, At: p.now.Add(-ago), Trusted: true, Source: "spot request status instance-terminated-no-capacity"}
	}
	p.takes = []decide.Hint{taken("i-0", 10*time.Second), taken("i-1", time.Minute), taken("i-2", takenFor+time.Second), taken("i-3", 0)}
	p.groups = map[string]string{"i-0": "web", "i-1": "web", "i-2": "web"}
	errs := route(t, h, ticked(t))
	if errs[0] != nil || !slices.Equal(p.work, []string{"web", "web"}) {
		t.Fatalf("work for %v, %v", p.work, errs[0])
	}
	var r Request
	if err := json.Unmarshal(p.asked[0], &r); err != nil || len(r.Hints) != 2 || r.Hints[0] != p.takes[0] || r.Hints[1] != p.takes[1] {
		t.Errorf("told is %s, %v", p.asked[0], err)
	}
	p.fail["takes"] = errors.New("Throttling")
	outcomes, errs := h.Route(t.Context(), []Message{{ID: "t", Body: ticked(t)}})
	if told := strings.Join(texts(outcomes[0]), "\n"); errs[0] != nil || len(p.work) != 3 || !strings.Contains(told, "it is not known what AWS takes: Throttling") {
		t.Errorf("unread: %v, %q", errs[0], told)
	}
}

func TestATickThatCannotAskForOneGroupAsksForTheOthersAndComesAgain(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		fail func(*parts)
	}{
		{"the work queue", func(p *parts) { p.refuse = func([]byte) bool { return true } }},
		{"the inbox", func(p *parts) { p.fail["later"] = errors.New("out of reach") }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h, p := handler()
			p.enabled, p.ours = nil, nil
			for i := range 200 {
				p.enabled = append(p.enabled, fmt.Sprintf("group-%d", i))
			}
			c.fail(p)
			if errs := route(t, h, ticked(t)); errs[0] == nil || len(p.asked)+len(p.later) != 200 {
				t.Errorf("error %v after %d requests of 200", errs[0], len(p.asked)+len(p.later))
			}
		})
	}
}
