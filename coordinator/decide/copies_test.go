package decide

import (
	"strings"
	"testing"
	"time"

	"autospotting/coordinator/ledger"
)

// copied is a world whose template is a copy of an hour ago.
func copied() World {
	w := web()
	w.add(attached("i-s1", "a"))
	w.Group.Desired, w.Group.Max = 4, 5
	w.Template.Version, w.Template.CopyOf = "3", noon.Add(-time.Hour)
	w.Missing = []Missing{{What: "the launch template", Class: Launch, Why: "ServiceUnavailable", CopyOf: noon.Add(-time.Hour)}}
	w.doom("i-s1", time.Second)
	return w
}

func TestACopyServesNoticesAndSaysHowOldItIs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, id, version string
		launched          time.Duration // before noon
		serves            bool
	}{
		{"what it was launched from is not known", "", "", time.Hour, true},
		{"the same version", "lt-ours", "3", time.Minute, true},
		{"an older one", "lt-ours", "2", time.Minute, true},
		{"numbers, not texts", "lt-ours", "10", time.Hour, false},
		{"a newer one", "lt-ours", "4", 2 * time.Hour, false},
		{"another template, from before the copy", "lt-before", "9", 2 * time.Hour, true},
		{"another template, since", "lt-since", "1", time.Minute, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := copied()
			s := w.at("i-s1")
			s.Template, s.TemplateVersion, s.Launched = c.id, c.version, noon.Add(-c.launched)
			p := Decide(w)
			if does(p, LaunchOne) != c.serves {
				t.Fatalf("%s", render(p))
			}
			if c.serves && !strings.Contains(p.Actions[0].Why, "the launch template as of 1h0m0s ago, which cannot be read now") {
				t.Errorf("it does not say how old the copy is: %s", p.Actions[0].Why)
			}
			if !c.serves && (!strings.Contains(told(p), "its copy of 11:00:00 is older than what i-s1 was launched from") || p.Record.Notices["i-s1"].Tries != 0 || p.Look.After(noon.Add(marketAgain))) {
				t.Errorf("%s", render(p))
			}
		})
	}
}

func TestOnACopyNothingGradualIsBegunAndNobodyIsJudged(t *testing.T) {
	t.Parallel()
	w := web()
	w.add(ours("i-s1", "a"))
	w.intends(ledger.Swap, "i-s1", "i-oda", "a", 2*time.Minute)
	w.says("i-s1", true, true)
	w.Template.Hash, w.Template.CopyOf = "older", noon.Add(-time.Hour)
	w.Missing = []Missing{{What: "the launch template", Class: Launch, Why: "ServiceUnavailable", CopyOf: noon.Add(-time.Hour)}}
	if p := Decide(w); len(p.Actions) > 0 || p.Record.Intents[0].Abandoned != "" {
		t.Errorf("launched from something newer than the copy, and\n%s", render(p))
	}
}

// What a launch needs and nobody can tell does not use up the tries of a notice.
func TestWithoutWhatALaunchNeedsANoticeWaitsAndIsLookedAtSoon(t *testing.T) {
	t.Parallel()
	for _, what := range []string{"subnets", "the launch template"} {
		w := copied()
		w.Template, w.Group.Subnets = Template{}, nil
		w.Missing = []Missing{{What: what, Class: Launch, Why: "ServiceUnavailable"}}
		p := Decide(w)
		if len(p.Actions) > 0 || p.Record.Notices["i-s1"].Tries != 0 || p.Look.After(noon.Add(marketAgain)) || !strings.Contains(told(p), "nothing is launched before "+what+" is read: ServiceUnavailable") {
			t.Errorf("without %s:\n%s", what, render(p))
		}
	}
}

func TestWhichTemplateIsNewer(t *testing.T) {
	t.Parallel()
	copied := Template{ID: "lt-1", Version: "3", CopyOf: noon.Add(-time.Hour)}
	for _, c := range []struct {
		name string
		x    Instance
		of   Template
		want bool
	}{
		{"the same", Instance{Template: "lt-1", TemplateVersion: "3"}, copied, false},
		{"a later version", Instance{Template: "lt-1", TemplateVersion: "4"}, copied, true},
		{"a version that is no number", Instance{Template: "lt-1", TemplateVersion: "x"}, copied, false},
		{"against a version that is no number", Instance{Template: "lt-1", TemplateVersion: "4"}, Template{ID: "lt-1", Version: "$Latest"}, false},
		{"both are no numbers", Instance{Template: "lt-1", TemplateVersion: "x"}, Template{ID: "lt-1", Version: ""}, false},
		{"another template, launched since", Instance{Template: "lt-2", Launched: noon}, copied, true},
		{"another template, launched before", Instance{Template: "lt-2", TemplateVersion: "9", Launched: noon.Add(-2 * time.Hour)}, copied, false},
		{"no template is told, launched since", Instance{TemplateVersion: "1", Launched: noon}, copied, false},
	} {
		if got := newer(c.x, c.of); got != c.want {
			t.Errorf("%s: %t", c.name, got)
		}
	}
}
