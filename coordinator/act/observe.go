package act

import (
	"context"
	"fmt"
	"time"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/ledger"
)

// Observe reads all that a decision about the group depends on. It is an error where what identifies the group or its instances cannot be read; what
// else failed is named in the world's Missing (see Reads).
func (a *Actor) Observe(ctx context.Context, group string, rec ledger.Record, heard []decide.Hint) (decide.World, error) {
	w := decide.World{Now: a.Now(), Record: rec, Heard: heard}
	g, err := a.group(ctx, group)
	if err != nil {
		return w, err
	}
	g.memory = a.memoryOf(group)
	w.Group, w.Settings = g.world, g.settings
	if w.Instances, err = a.instances(ctx, group, g, rec, heard); err != nil {
		return w, err
	}
	last := a.lastCopy(ctx, group)
	a.enrich(ctx, &w, g.memory)
	a.balancers(ctx, &w, g.raw)
	a.placement(ctx, &w, g, last)
	if w.Glance = !a.Thorough && decide.Idle(w); !w.Glance {
		a.whatToLaunch(ctx, &w, g, last)
	}
	if !w.Glance {
		a.containers(ctx, &w)
	}
	if since, wanted := activitiesSince(w); wanted {
		err := a.within(ctx, func(ctx context.Context) (err error) { w.Activities, err = a.activities(ctx, group, since); return err })
		if err != nil {
			w.Unread = true
			missed(&w, "Auto Scaling.DescribeScalingActivities", err)
		}
	}
	w.Cached = g.memory.cached()
	if err := ctx.Err(); err != nil { // then all failed that was read last, which says nothing of AWS
		return w, fmt.Errorf("observe group %q: %w", group, err)
	}
	return w, nil
}

// whatToLaunch reads what only a group needs that has something to launch or to retire: template and market only where something may be launched.
func (a *Actor) whatToLaunch(ctx context.Context, w *decide.World, g described, last func() Copy) {
	a.zones(ctx, w, g.raw, last)
	a.surroundings(ctx, w, g, last)
	a.protections(ctx, w)
	if !decide.Launches(*w) {
		return
	}
	a.launchFrom(ctx, w, g, last)
	if a.Market == nil {
		a.catalog(ctx, w, last)
	} else {
		w.Catalog = a.Market(decideZones(w.Group), productOf(w.Instances))
	}
	a.wholeAccount(ctx, w, len(w.Heard) > 0)
	a.keepCopy(ctx, *w, g)
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
