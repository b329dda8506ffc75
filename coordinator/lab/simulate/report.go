package simulate

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// explained says in a line what a strategy does.
var explained = map[string]string{
	OnDemand:        "nothing is spot",
	Native:          "mixed instances policy, price-capacity-optimized, replaced after death",
	NativeRebalance: "the same with capacity rebalancing on",
	LowestPrice:     "mixed instances policy, the two cheapest pools",
	Predecessor:     "one swap every 30 minutes, replaced after death",
	Coordinator:     "this product's own code, with its defaults",
	Oracle:          "knows the future, under the coordinator's rules: the bound",
}

func sumOf(m map[string]int) int {
	n := 0
	for _, v := range m {
		n += v
	}
	return n
}

func callList(m map[string]int) string {
	names := slices.SortedFunc(maps.Keys(m), func(a, b string) int {
		if m[a] != m[b] {
			return m[b] - m[a]
		}
		return strings.Compare(a, b)
	})
	var parts []string
	for _, n := range names {
		parts = append(parts, n+" "+grouped(int64(m[n])))
	}
	return strings.Join(parts, ", ")
}

// grouped writes thousands apart.
func grouped(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "\u202f" + s[i:]
	}
	return s
}
