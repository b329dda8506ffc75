package main

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"autospotting/spotd/config"
)

// settingsTable is the settings as a table of the docs.
func settingsTable() string {
	var b strings.Builder
	b.WriteString("| flag, name in the file | variable | default | meaning |\n|---|---|---|---|\n")
	for _, s := range config.Settings {
		fallback := "–"
		if s.Fallback != "" {
			fallback = "`" + s.Fallback + "`"
		}
		fmt.Fprintf(&b, "| `%s` %s | `%s` | %s | %s |\n", s.Flag, s.Value, s.Env, fallback, s.Help)
	}
	return b.String()
}

func TestTheDocsHaveEverySetting(t *testing.T) {
	const file, begin, end = "../docs/spotd.md", "<!-- settings: written by go test ./spotd -update -->\n", "<!-- end of settings -->"
	body, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok1 := strings.Cut(string(body), begin)
	_, tail, ok2 := strings.Cut(rest, end)
	if !ok1 || !ok2 {
		t.Fatal("no place for the settings in " + file)
	}
	want := head + begin + settingsTable() + end + tail
	if *rewrite {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if string(body) != want {
		t.Errorf("%s has another table: go test ./spotd -update", file)
	}
	for _, c := range commands {
		if c.name != "handle" && c.name != "version" && c.name != "help" && !strings.Contains(string(body), c.name) {
			t.Errorf("%s does not name the command %s", file, c.name)
		}
	}
}
