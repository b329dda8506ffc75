// Package excuse reads which mutants may survive, and why.
package excuse

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"autospotting/test/mutation/mutant"
)

// Excuse is for the mutants of one function that change the same.
type Excuse struct {
	File, Func, What, Reason string
	Line                     int // of the list
}

// ErrUnreadable says that a line is no excuse.
var ErrUnreadable = errors.New("write FILE | FUNCTION | WHAT WAS CHANGED | REASON")

// longestLine bounds what is read.
const longestLine = 64 << 10

// Read reads a list: one excuse a line, its parts between bars. Empty lines and those that begin with # say nothing.
func Read(r io.Reader, name string) (out []Excuse, err error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, longestLine)
	seen := map[Excuse]int{}
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		e, err := parse(line)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, n, err)
		}
		key := e
		key.Reason = ""
		if first := seen[key]; first > 0 {
			return nil, fmt.Errorf("%s:%d: the same is excused in line %d", name, n, first)
		}
		seen[key] = n
		e.Line = n
		out = append(out, e)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return out, nil
}

// bar stands between the parts; what was changed may hold some too.
const bar = " | "

func parse(line string) (e Excuse, err error) {
	parts := strings.Split(line, bar)
	if len(parts) < 4 {
		return e, ErrUnreadable
	}
	last := len(parts) - 1
	e = Excuse{File: strings.TrimSpace(parts[0]), Func: strings.TrimSpace(parts[1]), What: strings.TrimSpace(strings.Join(parts[2:last], bar)), Reason: strings.TrimSpace(parts[last])}
	if e.File == "" || e.Func == "" || e.What == "" || e.Reason == "" {
		return e, ErrUnreadable
	}
	return e, nil
}

// Of tells whether the excuse is for this mutant.
func (e Excuse) Of(m mutant.Mutant) bool {
	return e.File == m.File && e.Func == m.Func && e.What == m.What
}
