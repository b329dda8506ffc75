package stack

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"autospotting/coordinator/metrics"
)

const namespace = metrics.Namespace

// own is the metric of that name which the function writes; what another statistic says of it misleads (docs/metrics.md).
func own(name string) (metrics.Metric, bool) {
	i := slices.IndexFunc(metrics.All(), func(m metrics.Metric) bool { return m.Name == name })
	if i < 0 {
		return metrics.Metric{}, false
	}
	return metrics.All()[i], true
}

func TestTheAlarmsWatchWhatThereIs(t *testing.T) {
	t.Parallel()
	d := everything(t)
	watched := map[string]bool{}
	for _, id := range d.of("AWS::CloudWatch::Alarm") {
		p := d.properties(id)
		name := p["MetricName"].(string)
		watched[name] = true
		if m, ok := own(name); p["Namespace"] == namespace && (!ok || p["Dimensions"] != nil || p["Statistic"] != m.Statistic) {
			t.Errorf("%s: the function writes no %s with dimensions %v that is read by %v", id, name, p["Dimensions"], p["Statistic"])
		}
		if p["Namespace"] != namespace && p["Dimensions"] == nil {
			t.Errorf("%s: of which queue or function?", id)
		}
		if p["TreatMissingData"] != "notBreaching" {
			t.Errorf("%s: nothing to tell is no alarm", id)
		}
		if words(p["AlarmActions"]) == nil || deploy(t, Autospotting, nil).properties(id)["AlarmActions"] != nil {
			t.Errorf("%s: tells the topic if there is one, else nobody", id)
		}
	}
	for _, name := range strings.Fields("ApproximateNumberOfMessagesVisible ApproximateAgeOfOldestMessage Errors Throttles OrphansTerminated CapacityDeficit OldestDebtAge OldestLeaseAge") {
		if !watched[name] {
			t.Errorf("nobody is told of %s", name)
		}
	}
}

func TestTheDashboardShowsEveryMetricOfOurs(t *testing.T) {
	t.Parallel()
	body := everything(t).properties("Dashboard")["DashboardBody"].(string)
	var board struct {
		Widgets []struct {
			X, Y, Width, Height int
			Properties          struct {
				Title, Region, Stat string
				Metrics             [][]string
			}
		}
	}
	if err := json.Unmarshal([]byte(body), &board); err != nil {
		t.Fatalf("%v\n%s", err, body)
	}
	shown := map[string]bool{}
	for _, w := range board.Widgets {
		if w.X+w.Width > 24 || w.Properties.Title == "" || w.Properties.Region != region || len(w.Properties.Metrics) == 0 {
			t.Errorf("a widget that cannot be seen: %+v", w)
		}
		for _, m := range w.Properties.Metrics {
			if m[0] != namespace {
				continue
			}
			shown[m[1]] = true
			if want, ok := own(m[1]); !ok || w.Properties.Stat != want.Statistic {
				t.Errorf("%s: the function writes no %s that is read by %s", w.Properties.Title, m[1], w.Properties.Stat)
			}
		}
	}
	for _, m := range metrics.All() {
		if !shown[m.Name] {
			t.Errorf("the dashboard lacks %s", m.Name)
		}
	}
}
