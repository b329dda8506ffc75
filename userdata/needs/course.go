package needs

import (
	"regexp"
	"slices"
	"strings"
)

// ending is what becomes of a script in which a command fails, from the least bad on.
type ending int

const (
	goesOn  ending = iota // the script does the same, and counts as it would have
	status                // nothing follows, and its failure is the script's
	leaves                // the script ends there, as failed, and nothing was left to be done
	stopped               // the script ends before its work is done, waits for ever, or it cannot be told
)

// hookCall is a call that completes a launching hook or prolongs it, and what becomes of its script where it fails.
type hookCall struct {
	ending
	where string
	depth int // of the script
}

// Hooked tells what becomes of a boot that completes its launching lifecycle hook by itself, where that fails since there is none to complete. stops is where a
// script would end before its work is done, or repeat the call for ever, or do what cannot be told; fails is where all is done, and the script counts
// as failed. Both are empty where the call changes nothing, and where there is none.
func Hooked(userData []byte) (stops, fails string) {
	r := read(userData)
	for _, c := range r.hooks {
		switch {
		case c.ending == stopped && stops == "":
			stops = c.where
		case (c.ending == status || c.ending == leaves) && fails == "":
			fails = c.where
		}
	}
	if n := slices.IndexFunc(r.found, func(n Need) bool { return n.Need == LaunchHook }); n >= 0 && r.called > len(r.hooks) && stops == "" {
		stops = r.found[n].Where // no shell's: a program's, or a setting's
	}
	return stops, fails
}

// judge notes what becomes of the script where the call fails that its command i makes by itself; before is how many calls there were before it.
func (r *reader) judge(list []*command, i int, strict bool, before, judged, depth int) {
	if len(list[i].words) > 0 && list[i].words[0] == "trap" {
		for n := judged; n < len(r.hooks); n++ { // it runs when the script ends, or when something else has failed
			if r.hooks[n].ending = goesOn; strict && slices.Contains(list[i].words, "EXIT") {
				r.hooks[n].ending = status
			}
		}
	}
	for made := r.called - before - (len(r.hooks) - judged); made > 0; made-- {
		end := stopped
		if len(r.hooks) < mostJudged {
			end = newCourse(list, strict).after(list[i])
		}
		r.hooks = append(r.hooks, hookCall{end, r.hookAt, depth})
	}
}

// Bounds for scripts that nobody writes: calls that are judged, and functions that call one another.
const (
	mostJudged = 100
	mostSteps  = 1000
)

// course is a script as the order of its commands: the first of each pipeline, without what stands in substitutions.
type course struct {
	all    []*command
	heads  []*command
	strict bool // it is called with -e
	blocks []enclosure
	steps  int      // from function to function
	scope  []string // of each head: the function in whose body it stands; empty for none
}

// enclosure is a compound command: from the head in which it opens to the one in which it closes.
type enclosure struct {
	word          string
	opens, closes int
	endless       bool
}

var closing = map[string]string{"fi": "if", "done": "loop", "}": "{", ")": "("}

// counted are conditions of loops that end by themselves.
var counted = regexp.MustCompile(`-(lt|le|gt|ge|ne)\b|[<>]|\bread\b|\bseq\b`)

func newCourse(list []*command, strict bool) *course {
	s := &course{all: list, strict: strict}
	for _, c := range list {
		if !c.nested && !c.piped {
			s.heads = append(s.heads, c)
		}
	}
	s.scope = make([]string, len(s.heads))
	var open []enclosure
	for k, c := range s.heads {
		for _, word := range c.lead {
			kind, ends := closing[word]
			switch {
			case ends:
				if n := lastIndex(open, kind); n >= 0 {
					open[n].closes = k
					s.blocks, open = append(s.blocks, open[n]), open[:n]
				}
			case word == "while" || word == "until":
				open = append(open, enclosure{"loop", k, len(s.heads), !counted.MatchString(strings.Join(c.words, " "))})
			case word == "if" || word == "{" || word == "(":
				open = append(open, enclosure{word, k, len(s.heads), false})
			}
		}
		if len(c.words) > 0 && (c.words[0] == "for" || c.words[0] == "select") {
			open = append(open, enclosure{"loop", k, len(s.heads), false})
		}
	}
	s.blocks = append(s.blocks, open...)
	for _, b := range s.blocks {
		if name := s.heads[b.opens].defines; b.word == "{" && name != "" {
			for k := b.opens; k < b.closes; k++ {
				s.scope[k] = name
			}
		}
	}
	return s
}

func lastIndex(open []enclosure, word string) int {
	for n := len(open) - 1; n >= 0; n-- {
		if open[n].word == word {
			return n
		}
	}
	return -1
}

// after is what becomes of the script when c fails, or the pipeline that begins with it.
func (s *course) after(c *command) ending {
	if !c.nested {
		return s.failed(slices.Index(s.heads, c), 0)
	}
	for _, o := range s.all[slices.Index(s.all, c):] { // what the substitution stands in is listed behind it
		switch {
		case o.nested || o.piped:
		case len(o.words) > 0:
			return goesOn // a word of another command, whose success counts
		default:
			return s.failed(slices.Index(s.heads, o), 0)
		}
	}
	return stopped
}

// failed is what becomes of the script when the pipeline of head i fails.
func (s *course) failed(i, depth int) ending {
	if s.steps++; i < 0 || depth > maxDepth || s.steps > mostSteps {
		return stopped
	}
	c, lead := s.heads[i], s.heads[s.first(i)].lead
	negated := slices.Contains(lead, "!")
	switch {
	case s.ends(i) == "&" || s.apart(i):
		return goesOn
	case s.endless(i), slices.Contains(lead, "until") && !negated, slices.Contains(lead, "while") && negated, s.owners(c):
		return stopped // for ever; and an owner's function may try again for ever
	case slices.Contains(lead, "while") || slices.Contains(lead, "until"):
		return goesOn
	case slices.Contains(lead, "if") || slices.Contains(lead, "elif"):
		return s.left(i+1, s.block(i, "if"), depth)
	case negated, c.next != nil && !hookCalled.MatchString(s.end(i).text()) && !s.set("pipefail", i):
		return goesOn
	}
	return s.listed(i, depth)
}

var (
	hookCalled = regexp.MustCompile(`(?i)lifecycle-action`)
	// gone is how a script ends, or ends its instance, because something failed.
	gone = regexp.MustCompile(`(?i)^(exit|return|false|shutdown|poweroff|halt|reboot|kill)\b|^\S*(exit|die|fail|abort|fatal|bail|panic)\S*|terminate-instance|set-instance-health|detach-instances`)
	// idle commands do no work of the boot.
	idle = regexp.MustCompile(`^(exit|return|true|:|set|trap|wait|break|continue)\b`)
)

func (c *command) text() string { return strings.Join(c.words, " ") }

// end is the last command of the pipeline of head i, and ends what ends that.
func (s *course) end(i int) *command {
	c := s.heads[i]
	for c.next != nil {
		c = c.next
	}
	return c
}

func (s *course) ends(i int) string { return s.end(i).after }

// first is the head with which the list begins in which head i stands: a && b || c.
func (s *course) first(i int) int {
	for i > 0 && (s.ends(i-1) == "&&" || s.ends(i-1) == "||") && len(s.heads[i].lead) == 0 {
		i--
	}
	return i
}

// owners tells whether the command is a function of the script's own.
func (s *course) owners(c *command) bool {
	return len(c.words) > 1 && slices.ContainsFunc(s.heads, func(o *command) bool { return o.defines == c.words[0] })
}

// block is where the innermost such compound command ends in which head i stands.
func (s *course) block(i int, word string) int {
	at := len(s.heads)
	for _, b := range s.blocks {
		if b.word == word && b.opens <= i && i < b.closes {
			at = min(at, b.closes)
		}
	}
	return at
}

// apart tells whether head i stands in something that runs beside the script.
func (s *course) apart(i int) bool {
	return slices.ContainsFunc(s.blocks, func(b enclosure) bool {
		return b.opens <= i && i < b.closes && b.closes < len(s.heads) && s.ends(b.closes) == "&"
	})
}

func (s *course) endless(i int) bool {
	return slices.ContainsFunc(s.blocks, func(b enclosure) bool { return b.endless && b.opens < i && i < b.closes })
}

// set tells whether an option of the shell is on at head i.
func (s *course) set(option string, i int) bool {
	on := option == "errexit" && s.strict
	for k, c := range s.heads[:i] {
		if len(c.words) == 0 || c.words[0] != "set" || s.scope[k] != "" && s.scope[k] != s.scope[i] {
			continue
		}
		for n, word := range c.words[1:] {
			switch {
			case word == option && n > 0:
				on = strings.HasPrefix(c.words[n], "-")
			case option == "errexit" && len(word) > 1 && word[0] == '-' && word[1] != '-' && strings.Contains(word, "e"):
				on = true
			case option == "errexit" && strings.HasPrefix(word, "+") && strings.Contains(word, "e"):
				on = false
			}
		}
	}
	return on
}

// traps tells whether the script does something when it ends, or when a command fails.
func (s *course) traps(on string) bool {
	return slices.ContainsFunc(s.heads, func(c *command) bool {
		return len(c.words) > 2 && c.words[0] == "trap" && c.words[1] != "-" && c.words[1] != "" && slices.Contains(c.words[2:], on)
	})
}

// listed is what becomes of the script when head i of a list fails.
func (s *course) listed(i, depth int) ending {
	k := i
	for s.ends(k) == "&&" {
		if k = s.over(k + 1); k >= len(s.heads) {
			return stopped
		}
	}
	switch {
	case s.ends(k) == "||" && k+1 < len(s.heads):
		return s.left(k+1, s.over(k+1)+1, depth)
	case k > i: // what stands before && ends no script by itself
		return s.bare(k, false, depth)
	}
	return s.bare(i, s.set("errexit", i), depth)
}

// over is the head with which the command at k ends, which may be a group.
func (s *course) over(k int) int {
	at := k
	for _, b := range s.blocks {
		if b.opens == k && b.word != "loop" && b.word != "if" {
			at = max(at, b.closes)
		}
	}
	return at
}

// left is what becomes of the script where the heads from one to another run since something failed.
func (s *course) left(from, to, depth int) ending {
	for k := from; k < min(to, len(s.heads)); k++ {
		switch {
		case !gone.MatchString(s.heads[k].text()):
			if s.ends(k) == "&&" || s.ends(k) == "||" {
				to = max(to, k+2) // the list goes on
			}
		case s.works(k+1, k, depth):
			return stopped
		default:
			return leaves
		}
	}
	return goesOn
}

// works tells whether work is left from head k on, for what stands where head i does: also after the function in which it does.
func (s *course) works(k, i, depth int) bool {
	for ; k < len(s.heads); k++ {
		if text := s.heads[k].text(); s.scope[k] == s.scope[i] && text != "" && !idle.MatchString(text) && !prints(base(s.heads[k].words[0])) {
			return true
		}
	}
	if s.steps++; s.steps > mostSteps {
		return true
	}
	return s.scope[i] != "" && depth < maxDepth && slices.ContainsFunc(s.callers(i), func(c int) bool { return s.works(c+1, c, depth+1) })
}

// callers are the heads that call the function in which head i stands.
func (s *course) callers(i int) (list []int) {
	for k, c := range s.heads {
		if s.scope[k] != s.scope[i] && slices.Contains(c.words, s.scope[i]) {
			list = append(list, k)
		}
	}
	return list
}

// bare is what becomes of the script when head i fails and nobody looks at it; strict says that it ends there.
func (s *course) bare(i int, strict bool, depth int) ending {
	for _, b := range s.blocks { // a group that may fail
		if (b.word == "{" && s.heads[b.opens].defines == "" || b.word == "(") && b.opens <= i && i < b.closes && b.closes < len(s.heads) && s.ends(b.closes) == "||" {
			return s.left(b.closes+1, s.over(b.closes+1)+1, depth)
		}
	}
	next := s.next(i)
	switch {
	case s.traps("ERR") || s.scope[i] == "" && strict && s.traps("EXIT"):
		return stopped // what they do cannot be told
	case strict && s.works(i+1, i, maxDepth):
		return stopped
	case next == nil && s.scope[i] != "":
		return s.called(i, depth)
	case strict:
		return leaves
	case next == nil, next.words[0] == "exit" && next.text() != "exit 0":
		return status
	case strings.Contains(next.text(), "$?"):
		return stopped
	}
	return goesOn
}

// next is the command that is run after head i, in the same body; nil where there is none.
func (s *course) next(i int) *command {
	for k := i + 1; k < len(s.heads); k++ {
		c := s.heads[k]
		if slices.Contains(c.lead, "else") || slices.Contains(c.lead, "elif") { // of the branch that is not taken
			if k = s.block(i, "if"); k >= len(s.heads) {
				return nil
			}
			c = s.heads[k]
		}
		if s.scope[k] == s.scope[i] && len(c.words) > 0 {
			return c
		}
	}
	return nil
}

// called is what becomes of the script when the function fails in which head i stands.
func (s *course) called(i, depth int) ending {
	worst := goesOn
	for _, k := range s.callers(i) {
		if s.heads[k].words[0] == "trap" {
			if s.set("errexit", k) {
				worst = max(worst, status)
			}
			continue
		}
		worst = max(worst, s.failed(k, depth+1))
	}
	return worst
}
