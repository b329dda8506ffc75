package invariant

import (
	"maps"
	"slices"
	"strings"
	"time"

	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/ledger"
	"autospotting/pkg/cloudsim"
)

// quiet is how long nobody else may have changed the group for its balance to be all our doing.
const quiet = 5 * time.Minute

// zones is what the balance is judged by.
type zones struct {
	present   map[string]bool // members before this event
	spread    int             // theirs
	began     int             // the spread before the first of the exchanges that are under way: what they leave may be as far apart
	emergency time.Time       // when there was one last
	owner     time.Time       // when the owner last changed anything
}

// balance checks that what we attach and retire leaves zones no more than one apart, or as far as they were. In an emergency, and for a while
// after it, whatever can be had is taken; and of several exchanges at once the last one counts. The first event of a call shows all that it did, so that every event counts at which other
// members are present than before.
func (c *Checker) balance(ch change) {
	z := &c.zones
	now, moved := spread(ch.now), z.moved(ch.now)
	if c.emergency(ch, moved) {
		z.emergency = ch.At
	}
	if ch.Actor == "owner" {
		z.owner = ch.At
	}
	ex, last := c.exchanged(moved, ch.At)
	if ex.first {
		z.began = z.spread
	}
	if ch.mine && last && len(moved) > 0 && ex.attached.Sub(z.emergency) > quiet && now > max(1, z.spread, z.began) {
		c.broken(breach{Event: ch.Event, invariant: Balance, since: ex.attached}, "%s by %s put the zones %d apart (%s)", ch.Kind, ch.Actor, now, strings.Join(moved, ", "))
	}
	z.present, z.spread = presence(ch.now), now
}

// exchange is one that members come or go for: when it was decided to attach its replacement, and whether it is the first of several. What was attached for
// the zones of then may not fit those of later.
type exchange struct {
	attached time.Time
	first    bool
}

// exchanged finds the exchanges that these moves belong to, and whether they are the last: no other is under way, but one that begins by itself.
func (c *Checker) exchanged(moved []string, now time.Time) (exchange, bool) {
	ex := exchange{attached: now}
	rec, err := c.record()
	if err != nil {
		return ex, false
	}
	begun, others := 0, 0
	for _, d := range rec.Books.Debts() {
		s := d.Replacement.Instance
		switch {
		case slices.Contains(moved, d.Victim):
		case slices.Contains(moved, s):
			begun++
		default:
			others++
			continue
		}
		if d.At.Before(ex.attached) {
			ex.attached = d.At
		}
	}
	ex.first = begun > 0 && others == 0
	return ex, others == 0 && begun <= 1
}

// emergency tells whether AWS takes a member, one was lost, one that has never answered is handed to the group to replace, or there is an exchange that
// could not wait.
func (c *Checker) emergency(ch change, moved []string) bool {
	if answered, known := c.answered[ch.Instance]; ch.mine && ch.Kind == cloudsim.Terminating && known && !answered && !strings.Contains(ch.Text, "shrinking") {
		return true
	}
	if !ch.mine && slices.ContainsFunc(moved, func(id string) bool { return c.zones.present[id] }) {
		return true
	}
	if slices.ContainsFunc(ch.now.Members, func(m cloudsim.MemberView) bool { return !m.Instance.NoticeAt.IsZero() }) {
		return true
	}
	urgent := func(p books.Purpose) bool { return p == books.Replace || p == books.Fill }
	rec, err := c.record()
	return err != nil || slices.ContainsFunc(rec.Books.Debts(), func(d books.Debt) bool { return urgent(d.Replacement.Purpose) }) ||
		slices.ContainsFunc(rec.Intents, func(it ledger.Intent) bool { return urgent(it.Purpose) })
}

// moved lists the members that came or went since the last event.
func (z *zones) moved(g cloudsim.GroupView) []string {
	var out []string
	now := presence(g)
	for _, id := range slices.Sorted(maps.Keys(now)) {
		if !z.present[id] {
			out = append(out, id)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(z.present)) {
		if !now[id] {
			out = append(out, id)
		}
	}
	return out
}

// presence is the set of the members that are not on their way out.
func presence(g cloudsim.GroupView) map[string]bool {
	out := map[string]bool{}
	for _, m := range g.Members {
		if !leaving(m) {
			out[m.ID] = true
		}
	}
	return out
}

// spread is by how many members the fullest zone differs from the emptiest.
func spread(g cloudsim.GroupView) int {
	n := map[string]int{}
	for _, z := range g.Zones {
		n[z] = 0
	}
	for _, m := range g.Members {
		if !leaving(m) && m.State != "Standby" && (m.Instance.State == "pending" || m.Instance.State == "running") { // the group finds later that one has ended
			n[m.Zone]++
		}
	}
	lo, hi := -1, 0
	for _, k := range n {
		hi = max(hi, k)
		if lo < 0 || k < lo {
			lo = k
		}
	}
	return hi - lo
}
