package channel

import (
	"cmp"
	"strconv"
	"strings"
)

// Compare tells whether version a is below (-1), like (0) or above (1) version b, by Semantic Versioning; what git describe adds
// for commits after a tag (v1.2.3-4-gabcdef) is above the tag. Versions that are no numbers, such as a bare commit, have no order:
// then only equal ones are comparable.
func Compare(a, b string) (order int, comparable bool) {
	if a == b {
		return 0, true
	}
	x, ok := read(a)
	y, too := read(b)
	if !ok || !too {
		return 0, false
	}
	for i := range x.number {
		if c := cmp.Compare(x.number[i], y.number[i]); c != 0 {
			return c, true
		}
	}
	if c := x.before(y); c != 0 {
		return c, true
	}
	return cmp.Compare(x.commits, y.commits), true
}

// place is where a version stands.
type place struct {
	number  [3]int
	pre     []string // the identifiers of a pre-release
	commits int      // after the tag
}

func read(v string) (p place, ok bool) {
	v = strings.TrimSuffix(strings.TrimPrefix(v, "v"), "-dirty")
	v, _, _ = strings.Cut(v, "+")
	if parts := strings.Split(v, "-"); len(parts) > 2 && strings.HasPrefix(parts[len(parts)-1], "g") {
		if n, err := strconv.Atoi(parts[len(parts)-2]); err == nil && n >= 0 {
			p.commits, v = n, strings.Join(parts[:len(parts)-2], "-")
		}
	}
	core, pre, has := strings.Cut(v, "-")
	if has {
		p.pre = strings.Split(pre, ".")
	}
	numbers := strings.Split(core, ".")
	if len(numbers) != len(p.number) {
		return p, false
	}
	for i, s := range numbers {
		n, err := strconv.Atoi(s)
		if err != nil || n < 0 {
			return p, false
		}
		p.number[i] = n
	}
	return p, true
}

// before orders pre-releases: any is below the release itself.
func (p place) before(q place) int {
	switch {
	case len(p.pre) == 0 && len(q.pre) == 0:
		return 0
	case len(p.pre) == 0:
		return 1
	case len(q.pre) == 0:
		return -1
	}
	for i := range min(len(p.pre), len(q.pre)) {
		if c := identifier(p.pre[i], q.pre[i]); c != 0 {
			return c
		}
	}
	return cmp.Compare(len(p.pre), len(q.pre))
}

// identifier orders two: numbers by size, and below words.
func identifier(a, b string) int {
	m, x := strconv.Atoi(a)
	n, y := strconv.Atoi(b)
	switch {
	case x == nil && y == nil:
		return cmp.Compare(m, n)
	case x == nil:
		return -1
	case y == nil:
		return 1
	}
	return cmp.Compare(a, b)
}
