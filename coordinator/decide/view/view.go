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
	all        []Instance // by id, each once
	ids        []string   // of them
	live       []Instance
}

// Of judges reads made at now against the record. The instances stay the reads' own where they are in order of id: nobody may change them meanwhile.
func Of(now time.Time, reads Reads, rec *ledger.Record) *View {
	v := &View{Now: now, Group: reads.Group, Unread: reads.Unread, activities: reads.Activities, rec: rec, all: inOrder(reads.Instances)}
	v.ids = make([]string, len(v.all))
	present := 0
	for n := range v.all {
		v.ids[n] = v.all[n].ID
		if v.all[n].Present() {
			present++
		}
	}
	switch present {
	case 0:
		return v
	case len(v.all):
		v.live = v.all[:present:present]
		return v
	}
	v.live = make([]Instance, 0, present)
	for n := range v.all {
		if v.all[n].Present() {
			v.live = append(v.live, v.all[n])
		}
	}
	return v
}

// inOrder gives the instances in order of id, of those with one id the last.
func inOrder(list []Instance) []Instance {
	ordered := true
	for n := 1; n < len(list); n++ {
		ordered = ordered && list[n-1].ID < list[n].ID
	}
	if ordered {
		return list
	}
	byID := make(map[string]int, len(list))
	for n := range list {
		byID[list[n].ID] = n
	}
	sorted := make([]Instance, 0, len(byID))
	for _, id := range slices.Sorted(maps.Keys(byID)) {
		sorted = append(sorted, list[byID[id]])
	}
	return sorted
}

// Since is how long ago that was.
func (v *View) Since(t time.Time) time.Duration { return v.Now.Sub(t) }

// Instance finds an instance; false where no read shows it.
func (v *View) Instance(id string) (Instance, bool) {
	if n, seen := slices.BinarySearch(v.ids, id); seen {
		return v.all[n], true
	}
	return Instance{}, false
}

// Get is Instance where it does not matter whether it is seen: then it is empty.
func (v *View) Get(id string) Instance { return *v.get(id) }

var unseen Instance

// get is Get without a copy, to be read only.
func (v *View) get(id string) *Instance {
	if n, seen := slices.BinarySearch(v.ids, id); seen {
		return &v.all[n]
	}
	return &unseen
}

// IDs lists the instances that reads show, in order.
func (v *View) IDs() []string { return v.ids }

// Live lists the members that are not on their way out, and were not taken out of service by their owner, in order of id. The list is to be read only.
func (v *View) Live() []Instance { return v.live }

// Undescribed counts the members of which EC2 shows nothing: launched a moment ago, as a rule.
func (v *View) Undescribed() int {
	n := 0
	for _, i := range v.all {
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
	i, seen := v.Instance(id)
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
	i := v.get(id)
	return i.Member && !i.Leaving()
}

// Ended tells whether the instance is known to be gone.
func (v *View) Ended(id string) bool {
	i, seen := v.Instance(id)
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
