package root

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"autospotting/spotd/fakes"
	"autospotting/spotd/handlers"
)

func TestOnlyAnEventOfSpotdReachesTheRootHandlers(t *testing.T) {
	good := handlers.Event{Kind: "terminating", Action: "stop", Deadline: time.Unix(2_000_000_000, 0).UTC(), Instance: fakes.Instance, Group: "web"}
	change := func(f func(*handlers.Event)) string {
		e := good
		f(&e)
		b, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	for _, c := range []struct {
		name, body string
		fine       bool
	}{
		{"an event", change(func(*handlers.Event) {}), true},
		{"an event without a deadline", change(func(e *handlers.Event) { e.Deadline, e.Kind = time.Time{}, "terminated" }), true},
		{"a drain, which is another unit's", change(func(e *handlers.Event) { e.Kind = handlers.Drain }), false},
		{"another kind", change(func(e *handlers.Event) { e.Kind = "dance" }), false},
		{"another action", change(func(e *handlers.Event) { e.Action = "$(reboot)" }), false},
		{"no instance", change(func(e *handlers.Event) { e.Instance = "../../x" }), false},
		{"a group that is none", change(func(e *handlers.Event) { e.Group = "a\nb" }), false},
		{"the contents of another file", "root:x:0:0:secret", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "event")
			if err := os.WriteFile(path, []byte(c.body), 0o600); err != nil {
				t.Fatal(err)
			}
			got, err := readEvent(path, "terminating", "terminated")
			if (err == nil) != c.fine || c.fine && got.Instance != fakes.Instance {
				t.Errorf("%+v, %v", got, err)
			}
			if err != nil && strings.Contains(err.Error(), "secret") {
				t.Errorf("the error tells the content: %v", err)
			}
		})
	}
}

// departs is the unit that nobody listens to.
var departs = unit{eventFile, func(handlers.Event) (int, bool) { return 0, false }}

func TestTheDaemonAsksForRootOnlyWhereSomeoneListens(t *testing.T) {
	t.Setenv("RUNTIME_DIRECTORY", "")
	if _, err := departs.ask(t.Context(), handlers.Event{}, time.Minute); err == nil || !strings.Contains(err.Error(), "spotd install") {
		t.Errorf("got %v", err)
	}
	dir := t.TempDir()
	t.Setenv("RUNTIME_DIRECTORY", dir)
	want := handlers.Event{Kind: "terminating", Action: "terminate", Deadline: time.Unix(2_000_000_000, 0).UTC(), Until: time.Unix(2_000_000_100, 0).UTC(), Instance: fakes.Instance, Group: "web"}
	if _, err := departs.ask(t.Context(), want, 300*time.Millisecond); err == nil {
		t.Error("nobody has done it, and it is done")
	}
	if got, err := readEvent(filepath.Join(dir, eventFile), "terminating", "terminated"); err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestAnAnswerOfTheUnitIsThatOfOneDrain(t *testing.T) {
	first := handlers.Event{Kind: handlers.Drain, Deadline: time.Unix(2_000_000_000, 0)}
	second, undone := first, first
	second.Deadline = first.Deadline.Add(time.Hour)
	undone.Kind = handlers.Undrain
	if mark(first) == mark(second) || mark(first) == mark(undone) {
		t.Errorf("%q, %q, %q", mark(first), mark(second), mark(undone))
	}
}
