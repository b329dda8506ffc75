package stack

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// The function's own metrics, as it writes them (docs/metrics.md).
const namespace = "AutoSpotting"

var ownMetrics = strings.Fields("OrphansTerminated CapacityDeficit OldestDebtAge OldestLeaseAge SwapsStarted SwapsFinished NoticesHeard ReplacementsRequested Failures SavingsPerHour OpenDebts")

func TestTheAlarmsWatchWhatThereIs(t *testing.T) {
	t.Parallel()
	d := everything(t)
	watched := map[string]bool{}
	for _, id := range d.of("AWS::CloudWatch::Alarm") {
		p := d.properties(id)
		name := p["MetricName"].(string)
		watched[name] = true
		if p["Namespace"] == namespace && (!slices.Contains(ownMetrics, name) || p["Dimensions"] != nil) {
			t.Errorf("%s: the function writes no %s with dimensions %v", id, name, p["Dimensions"])
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
				Title, Region string
				Metrics       [][]string
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
			if m[0] == namespace {
				shown[m[1]] = true
			}
		}
	}
	for _, name := range ownMetrics {
		if !shown[name] {
			t.Errorf("the dashboard lacks %s", name)
		}
	}
	if len(shown) != len(ownMetrics) {
		t.Errorf("the dashboard shows metrics that nobody writes: %v", shown)
	}
}
