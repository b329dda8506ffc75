package invariant

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/ledger"
	"autospotting/pkg/cloudsim"
)

// Forgiveness is one row of the table of what is not held against the coordinator. Each says why nobody in its place could have known
// better. It counts as used only where the invariant would be broken without it.
type Forgiveness struct {
	Name      string
	Invariant string // that would be broken
	What      string // is forgiven
	Why       string // nobody could have known

	// One of these decides, by what the row is about. Moments are asked when an event broke the invariant. The others are asked at every
	// change of the group: by how much desired may be too low, or too high, from then on, and which MaxSize has to pass for the owner's.
	moment       func(*Checker, breach) bool
	below, above func(*Checker, change) int
	owners       func(*Checker, change, books.Lease) (int, bool)
}

// breach is an event by which we broke an invariant.
type breach struct {
	cloudsim.Event
	invariant string
	since     time.Time // when what is broken began to hold, where that may be too new to be known
}

// Forgivenesses is the table, in the order of the invariants.
var Forgivenesses = []Forgiveness{
	{
		Name: "unseen-change", Invariant: Capacity,
		What:   "A retirement of ours leaves too few in service.",
		Why:    "Somebody else changed the group after the last read that our call can rest on. AWS has no compare-and-set.",
		moment: func(c *Checker, b breach) bool { return c.justBefore(b.At, c.others) },
	},
	{
		Name: "fresh-notice", Invariant: Capacity,
		What:   "A retirement of ours leaves too few that AWS is not taking.",
		Why:    "AWS gave the notice after the last read that our call can rest on.",
		moment: func(c *Checker, b breach) bool { return !b.since.IsZero() && c.justBefore(b.At, b.since) },
	},
	{
		Name: "unseen-resize", Invariant: Debt,
		What:  "We take more off desired than we had added.",
		Why:   "Somebody else changed the group after the last read that our call can rest on.",
		below: (*Checker).unseenResize,
	},
	{
		Name: "over-max", Invariant: Debt,
		What:  "We take off desired what somebody else added above the owner's own MaxSize.",
		Why:   "That number was possible only because MaxSize was raised by us. MaxSize cannot be given back before desired fits it.",
		below: (*Checker).overMax,
	},
	{
		Name: "silent-naming", Invariant: Debt,
		What:  "We take off desired what became the owner's when they named the number that was there already.",
		Why:   "The group has nothing to do for it, so no scaling activity says whether desired was named or raised.",
		below: (*Checker).silentNaming,
	},
	{
		Name: "named-back", Invariant: Debt,
		What:  "We take off desired what became the owner's when they named another number and then the old one again.",
		Why:   "The group did nothing in between, so that it left no trace.",
		below: (*Checker).namedBack,
	},
	{
		Name: "clamped", Invariant: Debt,
		What:  "We take off desired what became somebody else's when they raised desired while we gave MaxSize back.",
		Why:   "The lower MaxSize sets desired back in the same moment. Before and after, it is read as what it was.",
		below: (*Checker).clamped,
	},
	{
		Name: "clamped-back", Invariant: Debt,
		What:  "We take off desired what became the owner's when they named another number while we gave MaxSize back.",
		Why:   "The lower MaxSize sets desired back to the old number before anybody could read the new one.",
		below: (*Checker).clampedBack,
	},
	{
		Name: "lowered", Invariant: Debt,
		What:  "What we added to desired stays in it.",
		Why:   "A policy lowered desired without naming a number. How much of ours it took cannot be told, and nothing is lowered on a guess.",
		above: (*Checker).lowered,
	},
	{
		Name: "constrained", Invariant: Debt,
		What:  "What we added to desired stays in it.",
		Why:   "The owner's MinSize or MaxSize moved desired. The scaling activity reads as if desired had been named.",
		above: (*Checker).constrained,
	},
	{
		Name: "grown", Invariant: Debt,
		What:  "What we added to desired stays in it.",
		Why:   "The group took a member after our last read. Where members that are terminating count, our new MaxSize was below their number and moved desired.",
		above: (*Checker).grown,
	},
	{
		Name: "attach-crossed", Invariant: Debt,
		What:  "What we added to desired by an attach stays in it.",
		Why:   "Somebody else changed desired in the same moment, or after an earlier sending of the attach that was not answered. Which of the two came first cannot be told.",
		above: (*Checker).attachCrossed,
	},
	{
		Name: "crossed", Invariant: MaxSize,
		What:   "The MaxSize that the owner set last is lost.",
		Why:    "They set it after the last read that our own change of MaxSize can rest on.",
		owners: (*Checker).maxCrossed,
	},
	{
		Name: "named-our-max", Invariant: MaxSize,
		What:   "The MaxSize that the owner set last is taken back.",
		Why:    "They set, while our read was on its way, the very number that we raised it to.",
		owners: (*Checker).namedOurMax,
	},
	{
		Name: "crossed-taken", Invariant: MaxSize,
		What:   "A MaxSize that we set stays, though it is not the owner's.",
		Why:    "The owner's last word crossed our call. The number that came of it may as well be theirs.",
		owners: (*Checker).crossedTaken,
	},
	{
		Name: "opted-out-unread", Invariant: Untouched,
		What:   "Spot is launched for who has a notice in a group that its owner has opted out.",
		Why:    "A notice is answered before anything is described, by what the last tick saw. The look that follows ends the instance.",
		moment: (*Checker).optedOutUnread,
	},
	{
		Name: "just-opted-out", Invariant: Untouched,
		What:   "Spot is launched for a group that its owner has opted out.",
		Why:    "The tag went after the launch was decided.",
		moment: func(c *Checker, b breach) bool { return b.Kind == cloudsim.Launched && c.heeded(b.At, b.since) },
	},
	{
		Name: "unseen-update", Invariant: Environment,
		What:   "Something is launched, attached or retired while an Elastic Beanstalk environment changes.",
		Why:    "The update began after the last read that our call can rest on. AWS has no compare-and-set.",
		moment: func(c *Checker, b breach) bool { return c.justBefore(b.At, b.since) },
	},
	{
		Name: "new-protection", Invariant: Untouched,
		What: "A member that its owner protects from scale-in is retired.",
		Why:  "It was protected after the last read that our call can rest on.",
		moment: func(c *Checker, b breach) bool {
			return b.Kind != cloudsim.Launched && !b.since.IsZero() && c.justBefore(b.At, b.since)
		},
	},
	{
		Name: "unseen-protection", Invariant: Untouched,
		What: "A member that its owner protects from scale-in is retired.",
		Why:  "Somebody else changed the group after the last read that our call can rest on, so that the group chose a victim itself.",
		moment: func(c *Checker, b breach) bool {
			return b.Kind != cloudsim.Launched && !b.since.IsZero() && c.justBefore(b.At, c.others)
		},
	},
	{
		Name: "new-floor", Invariant: Floor,
		What:   "Fewer stay on-demand than the owner keeps.",
		Why:    "The tag that says how many changed after the retirement was decided.",
		moment: func(c *Checker, b breach) bool { return c.heeded(b.At, c.wish.keepAt) },
	},
	{
		Name: "unseen-floor", Invariant: Floor,
		What:   "Fewer stay on-demand than the owner keeps.",
		Why:    "Somebody else changed the group after the retirement was decided.",
		moment: func(c *Checker, b breach) bool { return c.heeded(b.At, c.others) },
	},
	{
		Name: "restless", Invariant: Balance,
		What: "The zones are further apart than they were.",
		Why:  "Somebody else changed the group, or its owner a tag or a protection, after it was decided to attach the replacement, or so short before that no read need show it.",
		moment: func(c *Checker, b breach) bool {
			return b.since.Sub(c.others) <= c.race || b.since.Sub(c.movedAt) <= c.race || b.since.Sub(c.zones.owner) <= c.race
		},
	},
}

// justBefore tells whether t is so short before now that no read of ours need show what happened then.
func (c *Checker) justBefore(now, t time.Time) bool { return now.Sub(t) <= c.race }

// heeded tells whether t is so short before now that what was begun before may still be seen.
func (c *Checker) heeded(now, t time.Time) bool { return now.Sub(t) <= heed+c.race }

// forgives counts a use of the row. Where nobody else changes the group there is nothing to be forgiven: then it is a violation.
func (c *Checker) forgives(r *Forgiveness, what string) bool {
	if c.alone {
		c.report(r.Invariant, "%s (elsewhere forgiven as %s, but nobody else changes this group)", what, r.Name)
		return false
	}
	c.forgiven[r.Name]++
	return true
}

// Forgiven counts the uses of every row that was used.
func (c *Checker) Forgiven() map[string]int { return maps.Clone(c.forgiven) }

// Alone says that nobody else changes the group: from now on nothing is forgiven.
func (c *Checker) Alone() { c.alone = true }

// broken reports an invariant that an event of ours broke, unless a row forgives it.
func (c *Checker) broken(b breach, format string, args ...any) {
	what, tried := fmt.Sprintf(format, args...), []string(nil)
	for i := range Forgivenesses {
		r := &Forgivenesses[i]
		if r.Invariant != b.invariant || r.moment == nil {
			continue
		}
		if tried = append(tried, r.Name); r.moment(c, b) {
			c.forgives(r, what)
			return
		}
	}
	c.report(b.invariant, "%s%s", what, unforgiven(tried))
}

// unforgiven names the rows that do not hold.
func unforgiven(rows []string) string {
	if len(rows) == 0 {
		return ""
	}
	return "; not forgiven as " + strings.Join(rows, ", ")
}

// Summary gives counts of uses in one line, by name.
func Summary(uses map[string]int) string {
	if len(uses) == 0 {
		return "forgiven: nothing"
	}
	var out []string
	for _, name := range slices.Sorted(maps.Keys(uses)) {
		out = append(out, fmt.Sprintf("%s %d", name, uses[name]))
	}
	return "forgiven: " + strings.Join(out, ", ")
}

// remembered is the longest that a tick leaves a group unread: its interval, the spread of its groups, and a look.
const remembered = 8 * time.Minute

// optedOutUnread tells whether the launch answers a notice, and the owner opted out after a tick may last have read the group.
func (c *Checker) optedOutUnread(b breach) bool {
	rec, err := c.record()
	i, found := c.cloud.Instance(b.Instance)
	if err != nil || !found || b.At.Sub(b.since) > remembered {
		return false
	}
	return slices.ContainsFunc(rec.Intents, func(it ledger.Intent) bool {
		_, doomed := rec.Notices[it.Victim]
		return it.Launch.Nonce == i.Tags[tagLaunch] && it.Purpose == books.Replace && doomed
	})
}
