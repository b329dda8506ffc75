package needs

import (
	"regexp"
	"strings"
	"sync"
)

// marker is a row of the table: a sign by which a need is recognised.
type marker struct {
	need string
	in   kind
	// names are the commands that the row is about (a command's name without directory, .exe and version); "*" is any. Commands only.
	names string
	// op is an operation of aws, or several with | between: it must stand where operations stand. A tool of the name ec2-OP or the like has done with its name.
	op string
	// word must occur, in lower case: in a command's words, in a line of a file or of code.
	word string
	// match, if any, must match there too, unless must not.
	match, unless string
	// path, if any, must match the name of the file. Settings only.
	path string
	// example is recognised by this row alone; for settings its file stands before a colon and a blank.
	example string
	why     string

	ops             []string
	must, not, file *regexp.Regexp
}

type kind string

// What a marker is looked for in.
const (
	commands kind = "command" // what a shell, a unit, a container's or a scheduler's line runs
	settings kind = "setting" // a line of a file that the user data writes, but for its comments
	code     kind = "code"    // a line of Python, JavaScript, Ruby, Go, PowerShell, batch …, but for comments and what is printed
)

// Marker is a row of the table, for people.
type Marker struct{ Need, In, Example, Why string }

// Markers lists the table.
func Markers() (list []Marker) {
	making.Do(makeTable)
	for _, m := range table {
		list = append(list, Marker{m.need, string(m.in), m.example, m.why})
	}
	return list
}

// The table's rows, a command's by its names and the others by kind. They are made when the first user data is read: a function that
// starts has no time for some two hundred expressions that it may not need.
var (
	making sync.Once
	table  []*marker
	byName = map[string][]*marker{}
	byKind = map[kind][]*marker{}
)

func makeTable() {
	for _, list := range [][]marker{membershipMarkers, takenMarkers, quorumMarkers, hashicorpMarkers, orchestratorMarkers, runnerMarkers, workerMarkers, licenseMarkers} {
		for i := range list {
			m := &list[i]
			m.must, m.not, m.file = compile(m.match), compile(m.unless), compile(m.path)
			if m.op != "" {
				m.ops = strings.Split(m.op, "|")
			}
			table = append(table, m)
			byKind[m.in] = append(byKind[m.in], m)
			for _, name := range strings.Fields(m.names) {
				byName[name] = append(byName[name], m)
			}
		}
	}
}

func compile(expr string) *regexp.Regexp {
	if expr == "" {
		return nil
	}
	return regexp.MustCompile(`(?i)` + expr)
}

// does tells whether the row's operation is the line's; see operation. A tool that is no aws has it in its name.
func (m *marker) does(lower string) bool {
	line, _, is := strings.Cut(lower, "\n")
	if m.ops == nil || !is && !strings.HasPrefix(lower, "aws ") {
		return true
	}
	for _, op := range m.ops {
		if strings.Contains(line+" ", " "+op+" ") {
			return true
		}
	}
	return false
}

// fits tells whether text has what the row asks for; lower is the same in lower case.
func (m *marker) fits(text, lower, file string) bool {
	return strings.Contains(lower, m.word) && m.does(lower) && (m.must == nil || m.must.MatchString(text)) && (m.not == nil || !m.not.MatchString(text)) &&
		(m.file == nil || m.file.MatchString(file))
}

// mark says what a command, a line of a file or a line of code needs.
func (r *reader) mark(rows []*marker, text, file string, p place, line int) (any bool) {
	lower := strings.ToLower(text)
	for _, m := range rows {
		if m.fits(text, lower, file) {
			r.need(m.need, p, line)
			if m.need == ECS {
				r.cluster(m, text)
			}
			any = true
		}
	}
	return any
}
