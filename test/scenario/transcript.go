package scenario

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Call is one request of the coordinator that changed something.
type Call struct {
	What      string   // "attached", "retired with decrement", "retired", "protected", "unprotected", "terminated", "MaxSize raised", "MaxSize given back", "desired N"
	Instances []string // empty for the group itself
}

// Instance is one that exists, or did.
type Instance struct {
	ID         string
	Spot, Ours bool
	Type       string
	Bare       bool // it was launched without spotd
}

// Plan is what spotctl plan says of the group, by the names of its JSON document.
type Plan struct {
	Status string `json:"status"`
	Reason string `json:"reason"`
	Step   string `json:"step"`
	Attach string `json:"attach"`
	Drain  string `json:"drain"`
	Needs  []struct {
		Need  string `json:"need"`
		Where string `json:"where"`
	} `json:"needs"`
}

// Cloud is what a story is played on.
type Cloud interface {
	// Do does the deed; an interruption is of the instance with the given id.
	Do(d Deed, id string) error
	// Wait lets time pass until the group is so, with nothing of ours open, or says what is missing.
	Wait(Settled) error
	// Calls are all calls so far, in order, and "booted" or "boot failed" of replacements where the story tells of boots. Instances are all
	// instances so far, oldest first.
	Calls() []Call
	Instances() []Instance
	// Plan asks spotctl plan. Status is the group's status tag.
	Plan() (Plan, error)
	Status() string
	// Served is how many members served at the least since the last deed, where the story tells of boots.
	Served() int
}

// Play plays the story and returns its text with the transcript of this cloud, which is the same text where the cloud did as it tells.
func Play(s Story, c Cloud) (string, error) {
	told, transcripts := teller{names: map[string]string{}}, map[int][]string{}
	told.types = s.Group.Mixed
	for _, step := range s.Steps {
		fail := func(err error) (string, error) { return "", fmt.Errorf("%s, line %d: %w", s.Name, step.Line, err) }
		id := ""
		if step.Deed.Instance != "" {
			if id = told.find(step.Deed.Instance, c.Instances()); id == "" {
				return fail(fmt.Errorf("there is no %s yet", step.Deed.Instance))
			}
		}
		if err := c.Do(step.Deed, id); err != nil {
			return fail(err)
		}
		var lines []string
		if step.Deed.Kind == "plan" { // it is asked before anything comes of it
			p, err := c.Plan()
			if err != nil {
				return fail(err)
			}
			lines = told.plan(p)
		}
		if err := c.Wait(step.Settled); err != nil {
			return fail(err)
		}
		lines = append(lines, told.tell(c.Calls(), c.Instances())...)
		switch step.Deed.Kind {
		case "plan":
		case "interrupt":
			if s.Group.Boot != "" {
				lines = append(lines, fmt.Sprintf("never fewer than %d served", c.Served()))
			}
		default:
			if status := c.Status(); strings.HasPrefix(status, "refused") {
				lines = append(lines, "status tag: "+told.called(status))
			}
		}
		transcripts[step.Line] = lines
	}
	return retold(s.Text, transcripts), nil
}

// retold is the text with other transcripts, by the line of their deed.
func retold(text string, transcripts map[int][]string) string {
	var out []string
	for n, line := range strings.Split(text, "\n") {
		if strings.HasPrefix(line, "  ") {
			continue
		}
		out = append(out, line)
		for _, t := range transcripts[n+1] {
			out = append(out, "  "+t)
		}
	}
	return strings.Join(out, "\n")
}

// Changed is the first line of what was told that differs from the story; empty where there is none.
func Changed(text, told string) string {
	have := strings.Split(told, "\n")
	for n, line := range strings.Split(text, "\n") {
		if n >= len(have) || have[n] != line {
			return fmt.Sprintf("line %d is %q, and was told as %q", n+1, line, strings.Join(have[min(n, len(have)):min(n+1, len(have))], ""))
		}
	}
	return ""
}

// teller turns calls into lines, one for each instance and one for the group. What belongs together is told in order; what does not has
// none, since the two clouds take their own time. Spot instances are numbered as they are attached, others as they first appear.
type teller struct {
	names map[string]string // by instance
	count map[string]int
	calls int             // told already
	known map[string]bool // instances
	types []string        // of which launches must be; any if empty
}

func (t *teller) named(name string) string {
	for id, n := range t.names {
		if n == name {
			return id
		}
	}
	return ""
}

// find is the instance of that name. Who has none yet is called in the order of age.
func (t *teller) find(name string, instances []Instance) string {
	for _, i := range instances {
		if t.named(name) == "" && t.names[i.ID] == "" && !i.Ours {
			t.name(i.ID, market(i))
		}
	}
	return t.named(name)
}

func market(i Instance) string { return cmp.Or(map[bool]string{true: "spot"}[i.Spot], "on-demand") }

// called is the text with the instances' names in the story in the place of their ids.
func (t *teller) called(text string) string {
	for id, name := range t.names {
		text = strings.ReplaceAll(text, id, name)
	}
	return text
}

// plan is what the owner reads.
func (t *teller) plan(p Plan) []string {
	first := p.Status
	if p.Status == "managed" {
		if first += ", attached when " + p.Attach; p.Drain != "none" {
			first += ", drained by " + p.Drain
		}
	} else if p.Reason != "" {
		first += ": " + t.called(p.Reason)
	}
	out := []string{first}
	if p.Step != "" {
		out = append(out, "step: "+t.called(p.Step))
	}
	for _, n := range p.Needs {
		where := "user data, " + n.Where
		if strings.HasPrefix(n.Where, "the environment's") {
			where = n.Where
		}
		out = append(out, fmt.Sprintf("needs %s (%s)", n.Need, where))
	}
	return out
}

func (t *teller) tell(calls []Call, instances []Instance) []string {
	lines := map[string][]string{}
	all := map[string]Instance{}
	born := map[string]bool{}
	for _, i := range instances {
		all[i.ID] = i
		born[i.ID] = i.Ours && !t.known[i.ID]
	}
	add := func(id, what string) {
		name := t.name(id, market(all[id]))
		if born[id] {
			lines[name] = append(lines[name], t.launched(all[id]))
			born[id] = false
		}
		if what != "" {
			lines[name] = append(lines[name], what)
		}
	}
	for _, c := range calls[t.calls:] {
		if len(c.Instances) == 0 {
			lines["group"] = append(lines["group"], c.What)
		}
		for _, id := range c.Instances {
			add(id, c.What)
		}
	}
	t.calls = len(calls)
	for _, i := range instances {
		if born[i.ID] { // and nothing else happened to it
			add(i.ID, "")
		}
		if t.known == nil {
			t.known = map[string]bool{}
		}
		t.known[i.ID] = true
	}
	var out []string
	for name, what := range lines {
		out = append(out, name+": "+strings.Join(what, ", "))
	}
	slices.Sort(out)
	return out
}

// launched says where spotd is missing, and names the type where the group's policy does not list it.
func (t *teller) launched(i Instance) string {
	out := "launched"
	if i.Spot && i.Bare {
		out += " without spotd"
	}
	if len(t.types) > 0 && i.Spot && !slices.Contains(t.types, i.Type) {
		out += " as " + i.Type + ", which the policy does not list"
	}
	return out
}

func (t *teller) name(id, market string) string {
	if t.names[id] == "" {
		if t.count == nil {
			t.count = map[string]int{}
		}
		t.count[market]++
		t.names[id] = fmt.Sprintf("%s %d", market, t.count[market])
	}
	return t.names[id]
}

// Retired and Protected are the words for calls that say one of two things.
func Retired(decrement bool) string {
	if decrement {
		return "retired with decrement"
	}
	return "retired"
}

// Protected is said of an instance that is kept from scale-in, or not any more.
func Protected(on bool) string {
	if on {
		return "protected"
	}
	return "unprotected"
}

// MaxSize is said of a MaxSize that was set. How far it is raised is not told: that counts who left a moment ago, which the clouds
// take different times for.
func MaxSize(n, owners int) string {
	switch {
	case n > owners:
		return "MaxSize raised"
	case n == owners:
		return "MaxSize given back"
	}
	return fmt.Sprintf("MaxSize lowered to %d", n)
}
