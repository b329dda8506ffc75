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
}

// Cloud is what a story is played on.
type Cloud interface {
	// Do does the deed; an interruption is of the instance with the given id.
	Do(d Deed, id string) error
	// Wait lets time pass until the group is so, with nothing of ours open, or says what is missing.
	Wait(Settled) error
	// Calls are all calls so far, in order. Instances are all instances so far, oldest first.
	Calls() []Call
	Instances() []Instance
}

// Play plays the story and returns its text with the transcript of this cloud, which is the same text where the cloud did as it tells.
func Play(s Story, c Cloud) (string, error) {
	told, transcripts := teller{names: map[string]string{}}, map[int][]string{}
	for _, step := range s.Steps {
		fail := func(err error) (string, error) { return "", fmt.Errorf("%s, line %d: %w", s.Name, step.Line, err) }
		id := ""
		if step.Deed.Kind == "interrupt" {
			if id = told.named(fmt.Sprintf("spot %d", step.Deed.Spot)); id == "" {
				return fail(fmt.Errorf("there is no spot %d yet", step.Deed.Spot))
			}
		}
		if err := c.Do(step.Deed, id); err != nil {
			return fail(err)
		}
		if err := c.Wait(step.Settled); err != nil {
			return fail(err)
		}
		transcripts[step.Line] = told.tell(c.Calls(), c.Instances())
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

// teller turns calls into lines, one for each instance and one for the group. What belongs together is told in order; what does not has
// none, since the two clouds take their own time. Spot instances are numbered as they are attached, others as they first appear.
type teller struct {
	names map[string]string // by instance
	count map[string]int
	calls int             // told already
	known map[string]bool // instances
}

func (t *teller) named(name string) string {
	for id, n := range t.names {
		if n == name {
			return id
		}
	}
	return ""
}

func (t *teller) tell(calls []Call, instances []Instance) []string {
	lines := map[string][]string{}
	market := map[string]string{}
	born := map[string]bool{}
	for _, i := range instances {
		market[i.ID] = cmp.Or(map[bool]string{true: "spot"}[i.Spot], "on-demand")
		born[i.ID] = i.Ours && !t.known[i.ID]
	}
	add := func(id, what string) {
		name := t.name(id, market[id])
		if born[id] {
			lines[name] = append(lines[name], "launched")
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
