package needs

import (
	"slices"
	"strings"
	"testing"
)

// asUserData makes of a row's example what would be written into user data.
func asUserData(m *marker) string {
	switch m.in {
	case commands:
		return "#!/bin/bash\n" + m.example + "\n"
	case code:
		return "#!/usr/bin/python3\n" + m.example + "\n"
	}
	return ""
}

// read gives the row's example to the reader of its kind.
func readExample(m *marker) []Need {
	if m.in != settings {
		return Recognise([]byte(asUserData(m)))
	}
	r := &reader{budget: maxText, vars: map[string]string{}, files: map[string]flow{}, gets: map[string]string{}}
	file, line, _ := strings.Cut(m.example, ": ")
	r.settings(line, file, place{}, 0)
	return r.found
}

func TestEachRowOfTheTableIsFoundByItsExample(t *testing.T) {
	t.Parallel()
	making.Do(makeTable)
	for _, m := range table {
		if got := readExample(m); !slices.ContainsFunc(got, func(n Need) bool { return n.Need == m.need }) {
			t.Errorf("%s %s: %q gives %v", m.need, m.in, m.example, got)
		}
		if m.why == "" || m.example == "" {
			t.Errorf("%s: a row says why, and gives an example: %+v", m.need, m)
		}
	}
}

// The row itself matches, not only another one.
func TestEachRowMatchesItsOwnExample(t *testing.T) {
	t.Parallel()
	making.Do(makeTable)
	for _, m := range table {
		kept := &marker{need: "only", in: m.in, names: m.names, word: m.word, ops: m.ops, must: m.must, not: m.not, file: m.file}
		texts := []string{m.example}
		if m.in == settings {
			_, line, _ := strings.Cut(m.example, ": ")
			texts = []string{line}
		}
		file, _, _ := strings.Cut(m.example, ": ")
		if m.in == commands && (strings.Contains(m.names, "started") || strings.Contains(m.names, "installed") || strings.Contains(m.names, "variable") || m.names == "piped") || strings.Contains(m.match, `\$`) {
			continue // its text is made of the command: see the test above, where no other row could match
		}
		if !slices.ContainsFunc(texts, func(text string) bool {
			for at := range text {
				if kept.fits(text[at:], strings.ToLower(text[at:]), file) {
					return true
				}
			}
			return false
		}) {
			t.Errorf("%s %s: %q", m.need, m.in, m.example)
		}
	}
}
