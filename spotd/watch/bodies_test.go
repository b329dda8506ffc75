package watch

import (
	"strings"
	"testing"
	"time"

	"autospotting/pkg/message"
)

func TestWhatANoticeSays(t *testing.T) {
	now := at(time.Minute)
	for _, c := range []struct {
		name, body string
		action     string // empty: no notice
		deadline   time.Time
		note       string
	}{
		{"as documented", `{"action":"terminate","time":"2026-11-23T12:03:00Z"}`, "terminate", at(3 * time.Minute), ""},
		{"a deadline just passed", `{"action":"terminate","time":"2026-11-23T12:00:00Z"}`, "terminate", launch, ""},
		{"another zone", `{"action":"stop","time":"2026-11-23T14:03:00+02:00"}`, "stop", at(3 * time.Minute), ""},
		{"hibernation without a time", `{"action":"hibernate"}`, "hibernate", time.Time{}, ""},
		{"a time that is none", `{"action":"terminate","time":"soon"}`, "terminate", now.Add(2 * time.Minute), `time "soon" cannot be read`},
		{"a time of another type", `{"action":"stop","time":7}`, "stop", now.Add(2 * time.Minute), "cannot be read"},
		{"no time", `{"action":"terminate"}`, "terminate", now.Add(2 * time.Minute), "cannot be read"},
		{"a time in another century", `{"action":"terminate","time":"1826-11-23T12:03:00Z"}`, "terminate", now.Add(2 * time.Minute), "of another century"},
		{"a time that is no year's", `{"action":"terminate","time":"9999-11-23T12:03:00Z"}`, "terminate", now.Add(2 * time.Minute), "of another century"},
		{"a clock here that is 25 h behind", `{"action":"terminate","time":"2026-11-24T13:03:00Z"}`, "terminate", at(25*time.Hour + 3*time.Minute), ""},
		{"a clock here that is 25 h ahead", `{"action":"stop","time":"2026-11-22T11:03:00Z"}`, "stop", at(-25*time.Hour + 3*time.Minute), ""},
		{"a clock here that begins at 1970, and a time far ahead of it", `{"action":"hibernate","time":"2070-01-01T00:00:00Z"}`, "hibernate", time.Date(2070, 1, 1, 0, 0, 0, 0, time.UTC), ""},
		{"an action of tomorrow", `{"action":"evaporate","time":"2026-11-23T12:03:00Z"}`, "terminate", at(3 * time.Minute), `action "evaporate", treated as terminate`},
		{"no action", `{"time":"2026-11-23T12:03:00Z"}`, "", time.Time{}, "without an action"},
		{"an action of another type", `{"action":["terminate"]}`, "", time.Time{}, "without an action"},
		{"not JSON", `<html>try later</html>`, "", time.Time{}, "malformed"},
		{"nothing", ``, "", time.Time{}, "malformed"},
		{"null", `null`, "", time.Time{}, "without an action"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := New(settings, self, Restored{Said: []string{"hello"}})
			got := m.Step(now, Observation{SpotAction: Seen(c.body)})
			notes := strings.Join(m.Notes(), "\n")
			if !strings.Contains(notes, c.note) || (c.note == "") != (notes == "") {
				t.Errorf("noted %q, want %q", notes, c.note)
			}
			if c.action == "" {
				if len(got) != 0 {
					t.Errorf("said %+v", got)
				}
				return
			}
			if len(got) != 1 || got[0].Kind != message.Terminating || got[0].Action != c.action || !got[0].Deadline.Equal(c.deadline) {
				t.Errorf("said %+v, want %s at %v", got, c.action, c.deadline)
			}
		})
	}
}

func TestWhatMaintenanceSays(t *testing.T) {
	const reboot = `{"NotBefore":"21 Jan 2027 09:00:43 GMT","Code":"system-reboot","Description":"scheduled reboot","EventId":"instance-event-0d59","NotAfter":"21 Jan 2027 09:17:23 GMT","State":"active"}`
	for _, c := range []struct {
		name, body string
		want       []string
	}{
		{"nothing is planned", `[]`, nil},
		{"a reboot", `[` + reboot + `]`, []string{"system-reboot 2027-01-21T09:00:43Z instance-event-0d59: scheduled reboot"}},
		{"one that is over", `[{"NotBefore":"21 Jan 2027 09:00:43 GMT","Code":"system-reboot","State":"completed"}]`, nil},
		{"the same one twice", `[` + reboot + `,` + reboot + `]`, []string{"system-reboot 2027-01-21T09:00:43Z instance-event-0d59: scheduled reboot"}},
		{"two at one time", `[` + reboot + `,` + strings.ReplaceAll(reboot, "0d59", "1f00") + `]`, []string{
			"system-reboot 2027-01-21T09:00:43Z instance-event-0d59: scheduled reboot", "system-reboot 2027-01-21T09:00:43Z instance-event-1f00: scheduled reboot"}},
		{"one whose id is no file name", `[` + strings.ReplaceAll(reboot, "instance-event-0d59", "../x") + `]`, []string{"system-reboot 2027-01-21T09:00:43Z ../x: scheduled reboot"}},
		{"a time that cannot be read", `[{"NotBefore":"2027","Code":"instance-stop","EventId":"e","Description":"d","State":"active"}]`, []string{"instance-stop 0001-01-01T00:00:00Z e: d"}},
		{"not a list", `{"Code":"system-reboot"}`, nil},
		{"not JSON", `none`, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := New(settings, self, Restored{Said: []string{"hello"}})
			var got []string
			for _, r := range append(m.Step(at(0), Observation{Maintenance: Seen(c.body)}), m.Step(at(time.Second), Observation{Maintenance: Seen(c.body)})...) {
				if strings.ContainsAny(Key(r), "/. ") {
					t.Errorf("the key %q is no file name", Key(r))
				}
				got = append(got, r.Action+" "+r.Deadline.Format(time.RFC3339)+" "+r.Detail)
			}
			if strings.Join(got, "\n") != strings.Join(c.want, "\n") {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestARecommendationWithoutItsTimeIsNone(t *testing.T) {
	for _, body := range []string{``, `{}`, `null`, `[]`, `"now"`, `{"noticeTime":null}`} {
		m := New(settings, self, Restored{Said: []string{"hello"}})
		if got := m.Step(at(0), Observation{Rebalance: Seen(body)}); len(got) != 0 || len(m.Notes()) != 1 {
			t.Errorf("%q: said %+v", body, got)
		}
	}
}

func TestStrangeMetadataIsNotedOnce(t *testing.T) {
	m := New(settings, self, Restored{})
	for range 3 {
		m.Step(at(0), Observation{SpotAction: Seen("?")})
	}
	if notes := m.Notes(); len(notes) != 1 || len(m.Notes()) != 0 {
		t.Errorf("%q", notes)
	}
}

func FuzzStep(f *testing.F) {
	f.Add(`{"action":"terminate","time":"2026-11-23T12:03:00Z"}`, `{"noticeTime":"2026-11-23T12:00:30Z"}`,
		`[{"NotBefore":"21 Jan 2027 09:00:43 GMT","Code":"system-reboot","State":"active"}]`, "InService")
	f.Add(`{"action":"evaporate","time":"9999-12-31T23:59:59Z"}`, `null`, `[{"NotBefore":"1 Jan 0001 00:00:00 GMT","Code":"\ud800","State":"active"}]`, "Terminated")
	f.Fuzz(func(t *testing.T, spot, rebalance, maintenance, target string) {
		m := New(settings, self, Restored{})
		o := Observation{SpotAction: Seen(spot), Rebalance: Seen(rebalance), Maintenance: Seen(maintenance), TargetLifecycleState: Seen(target)}
		said := map[string]bool{}
		for i := range 3 {
			for _, r := range m.Step(at(time.Duration(i)*5*time.Minute), o) {
				if _, err := r.Encode(); err != nil {
					t.Fatal(err)
				}
				if key := Key(r); said[key] || strings.ContainsAny(key, "/\\. ") {
					t.Fatalf("key %q, said %v", key, said[key])
				}
				said[Key(r)] = true
			}
		}
	})
}
