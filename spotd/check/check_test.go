package check

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"autospotting/spotd/config"
	"autospotting/spotd/daemon"
	"autospotting/spotd/fakes"
)

// checked runs check against a metadata service and a topic.
func checked(t *testing.T, m *fakes.Metadata, s http.Handler, format string, flags ...string) (string, error) {
	t.Helper()
	t.Setenv("STATE_DIRECTORY", t.TempDir())
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	c, err := config.Read(append([]string{"--topic", fakes.Topic, "--group", "web", "--handlers", t.TempDir(), "--root-handlers", "/nowhere"}, flags...), func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	err = check(daemon.New(c, zerolog.Nop(), fakes.InMemory{Handler: m}, fakes.InMemory{Handler: s}), format, &out)
	return out.String(), err
}

// dated is a topic that tells a time.
func dated(s *fakes.Sink, off time.Duration) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", time.Now().Add(off).UTC().Format(http.TimeFormat))
		s.ServeHTTP(w, r)
	})
}

func TestCheckTellsWhatIsNotFineAndWhatToDo(t *testing.T) {
	for _, c := range []struct {
		name  string
		key   string
		spoil func(*fakes.Metadata, *fakes.Sink)
		off   time.Duration
		flags []string
		want  []string // of the screen
		fine  bool
	}{
		{"all is fine", "AK", nil, 0, nil, []string{"ok    topic", "ok    clock", "ok    identity", "ok    notice       none"}, true},
		{"no metadata", "AK", func(m *fakes.Metadata, _ *fakes.Sink) { m.Status = 403 }, 0, nil, []string{"FAIL  metadata", "-> enable the instance metadata service", "FAIL  topic"}, false},
		{"no role", "", nil, 0, nil, []string{"FAIL  credentials", "-> give the instance a profile"}, false},
		{"a role that may not", "AK", func(_ *fakes.Metadata, s *fakes.Sink) { s.Answer = func(int) int { return 403 } }, 0, nil, []string{"FAIL  topic", "-> let the role publish to " + fakes.Topic}, false},
		{"a clock that is off", "AK", nil, 10 * time.Minute, nil, []string{"FAIL  clock", " off", "-> run a time service"}, false},
		{"a clock that is ahead by two minutes", "AK", nil, -2 * time.Minute, nil, []string{"FAIL  clock        2m"}, false},
		{"a clock that is off, and therefore refused", "AK", func(_ *fakes.Metadata, s *fakes.Sink) { s.Answer = func(int) int { return 403 } }, -time.Hour, nil, []string{"FAIL  clock        1h0m"}, false},
		{"a notice", "AK", func(m *fakes.Metadata, _ *fakes.Sink) { m.Interrupt(time.Now().Add(time.Minute)) }, 0, nil, []string{"FAIL  notice"}, false},
		{"a probe that does not pass", "AK", nil, 0, []string{"--probe", "exec:/bin/false"}, []string{"FAIL  probe", "-> the instance is not ready until"}, false},
		{"no signature", "AK", func(m *fakes.Metadata, _ *fakes.Sink) { delete(m.Items, "dynamic/instance-identity/rsa2048") }, 0, nil, []string{"FAIL  identity"}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("AWS_ACCESS_KEY_ID", c.key)
			m, s := fakes.NewMetadata(time.Now()), &fakes.Sink{}
			if c.spoil != nil {
				c.spoil(m, s)
			}
			screen, err := checked(t, m, dated(s, c.off), "text", c.flags...)
			if (err == nil) != c.fine || err != nil && !errors.Is(err, errUnwell) {
				t.Errorf("%v", err)
			}
			for _, want := range c.want {
				if !strings.Contains(screen, want) {
					t.Errorf("no %q in\n%s", want, screen)
				}
			}
		})
	}
}

func TestCheckForProgramsIsJSON(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	screen, err := checked(t, fakes.NewMetadata(time.Now()), &fakes.Sink{}, "json")
	var found []finding
	if bad := json.Unmarshal([]byte(screen), &found); bad != nil || !errors.Is(err, errUnwell) {
		t.Fatalf("%v, %v\n%s", bad, err, screen)
	}
	for _, f := range found {
		if f.What == "" || f.Text == "" || f.OK == (f.Remedy != "") {
			t.Errorf("%+v", f)
		}
	}
}
