package handle

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"autospotting/coordinator/act"
	"autospotting/coordinator/decide"
	"autospotting/coordinator/ledger"
	"autospotting/pkg/message"
)

// parts is a handler on fakes that remember what they were asked.
type parts struct {
	now      time.Time
	later    []time.Duration
	bodies   [][]byte
	work     []string
	asked    [][]byte
	keys     []string
	refuse   func(body []byte) bool
	enabled  []string
	ours     []string
	lookedUp [][]string
	lookup   func(ids []string) error
	failAt   string // group whose work message cannot be sent
	groups   map[string]string
	observe  error
	applied  int
	ledger   *ledger.Memory
	checked  [][]string // spot requests that were asked for
	check    func(ids []string) error
	taken    map[string]bool
	takes    []decide.Hint // what AWS takes
	prints   map[string]string
	tempted  []string // groups of which it was asked
	tempting bool
	fast     bool // every observe sees a group with something to do
	fail     map[string]error
	barren   bool // launches bring nothing
}

func (p *parts) Later(_ context.Context, body []byte, d time.Duration) error {
	p.later, p.bodies = append(p.later, d), append(p.bodies, body)
	return p.fail["later"]
}

func (p *parts) Work(_ context.Context, group, key string, body []byte) error {
	p.asked, p.keys = append(p.asked, body), append(p.keys, key)
	if p.refuse != nil && p.refuse(body) {
		return errors.New("the queue does not take it")
	}
	if group == p.failAt {
		return errors.New("the queue is out of reach")
	}
	p.work = append(p.work, group)
	return nil
}

func (p *parts) Enabled(context.Context) ([]string, error) {
	return p.enabled, p.fail["enabled"]
}

func (p *parts) TakenSince(_ context.Context, since time.Time) ([]decide.Hint, error) {
	return slices.DeleteFunc(slices.Clone(p.takes), func(h decide.Hint) bool { return h.At.Before(since) }), p.fail["takes"]
}

// Survey has a fingerprint of each group that is enabled, its name, unless another one is set.
func (p *parts) Survey(_ context.Context, kept []string) (all []act.Surveyed, errs []error) {
	names := slices.Clone(kept)
	for list, of := range map[string][]string{"enabled": p.enabled, "ours": p.ours} {
		if err := p.fail[list]; err != nil {
			errs = append(errs, err)
			continue
		}
		names = append(names, of...)
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		all = append(all, act.Surveyed{Name: name, Print: cmp.Or(p.prints[name], name)})
	}
	return all, errs
}

func (p *parts) Tempting(_ context.Context, s act.Surveyed) bool {
	p.tempted = append(p.tempted, s.Name)
	return p.tempting
}

func (p *parts) GroupsOf(_ context.Context, ids []string) (map[string]string, error) {
	p.lookedUp = append(p.lookedUp, ids)
	if p.lookup != nil {
		if err := p.lookup(ids); err != nil {
			return nil, err
		}
	}
	return p.groups, nil
}

func (p *parts) Taken(_ context.Context, ids []string) (map[string]bool, error) {
	p.checked = append(p.checked, ids)
	if p.check != nil {
		if err := p.check(ids); err != nil {
			return nil, err
		}
	}
	return p.taken, nil
}

func (p *parts) Observe(_ context.Context, group string, rec ledger.Record, heard []decide.Hint) (decide.World, error) {
	w := decide.World{Now: p.now, Record: rec, Heard: heard, Group: decide.Group{Name: group, Found: true, Enabled: true}}
	if p.fast { // a stray that was seen long ago: one action every round
		w.Instances = []decide.Instance{{ID: "i-00000001", State: "running", Ours: true}}
		w.Record.Orphans = map[string]time.Time{"i-00000001": p.now.Add(-time.Hour)}
	}
	return w, p.observe
}

func (p *parts) Apply(_ context.Context, _ string, a decide.Action, _ time.Time) decide.Result {
	p.applied++
	var res decide.Result
	if a.Kind == decide.LaunchOne && !p.barren {
		for range max(a.Launch.Count, 1) {
			res.Launched = append(res.Launched, decide.LaunchedOne{ID: fmt.Sprintf("i-new%d", p.applied), Type: "m5.large", Zone: "a"})
		}
	}
	return res
}

func (p *parts) Refresh(string) {}

func (p *parts) VerifyReport(r message.Report) error {
	if r.Identity.Signature == good {
		return nil
	}
	return errors.New("forged")
}

// good is the signature that verifies.
const good = "good"

func handler() (*Handler, *parts) {
	p := &parts{now: time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC), enabled: []string{"b", "a"}, ours: []string{"a", "gone"}, groups: map[string]string{}, ledger: &ledger.Memory{}, fail: map[string]error{}}
	return &Handler{Actor: p, Groups: p, Ledger: p.ledger, Queues: p, Verifier: p, Topics: topics, Now: func() time.Time { return p.now }}, p
}

// quiet tells whether nothing was asked of anybody.
func (p *parts) quiet() bool {
	return len(p.lookedUp)+len(p.checked)+len(p.asked)+len(p.later)+p.applied == 0
}
