package watch

import "time"

// Items is a set of metadata items that are looked at together, less often than
// the notice.
type Items int

// Each is one bit.
const (
	Targets Items = 1 << iota // rebalance recommendation, target life cycle state
	Events                    // scheduled maintenance
	Asks                      // the tag that asks for a drain
	Tags                      // whether the metadata has tags
)

// Schedule says when the slower items are due. What could not be read stays due.
// The zero value has everything due; intervals are set at the beginning.
type Schedule struct {
	// TargetsEvery and EventsEvery are the times between two looks.
	TargetsEvery, EventsEvery time.Duration
	targetsAt, eventsAt       time.Time
}

// Due returns what is to be looked at now. An item whose time comes before half
// of the next poll interval is due already: it is never late by jitter.
func (s *Schedule) Due(now time.Time, poll time.Duration) Items {
	var due Items
	now = now.Add(poll / 2)
	if !now.Before(s.targetsAt) {
		due |= Targets
	}
	if !now.Before(s.eventsAt) {
		due |= Events
	}
	return due
}

// Saw takes note of what a look at now brought in.
func (s *Schedule) Saw(now time.Time, o Observation) {
	if o.Rebalance.Presence != Unknown && o.TargetLifecycleState.Presence != Unknown {
		s.targetsAt = now.Add(s.TargetsEvery)
	}
	if o.Maintenance.Presence != Unknown {
		s.eventsAt = now.Add(s.EventsEvery)
	}
}
