package config

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"autospotting/spotd/fakes"
)

func confFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "spotd.conf")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestTheFileIsReadBelowFlagsAndEnvironment(t *testing.T) {
	path := confFile(t, "# ours\n\ntopic = "+fakes.Topic+"\n group=from the file\ngrace = 1m\npoll = 3s\nlisten =\n")
	env := map[string]string{"SPOTD_CONFIG": path, "SPOTD_GRACE": "2m"}
	got, err := Read([]string{"--poll", "4s"}, func(key string) string { return env[key] })
	if err != nil || got.Topic != fakes.Topic || got.Group != "from the file" || got.Grace != 2*time.Minute || got.Poll != 4*time.Second {
		t.Errorf("%+v, %v", got, err)
	}
	// Only what was given goes into the unit: the file can be edited later.
	if want := []string{"--config", path, "--grace", "2m", "--poll", "4s"}; !reflect.DeepEqual(got.Given, want) {
		t.Errorf("given %q", got.Given)
	}
}

func TestABadLineIsNamedByItsNumber(t *testing.T) {
	const good = "topic = " + fakes.Topic + "\ngroup = web\n"
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"a bad value", good + "\npoll = often\n", []string{":4: poll:", `"often"`, "want for instance"}},
		{"no such setting", good + "colour = red\n", []string{":3:", "colour", "no setting"}},
		{"no value", good + "poll\n", []string{":3:", "want a line like"}},
		{"twice", good + "poll = 2s\npoll = 3s\n", []string{":4: poll is set already at", ":3:"}},
		{"a probe that is none", good + "probe = maybe\n", []string{":3: probe:", "no probe"}},
		{"an address for everyone", good + "listen = 0.0.0.0:9100\n", []string{":3: listen:", "no loopback address"}},
		{"a host that may be elsewhere", good + "listen = example.com:9100\n", []string{":3: listen:"}},
		{"an overdue word that is none", good + "probe-overdue = panic\n", []string{":3: probe-overdue:", "wait, ready or stop"}},
		{"a hook that is none", good + "lifecycle-hook = a b\n", []string{":3: lifecycle-hook:"}},
		{"a handler time that is none", good + "handler-timeout = 0\n", []string{":3: handler-timeout:"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := confFile(t, c.text)
			_, err := Read([]string{"--config", path}, func(string) string { return "" })
			if err == nil {
				t.Fatal("accepted")
			}
			for _, want := range append(c.want, path) {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q does not say %q", err, want)
				}
			}
		})
	}
}

func TestAFileThatWasAskedForHasToBeThere(t *testing.T) {
	_, err := Read([]string{"--config", "/nowhere/spotd.conf", "--topic", fakes.Topic, "--group", "web"}, func(string) string { return "" })
	if err == nil || !strings.Contains(err.Error(), "/nowhere/spotd.conf") {
		t.Errorf("got %v", err)
	}
}

func TestTheShippedFileIsReadable(t *testing.T) {
	text, err := os.ReadFile("../packaging/spotd.conf")
	if err != nil {
		t.Fatal(err)
	}
	// With every example taken, and as it is.
	for _, body := range []string{strings.ReplaceAll(string(text), "\n# ", "\n"), string(text) + "topic = " + fakes.Topic + "\ngroup = web\n"} {
		body = strings.ReplaceAll(body, "\nflag or", "\n# flag or")
		if _, err := Read([]string{"--config", confFile(t, body)}, func(string) string { return "" }); err != nil {
			t.Error(err)
		}
	}
}
