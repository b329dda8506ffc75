package decide

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"autospotting/coordinator/ledger"
)

func TestATemplateIsNamedBeforeAnythingIsLaunchedFromIt(t *testing.T) {
	t.Parallel()
	w := web()
	p := Decide(w)
	launches := slices.ContainsFunc(p.Actions, func(a Action) bool { return a.Kind == LaunchOne })
	if !launches || !slices.Equal(p.Record.Templates, []string{"lt-ours"}) {
		t.Errorf("%v is known to be ours, launched: %t", p.Record.Templates, launches)
	}
	w.Template.ID, w.Template.Version = "", ""
	if p := Decide(w); len(p.Record.Templates) != 0 {
		t.Errorf("%v is known to be ours before there is one", p.Record.Templates)
	}
}

func TestARecordLearnsTheTemplatesOfWhatIsOurs(t *testing.T) {
	t.Parallel()
	w := web()
	w.allSpot()
	w.Instances[0].Template, w.Instances[1].Template, w.Instances[2].Template = "lt-1", "lt-2", "lt-3"
	w.Instances[2].Ours, w.Instances[2].Unproven = false, true
	if got := Decide(w).Record.Templates; !slices.Equal(got, []string{"lt-1", "lt-2"}) {
		t.Errorf("%v are known to be ours", got)
	}
}

// The number is bounded, but what an instance of ours was launched from is never forgotten.
func TestTheTemplatesOfBeforeAreKeptInBounds(t *testing.T) {
	t.Parallel()
	w := web()
	w.allSpot()
	for n := range 2 * mostTemplates {
		w.Record.Templates = append(w.Record.Templates, fmt.Sprintf("lt-%02d", n))
	}
	w.Instances[0].Template = "lt-00"
	w.Record.Intents = []ledger.Intent{{Purpose: ledger.Swap, Victim: "i-odb", Instance: "i-new", At: noon.Add(-time.Second), Launch: ledger.Launch{Nonce: "n", Template: "lt-01", SourceHash: "h1"}}}
	got := Decide(w).Record.Templates
	if len(got) != mostTemplates || got[0] != "lt-00" || got[1] != "lt-01" || got[2] != fmt.Sprintf("lt-%02d", mostTemplates+2) || got[mostTemplates-1] != fmt.Sprintf("lt-%02d", 2*mostTemplates-1) {
		t.Errorf("kept are %v", got)
	}
	if len(w.Record.Templates) != 2*mostTemplates || w.Record.Templates[0] != "lt-00" {
		t.Error("the record that it was given was changed")
	}
}

// Whatever the place of an instance that is not proven to be ours, no action names it and no notice for it is taken.
func TestWhatIsUnprovenIsLeftAlone(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(*World, *Instance)
	}{
		{"in no group", func(*World, *Instance) {}},
		{"in no group, seen so before", func(w *World, i *Instance) { w.Record.Orphans = map[string]time.Time{i.ID: noon.Add(-time.Hour)} }},
		{"in no group, with the nonce of a launch of ours", func(w *World, i *Instance) {
			w.Record.Intents = []ledger.Intent{{Purpose: ledger.Swap, Victim: "i-oda", At: noon.Add(-90 * time.Second), Launch: ledger.Launch{Nonce: i.Nonce, Template: "lt-ours", SourceHash: "h1"}}}
		}},
		{"a member, with a notice", func(w *World, i *Instance) {
			i.Member, i.Listed, i.Lifecycle, i.Healthy, i.SpotStatus = true, true, "InService", true, "marked-for-termination"
			w.Group.Desired++
			w.Heard = []Hint{{Kind: HeardTerminating, Instance: i.ID, Trusted: true, At: noon}}
		}},
		{"a member of a group that is opted out", func(w *World, i *Instance) {
			i.Member, i.Listed, i.Lifecycle, i.Healthy = true, true, "InService", true
			w.Group.Desired++
			w.Group.Enabled = false
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := web()
			i := ours("i-theirs", "a")
			i.Ours, i.Unproven, i.Template = false, true, "lt-theirs"
			c.change(&w, &i)
			w.Instances = append(w.Instances, i)
			p := Decide(w)
			for _, a := range p.Actions {
				if a.Instance == i.ID || slices.Contains(a.Instances, i.ID) {
					t.Errorf("%s of it: %s", a.Kind, a.Why)
				}
			}
			if _, doomed := p.Record.Notices[i.ID]; doomed || p.Record.Orphans[i.ID] != (time.Time{}) || slices.Contains(p.Record.Templates, i.Template) {
				t.Errorf("the record has it: %+v", p.Record)
			}
			said := slices.ContainsFunc(p.Why, func(l Line) bool {
				return l.Instance == i.ID && strings.HasPrefix(l.Text, "unproven: ") && strings.Contains(l.Text, "lt-theirs")
			})
			if status := p.Record.Status.Reason; !said || w.Group.Enabled && !strings.HasPrefix(status, "unproven: 1 ") {
				t.Errorf("said: %t, status %q", said, status)
			}
		})
	}
}

func TestTheNameOfOurTemplateIsUniqueForAGroupAndFits(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for _, group := range []string{"web", "we*", "we/", "we-", strings.Repeat("x", 255), strings.Repeat("x", 254) + "y", "Gruppe für alles"} {
		name := TemplateName(group)
		if len(name) > 128 || strings.Trim(name, nameable) != "" || seen[name] != "" { // EC2: 3 to 128 characters
			t.Errorf("%q is called %q, as %q is", group, name, seen[name])
		}
		seen[name] = group
	}
}

// A detached instance is in no group in a moment, and is terminated then: without record and template nobody would know that it is ours.
func TestTheRecordStaysWhileSomethingOfOursMayBeLeftOver(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(*Instance)
		stays  bool
	}{
		{"detaching", func(i *Instance) { i.Lifecycle = "Detaching" }, true},
		{"in Standby", func(i *Instance) { i.Lifecycle = "Standby" }, true},
		{"draining", func(i *Instance) { i.Lifecycle = "Terminating:Wait" }, false},
		{"in no group, seen for the first time", func(i *Instance) { i.Member, i.Lifecycle = false, "" }, true},
		{"in another group", func(i *Instance) { i.Member, i.Lifecycle, i.Foreign = false, "", true }, false},
		{"ended", func(i *Instance) { i.State = "shutting-down" }, false},
		{"unproven while it cannot be asked", func(i *Instance) { i.Ours, i.Unproven, i.Unasked = false, true, true }, true},
		{"unproven", func(i *Instance) { i.Member, i.Lifecycle, i.Ours, i.Unproven = false, "", false, true }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := web()
			w.Group.Enabled = false
			i := attached("i-left", "a")
			c.change(&i)
			w.add(i)
			p := Decide(w)
			drops := slices.ContainsFunc(p.Actions, func(a Action) bool { return a.Kind == DropTemplate })
			w.Record.Dropped = true
			if forgets := Decide(w).Forget; drops == c.stays || forgets == c.stays {
				t.Errorf("the template is dropped: %t, the record: %t", drops, forgets)
			}
		})
	}
}

func TestWhatHasEndedIsNotUnproven(t *testing.T) {
	t.Parallel()
	w := web()
	x := ours("i-u", "a")
	x.Ours, x.Unproven, x.State = false, true, "terminated"
	w.add(x)
	if r := newRun(w); len(r.unproven()) != 0 {
		t.Error("it is")
	}
	w.at("i-u").State, w.at("i-u").Unasked = "running", true
	r := newRun(w)
	if r.proveNone(); len(r.plan.Why) != 1 {
		t.Errorf("of one that could not be asked about is said %v", r.plan.Why)
	}
}
