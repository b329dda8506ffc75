package invariant

import (
	"strings"
	"testing"
	"time"

	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/ledger"
	"autospotting/pkg/cloudsim"
)

// begin is when the clouds of these tests begin.
var begin = time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)

// watched is a checker over a record that nobody clears.
func watched(t *testing.T, rec *ledger.Record) *Checker {
	t.Helper()
	cloud := cloudsim.New(cloudsim.Config{Seed: 1, Start: begin})
	t.Cleanup(cloud.Close)
	return Watch(cloud, "web", func(string) bool { return false }, func() (ledger.Record, error) { return *rec, nil }, 0)
}

// standing records hold one open thing each.
func standingRecords() map[string]ledger.Record {
	phase := func(p books.Phase) ledger.Record {
		return ledger.Record{Books: books.Edited(func(k *books.Stored) {
			k.Pairs = []books.StoredDebt{{Phase: p, Victim: "i-old", Intent: books.StoredLaunch{Instance: "i-new"}}}
		})}
	}
	at := map[string]time.Time{"i-1": begin}
	return map[string]ledger.Record{
		"silence":        {Intents: []ledger.Intent{{Launch: ledger.Launch{Nonce: "n"}}}},
		"intent":         {Intents: []ledger.Intent{{Launch: ledger.Launch{Nonce: "n"}}}},
		"attaching":      phase(books.Attaching),
		"undoing":        phase(books.Undoing),
		"debt":           phase(books.Paying),
		"doubt":          {Books: books.Edited(func(k *books.Stored) { k.Doubt = books.StoredDoubt{More: 1, Since: begin} })},
		"lease":          {Books: books.Edited(func(k *books.Stored) { k.Lease = &books.StoredLease{Owner: 6, Leased: 7, Raised: true} })},
		"returned lease": {Books: books.Edited(func(k *books.Stored) { k.Lease = &books.StoredLease{Owner: 6, Leased: 7, Raised: true, Returned: true} })},
		"retired":        {Retired: at},
		"shield":         {Shielded: at},
		"orphan":         {Orphans: at},
		"notice":         {Notices: map[string]ledger.Notice{"i-1": {}}},
		"proving":        {Proving: at},
		"draining":       {Drains: map[string]ledger.Drain{"i-1": {At: begin}}},
		"watched":        {Watched: map[string]ledger.Watch{"i-1": {}}},
		"unconfirmed":    {Unconfirmed: []time.Time{begin}},
		"said":           {Said: map[string]ledger.Said{"i-1": {}}},
		"short":          {Short: begin},
	}
}

func TestWhatIsNeverClearedIsReportedOnceItsTimeIsOver(t *testing.T) {
	t.Parallel()
	for _, b := range Bounds {
		t.Run(b.Kind, func(t *testing.T) {
			t.Parallel()
			rec, ok := standingRecords()[b.Kind]
			if !ok {
				t.Fatal("no record of the test holds one")
			}
			c := watched(t, &rec)
			look := func(after time.Duration) int {
				c.cloud.RunUntil(begin.Add(after))
				c.openTooLong(rec)
				n := 0
				for _, v := range c.Violations() {
					if v.Invariant == Open && strings.Contains(v.Text, "web: "+b.Kind) {
						n++
					}
				}
				return n
			}
			look(0)
			const unkind = 50 * time.Hour
			if look(unkind) > 0 {
				t.Fatal("time counted while the cloud was not kind")
			}
			c.Kind()
			if look(unkind+b.Most) > 0 {
				t.Errorf("reported within its time: %v", c.Violations())
			}
			if look(unkind+b.Most+time.Second) != 1 {
				t.Errorf("not reported after %s: %v", b.Most, c.Violations())
			}
		})
	}
}

func TestWhatIsDatedAnewAtEveryLookStandsThereAsLong(t *testing.T) {
	t.Parallel()
	rec := ledger.Record{}
	c := watched(t, &rec)
	c.Kind()
	for at := time.Duration(0); at <= 20*time.Minute; at += time.Minute {
		c.cloud.RunUntil(begin.Add(at))
		rec.Books = books.Edited(func(k *books.Stored) { k.Doubt = books.StoredDoubt{More: 1, Since: c.cloud.Now()} })
		c.openTooLong(rec)
	}
	if len(c.Violations()) != 1 || c.Violations()[0].Invariant != Open {
		t.Errorf("a doubt of twenty minutes: %v", c.Violations())
	}
}

func TestWhatIsClearedInBetweenBeginsAnew(t *testing.T) {
	t.Parallel()
	rec := standingRecords()["doubt"]
	c := watched(t, &rec)
	c.Kind()
	for _, at := range []time.Duration{0, 14 * time.Minute} {
		c.cloud.RunUntil(begin.Add(at))
		c.openTooLong(rec)
	}
	c.openTooLong(ledger.Record{})
	for _, at := range []time.Duration{15 * time.Minute, 29 * time.Minute} {
		c.cloud.RunUntil(begin.Add(at))
		c.openTooLong(rec)
	}
	if c.Violated() {
		t.Error(c.Violations())
	}
}
