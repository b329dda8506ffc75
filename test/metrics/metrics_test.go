// Package metrics_test holds what the metrics say of a group's day on the simulated cloud against what happened there.
package metrics_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"autospotting/coordinator/lab/stage"
	"autospotting/coordinator/metrics"
	"autospotting/coordinator/metrics/conform"
	"autospotting/pkg/cloudsim"
)

// day is a group of six on-demand instances whose MaxSize is reached, on a calm cloud.
type day struct {
	t     *testing.T
	stage *stage.Stage
	out   *bytes.Buffer
}

func newDay(t *testing.T) day {
	var out bytes.Buffer
	s, err := stage.New(stage.Config{
		Cloud:      cloudsim.Config{Timing: cloudsim.Timing{BootMin: 20 * time.Second, BootMax: 30 * time.Second, AppStart: 10 * time.Second}},
		ReleaseURL: "https://releases.example.com/spotd", SHA256: map[string]string{"amd64": string(bytes.Repeat([]byte("ab"), 32))},
		Metrics: metrics.NewEMF(&out, false),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Cloud.Close)
	s.Cloud.OnBoot(s.Speak)
	return day{t, s, &out}
}

func (d day) until(what string, done func() bool) {
	d.t.Helper()
	if !d.stage.Cloud.RunWhile(func() bool { return !done() }, d.stage.Cloud.Now().Add(2*time.Hour)) {
		d.t.Fatalf("not within two hours: %s", what)
	}
	d.stage.Cloud.RunUntil(d.stage.Cloud.Now().Add(2 * time.Second)) // the run in which it came about tells of it when it ends
}

func (d day) onSpot() bool {
	rec, err := d.stage.Record(d.stage.Group)
	return err == nil && !rec.Open() && d.stage.Serving(true) == 6 && d.stage.Serving(false) == 0
}

// lines are all that was written, held against the specification.
func (d day) lines() (list []map[string]any) {
	d.t.Helper()
	for _, l := range bytes.SplitAfter(d.out.Bytes(), []byte("\n")) {
		if len(l) == 0 {
			continue
		}
		if err := conform.Check(l); err != nil {
			d.t.Fatalf("%s: %v", l, err)
		}
		var line map[string]any
		if err := json.Unmarshal(l, &line); err != nil {
			d.t.Fatal(err)
		}
		list = append(list, line)
	}
	return list
}

// figures are those of one metric, from the lines that have it.
func figures(lines []map[string]any, name string) (list []float64) {
	for _, l := range lines {
		if v, ok := l[name].(float64); ok {
			list = append(list, v)
		}
	}
	return list
}

func sum(list []float64) (n float64) {
	for _, v := range list {
		n += v
	}
	return n
}

func TestTheMetricsOfADayAreWhatHappened(t *testing.T) {
	t.Parallel()
	d := newDay(t)
	d.until("six swaps", d.onSpot)
	swaps := d.lines()
	g, _ := d.stage.Cloud.Group(d.stage.Group)
	serving := slices.IndexFunc(g.Members, func(m cloudsim.MemberView) bool { return m.State == "InService" }) // others are on their way out
	if err := d.stage.Cloud.Interrupt(g.Members[serving].ID, "terminate"); err != nil {
		t.Fatal(err)
	}
	began := d.stage.Cloud.Now()
	d.until("a replacement", func() bool { return d.stage.Cloud.Now().Sub(began) > 5*time.Minute && d.onSpot() })
	notice := d.lines()[len(swaps):]

	for _, c := range []struct {
		lines []map[string]any
		name  string
		want  float64
	}{
		{swaps, "SwapsStarted", 6}, {swaps, "SwapsFinished", 6}, {swaps, "NoticesHeard", 0}, {swaps, "ReplacementsRequested", 0},
		{notice, "SwapsStarted", 0}, {notice, "SwapsFinished", 0}, {notice, "NoticesHeard", 1}, {notice, "ReplacementsRequested", 1},
		{swaps, "OrphansTerminated", 0}, {notice, "OrphansTerminated", 0}, {swaps, "Failures", 0}, {notice, "Failures", 0},
	} {
		if got := sum(figures(c.lines, c.name)); got != c.want {
			t.Errorf("%s: %v in %d lines, want %v", c.name, got, len(c.lines), c.want)
		}
	}
	for _, name := range []string{"OpenDebts", "OldestDebtAge", "OldestLeaseAge"} {
		list := figures(swaps, name)
		if most, last := slices.Max(list), list[len(list)-1]; most <= 0 || most > 600 || last != 0 {
			t.Errorf("%s: %v at the most, %v at the end: want it above 0 meanwhile, and none left", name, most, last)
		}
	}
	deficit := figures(swaps, "CapacityDeficit") // the group itself starts with nothing in service
	if whole := slices.Index(deficit, 0); deficit[0] == 0 || whole < 0 || slices.Max(deficit[whole:]) != 0 {
		t.Errorf("lacking %v: want the start, and nothing during swaps, since a replacement serves before anything is retired", deficit)
	}
	usd := figures(swaps, "SavingsPerHour")
	if first, last := usd[0], usd[len(usd)-1]; first != 0 || last <= 0 || !slices.IsSorted(usd) {
		t.Errorf("savings %v: want them to grow from none", usd)
	}
}
