package needs

import (
	"strings"

	"autospotting/pkg/lazyregexp"
)

// dollar reads an expansion. What stands in a substitution is listed by itself, and stays in the word as it is written.
func (l *lexer) dollar() {
	from := l.at
	switch l.peek(1) {
	case '(':
		l.open()
		l.at += 2
		l.nested()
		l.word.WriteString(l.text[from:l.at])
	case '{':
		l.open()
		end := strings.IndexAny(l.text[l.at:], "}\n")
		if end < 0 || l.text[l.at+end] == '\n' {
			l.add('$')
			return
		}
		l.word.WriteString(l.text[l.at : l.at+end+1])
		l.at += end + 1
	case '\'':
		l.at++
		if l.inWord || l.onlyOne {
			l.add('\'')
			return
		}
		l.single()
	default:
		l.add('$')
	}
}

// nested reads to the parenthesis that closes.
func (l *lexer) nested() {
	sub := &lexer{text: l.text, at: l.at, line: l.line, depth: l.depth + 1, onlyOne: l.onlyOne, onlyTwo: l.onlyTwo}
	if sub.depth > maxDepth {
		for l.at < len(l.text) && l.text[l.at] != ')' {
			if l.text[l.at] == '\n' {
				l.line++
			}
			l.at++
		}
		l.at = min(l.at+1, len(l.text))
		return
	}
	sub.begin(nil)
	for open := 1; sub.at < len(sub.text); sub.step() {
		switch sub.peek(0) {
		case '(':
			open++
		case ')':
			open--
		}
		if open == 0 {
			sub.at++
			break
		}
	}
	sub.endCommand(false)
	l.at, l.line, l.onlyOne, l.onlyTwo = sub.at, sub.line, sub.onlyOne, sub.onlyTwo
	l.out = append(l.out, inside(sub.out)...)
}

// inside marks commands as those of a substitution.
func inside(list []*command) []*command {
	for _, c := range list {
		c.nested = true
	}
	return list
}

func (l *lexer) backtick() {
	end := l.at + 1
	for end < len(l.text) && l.text[end] != '`' {
		if l.text[end] == '\\' {
			end++
		}
		end++
	}
	if end >= len(l.text) || l.depth >= maxDepth {
		l.add('`')
		return
	}
	l.open()
	body := l.text[l.at+1 : end]
	l.out = append(l.out, inside(parseAt(strings.ReplaceAll(body, "\\`", "`"), l.line, l.depth+1))...)
	l.word.WriteString(l.text[l.at : end+1])
	l.line += strings.Count(body, "\n")
	l.at = end + 1
}

func (l *lexer) operator(c byte) {
	switch {
	case c == '(' && l.inWord && strings.HasSuffix(l.word.String(), "="):
		l.array()
	case c == '(' && l.peek(1) == ')' && (l.inWord || len(l.cur.words) == 1): // a function is defined
		l.endWord()
		l.cur.define()
		l.at += 2
	case c == '&' && l.peek(1) == '>':
		l.endWord()
		l.at++
	case c == '|' && l.peek(1) != '|':
		l.at++
		if l.peek(0) == '&' {
			l.at++
		}
		l.endWord()
		l.cur.after = "|"
		l.endCommand(true)
	case c == ')' && l.parens == 0: // a pattern of case
		l.endWord()
		l.forget()
		l.at++
	default:
		if c == '(' {
			l.parens++
		} else if c == ')' {
			l.parens--
		}
		l.endWord()
		l.cur.after = string(c)
		if l.peek(1) == c && (c == '&' || c == '|' || c == ';') {
			l.at++
			l.cur.after += string(c)
		}
		l.at++
		if l.endCommand(false); c == '(' || c == ')' {
			l.cur.opens, l.cur.closes = c == '(', c == ')'
			l.cur.lead = append(l.cur.lead, string(c))
		}
	}
}

// forget drops the command that is read, and those of whose pipeline it is.
func (l *lexer) forget() {
	last := l.cur
	for n := len(l.out); n > 0 && l.out[n-1].next == last; n-- {
		last = l.out[n-1]
		l.out = l.out[:n-1]
	}
	lead := l.cur.lead
	l.begin(nil)
	l.cur.lead = lead
}

// array reads NAME=(a b c): its words are values, not commands.
func (l *lexer) array() {
	l.word.WriteByte(' ')
	l.at++
	for l.at < len(l.text) && l.text[l.at] != ')' {
		if l.text[l.at] == '\n' {
			l.line++
		}
		switch c := l.text[l.at]; {
		case c == '$' && l.peek(1) == '(':
			l.dollar()
		case c == '`' && strings.Contains(l.text[l.at+1:], "`"):
			l.backtick()
		default:
			l.word.WriteByte(c)
			l.at++
		}
	}
	l.at = min(l.at+1, len(l.text))
}

func (l *lexer) redirect(c byte) {
	if l.peek(1) == '(' { // a process as a file
		l.endWord()
		from := l.at
		l.at += 2
		if l.nested(); c == '<' {
			l.open()
			l.word.WriteString(l.text[from:l.at])
		}
		return
	}
	if word := l.word.String(); l.inWord && len(word) == 1 && word[0] >= '0' && word[0] <= '9' {
		l.word.Reset()
		l.inWord = false
	}
	l.endWord()
	rest := l.text[l.at:]
	switch {
	case strings.HasPrefix(rest, "<<<"):
		l.at, l.target = l.at+3, asString
	case strings.HasPrefix(rest, "<<-"):
		l.at, l.target = l.at+3, asDelimiter
		l.heres = append(l.heres, &pendingHere{to: l.cur, strip: true})
	case strings.HasPrefix(rest, "<<"):
		l.at, l.target = l.at+2, asDelimiter
		l.heres = append(l.heres, &pendingHere{to: l.cur})
	case strings.HasPrefix(rest, ">&") || strings.HasPrefix(rest, "<&"):
		l.at, l.target = l.at+2, asInput
	case c == '<':
		l.at, l.target = l.at+1, asInput
	default:
		l.at++
		if n := l.peek(0); n == '>' || n == '|' {
			l.at++
		}
		l.target = asOutput
	}
}

func (l *lexer) begin(before *command) {
	l.cur = &command{line: l.line, piped: before != nil}
	if before != nil {
		before.next = l.cur
	}
	l.target = asWord
}

var assignment = lazyregexp.New(`^([A-Za-z_][A-Za-z0-9_]*)\+?=`)

func (l *lexer) endWord() {
	if !l.inWord {
		return
	}
	word, is := l.word.String(), l.target
	l.word.Reset()
	l.inWord, l.target = false, asWord
	switch is {
	case asOutput:
		l.cur.outs = append(l.cur.outs, word)
	case asString:
		l.cur.input = &here{word, l.start}
	case asDelimiter:
		l.heres[len(l.heres)-1].end = word
	case asInput:
	default:
		l.cur.take(word, l.start)
	}
}

// declares are the builtins whose words are assignments.
var declares = words("export local readonly declare typeset")

// reserved are the words after which a command begins.
var reserved = words("if then elif else while until do ! { } fi done esac time coproc")

func (c *command) take(word string, line int) {
	if len(c.words) == 2 && c.words[0] == "function" && word == "{" {
		c.define()
	}
	if len(c.words) == 0 {
		if reserved[word] {
			c.lead = append(c.lead, word)
			c.opens = c.opens || word == "{" || word == "do"
			c.closes = c.closes || word == "}" || word == "done"
			return
		}
		if m := assignment.FindStringSubmatch(word); m != nil {
			c.sets = append(c.sets, setting{m[1], word[len(m[0]):], line})
			return
		}
		c.line = line
	} else if m := assignment.FindStringSubmatch(word); m != nil && declares[c.words[0]] {
		c.sets = append(c.sets, setting{m[1], word[len(m[0]):], line})
	}
	c.words, c.lines = append(c.words, word), append(c.lines, line)
}

// define takes what was read for the name of a function.
func (c *command) define() {
	if n := len(c.words); n > 0 {
		c.defines = c.words[n-1]
	}
	c.words, c.lines = nil, nil
}

func (l *lexer) endCommand(pipes bool) {
	l.endWord()
	done := l.cur
	kept := len(done.words)+len(done.sets)+len(done.outs) > 0 || done.opens || done.closes || done.input != nil || done.piped || pipes || l.expects(done)
	if kept {
		l.out = append(l.out, done)
	}
	if pipes {
		l.begin(done)
	} else if l.begin(nil); !kept {
		l.cur.lead, l.cur.defines = done.lead, done.defines
	}
}

func (l *lexer) expects(c *command) bool {
	for _, h := range l.heres {
		if h.to == c {
			return true
		}
	}
	return false
}

// readHeres takes the here-documents that were announced on the line before.
func (l *lexer) readHeres() {
	for _, h := range l.heres {
		from, line := l.at, l.line
		to := len(l.text)
		for l.at < len(l.text) {
			row, _, _ := strings.Cut(l.text[l.at:], "\n")
			stop := l.at
			l.at = min(l.at+len(row)+1, len(l.text))
			l.line++
			row = strings.TrimRight(row, "\r")
			if h.strip {
				row = strings.TrimLeft(row, "\t")
			}
			if row == h.end {
				to = stop
				break
			}
		}
		h.to.input = &here{l.text[from:to], line}
	}
	l.heres = nil
}
