package sim_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"autospotting/coordinator/act"
	"autospotting/coordinator/decide"
	"autospotting/coordinator/handle"
	"autospotting/coordinator/settings"
	"autospotting/test/scenario"
)

var update = flag.Bool("update", false, "tell the stories of test/scenario anew, as the simulated cloud plays them")

// TestTheSimulatedCloudTellsTheStories plays the same files as the emulator does.
func TestTheSimulatedCloudTellsTheStories(t *testing.T) {
	t.Parallel()
	stories, err := scenario.All()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range stories {
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			c, err := newTold(s, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Cloud.Close()
			got, err := scenario.Play(s, c)
			if err != nil {
				t.Fatalf("%v\n%s", err, strings.Join(c.Story(200), "\n"))
			}
			if *update {
				if err := os.WriteFile(filepath.Join("..", "scenario", "testdata", s.Name+".txt"), []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			} else if got != s.Text {
				t.Errorf("the story is\n%s\nand was told\n%s(go test ./test/sim -run Stories -update tells it anew)\n%s", got, s.Text, strings.Join(c.Story(200), "\n"))
			}
			if broken := c.Violations(); len(broken) > 0 {
				t.Error(broken[0])
			}
		})
	}
}

// What each story of a kind of group rests on. Without it the coordinator does something else, and the story fails.
var blindnesses = map[string]func(*decide.World){
	"address":                func(w *decide.World) { w.Template.Needs = nil },
	"attach-ready":           func(w *decide.World) { w.Settings.Attach = settings.AttachAuto },
	"attach-running":         func(w *decide.World) { w.Settings.Attach = settings.AttachAuto },
	"balanced":               func(w *decide.World) { w.Settings.Attach = settings.AttachReady },
	"bastion":                func(w *decide.World) { w.Group.LoadBalanced, w.Template.Clocked = false, "line 3" },
	"cloudformation":         func(w *decide.World) { w.Template.Needs, w.Settings.Grace = nil, 5*time.Minute },
	"cloudformation-unknown": func(w *decide.World) { w.Template.Needs, w.Settings.Attach = nil, settings.AttachRunning },
	"hook-heard":             func(w *decide.World) { w.Group.LaunchHooks = nil },
	"hook-unheard":           func(w *decide.World) { w.Group.LaunchHooks = append(w.Group.LaunchHooks, w.Group.IdleHooks...) },
	"handlers": func(w *decide.World) { // nobody's answer is heard
		w.Heard = slices.DeleteFunc(slices.Clone(w.Heard), func(h decide.Hint) bool { return h.Kind == decide.HeardDrained })
	},
	"hook-of-the-boot": func(w *decide.World) { w.Group.LaunchHooks = w.Group.UnheardHooks },
	"kubernetes":       func(w *decide.World) { w.Group.DrainHooks = nil },
	"mixed":            func(w *decide.World) { w.Group.Types = nil },
	"no-spotd":         func(w *decide.World) { w.Settings.Grace = time.Hour }, // beyond the time that a boot may take
	"other-tool": func(w *decide.World) {
		for n := range w.Instances {
			w.Instances[n].LaunchedBy = ""
		}
	},
	"own-group":  func(w *decide.World) { w.Template.Needs, w.Settings.Grace = nil, 5*time.Minute },
	"quorum":     func(w *decide.World) { w.Template.Needs = nil },
	"true":       func(*decide.World) {}, // the tag is read as True
	"worker":     func(w *decide.World) { w.Template.Needs = nil },
	"zones-only": func(w *decide.World) { w.Group.NoSubnets = "the group names no subnets" },
}

func TestABlindCoordinatorTellsAnotherStory(t *testing.T) {
	t.Parallel()
	stories, err := scenario.All()
	if err != nil {
		t.Fatal(err)
	}
	played := 0
	for _, s := range stories {
		blind := blindnesses[s.Name]
		if blind == nil {
			continue
		}
		played++
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			c, err := newTold(s, func(h *handle.Handler) {
				if a, ok := h.Actor.(*act.Actor); ok && s.Name == "true" {
					a.Scope.Value = "True"
				}
				h.Decide = func(w decide.World) decide.Plan {
					blind(&w)
					return decide.Decide(w)
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Cloud.Close()
			got, err := scenario.Play(s, c)
			if err == nil && got == s.Text {
				t.Error("it tells the same story")
			}
			if err == nil {
				err = errors.New(scenario.Changed(s.Text, got))
			}
			t.Log(err)
		})
	}
	if played != len(blindnesses) {
		t.Errorf("%d stories were played, %d have a row", played, len(blindnesses))
	}
}
