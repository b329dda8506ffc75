package needs

import (
	"slices"
	"strings"

	"autospotting/pkg/lazyregexp"
)

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
	hookCalled = lazyregexp.New(`(?i)lifecycle-action`)
	// gone is how a script ends, or ends its instance, because something failed.
	gone = lazyregexp.New(`(?i)^(exit|return|false|shutdown|poweroff|halt|reboot|kill)\b|^\S*(exit|die|fail|abort|fatal|bail|panic)\S*|terminate-instance|set-instance-health|detach-instances`)
	// idle commands do no work of the boot.
	idle = lazyregexp.New(`^(exit|return|true|:|set|trap|wait|break|continue)\b`)
)

func (c *command) text() string { return strings.Join(c.words, " ") }

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
