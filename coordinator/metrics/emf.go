package metrics

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// EMF writes a line of the CloudWatch embedded metric format for every run. CloudWatch Logs makes metrics of what a
// function writes to its standard output. A nil EMF writes nothing. It may be used by several goroutines.
type EMF struct {
	mu      sync.Mutex
	out     io.Writer
	byGroup bool
}

// NewEMF writes to out: metrics without dimensions, and the same once more by group where byGroup is set. Every name is
// billed for every set of dimensions, and for every group where they are told apart.
func NewEMF(out io.Writer, byGroup bool) *EMF { return &EMF{out: out, byGroup: byGroup} }

// The members are spelled as the specification does.
type definition struct {
	Name string
	Unit string
}

type directive struct {
	Namespace  string
	Dimensions [][]string
	Metrics    []definition
}

type metadata struct {
	Timestamp         int64 // milliseconds
	CloudWatchMetrics []directive
}

// Write writes the run's line: whole, and in one call, so that lines of two runs never mix.
func (e *EMF) Write(group string, r *Run, now time.Time) error {
	if e == nil || !r.ofInterest() {
		return nil
	}
	line, err := e.line(group, r, now)
	if err != nil {
		return fmt.Errorf("encode the metrics of group %q: %w", group, err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if _, err := e.out.Write(line); err != nil {
		return fmt.Errorf("write the metrics of group %q: %w", group, err)
	}
	return nil
}

func (e *EMF) line(group string, r *Run, now time.Time) ([]byte, error) {
	d := directive{Namespace: Namespace, Dimensions: [][]string{{}}, Metrics: []definition{}}
	if e.byGroup {
		d.Dimensions = append(d.Dimensions, []string{GroupKey})
	}
	root := map[string]any{GroupKey: dimension(group)}
	for _, m := range All() {
		if v, known := m.read(r); known {
			d.Metrics = append(d.Metrics, definition{m.Name, m.Unit})
			root[m.Name] = v
		}
	}
	root["_aws"] = metadata{now.UnixMilli(), []directive{d}}
	line, err := json.Marshal(root)
	return append(line, '\n'), err
}

// dimension fits a group's name into a dimension's value, which holds ASCII without control characters: anything else is
// written as an underscore.
func dimension(group string) string {
	return strings.Map(func(c rune) rune {
		if c < ' ' || c > '~' {
			return '_'
		}
		return c
	}, group)
}
