package invariant

import (
	"testing"

	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/ledger"
	"autospotting/pkg/cloudsim"
)

// zoned is a checker of a group with these members, by id and zone, an hour after anything happened to it.
func zoned(t *testing.T, rec *ledger.Record) (*Checker, func(mine bool, members map[string]string)) {
	c := watched(t, rec)
	kind := cloudsim.SizeChanged
	show := func(mine bool, members map[string]string) {
		g := cloudsim.GroupView{Zones: []string{"a", "b", "c"}}
		for id, zone := range members {
			g.Members = append(g.Members, cloudsim.MemberView{ID: id, Zone: zone, State: "InService", Instance: cloudsim.InstanceView{State: "running"}})
		}
		c.balance(change{cloudsim.Event{At: c.cloud.Now(), Kind: kind, Actor: "coordinator"}, mine, c.was, g})
	}
	return c, show
}

func TestAnExchangeLeavesTheZonesAsTheyWere(t *testing.T) {
	t.Parallel()
	exchange := func(purpose books.Purpose, victim string) *ledger.Record {
		return &ledger.Record{Books: books.Edited(func(k *books.Stored) {
			k.Pairs = []books.StoredDebt{{Phase: books.Paying, At: begin.Add(quiet * 2), Victim: victim, Intent: books.StoredLaunch{Instance: "s", Purpose: purpose}}}
		})}
	}
	even := map[string]string{"1": "a", "2": "b", "3": "c"}
	uneven := map[string]string{"1": "a", "2": "a", "3": "b", "4": "a"}
	with := func(of map[string]string, zone string, without string) map[string]string {
		out := map[string]string{"s": zone}
		for id, z := range of {
			if id != without {
				out[id] = z
			}
		}
		return out
	}
	for _, tc := range []struct {
		name         string
		rec          *ledger.Record
		begin        map[string]string
		zone, victim string
		broken       bool
	}{
		{"in the victim's zone", exchange(books.Swap, "1"), even, "a", "1", false},
		{"in another zone", exchange(books.Swap, "2"), even, "a", "2", true},
		{"in an emergency", exchange(books.Replace, "2"), even, "a", "2", false},
		{"no worse than it was", exchange(books.Swap, "1"), uneven, "c", "1", false},
		{"worse than it was", exchange(books.Swap, "3"), uneven, "a", "3", true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c, show := zoned(t, tc.rec)
			c.cloud.RunUntil(begin)
			show(false, tc.begin)
			c.cloud.RunUntil(begin.Add(quiet * 2))
			show(true, with(tc.begin, tc.zone, ""))
			attached := c.Violated()
			show(true, with(tc.begin, tc.zone, tc.victim))
			if c.Violated() != tc.broken {
				t.Errorf("violations (after the attach: %t): %v", attached, c.Violations())
			}
		})
	}
}
