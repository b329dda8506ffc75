// Package scenario reads stories about one group that are told in a file, plays them on a cloud, and holds what the coordinator did
// against the transcript that the file gives. The same files run on the simulated cloud (test/sim) and on the independent
// emulator over HTTP (test/emulator): where the two differ, either one of them is wrong or the difference is a row of docs/fidelity.md.
//
// A file is lines of words. What is indented is the transcript of the deed before it:
//
//	# MaxSize is lent for as long as a swap needs it.
//	group min=1 desired=2 max=2 zones=a
//	begin
//	  group: MaxSize raised, MaxSize given back, MaxSize raised, MaxSize given back
//	  on-demand 1: retired with decrement
//	  on-demand 2: retired with decrement
//	  spot 1: launched, attached, protected, unprotected
//	  spot 2: launched, attached, protected, unprotected
//	settled spot=2 on-demand=0 desired=2 max=2
package scenario

import (
	"fmt"
	"strconv"
	"strings"
)

// Story is one file.
type Story struct {
	Name  string
	Text  string
	Group Group
	Steps []Step
}

// Group is what the owner has: on-demand instances of one type, in service.
type Group struct {
	Min, Desired, Max int
	Zones             string // letters of the region's zones
	Tags              map[string]string
}

// Step is one deed, what the coordinator must have done when all is quiet again, and what the group must be then.
type Step struct {
	Line       int
	Deed       Deed
	Transcript []string
	Settled    Settled
}

// Deed is what somebody does: "begin", "interrupt" (Spot counts from 1), "tag" (Key, Value) or "untag" (Key).
type Deed struct {
	Kind, Key, Value string
	Spot             int
}

// Settled is a quiet group.
type Settled struct{ Spot, OnDemand, Desired, Max int }

// Parse reads a story. An error names the line.
func Parse(name, text string) (Story, error) {
	p := parser{story: Story{Name: name, Text: text}}
	for n, line := range strings.Split(text, "\n") {
		p.line = n + 1
		if err := p.read(line); err != nil {
			return Story{}, fmt.Errorf("%s, line %d: %w", name, p.line, err)
		}
	}
	if len(p.story.Steps) == 0 || p.open {
		return Story{}, fmt.Errorf("%s ends without a line that begins with settled", name)
	}
	return p.story, nil
}

type parser struct {
	story Story
	line  int
	group bool // it was described
	open  bool // a deed waits for its settled
}

func (p *parser) read(line string) error {
	indented := strings.HasPrefix(line, "  ")
	line = strings.TrimSpace(line)
	if line == "" || strings.HasPrefix(line, "#") {
		return nil
	}
	if indented {
		if !p.open {
			return fmt.Errorf("%q is a transcript of nothing", line)
		}
		last := &p.story.Steps[len(p.story.Steps)-1]
		last.Transcript = append(last.Transcript, line)
		return nil
	}
	words := strings.Fields(line)
	switch words[0] {
	case "group":
		p.group = true
		return p.describe(words[1:])
	case "settled":
		if !p.open {
			return fmt.Errorf("nothing was done since the last settled")
		}
		p.open = false
		s := &p.story.Steps[len(p.story.Steps)-1].Settled
		return numbers(words[1:], map[string]*int{"spot": &s.Spot, "on-demand": &s.OnDemand, "desired": &s.Desired, "max": &s.Max})
	}
	if !p.group || p.open {
		return fmt.Errorf("%q comes too early: a story begins with a group, and every deed is followed by settled", words[0])
	}
	deed, err := deedOf(words)
	p.open = true
	p.story.Steps = append(p.story.Steps, Step{Line: p.line, Deed: deed})
	return err
}

func (p *parser) describe(words []string) error {
	g := &p.story.Group
	g.Tags = map[string]string{"spot-enabled": "true"}
	var sizes []string
	for _, w := range words {
		key, value, ok := strings.Cut(w, "=")
		switch {
		case !ok:
			return fmt.Errorf("%q is not KEY=VALUE", w)
		case key == "zones":
			g.Zones = value
		case strings.Contains(key, ":"):
			g.Tags[key] = value
		default:
			sizes = append(sizes, w)
		}
	}
	if g.Zones == "" {
		return fmt.Errorf("the group has no zones=")
	}
	return numbers(sizes, map[string]*int{"min": &g.Min, "desired": &g.Desired, "max": &g.Max})
}

// numbers reads KEY=NUMBER for every key, once.
func numbers(words []string, into map[string]*int) error {
	for _, w := range words {
		key, value, _ := strings.Cut(w, "=")
		n, err := strconv.Atoi(value)
		at, known := into[key]
		if err != nil || !known {
			return fmt.Errorf("%q is not one of KEY=NUMBER that is expected here", w)
		}
		*at = n
		delete(into, key)
	}
	for key := range into {
		return fmt.Errorf("%s= is missing", key)
	}
	return nil
}

func deedOf(words []string) (Deed, error) {
	switch {
	case words[0] == "begin" && len(words) == 1:
		return Deed{Kind: "begin"}, nil
	case words[0] == "interrupt" && len(words) == 3 && words[1] == "spot":
		n, err := strconv.Atoi(words[2])
		if err != nil || n < 1 {
			return Deed{}, fmt.Errorf("%q is no number of a spot instance", words[2])
		}
		return Deed{Kind: "interrupt", Spot: n}, nil
	case words[0] == "tag" && len(words) == 2 && strings.Contains(words[1], "="):
		key, value, _ := strings.Cut(words[1], "=")
		return Deed{Kind: "tag", Key: key, Value: value}, nil
	case words[0] == "untag" && len(words) == 2:
		return Deed{Kind: "untag", Key: words[1]}, nil
	}
	return Deed{}, fmt.Errorf("%q is no deed: begin, interrupt spot N, tag KEY=VALUE, untag KEY", strings.Join(words, " "))
}
