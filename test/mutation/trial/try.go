package trial

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"time"
)

// Outcome is what became of a mutant.
type Outcome struct {
	Killed    bool
	Unreached bool // no test comes by where it would make a difference
}

// times is how many times longer than without a mutant tests may take.
const times = 8

// Try runs the tests that the mutant could make a difference to: the quick ones first, and no more once one has failed. It counts as
// killed also where they end in no time that is to be expected.
func (b *Binary) Try(ctx context.Context, id int) (Outcome, error) {
	reached := b.reached[id]
	if len(reached) == 0 {
		return Outcome{Unreached: true}, nil
	}
	for _, some := range b.turns(reached) {
		killed, err := b.fails(ctx, id, some)
		if err != nil || killed {
			return Outcome{Killed: killed}, err
		}
	}
	return Outcome{}, nil
}

// turns are the tests by how long they take, the quick ones together.
func (b *Binary) turns(tests []int) (out [][]int) {
	tests = slices.Clone(tests)
	slices.SortFunc(tests, func(i, j int) int { return int(b.tests[i].took - b.tests[j].took) })
	bounds := []time.Duration{100 * time.Millisecond, time.Second, longest * 2}
	for _, bound := range bounds {
		n := 0
		for n < len(tests) && b.tests[tests[n]].took < bound {
			n++
		}
		if n > 0 {
			out = append(out, tests[:n])
		}
		tests = tests[n:]
	}
	return out
}

func (b *Binary) fails(ctx context.Context, id int, tests []int) (bool, error) {
	limit := b.Leeway
	var names []string
	for _, i := range tests {
		limit += times * b.tests[i].took
		names = append(names, b.tests[i].name)
	}
	bounded, cancel := context.WithTimeout(ctx, limit+b.Leeway)
	defer cancel()
	err := b.command(bounded, names, limit, fmt.Sprintf("MUTANT=%d", id)).Run()
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	var exit *exec.ExitError
	switch {
	case err == nil:
		return false, nil
	case errors.As(err, &exit), bounded.Err() != nil:
		return true, nil
	}
	return false, fmt.Errorf("mutant %d cannot be tried: %w", id, err)
}
