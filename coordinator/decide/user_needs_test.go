package decide

import (
	"slices"
	"strings"
	"testing"

	"autospotting/coordinator/settings"
)

func TestEveryNeedHasAnAnswer(t *testing.T) {
	t.Parallel()
	for _, name := range settings.Needs() {
		if !slices.ContainsFunc(answers, func(a answer) bool { return a.need == name && a.why != "" && a.step != "" }) {
			t.Errorf("%s has no answer", name)
		}
	}
	if len(answers) != len(settings.Needs()) {
		t.Errorf("%d answers for %d needs", len(answers), len(settings.Needs()))
	}
}

func TestANeedRefusesTheGroupUntilItIsAcceptedOrMet(t *testing.T) {
	t.Parallel()
	for _, a := range answers {
		w := web()
		w.Template.Needs = []UserNeed{{Need: a.need, Where: "part 2, line 14"}}
		if a.hooked { // TestABootThatCompletesItsLaunchingHook
			continue
		}
		if a.beside != "" {
			if why := Refusal(w); why != "" {
				t.Errorf("%s without %s: %q", a.need, a.beside, why)
			}
			w.Template.Needs = append(w.Template.Needs, UserNeed{Need: a.beside, Where: "line 1"})
			w.Settings.Accept = []string{a.beside}
		}
		if a.attached {
			w.Settings.Accept = nil
			if why := Refusal(w); why != "" {
				t.Errorf("%s, though it is a member when its boot asks: %q", a.need, why)
			}
			w.Template.Hasty = "its bootcmd asks for it"
		}
		why := Refusal(w)
		for _, says := range []string{a.why, "part 2, line 14", a.step, "autospotting:accept=" + a.need} {
			if !strings.Contains(why, says) {
				t.Errorf("%s: %q does not say %q", a.need, why, says)
			}
		}
		if Step(w) != a.step+a.or {
			t.Errorf("%s: the step is %q", a.need, Step(w))
		}
		if rung, _ := rungOf(w); rung != Release {
			t.Errorf("%s: on rung %d", a.need, rung)
		}
		w.Group.DrainHooks = []string{"drain"}
		if got := Refusal(w); (got == "") != a.drained {
			t.Errorf("%s beside a terminating hook: %q", a.need, got)
		}
		w.Group.DrainHooks, w.Group.HooksUnread = nil, true
		if got := Refusal(w); (got == "") != a.drained {
			t.Errorf("%s where it is not known which hooks there are: %q", a.need, got)
		}
		w.Group.HooksUnread, w.Settings.Accept = false, []string{"x", a.need, a.beside}
		if got := Refusal(w); got != "" || Step(w) != "" {
			t.Errorf("%s, accepted: %q", a.need, got)
		}
	}
}

func TestOfSeveralNeedsEachIsAnswered(t *testing.T) {
	t.Parallel()
	w := web()
	w.Template.Needs = []UserNeed{{Need: "kubernetes", Where: "line 3"}, {Need: "address", Where: "line 9"}}
	w.Group.DrainHooks = []string{"drain"}
	if why := Refusal(w); !strings.Contains(why, "line 9") {
		t.Errorf("%q", why)
	}
	w.Settings.Accept = []string{"address"}
	if why := Refusal(w); why != "" {
		t.Errorf("%q", why)
	}
	w.Group.Deleting, w.Settings.Accept = true, nil
	if Step(w) != "" {
		t.Errorf("a step is named that does not help: %q", Step(w))
	}
}
