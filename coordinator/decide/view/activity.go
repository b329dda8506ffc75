package view

import (
	"slices"
	"strings"
	"time"

	"autospotting/coordinator/decide/books"
)

// ActivityKind classifies a scaling activity by its cause.
type ActivityKind string

// The kinds of scaling activities that matter to a debt.
const (
	UserShrink  ActivityKind = "user-shrink"  // retired by a request that lowered desired
	UserReplace ActivityKind = "user-replace" // retired by a request that kept desired
	Unhealthy   ActivityKind = "unhealthy"    // replaced after a failed health check or an interruption
	GroupTook   ActivityKind = "group-took"   // taken out by the group itself: scale-in, zone rebalancing
	Attach      ActivityKind = "attach"       // attached by request
	Resize      ActivityKind = "resize"       // desired was named by an owner or a schedule
	OtherChange ActivityKind = "other"
)

// Activity is one scaling activity.
type Activity struct {
	Instance string
	Kind     ActivityKind
	// At is when it began; for Resize when desired was named, which may be long before an instance followed.
	At     time.Time
	Failed bool
	// Ended is set where the group found the instance ended already, which does not say why it ended.
	Ended bool
	// Launching is set where the group launched, or tried to, whatever the cause.
	Launching bool
	// Desired is the capacity that the cause says desired was changed to, 0 if it says nothing of it. DesiredAt is when, which may be
	// before At; zero where it is not told.
	Desired   int
	DesiredAt time.Time
}

// named is when desired was changed.
func (a Activity) named() time.Time {
	if a.DesiredAt.IsZero() {
		return a.At
	}
	return a.DesiredAt
}

// Happened tells whether such an activity happened since the debt was opened; an empty id means any instance.
func (v *View) Happened(kind ActivityKind, id string, d books.Debt) bool {
	return v.HappenedSince(d.At.Add(-activitySkew), kind, id)
}

// HappenedBefore is Happened, also as long before the debt was opened as the read may have been old that it was opened on.
func (v *View) HappenedBefore(kind ActivityKind, id string, d books.Debt) bool {
	return v.HappenedSince(d.At.Add(-shownAfter), kind, id)
}

// FellThrough tells whether the debt's attach was answered and failed later, as its activity says.
func (v *View) FellThrough(d books.Debt) bool {
	return slices.ContainsFunc(v.activities, func(a Activity) bool {
		return a.Kind == Attach && a.Failed && a.Instance == d.Replacement.Instance && !a.At.Before(d.At.Add(-activitySkew))
	})
}

// HappenedSince tells whether such an activity happened since that time.
func (v *View) HappenedSince(since time.Time, kind ActivityKind, id string) bool {
	return slices.ContainsFunc(v.activities, func(a Activity) bool {
		return a.Kind == kind && !a.Failed && (id == "" || a.Instance == id) && !a.At.Before(since)
	})
}

// FellIll tells whether the instance was replaced since that time because it failed: a health check found it so, or it ended by itself. EC2 tells
// by its state reason where somebody ended it (EC2 API, StateReason).
func (v *View) FellIll(id string, since time.Time) bool {
	by := v.get(id).EndedBy
	itself := by != "" && by != "Client.UserInitiatedShutdown" && by != "Server.InsufficientInstanceCapacity" && !strings.HasPrefix(by, "Server.Spot")
	return slices.ContainsFunc(v.activities, func(a Activity) bool {
		return a.Kind == Unhealthy && a.Instance == id && !a.Failed && !a.At.Before(since) && (!a.Ended || itself)
	})
}

// Told tells whether any activity since that time tells why the instance left.
func (v *View) Told(id string, since time.Time) bool {
	return slices.ContainsFunc(v.activities, func(a Activity) bool { return a.Instance == id && a.Kind != Attach && !a.Failed && !a.At.Before(since) })
}

// Named tells whether desired was named since the debt's attach. A cause tells whole seconds: what was named in the second of the attach may have
// been named after it.
func (v *View) Named(d books.Debt) bool {
	return v.HappenedSince(v.AttachedAt(d).Truncate(time.Second), Resize, "")
}

// AttachedAt is when the debt's attach took effect: as the activities say, else when it was sent.
func (v *View) AttachedAt(d books.Debt) time.Time {
	for _, a := range v.activities {
		if a.Kind == Attach && a.Instance == d.Replacement.Instance {
			return a.At
		}
	}
	if d.Sent.IsZero() {
		return d.At
	}
	return d.Sent
}

// NamedBefore tells whether base is what desired had been changed to before the oldest open debt's attach, so late that the base that was taken
// when it was opened came from a read that was too old.
func (v *View) NamedBefore(base int) bool {
	debts := v.rec.Books.Debts()
	if len(debts) == 0 {
		return false
	}
	first := debts[0]
	return slices.ContainsFunc(v.activities, func(a Activity) bool {
		return a.Desired == base && base > 0 && a.named().Before(v.AttachedAt(first)) && first.At.Sub(a.named()) < shownAfter
	})
}

// LaunchFails tells whether the last launch that the group itself tried failed.
func (v *View) LaunchFails() bool {
	i := slices.IndexFunc(v.activities, func(a Activity) bool { return a.Launching })
	return i >= 0 && v.activities[i].Failed
}
