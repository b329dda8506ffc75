package decide

import (
	"strings"
	"testing"
)

// Every refusal that a tag overrides names it also in the status tag, which holds less than the reason.
func TestTheStatusTagKeepsTheTagThatOverridesARefusal(t *testing.T) {
	t.Parallel()
	long := "part 2, write_files /opt/company/bootstrap/very/long/path/boot.sh, line 114"
	cut := 0
	for _, a := range answers {
		if a.hooked {
			continue
		}
		w := web()
		w.Template.Needs = []UserNeed{{Need: a.need, Where: long}, {Need: a.beside, Where: long}}
		w.Template.Hasty, w.Settings.Accept = "it is asked for before any script runs ("+long+")", []string{a.beside}
		if a.attached {
			w.Settings.Accept = nil
		}
		why := Refusal(w)
		text := tagText("refused", why)
		if len(text) > statusLength || !strings.Contains(text, "autospotting:accept="+a.need+" allows it") || !strings.HasPrefix(text, "refused: "+why[:12]) {
			t.Errorf("%s: %d bytes: %s", a.need, len(text), text)
		}
		if len(why) > statusLength {
			cut++
			if !strings.Contains(text, " ... the tag autospotting") {
				t.Errorf("%s: it does not show that it was cut: %s", a.need, text)
			}
		}
	}
	if cut == 0 {
		t.Error("no reason was too long")
	}
	for name, change := range map[string]func(*World){
		"completes its hook": func(w *World) { w.Group.UnheardHooks, w.Template.HookStops = []string{"boot"}, long },
		"counts as failed":   func(w *World) { w.Group.UnheardHooks, w.Template.HookFails = []string{"boot"}, long },
		"somebody hears": func(w *World) {
			w.Group.LaunchHooks, w.Group.HookListener = []string{"boot"}, "EventBridge's rule "+strings.Repeat("setup-", 20)+" may hear of boot"
		},
	} {
		w := web()
		w.Template.Needs = []UserNeed{{Need: launchHook, Where: long}}
		change(&w)
		if text := tagText("refused", Refusal(w)); len(text) > statusLength || !strings.HasSuffix(text, "the tag autospotting:accept=launch-hook allows it") {
			t.Errorf("%s: %d bytes: %s", name, len(text), text)
		}
	}
	// What stands within the first 256 characters anyway is cut behind it.
	short := "the tag autospotting:skip-launch-hooks=true allows it. " + strings.Repeat("x ", 200)
	if text := tagText("refused", short); strings.Contains(text, "...") || !strings.Contains(text, "skip-launch-hooks=true allows it") {
		t.Errorf("%s", text)
	}
}
