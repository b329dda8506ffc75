package decide

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
)

// TestTranscripts plays the files of testdata/transcripts: each tells a story of one group in several steps, and what is decided at each.
// They are the protocol for those who would rather read an example. `go test ./coordinator/decide -run Transcripts -rewrite` writes them anew:
// commit only changes that you can explain. The commands are those of env.handle.
func TestTranscripts(t *testing.T) {
	t.Parallel()
	for _, file := range transcripts(t) {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			e := newEnv(rules)
			datadriven.RunTest(t, file, func(t *testing.T, d *datadriven.TestData) string {
				out, err := e.block(t, d)
				if err != nil {
					t.Fatalf("%v\n%s", err, out)
				}
				return out
			})
		})
	}
}

func transcripts(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/transcripts/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	return files
}

// story is a transcript that was read: its blocks, with what they should print.
type story struct {
	file   string
	blocks []datadriven.TestData
}

func stories(t *testing.T) []story {
	t.Helper()
	var out []story
	for _, file := range transcripts(t) {
		s := story{file: filepath.Base(file)}
		datadriven.RunTest(t, file, func(_ *testing.T, d *datadriven.TestData) string {
			s.blocks = append(s.blocks, *d)
			return d.Expected
		})
		out = append(out, s)
	}
	return out
}

// departs says where a story turns out otherwise with other rules; empty if nowhere.
func (s story) departs(t *testing.T, with []rule) string {
	t.Helper()
	e := newEnv(with)
	for i := range s.blocks {
		if out, err := e.safely(t, &s.blocks[i]); err != nil || unordered(out) != unordered(s.blocks[i].Expected) {
			return s.blocks[i].Pos
		}
	}
	return ""
}

// unordered is what was printed with the reasons that follow each other in order of the alphabet: in which order rules say what they say decides nothing.
func unordered(out string) string {
	lines := strings.SplitAfter(out, "\n")
	for from := 0; from < len(lines); from++ {
		to := from
		for to < len(lines) && strings.HasPrefix(lines[to], "because") {
			to++
		}
		slices.Sort(lines[from:to])
		from = max(from, to-1)
	}
	return strings.Join(lines, "")
}

// safely is block where a story may come to what it cannot tell, since the rules are not those that it was written for.
func (e *env) safely(t *testing.T, d *datadriven.TestData) (out string, err error) {
	t.Helper()
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
	}()
	return e.block(t, d)
}
