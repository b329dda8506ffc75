package storm

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"time"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/handle"
	"autospotting/coordinator/lab/stage"
	"autospotting/coordinator/ledger"
	"autospotting/pkg/cloudsim"
	"autospotting/pkg/message"
)

func find(w decide.World, id string) (decide.Instance, bool) {
	i := slices.IndexFunc(w.Instances, func(i decide.Instance) bool { return i.ID == id })
	if i < 0 {
		return decide.Instance{}, false
	}
	return w.Instances[i], true
}

func retires(p *decide.Plan) bool {
	return slices.ContainsFunc(p.Actions, func(a decide.Action) bool { return a.Kind == decide.Retire })
}

// retire adds the payment of a debt to the plan.
func retire(w decide.World, p *decide.Plan, d books.Debt) {
	p.Record.Books.On(d.Name(), books.PaymentSent, w.Now)
	p.Actions = append(p.Actions, decide.Action{Kind: decide.Retire, Instance: d.Victim, Decrement: true, Why: "a mistake"})
}

func retireUnchecked(w decide.World, p *decide.Plan) {
	for _, d := range p.Record.Books.Debts() {
		v, ok := find(w, d.Victim)
		if d.Phase == books.Attached && ok && v.Member && !v.Leaving() && !retires(p) {
			retire(w, p, d)
		}
	}
}

func countDoomed(w decide.World, p *decide.Plan) {
	if w.Group.Desired != p.Record.Books.Due() || retires(p) {
		return
	}
	for _, d := range p.Record.Books.Debts() {
		serving := 0
		for _, i := range w.Instances {
			if i.Serving() && i.ID != d.Victim {
				serving++
			}
		}
		if v, ok := find(w, d.Victim); d.Phase == books.Attached && ok && v.Serving() && serving >= w.Group.Desired-1 {
			retire(w, p, d)
			return
		}
	}
}

func anyNewcomer(w *decide.World) {
	for _, d := range w.Record.Books.Debts() {
		if v, ok := find(*w, d.Victim); d.Owed() && (!ok || !v.Member || v.Leaving()) {
			w.Activities = append([]decide.Activity{{Instance: d.Victim, Kind: decide.Unhealthy, At: w.Now}}, slices.DeleteFunc(w.Activities, func(a decide.Activity) bool {
				return a.Instance == d.Victim || a.Kind == decide.Resize
			})...)
		}
	}
	w.Record.Books = w.Record.Books.Clone()
	w.Record.Books.Rebase(w.Group.Desired)
}

// renonce gives the launches of the plan another nonce.
func renonce(p *decide.Plan, name func(ledger.Intent) string) {
	for n := range p.Record.Intents {
		it := &p.Record.Intents[n]
		for a := range p.Actions {
			if l := p.Actions[a].Launch; l != nil && l.Nonce == it.Launch.Nonce {
				sum := sha256.Sum256([]byte(name(*it)))
				it.Launch.Nonce = hex.EncodeToString(sum[:16])
				it.Launch.Tags = maps.Clone(it.Launch.Tags)
				it.Launch.Tags[decide.TagLaunch] = it.Launch.Nonce
				launch := it.Launch
				p.Actions[a].Launch = &launch
			}
		}
	}
}

func tokenFromAttempt(_ decide.World, p *decide.Plan) {
	renonce(p, func(it ledger.Intent) string { return it.Victim + " attempt 1" })
}

func launchAgain(w decide.World, p *decide.Plan) {
	for _, h := range w.Heard {
		for _, it := range p.Record.Intents {
			if h.Kind != decide.HeardTerminating || it.Victim != h.Instance || it.Launch.Tags == nil { // a request that was answered is not kept
				continue
			}
			copied := decide.Plan{Record: ledger.Record{Intents: []ledger.Intent{it}}, Actions: []decide.Action{{Kind: decide.LaunchOne, Launch: &it.Launch, Why: "a mistake"}}}
			copied.Record.Intents[0].Instance = ""
			renonce(&copied, func(ledger.Intent) string { return fmt.Sprint(it.Launch.Nonce, w.Now) })
			p.Record.Intents = append(p.Record.Intents, copied.Record.Intents...)
			p.Actions = append(p.Actions, copied.Actions...)
			break
		}
	}
}

func restoreBlindly(w decide.World, p *decide.Plan) {
	l, debts := p.Record.Books.Lease(), p.Record.Books.Debts()
	raises := slices.ContainsFunc(p.Actions, func(a decide.Action) bool { return a.Kind == decide.RaiseMax || a.Kind == decide.RestoreMax })
	if l.State == books.Raised && !raises && len(debts) > 0 && debts[0].Owed() {
		p.Actions = append(p.Actions, decide.Action{Kind: decide.RestoreMax, Max: l.Owner, Why: "a mistake"})
	}
}

func takeOutAtOnce(w decide.World, p *decide.Plan) {
	for _, id := range slices.Sorted(maps.Keys(p.Record.Notices)) {
		n := p.Record.Notices[id]
		if i, ok := find(w, id); ok && i.Serving() && n.Released.IsZero() {
			n.Released = w.Now
			p.Record.Notices[id] = n
			p.Actions = append(p.Actions, decide.Action{Kind: decide.Retire, Instance: id, Why: "a mistake"})
		}
	}
}

func retireFirst(w decide.World, p *decide.Plan) {
	for _, it := range p.Record.Intents {
		if v, ok := find(w, it.Victim); it.Purpose == ledger.Swap && ok && v.Serving() {
			p.Actions = append(p.Actions, decide.Action{Kind: decide.Retire, Instance: v.ID, Decrement: true, Why: "a mistake"})
		}
	}
}

func allReady(w *decide.World) {
	said := maps.Clone(w.Record.Said)
	if said == nil {
		said = map[string]ledger.Said{}
	}
	for _, i := range w.Instances {
		if i.Ours && i.State == "running" {
			said[i.ID] = ledger.Said{Hello: w.Now, Started: w.Now, Ready: w.Now}
		}
	}
	w.Record.Said = said
}

func unprotected(w *decide.World) {
	for n := range w.Instances {
		w.Instances[n].Protected, w.Instances[n].Undeletable, w.Instances[n].Unchecked = false, false, false
	}
}

func countLeaving(w *decide.World) {
	for n := range w.Instances {
		if i := &w.Instances[n]; i.Leaving() && i.State == "running" {
			i.Lifecycle, i.Healthy = "InService", true
		}
	}
	w.Record.Retired = nil
}

func deaf(w *decide.World) {
	w.Heard = slices.DeleteFunc(slices.Clone(w.Heard), func(h decide.Hint) bool { return h.Kind == decide.HeardTerminating })
	for n := range w.Instances {
		w.Instances[n].SpotStatus = ""
	}
}

func countTwice(w decide.World, p *decide.Plan) {
	if debts := p.Record.Books.Debts(); len(debts) != 1 || debts[0].Phase != books.Attached {
		return
	}
	p.Record.Books.Edit(func(k *books.Stored) {
		twin := k.Pairs[0]
		twin.Victim = ""
		k.Pairs = append(k.Pairs, twin)
		k.Desired0--
	})
}

// sweepAtOnce needs no second look, nor a fresh one.
func sweepAtOnce(w *decide.World) {
	w.Cached = nil
	w.Record.Orphans = map[string]time.Time{}
	for _, i := range w.Instances {
		w.Record.Orphans[i.ID] = w.Now.Add(-time.Hour)
	}
}

func neverSweep(_ decide.World, p *decide.Plan) {
	p.Actions = slices.DeleteFunc(p.Actions, func(a decide.Action) bool {
		_, stray := p.Record.Orphans[a.Instance]
		return a.Kind == decide.Terminate && stray
	})
	p.Record.Orphans = nil
}

// oneZone moves every launch to the first zone.
func oneZone(w decide.World, p *decide.Plan) {
	zones := slices.Sorted(maps.Keys(w.Group.Subnets))
	for n := range p.Record.Intents {
		it := &p.Record.Intents[n]
		for a := range p.Actions {
			if l := p.Actions[a].Launch; l == nil || l.Nonce != it.Launch.Nonce {
				continue
			}
			it.Zone, it.Launch.Overrides = zones[0], slices.Clone(it.Launch.Overrides)
			for o := range it.Launch.Overrides {
				it.Launch.Overrides[o].Zone, it.Launch.Overrides[o].Subnet = zones[0], w.Group.Subnets[zones[0]]
			}
			launch := it.Launch
			p.Actions[a].Launch = &launch
		}
	}
}

// writeLate leaves out every write that comes before a call: what was planned is written with what the calls taught.
func writeLate(ctx context.Context, l handle.Ledger, r ledger.Record) (ledger.Record, error) {
	stored, err := l.Get(ctx, r.Group)
	if err != nil {
		return r, err
	}
	if debts := r.Books.Debts(); len(debts) > 0 && !stored.Books.Any() && debts[0].Phase == books.Attaching {
		return r, nil
	}
	return l.Put(ctx, r)
}

// keepDoubt writes the doubt that was there before.
func keepDoubt(ctx context.Context, l handle.Ledger, r ledger.Record) (ledger.Record, error) {
	stored, err := l.Get(ctx, r.Group)
	if err != nil || !stored.Books.Doubted() || r.Books.Doubted() {
		return l.Put(ctx, r)
	}
	r = r.Clone()
	r.Books.Edit(func(k *books.Stored) { k.Doubt = stored.Books.Store().Doubt })
	return l.Put(ctx, r)
}

// lateSpeaker is a spotd that counts the grace from its own start.
func lateSpeaker(s *stage.Stage, g *cloudsim.Guest) {
	on, aboard := stage.Board(g)
	if !aboard {
		return
	}
	g.After(on.Settings.Grace, func() {
		r := message.New(message.Ready, on.From, s.Cloud.Now().UTC().Truncate(time.Millisecond), time.Time{})
		r.Identity = on.Proof
		if body, err := r.Encode(); err == nil {
			_ = g.Publish(on.Settings.Topic, body)
		}
	})
}
