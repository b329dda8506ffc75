package needs

import (
	"strings"

	"autospotting/pkg/lazyregexp"
)

func (r *reader) assigns(c *command, p place) {
	exports := len(c.words) > 0 // export, or the command before which it stands
	for _, s := range c.sets {
		if len(s.value) <= 16<<10 {
			r.vars[s.name] = s.value
		}
		if exports {
			r.mark(byName["variable"], "variable "+s.name+"="+s.value, "", p, s.line)
		}
		r.mark(byName["*"], s.value, "", p, s.line)
	}
}

var variable = lazyregexp.New(`\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?::?-([^}]*))?\})`)

// expand puts in the variables whose values the scripts have told.
func (r *reader) expand(s string) string {
	const most = 64 << 10
	if !strings.Contains(s, "$") || len(s) > most {
		return s
	}
	room := most
	return variable.ReplaceAllStringFunc(s, func(ref string) string {
		m := variable.FindStringSubmatch(ref)
		text, told := r.vars[m[1]+m[2]]
		if !told {
			text = m[3]
		}
		if text == "" || strings.HasPrefix(text, "$") || strings.HasPrefix(text, "`") || len(text) > room {
			return ref
		}
		room -= len(text)
		return text
	})
}

// withReaders are a command's words; where it lists groups, those of the commands that read the list, too: they say which group is sought.
func withReaders(c *command) []string {
	w := c.words
	for _, word := range c.words {
		if word != "describe-auto-scaling-groups" {
			continue
		}
		for next := c.next; next != nil; next = next.next {
			w = append(w[:len(w):len(w)], next.words...)
		}
		break
	}
	return w
}

// words is a set of words.
func words(list string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(list) {
		set[w] = true
	}
	return set
}
