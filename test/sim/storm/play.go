package storm

import (
	"context"
	"time"

	"autospotting/coordinator/lab/invariant"
)

// Result is what a simulation came to.
type Result struct {
	Script     Script
	Violations []invariant.Violation
	Story      []string
	Ledgers    []string
	// Forgiven counts what was not held against the coordinator, by the checker's rows.
	Forgiven map[string]int
}

// Failed tells whether a promise was broken, By the name of the first that was.
func (r Result) Failed() bool { return len(r.Violations) > 0 }

// By is the name of the first promise that was broken, empty if none was.
func (r Result) By() string {
	if len(r.Violations) == 0 {
		return ""
	}
	return r.Violations[0].Invariant
}

// How long it may take until all groups are what their owners want, once nothing is wrong any more: pauses, hold-offs and dwells
// double up to six hours.
const settleWithin = 14 * time.Hour

func (p *player) ctx() context.Context { return context.Background() }

// Play plays the script, with that mistake in the coordinator; a nil mutant is none. It ends with the first broken promise.
func Play(s Script, m *Mutant) (Result, error) { return PlayWith(s, m, func(*World) {}) }

// PlayWith is Play of a world in which something is prepared first.
func PlayWith(s Script, m *Mutant, prepare func(*World)) (Result, error) {
	w, err := New(s, m)
	if err != nil {
		return Result{}, err
	}
	defer w.Cloud.Close()
	prepare(w)
	p := &player{World: w, named: map[string]time.Time{}, protected: map[string]bool{}, work: map[string]string{}, shifted: map[string]bool{}}
	w.Cloud.OnCall(p.hook(true), p.hook(false))
	p.play(s)
	if r := (Result{Script: s, Violations: w.Violations(), Forgiven: w.Forgiven()}); !r.Failed() {
		if s.Tell {
			r.Story = w.Story(1 << 30)
		}
		return r, nil
	}
	most := 120
	if s.Tell {
		most = 1 << 30
	}
	r := Result{Script: s, Violations: w.Violations(), Forgiven: w.Forgiven(), Story: w.Story(most)}
	for _, g := range w.Groups {
		if b, err := w.Record(g).Encode(); err == nil {
			r.Ledgers = append(r.Ledgers, string(b))
		}
	}
	return r, nil
}

func (p *player) play(s Script) {
	begin := p.Cloud.Now()
	if p.track = s.Track; p.track > 0 {
		_ = p.Cloud.TrackTarget(p.Groups[0], p.track, 4.95*p.track)
	}
	if s.Calm {
		for _, c := range p.Checks {
			c.Calm()
		}
	}
	if s.Alone {
		for _, c := range p.Checks {
			c.Alone()
		}
	}
	p.out(s.Outage)
	for _, d := range s.Deeds {
		p.Run(begin.Add(d.At).Sub(p.Cloud.Now()))
		if p.Violated() {
			return
		}
		p.do(d)
	}
	p.Run(begin.Add(s.For).Sub(p.Cloud.Now()))
	p.calm(s.Small)
	for _, c := range p.Checks {
		c.Kind()
	}
	p.Until(settleWithin, p.AllSettled)
	p.Run(20 * time.Minute)
	p.Until(2*time.Hour, p.AllSettled) // an interruption that the storm had planned may still have come
	if !p.Violated() {
		p.end()
	}
}
