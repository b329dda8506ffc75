package settings

// Setting is one thing that an owner may set: by tag on the group, by flag or environment for the whole installation.
type Setting struct {
	Name string // of the tag behind the prefix, and of the flag
	// Predecessor holds the tag keys of the predecessor that mean the same.
	Predecessor []string
	Values      string // what may be written, for people
	Default     string // parsed like any other value
	Help        string
	set         func(*Settings, string) error
}

const keepOnDemand = "keep-on-demand"

// The table, in the order of docs/configuration.md.
var table = []Setting{
	{keepOnDemand, []string{"autospotting_min_on_demand_number", "autospotting_min_on_demand_percentage"}, "a number, or a percentage such as 25%", "0",
		"how many instances stay on-demand, rounded up; raising it brings spot instances back to on-demand, one by one",
		func(s *Settings, v string) (err error) { s.KeepOnDemand, err = amount(v); return }},
	{"swaps-at-once", nil, "a number from 1, or a percentage such as 10%", "10%",
		"how many gradual replacements may be under way together; a percentage is rounded down, one is always allowed",
		func(s *Settings, v string) (err error) { s.AtOnce, err = amount(v); return }},
	{"allowed-instance-types", []string{"autospotting_allowed_instance_types"}, "types with * and ?, separated by commas or spaces; current is the replaced instance's own type", "",
		"what may be launched; empty allows every compatible type",
		func(s *Settings, v string) (err error) { s.Allow, err = patterns(v, true); return }},
	{"disallowed-instance-types", []string{"autospotting_disallowed_instance_types"}, "types with * and ?, separated by commas or spaces", "",
		"what may not be launched; wins over the allowed ones",
		func(s *Settings, v string) (err error) { s.Deny, err = patterns(v, false); return }},
	{"allow-burstable", nil, "true or false", "false",
		"accept t2, t3, t4g for an instance that is not burstable",
		func(s *Settings, v string) (err error) { s.AllowBurstable, err = truth(v); return }},
	{"current-generation-only", nil, "true or false", "false",
		"refuse types of a previous generation in the place of one of the current",
		func(s *Settings, v string) (err error) { s.CurrentOnly, err = truth(v); return }},
	{"margin", nil, "a percentage such as 10%, or a fraction such as 0.10", "10%",
		"the least saving against the on-demand price that is worth a swap",
		func(s *Settings, v string) (err error) { s.Margin, err = fraction(v); return }},
	{"attach", nil, "auto, ready or running", "auto",
		"when a replacement becomes a member of the group: once it is ready, as soon as it runs, or as [attach](protocol.md#when-a-replacement-becomes-a-member) fits the group",
		func(s *Settings, v string) (err error) { s.Attach, err = attach(v); return }},
	{"drain-with", nil, "auto, none, ecs, hook or command", "auto",
		"how work that runs on an instance comes to its end before the instance is retired: by the ECS API, by a terminating lifecycle hook of the group, by a drain handler of spotd on the instance, or not at all; auto takes what [fits the group](needs.md#drain-before-retiring)",
		func(s *Settings, v string) (err error) { s.DrainWith, err = drainWith(v); return }},
	{"grace", nil, "a duration such as 300s or 5m", "5m",
		"how long an application that nobody probes is given to come up",
		func(s *Settings, v string) (err error) { s.Grace, err = span(v); s.GraceSaid = true; return }},
	{"probe", nil, "http://127.0.0.1:8080/health, tcp:8080, systemd, or none", "",
		"how spotd asks on its own instance whether the application is up; without it what replaces an interrupted instance counts as ready only after the grace; empty leaves it to the image's `spotd.conf`, which may also name a program",
		func(s *Settings, v string) (err error) { s.Probe, err = probe(v); return }},
	{"spotd", nil, "on or off", "on",
		"off: what is launched has the owner's own user data; then only EventBridge tells of a notice, and a replacement counts as ready only after the grace",
		func(s *Settings, v string) (err error) { s.NoSpotd, err = off(v); return }},
	{"boot-limit", nil, "a duration such as 15m", "15m",
		"a replacement that is still not ready this long after the grace is terminated",
		func(s *Settings, v string) (err error) { s.BootLimit, err = span(v); return }},
	{"drain", nil, "a duration up to 45s", "45s",
		"how long a group behind a load balancer is given to drain an instance that AWS takes; others need ten seconds",
		func(s *Settings, v string) (err error) { s.Drain, err = span(v); return }},
	{"dwell", nil, "a duration such as 10m", "10m",
		"the least time on on-demand after spot had no capacity for a replacement; doubles each time in a row, up to 6h",
		func(s *Settings, v string) (err error) { s.Dwell, err = span(v); return }},
	{"cron-schedule", []string{"autospotting_cron_schedule"}, "five fields of cron, or two: hours and days of the week, such as 9-18 1-5", "* *",
		"when gradual replacement by spot may begin: in every minute that matches; notices are always answered",
		func(s *Settings, v string) (err error) { s.Window.expr, err = cron(v); return }},
	{"cron-timezone", []string{"autospotting_cron_timezone"}, "a time zone's name, such as Europe/Berlin", "UTC",
		"the time zone of the schedule",
		func(s *Settings, v string) (err error) { s.Window.place, err = place(v); return }},
	{"cron-schedule-state", []string{"autospotting_cron_schedule_state"}, "on or off", "on",
		"on: replace inside the schedule; off: outside it",
		func(s *Settings, v string) (err error) { s.Window.inverse, err = off(v); return }},
	{"allow-max-size-one", nil, "true or false", "false",
		"serve the group though its MaxSize is 1, which often means that two must never run",
		func(s *Settings, v string) (err error) { s.AllowMaxOne, err = truth(v); return }},
	{"skip-launch-hooks", nil, "true or false", "false",
		"serve the group though its launching lifecycle hooks do not run for attached instances",
		func(s *Settings, v string) (err error) { s.SkipHooks, err = truth(v); return }},
	{"accept", nil, "needs, separated by commas or spaces: membership, cloudformation-helpers, launch-hook, address, volume, interface, route, dns, quorum, kubernetes, ecs, runner, worker, license", "",
		"serve the group though its user data has these needs: [needs.md](needs.md)",
		func(s *Settings, v string) (err error) { s.Accept, err = needs(v); return }},
	{"gp2-conversion-threshold", []string{"autospotting_gp2_conversion_threshold"}, "a size in GiB", "0",
		"gp2 volumes smaller than this become gp3 on what is launched; 0 converts none",
		func(s *Settings, v string) (err error) { s.GP2Threshold, err = whole(v); return }},
	{"minimal-profile", nil, "true or false", "false",
		"give what is launched the installation's minimal instance profile where the group's instances have none, so that spotd can speak",
		func(s *Settings, v string) (err error) { s.MinimalProfile, err = truth(v); return }},
	{"status-tag", nil, "true or false", "true",
		"write what is done, or why the group is refused, to the tag autospotting:status when it changes",
		func(s *Settings, v string) (err error) { s.StatusTag, err = truth(v); return }},
}

// Table lists the settings, in the order of the documentation.
func Table() []Setting { return append([]Setting(nil), table...) }

// Apply sets the value, or says what is wrong with it and what to write.
func (t Setting) Apply(s *Settings, value string) error { return t.set(s, value) }

// Defaults are the settings of an installation that names none.
func Defaults() Settings {
	var s Settings
	for _, t := range table {
		if err := t.set(&s, t.Default); err != nil {
			panic("the default of " + t.Name + ": " + err.Error()) // a mistake in the table above
		}
	}
	s.GraceSaid = false
	return s
}
