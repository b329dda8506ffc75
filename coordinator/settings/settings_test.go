package settings

import (
	"flag"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestTagsAreReadOverTheDefaults(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		tags map[string]string
		want func(*Settings)
	}{
		{"no tags are the defaults", map[string]string{"Name": "web"}, func(*Settings) {}},
		{"a colon", map[string]string{"autospotting:keep-on-demand": "2"}, func(s *Settings) { s.KeepOnDemand = Amount{Count: 2} }},
		{"a slash", map[string]string{"autospotting/keep-on-demand": "25%"}, func(s *Settings) { s.KeepOnDemand = Amount{Fraction: 0.25} }},
		{"the predecessor's number", map[string]string{"autospotting_min_on_demand_number": "3"}, func(s *Settings) { s.KeepOnDemand = Amount{Count: 3} }},
		{"the predecessor's percentage", map[string]string{"autospotting_min_on_demand_percentage": "30.0"}, func(s *Settings) { s.KeepOnDemand = Amount{Fraction: 0.3} }},
		{"the predecessor's number wins over its percentage", map[string]string{"autospotting_min_on_demand_percentage": "30", "autospotting_min_on_demand_number": "1"},
			func(s *Settings) { s.KeepOnDemand = Amount{Count: 1} }},
		{"ours wins over the predecessor's", map[string]string{"autospotting_min_on_demand_number": "3", "autospotting:keep-on-demand": "1"}, func(s *Settings) { s.KeepOnDemand = Amount{Count: 1} }},
		{"lists of types", map[string]string{"autospotting_allowed_instance_types": "m5.*, current", "autospotting_disallowed_instance_types": "t2.* m4.large"},
			func(s *Settings) { s.Allow, s.Deny = []string{"m5.*", "current"}, []string{"t2.*", "m4.large"} }},
		{"both spellings that agree", map[string]string{"autospotting:margin": "0.2", "autospotting/margin": "0.2"}, func(s *Settings) { s.Margin = 0.2 }},
		{"our own status is no setting", map[string]string{StatusTag: "managed"}, func(*Settings) {}},
		{"a time without a unit is in seconds", map[string]string{"autospotting:grace": "300"}, func(s *Settings) { s.Grace, s.GraceSaid = 300*time.Second, true }},
		{"a probe", map[string]string{"autospotting:probe": "http://127.0.0.1:8080/health"}, func(s *Settings) { s.Probe = "http://127.0.0.1:8080/health" }},
		{"a probe of a port", map[string]string{"autospotting:probe": "tcp:8080"}, func(s *Settings) { s.Probe = "tcp:8080" }},
		{"a probe of the whole system", map[string]string{"autospotting:probe": "systemd:degraded"}, func(s *Settings) { s.Probe = "systemd:degraded" }},
		{"a gp2 threshold", map[string]string{"autospotting_gp2_conversion_threshold": "170"}, func(s *Settings) { s.GP2Threshold = 170 }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			want := Defaults()
			c.want(&want)
			got, err := FromTags(Defaults(), c.tags)
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("got %+v, %v; want %+v", got, err, want)
			}
		})
	}
}

func TestABadTagNamesItselfAndTheRemedy(t *testing.T) {
	t.Parallel()
	for key, c := range map[string]struct{ value, remedy string }{
		"autospotting:keep-on-demand":              {"two", "write 2 or 25%"},
		"autospotting/keep-on-demand":              {"-1", "write 2 or 25%"},
		"autospotting_min_on_demand_percentage":    {"120", "no percentage from 0 to 100"},
		"autospotting:margin":                      {"7", "write 0.10"},
		"autospotting:swaps-at-once":               {"", "write 2 or 25%"},
		"autospotting:grace":                       {"5 minutes", "write 300s"},
		"autospotting:drain":                       {"-3s", "write 300s"},
		"autospotting:allow-burstable":             {"yes", "write true or false"},
		"autospotting:allowed-instance-types":      {"m5.[", "is no instance type"},
		"autospotting_disallowed_instance_types":   {"current", "is no instance type"},
		"autospotting_cron_schedule":               {"9-18", "hours and days of the week"},
		"autospotting_cron_timezone":               {"Berlin", "write a name such as UTC"},
		"autospotting_cron_schedule_state":         {"never", "write on or off"},
		"autospotting:gp2-conversion-threshold":    {"100GB", "write 2"},
		"autospotting:keep-ondemand":               {"2", "is no setting: write one of keep-on-demand"},
		"autospotting:cron-schedule":               {"61 * * * *", "write five fields"},
		"autospotting:disallowed-instance-types":   {"t3.micro; DROP", "is no instance type"},
		"autospotting:allow-max-size-one":          {"1", "write true or false"},
		"autospotting/disallowed-instance-typesss": {"x.y", "is no setting"},
	} {
		got, err := FromTags(Defaults(), map[string]string{key: c.value})
		if err == nil || !strings.Contains(err.Error(), key) || !strings.Contains(err.Error(), c.remedy) {
			t.Errorf("%s=%q: error %v does not name the tag and %q", key, c.value, err, c.remedy)
		}
		want := Defaults()
		if strings.Contains(key, "keep-on-demand") || strings.Contains(key, "min_on_demand") { // the floor may be any
			want.KeepOnDemand = Amount{Fraction: 1}
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s=%q: changed the settings", key, c.value)
		}
		others := map[string]string{key: c.value, "autospotting:keep-on-demand": "2", "autospotting:dwell": "1m"}
		if want.KeepOnDemand.Fraction == 1 { // its own, not another's spelling
			delete(others, "autospotting:keep-on-demand")
			others[key] = c.value
		}
		got, err = FromTags(Defaults(), others)
		floor := got.KeepOnDemand == Amount{Count: 2} || got.KeepOnDemand == Amount{Fraction: 1}
		if err == nil || got.Dwell != time.Minute || !floor {
			t.Errorf("%s=%q: the other tags are lost: keeps %+v, dwell %s", key, c.value, got.KeepOnDemand, got.Dwell)
		}
	}
	for _, v := range []string{"exec:/bin/sh -c id", "http://169.254.169.254/latest/meta-data", "http://127.0.0.1@10.0.0.1/", "http://localhost.example.com/", "tcp:10.0.0.1:22", "tcp:0", "tcp:", "systemd:reboot", "none:", "yes"} {
		if got, err := FromTags(Defaults(), map[string]string{"autospotting:probe": v}); err == nil || got.Probe != "" || !strings.Contains(err.Error(), "only the image's spotd.conf may name") {
			t.Errorf("the probe %q: %q, %v", v, got.Probe, err)
		}
	}
	both := map[string]string{"autospotting:margin": "0.1", "autospotting/margin": "0.2"}
	if _, err := FromTags(Defaults(), both); err == nil || !strings.Contains(err.Error(), "different things") {
		t.Errorf("two spellings that differ: %v", err)
	}
}

func TestAnAmountIsRoundedToTheSafeSide(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text     string
		size     int
		up, down int
	}{{"0", 9, 0, 0}, {"2", 9, 2, 2}, {"25%", 9, 3, 2}, {"100%", 9, 9, 9}, {"10%", 30, 3, 3}, {"0%", 9, 0, 0}, {"33%", 100, 33, 33}} {
		a, err := amount(c.text)
		if err != nil || a.Up(c.size) != c.up || a.Down(c.size) != c.down {
			t.Errorf("%s of %d: up %d, down %d, %v; want %d, %d", c.text, c.size, a.Up(c.size), a.Down(c.size), err, c.up, c.down)
		}
	}
}

func TestAWindowIsOpenInEveryMatchingMinute(t *testing.T) {
	t.Parallel()
	berlin := func(v string) time.Time {
		p, _ := time.LoadLocation("Europe/Berlin")
		at, err := time.ParseInLocation("2006-01-02 15:04:05", v, p)
		if err != nil {
			t.Fatal(err)
		}
		return at.UTC()
	}
	for _, c := range []struct {
		tags map[string]string
		at   time.Time
		open bool
	}{
		{nil, berlin("2026-11-25 03:00:00"), true},
		{map[string]string{"autospotting_cron_schedule": "9-18 1-5", "autospotting_cron_timezone": "Europe/Berlin"}, berlin("2026-11-25 09:00:00"), true},
		{map[string]string{"autospotting_cron_schedule": "9-18 1-5", "autospotting_cron_timezone": "Europe/Berlin"}, berlin("2026-11-25 18:59:59"), true},
		{map[string]string{"autospotting_cron_schedule": "9-18 1-5", "autospotting_cron_timezone": "Europe/Berlin"}, berlin("2026-11-25 19:00:00"), false},
		{map[string]string{"autospotting_cron_schedule": "9-18 1-5", "autospotting_cron_timezone": "Europe/Berlin"}, berlin("2026-11-22 12:00:00"), false},
		{map[string]string{"autospotting:cron-schedule": "9-18 1-5", "autospotting:cron-timezone": "Europe/Berlin", "autospotting:cron-schedule-state": "off"}, berlin("2026-11-22 12:00:00"), true},
		{map[string]string{"autospotting:cron-schedule": "9-18 1-5"}, time.Date(2026, 11, 25, 8, 59, 0, 0, time.UTC), false},
	} {
		s, err := FromTags(Defaults(), c.tags)
		if err != nil || s.Window.Open(c.at) != c.open {
			t.Errorf("%v at %s: open %t, %v", c.tags, c.at, !c.open, err)
		}
	}
}

func TestSpotdIsOnUnlessTheOwnerSaysOff(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]bool{"on": false, "off": true} {
		if s, err := FromTags(Defaults(), map[string]string{"autospotting:spotd": value}); err != nil || s.NoSpotd != want {
			t.Errorf("%s: %+v, %v", value, s, err)
		}
	}
	if Defaults().NoSpotd {
		t.Error("off without being said so")
	}
	for _, value := range []string{"", "false", "OFF"} {
		if _, err := FromTags(Defaults(), map[string]string{"autospotting:spotd": value}); err == nil || !strings.Contains(err.Error(), "write on or off") {
			t.Errorf("%q: %v", value, err)
		}
	}
}

func TestAScopeIsExact(t *testing.T) {
	t.Parallel()
	in, out := Scope{"spot-enabled", "true", false}, Scope{"spot-enabled", "false", true}
	for value, want := range map[string][2]bool{"true": {true, true}, "false": {false, false}, "True": {false, true}, "": {false, true}} {
		tags := map[string]string{"spot-enabled": value}
		if in.Enabled(tags) != want[0] || out.Enabled(tags) != want[1] {
			t.Errorf("spot-enabled=%q: opt-in %t, opt-out %t", value, in.Enabled(tags), out.Enabled(tags))
		}
	}
	if in.Enabled(nil) || !out.Enabled(nil) {
		t.Error("without the tag: opt-in serves, or opt-out does not")
	}
}

func TestFlagsAndEnvironmentSetTheDefaults(t *testing.T) {
	t.Parallel()
	var s Settings
	fs := flag.NewFlagSet("x", flag.ContinueOnError)
	env := map[string]string{"AUTOSPOTTING_KEEP_ON_DEMAND": "2", "AUTOSPOTTING_GRACE": "1m"}
	if err := Flags(&s, fs, func(k string) string { return env[k] }); err != nil {
		t.Fatal(err)
	}
	if err := fs.Parse([]string{"--grace", "2m"}); err != nil {
		t.Fatal(err)
	}
	if s.KeepOnDemand.Count != 2 || s.Grace != 2*time.Minute || s.Margin != 0.1 {
		t.Errorf("got %+v", s)
	}
	env["AUTOSPOTTING_GRACE"] = "soon"
	if err := Flags(&s, flag.NewFlagSet("x", flag.ContinueOnError), func(k string) string { return env[k] }); err == nil || !strings.Contains(err.Error(), "$AUTOSPOTTING_GRACE") {
		t.Errorf("a bad variable: %v", err)
	}
}

var update = flag.Bool("update", false, "rewrite the table in docs/configuration.md")

func TestTheDocumentationHasTheTable(t *testing.T) {
	t.Parallel()
	const file, begin, end = "../../docs/configuration.md", "<!-- table -->\n", "<!-- /table -->"
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok := strings.Cut(string(b), begin)
	table, tail, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatalf("%s lacks the marks of the table", file)
	}
	if *update {
		if err := os.WriteFile(file, []byte(head+begin+Document()+end+tail), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if table != Document() {
		t.Errorf("%s differs from the code (go test ./coordinator/settings -update rewrites it)", file)
	}
}

func FuzzFromTags(f *testing.F) {
	for _, s := range table {
		f.Add(Prefix+s.Name, s.Default)
	}
	f.Add("autospotting_cron_schedule", "9-18 1-5")
	f.Fuzz(func(t *testing.T, key, value string) {
		s, err := FromTags(Defaults(), map[string]string{key: value})
		if err != nil {
			return
		}
		s.Window.Open(time.Unix(0, 0))
		if s.KeepOnDemand.Up(10) < 0 || s.Margin < 0 || s.Margin >= 1 || s.Grace < 0 {
			t.Errorf("%s=%q gives %+v", key, value, s)
		}
	})
}

func TestATagThatIsNearlyTheOneIsNamed(t *testing.T) {
	t.Parallel()
	scope := Scope{Key: "spot-enabled", Value: "true"}
	for _, c := range []struct {
		tags map[string]string
		want string
	}{
		{nil, ""}, {map[string]string{"spot-enabled": "true"}, ""}, {map[string]string{"spot-enabled": "false"}, ""}, {map[string]string{"other": "true"}, ""},
		{map[string]string{"spot-enabled": "True"}, "the tag says spot-enabled=True: write spot-enabled=true"},
		{map[string]string{"spot-enabled": "TRUE"}, "the tag says spot-enabled=TRUE: write spot-enabled=true"},
		{map[string]string{"spot-enabled": " true "}, "the tag says spot-enabled= true : write spot-enabled=true"},
		{map[string]string{"Spot-Enabled": "true"}, "the tag says Spot-Enabled=true: write spot-enabled=true"},
		{map[string]string{"Spot-Enabled": "true", "spot-enabled": "true"}, ""},
	} {
		if got := scope.NearMiss(c.tags); got != c.want {
			t.Errorf("%v: %q, want %q", c.tags, got, c.want)
		}
	}
}
