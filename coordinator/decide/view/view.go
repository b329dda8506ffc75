// Package view makes the world certain. Reads of AWS's APIs are eventually consistent: they need not show what AWS has confirmed to us, and one
// read may be older than the one before. All that is known of the age of reads is here: the rules ask what an instance is, whether the group's
// numbers can be counted on, and whether a call of ours would show by now. They hold no time spans of reads themselves.
package view

import (
	"maps"
	"slices"
	"time"

	"autospotting/coordinator/ledger"
)

// How old reads may be. Auto Scaling and EC2 document eventual consistency without a bound; these are far above what is observed
// (aws-facts.md 1.1, 2.3).
const (
	// shownAfter is when every read shows a call of ours.
	shownAfter = 60 * time.Second
	// mostlyAfter is when a read that shows nothing of the call any more is no accident: descriptions lag for seconds.
	mostlyAfter = 20 * time.Second
	// describedAfter is when a new instance that no read shows is given up.
	describedAfter = 5 * time.Minute
	// activitySkew is between our clock and that of the scaling activities.
	activitySkew = 2 * time.Second
)

// Reads is what the APIs said of a group.
type Reads struct {
	Group     Group
	Instances []Instance // the group's members and every instance that carries our group tag
	// Activities are the group's scaling activities, newest first; Unread tells that they were wanted and could not be read.
	Activities []Activity
	Unread     bool
}

// View is what is to be thought of the reads, given what the record says of our own calls. It follows the record: what a rule writes there
// counts at once.
type View struct {
	Now    time.Time
	Group  Group
	Unread bool

	activities []Activity
	rec        *ledger.Record
	byID       map[string]Instance
	ids        []string
	live       []Instance
}

// Of judges reads made at now against the record.
func Of(now time.Time, reads Reads, rec *ledger.Record) *View {
	v := &View{Now: now, Group: reads.Group, Unread: reads.Unread, activities: reads.Activities, rec: rec, byID: make(map[string]Instance, len(reads.Instances))}
	for _, i := range reads.Instances {
		v.byID[i.ID] = i
	}
	v.ids = slices.Sorted(maps.Keys(v.byID))
	for _, id := range v.ids {
		if i := v.byID[id]; i.Present() {
			v.live = append(v.live, i)
		}
	}
	return v
}

// Since is how long ago that was.
func (v *View) Since(t time.Time) time.Duration { return v.Now.Sub(t) }

// Instance finds an instance; false where no read shows it.
func (v *View) Instance(id string) (Instance, bool) {
	i, seen := v.byID[id]
	return i, seen
}

// Get is Instance where it does not matter whether it is seen: then it is empty.
func (v *View) Get(id string) Instance { return v.byID[id] }

// IDs lists the instances that reads show, in order.
func (v *View) IDs() []string { return v.ids }

// Live lists the members that are not on their way out, and were not taken out of service by their owner, in order of id.
func (v *View) Live() []Instance { return v.live }

// Undescribed counts the members of which EC2 shows nothing: launched a moment ago, as a rule.
func (v *View) Undescribed() int {
	n := 0
	for _, i := range v.byID {
		if i.Listed && i.State == "" && !i.Leaving() && !i.Resting() {
			n++
		}
	}
	return n
}

// Standing is what an instance is to a group.
type Standing string

// The standings.
const (
	Serving Standing = "serving" // in service, healthy, and running: it counts
	Booting Standing = "booting" // a member that does not serve yet, or not now
	Resting Standing = "resting" // in Standby: no capacity, and nobody's to retire
	Leaving Standing = "leaving" // the group has let it go
	Retired Standing = "retired" // we retired it lately, though the read may still show it in service
	Outside Standing = "outside" // in no group
	Foreign Standing = "foreign" // a member of another group
	Gone    Standing = "gone"    // ended: no later read will show it alive
	Unseen  Standing = "unseen"  // no read shows it
)

// Standing tells what an instance is to the group.
func (v *View) Standing(id string) Standing {
	i, seen := v.byID[id]
	switch {
	case !seen:
		return Unseen
	case i.Member && i.Leaving():
		return Leaving
	case v.Retired(id) && i.Member:
		return Retired
	case !i.Live():
		return Gone
	case i.Foreign:
		return Foreign
	case !i.Member:
		return Outside
	case i.Resting():
		return Resting
	case i.Serving():
		return Serving
	}
	return Booting
}

// Retired tells whether a retirement of the instance was confirmed lately.
func (v *View) Retired(id string) bool {
	_, done := v.rec.Retired[id]
	return done
}

// Stays tells whether the instance is a member that the group has not let go, as far as reads show.
func (v *View) Stays(id string) bool {
	i := v.byID[id]
	return i.Member && !i.Leaving()
}

// Ended tells whether the instance is known to be gone.
func (v *View) Ended(id string) bool {
	i, seen := v.byID[id]
	return seen && !i.Live()
}

// Pending counts the live members that do not serve (yet).
func (v *View) Pending() int {
	n := 0
	for _, i := range v.live {
		if !i.Serving() {
			n++
		}
	}
	return n
}
