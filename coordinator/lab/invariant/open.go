package invariant

import (
	"maps"
	"slices"
	"strings"
	"time"

	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/ledger"
)

// Bound is how long one kind of open thing may stand in a record without a break.
type Bound struct {
	Kind string
	Most time.Duration
	Why  string // what the product's own rules imply

	open func(ledger.Record) []string // the names of those that stand there
}

// Bounds is the table. Durations are far above what the rules need where all goes well, since ticks may be lost and capacity may still be
// missing. They count while the cloud is kind: no look succeeds where AWS answers nobody for half an hour.
var Bounds = []Bound{
	{"intent", time.Hour, "Given up after 5 minutes without an instance, and when the grace and the boot limit (15 minutes) are over; half an hour later where its victims are hosts to be drained. Its instance is then ended.", intents},
	{"attaching", 20 * time.Minute, "Undone after 10 minutes.", debts(books.Attaching)},
	{"undoing", 30 * time.Minute, "Asked for again every minute, and closed 5 minutes after the replacement is no member. Where it is one and is needed, or leaves by another hand, it is a debt like any other.", debts(books.Undoing)},
	{"debt", time.Hour, "Paid when the replacement serves. It waits 15 minutes for a victim where the group can launch none.",
		debts(books.Attaching, books.Attached, books.Paying, books.Undoing)},
	{"doubt", 15 * time.Minute, "Believed after half a minute, or explained by the activities within a minute. It ends with the last debt.",
		one(func(r ledger.Record) bool { return r.Books.Doubted() })},
	{"lease", 75 * time.Minute, "Given back when the last debt that needs the room is closed, and when desired fits again.",
		one(func(r ledger.Record) bool { return r.Books.Lease().Open() })},
	{"draining", 25 * time.Minute, "Its work has 15 minutes to end; then it takes work again.", draining},
	{"returned lease", 15 * time.Minute, "Forgotten a minute after it was given back, at the next tick.",
		one(func(r ledger.Record) bool { return r.Books.Lease().State == books.Restored })},
	{"retired", 15 * time.Minute, "Forgotten a minute after the retirement, at the next tick.", keys(func(r ledger.Record) map[string]time.Time { return r.Retired })},
	{"shield", 75 * time.Minute, "Taken off when the debt is closed.", keys(func(r ledger.Record) map[string]time.Time { return r.Shielded })},
	{"orphan", 20 * time.Minute, "Ended when it is seen twice, a minute apart.", keys(func(r ledger.Record) map[string]time.Time { return r.Orphans })},
	{"notice", 30 * time.Minute, "AWS takes the instance after 2 minutes; it is forgotten when it is gone, 5 minutes later at most.", keys(func(r ledger.Record) map[string]ledger.Notice { return r.Notices })},
	{"watched", 75 * time.Minute, "Up, or retired when the grace and the boot limit (15 minutes) are over.", keys(func(r ledger.Record) map[string]ledger.Watch { return r.Watched })},
	{"proving", 75 * time.Minute, "A replacement that serves for half an hour has lasted. Why one left is asked of the activities for an hour.", keys(func(r ledger.Record) map[string]time.Time { return r.Proving })},
	{"unconfirmed", 75 * time.Minute, "Counted for an hour.", unconfirmed},
	{"said", 2 * time.Hour, "Kept for an hour, and as long as its instance is a replacement.", keys(func(r ledger.Record) map[string]ledger.Said { return r.Said })},
	{"silence", 6 * time.Minute, "A look that takes nothing further says what is waited for, and there is one every 5 minutes.",
		one(func(r ledger.Record) bool {
			return r.Status.Waiting.For == "" && (len(r.Intents) > 0 || r.Books.Any() || r.Books.Lease().Open())
		})},
	{"short", 90 * time.Minute, "The group launches what it lacks, or it is filled after a minute, and after failures every quarter of an hour, spot and on-demand in turn; each time a newcomer is waited for.", one(func(r ledger.Record) bool { return !r.Short.IsZero() })},
}

func one(is func(ledger.Record) bool) func(ledger.Record) []string {
	return func(r ledger.Record) []string {
		if is(r) {
			return []string{""}
		}
		return nil
	}
}

func keys[V any](of func(ledger.Record) map[string]V) func(ledger.Record) []string {
	return func(r ledger.Record) []string { return slices.Sorted(maps.Keys(of(r))) }
}

func unconfirmed(r ledger.Record) []string {
	var out []string
	for _, at := range r.Unconfirmed {
		out = append(out, at.UTC().Format(time.TimeOnly))
	}
	return out
}

func draining(r ledger.Record) []string {
	var out []string
	for id, d := range r.Drains {
		if d.Draining() {
			out = append(out, id)
		}
	}
	return out
}

func intents(r ledger.Record) []string {
	var out []string
	for _, it := range r.Intents {
		out = append(out, it.Launch.Nonce)
	}
	return out
}

func debts(phases ...books.Phase) func(ledger.Record) []string {
	return func(r ledger.Record) []string {
		var out []string
		for _, d := range r.Books.Debts() {
			if slices.Contains(phases, d.Phase) {
				out = append(out, d.Name())
			}
		}
		return out
	}
}

// Kind says that from now on the cloud is kind: no API fails, nobody else interferes, and the group can launch.
func (c *Checker) Kind() { c.kindAt = c.cloud.Now() }

// openTooLong holds what stands in the record against the bounds. It goes by its own clock: a thing that is dated anew at every look stands
// there as long as any.
func (c *Checker) openTooLong(rec ledger.Record) {
	now, seen := c.cloud.Now(), map[string]bool{}
	for _, b := range Bounds {
		for _, name := range b.open(rec) {
			key := strings.TrimSpace(b.Kind + " " + name)
			seen[key] = true
			since, known := c.opened[key]
			if !known {
				since, c.opened[key] = now, now
			}
			if since.Before(c.kindAt) {
				since = c.kindAt
			}
			if !c.kindAt.IsZero() && now.Sub(since) > b.Most {
				c.report(Open, "%s is open since %s, and %s is the longest while the cloud is kind", key, since.UTC().Format(time.TimeOnly), b.Most)
				c.opened[key] = now
			}
		}
	}
	maps.DeleteFunc(c.opened, func(key string, _ time.Time) bool { return !seen[key] })
}
