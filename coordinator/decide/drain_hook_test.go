package decide

import (
	"testing"

	"autospotting/coordinator/settings"
)

// drainedByHook makes the instances nodes whose pods a terminating hook moves.
func drainedByHook(w *World) {
	w.Group.DrainHooks, w.Template.Needs = []string{"drain"}, []UserNeed{{Need: "kubernetes", Where: "line 3"}}
}

// What gets work while it boots is a member by then, so that its end goes through the hook.
func TestWhatAHookDrainsIsAMemberBeforeItGetsWork(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		change   func(*World)
		mode     AttachMode
		together int
	}{
		{"a node", func(*World) {}, WhenRunning, 1},
		{"an ECS host with a hook", func(w *World) { w.Template.Needs[0].Need = "ecs" }, WhenRunning, 1},
		{"a runner", func(w *World) { w.Template.Needs[0].Need = "runner" }, WhenRunning, 1},
		{"a worker", func(w *World) { w.Template.Needs[0].Need = "worker" }, WhenRunning, 1},
		{"the owner lets its pods end", func(w *World) { w.Settings.Accept = []string{"kubernetes"} }, WhenReady, 3},
		{"or all work", func(w *World) { w.Settings.DrainWith = settings.DrainNone }, WhenReady, 3},
		{"the owner wants it ready", func(w *World) { w.Settings.Attach = settings.AttachReady }, WhenReady, 3},
		{"and as soon as it runs", func(w *World) { w.Settings.Attach = settings.AttachRunning }, WhenRunning, 1},
		{"an ECS host without one", func(w *World) {
			w.Group.DrainHooks, w.Template.Needs[0].Need, w.Template.Cluster = nil, "ecs", "prod"
		}, WhenReady, 1},
		{"no work, but a hook", func(w *World) { w.Template.Needs = nil }, WhenReady, 3},
	} {
		w := web()
		w.Settings.AtOnce.Count = 3
		drainedByHook(&w)
		c.change(&w)
		if got := Mode(w); got != c.mode {
			t.Errorf("%s: attached when %s", c.name, got)
		}
		if got := newRun(w).together(); got != c.together {
			t.Errorf("%s: %d at once", c.name, got)
		}
	}
}
