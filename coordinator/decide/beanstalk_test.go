package decide

import (
	"strings"
	"testing"

	"autospotting/coordinator/settings"
)

// ofBeanstalk makes the world one of an environment that is Ready.
func ofBeanstalk(w *World) {
	w.Group.Environment = Environment{ID: "e-abc", Name: "shop", Status: "Ready"}
	w.Group.LoadBalanced = true
	w.Template.Needs = nil
}

func TestAnEnvironmentsInstancesNeedMembershipWhateverTheirUserDataSays(t *testing.T) {
	t.Parallel()
	w := web()
	ofBeanstalk(&w)
	if why := Refusal(w); why != "" || Mode(w) != WhenRunning {
		t.Errorf("refused: %q, attached when %s", why, Mode(w))
	}
	w.Template.Needs = []UserNeed{{Need: "membership", Where: "line 3"}}
	list := Needs(w)
	if len(list) != 2 || list[0].Place() != "user data, line 3" || list[1] != (UserNeed{"cloudformation-helpers", "the environment's instances"}) || list[1].Place() != "the environment's instances" {
		t.Errorf("%+v", list)
	}
	if len(w.Template.Needs) != 1 {
		t.Errorf("the template's became %+v", w.Template.Needs)
	}
	w.Group.Environment = Environment{}
	if list := Needs(w); len(list) != 1 {
		t.Errorf("of no environment: %+v", list)
	}
	if place := (UserNeed{Need: "dns"}).Place(); place != "user data, somewhere" {
		t.Errorf("of no place: %q", place)
	}
}

func TestWhatKeepsAnEnvironmentFromBeingServed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*World)
		says   string
	}{
		"attach=ready": {func(w *World) { w.Settings.Attach = settings.AttachReady }, "autospotting:attach is ready"},
		"attach=ready, and nobody minds": {func(w *World) {
			w.Settings.Attach, w.Settings.Accept = settings.AttachReady, []string{"membership", "cloudformation-helpers"}
		}, ""},
		"user data that takes nothing":      {func(w *World) { w.Template.Hasty = "its format is not known" }, "its format is not known"},
		"nobody tells of the boot":          {func(w *World) { w.Template.Mute, w.Group.LoadBalanced = true, false }, "nothing would tell whether it went well"},
		"a load balancer tells":             {func(w *World) { w.Template.Mute = true }, ""},
		"workers":                           {func(w *World) { w.Group.Environment.Worker = true }, "in the middle of a job (the environment's tier)"},
		"workers whose work may end":        {func(w *World) { w.Group.Environment.Worker, w.Settings.DrainWith = true, settings.DrainNone }, ""},
		"workers that nobody minds":         {func(w *World) { w.Group.Environment.Worker, w.Settings.Accept = true, []string{"worker"} }, ""},
		"workers that a hook drains":        {func(w *World) { w.Group.Environment.Worker, w.Group.DrainHooks = true, []string{"drain"} }, ""},
		"an operation in an unready one":    {func(w *World) { w.Group.Environment.Status, w.Group.Environment.Busy = "Aborting", true }, "(Aborting)"},
		"an environment that was not asked": {func(w *World) { w.Group.Environment.Status = "" }, ""},
		"busy words of a group of no-one's": {func(w *World) { w.Group.Environment = Environment{Status: "Updating", Unread: "x"} }, ""},
		"one worker, and may never be two": {func(w *World) {
			w.one()
			w.Group.Environment.Worker, w.Settings.DrainWith = true, settings.DrainNone
			w.Group.LoadBalanced = false
		}, "MaxSize is 1"},
		"one worker, and there may be two": {func(w *World) {
			w.one()
			w.Group.Environment.Worker, w.Settings.DrainWith, w.Settings.AllowMaxOne = true, settings.DrainNone, true
			w.Group.LoadBalanced = false
		}, ""},
		"an environment known by name alone": {func(w *World) { w.Group.Environment.ID, w.Group.Environment.Status = "", "Launching" }, "(Launching)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := web()
			ofBeanstalk(&w)
			c.change(&w)
			if why := Refusal(w); (why == "") != (c.says == "") || !strings.Contains(why, c.says) {
				t.Errorf("refused: %q, want %q", why, c.says)
			}
		})
	}
}

// On which rung a group stands decides what is done for who has a notice.
func TestDuringAnUpdateNoticesAreLeftToTheGroup(t *testing.T) {
	t.Parallel()
	for want, e := range map[Rung]Environment{Serve: {ID: "e-abc", Status: "Ready"}, Release: {ID: "e-abc", Status: "Updating"}, CloseOnly: {ID: "e-abc", Temporary: "of an update"}} {
		w := web()
		ofBeanstalk(&w)
		w.Group.Environment = e
		if rung, why := rungOf(w); rung != want {
			t.Errorf("%+v: rung %d, want %d (%s)", e, rung, want, why)
		}
	}
	w := web()
	ofBeanstalk(&w)
	w.Group.Environment.Unread = "throttled"
	if rung, _ := rungOf(w); rung != Release || !strings.Contains(Step(w), "elasticbeanstalk:DescribeEnvironments") {
		t.Errorf("what cannot be read: rung %d, step %q", rung, Step(w))
	}
	if w.Group.Environment.Unread, w.Group.Environment.Status = "", "Updating"; !strings.Contains(Step(w), "wait") {
		t.Errorf("an update: %q", Step(w))
	}
}
