package mutant

import (
	"bytes"
	_ "embed"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// on is the function that tells whether a mutant is the one; nothing of the product may be called so.
const on = "mutationOn_"

// edit is texts around a part of a file, or in its place.
type edit struct {
	from, to      int
	replace       bool
	before, after string
}

// Injected is the name of the file that is added to a package.
const Injected = "mutation_switch.go"

//go:embed switch.go.txt
var switches string

// Rewrite gives the files of the package, by their names, with the chosen mutants behind their switches: the nth, from one, is on where
// MUTANT is n. What is not chosen is left as it is.
func (p *Package) Rewrite(chosen []int) map[string][]byte {
	ids := map[int]int{}
	for n, m := range chosen {
		ids[m] = n + 1
	}
	out := map[string][]byte{}
	for _, f := range p.files {
		var edits []edit
		for _, s := range f.sites {
			if own, any := s.ids(ids); any {
				edits = append(edits, s.render(own)...)
			}
		}
		if len(edits) > 0 {
			out[f.name] = apply(f.text, edits)
		}
	}
	text := strings.NewReplacer("package PACKAGE", "package "+p.name, "COUNT", fmt.Sprint(len(chosen))).Replace(switches)
	out[filepath.Join(p.Dir, Injected)] = []byte(text)
	return out
}

// never is the number of a mutant that was not chosen.
const never = -1

func (s site) ids(chosen map[int]int) (ids []int, any bool) {
	for _, m := range s.mutants {
		id, ok := chosen[m]
		if !ok {
			id = never
		}
		ids, any = append(ids, id), any || ok
	}
	return ids, any
}

// mark is a text at one place.
type mark struct {
	at, skip int // skip is how much of the file it replaces
	closes   bool
	length   int // of what it goes around
	seq      int
	text     string
}

// apply makes the edits. Those that go around the same part do so in their order, the first outermost.
func apply(text []byte, edits []edit) []byte {
	var marks []mark
	for i, e := range edits {
		if e.replace {
			marks = append(marks, mark{at: e.from, skip: e.to - e.from, seq: i, text: e.before})
			continue
		}
		marks = append(marks, mark{at: e.from, length: e.to - e.from, seq: i, text: e.before}, mark{at: e.to, length: e.to - e.from, seq: i, closes: true, text: e.after})
	}
	slices.SortStableFunc(marks, order)
	var out bytes.Buffer
	done := 0
	for _, m := range marks {
		out.Write(text[done:m.at])
		out.WriteString(m.text)
		done = m.at + m.skip
	}
	out.Write(text[done:])
	return out.Bytes()
}

func order(a, b mark) int {
	switch {
	case a.at != b.at:
		return a.at - b.at
	case a.closes != b.closes: // what ends here ends before anything begins
		if a.closes {
			return -1
		}
		return 1
	case a.closes && a.length != b.length: // the inner ones first
		return a.length - b.length
	case a.closes:
		return b.seq - a.seq
	case a.length != b.length:
		return b.length - a.length
	}
	return a.seq - b.seq
}
