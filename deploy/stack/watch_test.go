package stack

import (
	"encoding/json"
	"regexp"
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

type widget struct {
	X, Y, Width, Height int
	Properties          struct {
		Title, Region, Stat string
		Metrics             [][]any
	}
}

func board(t *testing.T, parameters map[string]any) []widget {
	t.Helper()
	body := deploy(t, Autospotting, parameters).properties("Dashboard")["DashboardBody"].(string)
	var b struct{ Widgets []widget }
	if err := json.Unmarshal([]byte(body), &b); err != nil {
		t.Fatalf("%v\n%s", err, body)
	}
	for i, w := range b.Widgets {
		if w.X+w.Width > 24 || w.Properties.Title == "" || w.Properties.Region != region || len(w.Properties.Metrics) == 0 {
			t.Errorf("a widget that cannot be seen: %+v", w)
		}
		for _, other := range b.Widgets[:i] {
			if w.X < other.X+other.Width && other.X < w.X+w.Width && w.Y < other.Y+other.Height && other.Y < w.Y+w.Height {
				t.Errorf("%q lies over %q", w.Properties.Title, other.Properties.Title)
			}
		}
	}
	return b.Widgets
}

func TestTheDashboardShowsEveryMetricOfOurs(t *testing.T) {
	t.Parallel()
	shown := map[string]bool{}
	for _, w := range board(t, nil) {
		for _, m := range w.Properties.Metrics {
			if m[0] != namespace {
				continue
			}
			name, _ := m[1].(string)
			shown[name] = true
			if want, ok := own(name); !ok || w.Properties.Stat != want.Statistic {
				t.Errorf("%s: the function writes no %s that is read by %s", w.Properties.Title, name, w.Properties.Stat)
			}
		}
	}
	for _, m := range metrics.All() {
		if !shown[m.Name] {
			t.Errorf("the dashboard lacks %s", m.Name)
		}
	}
}

var searched = regexp.MustCompile(`SEARCH\('\{(\w+),(\w+)\} MetricName="(\w+)"','(\w+)',\d+\)`)

// Where every metric is written by group, the savings of each and of all are shown: a mean over looks at groups is neither.
func TestTheDashboardShowsTheSavingsOfEachGroupWhereTheyAreWritten(t *testing.T) {
	t.Parallel()
	all, few := board(t, map[string]any{"Metrics": "emf-groups"}), board(t, nil)
	var titles []string
	for _, w := range all[len(few):] {
		titles = append(titles, w.Properties.Title)
		expression, _ := w.Properties.Metrics[0][0].(map[string]any)["expression"].(string)
		found := searched.FindStringSubmatch(expression)
		if found == nil || found[1] != namespace || found[2] != metrics.GroupKey {
			t.Fatalf("%s: %q looks for nothing of ours", w.Properties.Title, expression)
		}
		if m, ok := own(found[3]); !ok || m.Statistic != found[4] {
			t.Errorf("%s: the function writes no %s that is read by %s", w.Properties.Title, found[3], found[4])
		}
	}
	if want := []string{"Saved by all groups, USD an hour", "Saved by each group, USD an hour", "Below what each group wants, instances"}; !slices.Equal(titles, want) {
		t.Errorf("added are %q, want %q", titles, want)
	}
}

// A period without a look at the groups is one without a deficit: it must not be shorter than a tick.
func TestADeficitIsHeardAtAnyRateOfTicks(t *testing.T) {
	t.Parallel()
	for _, one := range []struct{ rate, period string }{
		{"rate(1 minute)", "300"}, {"rate(5 minutes)", "300"}, {"rate(6 minutes)", "600"}, {"rate(15 minutes)", "900"}, {"rate(20 minutes)", "1800"},
		{"rate(1 hour)", "3600"}, {"rate(2 hours)", "7200"}, {"rate(3 hours)", ""}, {"rate(1 day)", ""}, {"cron(0/5 * * * ? *)", ""}, {"rate(x)", ""}, {"rate(0 minutes)", ""},
	} {
		period, ok := DeficitPeriod(one.rate)
		if period != one.period || ok != (one.period != "") {
			t.Errorf("%s: %q, %v, want %q", one.rate, period, ok, one.period)
		}
		if !ok {
			continue
		}
		p := deploy(t, Autospotting, map[string]any{"DeficitPeriod": period}).properties("CapacityDeficitAlarm")
		if p["Period"] != period || p["EvaluationPeriods"] != 3 {
			t.Errorf("%s: the alarm has %v periods of %v", one.rate, p["EvaluationPeriods"], p["Period"])
		}
		if !slices.Contains(words(at(deploy(t, Autospotting, nil).parameters["DeficitPeriod"], "AllowedValues")), period) {
			t.Errorf("the template does not allow a period of %s", period)
		}
	}
}
