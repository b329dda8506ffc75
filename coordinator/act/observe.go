package act

import (
	"context"
	"fmt"
	"time"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/ledger"
)

// Observe reads all that a decision about the group depends on. It is an error where what identifies the group or its instances cannot be read; what
// else failed is named in the world's Missing (see Reads). The group comes first, then its instances, then all at once that these two have to be known for.
func (a *Actor) Observe(ctx context.Context, group string, rec ledger.Record, heard []decide.Hint) (decide.World, error) {
	w := decide.World{Now: a.Now(), Record: rec, Heard: heard}
	w.Scarce, _ = a.cache.scarce.get("")
	g, err := a.group(ctx, group)
	if err != nil {
		return w, err
	}
	g.memory = a.memoryOf(group)
	w.Group, w.Settings = g.world, g.settings
	if w.Instances, err = a.instances(ctx, group, g, rec, heard); err != nil {
		return w, err
	}
	if decide.AttachesUrgently(w) { // an attach that waits for no fresh look must still see what its owner released in the last minute
		g.memory.forget("EC2.DescribeLaunchTemplateVersions", "Auto Scaling.DescribeLaunchConfigurations")
	}
	if !a.Thorough && decide.Calm(w) {
		w.Group.Print = a.print(g.raw)
	}
	last := a.lastCopy(ctx, group)
	parts := append(a.enriching(w, g.memory), a.balancing(w, g.raw), a.placing(g, last))
	idle := !a.Thorough && decide.Idle(w)
	if !idle {
		parts = append(parts, a.surrounding(w, g, last)...)
	}
	a.beside(ctx, &w, append(parts, a.remembering(w, g.memory))...)
	w.Glance = idle && decide.Idle(w)
	if idle && !w.Glance {
		a.beside(ctx, &w, a.surrounding(w, g, last)...)
	}
	if !w.Glance {
		a.whatToLaunch(ctx, &w, g, last)
		a.containers(ctx, &w)
	}
	w.Cached = g.memory.cached()
	if err := ctx.Err(); err != nil { // then all failed that was read last, which says nothing of AWS
		return w, fmt.Errorf("observe group %q: %w", group, err)
	}
	a.keepSketch(ctx, w)
	if g.memory.tagged {
		a.cache.tagged.put(group, w.Now)
	}
	return w, nil
}

// reading is a part of a look: it reads, and changes nothing; what it gives puts into the world what came of it.
type reading func(ctx context.Context) func(w *decide.World)

// beside makes readings side by side. What came of them goes into the world in their order, whichever was done first.
func (a *Actor) beside(ctx context.Context, w *decide.World, parts ...reading) {
	came := make([]func(*decide.World), len(parts))
	calls := make([]func(), len(parts))
	for i, part := range parts {
		calls[i] = func() { came[i] = part(ctx) }
	}
	a.side(calls)
	for _, put := range came {
		if put != nil {
			put(w)
		}
	}
}

func (a *Actor) side(calls []func()) {
	if a.Side != nil && len(calls) > 1 {
		a.Side(calls...)
		return
	}
	for _, call := range calls {
		call()
	}
}

// surrounding reads what only a group needs that has something to launch or to retire, and what may speak against it.
func (a *Actor) surrounding(w decide.World, g described, last func() Copy) []reading {
	return append(a.surroundings(w, g, last), a.locating(w, g.raw, last), a.protecting(w))
}

// whatToLaunch reads template and market, where something may be launched.
func (a *Actor) whatToLaunch(ctx context.Context, w *decide.World, g described, last func() Copy) {
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

// remembering reads the scaling activities, where they are needed.
func (a *Actor) remembering(w decide.World, m *memory) reading {
	since, wanted := activitiesSince(w)
	if wanted && !m.anew && !a.Thorough && !decide.Asks(w) {
		m.note(decide.ReadActivities)
		wanted = false
	}
	return func(ctx context.Context) func(*decide.World) {
		if !wanted {
			return nil
		}
		var list []decide.Activity
		err := a.within(ctx, func(ctx context.Context) (err error) { list, err = a.activities(ctx, w.Group.Name, since); return err })
		return func(w *decide.World) {
			if w.Activities = list; err != nil {
				w.Unread = true
				missed(w, "Auto Scaling.DescribeScalingActivities", err)
			}
		}
	}
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
