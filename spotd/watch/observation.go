package watch

import (
	"time"

	"autospotting/pkg/message"
)

// Settings are what the operator chose.
type Settings struct {
	// Grace is the time from the instance's launch (its pendingTime) until it
	// counts as ready.
	Grace time.Duration
	// Poll is the time between two looks at the notice.
	Poll time.Duration
	// Probe says that an application's probe decides: Started is reported when it
	// passes, Ready by Settle after that, and Grace does not count.
	Probe bool
	// Settle is the time from the probe's success until Ready; only with Probe.
	Settle time.Duration
}

// Application is what the probe found, see [Observation].
type Application int

// The zero value is Waiting. What was once found stays, whatever later
// observations say; only Booting is over once something else is found.
const (
	Waiting Application = iota // not passed yet, or nobody asks
	Up                         // the probe passed
	Overdue                    // it did not in time, and the owner said to be ready all the same
	Booted                     // nobody asks, and the boot is over without errors
	Booting                    // nobody asks, and the boot is known to be under way
	Faulty                     // nobody asks, and the boot is under way no more; it had errors, or nobody can tell
)

// Identity is what does not change during an instance's life.
type Identity struct {
	From message.Source
	// Proof is the signed document; empty where the metadata has none.
	Proof message.Identity
	// PendingTime is when the instance was launched or last started, from the
	// identity document; zero if unknown.
	PendingTime time.Time
}

// Restored is what an earlier run on the same instance left.
type Restored struct {
	// Said holds the keys (see [Key]) of the reports that were made already.
	Said []string
	// Started is when Started was reported of a probe; zero if it was not.
	Started time.Time
}

// Presence tells absence from ignorance: a metadata service that does not
// answer has not said that there is no notice.
type Presence int

// The zero value is Unknown.
const (
	Unknown Presence = iota // timeout, refusal, 5xx
	Absent                  // 404
	Present
)

// Item is one metadata item as it was seen.
type Item struct {
	Presence Presence
	Body     string    // as served; only with Present
	At       time.Time // when, by the service's own clock; zero if it did not say
}

// Seen returns an item that is present.
func Seen(body string) Item { return Item{Presence: Present, Body: body} }

// Observation is one look at the metadata (EC2 User Guide, "Instance metadata
// categories"). The zero value knows nothing.
type Observation struct {
	SpotAction           Item // spot/instance-action
	Rebalance            Item // events/recommendations/rebalance
	Maintenance          Item // events/maintenance/scheduled
	TargetLifecycleState Item // autoscaling/target-lifecycle-state
	// Legacy is spot/termination-time, which is only asked for where SpotAction
	// could not be had.
	Legacy Item
	// Tags is tags/instance, and Ask the tag below it by which the coordinator asks for a drain. Nobody asks for them where there is no drain handler.
	Tags, Ask Item
	// Application is not of the metadata: what the probe has found.
	Application Application
	// Membership is not of the metadata either: what the bootstrap says.
	Membership Membership
}
