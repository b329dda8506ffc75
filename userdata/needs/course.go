package needs

import (
	"slices"
	"strings"

	"autospotting/pkg/lazyregexp"
)

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
var counted = lazyregexp.New(`-(lt|le|gt|ge|ne)\b|[<>]|\bread\b|\bseq\b`)

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
