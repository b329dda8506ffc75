package needs

import "strings"

// command is a simple command of a shell script, quotes taken off.
type command struct {
	words  []string
	lines  []int     // of each word
	sets   []setting // the assignments before the words
	outs   []string  // files that its output is written to
	input  *here     // what a here-document or a here-string gives it
	next   *command  // of its pipeline
	piped  bool      // it is not the first of its pipeline
	line   int
	opens  bool // a group or a loop begins with it
	closes bool // one ends before it; where it writes, it writes what the group printed

	lead    []string // the shell's own words before it, and those before it that stood alone: if, fi, {, (, …
	after   string   // what ends it: a line's end, ;, &&, ||, |, &, ;;
	nested  bool     // it stands in a substitution
	defines string   // the function whose body begins with it
}

// setting is a variable that is given a value.
type setting struct {
	name, value string
	line        int
}

// here is text that a command reads.
type here struct {
	text string
	line int // of its first line
}

// maxDepth bounds substitutions in substitutions and texts in texts.
const maxDepth = 8

// lexer reads a script as a shell does, as far as it matters who is called with what. It is no judge: what a shell would
// refuse is read on.
type lexer struct {
	text  string
	at    int
	line  int
	depth int

	out     []*command
	cur     *command
	word    strings.Builder
	inWord  bool
	start   int // line on which the word begins
	heres   []*pendingHere
	parens  int    // that are open
	target  target // what the next word is
	onlyOne bool   // no more closing single quotes
	onlyTwo bool   // no more closing double quotes
}

type target int

const (
	asWord target = iota
	asOutput
	asInput
	asDelimiter
	asString
)

type pendingHere struct {
	to    *command
	end   string
	strip bool
}

// parse lists the commands of a script whose first line has the number line, in the order in which they are written.
func parse(text string, line int) []*command { return parseAt(text, line, 0) }

func parseAt(text string, line, depth int) []*command {
	l := &lexer{text: text, line: line, depth: depth}
	l.run()
	return l.out
}

func (l *lexer) run() {
	l.begin(nil)
	for l.at < len(l.text) {
		l.step()
	}
	l.endCommand(false)
}

func (l *lexer) peek(n int) byte {
	if l.at+n < len(l.text) {
		return l.text[l.at+n]
	}
	return 0
}

// step reads what stands at the place.
func (l *lexer) step() {
	switch c := l.peek(0); c {
	case ' ', '\t', '\r':
		l.endWord()
		l.at++
	case '\n':
		l.endWord()
		l.cur.after = "\n"
		l.endCommand(false)
		l.at++
		l.line++
		l.readHeres()
	case '#':
		if l.inWord {
			l.add(c)
			return
		}
		for l.at < len(l.text) && l.text[l.at] != '\n' {
			l.at++
		}
	case '\\':
		l.escape()
	case '\'':
		l.single()
	case '"':
		l.double()
	case '$':
		l.dollar()
	case '`':
		l.backtick()
	case ';', '&', '|', '(', ')':
		l.operator(c)
	case '<', '>':
		l.redirect(c)
	default:
		l.add(c)
	}
}

func (l *lexer) add(c byte) {
	l.open()
	l.word.WriteByte(c)
	l.at++
}

func (l *lexer) open() {
	if !l.inWord {
		l.inWord, l.start = true, l.line
	}
}

func (l *lexer) escape() {
	next := l.peek(1)
	l.at = min(l.at+2, len(l.text))
	switch {
	case next == '\n':
		l.line++
	case next == '\r' && l.peek(0) == '\n':
		l.at++
		l.line++
	case next != 0:
		l.open()
		l.word.WriteByte(next)
	}
}

func (l *lexer) single() {
	end := -1
	if !l.onlyOne {
		end = strings.IndexByte(l.text[l.at+1:], '\'')
	}
	if end < 0 { // an apostrophe that nothing closes
		l.onlyOne = true
		l.add('\'')
		return
	}
	l.open()
	body := l.text[l.at+1 : l.at+1+end]
	l.word.WriteString(body)
	l.line += strings.Count(body, "\n")
	l.at += end + 2
}

func (l *lexer) double() {
	if l.onlyTwo || !strings.Contains(l.text[l.at+1:], `"`) {
		l.onlyTwo = true
		l.add('"')
		return
	}
	l.open()
	l.at++
	for l.at < len(l.text) {
		switch c := l.text[l.at]; {
		case c == '"':
			l.at++
			return
		case c == '\\' && strings.IndexByte("\"\\$`", l.peek(1)) >= 0:
			l.word.WriteByte(l.peek(1))
			l.at += 2
		case c == '\\' && l.peek(1) == '\n':
			l.at += 2
			l.line++
		case c == '$':
			l.dollar()
		case c == '`':
			l.backtick()
		default:
			if c == '\n' {
				l.line++
			}
			l.word.WriteByte(c)
			l.at++
		}
	}
}
