package cli

import (
	"fmt"
	"strings"
)

// Unknown is the error for a word that nothing is called by. It names the nearest of those that there are, or all of them
// where they are few.
func Unknown(what, prefix, word string, names []string) error {
	if near := Nearest(word, names); near != "" {
		return fmt.Errorf("%w: no %s %q: did you mean %s%s?", ErrUsage, what, prefix+word, prefix, near)
	}
	if len(names) > 0 && len(names) <= few {
		return fmt.Errorf("%w: no %s %q: there are %s", ErrUsage, what, prefix+word, prefix+strings.Join(names, ", "+prefix))
	}
	return fmt.Errorf("%w: no %s %q", ErrUsage, what, prefix+word)
}

// few is how many names fit into an error.
const few = 5

// Nearest is the name that the word was most likely meant to be: one that it begins, or one from which it differs in one letter,
// or in a third of its own at most. It is empty where there is none; of several that are as near the first wins.
func Nearest(word string, names []string) string {
	word = strings.ToLower(word)
	best, least := "", max(1, len(word)/3)+1
	for _, name := range names {
		d := distance(word, name)
		if word != "" && strings.HasPrefix(name, word) {
			d = 1
		}
		if d < least {
			best, least = name, d
		}
	}
	return best
}

// distance counts the letters to insert, delete, replace, or swap with their neighbour, to make b of a.
func distance(a, b string) int {
	rows := [3][]int{make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)}
	for j := range rows[1] {
		rows[1][j] = j
	}
	for i := 1; i <= len(a); i++ {
		before, last, row := rows[0], rows[1], rows[2]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		rows[0], rows[1], rows[2] = last, row, before
	}
	return rows[1][len(b)]
}
