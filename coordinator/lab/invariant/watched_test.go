package invariant

import (
	"testing"
	"time"

	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/ledger"
	"autospotting/pkg/cloudsim"
)

func TestAMemberOfOursThatNeverAnsweredHasToBeWatched(t *testing.T) {
	t.Parallel()
	member := func() cloudsim.MemberView {
		return cloudsim.MemberView{ID: "i-1", State: "InService", Target: "unhealthy", Instance: cloudsim.InstanceView{ID: "i-1", State: "running", Tags: map[string]string{tagGroup: "web"}}}
	}
	for _, c := range []struct {
		name   string
		record ledger.Record
		change func(*cloudsim.MemberView)
		late   time.Duration
		want   int
	}{
		{"it is not", ledger.Record{}, nil, watchedWithin, 1},
		{"it need not be yet", ledger.Record{}, nil, watchedWithin - time.Second, 0},
		{"it is", ledger.Record{Watched: map[string]ledger.Watch{"i-1": {}}}, nil, watchedWithin, 0},
		{"another is", ledger.Record{Watched: map[string]ledger.Watch{"i-2": {}}}, nil, watchedWithin, 1},
		{"it is being retired", ledger.Record{Books: books.Edited(func(k *books.Stored) {
			k.Pairs = []books.StoredDebt{{Phase: books.Paying, Victim: "i-1", Intent: books.StoredLaunch{Instance: "i-1"}}}
		})}, nil, watchedWithin, 0},
		{"it answers", ledger.Record{}, func(m *cloudsim.MemberView) { m.Instance.AppReady = true }, watchedWithin, 0},
		{"AWS takes it", ledger.Record{}, func(m *cloudsim.MemberView) { m.Instance.NoticeAt = begin }, watchedWithin, 0},
		{"nobody checks it", ledger.Record{}, func(m *cloudsim.MemberView) { m.Target = "" }, watchedWithin, 0},
		{"it is not in service", ledger.Record{}, func(m *cloudsim.MemberView) { m.State = "Pending" }, watchedWithin, 0},
		{"it is not ours", ledger.Record{}, func(m *cloudsim.MemberView) { m.Instance.Tags = nil }, watchedWithin, 0},
	} {
		w := watched(t, &c.record)
		m := member()
		if c.change != nil {
			c.change(&m)
		}
		for _, after := range []time.Duration{0, c.late} {
			w.watch(change{Event: cloudsim.Event{At: begin.Add(after)}, now: cloudsim.GroupView{Members: []cloudsim.MemberView{m}}})
		}
		if got := len(w.Violations()); got != c.want {
			t.Errorf("%s: %v", c.name, w.Violations())
		}
	}
}

// One that has answered once may fail later: that is its group's to see.
func TestWhatHasAnsweredOnceNeedNotBeWatched(t *testing.T) {
	t.Parallel()
	rec := ledger.Record{}
	w := watched(t, &rec)
	m := cloudsim.MemberView{ID: "i-1", State: "InService", Target: "healthy", Instance: cloudsim.InstanceView{ID: "i-1", State: "running", AppReady: true, Tags: map[string]string{tagGroup: "web"}}}
	for n := range 3 {
		w.watch(change{Event: cloudsim.Event{At: begin.Add(time.Duration(n) * time.Hour)}, now: cloudsim.GroupView{Members: []cloudsim.MemberView{m}}})
		m.Target, m.Instance.AppReady = "unhealthy", false
	}
	if len(w.Violations()) > 0 {
		t.Error(w.Violations())
	}
}
