package needs

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the places that were found into ../testdata/needs, where the needs are those that a file wants")

// shape is user data as somebody writes it, made small: testdata/needs.
type shape struct {
	name, about string
	wants       []string // needs, as the file's author says
	at          []string // "need: where", and "unread: what, where"
	text        string
}

func readShape(t *testing.T, file string) shape {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head, text, ok := strings.Cut(string(raw), "---8<---\n")
	if !ok {
		t.Fatalf("%s has no header", file)
	}
	s := shape{name: strings.TrimSuffix(filepath.Base(file), ".txt"), text: text}
	for row := range strings.Lines(head) {
		key, value, _ := strings.Cut(strings.TrimSuffix(row, "\n"), ": ")
		switch strings.TrimSuffix(key, ":") {
		case "about":
			s.about = value
		case "wants":
			s.wants = strings.Fields(value)
		case "at":
			s.at = append(s.at, value)
		}
	}
	return s
}

func (s shape) write(file string) error {
	var b strings.Builder
	fmt.Fprintf(&b, "about: %s\nwants: %s\n", s.about, strings.Join(s.wants, " "))
	for _, at := range s.at {
		fmt.Fprintf(&b, "at: %s\n", at)
	}
	return os.WriteFile(file, []byte(b.String()+"---8<---\n"+s.text), 0o644)
}

func shapes(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("../testdata/needs/*.txt")
	if err != nil || len(files) < 80 {
		t.Fatalf("%d shapes, %v", len(files), err)
	}
	return files
}

func TestTheShapesOfRealUserDataAreRecognised(t *testing.T) {
	t.Parallel()
	for _, file := range shapes(t) {
		s := readShape(t, file)
		found, unread := Read([]byte(s.text))
		var names, at []string
		for _, n := range found {
			names = append(names, n.Need)
			at = append(at, n.Need+": "+n.Where)
		}
		for _, u := range unread {
			at = append(at, "unread: "+u.What+", "+u.Where)
		}
		slices.Sort(names)
		slices.Sort(s.wants)
		if names = slices.Compact(names); !slices.Equal(names, s.wants) {
			t.Errorf("%s (%s): wants %v, got %v", s.name, s.about, s.wants, at)
			continue
		}
		if *update {
			s.at = at
			if err := s.write(file); err != nil {
				t.Fatal(err)
			}
		} else if !slices.Equal(at, s.at) {
			t.Errorf("%s: at\n%s\nnot\n%s", s.name, strings.Join(at, "\n"), strings.Join(s.at, "\n"))
		}
	}
}
