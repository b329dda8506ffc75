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
//
// After the group come the lines of its user data, each with | before it. A group may also say load-balancer=yes, names=zones (it names no
// subnets), mixed=TYPE,TYPE (a mixed instances policy at 100 % on-demand that lists these) and boot=…, which tells how the application comes up:
//
//	boot=told    the boot takes longer than an attach, the machine tells when it is over, and nobody probes
//	boot=member  the same, and it fails on what is no member of the group when the owner's script begins
//	boot=stack   the same, and CloudFormation must know the instance for a member of its stack's group
//	boot=hook    the same, and it completes the group's launching hook, if one waits for it
//	boot=unknown the same, and it never does of what is attached
//
// With boot= the transcript says of each replacement when its boot is over, and of an interruption how many served at the least.
// The line "moto: …" says what the emulator leaves out of the story, and why. "moto: nothing is played, …" leaves out all of it.
package scenario

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Story is one file.
type Story struct {
	Name  string
	Text  string
	Group Group
	Moto  string // what the emulator leaves out, and why; empty where it plays all
	Steps []Step
}

// Group is what the owner has: on-demand instances of one type, in service.
type Group struct {
	Min, Desired, Max int
	Zones             string // letters of the region's zones
	Tags              map[string]string
	UserData          string
	LoadBalancer      bool
	NamesZones        bool     // and no subnets
	Mixed             []string // types that its mixed instances policy lists; it has none if this is empty
	Boot              string   // BootTold and so on; empty where the story does not tell of it
}

// The values of boot=.
const (
	BootTold    = "told"
	BootMember  = "member"
	BootStack   = "stack"
	BootHook    = "hook"
	BootUnknown = "unknown"
)

// Step is one deed, what the coordinator must have done when all is quiet again, and what the group must be then.
type Step struct {
	Line       int
	Deed       Deed
	Transcript []string
	Settled    Settled
}

// Deed is what somebody does:
//
//	begin
//	interrupt spot N              AWS takes it
//	tag KEY=VALUE, untag KEY      the owner's hand on the group
//	mark on-demand N KEY=VALUE    another's hand on an instance; unmark takes the tag off again
//	install on-demand N           spotd with a drain handler, by its owner, with tags in the metadata
//	hook NAME launching|terminating [abandon]   by default it goes on by itself
//	rule NAME hears GROUP         EventBridge's rule sends the lifecycle events of the group to a function
//	environment NAME              an Elastic Beanstalk environment of that name is there, and Ready
//	update NAME KIND              it is updated, as cloudsim.Updates has it
//	plan                          the owner asks spotctl plan
type Deed struct {
	Kind, Key, Value string
	Abandons         bool   // the hook's default result
	Instance         string // its name in the story, such as spot 1
}

// Settled is a quiet group. Refused: its status tag says so.
type Settled struct {
	Spot, OnDemand, Desired, Max int
	Refused                      bool
}

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
	if text, ok := strings.CutPrefix(line, "|"); ok {
		if !p.group || len(p.story.Steps) > 0 {
			return fmt.Errorf("user data belongs after the group")
		}
		p.story.Group.UserData += strings.TrimPrefix(text, " ") + "\n"
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
	case "moto:":
		p.story.Moto = strings.Join(words[1:], " ")
		return nil
	case "settled":
		if !p.open {
			return fmt.Errorf("nothing was done since the last settled")
		}
		p.open = false
		s := &p.story.Steps[len(p.story.Steps)-1].Settled
		if s.Refused = len(words) > 1 && words[1] == "refused"; s.Refused {
			words = words[1:]
		}
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
		case key == "load-balancer" && value == "yes":
			g.LoadBalancer = true
		case key == "names" && value == "zones":
			g.NamesZones = true
		case key == "mixed":
			g.Mixed = strings.Split(value, ",")
		case key == "boot" && slices.Contains([]string{BootTold, BootMember, BootStack, BootHook, BootUnknown}, value):
			g.Boot = value
		case strings.Contains(key, ":") || key == "spot-enabled":
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
	kind, rest := words[0], words[1:]
	switch {
	case (kind == "begin" || kind == "plan") && len(rest) == 0:
		return Deed{Kind: kind}, nil
	case kind == "interrupt" && len(rest) == 2 && rest[0] == "spot":
		return instance(Deed{Kind: kind}, rest)
	case kind == "tag" && len(rest) == 1 && strings.Contains(rest[0], "="):
		key, value, _ := strings.Cut(rest[0], "=")
		return Deed{Kind: kind, Key: key, Value: value}, nil
	case kind == "untag" && len(rest) == 1:
		return Deed{Kind: kind, Key: rest[0]}, nil
	case (kind == "mark" || kind == "unmark") && len(rest) == 3 && rest[0] == "on-demand":
		key, value, _ := strings.Cut(rest[2], "=")
		return instance(Deed{Kind: kind, Key: key, Value: value}, rest)
	case kind == "install" && len(rest) == 2 && rest[0] == "on-demand":
		return instance(Deed{Kind: kind}, rest)
	case kind == "hook" && (len(rest) == 2 || len(rest) == 3 && rest[2] == "abandon") && (rest[1] == "launching" || rest[1] == "terminating"):
		return Deed{Kind: kind, Key: rest[0], Value: rest[1], Abandons: len(rest) == 3}, nil
	case kind == "rule" && len(rest) == 3 && rest[1] == "hears":
		return Deed{Kind: kind, Key: rest[0], Value: rest[2]}, nil
	case kind == "environment" && len(rest) == 1:
		return Deed{Kind: kind, Key: rest[0]}, nil
	case kind == "update" && len(rest) == 2:
		return Deed{Kind: kind, Key: rest[0], Value: rest[1]}, nil
	}
	return Deed{}, fmt.Errorf("%q is no deed: begin, plan, interrupt spot N, tag KEY=VALUE, untag KEY, mark on-demand N KEY=VALUE, unmark on-demand N KEY, install on-demand N, "+
		"hook NAME launching, hook NAME terminating, rule NAME hears GROUP, environment NAME, update NAME KIND", strings.Join(words, " "))
}

// instance reads the name of an instance: its market and its number.
func instance(d Deed, words []string) (Deed, error) {
	if n, err := strconv.Atoi(words[1]); err != nil || n < 1 {
		return Deed{}, fmt.Errorf("%q is no number of an instance: they count from 1", words[1])
	}
	d.Instance = words[0] + " " + words[1]
	return d, nil
}

// RulePattern is the event pattern of a rule that hears of the group's lifecycle actions.
func RulePattern(group string) string {
	return fmt.Sprintf(`{"source": ["aws.autoscaling"], "detail-type": ["EC2 Instance-launch Lifecycle Action"], "detail": {"AutoScalingGroupName": [%q]}}`, group)
}
