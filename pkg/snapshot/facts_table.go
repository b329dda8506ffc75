package snapshot

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
)

// table is what a document says of types, by name. Its text has lines
// "FAMILY…: SIZE,…=VALUE …"; a family may have several.
type table map[string]string

// newTable reads a table of this package's source at its first use. A fault in
// the text panics, as one in the embedded data does.
func newTable(text string) func() table {
	return sync.OnceValue(func() table { return parseTable(text) })
}

func parseTable(text string) table {
	t := table{}
	for line := range strings.Lines(text) {
		families, entries, _ := strings.Cut(line, ":")
		for entry := range strings.FieldsSeq(entries) {
			sizes, value, ok := strings.Cut(entry, "=")
			for family := range strings.FieldsSeq(families) {
				for size := range strings.SplitSeq(sizes, ",") {
					name := family + "." + size
					if _, twice := t[name]; twice || !ok || value == "" {
						panic(fmt.Sprintf("snapshot: table line %q: entry %q of %s lacks =VALUE or comes twice", strings.TrimSpace(line), entry, name))
					}
					t[name] = value
				}
			}
		}
	}
	return t
}

// integer is the value of a type, 0 where the table has none.
func (t table) integer(name string) int {
	n, err := strconv.Atoi(t[name])
	if _, ok := t[name]; ok && err != nil {
		panic(fmt.Sprintf("snapshot: table value %q of %s: %v", t[name], name, err))
	}
	return n
}

// integers reads 1-4,8-32/4: single numbers and ranges, those with a step.
func integers(s string) []int {
	var out []int
	for part := range strings.SplitSeq(s, ",") {
		bounds, step, _ := strings.Cut(part, "/")
		from, to, isRange := strings.Cut(bounds, "-")
		if !isRange {
			to = from
		}
		if step == "" {
			step = "1"
		}
		a, errA := strconv.Atoi(from)
		b, errB := strconv.Atoi(to)
		by, errBy := strconv.Atoi(step)
		if errA != nil || errB != nil || errBy != nil || by < 1 || b < a {
			panic(fmt.Sprintf("snapshot: %q of %q is no number and no range like 8-32/4", part, s))
		}
		for n := a; n <= b; n += by {
			out = append(out, n)
		}
	}
	return out
}
