package metrics

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/ledger"
	"autospotting/coordinator/metrics/conform"
)

func TestAGroupThatCouldNotBeReadHasAFailureAndNoState(t *testing.T) {
	t.Parallel()
	r := &Run{}
	r.Failed()
	got := figures(t, r)
	if got["Failures"] != 1.0 {
		t.Errorf("%v failures, want 1", got["Failures"])
	}
	for _, state := range []string{"OpenDebts", "OldestDebtAge", "OldestLeaseAge", "CapacityDeficit", "SavingsPerHour"} {
		if v, there := got[state]; there {
			t.Errorf("%s is %v of a group that was not read: a zero would end an alarm", state, v)
		}
	}
}

func TestAGroupThatNeverOptedInLeavesNoLine(t *testing.T) {
	t.Parallel()
	for revision, want := range map[int64]int{0: 0, 3: 1} {
		r := after(func(w *decide.World, rec *ledger.Record) {
			w.Group.Enabled, w.Record.Revision, rec.Revision = false, revision, revision
		})
		var b bytes.Buffer
		if err := NewEMF(&b, false).Write("web", r, noon); err != nil || strings.Count(b.String(), "\n") != want {
			t.Errorf("record %d: %q, %v: want %d lines", revision, b.String(), err, want)
		}
	}
}

func TestMetricsAreToldApartByGroupOnlyWhereAsked(t *testing.T) {
	t.Parallel()
	for byGroup, want := range map[bool]string{false: `"Dimensions":[[]]`, true: `"Dimensions":[[],["Group"]]`} {
		var b bytes.Buffer
		if err := NewEMF(&b, byGroup).Write("größe\n 1", after(func(*decide.World, *ledger.Record) {}), noon); err != nil {
			t.Fatal(err)
		}
		if err := conform.Check(b.Bytes()); err != nil || !strings.Contains(b.String(), want) || !strings.Contains(b.String(), `"Group":"gr__e_ 1"`) {
			t.Errorf("%s: %v, want %s and a name in ASCII", b.String(), err, want)
		}
	}
}

func TestLinesOfManyRunsStayWhole(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	e, r := NewEMF(&b, true), after(func(*decide.World, *ledger.Record) {})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if err := e.Write("web", r, noon); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	lines := strings.SplitAfter(strings.TrimSuffix(b.String(), "\n"), "\n")
	if len(lines) != 8 {
		t.Fatalf("%d lines, want 8", len(lines))
	}
	for _, l := range lines {
		if err := conform.Check([]byte(strings.TrimSuffix(l, "\n") + "\n")); err != nil {
			t.Errorf("%s: %v", l, err)
		}
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestAnOutputThatFailsIsNamedAndNoOutputIsNone(t *testing.T) {
	t.Parallel()
	r := after(func(*decide.World, *ledger.Record) {})
	if err := NewEMF(full{}, false).Write("web", r, noon); err == nil || !strings.Contains(err.Error(), `"web"`) {
		t.Errorf("%v: want the group named", err)
	}
	if err := (*EMF)(nil).Write("web", r, noon); err != nil {
		t.Error(err)
	}
}

// TestTheDocumentListsEveryMetric compares the table of docs/metrics.md with the code, name by name.
func TestTheDocumentListsEveryMetric(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("../../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	var rows [][]string
	for _, line := range strings.Split(string(doc), "\n") {
		if cells := strings.Split(line, "|"); len(cells) == 6 && strings.HasPrefix(strings.TrimSpace(cells[1]), "`") {
			rows = append(rows, []string{strings.Trim(cells[1], " `"), strings.TrimSpace(cells[2]), strings.TrimSpace(cells[3]), strings.TrimSpace(cells[4])})
		}
	}
	all := All()
	if len(rows) != len(all) {
		t.Fatalf("docs/metrics.md lists %d metrics, the code has %d", len(rows), len(all))
	}
	for i, m := range all {
		if row := rows[i]; row[0] != m.Name || row[1] != m.Unit || row[2] != m.Statistic || len(row[3]) < 20 {
			t.Errorf("row %d is %v, the code says %s, %s, %s, and a meaning is to be there", i+1, row, m.Name, m.Unit, m.Statistic)
		}
	}
}
