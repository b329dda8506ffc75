package ledger_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"autospotting/coordinator/ledger"
)

func put(t *testing.T, m *ledger.Memory, r ledger.Record) ledger.Record {
	t.Helper()
	written, err := m.Put(context.Background(), r)
	if err != nil {
		t.Fatal(err)
	}
	return written
}

func get(t *testing.T, m *ledger.Memory, group string) ledger.Record {
	t.Helper()
	r, err := m.Get(context.Background(), group)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAGroupWithoutARecordReadsAsAnEmptyOne(t *testing.T) {
	t.Parallel()
	r := get(t, &ledger.Memory{}, "web")
	if r.Group != "web" || r.Revision != 0 || r.Open() {
		t.Errorf("%+v, want an empty record of web at revision 0", r)
	}
}

func TestEveryWriteCountsTheRevision(t *testing.T) {
	t.Parallel()
	m := &ledger.Memory{}
	first := put(t, m, ledger.Record{Group: "web", Failures: 1})
	first.Failures = 2
	second := put(t, m, first)
	if got := get(t, m, "web"); first.Revision != 1 || second.Revision != 2 || got.Revision != 2 || got.Failures != 2 {
		t.Errorf("revisions %d and %d; read %+v", first.Revision, second.Revision, got)
	}
}

func TestWhoReadBeforeSomebodyElseWroteIsRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		do   func(m *ledger.Memory, old ledger.Record) error
	}{
		{"write", func(m *ledger.Memory, old ledger.Record) error {
			_, err := m.Put(context.Background(), old)
			return err
		}},
		{"delete", func(m *ledger.Memory, old ledger.Record) error { return m.Delete(context.Background(), old) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m := &ledger.Memory{}
			old := put(t, m, ledger.Record{Group: "web"})
			put(t, m, ledger.Record{Group: "web", Revision: old.Revision, Failures: 7})
			err := c.do(m, old)
			if !errors.Is(err, ledger.ErrConflict) || !strings.Contains(err.Error(), c.name+` the record of group "web" at revision 1`) {
				t.Errorf("error %v, want a conflict that names group and revision", err)
			}
			if got := get(t, m, "web"); got.Failures != 7 || got.Revision != 2 {
				t.Errorf("the other's write is lost: %+v", got)
			}
		})
	}
}

func TestTheStoreSharesNothingWithItsCallers(t *testing.T) {
	t.Parallel()
	m := &ledger.Memory{}
	mine := ledger.Record{Group: "web", Retired: times("i-1")}
	put(t, m, mine)
	delete(mine.Retired, "i-1")
	read := get(t, m, "web")
	if len(read.Retired) != 1 {
		t.Error("what was written changed with the writer's copy")
	}
	delete(read.Retired, "i-1")
	if len(get(t, m, "web").Retired) != 1 {
		t.Error("what was written changed with the reader's copy")
	}
}

func TestADeletedRecordIsKnownNoMore(t *testing.T) {
	t.Parallel()
	m := &ledger.Memory{}
	put(t, m, ledger.Record{Group: "b"})
	put(t, m, ledger.Record{Group: "c"})
	gone := put(t, m, ledger.Record{Group: "a", Failures: 1})
	known := func() []string {
		names, err := m.Known(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		return names
	}
	if got := known(); !slices.Equal(got, []string{"a", "b", "c"}) {
		t.Errorf("known are %q, want all three in order", got)
	}
	if err := m.Delete(context.Background(), gone); err != nil {
		t.Fatal(err)
	}
	if got := known(); !slices.Equal(got, []string{"b", "c"}) {
		t.Errorf("known are %q after a was deleted", got)
	}
	if got := get(t, m, "a"); got.Revision != 0 || got.Failures != 0 {
		t.Errorf("what was deleted reads as %+v", got)
	}
}

func TestOfManyWritersAtOnceEachRevisionHasOne(t *testing.T) {
	t.Parallel()
	m := &ledger.Memory{}
	const writers = 8
	var wait sync.WaitGroup
	won := make([]bool, writers)
	for i := range writers {
		wait.Go(func() {
			_, err := m.Put(context.Background(), ledger.Record{Group: "web"})
			won[i] = err == nil
		})
	}
	wait.Wait()
	n := 0
	for _, w := range won {
		if w {
			n++
		}
	}
	if n != 1 || get(t, m, "web").Revision != 1 {
		t.Errorf("%d of %d writers won revision 1", n, writers)
	}
}
