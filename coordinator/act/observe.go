package act

import (
	"context"
	"time"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/ledger"
)

// Observe reads all that a decision about the group depends on. What cannot be read is an error, but for what a
// decision can do without, which it is told.
func (a *Actor) Observe(ctx context.Context, group string, rec ledger.Record, heard []decide.Hint) (decide.World, error) {
	w := decide.World{Now: a.Now(), Record: rec, Heard: heard}
	g, err := a.group(ctx, group)
	if err != nil {
		return w, err
	}
	w.Group, w.Settings = g.world, g.settings
	if w.Instances, err = a.instances(ctx, group, g.raw.Instances, rec); err != nil {
		return w, err
	}
	if err := a.balancers(ctx, g.raw, w.Instances); err != nil {
		return w, err
	}
	if err := a.placement(ctx, &w.Group); err != nil && !denied(err) {
		return w, err
	}
	if w.Glance = decide.Idle(w); !w.Glance {
		if err := a.whatToLaunch(ctx, &w, g); err != nil {
			return w, err
		}
	}
	if since, wanted := activitiesSince(w); wanted {
		w.Activities, err = a.activities(ctx, group, since)
		w.Unread = err != nil
	}
	return w, nil
}

// whatToLaunch reads what only a group needs that has something to launch or to retire: template and market only where something may be launched.
func (a *Actor) whatToLaunch(ctx context.Context, w *decide.World, g described) (err error) {
	if w.Group.Subnets, err = a.subnets(ctx, g.raw); err != nil {
		return err
	}
	if err := a.surroundings(ctx, &w.Group); err != nil {
		return err
	}
	if err := a.protections(ctx, w.Instances, w.Record); err != nil {
		return err
	}
	if !decide.Launches(*w) {
		return nil
	}
	if w.Template, err = a.template(ctx, g); err != nil {
		return err
	}
	if w.Catalog, err = a.catalog(ctx, *w); err != nil { // nothing can be launched, but debts are paid and MaxSize is given back
		w.Unpriced = err.Error()
	}
	return nil
}

// shortMemory is how far back a group that lacks members is looked at for launches that failed, and how long before its oldest debt one
// that has some.
const shortMemory = 30 * time.Minute

// activitiesSince tells from when on the scaling activities are needed: while a pair is open, or the group is short.
func activitiesSince(w decide.World) (time.Time, bool) {
	if since, open := oldestPair(w.Record); open && w.Group.Found {
		return since.Add(-shortMemory), true
	}
	if since, gone := decide.LastProof(w); gone && w.Group.Found {
		return since, true
	}
	live := 0
	for _, i := range w.Instances {
		if i.Member && i.Live() && !i.Leaving() {
			live++
		}
	}
	return w.Now.Add(-shortMemory), w.Group.Enabled && live < w.Group.Desired
}

func oldestPair(rec ledger.Record) (time.Time, bool) {
	debts := rec.Books.Debts() // oldest first
	if len(debts) == 0 {
		return time.Time{}, false
	}
	return debts[0].At, true
}
