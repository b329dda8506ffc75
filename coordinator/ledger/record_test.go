package ledger_test

import (
	"slices"
	"testing"
	"time"

	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/ledger"
)

func second(s int) time.Time { return time.Date(2026, 11, 2, 9, 0, s, 0, time.UTC) }

func times(id string) map[string]time.Time { return map[string]time.Time{id: second(0)} }

func TestARecordIsOpenAsLongAsSomethingIsLeftToBeFinished(t *testing.T) {
	t.Parallel()
	lease := func(l books.StoredLease) books.Books {
		return books.Edited(func(k *books.Stored) { k.Lease = &l })
	}
	for _, c := range []struct {
		name   string
		record ledger.Record
		open   bool
	}{
		{"a new record is closed", ledger.Record{Group: "web"}, false},
		{"a launch", ledger.Record{Intents: []ledger.Intent{{}}}, true},
		{"a debt", ledger.Record{Books: books.Edited(func(k *books.Stored) {
			k.Pairs = []books.StoredDebt{{Phase: books.Attaching, Intent: books.StoredLaunch{Instance: "i-1"}}}
		})}, true},
		{"a raised MaxSize", ledger.Record{Books: lease(books.StoredLease{Owner: 6, Leased: 7, Raised: true})}, true},
		{"a MaxSize that was given back is closed", ledger.Record{Books: lease(books.StoredLease{Owner: 6, Leased: 7, Raised: true, Returned: true})}, false},
		{"a protected instance", ledger.Record{Shielded: times("i-1")}, true},
		{"an orphan", ledger.Record{Orphans: times("i-1")}, true},
		{"a notice", ledger.Record{Notices: map[string]ledger.Notice{"i-1": {}}}, true},
		{"what is only remembered leaves nothing to do", ledger.Record{Retired: times("i-1"), Said: map[string]ledger.Said{"i-1": {}},
			Pools: map[string]ledger.PoolMark{"m5.large/a": {}}, Proving: times("i-1"), Failures: 3, PausedUntil: second(1), Status: ledger.Status{Code: "steady"}}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := c.record.Open(); got != c.open {
				t.Errorf("Open() is %t, want %t", got, c.open)
			}
		})
	}
}

func TestChangingACloneDoesNotChangeTheRecord(t *testing.T) {
	t.Parallel()
	record := func() ledger.Record { return decoded(t, firstRelease(t)) }
	for _, c := range []struct {
		name   string
		change func(*ledger.Record)
	}{
		{"a launch", func(r *ledger.Record) { r.Intents[0].Instance = "i-other" }},
		{"a debt", func(r *ledger.Record) { r.Books.Retarget("i-00000016", "i-other") }},
		{"the values of MaxSize that were tried", func(r *ledger.Record) { r.Books.Borrow(6, 9, second(30)) }},
		{"a notice that was believed unconfirmed", func(r *ledger.Record) { r.Unconfirmed[0] = second(30) }},
		{"who was retired", func(r *ledger.Record) { delete(r.Retired, "i-00000020") }},
		{"who is protected", func(r *ledger.Record) { delete(r.Shielded, "i-00000014") }},
		{"an orphan", func(r *ledger.Record) { r.Orphans["i-other"] = second(30) }},
		{"what spotd said", func(r *ledger.Record) { r.Said["i-00000014"] = ledger.Said{} }},
		{"a notice", func(r *ledger.Record) { r.Notices["i-00000002"] = ledger.Notice{} }},
		{"a pool to be avoided", func(r *ledger.Record) { clear(r.Pools) }},
		{"a replacement that has to last", func(r *ledger.Record) { clear(r.Proving) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := record()
			clone := r.Clone()
			if encoded(t, clone) != encoded(t, r) || clone.Revision != r.Revision {
				t.Fatal("the clone is not equal to the record")
			}
			c.change(&clone)
			if encoded(t, clone) == encoded(t, record()) {
				t.Fatal("nothing was changed: this case shows nothing")
			}
			if encoded(t, r) != encoded(t, record()) {
				t.Error("the record changed with its clone")
			}
		})
	}
}

func TestAnAbandonedReplacementIsTheLaunchThatItCameFrom(t *testing.T) {
	t.Parallel()
	it := ledger.Intent{Purpose: ledger.Fill, Victim: "i-victim", Zone: "us-east-1a", At: second(5), Instance: "i-1", Type: "m5a.large",
		Launch: ledger.Launch{Nonce: "n-1", Spot: true, SourceHash: "hash", Template: "lt-1", Overrides: []ledger.Override{{}}, Tags: map[string]string{"a": "b"}}}
	want := books.Replacement{Instance: "i-1", Type: "m5a.large", Zone: "us-east-1a", Nonce: "n-1", SourceHash: "hash", Spot: true,
		Purpose: books.Fill, Victim: "i-victim", At: second(5)}
	if got := it.Replacement(); got != want {
		t.Errorf("the replacement is %+v, want %+v", got, want)
	}
	back := ledger.Abandoned(want, "its attach was refused")
	if back.Abandoned != "its attach was refused" || back.LookOnly {
		t.Errorf("%+v: the launch does not say why its instance has to go", back)
	}
	if got := back.Replacement(); got != want {
		t.Errorf("abandoned it is %+v, want %+v", got, want)
	}
	if back.Launch.Overrides != nil || back.Launch.Tags != nil || back.Launch.Template != "" {
		t.Errorf("%+v: what nobody sends again takes room in the record", back.Launch)
	}
}

func TestThePurposesAreThoseOfTheBooks(t *testing.T) {
	t.Parallel()
	got := []ledger.Purpose{ledger.Swap, ledger.Replace, ledger.Return, ledger.Fill}
	if want := []ledger.Purpose{"swap", "replace", "return", "fill"}; !slices.Equal(got, want) {
		t.Errorf("the purposes are kept as %q, want %q: older versions read them", got, want)
	}
}
